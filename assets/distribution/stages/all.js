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
 * @property {number} [most]  of a list, the most values
 * @property {number} [longest]  the most characters of a text
 * @property {number} [strongest]  the largest bias
 * @property {object[]} [parts]  of a pair, the rules of its numbers with their names
 *
 * @typedef {object} Parameter  a setting of a stage
 * @property {string} name
 * @property {string} label  its name on the page
 * @property {any} start  the value where nothing is said
 * @property {string} says  what it does, in one sentence without a subject
 * @property {[low: number, high: number, step: number] | null} slider
 * @property {boolean} hasWords  whether its value holds words, which the server turns into ids
 *
 * @typedef {object} Stage
 * @property {string} name  its name in an order
 * @property {string} setting  the setting that switches it on
 * @property {string} label  the stage's name on the page
 * @property {string} short  a shorter name for places with little space
 * @property {"constraint" | "penalty" | "reshape" | "cut" | "watermark"} kind
 * @property {Parameter[]} parameters  the setting that switches it on, and others
 * @property {string[]} reads  settings of other stages that it reads
 * @property {boolean} readsEnds  whether it reads the tokens that end a text
 * @property {boolean} removes  whether the stage removes tokens
 * @property {boolean} isSamplingOnly  whether only the strategy "sample" uses the stage
 * @property {boolean} inSidebar  whether the sidebar has a control for the first of its settings
 * @property {boolean} isOfBlanks  whether it says something about a blank of a text
 * @property {string} says  what it does, in one sentence without a subject
 * @property {string} formula  the same in one line of mathematics
 * @property {string} source  the paper or program that defines it
 * @property {number[] | null} sweep  the first range of a sweep over the setting, null if the page offers no sweep
 * @property {any} apply  the stage's mathematics: a `Penalty`, a `Reshape` or a `Cut`
 * @property {boolean} [isServed]  there is no `apply`, because only the server can compute the stage
 * @property {(values: Record<string, any>) => boolean} [isOn]  where not the first setting alone says it
 * @property {import("../cuts.js").ValueAt} [valueAt]  the setting's value for a place on the curve, for cuts that can
 *   be dragged there
 */

import * as constraint from "./constraint.js";
import * as logit_bias from "./logit_bias.js";
import * as encoder_repetition_penalty from "./encoder_repetition_penalty.js";
import * as repetition_penalty from "./repetition_penalty.js";
import * as frequency_penalty from "./frequency_penalty.js";
import * as presence_penalty from "./presence_penalty.js";
import * as no_repeat_ngram_size from "./no_repeat_ngram_size.js";
import * as dry from "./dry.js";
import * as bad_words from "./bad_words.js";
import * as min_new_tokens from "./min_new_tokens.js";
import * as exponential_decay_length_penalty from "./exponential_decay_length_penalty.js";
import * as top_n_sigma from "./top_n_sigma.js";
import * as temperature from "./temperature.js";
import * as smoothing_factor from "./smoothing_factor.js";
import * as top_h from "./top_h.js";
import * as top_k from "./top_k.js";
import * as top_p from "./top_p.js";
import * as min_p from "./min_p.js";
import * as typical_p from "./typical_p.js";
import * as epsilon_cutoff from "./epsilon_cutoff.js";
import * as eta_cutoff from "./eta_cutoff.js";
import * as top_a from "./top_a.js";
import * as tfs_z from "./tfs_z.js";
import * as xtc from "./xtc.js";
import * as mirostat from "./mirostat.js";
import * as watermark from "./watermark.js";
import { told } from "./in_language.js";

export const STRATEGIES = ["greedy", "sample", "beam"];

