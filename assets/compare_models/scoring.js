/**
 * Scores a text with two models: the bits that each needs for each piece of it, the pieces on which they differ most, and
 * the bits per byte of all. The text is aligned by its characters, so the models may have different tokens.
 *
 * @typedef {object} Scored  see playground/web/routes/scores.py
 * @property {string} model
 * @property {{token_id: number, start: number, end: number, logprob_nats: number | null}[]} tokens
 */

import { button, make, rest, setText } from "../common/dom.js";
import { labelled, select } from "../common/fields.js";
import { count, fixed, listed, t, tn, tParts } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { fetchScores } from "../common/server.js";
import { setTextWith, term } from "../glossary/term.js";
import { align, sumOf } from "./alignment.js";
import { bitsIn, bitsOf, heading } from "./pieces_view.js";
import { modelNamed } from "../models/models.js";
import { languagesInSidebar } from "../models/source_options.js";
import { tellLoading } from "../models/waiting.js";

const LISTED = 10;
const MIDDLE = 3; // the shade of no difference, of 0 to 6
const ABOUT = t("Each model reads the text from its beginning, without settings. A piece ends where a token of both models ends.");
const SOURCE = t("What the encoder reads");

export class Scoring {
  #asked = 0; // the number of the latest question
  #inView;

