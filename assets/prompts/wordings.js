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
    this.fields = ["Wording A", "Wording B"].map((label) => {
      const field = make("input", "pg-prompts-field");
      field.type = "text";
      field.ariaLabel = label;
      return field;
    });
    this.shots = make("select", "pg-select", ...[0, 1, 2, 4, 8].map((shots) => make("option", "", String(shots))));
    this.start = button("Compare the wordings", () => this.#compare(onCompare, onRefuse));
    this.status = make("span", "pg-muted");
    this.status.role = "status";
    this.verdict = make("p");
    this.verdict.role = "status";
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.differing = table("Items on which the wordings differ");
    const [a, b] = this.fields;
    const row = make("div", "pg-prompts-task-row", labelled("Wording A", a, "pg-prompts-wide"), labelled("Wording B", b, "pg-prompts-wide"), labelled("Shots", this.shots));
    const about = make("p", "pg-muted", "Both wordings are tried on the labelled set above, with the same examples. An empty A is the task's own instruction.");
    const bar = make("div", "pg-prompts-run-bar", this.start, this.status);
    this.element = make("div", "pg-prompts-evaluation", row, about, bar, this.notice, this.verdict, scroller("Items on which the wordings differ", this.differing));
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
    if (found?.items) this.#tell(found, state.hasChoice ? `With ${model}, ` : "");
    else if (found) setText(this.verdict, "No item was tried with both wordings.");
  }

  /** @param {Comparison} found @param {string} model  how the sentence begins */
  #tell({ items, right, only_first, only_second, p, differing }, model) {
    const [a, b] = right.map((count) => `${count} of ${items} (${percent(count / items)})`);
    const is = p < 0.05 ? "Chance alone hardly explains this difference" : "Chance alone may explain this difference";
    setText(
      this.verdict,
      `${model}A is right on ${a}, B on ${b}. Only A is right on ${only_first}, only B on ${only_second}. ` +
        `${is} (McNemar's exact test, p = ${p.toFixed(3)}).`,
    );
    const rows = differing.map(({ input, answer, said }) => [opener(input, this.#onItem), answer, ...said]);
    fill(this.differing, ["Item on which they differ", "Correct", "A predicts", "B predicts"], rows);
  }

  #compare(onCompare, onRefuse) {
    const [a, b] = this.fields.map((field) => field.value);
    if (!b || a === b) return onRefuse("Write two wordings that differ.");
    onCompare([a, b], Number(this.shots.value));
  }
}
