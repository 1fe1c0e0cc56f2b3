/**
 * Says in plain words what a map of attention shows: where the token in view looks most, and where most tokens look. Knows
 * weights and tokens, not the page.
 *
 * @typedef {import("./sides.js").Sides} Sides
 * @typedef {import("./weights.js").Weights} Weights
 *
 * @typedef {object} Shown  the maps in view
 * @property {readonly Pick<Sides, "tokens" | "keyTokens" | "isCausal" | "isOfSource" | "kind">[]} texts  one, or two that are compared
 * @property {Weights[][]} maps  of each text
 * @property {[number, number]} queries  the token that looks, in each text; -1 for none
 * @property {boolean} isRollout
 * @property {boolean} hidesFirst  whether the first token is left out
 */

import { t } from "../common/language.js";
import { percent } from "../common/words.js";

/** What a map is, while there is none. */
export const NO_MAP = t("A map has one row for each token that looks, and one column for each token that it looks at.");

/**
 * @param {Shown} shown
 * @param {Pick<import("./choice.js").Choice, "layer" | "head">} chosen  whose maps they are
 * @returns {string} one or two sentences
 */
export function captionOf(shown, chosen) {
  const { texts, maps, queries } = shown;
  const [row, other] = [0, 1].map((place) => maps[place]?.[queries[place]]);
  if (!row) return NO_MAP;
  const first = shown.hidesFirst ? 1 : 0;
  const token = named(texts[0].tokens, queries[0]);
  if (row.length <= Math.max(first, 1) && texts[0].isCausal) return t("{token} is the first token, so it can only look at itself.", { token });
  const sentences = [looks(shown, chosen, { token, ...mostOf(row, texts[0].keyTokens, first) })];
  if (shown.hidesFirst) sentences.push(t("The first token, which is hidden, gets {share}.", { share: percent(row[0]) }));
  if (other) sentences.push(t("In text B, the same token looks most at {key}, with {share}.", mostOf(other, texts[1].keyTokens, first)));
  return sentences.join(" ");
}

/**
 * Where the token in view looks most, by the kind of map.
 *
 * @param {Shown} shown @param {Pick<import("./choice.js").Choice, "layer" | "head">} chosen @param {{token: string, key: string, share: string}} most
 */
function looks({ texts, isRollout }, { layer, head }, { token, key, share }) {
  const [{ kind, isOfSource }] = texts;
  const values = { layer, head, token, key, share };
  if (isRollout) return t("Through all layers together, {token} takes most from {key}: {share}.", values);
  if (kind === "cross") {
    if (head === "mean") return t("In the mean of the heads of layer {layer}, the decoder's {token} looks most at the source's {key}, with {share} of its weight.", values);
    if (head === "max") return t("In the head of layer {layer} that looks there most, the decoder's {token} gives the source's {key} {share} of its weight.", values);
    return t("In layer {layer}, head {head}, the decoder's {token} looks most at the source's {key}, with {share} of its weight.", values);
  }
  if (isOfSource) {
    if (head === "mean") return t("In the mean of the heads of the encoder's layer {layer}, {token} looks most at {key}, with {share} of its weight.", values);
    if (head === "max") return t("In the head of the encoder's layer {layer} that looks there most, {token} gives {key} {share} of its weight.", values);
    return t("In layer {layer}, head {head} of the encoder, {token} looks most at {key}, with {share} of its weight.", values);
  }
  if (head === "mean") return t("In the mean of the heads of layer {layer}, {token} looks most at {key}, with {share} of its weight.", values);
  if (head === "max") return t("In the head of layer {layer} that looks there most, {token} gives {key} {share} of its weight.", values);
  return t("In layer {layer}, head {head}, {token} looks most at {key}, with {share} of its weight.", values);
}

/** @param {Weights} row @param {string[]} tokens  those looked at @param {number} first  the first of them that is shown */
function mostOf(row, tokens, first) {
  const key = largestAt(row, first);
  return { key: named(tokens, key), share: percent(row[key]) };
}

/**
 * Says where most tokens of a whole map look.
 *
 * @param {Weights[]} map @param {Pick<Sides, "keyTokens" | "kind">} text @param {boolean} hidesFirst
 * @returns {string} "" where no two tokens look at the same place
 */
export function wholeMap(map, { keyTokens, kind }, hidesFirst) {
  const first = hidesFirst ? 1 : 0;
  const looked = map.flatMap((row, query) => (row.length - first > 1 ? [[query, largestAt(row, first)]] : []));
  const all = looked.length;
  const times = (holds) => looked.filter(([query, key]) => holds(query, key)).length;
  const [before, itself, after, start] = [times((query, key) => key === query - 1), times((query, key) => key === query), times((query, key) => key === query + 1), times((_, key) => key === 0)];
  const most = commonest(looked.map(([, key]) => key));
  const n = kind === "cross" ? most.times : Math.max(before, itself, after, start, most.times);
  if (n < 2 && kind === "cross" && all > 1) return t("In the whole map, each of the {all} tokens of the decoder looks most at another one.", { all });
  if (n < 2) return "";
  if (kind === "cross") return t("In the whole map, {n} of {all} tokens of the decoder look most at {key}.", { n, all, key: named(keyTokens, most.key) });
  if (n === before) return t("In the whole map, {n} of {all} tokens look most at the token before them.", { n, all });
  if (n === itself) return t("In the whole map, {n} of {all} tokens look most at themselves.", { n, all });
  if (n === after) return t("In the whole map, {n} of {all} tokens look most at the token after them.", { n, all });
  if (n === start) return t("In the whole map, {n} of {all} tokens look most at the first token.", { n, all });
  return t("In the whole map, {n} of {all} tokens look most at {key}.", { n, all, key: named(keyTokens, most.key) });
}

/** @param {number[]} keys @returns {{key: number, times: number}} the one that comes most often, and how often */
function commonest(keys) {
  const times = new Map();
  for (const key of keys) times.set(key, (times.get(key) ?? 0) + 1);
  const [key, most] = [...times].reduce((one, other) => (other[1] > one[1] ? other : one), [-1, 0]);
  return { key, times: most };
}

/** @param {Weights} row @param {number} first @returns {number} the place of the largest weight from `first` on */
function largestAt(row, first) {
  let best = first;
  for (let key = first + 1; key < row.length; key++) if (row[key] > row[best]) best = key;
  return best;
}

/** @param {string[]} tokens @param {number} place @returns {string} a token with its position counted from 1: ‘ book’ (9) */
const named = (tokens, place) => t("‘{token}’ ({place})", { token: tokens[place].replaceAll("·", " "), place: place + 1 });
