/**
 * Shows the branches: a line of buttons to switch between texts, undo and redo, and a table that opens on demand. The
 * table has each branch's facts, and there a branch is renamed, removed and compared. Draws what it is given and
 * remembers only whether the table is open.
 */

import { lastOfUser } from "../chat/conversation.js";
import { button, make, setText } from "../common/dom.js";
import { keepFocus } from "../common/focus.js";
import { term } from "../glossary/term.js";
import { logitText, stopReason } from "../common/words.js";
import { writtenWith } from "./settings_line.js";
import { meanLogProbability, MOST_BRANCHES } from "./branches.js";
import { t, tParts } from "../common/language.js";

const COLUMNS = ["", t("Name"), t("Actions"), t("Begins"), t("Settings"), t("Mean ln p, nats"), t("Ending")];
const [MEAN, ENDING] = [5, 6];
const NAME_LENGTH = 32;
const AFRESH = t("Deletes the prompt, the settings and the texts that this browser keeps, and shows the example again");

const END = /(<[^<>]+>)+$/; // the signs at the end of what an encoder read

export class BranchList {
  #textOf;
  #on;
  #latest = null; // the branches to show in the table when it opens
  #shown = ""; // identifies what the buttons show
  #made = ""; // identifies what the table's rows show

  /**
   * @param {(id: number, trace: import("../common/trace.js").Trace) => string} textOf  returns the text of a trace's token
   * @param {object} on  callbacks for the reader's actions
   * @param {(id: string) => void} on.select
   * @param {(id: string, name: string) => void} on.rename
   * @param {(id: string) => void} on.remove
   * @param {(id: string) => void} on.compare  compares a branch with the text in view
   * @param {() => void} on.undo
   * @param {() => void} on.redo
   * @param {() => void} on.startAfresh
   */
  constructor(textOf, on) {
    this.#textOf = textOf;
    this.#on = on;
    this.line = make("ul", "pg-branch-line");
    this.line.ariaLabel = t("Branches");
    this.undo = named("↶", t("Undo"), t("Undo (Ctrl+Z)"), on.undo);
    this.redo = named("↷", t("Redo"), t("Redo (Ctrl+Shift+Z)"), on.redo);
    this.toggle = named(`${t("Branches")} ▾`, "", t("Rename, remove and compare"), () => this.#turnTable());
    this.toggle.ariaExpanded = "false";
    this.afresh = named(t("Start over"), "", AFRESH, on.startAfresh);
    this.buttons = make("span", "pg-branch-buttons", this.undo, this.redo, this.toggle, this.afresh);
    const heads = COLUMNS.map((name) => make("th", "", name));
    for (const head of heads) head.scope = "col";
    this.body = make("tbody");
    const table = make("table", "pg-table", make("thead", "", make("tr", "", ...heads)), this.body);
    table.role = "table";
    table.ariaLabel = t("Branches");
    const note = make("p", "pg-note", ...noteParts());
    /** The table. The caller places it where there is room. */
    this.table = make("div", "pg-branch-table", make("div", "pg-scroll", table), note);
    this.table.hidden = true;
  }

  /** Closes the table. @returns {HTMLElement | null} what to focus, null if it is closed already */
  close() {
    if (this.table.hidden) return null;
    this.#turnTable();
    return this.toggle;
  }

  /** @returns {HTMLElement} a button that can be pressed, beside one that cannot any more */
  get usable() {
    return [this.undo, this.redo].find((button) => !button.disabled) ?? this.toggle;
  }

  /** @returns {HTMLElement | null} the button that compares a text with the one in view, if it can be pressed */
  compareButton(id) {
    const place = this.table.hidden ? -1 : this.#latest.list.findIndex(({ trace }) => trace.id === id);
    return this.body.rows[place]?.querySelector("button:not(:disabled)") ?? null;
  }

  /** @param {import("./branches.js").Branches} branches */
  show(branches) {
    this.#latest = branches;
    const { list, inView } = branches;
    this.undo.disabled = !branches.canUndo || branches.isRunning;
    this.redo.disabled = !branches.canRedo || branches.isRunning;
    const labels = list.map((branch) => `${branch.number} ${this.nameOf(branch)}`);
    const shown = JSON.stringify([labels, list.map(({ trace }) => trace.id), inView?.id]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      const made = list.map((branch, place) => this.#item(branch, labels[place], inView));
      keepFocus(this.line, () => this.line.replaceChildren(...made), () => this.#current);
      const current = this.#current;
      if (current && list.length > 1) this.line.scrollLeft = current.parentElement.offsetLeft - this.line.offsetLeft - 24;
    }
    if (!this.table.hidden) this.#fill();
  }

  /** @returns {HTMLElement | null} the button of the text in view */
  get #current() {
    return this.line.querySelector("[aria-current]");
  }

  /** Returns a branch's name: the reader's, or the beginning of its prompt or the user's last turn, or where and how it left its parent. */
  nameOf({ trace, name }) {
    if (name) return name;
    const { origin, prompt_ids, source_ids = [], conversation } = trace.header;
    const textOf = (ids) => shortened(ids.slice(0, NAME_LENGTH).map((id) => this.#textOf(id, trace)).join(""));
    const said = conversation && lastOfUser(conversation).replace(/\s+/g, " ").trim();
    const read = source_ids.length ? source_ids : prompt_ids;
    if (!origin) return said ? shortened(said) : textOf(read).replaceAll("·", " ").replace(source_ids.length ? END : "", "").trim();
    const forced = trace.steps.slice(origin.index).filter((step) => step.forced);
    if (trace.steps[origin.index] && !forced.length) return t("from step {step}", { step: origin.index + 1 });
    return t("step {step}: {text}", { step: origin.index + 1, text: textOf(forced.map((step) => step.token_id)) });
  }

  #item({ trace, depth }, label, inView) {
    const chosen = named(`${depth ? "↳ " : ""}${label}`, "", label, () => this.#on.select(trace.id));
    if (trace === inView) chosen.ariaCurrent = "true";
    return make("li", "", chosen);
  }

  #turnTable() {
    this.table.hidden = !this.table.hidden;
    this.toggle.ariaExpanded = String(!this.table.hidden);
    setText(this.toggle, `${t("Branches")} ${this.table.hidden ? "▾" : "▴"}`);
    if (this.#latest) this.show(this.#latest);
  }

  /**
   * Fills the table. It makes new rows only when the list has changed, because a press on a replaced button is lost.
   */
  #fill() {
    const { list, inView, isRunning } = this.#latest;
    const made = `${this.#shown} ${isRunning}`;
    if (made !== this.#made) {
      this.#made = made;
      const focused = this.body.contains(document.activeElement) ? document.activeElement.ariaLabel : null;
      const rows = list.map((branch) => this.#row(branch, inView, list.length, isRunning));
      keepFocus(this.body, () => this.body.replaceChildren(...rows), () => this.#control(focused) ?? this.toggle);
    }
    list.forEach(({ trace }, place) => {
      const mean = meanLogProbability(trace);
      setText(this.body.rows[place].cells[MEAN], mean === null ? "" : logitText(mean));
      setText(this.body.rows[place].cells[ENDING], stopReason(trace.latest.stop_reason));
    });
  }

  /** @returns {HTMLElement | undefined} the control of the table with this name, if it can be used */
  #control(name) {
    /** @type {NodeListOf<HTMLElement>} */
    const controls = this.body.querySelectorAll("input, button:not(:disabled)");
    return Array.from(controls).find((control) => control.ariaLabel === name);
  }

  #row(branch, inView, size, isRunning) {
    const { trace, number, depth, parent } = branch;
    const { id, header } = trace;
    const own = this.nameOf({ ...branch, name: "" });
    const name = make("input", "pg-input");
    name.value = branch.name || own;
    name.ariaLabel = t("Name of branch {number}", { number });
    name.maxLength = 80;
    name.addEventListener("change", () => {
      const given = name.value.trim();
      if (!given) name.value = own;
      this.#on.rename(id, given === own ? "" : given);
    });
    const compare = named(t("Compare"), t("Compare branch {number} with the text in view", { number }), "", () => this.#on.compare(id));
    const remove = named(t("Remove"), t("Remove branch {number}", { number }), "", () => this.#on.remove(id));
    compare.disabled = trace === inView || isRunning;
    remove.disabled = size === 1 || isRunning;
    const place = `${depth ? "↳ " : ""}${number}`;
    const cells = [[place], [name], [compare, " ", remove], [beginning(header.origin, parent)], [writtenWith(header.settings)], [], []];
    const row = make("tr", trace === inView ? "pg-drawn" : "", ...cells.map((parts) => make("td", "", ...parts)));
    if (trace === inView) row.ariaCurrent = "true";
    return row;
  }
}

/** What the table's numbers mean, and how many texts it holds. */
const noteParts = () =>
  tParts(
    "Mean ln p is the mean {logprob} per token, in {nats}; p is the model's own, unscaled probability. The list keeps {most} {branches}, " +
      "and a new one then replaces the oldest.",
    {
      logprob: term("log-probability", t("log-probability")),
      nats: term("nats", t("nats")),
      most: MOST_BRANCHES,
      branches: term("branch", t("branches")),
    },
  );

/** @param {{index: number} | null} origin @param {number | null} parent  its number, null if it is not listed */
function beginning(origin, parent) {
  if (!origin) return t("with its prompt");
  const step = origin.index + 1;
  if (parent === null) return t("at step {step} of a text no longer listed", { step });
  return t("at step {step} of {branch}", { step, branch: parent });
}

function named(text, name, title, onClick) {
  const made = button(text, onClick);
  if (name) made.ariaLabel = name;
  if (title) made.title = title;
  return made;
}

function shortened(text) {
  const characters = [...text];
  return characters.length > NAME_LENGTH ? `${characters.slice(0, NAME_LENGTH - 1).join("")}…` : text;
}
