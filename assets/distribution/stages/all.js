/**
 * The registry of stages. This file is made from `playground/decoding/stages/` by `make generated`: do not edit it.
 *
 * @typedef {object} Rule
 * @property {string} kind  "number", or another kind of value, which only the server checks
 * @property {any[]} off  the values that switch a stage off, with its default first
 * @property {number} [low]  the smallest number
 * @property {number} [high]  the largest number that is allowed
 * @property {boolean} [openLow]  whether numbers must be above `low`, so that `low` itself is not allowed
 * @property {boolean} [whole]  whether numbers must be whole
 *
 * @typedef {object} Parameter  a setting of a stage
 * @property {string} name
 * @property {string} label  its name on the page
 * @property {any} start  the value where nothing is said
 * @property {string} says  what it does, in one sentence without a subject
 * @property {[low: number, high: number, step: number] | null} slider
 *
 * @typedef {object} Stage
 * @property {string} name  its name in an order
 * @property {string} setting  the setting that switches it on
 * @property {string} label  the stage's name on the page
 * @property {string} short  a shorter name for places with little space
 * @property {"constraint" | "penalty" | "reshape" | "cut" | "watermark"} kind
 * @property {Parameter[]} parameters  the setting that switches it on, and others
 * @property {string[]} reads  settings of other stages that it reads
 * @property {boolean} removes  whether the stage removes tokens
 * @property {boolean} isSamplingOnly  whether only the strategy "sample" uses the stage
 * @property {"sidebar" | "advanced" | "chain"} place  where its controls are
 * @property {string} says  what it does, in one sentence without a subject
 * @property {string} formula  the same in one line of mathematics
 * @property {string} source  the paper or program that defines it
 * @property {number[] | null} sweep  the first range of a sweep over the setting, null if the page offers no sweep
 * @property {any} apply  the stage's mathematics: a `Penalty`, a `Reshape` or a `Cut`
 * @property {(values: Record<string, any>) => boolean} [isOn]  where not the first setting alone says it
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

/** The rule of each setting, except `max_new_tokens` and `seed`. @type {Record<string, Rule>} */
export const RULES = {
  repetition_penalty: {"kind": "number", "low": 0.01, "high": 100, "openLow": false, "whole": false, "off": [1]},
  no_repeat_ngram_size: {"kind": "number", "low": 0, "high": 1000, "openLow": false, "whole": true, "off": [0]},
  temperature: {"kind": "number", "low": 0.001, "high": 100, "openLow": false, "whole": false, "off": [1]},
  top_h: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [0]},
  top_k: {"kind": "number", "low": 0, "high": 10000000, "openLow": false, "whole": true, "off": [0]},
  top_p: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [1]},
  min_p: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [0]},
  typical_p: {"kind": "number", "low": 0, "high": 1, "openLow": true, "whole": false, "off": [1]},
  epsilon_cutoff: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [0, 1]},
  eta_cutoff: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [0, 1]},
  num_beams: {"kind": "number", "low": 1, "high": 64, "openLow": false, "whole": true, "off": []},
  length_penalty: {"kind": "number", "low": -10, "high": 10, "openLow": false, "whole": false, "off": []},
};

