/**
 * Holds what a class lets the reader of this page do now. `class/rules.js` says it; parts of the page read it. Without a class
 * everything is allowed.
 *
 * @typedef {object} Rules
 * @property {boolean} follows  whether the page shows what another page shows, so that it asks for nothing by itself
 * @property {string} noPlay  why no text may be written here, "" if it may
 * @property {string} noSettings  why the settings may not be moved here, "" if they may
 */

/** @type {Rules} */
let rules = { follows: false, noPlay: "", noSettings: "" };

/** @returns {Readonly<Rules>} */
export const rulesHere = () => rules;

/** @returns {boolean} */
export const follows = () => rules.follows;

/** Tells other rules to the document's "playground:class" listeners. @param {Rules} next */
export function putRules(next) {
  if (JSON.stringify(next) === JSON.stringify(rules)) return;
  rules = next;
  document.dispatchEvent(new Event("playground:class"));
}
