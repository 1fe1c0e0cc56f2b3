/** Says what another order of the same settings changes at one step, and why. Pure functions. */

import { capital, count, draw as drawText, label, listed, orderLabel, percent, plural } from "../common/words.js";
import { stageOf } from "../distribution/settings.js";
import { ALONE } from "../distribution/stages/all.js";

const NAMED = 3; // tokens that a sentence names
const EQUAL = 1e-9; // a smaller total variation is rounding

/**
 * @typedef {object} Two  the same row and settings under two orders
 * @property {import("../distribution/distribution.js").Distribution[]} shapes
 * @property {import("../distribution/apart.js").Apart} apart
 * @property {string[]} names  of the orders
 */

/** @param {any} order  as in the settings @returns {string} "vLLM", "your own order" */
export const nameOfOrder = (order = "transformers") => (typeof order === "string" ? orderLabel(order) : "your own order");

/** @param {import("../distribution/distribution.js").Distribution} shape @returns {string[]} the stages in force, in order */
const sequenceOf = ({ stages }) => stages.filter(({ off }) => !off).map(({ name }) => name);

/** @returns {boolean} whether both orders run the stages that are on in one sequence, so that nothing can differ */
export const areAlike = (shapes) => sequenceOf(shapes[0]).join() === sequenceOf(shapes[1]).join();

/**
 * Why two orders that run the stages in one sequence do the same.
 *
 * @param {import("../distribution/distribution.js").Distribution} shape  under either
 * @param {import("../distribution/settings.js").Settings} settings
 */
export function alikeInWords(shape, { strategy }) {
  const names = sequenceOf(shape).map(label);
  const isSampled = strategy === "sample";
  if (!names.length && isSampled) return "Both orders do the same: no stage is on.";
  if (!names.length) return `Both orders do the same: ${strategy === "beam" ? "beam search" : "greedy"} looks only at penalties, and none is on.`;
  if (names.length === 1) return `Both orders do the same: only ${names[0]} is on.`;
  return `Both orders do the same: they run the stages that are on in one sequence, ${names.join(" → ")}.`;
}

/**
 * What differs at this step, in a few sentences.
 *
 * @param {Two} two
 * @param {(id: number) => string} textOf
 * @param {{strategy: string, draw: number | null}} choice  how a token is chosen at this step
 * @returns {string[]}
 */
export function differenceInWords({ shapes, apart, names }, textOf, choice) {
  const { lone, loneShares } = apart;
  const [one, other] = shapes.map(({ kept }) => kept);
  const swap = swapOf(shapes);
  const told = leftOutInWords(shapes, names);
  if (swap.partners.length) {
    told.push(`In ${names[swap.side]}, ${label(swap.name)} comes before ${listed(swap.partners.map(label))}; in ${names[1 - swap.side]}, after ${swap.partners.length > 1 ? "them" : "it"}.`);
  }
  if (isSame(apart)) told.push(`Here that makes no difference: both keep the same ${plural(one, "token")}, with the same probabilities.${sameReason(swap)}`);
  else if (one !== other) told.push(`So ${names[1]} keeps ${plural(other, "token")} where ${names[0]} keeps ${count(one)}.`);
  else if (lone[0].length) told.push(`So both keep ${plural(one, "token")}, but not the same ones.`);
  else told.push(`So both keep the same ${plural(one, "token")}, with other probabilities.`);
  for (const [side, ids] of lone.entries()) {
    if (ids.length) told.push(`Only ${names[side]} can draw ${tokens(ids, textOf)}: ${percent(loneShares[side])} of its draws.`);
  }
  return [...told, ...chosenInWords(shapes, names, textOf, choice)];
}

/** @returns {string[]} which stages that are on an engine does not run, because another one takes their place */
function leftOutInWords(shapes, names) {
  const sequences = shapes.map(sequenceOf);
  return sequences.flatMap((sequence, side) => {
    const missing = sequences[1 - side].filter((name) => !sequence.includes(name));
    const instead = sequence.find((name) => Object.values(ALONE).some((stages) => name in stages));
    return missing.length ? [`In ${names[side]}, ${label(instead)} takes the place of ${listed(missing.map(label))}.`] : [];
  });
}

/** @returns {boolean} whether the same tokens are kept, with the same probabilities */
const isSame = ({ totalVariation, lone }) => totalVariation < EQUAL && lone.every((ids) => !ids.length);

