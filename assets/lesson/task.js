/** A task of a lesson, which is checked at each change of what is in view. A solved task stays solved. */

import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { checkTask } from "./checks.js";
import { RichText } from "./html.js";

const SOLVED = t("✓ Solved.");
const SOLVED_BEFORE = t("✓ Solved before.");

export class Task {
  #part;
  #live;
  #task;
  #hint = null;
  #hooks;

  /**
   * @param {import("./state.js").TryPart} part
   * @param {import("./live.js").Live} live
   * @param {{isSolved: boolean, solve: () => void, place: () => {wanted: import("../distribution/settings.js").Settings} &
   *   Omit<import("./checks.js").InView, "holds">}} hooks  `place` tells the page's settings and what is in view
   */
  constructor(part, live, hooks) {
    this.#part = part;
    this.#live = live;
    this.#hooks = hooks;
    const task = make("div", "pg-lesson-question");
    this.#task = new RichText(task, part.task);
    this.said = make("p", "pg-task-said", hooks.isSolved ? SOLVED_BEFORE : "");
    this.said.role = "status";
    this.said.classList.toggle("pg-solved", hooks.isSolved);
    this.element = make("section", "pg-lesson-try", make("p", "pg-lesson-kind", t("Try it")), task, this.said);
    this.element.ariaLabel = t("Try it");
    if (part.hint) this.#addHint(part.hint);
  }

  show() {
    this.#task.show(this.#live);
    this.#hint?.show(this.#live);
    if (!this.#live.isThere) return;
    const { wanted, ...place } = this.#hooks.place();
    const holds = this.#live.valueOf(this.#part.check);
    const { isSolved, says } = checkTask(this.#part, wanted, { ...place, holds });
    if (isSolved) {
      this.said.classList.add("pg-solved");
      setText(this.said, SOLVED);
      this.#hooks.solve();
    } else if (!this.said.classList.contains("pg-solved")) setText(this.said, says);
  }

  #addHint(hint) {
    const text = make("div");
    this.#hint = new RichText(text, hint);
    this.element.append(make("details", "pg-details", make("summary", "", t("Hint")), text));
  }
}
