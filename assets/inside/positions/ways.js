/**
 * The ways in which models know the order of a text, as numbers to draw: a table of cells, and curves over the distance
 * between two tokens. Pure: knows neither the server nor the page. A way that the model does not use is drawn with the
 * numbers of its paper.
 *
 * @typedef {import("./reader.js").Positions} Positions
 *
 * @typedef {object} Cells
 * @property {string} title
 * @property {string} rows  what the rows are, with the unit
 * @property {string} columns
 * @property {string[]} rowNames
 * @property {string[]} columnNames
 * @property {string[]} [columnTicks]  shorter names to write below some columns
 * @property {number[][]} values
 * @property {boolean} isSigned  from −`largest` to `largest`; else from 0
 * @property {number} [largest]  where the colours end, 1 if it is left out
 * @property {string} legend
 * @property {(row: number, column: number) => string} words
 *
 * @typedef {object} Curves
 * @property {string} title
 * @property {string} axis  the vertical one, with its unit
 * @property {boolean} isSigned
 * @property {{name: string, values: number[]}[]} series  for the distances 0, 1, 2 …
 *
 * @typedef {object} Way
 * @property {string} name
 * @property {string} says
 * @property {Cells | null} cells
 * @property {Curves | null} curves
 */

import { brief, fixed, t, tn } from "../../common/language.js";
import { count } from "../../common/words.js";
import { isEncoder } from "../../models/serving.js";

const ROWS = 64; // positions
const DISTANCES = 257;
const PAPER = { width: 128, base: 10_000, pairs: 32, heads: 8 };

/** What the ways are called in the list, by their names. */
export const NAMES = { sinusoidal: t("Sinusoidal (2017)"), learned: t("Learned"), rotary: t("Rotary (RoPE)"), alibi: "ALiBi", relative: t("Relative bias (T5)") };

/** One after the other; those that are "" are left out. @param {...string} all */
const sentences = (...all) => all.filter(Boolean).join(" ");

/** What the model does, in sentences. @param {Positions} positions */
export function summary({ model, kind, turning, head_width: width, unturned, scaling, window, heads, first_row: first, biases }) {
  if (kind === "rotary") {
    const pairs = turning[0].frequencies.length;
    const values = { model, taken: 2 * pairs, width, pairs };
    const own =
      2 * pairs < width
        ? t("{model} is rotary: in each head it takes {taken} of the {width} numbers of a query and of a key as {pairs} pairs, and turns each pair by an angle that grows with the position.", values)
        : t("{model} is rotary: in each head it takes all {width} numbers of a query and of a key as {pairs} pairs, and turns each pair by an angle that grows with the position.", values);
    const several = turning.length > 1 ? t("Its layers turn in {ways} ways: {names}.", { ways: turning.length, names: turning.map(({ name }) => name).join(", ") }) : "";
    const without = unturned.length ? t("The layers {layers} do not turn.", { layers: unturned.join(", ") }) : "";
    const scaled = scaling ? t("The speeds were changed for longer texts ({scaling}).", { scaling }) : "";
    return sentences(own, several, without, scaled);
  }
  return {
    sinusoidal: t("{model} adds fixed waves of sines and cosines to the tokens’ vectors, as the first transformer did.", { model }),
    learned: sentences(
      t("{model} adds a learned vector to the token’s vector for each of its {window} positions.", { model, window }),
      first ? t("They begin in row {row} of its table: the rows before it stand for no position of a text.", { row: first }) : "",
    ),
    alibi: tn(
      "{model} adds no vector: its {n} head takes something off a score for each token of distance (ALiBi).",
      "{model} adds no vector: each of its {n} heads takes something off a score for each token of distance (ALiBi).",
      heads,
      { model },
    ),
    relative: sentences(
      t("{model} adds no vector: each head adds a learned number to a score, by the distance of the two tokens. Near distances have a number of their own, and farther ones share one.", { model }),
      biases.length > 2 ? t("Each block has numbers of its own.") : t("The first block’s numbers serve all blocks of the encoder, or of the decoder."),
      t("The attention of the decoder to the source adds none."),
    ),
    none: sentences(
      t("How {model} knows the order of its text is not found in its modules.", { model }),
      isEncoder() ? "" : t("A token still sees only earlier ones."),
    ),
  }[kind];
}

/** @param {string} name @param {Positions} positions @param {number} [table]  which of the model's biases @returns {Way} */
export function wayOf(name, positions, table = 0) {
  return { sinusoidal, learned, rotary, alibi, relative }[name](positions, table);
}

