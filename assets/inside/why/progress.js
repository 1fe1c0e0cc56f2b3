/** Shows how far a computation is, with a button that stops it, or one that begins it. */

import { button, make, setText } from "../../common/dom.js";
import { t } from "../../common/language.js";

export class Progress {
  #isRunning = false;

  /**
   * @param {string} name  says to screen readers how far what is
   * @param {() => void} onStop
   * @param {() => void} onBegin
   */
  constructor(name, onStop, onBegin) {
    this.bar = make("progress", "pg-why-progress");
    this.bar.ariaLabel = name;
    this.words = make("span", "pg-why-told");
    this.button = button(t("Stop"), () => (this.#isRunning ? onStop() : onBegin()));
    this.element = make("div", "pg-why-running", this.bar, this.words, this.button);
    this.element.dataset.picture = "skip";
  }

  /**
   * @param {{state: "waits" | "runs" | "done" | "stopped" | "failed", done: number, of: number, error: string}} run
   * @param {string} why  what is said where it waits to be begun; without it, it begins by itself
   */
  show({ state, done, of, error }, why = "") {
    const isRunning = state === "runs";
    this.#isRunning = isRunning;
    this.bar.hidden = !isRunning;
    if (of) Object.assign(this.bar, { max: of, value: done });
    else this.bar.removeAttribute("value");
    const words = { runs: of ? t("{done} of {all}", { done, all: of }) : t("begins …"), waits: why || t("in line …"), stopped: t("Stopped."), failed: error, done: "" };
    setText(this.words, words[state]);
    this.words.classList.toggle("pg-why-failed", state === "failed");
    setText(this.button, isRunning ? t("Stop") : t("Compute"));
    this.button.hidden = state === "done" || (state === "waits" && !why);
    this.element.hidden = state === "done";
  }
}