  /**
   * @param {readonly string[]} names  of all models
   * @param {() => {text: string, source: string} | null} inView  the text of the first of the compared columns, and what
   *   an encoder read, null if there is none
   */
  constructor(names, inView) {
    this.#inView = inView;
    this.text = make("textarea", "pg-entry");
    this.text.ariaLabel = t("Text to score");
    this.text.rows = 3;
    this.source = make("textarea", "pg-entry");
    this.source.rows = 2;
    this.sourceField = labelled(SOURCE, this.source);
    const onChange = () => this.#showSource();
    this.models = [t("First model of the scores"), t("Second model of the scores")].map((label) => select(label, names, { onChange }));
    this.models[1].selectedIndex = 1;
    this.score = button(t("Score"), () => this.#score());
    this.take = button(t("Take the text of the first model"), () => this.#take());
    this.notes = [0, 1].map(() => {
      const note = make("p", "pg-muted");
      note.role = "status";
      return note;
    });
    this.refusal = make("p", "pg-notice");
    this.refusal.role = "alert";
    this.results = make("div", "pg-models-scores");
    const title = make("h3", "pg-chart-title", t("Where is each surprised? Score a text with two models"));
    const bar = make("div", "pg-compare-line", ...tParts("{one} and {other}", { one: this.models[0], other: this.models[1] }), this.score, this.take);
    this.element = make("section", "pg-models-scoring", title, make("p", "pg-muted", ABOUT), this.sourceField, this.text, bar, ...this.notes, this.refusal, this.results);
    this.element.ariaLabel = t("A text scored with two models");
    this.#showSource();
  }

  /** Shows whether there is a text to take. */
  show() {
    rest(this.take, this.#inView() === null);
    this.#showSource();
  }

  /** Shows the field for what an encoder reads, if one of the models has an encoder. */
  #showSource() {
    this.sourceField.hidden = !this.models.some(({ value }) => hasEncoder(value));
  }

  #take() {
    const { text, source } = this.#inView() ?? { text: "", source: "" };
    this.text.value = text;
    this.source.value = source;
    this.text.focus();
  }

  async #score() {
    const asked = ++this.#asked;
    const text = this.text.value;
    const source = this.source.value;
    const names = this.models.map(({ value }) => value);
    this.results.replaceChildren();
    const wrong = !text ? t("There is no text to score. Write or paste one.") : names[0] === names[1] ? t("Choose two different models.") : "";
    setText(this.refusal, wrong);
    if (wrong) return;
    rest(this.score, true);
    const answers = await Promise.allSettled(names.map((name, side) => this.#ask(name, hasEncoder(name) ? { text, source, ...languagesOf(name) } : { text }, side, asked)));
    if (asked !== this.#asked) return;
    rest(this.score, false);
    const refused = answers.flatMap((answer, side) => (answer.status === "rejected" ? [`${names[side]}: ${answer.reason.message}`] : []));
    setText(this.refusal, refused.join(" "));
    if (refused.length) return;
    this.results.append(...resultsOf(text, answers.map((answer) => /** @type {PromiseFulfilledResult<Scored>} */ (answer).value)));
  }

  /** Asks one model, and says how far it is. @returns {Promise<Scored>} */
  async #ask(name, given, side, asked) {
    let isWaited = true;
    const say = (sentence) => asked === this.#asked && setText(this.notes[side], sentence ? `${side + 1} ${name}: ${sentence}` : "");
    tellLoading(name, () => isWaited && asked === this.#asked, say);
    try {
      return await fetchScores(name, given);
    } finally {
      isWaited = false;
      say("");
    }
  }
}

/** @param {string} name @returns {Record<string, string>} the sidebar's languages as the server is told, if the model has them */
function languagesOf(name) {
  const { languages: known = [], only_target: isOnlyTarget = false } = modelNamed(name) ?? {};
  const chosen = Object.entries(languagesInSidebar()).filter(([side, code]) => known.includes(code) && !(isOnlyTarget && side === "source"));
  return Object.fromEntries(chosen.map(([side, code]) => [`${side}_language`, code]));
}

const hasEncoder = (name) => modelNamed(name)?.family === "encoder-decoder";

/** @param {string} text @param {Scored[]} scored @returns {HTMLElement[]} */
function resultsOf(text, scored) {
  const sides = scored.map(({ tokens }) => placed(tokens));
  const characters = Array.from(text);
  const sizeOf = (piece) => new TextEncoder().encode(textOf(piece)).length;
  const textOf = ({ start, end }) => characters.slice(start, end).join("");
  const pieces = align(sides[0], sides[1]).map((piece) => ({
    ...piece,
    text: readable(textOf(piece)),
    bytes: sizeOf(piece),
    isCounted: piece.sums.every(({ isWhole }) => isWhole),
    difference: bitsIn(piece.sums[0].nats) - bitsIn(piece.sums[1].nats),
  }));
  const counted = pieces.filter(({ isCounted }) => isCounted);
  const largest = counted.toSorted((a, b) => Math.abs(b.difference) - Math.abs(a.difference)).slice(0, LISTED);
  const title = make("h4", "pg-chart-title", t("The text, by which model each piece surprises more"));
  const titles = scored.map(({ model }, side) => `${side + 1} ${model}`);
  return [
    totals(titles, sides, pieces, counted),
    title,
    legend(),
    make("p", "pg-models-text", ...pieces.flatMap((piece) => [shaded(piece), make("wbr")])),
    make("h4", "pg-chart-title", tn("The {n} piece with the largest differences", "The {n} pieces with the largest differences", largest.length)),
    piecesTable(t("The pieces on which the two models differ most"), titles, largest),
    make("details", "pg-details", make("summary", "", tn("All {n} piece", "All {n} pieces", pieces.length)), piecesTable(t("All pieces of the text"), titles, pieces)),
  ];
}

/** @returns {import("./alignment.js").Token[]} */
const placed = (tokens) =>
  tokens.map(({ start, end, logprob_nats: nats }, place) => ({ start, end, nats: nats ?? (place === 0 ? null : -Infinity) }));

function totals(titles, sides, pieces, counted) {
  const bytes = counted.reduce((sum, piece) => sum + piece.bytes, 0);
  const rows = titles.map((title, side) => {
    const bits = counted.reduce((sum, { sums }) => sum + bitsIn(sums[side].nats), 0);
    const all = bitsIn(sumOf(sides[side]).nats);
    const numbers = [count(sides[side].length), fixed(all, 1), fixed(bits, 1), bytes ? fixed(bits / bytes, 3) : "–"];
    const name = make("th", "", title);
    name.scope = "row";
    return make("tr", "", name, ...numbers.map((text) => make("td", "", text)));
  });
  const per = make("th");
  setTextWith(per, t("bits per byte"), [term("bits per byte")]);
  per.scope = "col";
  const head = make("tr", "", ...[t("Model"), t("tokens"), t("bits, all tokens"), t("bits, counted")].map(heading), per);
  const table = make("table", "pg-table", make("thead", "", head), make("tbody", "", ...rows));
  table.ariaLabel = t("How surprised each model is by the whole text");
  const left = pieces.filter(({ isCounted }) => !isCounted).map(({ text }) => t("“{text}”", { text }));
  const told = { pieces: tn("{n} piece", "{n} pieces", counted.length), bytes: tn("{n} byte", "{n} bytes", bytes) };
  const said = [t("Counted are {pieces} of {bytes}, the same for both models.", told)];
  if (left.length) said.push(notCounted(left));
  return make("div", "", scroller(t("Totals"), table), make("p", "pg-muted", said.join(" ")));
}

/** @param {string[]} pieces  in quotation marks */
const notCounted = (pieces) =>
  tn(
    "{pieces} is not counted, because a model has nothing before it that could predict it.",
    "{pieces} are not counted, because a model has nothing before them that could predict them.",
    pieces.length,
    { pieces: listed(pieces) },
  );

function legend() {
  const shades = Array.from({ length: 2 * MIDDLE + 1 }, (_, shade) => {
    const patch = make("span", "pg-shade");
    patch.dataset.differ = String(shade);
    return patch;
  });
  return make("p", "pg-muted", `${t("2 needs 6 bits more or above")} `, ...shades, ` ${t("1 needs 6 bits more or above")}`);
}

function shaded({ text, sums, difference, isCounted }) {
  const piece = make("span", "pg-token", text);
  piece.dataset.differ = String(MIDDLE + (isCounted ? Math.max(-MIDDLE, Math.min(MIDDLE, Math.round(difference / 2))) : 0));
  piece.title = sums.map(({ nats }, side) => t("{side}: {bits} bits", { side: side + 1, bits: bitsOf(nats) })).join(", ");
  return piece;
}

function piecesTable(label, titles, pieces) {
  const head = make("tr", "", ...[t("Piece"), ...titles.map((side) => t("{side}, bits", { side })), t("1 − 2, bits")].map(heading));
  const rows = pieces.map(({ text, sums, difference, isCounted }) => {
    const name = make("th", "pg-token", text);
    name.scope = "row";
    const numbers = [...sums.map(({ nats, isWhole }) => (isWhole ? bitsOf(nats) : "–")), isCounted ? signed(difference) : "–"];
    return make("tr", "", name, ...numbers.map((number) => make("td", "", number)));
  });
  const table = make("table", "pg-table", make("thead", "", head), make("tbody", "", ...rows));
  table.ariaLabel = label;
  return scroller(label, table);
}

const signed = (bits) => `${bits > 0 ? "+" : ""}${fixed(bits, 1)}`.replace("-", "−");

/** Returns a part of a text with its spaces and line ends as signs, as tokens have them. */
const readable = (text) => text.replaceAll(" ", "·").replaceAll("\n", "⏎").replaceAll("\t", "⇥").replaceAll("\r", "␍");
