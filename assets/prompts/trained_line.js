/**
 * Offers the model that is trained for the task, which needs no examples, and the way back to a model that is told the task
 * by its prompt. The input goes into the sidebar, and Decode opens.
 */

import { promptInSidebar, writePrompt } from "../common/controls.js";
import { button, make } from "../common/dom.js";
import { t } from "../common/language.js";
import { openView } from "../common/navigation.js";
import { allModels, chosenModel } from "../models/models.js";
import { choose } from "../models/picker.js";
import { chosenWhenLoaded, promptedModel, trainedFor } from "../models/trained.js";

export class TrainedLine {
  #task;
  #write;

  /**
   * @param {() => import("./task_form.js").Task} task  returns the task in view
   * @param {() => void} write  makes Gradio write the prompt
   */
  constructor(task, write) {
    this.#task = task;
    this.#write = write;
    this.element = make("p", "pg-prompts-trained");
  }

  /** Shows what is offered for the task in view: nothing if no model is trained for it. */
  show() {
    const { pipeline } = this.#task();
    const found = trainedFor(pipeline);
    const prompted = promptedModel();
    this.element.hidden = found === null;
    if (!found) return;
    const { model } = found;
    const isChosen = model === chosenModel();
    const does = pipeline === "summarization" ? t("Summarise with {model}", { model }) : t("Translate with {model}", { model });
    const said = [t("{model} is trained for this task and needs no examples.", { model })];
    if (isChosen) said.push(t("The columns below give it the whole prompt as its source."));
    const parts = [`${said.join(" ")} `, button(does, () => this.#open(found), "pg-link")];
    const back = () => button(t("Ask {model} by examples", { model: prompted }), () => choose(prompted), "pg-link");
    if (isChosen && prompted) parts.push(" ", back());
    this.element.replaceChildren(...parts);
  }

  /** @param {import("../models/trained.js").Trained} found */
  async #open({ model, prefix, languages }) {
    const { input, name } = this.#task();
    if (!(await chosenWhenLoaded(model))) return; // the page's first line says why, or the reader has chosen another one
    const before = promptInSidebar();
    const prompt = prefix + input;
    const isWritten = before.prompt && before.prompt !== prompt && !allModels().some(({ example }) => example === before.prompt);
    writePrompt({ ...before, prompt, chat: false }, this.#write);
    const said = t("The input of “{task}” is in the prompt. {model} needs no examples. Press Generate.", { task: name, model });
    const detail = { languages, said, former: isWritten ? before.prompt : "" };
    document.dispatchEvent(new CustomEvent("playground:source", { detail }));
    openView("decode");
  }
}
