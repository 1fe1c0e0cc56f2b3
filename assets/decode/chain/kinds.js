/**
 * The kinds of a constraint, each with a setting of its own, of which one holds at a time. Chooses the kind, and shows its
 * field. Knows no card.
 */

import { make } from "../../common/dom.js";
import { select } from "../../common/fields.js";
import { fieldOf } from "./fields.js";
import { t } from "../../common/language.js";
import { startOf } from "./starts.js";

/** @typedef {import("../../distribution/stages/all.js").Stage} Stage */

/**
 * @param {Stage} stage
 * @param {string} setting  one of its settings, which gets a value
 * @param {unknown} value
 * @returns {Record<string, unknown>} what changes with it: one kind of a constraint clears the others
 */
export function changesOf({ kind, parameters }, setting, value) {
  const others = kind === "constraint" && value !== null ? parameters.map(({ name, start }) => [name, start]) : [];
  return { ...Object.fromEntries(others), [setting]: value };
}

/** The choice of a constraint's kind, and the field of that kind. The other kinds keep what they held. */
export class KindsField {
  range = null;
  #kind;
  /** @type {Record<string, any>} the last value of each kind, by its name */
  #last = {};
  /** @type {Map<string, import("./fields.js").Field>} by the kind */
  #fields;

  /** @param {Stage} stage @param {(values: Record<string, unknown>) => void} onChange */
  constructor(stage, onChange) {
    const { parameters } = stage;
    const labels = new Map(parameters.map(({ name, label }) => [name, label]));
    const tell = (kind, value) => {
      this.#last[kind] = value;
      onChange(changesOf(stage, kind, value));
    };
    this.#fields = new Map(parameters.map((one) => [one.name, fieldOf(one, one.label, (value) => tell(one.name, value))]));
    this.kinds = select(t("kind"), [...labels.keys()], {
      wordsOf: (kind) => labels.get(kind),
      onChange: (kind) => {
        this.#see(kind);
        tell(kind, this.#last[kind] ?? startOf(stage, kind)[kind]);
      },
    });
    this.elements = [make("div", "pg-field-kinds", this.kinds, ...Array.from(this.#fields.values(), ({ input }) => input))];
    this.#see(Object.keys(startOf(stage))[0]);
  }

  /** The field of the chosen kind. */
  get input() {
    return this.#fields.get(this.#kind).input;
  }

  /** @param {Record<string, any>} settings  where no kind has a value, the chosen one shows its last one */
  show(settings) {
    const given = Object.fromEntries([...this.#fields.keys()].filter((kind) => (settings[kind] ?? null) !== null).map((kind) => [kind, settings[kind]]));
    Object.assign(this.#last, given);
    const [kind = this.#kind] = Object.keys(given);
    if (kind !== this.#kind) this.#see(kind);
    this.#fields.get(kind).show(this.#last[kind] ?? null);
  }

  /** @param {string} sentence  why the server refuses the value of the chosen kind, "" if it takes it */
  refuse(sentence) {
    for (const [kind, field] of this.#fields) field.refuse(kind === this.#kind ? sentence : "");
  }

  #see(kind) {
    this.#kind = kind;
    this.kinds.value = kind;
    for (const [name, { input }] of this.#fields) input.hidden = name !== kind;
  }
}
