/**
 * The recorded texts of a lesson: finds the one that a state asks for and opens its trace file, each once
 * (`playground/site/pages.py` writes them into the page). Knows no view.
 *
 * @typedef {object} Told  a text
 * @property {string} model
 * @property {string} prompt
 * @property {import("../distribution/settings.js").Settings} settings  all of them
 * @property {number} steps  how many tokens were written
 * @property {boolean} isWhole  whether every score of all its steps is in its file
 * @property {string} file  its path among what was recorded
 *
 * @typedef {import("../common/trace.js").Message} Message
 * @typedef {import("../decode/chain/examples.js").Example} Example
 */

import { t } from "../common/language.js";
import { NEEDS_MODEL, recordedBytes } from "../common/recorded.js";
import { beginningOf, openTraceFile } from "../common/trace_file.js";
import { exampleOf } from "../lesson/driver.js";

const LENGTH = "max_new_tokens";

export class Texts {
  #words;
  /** By what a text is asked for with. @type {Map<string, Told>} */
  #told;
  /** By its path. @type {Map<string, Promise<import("../common/trace_file.js").Opened>>} */
  #opened = new Map();
  /** What each text in view was asked for with, by its id. @type {Map<string, {model: string, example: Example}>} */
  #asked = new Map();

  /** @param {readonly Told[]} told @param {Record<string, string>} words  the path of the texts of each model's tokens */
  constructor(told, words) {
    this.#told = new Map(told.map((one) => [keyOf(one.model, exampleOf({ ...one, step: 1 })), one]));
    this.#words = new Words(words);
  }

  /**
   * @param {string} model @param {Example} example
   * @returns {Promise<Message>} the text
   * @throws {Error} with a sentence, if it was not recorded
   */
  async open(model, example) {
    const told = this.#told.get(keyOf(model, example));
    if (!told) throw new Error(NEEDS_MODEL);
    const { message } = await this.#file(told);
    this.#asked.set(message.trace_id, { model, example });
    return message;
  }

  /** @param {string} model @returns {Promise<readonly string[]>} the texts of its tokens */
  wordsOf(model) {
    return this.#words.of(model);
  }

  /** @param {string} traceId  of a text that was opened @returns {string} its prompt */
  promptOf(traceId) {
    return this.#asked.get(traceId).example.prompt;
  }

  /** @param {import("../common/trace.js").Trace} trace @returns {boolean} whether more of a text was recorded than is in view */
  goesOn(trace) {
    return this.#longer(trace) !== null;
  }

  /** @param {import("../common/trace.js").Trace} trace  one that goes on @returns {Promise<Message>} the text with one more token */
  async next(trace) {
    const { told, asked } = this.#longer(trace);
    const file = await this.#file(told);
    const steps = trace.steps.length + 1;
    const { message } = steps < file.message.steps.length ? beginningOf(file, steps) : file;
    this.#asked.set(message.trace_id, asked);
    return message;
  }

  /** A seed draws the same tokens however long its text is, so a longer text begins as a shorter one. */
  #longer(trace) {
    const asked = this.#asked.get(trace.id);
    if (!asked) return null;
    const { model, example } = asked;
    const isSame = (key) => withoutLength(key) === withoutLength(keyOf(model, example));
    for (const [key, told] of this.#told) if (isSame(key) && told.steps > trace.steps.length) return { told, asked };
    return null;
  }

  #file(told) {
    if (!this.#opened.has(told.file)) this.#opened.set(told.file, this.#read(told));
    return this.#opened.get(told.file);
  }

  async #read({ file, model, settings, isWhole }) {
    const opened = await openTraceFile(new File([recordedBytes(file)], file));
    const { header } = opened.message;
    header.words = await this.#words.of(model);
    header.settings = { ...settings, ...header.settings }; // with those that no step is drawn with, such as the seed
    header.caption = isWhole
      ? t("This text of {model} was recorded, with every score.", { model })
      : t("This text of {model} was recorded. Beside the lesson's own steps, its improbable tokens have equal probabilities.", { model });
    return opened;
  }
}

/** The texts of the tokens of each model, which all its texts share. */
class Words {
  #paths;
  /** @type {Map<string, Promise<readonly string[]>>} */
  #read = new Map();

  /** @param {Record<string, string>} paths */
  constructor(paths) {
    this.#paths = paths;
  }

  /** @param {string} model @returns {Promise<readonly string[]>} */
  of(model) {
    if (!this.#read.has(model)) this.#read.set(model, unpacked(recordedBytes(this.#paths[model])));
    return this.#read.get(model);
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes  of packed JSON */
const unpacked = (bytes) => new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();

const keyOf = (model, { prompt, settings }) => JSON.stringify([model, prompt, Object.entries(settings).sort()]);

/** @param {string} key @returns {string} the same for texts of all lengths */
function withoutLength(key) {
  const [model, prompt, settings] = JSON.parse(key);
  return JSON.stringify([model, prompt, settings.filter(([name]) => name !== LENGTH)]);
}
