/**
 * What the controls say, in Hugging Face's names: which values can be drawn, and which stages take part.
 * Knows nothing of logits or of the page.
 *
 * @typedef {Record<string, any>} Settings  the names of `Settings` in Python
 */

import { RULES, STAGES, STRATEGIES } from "./stages/all.js";

/** The stages in `generate`'s own order, each with the value that switches it off. @type {Record<string, number>} */
export const OFF = Object.fromEntries(STAGES.map(({ name }) => [name, RULES[name].off[0]]));

/** What `generate` looks at under every strategy; greedy and beam search ignore all other stages. */
export const PENALTIES = STAGES.filter(({ isSamplingOnly }) => !isSamplingOnly).map(({ name }) => name);

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
  const rule = RULES[name];
  if (!rule || typeof value !== "number") return false;
  const isAbove = rule.openLow ? value > rule.low : value >= rule.low;
  return isAbove && value <= rule.high && (!rule.whole || Number.isInteger(value));
}

/**
 * The value a stage works with: its off value where it does nothing under the value that was said, where the strategy
 * ignores the stage, or where nothing was said.
 *
 * @param {Settings} settings
 * @param {string} name  one of OFF
 * @returns {number}
 */
export function inForce(settings, name) {
  const isIgnored = ["greedy", "beam"].includes(settings.strategy) && !PENALTIES.includes(name);
  const value = settings[name] ?? OFF[name];
  return isIgnored || RULES[name].off.includes(value) ? OFF[name] : value;
}

/** @returns {Settings} with every stage after `name` off; all of them if `name` is no stage */
export function through(settings, name) {
  const names = Object.keys(OFF);
  const later = names.slice(names.indexOf(name) + 1);
  return { ...settings, ...Object.fromEntries(later.map((stage) => [stage, OFF[stage]])) };
}

const MOST_BY_TOP_K = 200; // a fifth of a head, because top-k also keeps the tokens that tie with its last

/**
 * @param {Settings} settings  in view
 * @param {Settings} own  the text's, whose temperature the heads of its rows know
 * @returns {boolean} whether the most probable tokens of a row decide alone what the settings make of it: top-k keeps
 *   none of the others, and no stage before it looks at each of them
 */
export function bestAreEnough(settings, own) {
  const first = stagesInForce(settings).find((name) => name !== "temperature");
  const isOwn = inForce(settings, "temperature") === inForce(own, "temperature");
  return first === "top_k" && isOwn && settings.top_k <= MOST_BY_TOP_K;
}

/** @returns {string[]} the stages that do something under `settings`, in order. */
export function stagesInForce(settings) {
  return Object.keys(OFF).filter((name) => inForce(settings, name) !== OFF[name]);
}
