/**
 * Moves the sidebar's controls to the settings of a text that the reader brings into view, so that sliders and bars
 * agree. Knows settings and the controls' names, not the page.
 */

import { moveControls } from "../common/controls.js";
import { furtherOf } from "../common/further_settings.js";
import { keepInstead } from "../common/kept_controls.js";
import { usable } from "../distribution/settings.js";

export class Sliders {
  #ask;
  /** @type {import("../common/controls.js").Values | null} */
  #lent = null; // what the controls held before `lend`

  /** @param {() => void} ask  makes Gradio move the controls */
  constructor(ask) {
    this.#ask = ask;
  }

  /**
   * Moves the controls to what the text's last token was chosen under, and the seed unless it is locked. A search has
   * no controls.
   *
   * @param {import("../common/trace.js").Trace} trace
   */
  follow(trace) {
    const settings = trace.settingsOf(trace.steps.at(-1));
    if (settings.strategy === "beam") return;
    const { seed } = settings;
    this.move((now) => ({ ...usable(settings), seed: now.lock || seed === undefined ? undefined : seed }));
  }

  /**
   * Moves the controls for a while. What the reader had is kept meanwhile, so that a reload finds that.
   *
   * @param {import("../distribution/settings.js").Settings} settings
   */
  lend(settings) {
    this.move(({ lock, seed, ...now }) => {
      this.#lent ??= now;
      keepInstead({ ...this.#lent, further: furtherOf(this.#lent) });
      return usable(settings);
    });
  }

  /** Gives the controls back as they were before `lend`. */
  giveBack() {
    this.move(() => {
      const before = this.#lent ?? {};
      this.own();
      return before;
    });
  }

  /** What the controls hold is the reader's own from now on. */
  own() {
    if (!this.#lent) return;
    this.#lent = null;
    keepInstead({});
  }

  /** Moves some controls. @param {Parameters<typeof moveControls>[0]} values */
  move(values) {
    moveControls(values, this.#ask);
  }
}
