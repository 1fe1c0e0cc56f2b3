/** Shows how far a computation is, with a button that stops it, or one that begins it. */

import { button, make, setText } from "../../common/dom.js";

export class Progress {
  /**
   * @param {string} name  what is computed, for screen readers
   * @param {() => void} onStop
   * @param {() => void} onBegin
   */
  constructor(name, onStop, onBegin) {
    this.bar = make("progress", "pg-why-progress");
    this.bar.ariaLabel = `How far ${name} is`;
    this.words = make("span", "pg-why-told");
    this.button = button("Stop", () => (this.button.textContent === "Stop" ? onStop() : onBegin()));
    this.element = make("div", "pg-why-running", this.bar, this.words, this.button);
    this.element.dataset.picture = "skip";
  }

  /**
   * @param {{state: "waits" | "runs" | "done" | "stopped" | "failed", done: number, of: number, error: string}} run
   * @param {string} why  what is said where it waits to be begun; without it, it begins by itself
   */
  show({ state, done, of, error }, why = "") {
    const isRunning = state === "runs";
    this.bar.hidden = !isRunning;
    if (of) Object.assign(this.bar, { max: of, value: done });
    else this.bar.removeAttribute("value");
    const words = { runs: of ? `${done} of ${of}` : "begins …", waits: why || "in line …", stopped: "Stopped.", failed: error, done: "" };
    setText(this.words, words[state]);
    this.words.classList.toggle("pg-why-failed", state === "failed");
    setText(this.button, isRunning ? "Stop" : "Compute");
    this.button.hidden = state === "done" || (state === "waits" && !why);
    this.element.hidden = state === "done";
  }
}
