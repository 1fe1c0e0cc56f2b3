/**
 * The chain of stages, in the order in which they run. Each stage that the reader uses is a card on which to work:
 * change it, switch it off, move it, remove it, explain it, and look at the distribution after it or without it. The
 * first tile is the model, with the order of the stages and the list of those that can be added.
 */

import { changeSettings } from "../../common/controls.js";
import { button, make, setText } from "../../common/dom.js";
import { select } from "../../common/fields.js";
import { closeByEscape } from "../../common/focus.js";
import { capital, deed, label, orderLabel } from "../../common/words.js";
import { isInForce, OFF, ownNames, stageOf, without } from "../../distribution/settings.js";
import { ORDERS, STAGES } from "../../distribution/stages/all.js";
import { MODEL } from "../state.js";
import { Card } from "./card.js";
import { CardSet, isSwitchedOn } from "./card_set.js";
import { letDrag } from "./dragging.js";
import { Explanation } from "./explanation.js";
import { changesOf } from "./kinds.js";
import { t, tn } from "../../common/language.js";
import { asOrder, moved, OWN, placeAfter, presetOf, TRANSFORMERS } from "./order.js";
import { StageList } from "./stage_list.js";
import { startOf } from "./starts.js";

/** @typedef {Record<string, any>} Settings */

export class Chain {
  /** Whether a stage is offered here. @type {(stage: import("../../distribution/stages/all.js").Stage) => boolean} */
  offers = () => true;
  #cards = new Map(STAGES.map((stage) => [stage.name, new Card(stage, this.#deeds())]));
  #present = new CardSet();
  #onSee;
  #onChange;
  /** @type {Parameters<Chain["show"]> | null} */
  #shown = null;
  /** Why the texts in fields are no values. @type {Map<EventTarget, string>} */
  #unread = new Map();
  #explained = "";
  #added = ""; // a stage whose card shall have the focus once it is there
  #without = "";

