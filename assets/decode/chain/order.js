/** In which order the stages run, and which of them a search finds. Pure; knows names, labels and kinds. */

import { ORDERS } from "../../distribution/stages/all.js";
import { t } from "../../common/language.js";

/** The first of the presets: the order of `generate`. */
export const TRANSFORMERS = "transformers";
/** What the list of orders calls an order that no preset has. */
export const OWN = "own";

/** The kinds of stages in the order in which the list has them, with their headings. */
const KINDS = {
  constraint: t("Constraints"),
  penalty: t("Penalties, on logits and text so far"),
  reshape: t("Reshaping"),
  cut: t("Cuts"),
  watermark: t("Watermark"),
};

/**
 * @typedef {string | string[]} Order  a preset's name, or all stages' names
 * @typedef {Pick<import("../../distribution/stages/all.js").Stage, "name" | "label" | "short" | "kind" | "says">} Named
 */

/** @param {Order | undefined} order @returns {string} the preset's name, or OWN */
export const presetOf = (order) => (Array.isArray(order) ? OWN : (order ?? TRANSFORMERS));

/**
 * @param {string[]} names  all stages' names in order
 * @param {string[]} shown  those that are cards
 * @returns {Order} TRANSFORMERS if the cards stand as there, else the names
 */
export function asOrder(names, shown) {
  const cards = (order) => order.filter((name) => shown.includes(name)).join();
  return cards(ORDERS[TRANSFORMERS]) === cards(names) ? TRANSFORMERS : names;
}

/**
 * Returns an order in which one stage has another place among those that are shown. The others keep theirs.
 *
 * @param {string[]} names  all stages' names in order
 * @param {string[]} shown  those that are cards, in the same order
 * @param {string} name  the stage that moves
 * @param {number} place  the number of other cards before it
 * @returns {string[]}
 */
export function moved(names, shown, name, place) {
  const others = shown.filter((one) => one !== name);
  if (!others.length) return names;
  const to = Math.min(Math.max(place, 0), others.length);
  const rest = names.filter((one) => one !== name);
  const at = to < others.length ? rest.indexOf(others[to]) : rest.indexOf(others.at(-1)) + 1;
  return [...rest.slice(0, at), name, ...rest.slice(at)];
}

/**
 * @param {string} key  a key that was pressed on a card's handle
 * @param {number} place  the card's place, from 0
 * @param {number} count  the number of cards
 * @returns {number | null} the card's new place, null for a key that moves nothing
 */
export function placeAfter(key, place, count) {
  const to = { ArrowLeft: place - 1, ArrowUp: place - 1, ArrowRight: place + 1, ArrowDown: place + 1, Home: 0, End: count - 1 }[key];
  return to === undefined || to < 0 || to >= count || to === place ? null : to;
}

/**
 * Returns how many cards lie before a point, in reading order.
 *
 * @param {{left: number, right: number, top: number, bottom: number}[]} boxes  the cards' @param {number} x @param {number} y
 */
export function placeAt(boxes, x, y) {
  return boxes.filter(({ left, right, top, bottom }) => y > bottom || (y >= top && x > (left + right) / 2)).length;
}

/**
 * Returns the stages whose label, name, kind or sentence holds all the words that are looked for, by kind. In each kind,
 * the one with exactly this label comes first, and then those whose label or name holds the words.
 *
 * @template {Named} Stage
 * @param {Stage[]} stages @param {string} words
 * @returns {{kind: string, stages: Stage[]}[]} without the kinds of which none is found
 */
export function found(stages, words) {
  const asked = words.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (text) => asked.every((word) => text.toLowerCase().includes(word));
  const nameOf = ({ label, name, short }) => `${label} ${name} ${name.replaceAll("_", "-")} ${short}`;
  return Object.entries(KINDS).flatMap(([kind, heading]) => {
    const ofKind = stages.filter((stage) => stage.kind === kind);
    const named = ofKind.filter((stage) => holds(nameOf(stage)));
    const told = ofKind.filter((stage) => !named.includes(stage) && holds(`${nameOf(stage)} ${stage.says} ${heading}`));
    const isMeant = ({ label, name }) => [label.toLowerCase(), name].includes(words.trim().toLowerCase());
    named.sort((one, other) => Number(isMeant(other)) - Number(isMeant(one)));
    return named.length + told.length ? [{ kind: heading, stages: [...named, ...told] }] : [];
  });
}