/** The rule of each setting, except `max_new_tokens` and `seed`. @type {Record<string, Rule>} */
export const RULES = {
  regex: {"kind": "regex", "off": [null]},
  json_schema: {"kind": "json_schema", "off": [null]},
  choices: {"kind": "choices", "off": [null]},
  grammar: {"kind": "grammar", "off": [null]},
  logit_bias: {"kind": "biases", "most": 300, "longest": 200, "strongest": 100, "off": [{}]},
  encoder_repetition_penalty: {"kind": "number", "low": 0.01, "high": 100, "openLow": false, "whole": false, "off": [1]},
  repetition_penalty: {"kind": "number", "low": 0.01, "high": 100, "openLow": false, "whole": false, "off": [1]},
  repeat_last_n: {"kind": "number", "low": -1, "high": 1000000, "openLow": false, "whole": true, "off": []},
  frequency_penalty: {"kind": "number", "low": -2, "high": 2, "openLow": false, "whole": false, "off": [0]},
  presence_penalty: {"kind": "number", "low": -2, "high": 2, "openLow": false, "whole": false, "off": [0]},
  no_repeat_ngram_size: {"kind": "number", "low": 0, "high": 1000, "openLow": false, "whole": true, "off": [0]},
  dry_multiplier: {"kind": "number", "low": 0, "high": 100, "openLow": false, "whole": false, "off": [0]},
  dry_base: {"kind": "number", "low": 1, "high": 10, "openLow": false, "whole": false, "off": []},
  dry_allowed_length: {"kind": "number", "low": 1, "high": 1000, "openLow": false, "whole": true, "off": []},
  dry_penalty_last_n: {"kind": "number", "low": -1, "high": 1000000, "openLow": false, "whole": true, "off": []},
  dry_sequence_breakers: {"kind": "texts", "most": 64, "longest": 40, "off": [[]]},
  bad_words: {"kind": "texts", "most": 200, "longest": 100, "off": [[]]},
  min_new_tokens: {"kind": "number", "low": 0, "high": 1000000, "openLow": false, "whole": true, "off": [0]},
  exponential_decay_length_penalty: {"kind": "pair", "parts": [{"name": "start", "kind": "number", "low": 0, "high": 1000000, "openLow": false, "whole": true, "off": []}, {"name": "factor", "kind": "number", "low": 0.01, "high": 100, "openLow": false, "whole": false, "off": []}], "off": [null]},
  top_n_sigma: {"kind": "number", "low": 0, "high": 100, "openLow": false, "whole": false, "off": [0, -1]},
  temperature: {"kind": "number", "low": 0.001, "high": 100, "openLow": false, "whole": false, "off": [1]},
  dynatemp_range: {"kind": "number", "low": 0, "high": 100, "openLow": false, "whole": false, "off": [0]},
  dynatemp_exponent: {"kind": "number", "low": 0, "high": 100, "openLow": false, "whole": false, "off": []},
  smoothing_factor: {"kind": "number", "low": 0, "high": 100, "openLow": false, "whole": false, "off": [0]},
  smoothing_curve: {"kind": "number", "low": 1, "high": 10, "openLow": false, "whole": false, "off": []},
  top_h: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [0]},
  top_k: {"kind": "number", "low": 0, "high": 10000000, "openLow": false, "whole": true, "off": [0]},
  top_p: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [1]},
  min_p: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [0]},
  typical_p: {"kind": "number", "low": 0, "high": 1, "openLow": true, "whole": false, "off": [1]},
  epsilon_cutoff: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [0, 1]},
  eta_cutoff: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [0, 1]},
  top_a: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [0]},
  tfs_z: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [1]},
  xtc_probability: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": [0]},
  xtc_threshold: {"kind": "number", "low": 0, "high": 1, "openLow": false, "whole": false, "off": []},
  mirostat: {"kind": "number", "low": 0, "high": 2, "openLow": false, "whole": true, "off": [0]},
  mirostat_tau: {"kind": "number", "low": 0, "high": 100, "openLow": false, "whole": false, "off": []},
  mirostat_eta: {"kind": "number", "low": 0, "high": 10, "openLow": false, "whole": false, "off": []},
  watermark_bias: {"kind": "number", "low": 0, "high": 100, "openLow": false, "whole": false, "off": [0]},
  watermark_ratio: {"kind": "number", "low": 0.01, "high": 0.99, "openLow": false, "whole": false, "off": []},
  watermark_key: {"kind": "number", "low": 1, "high": 2147483647, "openLow": false, "whole": true, "off": []},
  num_beams: {"kind": "number", "low": 1, "high": 64, "openLow": false, "whole": true, "off": []},
  length_penalty: {"kind": "number", "low": -10, "high": 10, "openLow": false, "whole": false, "off": []},
};

