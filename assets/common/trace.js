/**
 * A trace as the page knows it, put together from the server's messages. Knows nothing of the page.
 *
 * @typedef {object} Step
 * @property {number} index
 * @property {number} token_id
 * @property {number} probability  after all stages
 * @property {number} raw_probability  softmax of the raw logits
 * @property {number} rank  by raw logit, from 1
 * @property {number} entropy_bits  of the raw distribution
 * @property {number | null} draw  the uniform number in [0, 1), null for greedy
 * @property {number} kept  tokens left after all stages
 *
 * @typedef {object} Header
 * @property {string} model
 * @property {number[]} prompt_ids
 * @property {import("../distribution/settings.js").Settings} settings
 * @property {number} vocabulary_size
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
 * @property {string | null} error
 */

export class Trace {
  /** @type {Step[]} */
  steps = [];
  /** @type {Message} the latest, for its facts about the run */
  latest;

  /** @param {Message} message  with a header */
  constructor(message) {
    this.id = message.trace_id;
    /** @type {Header} */
    this.header = message.header;
    this.add(message);
  }

  get isRunning() {
    return this.latest.stop_reason === null;
  }

  /** Whether a message of this trace follows what is held; if not, something was missed. */
  isFollowedBy(message) {
    return message.trace_id === this.id && message.first <= this.steps.length;
  }

  /** @param {Message} message */
  add(message) {
    for (const step of message.steps) this.steps[step.index] = step;
    this.latest = message;
  }

  /** @returns {number[]} what the model had read when it chose step `index` */
  idsBefore(index) {
    return [...this.header.prompt_ids, ...this.steps.slice(0, index).map((step) => step.token_id)];
  }
}
