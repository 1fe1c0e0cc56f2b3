/** Says what another order of the same settings changes at one step, and why. Pure functions. */

import { capital, draw as drawText, label, listed, orderLabel, percent } from "../common/words.js";
import { stageOf } from "../distribution/settings.js";
import { ALONE } from "../distribution/stages/all.js";
import { brief, t, tn } from "../common/language.js";

const NAMED = 3; // tokens that a sentence names
const EQUAL = 1e-9; // a smaller total variation is rounding

/**
 * @typedef {object} Two  the same row and settings under two orders
 * @property {import("../distribution/distribution.js").Distribution[]} shapes
 * @property {import("../distribution/apart.js").Apart} apart
 * @property {string[]} names  of the orders
 */

/** @param {any} order  as in the settings @returns {string} "vLLM", "your own order" */
export const nameOfOrder = (order = "transformers") => (typeof order === "string" ? orderLabel(order) : t("your own order"));

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
  if (!names.length && isSampled) return t("Both orders do the same: no stage is on.");
  if (!names.length && strategy === "beam") return t("Both orders do the same: beam search looks only at penalties, and none is on.");
  if (!names.length) return t("Both orders do the same: greedy looks only at penalties, and none is on.");
  if (names.length === 1) return t("Both orders do the same: only {stage} is on.", { stage: names[0] });
  return t("Both orders do the same: they run the stages that are on in one sequence, {stages}.", { stages: names.join(" → ") });
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
  if (swap.partners.length) told.push(swapInWords(swap, names));
  told.push(...keptInWords(apart, one, other, names, swap));
  for (const [side, ids] of lone.entries()) {
    const values = { order: names[side], tokens: tokens(ids, textOf), share: percent(loneShares[side]) };
    if (ids.length) told.push(t("Only {order} can draw {tokens}: {share} of its draws.", values));
  }
  return [...told, ...chosenInWords(shapes, names, textOf, choice)];
}

/** @param {Swap} swap @param {string[]} names */
function swapInWords({ name, partners, side }, names) {
  const values = { order: names[side], other: names[1 - side], stage: label(name), stages: listed(partners.map(label)) };
  return tn(
    "In {order}, {stage} comes before {stages}; in {other}, after it.",
    "In {order}, {stage} comes before {stages}; in {other}, after them.",
    partners.length,
    values,
  );
}

/** @param {number} one  how many tokens the first order keeps @param {number} other @param {Swap} swap @returns {string[]} */
function keptInWords(apart, one, other, names, swap) {
  if (isSame(apart)) {
    const same = tn(
      "Here that makes no difference: both keep the same {n} token, with the same probabilities.",
      "Here that makes no difference: both keep the same {n} tokens, with the same probabilities.",
      one,
    );
    return [[same, sameReason(swap)].filter(Boolean).join(" ")];
  }
  const values = { order: names[0], other: names[1], kept: one };
  if (one !== other) return [tn("So {other} keeps {n} token where {order} keeps {kept}.", "So {other} keeps {n} tokens where {order} keeps {kept}.", other, values)];
  if (apart.lone[0].length) return [tn("So both keep {n} token, but not the same ones.", "So both keep {n} tokens, but not the same ones.", one)];
  return [tn("So both keep the same {n} token, with other probabilities.", "So both keep the same {n} tokens, with other probabilities.", one)];
}

/** @returns {string[]} which stages that are on an engine does not run, because another one takes their place */
function leftOutInWords(shapes, names) {
  const sequences = shapes.map(sequenceOf);
  return sequences.flatMap((sequence, side) => {
    const missing = sequences[1 - side].filter((name) => !sequence.includes(name));
    const instead = sequence.find((name) => Object.values(ALONE).some((stages) => name in stages));
    return missing.length ? [t("In {order}, {stage} takes the place of {stages}.", { order: names[side], stage: label(instead), stages: listed(missing.map(label)) })] : [];
  });
}

/** @returns {boolean} whether the same tokens are kept, with the same probabilities */
const isSame = ({ totalVariation, lone }) => totalVariation < EQUAL && lone.every((ids) => !ids.length);