/** @returns {Way} */
function sinusoidal() {
  const { width, base } = PAPER;
  const speeds = speedsOf(width / 2, base);
  const value = (position, place) => (place % 2 ? Math.cos : Math.sin)(position * speeds[place >> 1]);
  const words = (row, column) => t("position {position}, number {number}: {value}", { position: row, number: column, value: signed(value(row, column)) });
  return {
    name: NAMES.sinusoidal,
    says: t("Each position gets a vector of sines and cosines that is added to the token’s vector. The first numbers change from position to position, the last ones hardly at all, so that every position has a pattern of its own. Vaswani et al. 2017, with {width} numbers: sin and cos of position / {base}^(2i / {width}), in turns.", { width, base }),
    cells: {
      title: t("Sinusoidal vectors of {rows} positions", { rows: ROWS }), rows: t("position"), columns: t("number in the vector"), legend: t("value"), isSigned: true, words,
      rowNames: numbers(ROWS), columnNames: numbers(width), values: table(ROWS, width, value),
    },
    curves: {
      title: t("How alike the vectors of two positions are"), axis: t("dot product / largest"), isSigned: true,
      series: [{ name: t("paper"), values: meanCosines(speeds) }],
    },
  };
}

/** @param {Positions} positions @returns {Way} */
function learned({ kind, model, places, cosines, window }) {
  const says = t("The model learns one vector for each position, and adds it to the token’s vector. Nothing tells it that position 7 is beside position 8: if neighbours are alike, it has learned that. It cannot read beyond its last position.");
  if (kind !== "learned") return { name: NAMES.learned, says: sentences(says, t("{model} has no such table, so there is nothing to draw; GPT-2 has one.", { model })), cells: null, curves: null };
  const names = places.map(count);
  const words = (row, column) => t("positions {one} and {other}: cosine {cosine}", { one: names[row], other: names[column], cosine: signed(cosines[row][column]) });
  const title = t("Cosine between {model}’s own vectors of {places} of its {window} positions", { model, places: places.length, window });
  return {
    name: NAMES.learned, says,
    cells: { title, rows: t("position"), columns: t("position"), legend: t("cosine"), isSigned: true, words, rowNames: names, columnNames: names, values: cosines },
    curves: null,
  };
}

/** @param {Positions} positions @returns {Way} */
function rotary({ kind, model, turning, window }) {
  const isOwn = kind === "rotary";
  const all = isOwn ? turning : [{ name: "", frequencies: speedsOf(PAPER.pairs, PAPER.base) }];
  const speeds = all[0].frequencies;
  const angle = (position, pair) => position * speeds[pair];
  const words = (row, column) => 
    t("position {position}, pair {pair}: turned by {radians} radians, that is {degrees}° of a circle", {
      position: row, pair: column, radians: number(angle(row, column)), degrees: number(((angle(row, column) * 180) / Math.PI) % 360),
    });
  const last = Math.min(DISTANCES, window);
  const slowest = number((2 * Math.PI) / Math.min(...speeds));
  return {
    name: NAMES.rotary,
    says: sentences(
      t("Nothing is added: the numbers of a query and a key are taken in pairs, and each pair turns like the hand of a clock. Pair 0 turns by {speed} radians a position; the slowest one needs {slowest} positions for a whole turn. A score then depends on the distance of two tokens only.", { speed: number(speeds[0]), slowest }),
      whoseSpeeds(isOwn ? model : null, all[0].name),
    ),
    cells: {
      title: t("How far each pair is turned at {rows} positions", { rows: ROWS }), rows: t("position"), columns: t("pair"), legend: t("cosine of the angle"), isSigned: true, words,
      rowNames: numbers(ROWS), columnNames: numbers(speeds.length), values: table(ROWS, speeds.length, (row, column) => Math.cos(angle(row, column))),
    },
    curves: {
      title: t("What the turning leaves of the dot product of two equal vectors"), axis: t("share of the dot product"), isSigned: true,
      series: all.map(({ name, frequencies }) => ({ name: name || (isOwn ? model : t("paper")), values: meanCosines(frequencies).slice(0, last) })),
    },
  };
}

/** @param {string | null} model  null for the paper's speeds @param {string} name  of one of the ways in which its layers turn */
function whoseSpeeds(model, name) {
  if (model === null) return t("Su et al. 2021, drawn with the paper’s speeds, base {base}.", { base: PAPER.base });
  if (!name) return t("Su et al. 2021, drawn with {model}’s own speeds.", { model });
  return t("Su et al. 2021, drawn with {model}’s own speeds ({name}).", { model, name });
}

