/**
 * Compares two wordings of the instruction over the same labelled set, and lists the items on which they differ.
 *
 * @typedef {object} Comparison  over the items on which both wordings were tried
 * @property {number} items  how many
 * @property {number[]} right  on how many each wording was right
 * @property {number} only_first  on how many only the first was right
 * @property {number} only_second
 * @property {number} p  of McNemar's test
 * @property {{input: string, answer: string, said: string[]}[]} differing  the items on which one of them was right
 */

import { button, make, setText } from "../common/dom.js";
import { fixed, t } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { percent } from "../common/words.js";
import { labelled } from "./fields.js";
import { fill, opener, table } from "./result_tables.js";

export class Wordings {
  #onItem;
  #shown = null; // the comparison in view

  /**
   * @param {(wordings: [string, string], shots: number) => void} onCompare  "" stands for the task's own instruction
   * @param {(sentence: string) => void} onRefuse  called when the wordings cannot be compared
   * @param {(input: string) => void} onItem  called when the reader opens an item
   */
  constructor(onCompare, onRefuse, onItem) {
    this.#onItem = onItem;
    this.fields = [t("Wording A"), t("Wording B")].map((label) => {
      const field = make("input", "pg-prompts-field");
      field.type = "text";
      field.ariaLabel = label;
      return field;
    });
    this.shots = make("select", "pg-select", ...[0, 1, 2, 4, 8].map((shots) => make("option", "", String(shots))));
    this.start = button(t("Compare the wordings"), () => this.#compare(onCompare, onRefuse));
    this.status = make("span", "pg-muted");
    this.status.role = "status";
    this.verdict = make("p");
    this.verdict.role = "status";
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.differing = table(t("Items on which the wordings differ"));
    const [a, b] = this.fields;
    const row = make("div", "pg-prompts-task-row", labelled(t("Wording A"), a, "pg-prompts-wide"), labelled(t("Wording B"), b, "pg-prompts-wide"), labelled(t("Shots"), this.shots));
    const about = make("p", "pg-muted", t("Both wordings are tried on the labelled set above, with the same examples. An empty A is the task's own instruction."));
    const bar = make("div", "pg-prompts-run-bar", this.start, this.status);
    this.element = make("div", "pg-prompts-evaluation", row, about, bar, this.notice, this.verdict, scroller(t("Items on which the wordings differ"), this.differing));
  }

  /** @param {import("./evaluation_state.js").EvaluationState} state */
  show(state) {
    setText(this.status, state.progressOf("wordings"));
    setText(this.notice, state.noticeOf("wordings"));
    if (state.kind !== "wordings") return; // the latest comparison stays
    const [{ model, wordings, ended }] = state.parts;
    const found = ended ? wordings : null;
    if (found === this.#shown) return;
    this.#shown = found;
    setText(this.verdict, "");
    fill(this.differing, [], []);
    if (found?.items) this.#tell(found, state.hasChoice ? model : "");
    else if (found) setText(this.verdict, t("No item was tried with both wordings."));
  }

  /** @param {Comparison} found @param {string} model  "" if there is only one */
  #tell({ items, right, only_first, only_second, p, differing }, model) {
    const [a, b] = right.map((number) => t("{right} of {items} ({share})", { right: number, items, share: percent(number / items) }));
    const only = t("Only A is right on {a}, only B on {b}.", { a: only_first, b: only_second });
    setText(this.verdict, [model ? t("With {model}, A is right on {a}, B on {b}.", { model, a, b }) : t("A is right on {a}, B on {b}.", { a, b }), only, chance(p)].join(" "));
    const rows = differing.map(({ input, answer, said }) => [opener(input, this.#onItem), answer, ...said]);
    fill(this.differing, [t("Item on which they differ"), t("Correct"), t("A predicts"), t("B predicts")], rows);
  }

  #compare(onCompare, onRefuse) {
    const [a, b] = this.fields.map((field) => field.value);
    if (!b || a === b) return onRefuse(t("Write two wordings that differ."));
    onCompare([a, b], Number(this.shots.value));
  }
}

/** @param {number} p  of McNemar's test */
const chance = (p) =>
  p < 0.05
    ? t("Chance alone hardly explains this difference (McNemar's exact test, p = {p}).", { p: fixed(p, 3) })
    : t("Chance alone may explain this difference (McNemar's exact test, p = {p}).", { p: fixed(p, 3) });