  /**
   * @param {(name: string) => void} onSee  called with a stage's name, or MODEL
   * @param {() => void} onChange  called when the bars must be drawn again
   */
  constructor(onSee, onChange) {
    this.#onSee = onSee;
    this.#onChange = onChange;
    this.model = button(t("model"), () => onSee(MODEL), "pg-stage-card-name");
    this.size = make("span", "pg-stage-card-left");
    this.order = select(t("Order of the stages"), [...Object.keys(ORDERS), OWN], {
      wordsOf: (order) => (order === OWN ? t("own") : orderLabel(order)),
      onChange: (chosen) => this.#reorder(chosen === OWN ? [...this.#names] : chosen),
    });
    this.list = new StageList(() => this.#toAdd, (name) => this.#add(name));
    const order = make("span", "pg-stage-card-order", t("order"));
    this.tile = make("li", "pg-stage-card pg-stage-card-model", this.model, this.size, order, this.order, this.list.button);
    this.cards = make("ol", "pg-chain-cards pg-scroll", this.tile);
    this.cards.ariaLabel = t("How the choice was made");
    this.explanation = new Explanation((setting, value) => changeSettings(changesOf(stageOf(this.#explained), setting, value)));
    /** Why stages do nothing whose values the server refuses. */
    this.refusals = make("p", "pg-chain-refusals");
    this.refusals.role = "status";
    this.spoken = make("span", "pg-unseen");
    this.spoken.role = "status";
    this.element = make("div", "pg-chain", this.cards, this.refusals, this.explanation.element, this.list.panel, this.spoken);
    this.element.addEventListener("playground:unread", (/** @type {CustomEvent} */ { target, detail }) => {
      this.#unread.set(target, detail);
      if (this.#shown) this.#sayRefusals(this.#shown[1]);
    });
    letDrag(this.cards, () => this.#inOrder.map((name) => this.#cards.get(name).element), (card, place) => this.#move(card.dataset.name, place));
    closeByEscape([this.explanation.element], () => this.#explained && this.#explain(this.#explained));
  }

  /**
   * From now on each explanation offers the stage's example. Its bars are shown without the stage too.
   *
   * @param {(example: import("./examples.js").Example) => boolean} write  writes its text; returns whether that has begun
   */
  offerExamples(write) {
    this.explanation.showExamples((example) => {
      const hasBegun = write(example);
      if (hasBegun) this.#without = this.#explained;
      return hasBegun;
    });
  }

  /** Takes up the cards of an earlier visit, and keeps those of this one. @param {string} part  the name under which they are kept */
  remember(part) {
    this.#present.remember(part, (name) => this.offers(stageOf(name)));
  }

  /** @returns {string} the stage without which the bars are shown too, "" for none */
  get without() {
    return this.#without;
  }

  /** @param {Settings} settings @returns {Settings | null} the settings without that stage, null if it is not in force */
  lacking(settings) {
    return this.#without && isInForce(settings, this.#without) ? without(settings, this.#without) : null;
  }

  /**
   * @param {number} size  the size of the vocabulary
   * @param {import("../../distribution/distribution.js").Distribution} shape  after all stages
   * @param {string} seen  the stage whose distribution is in view, or MODEL
   * @param {Settings} settings  those in view
   */
  show(size, shape, seen, settings) {
    this.#shown = [size, shape, seen, settings];
    this.#present.take(shape.stages.map(({ name }) => name), settings, Boolean(window.playgroundSettings));
    setText(this.size, tn("{n} token", "{n} tokens", size));
    this.model.title = tn("The model's own distribution: {n} token", "The model's own distribution: {n} tokens", size);
    this.model.ariaPressed = String(seen === MODEL);
    this.tile.classList.toggle("pg-stage-card-seen", seen === MODEL);
    this.order.value = presetOf(settings.order);
    this.order.classList.toggle("pg-order-other", this.order.value !== TRANSFORMERS);
    let entered = size;
    for (const stage of shape.stages) {
      if (this.#present.has(stage.name)) this.#showCard(stage, entered, shape, seen, settings);
      entered = stage.kept;
    }
    this.#place();
    this.#sayRefusals(shape);
    this.explanation.show(this.#explained ? stageOf(this.#explained) : null, settings);
  }

  #sayRefusals({ stages }) {
    for (const field of this.#unread.keys()) if (!this.element.contains(/** @type {Node} */ (field))) this.#unread.delete(field);
    const refused = stages.filter(({ refusal }) => refusal).map((stage) => capital(deed(stage)));
    const last = stages.find(({ kept }) => !kept);
    const none = last ? t("No token is left after {stage}. Choose another value for it, or switch it off.", { stage: label(last.name) }) : "";
    setText(this.refusals, [...refused, ...new Set(this.#unread.values()), none].filter(Boolean).join(" "));
  }

  #showCard(stage, entered, shape, seen, settings) {
    const { name } = stage;
    this.#cards.get(name).show({
      stage,
      entered,
      entropies: () => shape.around(name).map((left) => left.entropyBits),
      settings,
      isOn: isSwitchedOn(settings, name),
      isUsed: isInForce(settings, name),
      isSeen: name === seen,
      isExplained: name === this.#explained,
      isWithout: name === this.#without && isInForce(settings, name),
    });
  }

  /** Puts the cards in order. The one that has the focus keeps it. */
  #place() {
    const wanted = [this.tile, ...this.#inOrder.map((name) => this.#cards.get(name).element)];
    const isPlaced = wanted.length === this.cards.children.length && wanted.every((card, place) => card === this.cards.children[place]);
    const focused = document.activeElement;
    if (!isPlaced) this.cards.replaceChildren(...wanted);
    if (!isPlaced && focused instanceof HTMLElement && this.cards.contains(focused)) focused.focus({ preventScroll: true });
    const added = this.#present.has(this.#added) && this.#cards.get(this.#added);
    if (!added) return;
    this.#added = "";
    added.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    added.field.input.focus({ preventScroll: true });
  }

  /** @returns {string[]} all stages' names, in the order in which they run */
  get #names() {
    return this.#shown[1].stages.map(({ name }) => name);
  }

  /** @returns {string[]} those that are cards */
  get #inOrder() {
    return this.#names.filter((name) => this.#present.has(name));
  }

  get #toAdd() {
    return STAGES.filter((stage) => !this.#present.has(stage.name) && this.offers(stage));
  }

  /** @returns {import("./card.js").Deeds} */
  #deeds() {
    return {
      see: (name) => this.#onSee(name),
      turn: (name) => this.#turn(name, !isSwitchedOn(this.#shown[3], name)),
      move: (name, key) => this.#moveBy(name, key),
      remove: (name) => this.#remove(name),
      explain: (name) => this.#explain(name),
      without: (name) => this.#lookWithout(name),
      change: changeSettings,
    };
  }

  /**
   * A preset is chosen: the stages that it does not use leave the chain, unless the sidebar has a control for them.
   *
   * @param {Settings} settings  the preset's
   */
  clear(settings) {
    for (const name of this.#present.names) if (!stageOf(name).inSidebar && !isSwitchedOn(settings, name)) this.#forget(name);
    setText(this.spoken, ""); // it may tell of a stage that is gone
    if (this.#shown) this.#again();
  }

  #forget(name) {
    this.#present.remove(name, this.#shown?.[3] ?? {});
    if (this.#explained === name) this.#explained = "";
    if (this.#without === name) this.#without = "";
  }

  #turn(name, isOn) {
    const { setting } = stageOf(name);
    const own = ownNames(this.#shown[3], [name]);
    if (isOn) {
      const kept = this.#present.lastValues(name) ?? startOf(stageOf(name));
      const values = Object.fromEntries(Object.entries(kept).filter(([one]) => own.includes(one)));
      if (!isSwitchedOn({ ...this.#shown[3], ...values }, name)) this.#cards.get(name).field.input.focus(); // its words are the reader's
      return changeSettings(values);
    }
    this.#present.keepValues(name, this.#shown[3]);
    const isEnough = !isSwitchedOn({ ...this.#shown[3], [setting]: OFF[setting] }, name);
    changeSettings(Object.fromEntries((isEnough ? [setting] : own).map((one) => [one, OFF[one]])));
  }

  #add(name) {
    this.#present.add(name);
    this.#added = name;
    this.#turn(name, true);
    this.spoken.textContent = t("{stage} is on the chain.", { stage: label(name) });
    this.#again();
  }

  #remove(name) {
    const place = this.#inOrder.indexOf(name);
    this.#forget(name);
    if (isSwitchedOn(this.#shown[3], name)) this.#turn(name, false);
    this.#again();
    const next = this.#inOrder[Math.min(place, this.#inOrder.length - 1)];
    (next ? this.#cards.get(next).remove : this.list.button).focus({ preventScroll: true });
    this.spoken.textContent = t("{stage} is removed.", { stage: label(name) });
  }

  #moveBy(name, key) {
    const shown = this.#inOrder;
    const place = placeAfter(key, shown.indexOf(name), shown.length);
    if (place === null) return false;
    this.#move(name, place);
    return true;
  }

  #move(name, place) {
    const shown = this.#inOrder;
    const others = shown.filter((one) => one !== name);
    this.#reorder(asOrder(moved(this.#names, shown, name, place), shown));
    const told = { stage: label(name), place: place + 1, all: shown.length };
    this.spoken.textContent =
      place === 0
        ? t("{stage} is stage {place} of {all}, first.", told)
        : t("{stage} is stage {place} of {all}, after {before}.", { ...told, before: label(others[place - 1]) });
  }

  /** @param {import("./order.js").Order} order */
  #reorder(order) {
    changeSettings({ order });
  }

  #explain(name) {
    const was = this.#explained;
    this.#explained = was === name ? "" : name;
    this.#again();
    return this.#cards.get(name)?.explain;
  }

  #lookWithout(name) {
    this.#without = this.#without === name ? "" : name;
    this.#onChange();
  }

  #again() {
    this.show(...this.#shown);
  }
}
