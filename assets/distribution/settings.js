/**
 * What the controls say, in Hugging Face's names: off values, usable ranges, and which of them take part.
 * Knows nothing of logits or of the page.
 *
 * @typedef {Record<string, any>} Settings  the names of `Settings` in Python
 */

/** The stages in `generate`'s own order, each with the value that switches it off. */
export const OFF = {
  repetition_penalty: 1,
  no_repeat_ngram_size: 0,
  temperature: 1,
  top_k: 0,
  top_p: 1,
  min_p: 0,
  typical_p: 1,
  epsilon_cutoff: 0,
  eta_cutoff: 0,
};

/** Greedy and beam search keep these and ignore every other stage, as `generate` does. */
export const PENALTIES = ["repetition_penalty", "no_repeat_ngram_size"];

const isCount = (value) => Number.isInteger(value) && value >= 0;
const isShare = (value) => value >= 0 && value <= 1;
const isPositive = (value) => value >= 1e-3 && value <= 1e3; // beyond it float32 overflows

const IS_USABLE = {
  strategy: (value) => ["greedy", "sample", "beam"].includes(value),
  num_beams: (value) => Number.isInteger(value) && value >= 1,
  length_penalty: (value) => value >= -10 && value <= 10,
  repetition_penalty: isPositive,
  no_repeat_ngram_size: isCount,
  temperature: isPositive,
  top_k: isCount,
  top_p: isShare,
  min_p: isShare,
  typical_p: (value) => isShare(value) && value > 0,
  epsilon_cutoff: (value) => isShare(value) && value < 1,
  eta_cutoff: (value) => isShare(value) && value < 1,
};

/**
 * The part of `said` that can be drawn. A number box hands over null, "" or 7e9 while somebody types into it;
 * whoever merges the answer over the last one keeps the last usable value.
 *
 * @param {Settings} said
 * @returns {Settings}
 */
export function usable(said) {
  const typeOf = (name) => (name === "strategy" ? "string" : "number");
  const isFit = ([name, value]) => typeof value === typeOf(name) && IS_USABLE[name]?.(value);
  return Object.fromEntries(Object.entries(said).filter(isFit));
}

/**
 * The value a stage works with: its off value where the strategy ignores the stage or nothing was said.
 *
 * @param {Settings} settings
 * @param {string} name  one of OFF
 * @returns {number}
 */
export function inForce(settings, name) {
  const ignored = ["greedy", "beam"].includes(settings.strategy) && !PENALTIES.includes(name);
  return ignored ? OFF[name] : settings[name] ?? OFF[name];
}

/** @returns {Settings} with every stage after `name` off; all of them if `name` is no stage */
export function through(settings, name) {
  const names = Object.keys(OFF);
  const later = names.slice(names.indexOf(name) + 1);
  return { ...settings, ...Object.fromEntries(later.map((stage) => [stage, OFF[stage]])) };
}

/** @returns {string[]} the stages that do something under `settings`, in order. */
export function stagesInForce(settings) {
  return Object.keys(OFF).filter((name) => inForce(settings, name) !== OFF[name]);
}
