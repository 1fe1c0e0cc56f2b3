/**
 * The page's first line: the model's name and what runs it. If the server has several models, the name is a list to choose
 * from. While a chosen model is loaded, the line says how far that is. Knows the models, not the views.
 *
 * @typedef {object} Loading  see playground/web/messages/models.py
 * @property {number} seconds  since the loading began
 * @property {number | null} expected  how long it takes in all, if that is known
 * @property {string[]} waits_for  the models in use that must be let go first
 */

import { make, setText } from "../common/dom.js";
import { LANGUAGE, t } from "../common/language.js";
import { fetchLoading, fetchModels } from "../common/server.js";
import { translated } from "../common/server_sentences.js";
import { whileMounted } from "../common/while_mounted.js";
import { allModels, chosenModel, learnModel, modelNamed } from "./models.js";

const PAUSE_MS = 500; // between two questions how far the loading is

/** Called by gr.HTML's js_on_load. @param {HTMLElement} line  holds the first model's line */
export function mount(line) {
  if (allModels().length < 2) return tellOne(line);
  const picker = new Picker();
  for (const paragraph of line.querySelectorAll("p")) paragraph.remove();
  line.prepend(picker.element, picker.note);
  const mounted = whileMounted(line);
  mounted.onDocument("playground:model", () => picker.show());
  mounted.onDocument("playground:loading", ({ detail }) => picker.follow(detail));
}

/** Says in the page's language what the line of the only model says. @param {HTMLElement} line */
function tellOne(line) {
  const { size, details = "", note = "" } = modelNamed(chosenModel());
  const [told, beside] = [line.querySelector(".pg-detail"), line.querySelector("p + p")];
  if (told) setText(told, ` · ${t("{size} parameters", { size })} · ${translated(details)}`);
  if (beside) setText(beside, translated(note));
}

class Picker {
  #asked = 0; // the number of the latest loading that is followed

  constructor() {
    this.list = make("select", "pg-select");
    this.list.ariaLabel = t("Model");
    this.list.addEventListener("change", () => choose(this.list.value));
    this.list.addEventListener("focus", () => this.#refresh());
    this.told = make("span");
    this.told.role = "status";
    this.details = make("span", "pg-detail");
    this.name = make("span", "pg-in-simple"); // where no model is to be chosen
    this.element = make("p", "pg-root pg-picker", make("label", "pg-in-everything", this.list), this.name, this.told, this.details);
    this.note = make("p", "pg-model-note");
    this.note.role = "status";
    this.show();
  }

  /** Shows the chosen model. */
  show() {
    const facts = modelNamed(chosenModel());
    this.#fill();
    setText(this.name, facts.model);
    setText(this.told, ` · ${facts.device}`);
    const details = translated(facts.details ?? "");
    this.details.title = details; // the line cuts it where there is little room
    setText(this.details, details && ` · ${details}`);
    setText(this.note, translated(facts.note ?? ""));
  }

  /** Says how far the loading of a model is until it is there. @param {{model: string, error: string}} news */
  async follow({ model, error }) {
    const asked = ++this.#asked;
    const isWaited = () => !error && asked === this.#asked && !modelNamed(model).loaded;
    this.#fill();
    setText(this.note, error);
    while (isWaited()) {
      const loading = await fetchLoading(model).catch(() => null);
      if (isWaited() && loading) this.#say(loadingSentence(loading));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** Says something in place of the facts about a model, so that nothing moves. */
  #say(sentence) {
    setText(this.told, ` · ${sentence}`);
    setText(this.details, "");
  }

  /** Asks which models are loaded now, because other visitors use the server too. */
  async #refresh() {
    for (const model of await fetchModels().catch(() => [])) learnModel(model);
    this.#fill();
  }

  #fill() {
    const [asked, builtIn] = [false, true].map((isBuiltIn) => allModels().filter((facts) => facts.built_in === isBuiltIn));
    const group = make("optgroup", "", ...builtIn.map(option));
    group.label = t("Comes with the playground");
    this.list.replaceChildren(...asked.map(option), ...(builtIn.length ? [group] : []));
    this.list.value = chosenModel();
  }
}

/** Chooses a model, as the reader does. @param {string} name */
export function choose(name) {
  document.dispatchEvent(new CustomEvent("playground:choose", { detail: name }));
}

function option(facts) {
  const element = make("option", "", inList(facts));
  element.value = facts.model;
  return element;
}

/** @param {import("./models.js").Model} facts @returns {string} how a list names a model: "gpt2 (124 M, float32)" */
export function inList({ model, size, dtype, loaded }) {
  const told = model.endsWith(`(${dtype})`) ? [size] : [size, dtype];
  return `${model} (${[...told, ...(loaded ? [] : [t("not loaded")])].join(", ")})`;
}

/** @param {Loading} loading  of a model whose name stands beside the sentence @returns {string} "Loading … 4 of about 11 s" */
export function loadingSentence({ seconds, expected, waits_for }) {
  if (waits_for.length) return t("Waiting until nobody uses {models}, which must make room.", { models: eitherOf(waits_for) });
  const past = Math.round(seconds);
  const isKnown = expected !== null && seconds <= expected;
  if (!isKnown) return t("Loading … {seconds} s", { seconds: past });
  return t("Loading … {seconds} of about {expected} s", { seconds: past, expected: Math.max(1, Math.round(expected)) });
}

/** @param {string[]} models @returns {string} "one or another" */
const eitherOf = (models) => new Intl.ListFormat(LANGUAGE, { type: "disjunction" }).format(models);