/** All stages, in the order in which `generate` applies them. @type {Stage[]} */
export const STAGES = [
  { ...{"name": "repetition_penalty", "setting": "repetition_penalty", "label": "repetition penalty", "short": "repetition", "kind": "penalty", "parameters": [{"name": "repetition_penalty", "label": "repetition penalty", "start": 1.0, "says": "divides positive logits of tokens that occurred before by this value, and multiplies negative ones by it", "slider": [1, 2, 0.05]}], "reads": [], "removes": false, "isSamplingOnly": false, "place": "sidebar", "says": "divides positive logits of tokens that occurred before by this value, and multiplies negative ones by it", "formula": "z\u2032 = z / r if z > 0, else z \u00b7 r, for each token of the text so far", "source": "Keskar et al. 2019, arXiv:1909.05858", "sweep": null}, ...repetition_penalty },
  { ...{"name": "no_repeat_ngram_size", "setting": "no_repeat_ngram_size", "label": "no-repeat n-gram", "short": "n-gram", "kind": "penalty", "parameters": [{"name": "no_repeat_ngram_size", "label": "no-repeat n-gram", "start": 0, "says": "removes tokens that would repeat an n-gram of this size", "slider": [0, 10, 1]}], "reads": [], "removes": true, "isSamplingOnly": false, "place": "advanced", "says": "removes tokens that would repeat an n-gram of this size", "formula": "z\u2032 = \u2212\u221e for each token that followed the last n \u2212 1 tokens before", "source": "Paulus et al. 2017, arXiv:1705.04304", "sweep": null}, ...no_repeat_ngram_size },
  { ...{"name": "temperature", "setting": "temperature", "label": "temperature", "short": "temperature", "kind": "reshape", "parameters": [{"name": "temperature", "label": "temperature", "start": 1.0, "says": "divides the logits: below 1 makes the distribution sharper, above 1 flatter", "slider": [0.05, 2, 0.05]}], "reads": [], "removes": false, "isSamplingOnly": true, "place": "sidebar", "says": "divides the logits: below 1 makes the distribution sharper, above 1 flatter", "formula": "z\u2032 = z / T", "source": "", "sweep": [0.2, 1.6]}, ...temperature },
  { ...{"name": "top_h", "setting": "top_h", "label": "top-h", "short": "top-h", "kind": "cut", "parameters": [{"name": "top_h", "label": "top-h", "start": 0.0, "says": "keeps the best of the top 100 tokens while their entropy terms sum to at most this share of the total", "slider": [0, 0.99, 0.01]}], "reads": [], "removes": true, "isSamplingOnly": true, "place": "advanced", "says": "keeps the best of the top 100 tokens while their entropy terms sum to at most this share of the total", "formula": "keep the first n with \u03a3 \u2212p ln p \u2264 h \u00b7 H, over the 100 best", "source": "Baghaei Potraghloo et al. 2025, arXiv:2509.02510", "sweep": null}, ...top_h },
  { ...{"name": "top_k", "setting": "top_k", "label": "top-k", "short": "top-k", "kind": "cut", "parameters": [{"name": "top_k", "label": "top-k", "start": 0, "says": "keeps the k most probable tokens, and those that tie with the last of them", "slider": [0, 200, 1]}], "reads": [], "removes": true, "isSamplingOnly": true, "place": "sidebar", "says": "keeps the k most probable tokens, and those that tie with the last of them", "formula": "keep z \u2265 the k-th largest z", "source": "Fan et al. 2018, arXiv:1805.04833", "sweep": [1, 100]}, ...top_k },
  { ...{"name": "top_p", "setting": "top_p", "label": "top-p", "short": "top-p", "kind": "cut", "parameters": [{"name": "top_p", "label": "top-p", "start": 1.0, "says": "keeps the fewest most probable tokens whose probabilities sum to p or more", "slider": [0, 1, 0.01]}], "reads": [], "removes": true, "isSamplingOnly": true, "place": "sidebar", "says": "keeps the fewest most probable tokens whose probabilities sum to p or more", "formula": "keep the shortest n best with \u03a3 p\u1d62 \u2265 p", "source": "Holtzman et al. 2020, arXiv:1904.09751", "sweep": [0.3, 1]}, ...top_p },
  { ...{"name": "min_p", "setting": "min_p", "label": "min-p", "short": "min-p", "kind": "cut", "parameters": [{"name": "min_p", "label": "min-p", "start": 0.0, "says": "removes tokens that are less probable than this share of the most probable token's probability", "slider": [0, 1, 0.01]}], "reads": [], "removes": true, "isSamplingOnly": true, "place": "sidebar", "says": "removes tokens that are less probable than this share of the most probable token's probability", "formula": "keep p\u1d62 \u2265 min_p \u00b7 max p", "source": "Nguyen et al. 2024, arXiv:2407.01082", "sweep": [0, 0.3]}, ...min_p },
  { ...{"name": "typical_p", "setting": "typical_p", "label": "typical-p", "short": "typical-p", "kind": "cut", "parameters": [{"name": "typical_p", "label": "typical-p", "start": 1.0, "says": "keeps the tokens whose surprisal is closest to the entropy, until their probabilities sum to this value", "slider": [0.05, 1, 0.01]}], "reads": [], "removes": true, "isSamplingOnly": true, "place": "advanced", "says": "keeps the tokens whose surprisal is closest to the entropy, until their probabilities sum to this value", "formula": "keep the least |\u2212ln p\u1d62 \u2212 H| until \u03a3 p\u1d62 \u2265 m", "source": "Meister et al. 2022, arXiv:2202.00666", "sweep": null}, ...typical_p },
  { ...{"name": "epsilon_cutoff", "setting": "epsilon_cutoff", "label": "epsilon cutoff", "short": "epsilon", "kind": "cut", "parameters": [{"name": "epsilon_cutoff", "label": "epsilon cutoff", "start": 0.0, "says": "removes tokens whose probability is below this value", "slider": [0, 0.1, 0.0001]}], "reads": [], "removes": true, "isSamplingOnly": true, "place": "advanced", "says": "removes tokens whose probability is below this value", "formula": "keep p\u1d62 \u2265 \u03b5", "source": "Hewitt et al. 2022, arXiv:2210.15191", "sweep": null}, ...epsilon_cutoff },
  { ...{"name": "eta_cutoff", "setting": "eta_cutoff", "label": "eta cutoff", "short": "eta", "kind": "cut", "parameters": [{"name": "eta_cutoff", "label": "eta cutoff", "start": 0.0, "says": "removes tokens whose probability is below a limit that falls as the entropy grows", "slider": [0, 0.1, 0.0001]}], "reads": [], "removes": true, "isSamplingOnly": true, "place": "advanced", "says": "removes tokens whose probability is below a limit that falls as the entropy grows", "formula": "keep p\u1d62 \u2265 min(\u03b5, \u221a\u03b5 \u00b7 e^\u2212H)", "source": "Hewitt et al. 2022, arXiv:2210.15191", "sweep": null}, ...eta_cutoff },
];

/** The order of all stages in each engine. @type {Record<string, string[]>} */
export const ORDERS = {
  "transformers": ["repetition_penalty", "no_repeat_ngram_size", "temperature", "top_h", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff"],
  "llama.cpp": ["no_repeat_ngram_size", "repetition_penalty", "top_k", "typical_p", "top_p", "min_p", "temperature", "top_h", "epsilon_cutoff", "eta_cutoff"],
  "vllm": ["no_repeat_ngram_size", "repetition_penalty", "temperature", "min_p", "top_k", "top_p", "top_h", "typical_p", "epsilon_cutoff", "eta_cutoff"],
  "openai": ["repetition_penalty", "no_repeat_ngram_size", "temperature", "top_p", "top_h", "top_k", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff"],
};
