/**
 * One stage of the chain as a card: its name, its switch, its first value, what entered and left it, and the buttons that
 * explain it, remove it and show the bars without it. Shows what it is given; its deeds are the chain's.
 *
 * @typedef {import("../../distribution/stages/all.js").Stage} Entry
 *
 * @typedef {object} Deeds  what the reader does to the stage of this name
 * @property {(name: string) => void} see  looks at the distribution after it
 * @property {(name: string) => void} turn  switches it on or off
 * @property {(name: string, key: string) => boolean} move  presses a key on its handle; returns whether the key moves it
 * @property {(name: string) => void} remove
 * @property {(name: string) => void} explain  opens or closes its explanation
 * @property {(name: string) => void} without  looks at the bars without it, or no longer
 * @property {(values: Record<string, unknown>) => void} change  gives some of its settings values
 */

import { button, make, setText } from "../../common/dom.js";
import { cardFacts, deed, label, shortLabel } from "../../common/words.js";
import { fieldOf } from "./fields.js";
import { KindsField } from "./kinds.js";
import { t } from "../../common/language.js";

const MOVES = t("Drag it, or press an arrow key.");

export class Card {
  /** @param {Entry} stage @param {Deeds} deeds */
  constructor(stage, deeds) {
    const { name } = stage;
    const called = label(name);
    this.name = name;
    this.isServed = stage.isServed;
    this.handle = button("⠿", () => {}, "pg-stage-card-handle");
    named(this.handle, t("Move {stage}", { stage: called }), MOVES);
    this.handle.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      if (event.key === "Delete") deeds.remove(name);
      else if (!deeds.move(name, event.key)) return;
      event.preventDefault();
    });
    this.see = button(shortLabel(name), () => deeds.see(name), "pg-stage-card-name");
    this.switch = button("", () => deeds.turn(name), "pg-stage-card-switch");
    this.switch.role = "switch";
    this.field = firstField(stage, deeds.change);
    this.explain = button("?", () => deeds.explain(name), "pg-stage-card-sign pg-stage-card-explain");
    named(this.explain, t("Explain {stage}", { stage: called }));
    this.remove = button("✕", () => deeds.remove(name), "pg-stage-card-sign pg-stage-card-remove");
    named(this.remove, t("Remove {stage}", { stage: called }));
    this.left = make("span", "pg-stage-card-left");
    this.fact = make("span", "pg-stage-card-fact");
    this.without = button(t("if off"), () => deeds.without(name), "pg-stage-card-without");
    named(this.without, t("What if off: {stage}", { stage: called }), t("Shows the bars without this stage as a second outline."));
    const parts = [this.handle, this.see, this.switch, ...this.field.elements, this.explain, this.remove];
    const facts = make("span", "pg-stage-card-facts", this.left, this.fact);
    const group = make("div", "pg-stage-card-group", ...parts, facts, this.without);
    group.role = "group";
    group.ariaLabel = called;
    this.element = make("li", "pg-stage-card", group);
    this.element.dataset.name = name;
  }

  /**
   * @param {object} shown
   * @param {import("../../distribution/distribution.js").Stage} shown.stage  what it did
   * @param {number} shown.entered  the number of tokens that entered it
   * @param {() => [number, number]} shown.entropies  returns those before and after it, in bits
   * @param {Record<string, any>} shown.settings  those in view
   * @param {boolean} shown.isOn  whether its settings switch it on
   * @param {boolean} shown.isUsed  whether the strategy looks at it too
   * @param {boolean} shown.isSeen  whether the bars show the distribution after it
   * @param {boolean} shown.isExplained
   * @param {boolean} shown.isWithout  whether the bars show the distribution without it too
   */
  show({ stage, entered, entropies, settings, isOn, isUsed, isSeen, isExplained, isWithout }) {
    this.field.show(settings);
    this.field.refuse((isUsed && stage.refusal) || "");
    const [left, fact] = isUsed ? cardFacts(stage, entered, entropies) : [isOn ? t("not used here") : t("off"), ""];
    setText(this.left, left);
    setText(this.fact, fact);
    this.switch.ariaChecked = String(isOn);
    named(this.switch, t("{stage} on", { stage: label(this.name) }));
    this.see.disabled = !isUsed;
    this.see.title = isOn && !isUsed ? t("{stage} is not used by this strategy", { stage: label(this.name) }) : this.#deed(stage, isUsed);
    this.see.ariaPressed = String(isSeen);
    this.explain.ariaExpanded = String(isExplained);
    this.without.ariaPressed = String(isWithout);
    this.without.disabled = !isUsed;
    this.element.classList.toggle("pg-stage-card-off", !isUsed);
    this.element.classList.toggle("pg-stage-card-seen", isSeen);
    this.element.classList.toggle("pg-stage-card-refused", isUsed && Boolean(stage.refusal));
  }

  #deed(stage, isUsed) {
    const done = deed({ ...stage, off: !isUsed });
    return this.isServed ? t("{deed}, computed by the server", { deed: done }) : done;
  }
}

/** The field of a stage's first setting; of a constraint, that of the kind that holds. */
function firstField(stage, change) {
  if (stage.kind === "constraint") return new KindsField(stage, change);
  const [{ name, start }] = stage.parameters;
  const field = fieldOf(stage.parameters[0], t("value"), (value) => change({ [name]: value }));
  return {
    elements: [field.input, ...(field.range ? [field.range] : [])],
    input: field.input,
    show: (settings) => field.show(settings[name] ?? start),
    refuse: (sentence) => field.refuse(sentence),
  };
}

/** Gives a button its name for a screen reader, and a sentence for the mouse. */
function named(element, name, says = name) {
  if (element.ariaLabel !== name) element.ariaLabel = name;
  if (element.title !== says) element.title = says;
}
