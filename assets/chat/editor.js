/**
 * The sidebar's editor of a conversation: a system text, the turns before the prompt, and the chat template's own
 * switches. The prompt itself is the user's last turn. Knows conversations. Does not know what the template makes of
 * them.
 *
 * @typedef {object} Switch  a variable of the template
 * @property {string} name
 * @property {"truth" | "number" | "text" | "json"} kind
 * @property {string[]} choices  texts with which the template compares it
 *
 * @typedef {import("./conversation.js").Around} Around
 */

import { labelled, select } from "../common/fields.js";
import { button, make, setText } from "../common/dom.js";
import { apart, nextRole, ROLES, tellAround, together, usableAround } from "./conversation.js";

const LEFT = "the template's own";
const HINTS = { truth: LEFT, number: LEFT, text: LEFT, json: "JSON, such as [{\"name\": \"…\"}]" };

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: Around, switches: Switch[]}} props
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, watch) {
  const editor = new ConversationEditor(props.switches, (around) => {
    props.value = around;
  });
  element.replaceChildren(editor.element);
  watch("value", () => editor.show(props.value));
  editor.show(props.value);
}

/**
 * Shows why the template refuses the conversation. Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: string}} props  the sentence, "" if there is none
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mountRefusal(element, props, watch) {
  const notice = make("p", "pg-notice");
  notice.role = "status";
  element.replaceChildren(make("div", "pg-root", notice));
  const show = () => setText(notice, props.value);
  watch("value", show);
  show();
}

export class ConversationEditor {
  /** @type {Map<string, HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>} */
  #fields = new Map();
  #onChange;
  #shown = "";

  /**
   * @param {Switch[]} switches
   * @param {(around: Around) => void} onChange  called when the reader has changed something
   */
  constructor(switches, onChange) {
    this.#onChange = onChange;
    this.system = area("No system text");
    this.turns = make("ol", "pg-chat-turns");
    this.turns.ariaLabel = "Turns before the prompt";
    this.add = button("Add a turn", () => this.#add(), "pg-link");
    this.add.title = "Adds a turn before the prompt, which is the user's last one";
    const converse = () => document.dispatchEvent(new CustomEvent("playground:converse"));
    this.converse = button("Continue the conversation", converse, "pg-link pg-chat-converse");
    this.converse.title = "Takes the text in view as the assistant's turn, and frees the prompt for the user's next one";
    for (const one of switches) this.#fields.set(one.name, fieldOf(one));
    const buttons = make("div", "pg-chat-buttons", this.add, this.converse);
    this.element = make("section", "pg-root pg-chat", labelled("System text", this.system), this.turns, buttons);
    if (switches.length) this.element.append(this.#switches());
    this.element.ariaLabel = "Conversation";
    for (const type of ["input", "change"]) this.element.addEventListener(type, () => this.#tell());
  }

  /** @param {unknown} value  what stands around the prompt; what cannot be shown is left out */
  show(value) {
    const around = usableAround(value);
    tellAround(around);
    const text = JSON.stringify(around);
    if (text === this.#shown) return; // the reader's own change comes back
    this.#shown = text;
    const { system, turns } = apart(around.earlier);
    this.system.value = system;
    this.turns.replaceChildren(...turns.map((turn) => this.#row(turn)));
    this.#number();
    for (const [name, field] of this.#fields) field.value = around.fields[name] ?? "";
  }

  /** @returns {Around} */
  get #around() {
    const fields = [...this.#fields].map(([name, field]) => [name, field.value]).filter(([, text]) => text);
    return { earlier: together(this.system.value, this.#turns), fields: Object.fromEntries(fields) };
  }

  /** @returns {import("./conversation.js").Turn[]} */
  get #turns() {
    return [...this.turns.children].map((row) => ({
      role: row.querySelector("select").value,
      content: row.querySelector("textarea").value,
    }));
  }

  #switches() {
    const group = make("div", "pg-chat-switches", make("span", "pg-muted", "Switches of this model's chat template"));
    for (const [name, field] of this.#fields) group.append(labelled(name, field));
    return group;
  }

  #tell() {
    const around = this.#around;
    this.#shown = JSON.stringify(around);
    tellAround(around);
    this.#onChange(around);
  }

  #add() {
    const row = this.#row({ role: nextRole(this.#turns), content: "" });
    this.turns.append(row);
    this.#number();
    row.querySelector("textarea").focus();
    this.#tell();
  }

  #remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.#number();
    (next?.querySelector("button") ?? this.add).focus();
    this.#tell();
  }

  #row({ role, content }) {
    const roles = select("", ROLES);
    roles.value = role;
    const text = area("");
    text.value = content;
    const row = make("li", "pg-chat-turn", roles, text);
    roles.after(button("Remove", () => this.#remove(row), "pg-link"));
    return row;
  }

  /** Names the parts of each row by its place. */
  #number() {
    for (const [place, row] of [...this.turns.children].entries()) {
      row.querySelector("select").ariaLabel = `Who speaks in turn ${place + 1}`;
      row.querySelector("textarea").ariaLabel = `Text of turn ${place + 1}`;
      row.querySelector("button").ariaLabel = `Remove turn ${place + 1}`;
    }
  }
}

/** @param {string} hint */
function area(hint) {
  const element = make("textarea", "pg-entry");
  Object.assign(element, { rows: 1, placeholder: hint });
  return element;
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
