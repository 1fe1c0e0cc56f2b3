/**
 * A trace as the page knows it, put together from the server's messages. Knows nothing of the page.
 *
 * @typedef {object} Step
 * @property {number} index  from 0; below 0 for a token of the prompt, whose last one has -1
 * @property {number} token_id
 * @property {number} probability  after all stages
 * @property {number} raw_probability  softmax of the raw logits
 * @property {number} rank  by raw logit, from 1
 * @property {number} entropy_bits  of the raw distribution
 * @property {number | null} draw  the uniform number in [0, 1), null for greedy
 * @property {number | null} kept  tokens left after all stages; null for a token of the prompt
 * @property {number} [repeats]  so many tokens, up to this one, stood in the text before; 0 for none
 * @property {boolean} [forced]  given, and not chosen by the stages: by the reader, or by a search
 * @property {boolean} [isFound]  beam search chose it
 * @property {import("../distribution/settings.js").Settings | null} [settings]  if chosen under others than its trace's
 *
 * @typedef {object} Prompt
 * @property {Step[]} steps  of all its tokens but the first
 * @property {{logprob_nats: number | null, mean_logprob_nats: number | null, perplexity: number | null} | null} score
 *   null in it stands for infinite
 *
 * @typedef {object} Header
 * @property {string} model
 * @property {number[]} prompt_ids
 * @property {import("../distribution/settings.js").Settings} settings
 * @property {number} vocabulary_size
 * @property {{trace_id: string, index: number} | null} [origin]  where it left its parent, if it is a fork
 * @property {Record<number, string>} [words]  what to show for its ids, if the text was not generated here
 * @property {string} [caption]  what to say instead of the settings it was generated with
 * @property {string[]} stage_notes  stages of the model's own that Settings lacks
 *
 * @typedef {object} Message
 * @property {string} trace_id
 * @property {number} first  index of steps[0]
 * @property {Header | null} [header]  only if first is 0
 * @property {Step[]} steps
 * @property {number | null} waiting  place in line
 * @property {string | null} stop_reason  null while running
 * @property {number | null} first_token_seconds
 * @property {number | null} tokens_per_second
 * @property {{period: number, since: number} | null} [loop]  the text's end repeats: every so many tokens, since this step
 * @property {string | null} error
 */

import { hold } from "./known_texts.js";

/** Whether a token stood in the prompt: nothing chose it. */
export const isGiven = (step) => step.index < 0;

export class Trace {
  /** @type {Step[]} */
  steps = [];
  /** @type {Step[]} the prompt's tokens but the first, once scored */
  given = [];
  /** @type {Prompt["score"]} */
  score = null;
  isPromptAsked = false;
  /** @type {Message} the latest, for its facts about the run */
  latest;

  /** @param {Message} message  with a header */
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

  /** @returns {number} index of the first step there is, -1 if there is none */
  get first() {
    return -this.given.length || Math.min(0, this.last);
  }

  /** @returns {number} index of the last step there is */
  get last() {
    return this.steps.length - 1;
  }

  /** @returns {Step | undefined} also of the prompt, once that is scored */
  step(index) {
    return index < 0 ? this.given.at(index) : this.steps[index];
  }

  /** Whether a message of this trace follows what is held; if not, something was missed. */
  isFollowedBy(message) {
    return message.trace_id === this.id && message.first <= this.steps.length;
  }

  /** @param {Message} message */
  add(message) {
    for (const step of message.steps) {
      this.steps[step.index] = { ...step, isFound: this.settingsOf(step).strategy === "beam" };
    }
    this.latest = message;
  }

  /** No more of it will come, though the server did not say so. */
  breakOff() {
    this.add({ ...this.latest, first: this.steps.length, steps: [], waiting: null, stop_reason: "stopped" });
  }

  /** @param {Prompt} prompt */
  addPrompt({ steps, score }) {
    this.given = steps;
    this.score = score;
  }

  /** @returns {import("../distribution/settings.js").Settings} what a step was chosen under */
  settingsOf(step) {
    return step?.settings ?? this.header.settings;
  }

  /** @returns {number[]} what the model had read before step `index` */
  idsBefore(index) {
    const { prompt_ids } = this.header;
    return [...prompt_ids, ...this.steps.map((step) => step.token_id)].slice(0, prompt_ids.length + index);
  }

  /** @returns {string} "step 3", "prompt token 2" */
  nameOf(index) {
    return index < 0 ? `prompt token ${this.header.prompt_ids.length + index + 1}` : `step ${index + 1}`;
  }
}
