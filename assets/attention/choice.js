/**
 * Holds which head is in view, on all tabs at once, and whether the first token is left out of the pictures.
 * Views call `choice()`. The document's event "playground:head" reports a change.
 *
 * @typedef {object} Choice
 * @property {number} layer  null until the number of layers is known
 * @property {number | "mean" | "max"} head  a head's number, or how the layer's heads are combined
 * @property {boolean} hidesFirst
 */

/** @type {Choice} */
let chosen = { layer: null, head: "mean", hidesFirst: true };

/** @returns {Choice} */
export const choice = () => chosen;

/** @param {import("./sides.js").Sides} sides @returns {boolean} whether the first token is left out, which only a text that reads itself has as its sink */
export const hidesFirst = (sides) => sides.isCausal && chosen.hidesFirst;

/** @param {Partial<Choice>} change */
export function choose(change) {
  chosen = { ...chosen, ...change };
  document.dispatchEvent(new CustomEvent("playground:head", { detail: chosen }));
}
