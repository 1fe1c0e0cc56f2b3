/**
 * Writes what the chain does to one token: a sentence with its numbers for each stage that does something, in the stages'
 * order, and the softmax of what is left. Knows numbers and the registry of stages, not the page.
 */

import { capital, count, percent, plural, stageInWords } from "../../common/words.js";
import { pathOf } from "../../distribution/path.js";
import { stageOf } from "../../distribution/settings.js";
import { dynamic } from "../../distribution/stages/temperature.js";
import { behindMinus, exact, expText } from "./sums.js";

/** @typedef {import("../../distribution/path.js").Passage} Passage */

/**
 * @param {import("../../distribution/distribution.js").Distribution} shape
 * @param {import("../../distribution/settings.js").Settings} settings
 * @param {import("./sums.js").Line} line
 * @param {import("./sums.js").Sums} sums
 * @returns {string[]} nothing for a token that the model rules out
 */
export function chainSteps(shape, settings, line, sums) {
  if (line.logit === -Infinity) return [];
  const path = pathOf(shape, line.id);
  if (!path.length) return [`No stage of the chain changes anything: the probability stays ${percent(line.share)}.`];
  const steps = path.map((passage) => `${titleOf(passage, settings)}: ${sentence(passage)}`);
  return line.scaledShare === 0 ? steps : [...steps, softmax(path.at(-1).after, line, sums)];
}

/** "Temperature 0.8", "XTC 0.5, threshold 0.1" */
const titleOf = ({ stage: { name } }, settings) => capital(stageInWords(name, settings).join(", "));

/** @param {Passage} passage */
function sentence(passage) {
  const { stage, after } = passage;
  const { kind, formula } = stageOf(stage.name);
  if (after === -Infinity) return removal(passage);
  if (kind === "cut" || kind === "constraint") return kept(passage);
  const written = Object.hasOwn(WRITTEN, stage.name) ? WRITTEN[stage.name](passage, stage.values) : difference(passage);
  return formula && !Object.hasOwn(SAYS_ALL, stage.name) && after !== passage.before ? `${formula}. Here ${written}` : written;
}

/** The formula of these is written with numbers. */
const SAYS_ALL = { temperature: true };

/** @type {Record<string, (passage: Passage, values: Record<string, any>) => string>} */
const WRITTEN = {
  temperature: divided,
  smoothing_factor: bent,
  repetition_penalty: (passage, { repetition_penalty }) => scaled(passage, repetition_penalty, passage.before < 0),
  encoder_repetition_penalty: (passage, { encoder_repetition_penalty }) => scaled(passage, encoder_repetition_penalty, passage.before >= 0),
};

function divided({ left, before, after }, values) {
  if (!values.dynatemp_range) return `${exact(before)} / ${short(values.temperature)} = ${exact(after)}.`;
  const { temperature, low, high, entropyNats } = dynamic(left.stretch, values, left.curve);
  const { count: tokens } = left;
  if (tokens < 2) return `one token is left, whose entropy is 0, so that T = 1 and the score stays ${exact(after)}.`;
  const power = values.dynatemp_exponent === 1 ? "" : ` ^ ${short(values.dynatemp_exponent)}`;
  return (
    `the entropy is ${exact(entropyNats)} nats, of ln ${count(tokens)} = ${exact(Math.log(tokens))} at most. ` +
    `T = ${short(low)} + (${short(high)} − ${short(low)}) · (${exact(entropyNats)} / ${exact(Math.log(tokens))})${power} = ${exact(temperature)}. ` +
    `${exact(before)} / ${exact(temperature)} = ${exact(after)}.`
  );
}

function bent({ left, before, after }, { smoothing_factor: factor, smoothing_curve: curve }) {
  const best = left.ranking.scores[left.stretch[0]];
  const below = before - best;
  const bend = curve === 1 ? "" : ` · (${short((3 - curve) / 2)} − ${short((curve - 1) / 2)} · ${behindMinus(below)})`;
  return `d = ${exact(before)} − ${behindMinus(best)} = ${exact(below)}, and ${exact(best)} − ${short(factor)} · (${exact(below)})²${bend} = ${exact(after)}.`;
}

function scaled(passage, factor, isMultiplied) {
  const { before, after } = passage;
  if (before === after) return difference(passage);
  return `${exact(before)} ${isMultiplied ? "·" : "/"} ${short(factor)} = ${exact(after)}.`;
}

function difference({ stage, before, after }) {
  const others = stage.removedMass > 0 ? "removes other tokens and " : "";
  if (before === after) return `${others}leaves the token’s score at ${exact(after)}.`;
  return `${exact(before)} ${after < before ? "−" : "+"} ${exact(Math.abs(after - before))} = ${exact(after)}.`;
}

/** A removal that leaves others: their probabilities grow by the same factor. */
function kept({ stage, left, probabilityBefore }) {
  const held = 1 - stage.removedMass;
  if (stage.kept === left.count) return `keeps all ${plural(stage.kept, "token")}, and this one at ${percent(probabilityBefore)}.`;
  return (
    `keeps ${count(stage.kept)} of ${plural(left.count, "token")}, which hold ${percent(held)} of the probability. ` +
    `This one stays: ${percent(probabilityBefore)} / ${percent(held)} = ${percent(probabilityBefore / held)}.`
  );
}

function removal({ stage, left, probabilityBefore }) {
  if (probabilityBefore === null) return "removes the token: its probability is 0.";
  return `keeps ${count(stage.kept)} of ${plural(left.count, "token")} and removes this one: ${percent(probabilityBefore)} → 0.`;
}

/** @param {number} score  after all stages */
function softmax(score, { scaledBelow, scaledWeight, scaledShare }, { size, kept: left, scaledLargest, scaledSum }) {
  const who = left === size ? `all ${count(size)} tokens` : `the ${plural(left, "token")} that ${left === 1 ? "is" : "are"} left`;
  return (
    `Softmax again: minus the largest score that is left, ${exact(score)} − ${behindMinus(scaledLargest)} = ${exact(scaledBelow)}. ` +
    `exp(${exact(scaledBelow)}) = ${expText(scaledWeight)}, and that of ${who} adds up to ${expText(scaledSum)}: ` +
    `${expText(scaledWeight)} / ${expText(scaledSum)} = ${percent(scaledShare)}.`
  );
}

const short = (number) => String(Number(number.toPrecision(4))).replace("-", "−");
