/**
 * What stands around a lesson in a page without a server: the first line, Decode with a sidebar that shows the text's
 * prompt, Compare prompts, and what is said where a page's view needs a model. Knows its parts, not lessons.
 */

import { button, make } from "../common/dom.js";
import { byFace, face } from "../common/face.js";
import { t, tParts } from "../common/language.js";
import { tabOf, viewName } from "../common/navigation.js";
import { FaceSwitch } from "../face/face_switch.js";
import { themeButton } from "../take_home/theme.js";

export class Frame {
  #sidebar;
  #faces = new FaceSwitch();
  #buttons;

  /**
   * @param {import("../take_home/sidebar.js").Sidebar} sidebar
   * @param {HTMLElement} tab
   * @param {HTMLElement} prompts  the view Compare prompts
   * @param {() => void} onNext  the text in view shall go on
   */
  constructor(sidebar, tab, prompts, onNext) {
    this.#sidebar = sidebar.element;
    const next = button("", onNext);
    next.id = "pg-step";
    next.append(...byFace(t("Write the next word"), t("Step")));
    this.#buttons = make("div", "", next);
    this.#buttons.id = "pg-buttons";
    putPrompt(sidebar.element, this.#buttons);
    this.view = make("div", "", tab);
    this.view.id = "pg-decode";
    this.absent = make("section", "pg-site-absent");
    this.prompts = prompts;
    const main = make("main", "main fillable", this.view, prompts, this.absent);
    this.#show(this.view);
    this.element = make("div", "gradio-container pg-site", headWith(this.#faces.element), sidebar.element, main);
    document.addEventListener("playground:face", () => {
      this.#faces.show(face());
      fit();
    });
  }

  /** @param {boolean} isOffered  whether the reader can have the text in view go on */
  offerNext(isOffered) {
    this.#buttons.hidden = !isOffered;
  }

  /** Shows Decode. */
  showDecode() {
    this.#turn(this.view);
  }

  /** Shows Compare prompts. */
  showPrompts() {
    this.#turn(this.prompts);
  }

  /** Says that the view of a state needs a model. @param {import("../lesson/state.js").PageState} state */
  showAbsent({ view, prompt }) {
    const name = tabOf(view) === viewName(view) ? viewName(view) : `${tabOf(view)} · ${viewName(view)}`;
    const says = make("p", "", t("A model makes the picture of this page, and no model runs here. What the lesson says of it was recorded, so you can guess and see what happens."));
    const about = prompt ? [make("p", "", t("The page is about this text:")), make("blockquote", "", prompt)] : [];
    this.absent.replaceChildren(make("h2", "", t("The view “{name}” needs a model", { name })), says, ...about, howToStart());
    this.#turn(this.absent);
  }

  #turn(view) {
    if (!view.hidden) return;
    this.#show(view);
    fit();
  }

  #show(view) {
    for (const one of [this.view, this.prompts, this.absent]) one.hidden = one !== view;
    this.#sidebar.hidden = this.#faces.element.hidden = view !== this.view;
  }
}

/** The views fit themselves to their room again. */
const fit = () => dispatchEvent(new Event("resize"));

/** @param {HTMLElement[]} further  what stands before the button for the colours @returns {HTMLElement} the first line of a page */
export function headWith(...further) {
  const says = make("p", "", t("The texts of this page and the model's scores were recorded, and the page computes what the settings make of them."));
  const fold = make("details", "", make("summary", "", t("No model runs here")), says, howToStart());
  return make("header", "pg-take-home-head", make("h1", "", t("Decoding playground")), fold, make("div", "", ...further, themeButton()));
}

/** @returns {HTMLElement} */
function howToStart() {
  const commands = { setup: make("code", "", "make setup"), run: make("code", "", "make run") };
  return make("p", "", ...tParts("With a model you write texts of your own and see all views. To start one, get the decoding playground, and type {setup} and then {run} in its folder.", commands));
}

/** Puts the prompt and the buttons before the sidebar's controls, in the forms in which the playground has them. */
function putPrompt(sidebar, buttons) {
  const field = Object.assign(make("textarea"), { readOnly: true, rows: 2 });
  const prompt = make("label", "block", make("span", "", t("Prompt")), field);
  prompt.id = "pg-prompt";
  const column = sidebar.querySelector(".column");
  const controls = Array.from(column.children).filter(({ id }) => id.startsWith("pg-control-"));
  column.firstElementChild.after(make("div", "form", prompt), buttons, make("div", "form", ...controls));
}
