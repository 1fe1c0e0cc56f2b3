/**
 * Names the parts of the texts that an answer is about: those of the source that an encoder reads, and then those of the text
 * that the model continues. Knows neither the server nor the page.
 *
 * @typedef {object} Part
 * @property {string} name  its text, as it is shown
 * @property {"source" | "written" | ""} side  the text that it is of; "" for a model without an encoder
 * @property {number} number  its number in this text, from 1
 */

import { t } from "../../common/language.js";

/** What the sides are called where they are drawn. */
export const SIDES = { source: t("the source, which the encoder reads"), written: t("what the decoder has written") };

/** @param {import("./reader.js").Answer} answer @param {import("../text.js").Text} text @returns {Part[]} in the order of its scores */
export function partsOf({ source_spans: ofSource, spans }, { sourceTokens, tokens }) {
  const named = (own, words, side) => own.map(([start, stop], place) => ({ name: words.slice(start, stop).join(""), side, number: place + 1 }));
  return [...named(ofSource, sourceTokens, "source"), ...named(spans, tokens, ofSource.length ? "written" : "")];
}

/** @param {Part[]} parts @param {number} place @returns {string} the name of the side that begins here, or "" */
export const beginning = (parts, place) => (parts[place].side !== (parts[place - 1]?.side ?? "") ? SIDES[parts[place].side] : "");

/** @param {Part} part @returns {string} its number on the page: "3", "source 3" */
export function numberWords({ side, number }) {
  if (!side) return String(number);
  return side === "source" ? t("source {number}", { number }) : t("written {number}", { number });
}

/** @param {Part} part @returns {string} the same in a file */
export const numberOf = ({ side, number }) => `${side} ${number}`.trim();
