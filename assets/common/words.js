/** How the page words numbers, settings and stages. Knows nothing of the page itself. */

import { inForce, isInForce, OFF, ownerOf, stageOf, stagesInForce, valuesInForce } from "../distribution/settings.js";
import { STAGES } from "../distribution/stages/all.js";
import { authorOf } from "./authors.js";
import { brief, fixed, significant, t, tn } from "./language.js";
import { isGiven } from "./trace.js";

export { count, listed } from "./language.js";

const BY_NAME = new Map(STAGES.map((stage) => [stage.name, stage]));
/** @type {Map<string, string>} of settings and stages */
const LABELS = new Map(STAGES.flatMap(({ parameters }) => parameters).map((parameter) => [parameter.name, parameter.label]));
for (const { kind, setting, name, label } of STAGES) {
  LABELS.set(name, label);
  if (kind !== "constraint") LABELS.set(setting, label); // each kind of a constraint has a name of its own
}
const PRESETS = { vllm: "vLLM", openai: "OpenAI" };

const STOP_REASONS = {
  end_token: t("ended by the model's end token"),
  stop_string: t("ended by a stop string"),
  length: t("ended at the limit of new tokens"),
  window: t("ended because the model's window is full"),
  stopped: t("stopped"),
  scored: t("scored"),
};

/** Why a text ended, "" while it has not. */
export const stopReason = (reason) => STOP_REASONS[reason] ?? "";

/** "loops every 7 tokens since step 23" */
export function loops({ period, since }) {
  return tn("loops on one token since step {step}", "loops every {n} tokens since step {step}", period, { step: since + 1 });
}

/** "log-probability −42.10 nats, mean −3.24, perplexity 25.5" */
export function score({ logprob_nats, mean_logprob_nats, perplexity }) {
  const [sum, mean] = [logprob_nats, mean_logprob_nats].map((number) => logitText(number ?? -Infinity));
  const surprise = perplexity === null ? "∞" : Number(perplexity.toPrecision(3));
  return t("log-probability {sum} nats, mean {mean}, perplexity {perplexity}", { sum, mean, perplexity: surprise });
}

/** @returns {string} the name of a stage or a setting as people write it: "top-k" */
export const label = (name) => LABELS.get(name);

/** @returns {string} the same where there is little room */
export const shortLabel = (name) => BY_NAME.get(name).short;

/** "step 3" -> "Step 3" */
export const capital = (text) => text[0].toUpperCase() + text.slice(1);

const MOST_CHARACTERS = 48; // of a value that is a text or a list; a JSON schema has thousands

/**
 * @returns {string} a setting's value in few signs, without the noise of binary fractions: "0.8", "“[0-9]+”",
 *   "[\"yes\",\"no\"]"
 */
function value(said) {
  if (typeof said === "number") return brief(said, 4);
  const text = typeof said === "string" ? said : JSON.stringify(said);
  const short = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  return typeof said === "string" ? t("“{text}”", { text: short }) : short;
}

/** A probability in percent with three significant digits: 0.0819 -> "8.19 %" */
export function percent(probability) {
  const points = 100 * probability;
  if (points === 0) return inPercent("0");
  return points < 0.001 ? inPercent(`<${fixed(0.001, 3)}`) : inPercent(significant(points, 3));
}

/** "8.19" -> "8.19 %" @param {string} number  as it is shown */
export const inPercent = (number) => t("{number} %", { number });

/** An amount of information: 5.6438 -> "5.6 bits" */
export const bits = (number) => t("{number} bits", { number: fixed(number, 1) });

/** The uniform number of a draw, as far as anybody needs it: 0.3141592 -> "0.314" */
export const draw = (number) => fixed(number, 3);

/** "temperature 0.8", "top-k off" */
export function setting(name, said) {
  const isOff = areSame(said, OFF[name]) && name !== "temperature";
  return isOff ? off(name) : t("{setting} {value}", { setting: label(name), value: value(said) });
}

/** "top-k off" */
const off = (name) => t("{setting} off", { setting: label(name) });

const areSame = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/**
 * @returns {string[]} a stage's settings: the first one, and others where they are not as they begin; of a constraint its
 *   kind. What it reads of another stage is told where that one is not in force.
 */