/** @param {Positions} positions @returns {Way} */
function alibi({ kind, model, slopes }) {
  const isOwn = kind === "alibi";
  const own = isOwn ? slopes : Array.from({ length: PAPER.heads }, (_, head) => 2 ** ((-8 * (head + 1)) / PAPER.heads));
  const factor = (head, distance) => Math.exp(-own[head] * distance);
  const words = (row, column) => 
    t("head {head}, distance {distance}: the score falls by {fall}, the weight to {share} % of what it was", {
      head: row, distance: column, fall: number(own[row] * column), share: number(100 * factor(row, column)),
    });
  const chosen = [...new Set([0, Math.floor(own.length / 2), own.length - 1])];
  return {
    name: NAMES.alibi,
    says: sentences(
      t("Nothing is added and nothing turns: from each attention score a head subtracts its slope times the distance of the two tokens. A head with a steep slope looks near, one with a flat slope far."),
      isOwn ? t("Press et al. 2022, drawn with {model}’s slopes.", { model }) : t("Press et al. 2022, drawn with the paper’s slopes for {heads} heads.", { heads: PAPER.heads }),
    ),
    cells: {
      title: t("What the distance leaves of a weight, before all weights are scaled to sum to 1"), rows: t("head"), columns: t("distance in tokens"), legend: t("factor"), isSigned: false, words,
      rowNames: numbers(own.length), columnNames: numbers(ROWS), values: table(own.length, ROWS, factor),
    },
    curves: {
      title: t("What the distance leaves of a weight, for three heads"), axis: t("factor"), isSigned: false,
      series: chosen.map((head) => ({ name: t("head {head}", { head }), values: Array.from({ length: DISTANCES }, (_, distance) => factor(head, distance)) })),
    },
  };
}

/** @param {Positions} positions @param {number} table @returns {Way} */
function relative({ model, biases }, table) {
  const says = t("Nothing is added to the vectors: each head adds a learned number to an attention score, by how far before or after the token that looks the other one stands. Distances share a number in buckets, which are wider the farther they are. Raffel et al. 2020.");
  const own = biases[table];
  if (!own) return { name: NAMES.relative, says: sentences(says, t("{model} has no such numbers, so there is nothing to draw; T5 has them.", { model })), cells: null, curves: null };
  const { name, distances, heads } = own;
  const names = distances.map(rangeName);
  const words = (row, column) => 
    t("head {head}, {attention}, distance {distance}: {value} is added to the score, which multiplies the weight by {factor}", {
      head: row, attention: name, distance: names[column], value: signed(heads[row][column]), factor: number(Math.exp(heads[row][column])),
    });
  return {
    name: NAMES.relative,
    says: sentences(says, t("A number of 1 multiplies a weight by e ≈ 2.72, before all weights are scaled to sum to 1.")),
    cells: {
      title: t("What each head of the {attention} adds to a score, by distance", { attention: name }), rows: t("head"), columns: t("distance in tokens, − before"), legend: t("added"), isSigned: true, words,
      largest: Math.max(...heads.flat().map(Math.abs)), rowNames: numbers(heads.length), columnNames: names, columnTicks: distances.map(nearest), values: heads,
    },
    curves: null,
  };
}

/** The outermost buckets go on, but one that begins or ends with 0. @param {[number, number]} range @param {number} place @param {[number, number][]} all */
function rangeName([from, to], place, all) {
  if (place === 0) return `≤ ${whole(to)}`;
  if (place === all.length - 1 && to > 0) return `≥ ${whole(from)}`;
  return from === to ? whole(from) : `${whole(from)}…${whole(to)}`;
}

const nearest = ([from, to]) => whole(from > 0 ? from : to);
const whole = (value) => String(value).replace("-", "−");

/** @returns {number[]} radians for each position: base to the power of −2i / (2 · pairs) */
const speedsOf = (pairs, base) => Array.from({ length: pairs }, (_, pair) => base ** (-pair / pairs));

/**
 * Two equal vectors whose pairs are equally long, turned apart by a distance: their dot product, over what it is at
 * distance 0, is the mean cosine.
 */
export function meanCosines(speeds) {
  const mean = (distance) => speeds.reduce((sum, speed) => sum + Math.cos(distance * speed), 0) / speeds.length;
  return Array.from({ length: DISTANCES }, (_, distance) => mean(distance));
}

const table = (rows, columns, value) => Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => value(row, column)));
const numbers = (length) => Array.from({ length }, (_, place) => String(place));

/** Three digits: 438041 -> "438,000", 0.00043 stays as it is */
function number(value) {
  const rounded = Number(value.toPrecision(3));
  return rounded >= 1000 ? count(rounded) : brief(value, 3);
}

const signed = (value) => fixed(value, 2).replace("-", "−");
