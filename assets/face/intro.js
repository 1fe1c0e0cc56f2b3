/**
 * What a first visit meets above the simple face: one sentence that says what the page is, and a button that starts the
 * first lesson. The reader closes the sentence once, and the browser keeps that. The button stays, in the first line.
 */

import { button, make } from "../common/dom.js";
import { t } from "../common/language.js";
import { remember, storage } from "../common/keeping.js";

const NAME = "playground:intro";
const CLOSED = "closed";
const SAYS = t("A language model writes one word at a time: here you see how likely it finds each next word, and you change how one of them is chosen.");
const LESSON = "next-word";

export class Intro {
  constructor() {
    /** Starts the first lesson. */
    this.showMe = button(t("Show me (3 minutes)"), showMe, "pg-show-me");
    const close = button("✕", () => this.#close(), "pg-intro-close");
    close.ariaLabel = t("Close this explanation");
    close.title = close.ariaLabel;
    this.element = make("div", "pg-intro", make("span", "pg-intro-says", SAYS), close);
    this.element.hidden = storage("localStorage")?.getItem(NAME) === CLOSED;
  }

  #close() {
    remember(NAME, CLOSED);
    this.showMe.focus();
    this.element.hidden = true;
    dispatchEvent(new Event("resize")); // the bars have more room
  }
}

function showMe() {
  document.dispatchEvent(new CustomEvent("playground:lesson", { detail: LESSON }));
}