export function stageInWords(name, settings) {
  const values = valuesInForce(settings, name);
  const { parameters, reads } = stageOf(name);
  const lent = isInForce(settings, name) ? reads.filter((read) => !isInForce(settings, ownerOf(read))) : [];
  const [first, ...others] = [...parameters.map((parameter) => parameter.name), ...lent];
  const told = others.filter((other) => !areSame(values[other], OFF[other]));
  const isOneOfSeveral = stageOf(name).kind === "constraint" && areSame(values[first], OFF[first]);
  return [...(isOneOfSeveral ? [] : [first]), ...told].map((each) => setting(each, values[each]));
}

/**
 * @param {Record<string, any>} settings
 * @param {(stage: import("../distribution/stages/all.js").Stage) => boolean} hasControl  whether the first setting of a
 *   stage has a control in view
 * @returns {string[]} the settings of stages in force that have none: ["min-p 0.1", "XTC 0.5"]
 */
export function withoutControl(settings, hasControl) {
  return stagesInForce(settings).flatMap((name) => stageInWords(name, settings).slice(hasControl(stageOf(name)) ? 1 : 0));
}

/** @param {string} preset @returns {string} an order as people write the engine's name: "vLLM" */
export const orderLabel = (preset) => PRESETS[preset] ?? preset;

/** "order llama.cpp", "own order", "" for that of transformers */
export function orderInWords({ order = "transformers" }) {
  if (order === "transformers") return "";
  return typeof order === "string" ? orderOf(order) : t("own order");
}

const orderOf = (preset) => t("order {engine}", { engine: orderLabel(preset) });

function strategy({ strategy: name, num_beams, length_penalty }) {
  if (name !== "beam") return name === "greedy" ? t("Greedy") : t("Sample");
  const beams = tn("Beam search, {n} beam", "Beam search, {n} beams", num_beams ?? 1);
  const penalty = length_penalty ?? 1;
  return penalty === 1 ? beams : `${beams}, ${t("length penalty {value}", { value: value(penalty) })}`;
}

/** "Sample, temperature 0.8, top-k 40" */
export function settingsInForce(settings) {
  const stages = stagesInForce(settings).flatMap((name) => stageInWords(name, settings));
  return [strategy(settings), ...stages, orderInWords(settings)].filter(Boolean).join(", ");
}

/** What `shown` has otherwise than `generated`: "temperature 1.2, top-k off"; "" if they draw the same bars. */
export const settingsThatDiffer = (generated, shown) => differences(generated, shown).shown.join(", ");

/**
 * The settings in which two ways to choose differ, in the same order on both sides. If the strategies differ, each side
 * names its own stages only.
 *
 * @returns {{shown: string[], written: string[]}} two empty lists if both draw the same bars
 */
export function differences(written, shown) {
  const isOther = written.strategy !== shown.strategy;
  const names = Object.keys(OFF).filter((name) => !areSame(inForce(written, name), inForce(shown, name)));
  const isReordered = !areSame(stagesInForce(written), stagesInForce(shown)) && orderInWords(written) !== orderInWords(shown);
  const sideOf = (settings) => [
    ...(isOther ? [strategy(settings)] : []),
    ...names
      .filter((name) => !isOther || !areSame(inForce(settings, name), OFF[name]))
      .map((name) => setting(name, inForce(settings, name))),
    ...(isReordered ? [orderInWords(settings) || orderOf("transformers")] : []),
  ];
  return { shown: sideOf(shown), written: sideOf(written) };
}

/**
 * What one stage did, in full: "top-k 40 keeps 40 tokens and removes 12.3 % of the probability".
 *
 * @param {import("../distribution/distribution.js").Stage} stage
 */
export function deed({ name, values, off: isOff, isWaiting, refusal, kept, removedMass, moved }) {
  const stage = label(name);
  if (isOff) return off(name);
  if (isWaiting) return t("{stage} does nothing until the server has answered", { stage });
  if (refusal) return t("{stage} does nothing: {refusal}", { stage, refusal });
  const { kind, removes } = BY_NAME.get(name);
  const [said] = stageInWords(name, values);
  if (kind === "reshape") return tn("{setting} keeps all {n} token", "{setting} keeps all {n} tokens", kept, { setting: said });
  if (!removes) return tn("{setting} moves {n} logit", "{setting} moves {n} logits", moved, { setting: said });
  return tn(
    "{setting} keeps {n} token and removes {share} of the probability",
    "{setting} keeps {n} tokens and removes {share} of the probability",
    kept,
    { setting: said, share: percent(removedMass) },
  );
}

