/**
 * Writes what the chain does to one token: a sentence with its numbers for each stage that does something, in the stages'
 * order, and the softmax of what is left. Knows numbers and the registry of stages, not the page.
 */

import { brief, t, tn } from "../../common/language.js";
import { capital, count, percent, stageInWords } from "../../common/words.js";
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
  if (!path.length) return [t("No stage of the chain changes anything: the probability stays {share}.", { share: percent(line.share) })];
  const steps = path.map((passage) => t("{stage}: {deed}", { stage: titleOf(passage, settings), deed: sentence(passage) }));
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
  return formula && !Object.hasOwn(SAYS_ALL, stage.name) && after !== passage.before ? t("{formula}. Here {written}", { formula, written }) : written;
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
  if (tokens < 2) return t("one token is left, whose entropy is 0, so that T = 1 and the score stays {score}.", { score: exact(after) });
  const power = values.dynatemp_exponent === 1 ? "" : ` ^ ${short(values.dynatemp_exponent)}`;
  const most = `ln ${count(tokens)} = ${exact(Math.log(tokens))}`;
  return (
    `${t("the entropy is {entropy} nats, of {most} at most.", { entropy: exact(entropyNats), most })} ` +
    `T = ${short(low)} + (${short(high)} − ${short(low)}) · (${exact(entropyNats)} / ${exact(Math.log(tokens))})${power} = ${exact(temperature)}. ` +
    `${exact(before)} / ${exact(temperature)} = ${exact(after)}.`
  );
}

function bent({ left, before, after }, { smoothing_factor: factor, smoothing_curve: curve }) {
  const best = left.ranking.scores[left.stretch[0]];
  const below = before - best;
  const bend = curve === 1 ? "" : ` · (${short((3 - curve) / 2)} − ${short((curve - 1) / 2)} · ${behindMinus(below)})`;
  return t("{distance}, and {score}.", {
    distance: `d = ${exact(before)} − ${behindMinus(best)} = ${exact(below)}`,
    score: `${exact(best)} − ${short(factor)} · (${exact(below)})²${bend} = ${exact(after)}`,
  });
}

function scaled(passage, factor, isMultiplied) {
  const { before, after } = passage;
  if (before === after) return difference(passage);
  return `${exact(before)} ${isMultiplied ? "·" : "/"} ${short(factor)} = ${exact(after)}.`;
}

function difference({ stage, before, after }) {
  const score = exact(after);
  if (before === after) {
    return stage.removedMass > 0 ? t("removes other tokens and leaves the token’s score at {score}.", { score }) : t("leaves the token’s score at {score}.", { score });
  }
  return `${exact(before)} ${after < before ? "−" : "+"} ${exact(Math.abs(after - before))} = ${exact(after)}.`;
}

/** A removal that leaves others: their probabilities grow by the same factor. */
function kept({ stage, left, probabilityBefore }) {
  const held = 1 - stage.removedMass;
  const share = percent(probabilityBefore);
  if (stage.kept === left.count) return tn("keeps all {n} token, and this one at {share}.", "keeps all {n} tokens, and this one at {share}.", stage.kept, { share });
  return t("keeps {kept} of {tokens}, which hold {held} of the probability. This one stays: {share} / {held} = {now}.", {
    kept: stage.kept, tokens: tn("{n} token", "{n} tokens", left.count), held: percent(held), share, now: percent(probabilityBefore / held),
  });
}

function removal({ stage, left, probabilityBefore }) {
  if (probabilityBefore === null) return t("removes the token: its probability is 0.");
  return t("keeps {kept} of {tokens} and removes this one: {share} → 0.", {
    kept: stage.kept, tokens: tn("{n} token", "{n} tokens", left.count), share: percent(probabilityBefore),
  });
}

/** @param {number} score  after all stages */
function softmax(score, { scaledBelow, scaledWeight, scaledShare }, { size, kept: left, scaledLargest, scaledSum }) {
  const values = {
    minus: `${exact(score)} − ${behindMinus(scaledLargest)} = ${exact(scaledBelow)}`,
    exp: `exp(${exact(scaledBelow)}) = ${expText(scaledWeight)}`,
    sum: expText(scaledSum),
    divided: `${expText(scaledWeight)} / ${expText(scaledSum)} = ${percent(scaledShare)}`,
  };
  if (left === size) {
    return t("Softmax again: minus the largest score that is left, {minus}. {exp}, and that of all {tokens} tokens adds up to {sum}: {divided}.", { ...values, tokens: size });
  }
  return tn(
    "Softmax again: minus the largest score that is left, {minus}. {exp}, and that of the {n} token that is left adds up to {sum}: {divided}.",
    "Softmax again: minus the largest score that is left, {minus}. {exp}, and that of the {n} tokens that are left adds up to {sum}: {divided}.",
    left,
    values,
  );
}

const short = (number) => brief(number, 4).replace("-", "−");