/** @returns {string[]} which token the step's own random number picks under either order, or greedy takes */
function chosenInWords(shapes, names, textOf, { strategy, draw }) {
  if (strategy === "sample" && draw === null) return []; // nothing was drawn here
  const chosen = shapes.map((shape) => shape.order[strategy === "sample" ? shape.positionAt(draw) : shape.stretch[0]]);
  const [one, other] = chosen.map((id) => quoted(textOf(id)));
  const values = { one, two: other, order: names[0], other: names[1], u: draw === null ? "" : `u\u00a0=\u00a0${drawText(draw)}` };
  if (strategy === "sample") {
    if (chosen[0] === chosen[1]) return [t("The same random number, {u}, picks {one} in both.", values)];
    return [t("The same random number, {u}, picks {one} in {order} and {two} in {other}.", values)];
  }
  if (chosen[0] === chosen[1]) return [t("The most probable token is {one} in both.", values)];
  return [t("The most probable token is {one} in {order} and {two} in {other}.", values)];
}

/**
 * Why the order matters at all, with the numbers of the first stage that leaves other tokens.
 *
 * @param {Two} two
 * @returns {string}
 */
export function whyInWords({ shapes, names, apart }) {
  const name = commonSequences(shapes)[1].find((stage) => stageOf(stage).kind === "cut" && new Set(shapes.map((shape) => keptBy(shape, stage))).size > 1);
  if (!name) return t("A stage works on what the stage before it leaves. The order matters where one of two stages changes what the other one looks at.");
  const [one, other] = shapes.map((shape, side) => {
    const [before, after] = shape.around(name);
    const best = before.curve.weights[before.stretch[0]] / before.weight;
    return tn(
      "in {order} it meets {n} token, the most probable of which has {share}, and leaves {kept}",
      "in {order} it meets {n} tokens, the most probable of which has {share}, and leaves {kept}",
      before.count,
      { order: names[side], share: percent(best), kept: after.count },
    );
  });
  return [
    capital(t("{stage} {says}.", { stage: label(name), says: stageOf(name).says })),
    capital(t("{one}; {other}.", { one, other })),
    isSame(apart)
      ? t("At this step the same tokens are left in the end; at another one they may not be.")
      : t("A token that is removed cannot come back, so the order decides what can be drawn."),
  ].join(" ");
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
  if (!isOnly || pair !== "temperature,top_k") return "";
  return t("Top-k only counts tokens, and temperature does not change which are the most probable.");
}

/** @returns {string} "“ the”, “ a” and 12 more" */
function tokens(ids, textOf) {
  const named = ids.slice(0, NAMED).map((id) => quoted(textOf(id)));
  const more = ids.length - named.length;
  return listed(more ? [...named, t("{more} more", { more })] : named);
}

const quoted = (text) => t("“{token}”", { token: text });

/**
 * KL(one ‖ other) and KL(other ‖ one) in bits, and why one of them is infinite.
 *
 * @param {Two} two
 * @returns {{measures: string, why: string}} the first holds the words "KL" and "total variation"
 */
export function measuresInWords({ apart: { klBits, totalVariation, lone }, names }) {
  const kl = klBits.map((bits, side) => t("KL({order} ‖ {other}) = {bits}", { order: names[side], other: names[1 - side], bits: bitsInWords(bits) }));
  const reasons = lone.flatMap((ids, side) => (ids.length ? [reason(ids.length, names[side], names[1 - side])] : []));
  const measures = [...kl, t("total variation {share}", { share: percent(totalVariation) })].join(" · ");
  if (reasons.length < 2) return { measures, why: reasons.length ? t("KL is infinite because {reason}.", { reason: reasons[0] }) : "" };
  return { measures, why: t("KL is infinite because {reason}, and {other}.", { reason: reasons[0], other: reasons[1] }) };
}

const reason = (kept, order, other) => tn("{order} keeps {n} token that {other} removes", "{order} keeps {n} tokens that {other} removes", kept, { order, other });

/** A divergence with three significant digits. */
const bitsInWords = (bits) => (Number.isFinite(bits) ? t("{number} bits", { number: brief(bits < EQUAL ? 0 : bits, 3) }) : "∞");
