/** The values with which a stage begins when the reader adds it: one whose effect is seen on most steps. */

import { OFF } from "../../distribution/settings.js";
import { RULES } from "../../distribution/stages/all.js";

/** @type {Record<string, unknown>} by the name of the setting that switches the stage on, or is a kind of constraint */
const STARTS = {
  encoder_repetition_penalty: 1.2,
  repetition_penalty: 1.2,
  frequency_penalty: 0.5,
  presence_penalty: 0.5,
  no_repeat_ngram_size: 2,
  dry_multiplier: 0.8,
  min_new_tokens: 20,
  exponential_decay_length_penalty: [10, 1.1],
  temperature: 0.7,
  smoothing_factor: 0.3,
  top_n_sigma: 1,
  top_h: 0.4,
  top_k: 40,
  top_p: 0.9,
  min_p: 0.05,
  typical_p: 0.9,
  epsilon_cutoff: 0.001,
  eta_cutoff: 0.001,
  top_a: 0.2,
  tfs_z: 0.9,
  xtc_probability: 0.5,
  mirostat: 2,
  choices: [" Paris", " London"],
  regex: " [A-Z][a-z]+",
  json_schema: '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}',
  grammar: 'root ::= " Paris" | " London"',
};

/**
 * @param {import("../../distribution/stages/all.js").Stage} stage
 * @param {string} [setting]  the one that switches it on; a constraint begins with choices
 * @returns {Record<string, unknown>} the value by the setting's name. It is for a stage that is not named the middle of its
 *   slider; where it has none, the value that is off, because only the reader knows which words are meant
 */
export const startOf = (stage, setting = stage.kind === "constraint" ? "choices" : stage.setting) => ({ [setting]: startValue(stage, setting) });

function startValue({ parameters }, setting) {
  if (setting in STARTS) return STARTS[setting];
  const [{ slider }] = parameters;
  if (!slider) return OFF[setting];
  const [low, high, step] = slider;
  const middle = low + step * Math.round((high - low) / 2 / step);
  return RULES[setting].off.includes(middle) ? high : Number(middle.toPrecision(6));
}
