/**
 * The sidebar's editor of a conversation: a system text, the turns before the prompt, and the chat template's own
 * switches. The prompt itself is the user's last turn. What is not used yet is folded to a link. Knows conversations.
 * Does not know what the template makes of them.
 *
 * @typedef {object} Switch  a variable of the template
 * @property {string} name
 * @property {"truth" | "number" | "text" | "json"} kind
 * @property {string[]} choices  texts with which the template compares it
 *
 * @typedef {import("./conversation.js").Around} Around
 * @typedef {import("./conversation.js").Written} Written
 */

import { labelled, select } from "../common/fields.js";
import { button, make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { promptInSidebar, typePrompt } from "../common/controls.js";
import { whileMounted } from "../common/while_mounted.js";
import { chosenFacts } from "../models/models.js";
import { apart, nextRole, tellAround, together, usableAround } from "./conversation.js";
import { TurnRow, area } from "./turn_row.js";

const LEFT = t("the template's own");
const HINTS = { truth: LEFT, number: LEFT, text: LEFT, json: t("JSON, such as {example}", { example: '[{"name": "…"}]' }) };

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: Around}} props
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, watch) {
  /** @type {ConversationEditor} */
  let editor;
  const begin = () => {
    const { switches = [], reads_tool_calls = false } = chosenFacts() ?? {};
    editor = new ConversationEditor(switches, reads_tool_calls, (around) => {
      props.value = around;
    });
    element.replaceChildren(editor.element);
    editor.show(props.value);
  };
  begin();
  watch("value", () => editor.show(props.value));
  const mounted = whileMounted(element);
  mounted.onDocument("playground:model", begin);
  mounted.onDocument("playground:replaced", (event) => editor.offer(event.detail));
}

const PAUSE_MS = 500; // of the keys, before a sentence about the text appears