/** All stages, in the order in which `generate` applies them. @type {Stage[]} */
export const STAGES = [
  { ...{"name": "constraint", "setting": "regex", "label": "constraint", "short": "constraint", "kind": "constraint", "parameters": [{"name": "regex", "label": "regular expression", "start": null, "says": "allows only texts that match this regular expression as a whole, in the syntax of Rust's regex", "slider": null, "hasWords": false}, {"name": "json_schema", "label": "JSON schema", "start": null, "says": "allows only JSON that follows this schema", "slider": null, "hasWords": false}, {"name": "choices", "label": "choices", "start": null, "says": "allows only these texts, in the tokens that the tokenizer writes for them", "slider": null, "hasWords": false}, {"name": "grammar", "label": "grammar", "start": null, "says": "allows only texts of this grammar, in Lark or in GBNF of llama.cpp", "slider": null, "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": false, "says": "removes every token with which the text could no longer meet the constraint", "formula": "z\u2032 = \u2212\u221e for each token that no allowed text continues with; an end token stays where the text is complete", "source": "Willard & Louf 2023, arXiv:2307.09702; masks by llguidance", "sweep": null}, ...constraint },
  { ...{"name": "logit_bias", "setting": "logit_bias", "label": "logit bias", "short": "bias", "kind": "penalty", "parameters": [{"name": "logit_bias", "label": "logit bias", "start": {}, "says": "adds a number of your choice to the logits of some tokens, or removes them", "slider": null, "hasWords": true}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": true, "says": "adds a number of your choice to the logits of some tokens, or removes them", "formula": "z\u2032 = z + b(token); z\u2032 = \u2212\u221e for false", "source": "OpenAI's API, `logit_bias`; texts as in llama.cpp's server", "sweep": null}, ...logit_bias },
  { ...{"name": "encoder_repetition_penalty", "setting": "encoder_repetition_penalty", "label": "encoder repetition penalty", "short": "of the prompt", "kind": "penalty", "parameters": [{"name": "encoder_repetition_penalty", "label": "encoder repetition penalty", "start": 1.0, "says": "makes tokens of the prompt, or of what an encoder read, more probable above 1 and less probable below", "slider": [0.5, 2, 0.05], "hasWords": false}], "reads": [], "readsEnds": false, "removes": false, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": false, "says": "makes tokens of the prompt, or of what an encoder read, more probable above 1 and less probable below", "formula": "z\u2032 = z \u00b7 r if z > 0, else z / r, for each token of the prompt", "source": "", "sweep": null}, ...encoder_repetition_penalty },
  { ...{"name": "repetition_penalty", "setting": "repetition_penalty", "label": "repetition penalty", "short": "repetition", "kind": "penalty", "parameters": [{"name": "repetition_penalty", "label": "repetition penalty", "start": 1.0, "says": "divides positive logits of tokens that occurred before by this value, and multiplies negative ones by it", "slider": [1, 2, 0.05], "hasWords": false}, {"name": "repeat_last_n", "label": "penalty window", "start": -1, "says": "how many of the last tokens count as repeated: \u22121 for the whole text, 0 for none", "slider": [-1, 512, 1], "hasWords": false}], "reads": [], "readsEnds": false, "removes": false, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": false, "says": "divides positive logits of tokens that occurred before by this value, and multiplies negative ones by it", "formula": "z\u2032 = z / r if z > 0, else z \u00b7 r, for each token of the window", "source": "Keskar et al. 2019, arXiv:1909.05858", "sweep": [1, 1.5]}, ...repetition_penalty },
  { ...{"name": "frequency_penalty", "setting": "frequency_penalty", "label": "frequency penalty", "short": "frequency", "kind": "penalty", "parameters": [{"name": "frequency_penalty", "label": "frequency penalty", "start": 0.0, "says": "lowers the logits of tokens of the text by this value for each time they occurred", "slider": [-2, 2, 0.05], "hasWords": false}], "reads": ["repeat_last_n"], "readsEnds": false, "removes": false, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": false, "says": "lowers the logits of tokens of the text by this value for each time they occurred", "formula": "z\u2032 = z \u2212 \u03b1 \u00b7 (how often the token occurs in the window)", "source": "OpenAI's API, `frequency_penalty`; the window as in llama.cpp", "sweep": null}, ...frequency_penalty },
  { ...{"name": "presence_penalty", "setting": "presence_penalty", "label": "presence penalty", "short": "presence", "kind": "penalty", "parameters": [{"name": "presence_penalty", "label": "presence penalty", "start": 0.0, "says": "lowers the logits of tokens of the text by this value, however often they occurred", "slider": [-2, 2, 0.05], "hasWords": false}], "reads": ["repeat_last_n"], "readsEnds": false, "removes": false, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": false, "says": "lowers the logits of tokens of the text by this value, however often they occurred", "formula": "z\u2032 = z \u2212 \u03b2 for each token of the window", "source": "OpenAI's API, `presence_penalty`; the window as in llama.cpp", "sweep": null}, ...presence_penalty },
  { ...{"name": "no_repeat_ngram_size", "setting": "no_repeat_ngram_size", "label": "no-repeat n-gram", "short": "n-gram", "kind": "penalty", "parameters": [{"name": "no_repeat_ngram_size", "label": "no-repeat n-gram", "start": 0, "says": "removes tokens that would repeat an n-gram of this size", "slider": [0, 10, 1], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": false, "says": "removes tokens that would repeat an n-gram of this size", "formula": "z\u2032 = \u2212\u221e for each token that followed the last n \u2212 1 tokens before", "source": "Paulus et al. 2017, arXiv:1705.04304", "sweep": [0, 4]}, ...no_repeat_ngram_size },
  { ...{"name": "dry", "setting": "dry_multiplier", "label": "DRY", "short": "DRY", "kind": "penalty", "parameters": [{"name": "dry_multiplier", "label": "DRY", "start": 0.0, "says": "lowers the logit of a token that would continue a repetition, exponentially with the repetition's length", "slider": [0, 2, 0.05], "hasWords": false}, {"name": "dry_base", "label": "base", "start": 1.75, "says": "how fast the penalty grows with the length of the repetition", "slider": [1, 4, 0.05], "hasWords": false}, {"name": "dry_allowed_length", "label": "allowed length", "start": 2, "says": "how many tokens may be repeated before the next one is penalised", "slider": [1, 20, 1], "hasWords": false}, {"name": "dry_penalty_last_n", "label": "window", "start": -1, "says": "how many of the last tokens are searched: \u22121 for the whole text, 0 for none", "slider": [-1, 2048, 1], "hasWords": false}, {"name": "dry_sequence_breakers", "label": "breakers", "start": ["\n", ":", "\"", "*"], "says": "texts beyond which no repetition reaches, such as the signs around a name in a conversation", "slider": null, "hasWords": true}], "reads": [], "readsEnds": false, "removes": false, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": false, "says": "lowers the logit of a token that would continue a repetition, exponentially with the repetition's length", "formula": "z\u2032 = z \u2212 multiplier \u00b7 base^(length \u2212 allowed length), if the repetition is as long or longer", "source": "p-e-w 2024, text-generation-webui pull request 5677; as in llama.cpp's src/llama-sampler.cpp", "sweep": null}, ...dry },
  { ...{"name": "bad_words", "setting": "bad_words", "label": "banned words", "short": "banned", "kind": "penalty", "parameters": [{"name": "bad_words", "label": "banned words", "start": [], "says": "removes the token that would complete one of these words or strings", "slider": null, "hasWords": true}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": false, "says": "removes the token that would complete one of these words or strings", "formula": "z\u2032 = \u2212\u221e for the last token of a banned sequence whose other tokens were just written", "source": "", "sweep": null}, ...bad_words },
  { ...{"name": "min_new_tokens", "setting": "min_new_tokens", "label": "minimum of new tokens", "short": "minimum", "kind": "penalty", "parameters": [{"name": "min_new_tokens", "label": "minimum of new tokens", "start": 0, "says": "removes the tokens that end the text until this many tokens are written", "slider": [0, 200, 1], "hasWords": false}], "reads": [], "readsEnds": true, "removes": true, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": false, "says": "removes the tokens that end the text until this many tokens are written", "formula": "z\u2032 = \u2212\u221e for each token that ends the text, while fewer than n tokens are written", "source": "", "sweep": null}, ...min_new_tokens },
  { ...{"name": "exponential_decay_length_penalty", "setting": "exponential_decay_length_penalty", "label": "exponential decay", "short": "decay", "kind": "penalty", "parameters": [{"name": "exponential_decay_length_penalty", "label": "exponential decay", "start": null, "says": "makes the tokens that end the text more probable with each token after the start", "slider": null, "hasWords": false}], "reads": [], "readsEnds": true, "removes": false, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": false, "says": "makes the tokens that end the text more probable with each token after the start", "formula": "z\u2032 = z + |z| \u00b7 (factor^(t \u2212 start) \u2212 1) for each token that ends the text, from t = start + 1 on", "source": "", "sweep": null}, ...exponential_decay_length_penalty },
  { ...{"name": "top_n_sigma", "setting": "top_n_sigma", "label": "top-n\u03c3", "short": "top-n\u03c3", "kind": "cut", "parameters": [{"name": "top_n_sigma", "label": "top-n\u03c3", "start": 0.0, "says": "keeps the tokens whose logit is at most n standard deviations of all logits below the highest one", "slider": [0, 5, 0.05], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": false, "isOfBlanks": true, "says": "keeps the tokens whose logit is at most n standard deviations of all logits below the highest one", "formula": "keep z\u1d62 \u2265 max z \u2212 n \u00b7 \u03c3(z)", "source": "Tang et al. 2024, arXiv:2411.07641; llama.cpp", "sweep": null}, ...top_n_sigma },
  { ...{"name": "temperature", "setting": "temperature", "label": "temperature", "short": "temperature", "kind": "reshape", "parameters": [{"name": "temperature", "label": "temperature", "start": 1.0, "says": "divides the logits: below 1 makes the distribution sharper, above 1 flatter", "slider": [0.05, 2, 0.05], "hasWords": false}, {"name": "dynatemp_range", "label": "dynamic range", "start": 0.0, "says": "lets the temperature follow the entropy, from this much below it to this much above it", "slider": [0, 2, 0.05], "hasWords": false}, {"name": "dynatemp_exponent", "label": "dynamic exponent", "start": 1.0, "says": "bends how a dynamic temperature follows the entropy: above 1 it stays low for longer", "slider": [0, 5, 0.05], "hasWords": false}], "reads": [], "readsEnds": false, "removes": false, "isSamplingOnly": true, "inSidebar": true, "isOfBlanks": true, "says": "divides the logits: below 1 makes the distribution sharper, above 1 flatter", "formula": "z\u2032 = z / T; dynamic: T from T \u2212 r to T + r by (H / ln n)\u1d49", "source": "dynamic: kalomaze 2023; llama.cpp pull request 4972", "sweep": [0.2, 1.6]}, ...temperature },
  { ...{"name": "smoothing_factor", "setting": "smoothing_factor", "label": "smoothing factor", "short": "smoothing", "kind": "reshape", "parameters": [{"name": "smoothing_factor", "label": "smoothing factor", "start": 0.0, "says": "bends the logits into a parabola below the highest: near ones come closer to it, and far ones fall away", "slider": [0, 10, 0.01], "hasWords": false}, {"name": "smoothing_curve", "label": "smoothing curve", "start": 1.0, "says": "mixes a cubic part in, so that the tail falls faster; above 3 a token close to the best overtakes it", "slider": [1, 10, 0.1], "hasWords": false}], "reads": [], "readsEnds": false, "removes": false, "isSamplingOnly": true, "inSidebar": false, "isOfBlanks": true, "says": "bends the logits into a parabola below the highest: near ones come closer to it, and far ones fall away", "formula": "z\u2032 = max z \u2212 f \u00b7 d\u00b2 \u00b7 ((3 \u2212 c)/2 \u2212 (c \u2212 1)/2 \u00b7 d), d = z \u2212 max z", "source": "kalomaze 2024, text-generation-webui pull requests 5403 and 5551", "sweep": null}, ...smoothing_factor },
  { ...{"name": "top_h", "setting": "top_h", "label": "top-h", "short": "top-h", "kind": "cut", "parameters": [{"name": "top_h", "label": "top-h", "start": 0.0, "says": "keeps the best of the top 100 tokens while their entropy terms sum to at most this share of the total", "slider": [0, 0.99, 0.01], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": false, "isOfBlanks": true, "says": "keeps the best of the top 100 tokens while their entropy terms sum to at most this share of the total", "formula": "keep the first n with \u03a3 \u2212p ln p \u2264 h \u00b7 H, over the 100 best", "source": "Baghaei Potraghloo et al. 2025, arXiv:2509.02510", "sweep": null}, ...top_h },
  { ...{"name": "top_k", "setting": "top_k", "label": "top-k", "short": "top-k", "kind": "cut", "parameters": [{"name": "top_k", "label": "top-k", "start": 0, "says": "keeps the k most probable tokens, and those that tie with the last of them", "slider": [0, 200, 1], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": true, "isOfBlanks": true, "says": "keeps the k most probable tokens, and those that tie with the last of them", "formula": "keep z \u2265 the k-th largest z", "source": "Fan et al. 2018, arXiv:1805.04833", "sweep": [1, 100]}, ...top_k },
  { ...{"name": "top_p", "setting": "top_p", "label": "top-p", "short": "top-p", "kind": "cut", "parameters": [{"name": "top_p", "label": "top-p", "start": 1.0, "says": "keeps the fewest most probable tokens whose probabilities sum to p or more", "slider": [0, 1, 0.01], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": true, "isOfBlanks": true, "says": "keeps the fewest most probable tokens whose probabilities sum to p or more", "formula": "keep the shortest n best with \u03a3 p\u1d62 \u2265 p", "source": "Holtzman et al. 2020, arXiv:1904.09751", "sweep": [0.3, 1]}, ...top_p },
  { ...{"name": "min_p", "setting": "min_p", "label": "min-p", "short": "min-p", "kind": "cut", "parameters": [{"name": "min_p", "label": "min-p", "start": 0.0, "says": "removes tokens that are less probable than this share of the most probable token's probability", "slider": [0, 1, 0.01], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": false, "isOfBlanks": true, "says": "removes tokens that are less probable than this share of the most probable token's probability", "formula": "keep p\u1d62 \u2265 min_p \u00b7 max p", "source": "Nguyen et al. 2024, arXiv:2407.01082", "sweep": [0, 0.3]}, ...min_p },
  { ...{"name": "typical_p", "setting": "typical_p", "label": "typical-p", "short": "typical-p", "kind": "cut", "parameters": [{"name": "typical_p", "label": "typical-p", "start": 1.0, "says": "keeps the tokens whose surprisal is closest to the entropy, until their probabilities sum to this value", "slider": [0.05, 1, 0.01], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": false, "isOfBlanks": true, "says": "keeps the tokens whose surprisal is closest to the entropy, until their probabilities sum to this value", "formula": "keep the least |\u2212ln p\u1d62 \u2212 H| until \u03a3 p\u1d62 \u2265 m", "source": "Meister et al. 2022, arXiv:2202.00666", "sweep": null}, ...typical_p },
  { ...{"name": "epsilon_cutoff", "setting": "epsilon_cutoff", "label": "epsilon cutoff", "short": "epsilon", "kind": "cut", "parameters": [{"name": "epsilon_cutoff", "label": "epsilon cutoff", "start": 0.0, "says": "removes tokens whose probability is below this value", "slider": [0, 0.1, 0.0001], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": false, "isOfBlanks": true, "says": "removes tokens whose probability is below this value", "formula": "keep p\u1d62 \u2265 \u03b5", "source": "Hewitt et al. 2022, arXiv:2210.15191", "sweep": null}, ...epsilon_cutoff },
  { ...{"name": "eta_cutoff", "setting": "eta_cutoff", "label": "eta cutoff", "short": "eta", "kind": "cut", "parameters": [{"name": "eta_cutoff", "label": "eta cutoff", "start": 0.0, "says": "removes tokens whose probability is below a limit that falls as the entropy grows", "slider": [0, 0.1, 0.0001], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": false, "isOfBlanks": true, "says": "removes tokens whose probability is below a limit that falls as the entropy grows", "formula": "keep p\u1d62 \u2265 min(\u03b5, \u221a\u03b5 \u00b7 e^\u2212H)", "source": "Hewitt et al. 2022, arXiv:2210.15191", "sweep": null}, ...eta_cutoff },
  { ...{"name": "top_a", "setting": "top_a", "label": "top-a", "short": "top-a", "kind": "cut", "parameters": [{"name": "top_a", "label": "top-a", "start": 0.0, "says": "removes tokens that are less probable than this share of the square of the highest probability", "slider": [0, 1, 0.01], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": false, "isOfBlanks": true, "says": "removes tokens that are less probable than this share of the square of the highest probability", "formula": "keep p\u1d62 \u2265 a \u00b7 (max p)\u00b2", "source": "BlinkDL, RWKV-LM; text-generation-webui", "sweep": null}, ...top_a },
  { ...{"name": "tfs_z", "setting": "tfs_z", "label": "tail-free z", "short": "tail-free", "kind": "cut", "parameters": [{"name": "tfs_z", "label": "tail-free z", "start": 1.0, "says": "keeps the most probable tokens up to the place where the curve of the sorted probabilities has become flat", "slider": [0, 1, 0.01], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": false, "isOfBlanks": true, "says": "keeps the most probable tokens up to the place where the curve of the sorted probabilities has become flat", "formula": "keep the first n with \u03a3 |\u0394\u00b2p\u1d62| \u2264 z \u00b7 \u03a3 |\u0394\u00b2p|, and the next one", "source": "Ph\u00e9nix, trentonbricken.com/Tail-Free-Sampling; text-generation-webui", "sweep": null}, ...tfs_z },
  { ...{"name": "xtc", "setting": "xtc_probability", "label": "XTC", "short": "XTC", "kind": "cut", "parameters": [{"name": "xtc_probability", "label": "probability", "start": 0.0, "says": "removes with this probability all top choices but the least probable one, so that a rarer word is taken", "slider": [0, 1, 0.01], "hasWords": false}, {"name": "xtc_threshold", "label": "threshold", "start": 0.1, "says": "is the least probability of a top choice; above 0.5 there is never a second one, and nothing happens", "slider": [0, 0.5, 0.01], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": false, "isOfBlanks": true, "says": "removes with this probability all top choices but the least probable one, so that a rarer word is taken", "formula": "if u\u2081 < probability: of all p\u1d62 \u2265 threshold keep the smallest", "source": "p-e-w 2024, text-generation-webui pull request 6335; llama.cpp", "sweep": null}, ...xtc },
  { ...{"name": "mirostat", "setting": "mirostat", "label": "Mirostat", "short": "Mirostat", "kind": "cut", "parameters": [{"name": "mirostat", "label": "version", "start": 0, "says": "removes tokens that surprise too much, and moves the limit so that the text's mean surprise nears a target", "slider": [0, 2, 1], "hasWords": false}, {"name": "mirostat_tau", "label": "target \u03c4", "start": 5.0, "says": "is the mean surprise of the text's tokens that the stage steers towards, in bits", "slider": [0, 10, 0.1], "hasWords": false}, {"name": "mirostat_eta", "label": "rate \u03b7", "start": 0.1, "says": "is how far one token moves the limit, as a share of its distance from the target", "slider": [0, 1, 0.01], "hasWords": false}], "reads": [], "readsEnds": false, "removes": true, "isSamplingOnly": true, "inSidebar": false, "isOfBlanks": true, "says": "removes tokens that surprise too much, and moves the limit so that the text's mean surprise nears a target", "formula": "keep \u2212log\u2082 p\u1d62 \u2264 \u03bc; then \u03bc \u2190 \u03bc \u2212 \u03b7 \u00b7 (surprise \u2212 \u03c4), from 2\u03c4", "source": "Basu et al. 2020, arXiv:2007.14966; llama.cpp", "sweep": null}, ...mirostat },
  { ...{"name": "watermark", "setting": "watermark_bias", "label": "watermark", "short": "watermark", "kind": "watermark", "parameters": [{"name": "watermark_bias", "label": "watermark", "start": 0.0, "says": "raises the scores of tokens that the token before chooses, so that a detector can tell the text later", "slider": [0, 10, 0.5], "hasWords": false}, {"name": "watermark_ratio", "label": "green share", "start": 0.25, "says": "gives the share of the vocabulary that is green", "slider": [0.05, 0.95, 0.05], "hasWords": false}, {"name": "watermark_key", "label": "key", "start": 15485863, "says": "seeds the green lists; who knows it can detect the watermark", "slider": null, "hasWords": false}], "reads": [], "readsEnds": false, "removes": false, "isSamplingOnly": false, "inSidebar": false, "isOfBlanks": false, "says": "raises the scores of tokens that the token before chooses, so that a detector can tell the text later", "formula": "z\u2032 = z + \u03b4 for the tokens that are green after the last token", "source": "Kirchenbauer et al. 2023, arXiv:2301.10226", "sweep": null}, ...watermark },
].map(told);

/**
 * The sidebar's presets: what each sets that is not at its start.
 * @type {{name: string, says: string, settings: Record<string, any>}[]}
 */
export const PRESETS = [
  {"name": "Greedy", "says": "Takes the most probable token at every step, so that the text is the same every time.", "settings": {"strategy": "greedy"}},
  {"name": "Focused", "says": "Draws from the few most probable tokens, at a low temperature.", "settings": {"strategy": "sample", "temperature": 0.5, "top_k": 20, "top_p": 0.8}},
  {"name": "Balanced", "says": "Draws from the more probable tokens, at a temperature a little below 1.", "settings": {"strategy": "sample", "temperature": 0.8, "top_k": 40, "top_p": 0.9}},
  {"name": "Creative", "says": "Makes less probable tokens more probable, and removes the least probable ones.", "settings": {"strategy": "sample", "temperature": 1.2, "top_p": 0.95, "min_p": 0.05}},
  {"name": "Top-3 only", "says": "Draws from the three most probable tokens.", "settings": {"strategy": "sample", "top_k": 3}},
  {"name": "Nucleus 0.3", "says": "Draws from the fewest tokens that hold 30 % of the probability, which is often a single one.", "settings": {"strategy": "sample", "top_p": 0.3}},
  {"name": "Min-p 0.1", "says": "Draws at temperature 1.5 from the tokens that are at least a tenth as probable as the best one.", "settings": {"strategy": "sample", "temperature": 1.5, "min_p": 0.1}},
  {"name": "Top-nσ 1", "says": "Draws at temperature 1.5 from the tokens whose logits are close to the highest one.", "settings": {"strategy": "sample", "top_n_sigma": 1.0, "temperature": 1.5}},
  {"name": "Mirostat 2", "says": "Moves its cut after every token, so that the text stays about equally surprising.", "settings": {"strategy": "sample", "mirostat": 2, "mirostat_tau": 3.0}},
  {"name": "XTC + DRY", "says": "Often leaves out the most obvious tokens, and makes it improbable that the text repeats itself.", "settings": {"strategy": "sample", "dry_multiplier": 0.8, "min_p": 0.05, "xtc_probability": 0.5}},
];

/** The order of all stages in each engine. @type {Record<string, string[]>} */
export const ORDERS = {
  "transformers": ["constraint", "logit_bias", "encoder_repetition_penalty", "repetition_penalty", "frequency_penalty", "presence_penalty", "no_repeat_ngram_size", "dry", "bad_words", "min_new_tokens", "exponential_decay_length_penalty", "top_n_sigma", "temperature", "smoothing_factor", "top_h", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "top_a", "tfs_z", "xtc", "mirostat", "watermark"],
  "llama.cpp": ["constraint", "encoder_repetition_penalty", "no_repeat_ngram_size", "bad_words", "min_new_tokens", "exponential_decay_length_penalty", "logit_bias", "repetition_penalty", "frequency_penalty", "presence_penalty", "dry", "top_n_sigma", "top_k", "typical_p", "top_p", "min_p", "xtc", "temperature", "mirostat", "smoothing_factor", "top_h", "epsilon_cutoff", "eta_cutoff", "top_a", "tfs_z", "watermark"],
  "vllm": ["constraint", "encoder_repetition_penalty", "no_repeat_ngram_size", "dry", "bad_words", "min_new_tokens", "exponential_decay_length_penalty", "logit_bias", "repetition_penalty", "frequency_penalty", "presence_penalty", "temperature", "min_p", "top_k", "top_p", "top_n_sigma", "smoothing_factor", "top_h", "typical_p", "epsilon_cutoff", "eta_cutoff", "top_a", "tfs_z", "xtc", "mirostat", "watermark"],
  "openai": ["constraint", "encoder_repetition_penalty", "repetition_penalty", "no_repeat_ngram_size", "dry", "bad_words", "min_new_tokens", "exponential_decay_length_penalty", "logit_bias", "frequency_penalty", "presence_penalty", "temperature", "top_p", "top_n_sigma", "smoothing_factor", "top_h", "top_k", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "top_a", "tfs_z", "xtc", "mirostat", "watermark"],
};

/** Stages beside which an engine runs only these others. @type {Record<string, Record<string, string[]>>} */
export const ALONE = {"llama.cpp": {"mirostat": ["constraint", "logit_bias", "temperature", "mirostat", "watermark"]}};