/**
 * What all stages did together: "leave 12 of 49,152 tokens and remove 10.3 % of the probability"
 *
 * @param {import("../distribution/distribution.js").Distribution} shape
 */
export function outcome({ stages, kept, order }) {
  if (kept === order.length) return tn("leave all {n} token", "leave all {n} tokens", kept);
  const removed = 1 - stages.reduce((share, { removedMass }) => share * (1 - removedMass), 1);
  if (!(removed > 0)) return tn("leave {kept} of {n} token", "leave {kept} of {n} tokens", order.length, { kept });
  return tn(
    "leave {kept} of {n} token and remove {share} of the probability",
    "leave {kept} of {n} tokens and remove {share} of the probability",
    order.length,
    { kept, share: percent(removed) },
  );
}

/**
 * What one stage did in two short lines, for its card: what entered and left, and what that means: "49,152 → 40" and
 * "−7.53 %", "2.9 → 2.1 bits" and "entropy", "12 moved" and "". Where the server has to answer first, or refuses a
 * value, they say that.
 *
 * @param {import("../distribution/distribution.js").Stage} stage
 * @param {number} entered  tokens
 * @param {() => [before: number, after: number]} entropies  returns the entropies around the stage, in bits
 * @returns {[string, string]}
 */
export function cardFacts({ name, isWaiting, refusal, kept, removedMass, moved }, entered, entropies) {
  if (isWaiting) return [t("waits for server"), ""];
  if (refusal) return [t("refused"), ""];
  const { removes, kind } = BY_NAME.get(name);
  if (removes) return [t("{entered} → {kept}", { entered, kept }), loss(removedMass)];
  if (kind !== "reshape") return [tn("{n} moved", "{n} moved", moved), ""];
  const [before, after] = entropies();
  return [`${fixed(before, 1)} → ${bits(after)}`, t("entropy")];
}

/** A share that was removed, in few signs: 0.0846 -> "−8.46 %", 0.00766 -> "−0.77 %" */
function loss(share) {
  if (share < 1e-4) return inPercent(share === 0 ? "0" : `<${fixed(0.01, 2)}`);
  return share < 0.01 ? inPercent(`−${fixed(100 * share, 2)}`) : `−${percent(share)}`;
}

/** A logit or a logarithm with two decimals and a true minus: "−2.31" */
export const logitText = (number) =>
  Number.isFinite(number) ? fixed(number, 2).replace("-", "−") : number < 0 ? "−∞" : "∞";

/** A candidate's logit, and what the penalties made of it: "−2.31 → −3.47" */
export function logits({ logit, penalisedLogit }) {
  const isMoved = penalisedLogit !== logit;
  return isMoved ? `${logitText(logit)} → ${logitText(penalisedLogit)}` : logitText(logit);
}

const POWERS = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((sign, digit) => [String(digit), sign])) };

/** A number above 0 with a power of ten: "2.06 · 10⁻⁹" */
export function powerOfTen(number) {
  const [digits, power] = number.toExponential(2).split("e");
  return `${fixed(Number(digits), 2)} · 10${[...power].map((sign) => POWERS[sign] ?? "").join("")}`;
}

/** How a step came to its token: "drawn", "given" by the prompt, "chosen by greedy", "chosen by you", "drawn by pupil 3" or "found by beam search". A blank says it itself. */
export function origin(step) {
  if (step.origin) return step.origin;
  if (isGiven(step)) return t("given");
  if (step.isFound) return t("found by beam search");
  const name = step.forced ? authorOf(step) : "";
  if (name) return t("drawn by {name}", { name });
  if (step.forced) return t("chosen by you");
  return step.draw === null ? t("chosen by greedy") : t("drawn");
}

/** What the list of candidates says of one of them: "kept", "drawn", "removed by top-p". */
export function status(candidate, step) {
  const stage = candidate.removedBy && label(candidate.removedBy);
  const isChosen = candidate.id === step.token_id;
  if (isChosen && stage) return t("{origin}, removed by {stage}", { origin: origin(step), stage });
  if (isChosen) return origin(step);
  if (stage) return t("removed by {stage}", { stage });
  return candidate.probability > 0 ? t("kept") : t("impossible");
}