/**
 * Shows why the template refuses the conversation, or which words the model does not know. Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: string}} props  the sentence, "" if there is none
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mountRefusal(element, props, watch) {
  const notice = make("p", "pg-notice");
  notice.role = "status";
  element.replaceChildren(make("div", "pg-root", notice));
  let waiting = 0;
  const show = () => setText(notice, props.value);
  watch("value", () => {
    clearTimeout(waiting); // a word that is not finished yet is no mistake
    if (props.value) waiting = setTimeout(show, PAUSE_MS);
    else show();
  });
  show();
}

export class ConversationEditor {
  /** @type {Map<string, HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>} */
  #fields = new Map();
  /** @type {TurnRow[]} */
  #rows = [];
  /** @type {Written | null} what stood here before a text's conversation replaced it */
  #former = null;
  #readsCalls;
  #onChange;
  #shown = "";

  /**
   * @param {Switch[]} switches
   * @param {boolean} readsCalls  whether the template reads the calls of tools
   * @param {(around: Around) => void} onChange  called when the reader has changed something
   */
  constructor(switches, readsCalls, onChange) {
    this.#readsCalls = readsCalls;
    this.#onChange = onChange;
    for (const one of switches) this.#fields.set(one.name, fieldOf(one));
    this.system = area(t("No system text"));
    this.systemField = labelled(t("System text"), this.system);
    this.turns = make("ol", "pg-chat-turns");
    this.turns.ariaLabel = t("Turns before the prompt");
    this.switches = this.#switches();
    this.used = make("div", "pg-chat-used", this.systemField, this.turns, this.switches);
    this.openSystem = button(t("System text"), () => this.#openSystem(), "pg-link");
    this.add = button(t("Add a turn"), () => this.#add(), "pg-link");
    this.add.title = t("Adds a turn before the prompt, which is the user's last one");
    this.turnSwitches = button("", () => this.#turnSwitches(), "pg-link");
    this.turnSwitches.title = t("Shows or hides the switches of this model's chat template; the number says how many are set");
    this.turnSwitches.hidden = !switches.length;
    const links = make("div", "pg-chat-links", this.openSystem, this.add, this.turnSwitches);
    this.element = make("section", "pg-root pg-chat", this.used, links, this.#replaced(), this.#last());
    this.element.ariaLabel = t("Conversation");
    for (const type of ["input", "change"]) this.element.addEventListener(type, () => this.#tell());
  }

  /** @param {unknown} value  what stands around the prompt; what cannot be shown is left out */
  show(value) {
    const told = usableAround(value);
    const fields = Object.entries(told.fields).filter(([name]) => this.#fields.has(name)); // another model's are left out
    const around = { ...told, fields: Object.fromEntries(fields) };
    tellAround(around);
    const text = JSON.stringify(around);
    if (text !== this.#shown) this.#fill(around); // else the reader's own change comes back
    this.#shown = text;
    if (fields.length < Object.keys(told.fields).length) this.#onChange(around);
  }

  /** Offers to bring back what a text's conversation has replaced. @param {Written} former */
  offer(former) {
    this.#former = former;
    this.replaced.hidden = false;
  }

  #fill({ earlier, fields }) {
    const { system, turns } = apart(earlier);
    this.system.value = system;
    this.#rows = turns.map((turn) => this.#row(turn));
    this.#number();
    for (const [name, field] of this.#fields) field.value = fields[name] ?? "";
    if (system) this.systemField.hidden = false;
    this.#showLinks();
    this.used.scrollTop = this.used.scrollHeight; // the newest turns, which the prompt follows
  }

  /** @returns {Around} */
  get #around() {
    const fields = [...this.#fields].map(([name, field]) => [name, field.value]).filter(([, text]) => text);
    return { earlier: together(this.system.value, this.#rows.map(({ turn }) => turn)), fields: Object.fromEntries(fields) };
  }

  #switches() {
    const group = make("div", "pg-chat-switches", make("span", "pg-muted", t("Switches of this model's chat template")));
    for (const [name, field] of this.#fields) group.append(labelled(name, field));
    this.systemField.hidden = group.hidden = true;
    return group;
  }

  /** @returns {HTMLElement} the line that says that what was written here was replaced */
  #replaced() {
    const back = button(t("Bring it back"), () => this.#bringBack(), "pg-link");
    back.title = t("Brings back the prompt and the turns that stood here. Press again for the others.");
    const says = make("span", "pg-muted", t("Your text was replaced."));
    says.role = "status";
    this.replaced = make("div", "pg-chat-links", says, back);
    this.replaced.hidden = true;
    return this.replaced;
  }

  /** @returns {HTMLElement} the line above the prompt, with the prompt's name where the field stands below it */
  #last() {
    const name = make("span", "pg-chat-prompt-name", t("Prompt"));
    name.ariaHidden = "true"; // the field has its own name
    const converse = () => document.dispatchEvent(new CustomEvent("playground:converse"));
    const next = button(t("Continue the conversation"), converse, "pg-link pg-chat-converse");
    next.title = t("Takes the text in view as the assistant's turn, and frees the prompt for the user's next one");
    return make("div", "pg-chat-last", name, next);
  }

  #openSystem() {
    this.systemField.hidden = false;
    this.#showLinks();
    this.system.focus();
  }

  #turnSwitches() {
    this.switches.hidden = !this.switches.hidden;
    this.#showLinks();
    if (!this.switches.hidden) [...this.#fields.values()][0].focus();
  }

  /** Shows what the links open. A switch that is set is in force also while it is hidden, so the link counts them. */
  #showLinks() {
    const set = [...this.#fields.values()].filter(({ value }) => value.trim()).length;
    this.openSystem.hidden = !this.systemField.hidden;
    this.turnSwitches.ariaExpanded = String(!this.switches.hidden);
    setText(this.turnSwitches, set ? t("Switches ({n})", { n: set }) : t("Switches"));
  }

  #bringBack() {
    const [former, now] = [this.#former, promptInSidebar()];
    this.#former = now;
    typePrompt(former);
    this.#fill(former);
    this.#tell();
  }

  #tell() {
    this.#showLinks();
    const around = this.#around;
    this.#shown = JSON.stringify(around);
    tellAround(around);
    this.#onChange(around);
  }

  #add() {
    const row = this.#row({ role: nextRole(this.#rows.map(({ turn }) => turn)), content: "" });
    this.#rows.push(row);
    this.#number();
    row.text.focus();
    this.#tell();
  }

  #remove(row) {
    const place = this.#rows.indexOf(row);
    this.#rows.splice(place, 1);
    this.#number();
    (this.#rows[Math.min(place, this.#rows.length - 1)]?.remove ?? this.add).focus();
    this.#tell();
  }

  #row(turn) {
    const row = new TurnRow(turn, this.#readsCalls, () => this.#remove(row));
    return row;
  }

  /** Shows the rows, each named by its place. */
  #number() {
    this.turns.replaceChildren(...this.#rows.map(({ element }) => element));
    for (const [place, row] of this.#rows.entries()) row.number(place + 1);
  }
}

/** @param {Switch} one */
function fieldOf({ name, kind, choices }) {
  if (kind === "truth") return select(name, ["", "true", "false"], { wordsOf: (value) => value || LEFT });
  if (kind === "json") return area(HINTS.json);
  const input = make("input", "pg-entry");
  Object.assign(input, { type: "text", placeholder: HINTS[kind], autocomplete: "off", inputMode: kind === "number" ? "decimal" : "" });
  if (!choices.length) return input;
  const list = make("datalist", "", ...choices.map((choice) => Object.assign(make("option"), { value: choice })));
  list.id = `pg-chat-${name}`;
  input.setAttribute("list", list.id);
  document.body.append(list);
  return input;
}
