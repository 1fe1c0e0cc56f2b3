/**
 * Holds a trace in the page, put together from the server's messages. Does not know the page.
 *
 * @typedef {object} Step
 * @property {number} index  from 0; below 0 for a token of the prompt, whose last one has -1
 * @property {number} token_id
 * @property {number} probability  after all stages
 * @property {number} raw_probability  softmax of the raw logits
 * @property {number} rank  by raw logit, from 1
 * @property {number} entropy_bits  of the raw distribution
 * @property {number | null} draw  the uniform random number in [0, 1), null for greedy
 * @property {number | null} kept  tokens left after all stages; null for a token of the prompt
 * @property {number} [repeats]  the number of tokens, up to this one, that occurred in the text before; 0 for none
 * @property {boolean} [forced]  whether the reader or a search gave the token, and not the stages
 * @property {boolean} [isFound]  whether beam search chose the token
 * @property {import("../distribution/settings.js").Settings | null} [settings]  set if they differ from the trace's
 *
 * @typedef {object} Prompt
 * @property {Step[]} steps  one for each of its tokens except the first
 * @property {{logprob_nats: number | null, mean_logprob_nats: number | null, perplexity: number | null} | null} score
 *   a null inside it stands for an infinite number
 *
 * @typedef {object} Conversation  what the chat template made a prompt of
 * @property {{role: string, content: string}[]} messages
 * @property {Record<string, unknown>} template_options
 *
 * @typedef {object} Header
 * @property {string} model
 * @property {number[]} prompt_ids  of a model with an encoder, the beginning of the decoder's text
 * @property {number[]} [source_ids]  what the encoder read; empty or missing for a model without one
 * @property {import("../distribution/settings.js").Settings} settings
 * @property {number} vocabulary_size
 * @property {Conversation | null} [conversation]  not of a plain prompt, nor of a text that was not generated here
 * @property {{trace_id: string, index: number} | null} [origin]  the parent and the step of a fork
 * @property {Record<number, string>} [words]  the texts to show for its ids, if the text was not generated here
 * @property {string} [caption]  a sentence to show instead of the settings
 * @property {string[]} stage_notes  the model's own stages that Settings does not have
 *
 * @typedef {object} Message
 * @property {string} trace_id
 * @property {number} first  index of steps[0]
 * @property {Header | null} [header]  only if first is 0
 * @property {Step[]} steps
 * @property {number | null} waiting  the place in the line of waiting texts, null if it does not wait
 * @property {{read: number, tokens: number} | null} [reading]  how much of a long text is read before its first step
 * @property {string | null} stop_reason  null while the text is running
 * @property {number | null} first_token_seconds
 * @property {number | null} tokens_per_second
 * @property {{period: number, since: number} | null} [loop]  a loop at the text's end: its length, its first step
 * @property {string | null} error
 * @property {Opening} [opening]  only of the text that the page opens with
 *
 * @typedef {object} Opening  what draws the first step before anything else is fetched
 * @property {Record<number, string>} words  the texts of the tokens that are shown
 * @property {import("../distribution/row.js").Head} head  of the first step's row
 */

import { momentOf } from "../distribution/moment.js";
import { wordsOf } from "../models/word_ids.js";
import { belongs } from "./authors.js";
import { hold } from "./known_texts.js";
import { t } from "./language.js";
import { maskOf } from "./masks.js";

/** Returns whether a token belongs to the prompt, so that no stage chose it. */
export const isGiven = (step) => step.index < 0;

export class Trace {
  /** @type {Step[]} */
  steps = [];
  /** @type {Step[]} the prompt's tokens except the first, once they are scored */
  given = [];
  /** @type {Prompt["score"]} */
  score = null;
  isPromptAsked = false;
  /** @type {Message} the latest message, for its facts about the run */
  latest;

  /** @param {Message} message  a message with a header */
  constructor(message) {
    this.id = message.trace_id;
    /** @type {Header} */
    this.header = message.header;
    this.add(message);
    hold(this);
  }

  get isRunning() {
    return this.latest.stop_reason === null;
  }

  /** @returns {number} the index of the first step, -1 if there is none */
  get first() {
    return -this.given.length || Math.min(0, this.last);
  }

  /** @returns {number} the index of the last step, -1 if there is none */
  get last() {
    return this.steps.length - 1;
  }

  /** @returns {Step | undefined} a step of the text, or of the prompt (below 0) once it is scored */
  step(index) {
    return index < 0 ? this.given.at(index) : this.steps[index];
  }

  /** Returns whether a message follows the steps of this trace without a gap. After a gap a message is missing. */
  isFollowedBy(message) {
    return message.trace_id === this.id && message.first <= this.steps.length;
  }

  /** @param {Message} message */
  add(message) {
    for (const step of message.steps) {
      const own = { ...step, isFound: this.settingsOf(step).strategy === "beam" };
      belongs(own, this.id, this.header.origin);
      this.steps[step.index] = own;
    }
    this.latest = message;
  }

  /** Ends the trace as stopped, because no more steps will come although the server did not say so. */
  breakOff() {
    this.add({ ...this.latest, first: this.steps.length, steps: [], waiting: null, stop_reason: "stopped" });
  }

  /** @param {Prompt} prompt */
  addPrompt({ steps, score }) {
    this.given = steps;
    this.score = score;
  }

  /** @returns {import("../distribution/settings.js").Settings} the settings under which a step was chosen */
  settingsOf(step) {
    return step?.settings ?? this.header.settings;
  }

  /** @returns {number[]} the token ids that the model had read before step `index` */
  idsBefore(index) {
    const { prompt_ids } = this.header;
    return [...prompt_ids, ...this.steps.map((step) => step.token_id)].slice(0, prompt_ids.length + index);
  }

  /**
   * @param {number} index
   * @param {() => void} onAnswer  called when an answer of the server has come that a stage lacked
   * @returns {import("../distribution/moment.js").Moment} what stages may read of step `index`, or of a prompt's token
   */
  momentBefore(index, onAnswer) {
    const { prompt_ids, source_ids = [], model } = this.header;
    const before = this.steps.slice(0, Math.max(0, index));
    const surprises = before.map(({ probability, forced, settings }) => (forced || settings ? Infinity : -Math.log2(probability)));
    const { seed = 0 } = this.settingsOf(this.step(index));
    const ids = before.map(({ token_id }) => token_id);
    return momentOf(this.idsBefore(index), {
      promptLength: prompt_ids.length + Math.min(0, index),
      sourceIds: source_ids,
      surprises,
      seed,
      words: wordsOf(model, onAnswer),
      maskOf: (constraint) => (index < 0 ? null : maskOf({ model, ids, constraint, onAnswer })),
      greenOf: (watermark) => maskOf({ model, ids: this.idsBefore(index).slice(-1), constraint: watermark, onAnswer }),
      onAnswer,
    });
  }

  /** @returns {string} "step 3", "prompt token 2" */
  nameOf(index) {
    const place = String(index < 0 ? this.header.prompt_ids.length + index + 1 : index + 1);
    return index < 0 ? t("prompt token {place}", { place }) : t("step {place}", { place });
  }
}
