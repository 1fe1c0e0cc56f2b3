/** Shows the buttons that run, stop, add and take away, a sentence beside them, and below them what went wrong. */

import { button, make, rest, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { isAlone } from "../common/recorded.js";

export class RunBar {
  /**
   * @param {Record<"onRun" | "onStop" | "onAdd" | "onLink", () => void>} on
   * @param {HTMLElement} menu  the exports
   */
  constructor({ onRun, onStop, onAdd, onLink }, menu) {
    this.run = button(t("Run"), onRun, "pg-button pg-primary");
    this.stop = button(t("Stop"), onStop);
    this.add = button(t("Add a column"), onAdd);
    this.status = make("span", "pg-prompts-run-status");
    this.status.role = "status";
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    const link = isAlone ? [] : [button(t("Copy link"), onLink)];
    this.element = make("div", "pg-prompts-run-bar", this.run, this.stop, this.add, menu, ...link, this.status);
  }

  /** @param {import("./state.js").State} state */
  show({ isRunning, canStop, canAdd, status, notice }) {
    rest(this.run, isRunning);
    rest(this.stop, !canStop);
    rest(this.add, !canAdd);
    setText(this.status, status);
    setText(this.notice, notice);
  }
}

/**
 * Calls `run` at Ctrl+Enter, which runs the columns in this element and generates elsewhere.
 *
 * @param {HTMLElement} element
 * @param {() => void} run
 */
export function onRunKey(element, run) {
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  });
}
