/**
 * Which stages are cards of the chain, and the values that each had when it was last on. The browser keeps both, so that a
 * reload finds them again. Knows settings, not the page's elements.
 *
 * @typedef {Record<string, any>} Settings
 */

import { keep, kept } from "../../common/keeping.js";
import { isInForce, OFF, stageOf, usable } from "../../distribution/settings.js";

/** @param {Settings} settings @param {string} name @returns {boolean} whether they switch a stage on, if the strategy looks at it */
export const isSwitchedOn = (settings, name) => isInForce({ ...settings, strategy: "sample" }, name);

export class CardSet {
  /** The stages that are cards: those in use, and those that the reader added. @type {Set<string>} */
  #present = new Set();
  /** Removed stages whose settings are not told yet. @type {Set<string>} */
  #leaving = new Set();
  /** The last values of each stage with which it was on. @type {Map<string, Settings>} */
  #values = new Map();
  #part = ""; // under which the browser keeps them

  /**
   * Takes up the cards of an earlier visit, and keeps those of this one. Where the address has a link, the link says what
   * is on the chain.
   *
   * @param {string} part  the name under which the browser keeps them
   * @param {(name: string) => boolean} offers  whether a stage may be a card here
   */
  remember(part, offers) {
    this.#part = part;
    if (location.hash.includes("=")) return;
    const { cards = [], values = {} } = Object(kept(part));
    this.#present = new Set((Array.isArray(cards) ? cards : []).filter((name) => stageOf(name) && offers(name)));
    this.#values = new Map(Object.entries(Object(values)).filter(([name, one]) => stageOf(name) && areUsable(one)));
  }

  /** @param {string} name */
  has(name) {
    return this.#present.has(name);
  }

  /** @returns {string[]} */
  get names() {
    return [...this.#present];
  }

  /** @param {string} name  that of a stage which the reader adds */
  add(name) {
    this.#present.add(name);
  }

  /** @param {string} name @param {Settings} settings  those in view, which may switch the stage on until others are told */
  remove(name, settings) {
    this.#present.delete(name);
    if (isSwitchedOn(settings, name)) this.#leaving.add(name);
  }

  /** @param {string} name @returns {Settings | undefined} the values of its settings when it was last on */
  lastValues(name) {
    return this.#values.get(name);
  }

  /** Keeps the values that switch a stage on. @param {string} name @param {Settings} settings */
  keepValues(name, settings) {
    this.#values.set(name, Object.fromEntries(stageOf(name).parameters.map((one) => [one.name, settings[one.name] ?? OFF[one.name]])));
  }

  /**
   * Makes cards of the stages in use.
   *
   * @param {string[]} names  those of all stages @param {Settings} settings  those in view
   * @param {boolean} areReaders  whether these are the reader's, and not those of a text
   */
  take(names, settings, areReaders) {
    for (const name of names) {
      if (!isSwitchedOn(settings, name)) {
        this.#leaving.delete(name);
        continue;
      }
      if (areReaders) this.keepValues(name, settings);
      if (!this.#leaving.has(name)) this.#present.add(name);
    }
    if (this.#part) keep(this.#part, (most) => this.#written(most));
  }

  /** @param {number} most  how long the text may be @returns {string} */
  #written(most) {
    const cards = this.names;
    const text = JSON.stringify({ cards, values: Object.fromEntries(this.#values) });
    return text.length <= most ? text : JSON.stringify({ cards });
  }
}

const areUsable = (values) => Object.keys(Object(values)).length === Object.keys(usable(Object(values))).length;
