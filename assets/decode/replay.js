/** Plays a finished text step by step, at the reader's speed. Knows the clock and two callbacks, not the page. */

import { make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";

const SPEEDS = [0.5, 1, 2, 5]; // steps a second

export class Replay {
  #timer = 0;
  #next;
  #rewind;

  /**
   * @param {() => boolean} next  shows the next step; returns false if there is none
   * @param {() => void} rewind  shows the first step, if the last one is in view
   */
  constructor(next, rewind) {
    this.#next = next;
    this.#rewind = rewind;
    this.button = make("button", "pg-button");
    this.button.type = "button";
    this.button.addEventListener("click", () => this.toggle());
    this.speed = make("select", "pg-select", ...SPEEDS.map(speedOption));
    this.speed.ariaLabel = t("Replay speed");
    this.speed.value = "1";
    /** The two controls. The caller places them where there is room. */
    this.controls = [this.button, this.speed];
    this.pause();
  }

  get isPlaying() {
    return this.#timer !== 0;
  }

  toggle() {
    if (this.isPlaying) return this.pause();
    this.#rewind();
    setText(this.button, `⏸ ${t("Pause")}`);
    this.#wait();
  }

  pause() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    setText(this.button, `▶ ${t("Play")}`);
  }

  #wait() {
    this.#timer = setTimeout(() => (this.#next() ? this.#wait() : this.pause()), 1000 / Number(this.speed.value));
  }
}

function speedOption(speed) {
  const option = make("option", "", tn("{n} step/s", "{n} steps/s", speed));
  option.value = speed;
  return option;
}
