/**
 * Which head is looked at, on every tab at once, and whether the first token is left out of the pictures.
 * Views ask `choice()`, and hear of a change by the document's "playground:head".
 *
 * @typedef {object} Choice
 * @property {number} layer  null until it is known how many there are
 * @property {number | "mean" | "max"} head  a head's number, or how the layer's heads are taken together
 * @property {boolean} hidesFirst
 */

/** @type {Choice} */
let chosen = { layer: null, head: "mean", hidesFirst: true };

/** @returns {Choice} */
export const choice = () => chosen;

/** @param {Partial<Choice>} change */
export function choose(change) {
  chosen = { ...chosen, ...change };
  document.dispatchEvent(new CustomEvent("playground:head", { detail: chosen }));
}
