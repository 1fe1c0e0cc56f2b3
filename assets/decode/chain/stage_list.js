/**
 * The list from which the reader adds a stage to the chain: a button that opens it, a field to search it, and the stages
 * by kind. It lies over the page and pushes nothing. Knows the stages' words, not what they do.
 */

import { button, make } from "../../common/dom.js";
import { t } from "../../common/language.js";
import { Roving } from "../../common/roving.js";
import { capital } from "../../common/words.js";
import { found } from "./order.js";

const NONE = t("No stage has these words.");
const ALL = t("All stages are on the chain.");

export class StageList {
  #stagesOf;
  #onChoose;

  /**
   * @param {() => import("../../distribution/stages/all.js").Stage[]} stagesOf  returns those that can be added
   * @param {(name: string) => void} onChoose
   */
  constructor(stagesOf, onChoose) {
    this.#stagesOf = stagesOf;
    this.#onChoose = onChoose;
    this.button = button(t("+ stage"), () => {}, "pg-chain-add");
    this.button.title = t("Adds a stage to the chain");
    this.search = make("input", "pg-input");
    Object.assign(this.search, { type: "search", placeholder: t("top-p, penalty, …"), ariaLabel: t("Find a stage") });
    this.results = make("div", "pg-stage-results");
    /** What is to be said of all stages, where some are not offered. */
    this.about = make("p", "pg-stage-about pg-muted");
    this.panel = make("div", "pg-stage-list", this.search, this.results, this.about);
    this.panel.popover = "auto";
    this.panel.role = "group";
    this.panel.ariaLabel = t("Add a stage");
    this.button.popoverTargetElement = this.panel;
    this.panel.addEventListener("beforetoggle", (event) => event.newState === "open" && this.#fill());
    this.panel.addEventListener("toggle", (event) => event.newState === "open" && this.#place());
    this.search.addEventListener("input", () => this.#find());
    this.panel.addEventListener("keydown", (event) => this.#onKey(event));
    new Roving(this.results, () => this.#items);
  }

  /** @returns {HTMLButtonElement[]} */
  get #items() {
    return Array.from(this.results.querySelectorAll("button"));
  }

  #fill() {
    this.search.value = "";
    this.#find();
  }

  #place() {
    const { left, bottom } = this.button.getBoundingClientRect();
    const fitting = Math.min(left, innerWidth - this.panel.offsetWidth - 8);
    Object.assign(this.panel.style, { left: `${Math.max(8, fitting) + scrollX}px`, top: `${bottom + 4 + scrollY}px` });
    this.search.focus({ preventScroll: true });
  }

  #find() {
    const stages = this.#stagesOf();
    const groups = found(stages, this.search.value).map(({ kind, stages: ofKind }) => {
      const group = make("div", "pg-stage-kind", make("span", "pg-stage-heading", kind), ...ofKind.map((stage) => this.#item(stage)));
      group.role = "group";
      group.ariaLabel = kind;
      return group;
    });
    const none = make("p", "pg-muted", stages.length ? NONE : ALL);
    none.role = "status";
    this.results.replaceChildren(...(groups.length ? groups : [none]));
  }

  #item({ name, label, says }) {
    const item = button("", () => this.#choose(name), "pg-stage-item");
    item.append(make("strong", "", capital(label)), " ", make("span", "", says));
    return item;
  }

  #choose(name) {
    this.panel.hidePopover();
    this.#onChoose(name);
  }

  /** Enter in the field takes the first stage that is found; the arrow key down goes to it. Escape closes the list. */
  #onKey(event) {
    if (event.key === "Escape") {
      event.preventDefault(); // the browser would only empty the field
      this.panel.hidePopover();
      this.button.focus({ preventScroll: true });
    }
    if (event.target !== this.search || !["Enter", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Enter") this.#items[0]?.click();
    else this.#items[0]?.focus();
  }
}
