/**
 * What the controls say, in Hugging Face's names: which values can be drawn, and which stages take part, in which order.
 * Knows nothing of logits or of the page.
 *
 * @typedef {Record<string, any>} Settings  the names of `Settings` in Python
 */

import { ALONE, ORDERS, RULES, STAGES, STRATEGIES } from "./stages/all.js";

const BY_NAME = new Map(STAGES.map((stage) => [stage.name, stage]));

/** Of each stage's settings, the value where nothing is said. @type {Record<string, any>} */
export const OFF = Object.fromEntries(STAGES.flatMap(({ parameters }) => parameters.map(({ name, start }) => [name, start])));

/** @returns {import("./stages/all.js").Stage} */
export const stageOf = (name) => BY_NAME.get(name);

/**
 * The part of `said` that can be drawn. A number box hands over null, "" or 7e9 while somebody types into it;
 * whoever merges the answer over the last one keeps the last usable value.
 *
 * @param {Settings} said
 * @returns {Settings}
 */
export function usable(said) {
  return Object.fromEntries(Object.entries(said).filter(([name, value]) => isUsable(name, value)));
}

function isUsable(name, value) {
  if (name === "strategy") return STRATEGIES.includes(value);
  if (name === "order") return isOrder(value);
  const rule = RULES[name];
  if (!rule) return false;
  if (rule.kind !== "number") return value === null ? rule.off.includes(null) : value !== undefined;
  if (typeof value !== "number") return false;
  if (rule.off.includes(value)) return true;
  const isAbove = rule.openLow ? value > rule.low : value >= rule.low;
  return isAbove && value <= rule.high && (!rule.whole || Number.isInteger(value));
}

/** @returns {boolean} whether it is the name of a preset, or a list of stages, each at most once */
function isOrder(order) {
  if (typeof order === "string") return order in ORDERS;
  return Array.isArray(order) && order.every((name) => BY_NAME.has(name)) && new Set(order).size === order.length;
}

/**
 * An order of some stages is completed as in Python's `orders.complete`: of the others, those that read the text come
 * first and the rest last.
 *
 * @param {Settings} settings
 * @returns {string[]} the names of all stages, in their order
 */
export function orderOf({ order = "transformers" }) {
  if (typeof order === "string") return ORDERS[order];
  const others = STAGES.filter(({ name }) => !order.includes(name));
  const isEarly = ({ kind }) => ["constraint", "penalty"].includes(kind);
  const namesOf = (stages) => stages.map(({ name }) => name);
  return [...namesOf(others.filter(isEarly)), ...order, ...namesOf(others.filter((stage) => !isEarly(stage)))];
}

/** @returns {Settings} what a stage reads: the values of its settings where nothing else is said */
const valuesOf = ({ parameters, reads }, settings) =>
  Object.fromEntries([...parameters.map(({ name }) => name), ...reads].map((name) => [name, settings[name] ?? OFF[name]]));

/** @returns {boolean} whether the strategy looks at the stage, and its values do something */
function isUsed(settings, name) {
  const stage = stageOf(name);
  const isIgnored = ["greedy", "beam"].includes(settings.strategy) && stage.isSamplingOnly;
  return !isIgnored && isOn(stage, valuesOf(stage, settings));
}

/** @returns {boolean} whether the stage takes part: its engine may run another one in place of it */
export function isInForce(settings, name) {
  const [alone] = Object.entries(ALONE[settings.order] ?? {}).filter(([other]) => isUsed(settings, other));
  return isUsed(settings, name) && (!alone || alone[1].includes(name));
}

/** A stage's own module may say when it is on; otherwise the first setting's rule does. */
function isOn(stage, values) {
  return stage.isOn ? stage.isOn(values) : !RULES[stage.setting].off.some((off) => isSame(off, values[stage.setting]));
}

const isSame = (a, b) => a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));

/** @returns {Settings} the values that a stage works with: those that do nothing where it is not in force */
export function valuesInForce(settings, name) {
  const stage = stageOf(name);
  return valuesOf(stage, isInForce(settings, name) ? settings : {});
}

/**
 * @param {Settings} settings
 * @param {string} name  of a stage's setting
 * @returns {any} the value that its stage works with, or another one that reads it: its off value where none does anything
 *   under the value that was said, where the strategy ignores them, or where nothing was said
 */
export function inForce(settings, name) {
  const stage = ownerOf(name);
  const reader = READERS.find((one) => one.reads.includes(name) && isInForce(settings, one.name));
  return valuesInForce(settings, isInForce(settings, stage) ? stage : (reader?.name ?? stage))[name];
}

/** @param {string} name  of a setting @returns {string} the stage of which it is a parameter */
export const ownerOf = (name) => STAGES.find(({ parameters }) => parameters.some((one) => one.name === name)).name;

/** The stages that read a setting of another one. */
const READERS = STAGES.filter(({ reads }) => reads.length);

/**
 * @param {Settings} settings
 * @param {string[]} stages
 * @returns {string[]} the names of the stages' settings, without those that other stages in use read
 */
export function ownNames(settings, stages) {
  const read = READERS.filter(({ name }) => !stages.includes(name) && isUsed(settings, name)).flatMap(({ reads }) => reads);
  return stages.flatMap((name) => stageOf(name).parameters.map((parameter) => parameter.name)).filter((name) => !read.includes(name));
}

/** @returns {Settings} with some stages off; a setting that another stage in use reads stays */
function switchedOff(settings, stages) {
  const names = ownNames(settings, stages);
  return { ...settings, ...Object.fromEntries(names.map((name) => [name, OFF[name]])) };
}

/** @returns {Settings} with every stage after `name` off; all of them if `name` is no stage */
export function through(settings, name) {
  const names = orderOf(settings);
  return switchedOff(settings, names.slice(names.indexOf(name) + 1));
}

/** @returns {Settings} with this stage off */
export const without = (settings, name) => switchedOff(settings, [name]);

const MOST_BY_TOP_K = 200; // a fifth of a head, because top-k also keeps the tokens that tie with its last

/**
 * @param {Settings} settings  in view
 * @param {Settings} own  the text's, whose temperature the heads of its rows know
 * @returns {boolean} whether the most probable tokens of a row decide alone what the settings make of it: top-k keeps
 *   none of the others, and no stage before it looks at each of them
 */
export function bestAreEnough(settings, own) {
  const [first, second] = stagesInForce(settings);
  const isOwn = inForce(settings, "temperature") === inForce(own, "temperature");
  const isFirst = first === "top_k" && inForce(own, "temperature") === OFF.temperature;
  return (isFirst || (first === "temperature" && second === "top_k" && !settings.dynatemp_range)) && isOwn && settings.top_k <= MOST_BY_TOP_K;
}

/** @returns {string[]} the stages that do something under `settings`, in order. */
export function stagesInForce(settings) {
  return orderOf(settings).filter((name) => isInForce(settings, name));
}
