/**
 * The registry of stages. This file is made from `playground/decoding/stages.py` by `make generated`: do not edit it.
 *
 * @typedef {object} Rule
 * @property {number} low  the smallest value
 * @property {number} high  the largest value that is allowed
 * @property {boolean} openLow  whether values must be above `low`, so that `low` itself is not allowed
 * @property {boolean} whole  whether values must be whole numbers
 * @property {number[]} off  the values that switch a stage off, with its default first
 *
 * @typedef {object} Stage
 * @property {string} name  Hugging Face's name of the stage's setting
 * @property {string} label  the stage's name on the page
 * @property {string} short  a shorter name for places with little space
 * @property {"penalty" | "temperature" | "cut"} kind
 * @property {boolean} removes  whether the stage removes tokens
 * @property {boolean} isSamplingOnly  whether only the strategy "sample" uses the stage
 * @property {boolean} isRare  whether the slider is under Advanced
 * @property {string} says  what it does, in one sentence without a subject
 * @property {number} step  the step of the slider
 * @property {number[] | null} sweep  the first range of a sweep over the setting, null if the page offers no sweep
 * @property {any} apply  the stage's mathematics: a `Penalty`, a `Cut`, or the function of `temperature.js`
 * @property {import("../cuts.js").ValueAt} [valueAt]  the setting's value for a place on the curve, for cuts that can
 *   be dragged there
 */

import * as repetition_penalty from "./repetition_penalty.js";
import * as no_repeat_ngram_size from "./no_repeat_ngram_size.js";
import * as temperature from "./temperature.js";
import * as top_h from "./top_h.js";
import * as top_k from "./top_k.js";
import * as top_p from "./top_p.js";
import * as min_p from "./min_p.js";
import * as typical_p from "./typical_p.js";
import * as epsilon_cutoff from "./epsilon_cutoff.js";
import * as eta_cutoff from "./eta_cutoff.js";

export const STRATEGIES = ["greedy", "sample", "beam"];

/** The rule of each number among the settings, except `max_new_tokens` and `seed`. @type {Record<string, Rule>} */
export const RULES = {
  repetition_penalty: {"low": 0.01, "high": 100, "openLow": false, "whole": false, "off": [1]},
  no_repeat_ngram_size: {"low": 0, "high": 1000, "openLow": false, "whole": true, "off": [0]},
  temperature: {"low": 0.001, "high": 100, "openLow": false, "whole": false, "off": [1]},
  top_h: {"low": 0, "high": 1, "openLow": false, "whole": false, "off": [0]},
  top_k: {"low": 0, "high": 10000000, "openLow": false, "whole": true, "off": [0]},
  top_p: {"low": 0, "high": 1, "openLow": false, "whole": false, "off": [1]},
  min_p: {"low": 0, "high": 1, "openLow": false, "whole": false, "off": [0]},
  typical_p: {"low": 0, "high": 1, "openLow": true, "whole": false, "off": [1]},
  epsilon_cutoff: {"low": 0, "high": 1, "openLow": false, "whole": false, "off": [0, 1]},
  eta_cutoff: {"low": 0, "high": 1, "openLow": false, "whole": false, "off": [0, 1]},
  num_beams: {"low": 1, "high": 64, "openLow": false, "whole": true, "off": []},
  length_penalty: {"low": -10, "high": 10, "openLow": false, "whole": false, "off": []},
};

/** All stages, in the order in which `generate` applies them. @type {Stage[]} */
export const STAGES = [
  { ...{"name": "repetition_penalty", "label": "repetition penalty", "short": "repetition", "kind": "penalty", "removes": false, "isSamplingOnly": false, "isRare": false, "says": "divides positive logits of tokens that occurred before by this value, and multiplies negative ones by it", "step": 0.05, "sweep": null}, ...repetition_penalty },
  { ...{"name": "no_repeat_ngram_size", "label": "no-repeat n-gram", "short": "n-gram", "kind": "penalty", "removes": true, "isSamplingOnly": false, "isRare": true, "says": "removes tokens that would repeat an n-gram of this size", "step": 1, "sweep": null}, ...no_repeat_ngram_size },
  { ...{"name": "temperature", "label": "temperature", "short": "temperature", "kind": "temperature", "removes": false, "isSamplingOnly": true, "isRare": false, "says": "divides the logits: below 1 makes the distribution sharper, above 1 flatter", "step": 0.05, "sweep": [0.2, 1.6]}, ...temperature },
  { ...{"name": "top_h", "label": "top-h", "short": "top-h", "kind": "cut", "removes": true, "isSamplingOnly": true, "isRare": true, "says": "keeps the best of the top 100 tokens while their entropy terms sum to at most this share of the total", "step": 0.01, "sweep": null}, ...top_h },
  { ...{"name": "top_k", "label": "top-k", "short": "top-k", "kind": "cut", "removes": true, "isSamplingOnly": true, "isRare": false, "says": "keeps the k most probable tokens, and those that tie with the last of them", "step": 1, "sweep": [1, 100]}, ...top_k },
  { ...{"name": "top_p", "label": "top-p", "short": "top-p", "kind": "cut", "removes": true, "isSamplingOnly": true, "isRare": false, "says": "keeps the fewest most probable tokens whose probabilities sum to p or more", "step": 0.01, "sweep": [0.3, 1]}, ...top_p },
  { ...{"name": "min_p", "label": "min-p", "short": "min-p", "kind": "cut", "removes": true, "isSamplingOnly": true, "isRare": false, "says": "removes tokens that are less probable than this share of the most probable token's probability", "step": 0.01, "sweep": [0, 0.3]}, ...min_p },
  { ...{"name": "typical_p", "label": "typical-p", "short": "typical-p", "kind": "cut", "removes": true, "isSamplingOnly": true, "isRare": true, "says": "keeps the tokens whose surprisal is closest to the entropy, until their probabilities sum to this value", "step": 0.01, "sweep": null}, ...typical_p },
  { ...{"name": "epsilon_cutoff", "label": "epsilon cutoff", "short": "epsilon", "kind": "cut", "removes": true, "isSamplingOnly": true, "isRare": true, "says": "removes tokens whose probability is below this value", "step": 0.0001, "sweep": null}, ...epsilon_cutoff },
  { ...{"name": "eta_cutoff", "label": "eta cutoff", "short": "eta", "kind": "cut", "removes": true, "isSamplingOnly": true, "isRare": true, "says": "removes tokens whose probability is below a limit that falls as the entropy grows", "step": 0.0001, "sweep": null}, ...eta_cutoff },
];
