/**
 * Shows a stage's example in its explanation: the prompt, what to look at, and the button that writes the text. The server
 * has the examples; they are asked for when the first explanation opens.
 *
 * @typedef {object} Example  see `Example` in playground/decoding/stages/stage.py
 * @property {string} prompt
 * @property {Record<string, any>} settings
 * @property {string} says
 * @property {number} step  the step to look at, from 0
 *
 * @typedef {{model: string, examples: Record<string, Example>}} Examples
 */

import { promptInSidebar, typePrompt } from "../../common/controls.js";
import { button, make, setText } from "../../common/dom.js";
import { keepFocus } from "../../common/focus.js";
import { t } from "../../common/language.js";
import { fetchStageExamples } from "../../common/server.js";
import { translated } from "../../common/server_sentences.js";
import { settingsInForce } from "../../common/words.js";
import { OFF } from "../../distribution/settings.js";
import { allModels, chosenModel } from "../../models/models.js";

/** @type {Promise<Examples> | null} */
let asked = null;

/** @returns {Promise<Examples>} */
function stageExamples() {
  asked ??= fetchStageExamples().catch((error) => {
    asked = null; // so that the next explanation asks again
    throw error;
  });
  return asked;
}

export class ExampleLine {
  #name = "";
  /** @type {Example | null} */
  #example = null;
  #model = ""; // the one that the examples tell of
  /** What the reader had written where an example's prompt stands now. @type {{prompt: string, chat: boolean} | null} */
  #former = null;
  #write;

  /** @param {(example: Example) => boolean} write  writes its text; returns whether that has begun */
  constructor(write) {
    this.#write = write;
    this.prompt = make("q");
    this.says = make("span");
    this.says.role = "status";
    this.other = make("span", "pg-muted");
    this.try = button(t("Try it"), () => this.#try());
    this.back = button(t("Bring back what I wrote"), () => this.#bringBack(), "pg-link");
    this.element = make("p", "pg-explanation-example", this.try, this.prompt, this.says, this.other, this.back);
    this.element.hidden = this.back.hidden = true;
  }

  /** @param {string} name  the stage's */
  async show(name) {
    this.#name = name;
    this.#example = null;
    this.#say("", "");
    try {
      const { model, examples } = await stageExamples();
      this.#model = model;
      if (name === this.#name) this.#showExample(examples[name]);
    } catch (error) {
      if (name === this.#name) this.#say("", error.message);
    }
  }

  /** Says of which model the sentence tells, if another one is chosen. */
  showModel() {
    this.other.hidden = this.#example === null || chosenModel() === this.#model;
    setText(this.other, t("The words and numbers are those of the default model, {model}.", { model: this.#model }));
  }

  /** @param {Example} [example]  a stage of whoever runs the server may have none */
  #showExample(example) {
    if (!example) return;
    this.#example = example;
    const settings = settingsInForce({ ...OFF, strategy: "sample", ...example.settings });
    this.try.title = t("Writes this prompt into the sidebar, sets {settings}, and writes the text", { settings });
    this.#say(example.prompt, translated(example.says));
    this.showModel();
  }

  #say(prompt, says) {
    this.element.hidden = !says;
    this.try.hidden = this.prompt.hidden = !prompt;
    setText(this.prompt, prompt);
    setText(this.says, says);
  }

  async #try() {
    const before = promptInSidebar();
    if (!this.#write(this.#example)) return;
    const { examples } = await stageExamples();
    const givenPrompts = [...Object.values(examples).map(({ prompt }) => prompt), ...allModels().map(({ example }) => example), ""];
    if (!givenPrompts.includes(before.prompt)) this.#former = { prompt: before.prompt, chat: before.chat };
    this.back.hidden = this.#former === null;
  }

  #bringBack() {
    typePrompt(this.#former);
    this.#former = null;
    keepFocus(this.element, () => (this.back.hidden = true), () => this.try);
  }
}