/** @returns {string[]} which token the step's own random number picks under either order, or greedy takes */
function chosenInWords(shapes, names, textOf, { strategy, draw }) {
  if (strategy === "sample" && draw === null) return []; // nothing was drawn here
  const chosen = shapes.map((shape) => shape.order[strategy === "sample" ? shape.positionAt(draw) : shape.stretch[0]]);
  const [one, other] = chosen.map((id) => quoted(textOf(id)));
  const how = strategy === "sample" ? `The same random number, u\u00a0=\u00a0${drawText(draw)}, picks` : "The most probable token is";
  return [chosen[0] === chosen[1] ? `${how} ${one} in both.` : `${how} ${one} in ${names[0]} and ${other} in ${names[1]}.`];
}

/**
 * Why the order matters at all, with the numbers of the first stage that leaves other tokens.
 *
 * @param {Two} two
 * @returns {string}
 */
export function whyInWords({ shapes, names, apart }) {
  const name = commonSequences(shapes)[1].find((stage) => stageOf(stage).kind === "cut" && new Set(shapes.map((shape) => keptBy(shape, stage))).size > 1);
  if (!name) return "A stage works on what the stage before it leaves. The order matters where one of two stages changes what the other one looks at.";
  const [one, other] = shapes.map((shape) => {
    const [before, after] = shape.around(name);
    const best = before.curve.weights[before.stretch[0]] / before.weight;
    return `${plural(before.count, "token")}, the most probable of which has ${percent(best)}, and leaves ${count(after.count)}`;
  });
  return (
    `${capital(label(name))} ${stageOf(name).says}. In ${names[0]} it meets ${one}; in ${names[1]} it meets ${other}. ` +
    (isSame(apart) ? "At this step the same tokens are left in the end; at another one they may not be." : "A token that is removed cannot come back, so the order decides what can be drawn.")
  );
}

/** @returns {number} how many tokens are left after a stage */
const keptBy = (shape, name) => shape.stages.find((stage) => stage.name === name).kept;

/**
 * @typedef {object} Swap  a stage that changes its place
 * @property {string} name
 * @property {string[]} partners  the stages that it comes before in the one order, and after in the other
 * @property {number} side  the order in which it comes before them
 * @property {boolean} isOnly  whether no other two stages change their places
 */

/** @returns {string[][]} the sequences of the stages that both orders run */
function commonSequences(shapes) {
  const sequences = shapes.map(sequenceOf);
  return sequences.map((names, side) => names.filter((name) => sequences[1 - side].includes(name)));
}

/** @returns {Swap} the stage that passes the most others, and those */
function swapOf(shapes) {
  const sequences = commonSequences(shapes);
  const passed = sequences.flatMap((names, side) =>
    names.map((name, place) => {
      const earlier = sequences[1 - side].slice(0, sequences[1 - side].indexOf(name));
      return { name, side, partners: names.slice(place + 1).filter((other) => earlier.includes(other)) };
    }),
  );
  const most = passed.reduce((best, one) => (one.partners.length > best.partners.length ? one : best), { name: "", side: 0, partners: [] });
  const pairs = passed.filter(({ side }) => side === 0).flatMap(({ partners }) => partners);
  return { ...most, isOnly: pairs.length === 1 };
}

/** Why temperature and top-k may change their places, if nothing else does. */
function sameReason({ name, partners, isOnly }) {
  const pair = [name, ...partners].sort().join();
  return isOnly && pair === "temperature,top_k" ? " Top-k only counts tokens, and temperature does not change which are the most probable." : "";
}

/** @returns {string} "“ the”, “ a” and 12 more" */
function tokens(ids, textOf) {
  const named = ids.slice(0, NAMED).map((id) => quoted(textOf(id)));
  const more = ids.length - named.length;
  return listed(more ? [...named, `${count(more)} more`] : named);
}

const quoted = (text) => `“${text}”`;

/**
 * KL(one ‖ other) and KL(other ‖ one) in bits, and why one of them is infinite.
 *
 * @param {Two} two
 * @returns {{measures: string, why: string}} the first holds the words "KL" and "total variation"
 */
export function measuresInWords({ apart: { klBits, totalVariation, lone }, names }) {
  const kl = klBits.map((bits, side) => `KL(${names[side]} ‖ ${names[1 - side]}) = ${bitsInWords(bits)}`);
  const reasons = lone.map((ids, side) => (ids.length ? `${names[side]} keeps ${plural(ids.length, "token")} that ${names[1 - side]} removes` : ""));
  const why = reasons.filter(Boolean).join(", and ");
  return { measures: [...kl, `total variation ${percent(totalVariation)}`].join(" · "), why: why && `KL is infinite because ${why}.` };
}

/** A divergence with three significant digits. */
const bitsInWords = (bits) => (Number.isFinite(bits) ? `${bits < EQUAL ? 0 : Number(bits.toPrecision(3))} bits` : "∞");
