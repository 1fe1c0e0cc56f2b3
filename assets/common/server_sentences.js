/**
 * Says the server's sentences in the page's language. The server speaks English, to the page as to every client. The
 * catalogue has its sentences as templates ("{name} is {value}."), so a sentence is translated by the template that it
 * fits. A sentence that fits none stays as it is.
 */

import { count, fixed, translationOf } from "./language.js";

const PLACE = /\{(\w+)\}/g;
const NUMBER = /^-?\d+(?:\.(\d+))?$/;
const GROUPED = /^\d{1,3}(?:,\d{3})+$/;

/** @typedef {{text: string, pattern: RegExp, names: string[], literal: number}} Template */

/** @type {Template[] | undefined} */
let templates;

/**
 * @template {unknown} Sentence
 * @param {Sentence} sentence  what the server says; anything but a text stays as it is
 * @returns {Sentence | string}
 */
export function translated(sentence) {
  if (typeof sentence !== "string" || !globalThis.playgroundSentences) return sentence;
  return translationOf(sentence) ?? filled(sentence) ?? sentence;
}

/** @template {{error?: unknown}} Message @param {Message} message @returns {Message} the same with its refusal translated */
export const withErrorTold = (message) => (message?.error ? { ...message, error: translated(message.error) } : message);

/** @returns {string | undefined} the translation of the most exact template that a sentence fits */
function filled(sentence) {
  templates ??= globalThis.playgroundSentences.filter((text) => text.search(PLACE) >= 0).map(templateOf).sort((one, other) => other.literal - one.literal);
  for (const { text, pattern, names } of templates) {
    const found = pattern.exec(sentence);
    const translation = found && translationOf(text);
    if (!translation) continue;
    const values = Object.fromEntries(names.map((name, place) => [name, valueTold(found[place + 1])]));
    return translation.replace(PLACE, (_, name) => values[name]);
  }
  return undefined;
}

/** @param {string} text @returns {Template} */
function templateOf(text) {
  const pieces = text.split(PLACE);
  const literals = pieces.filter((_, at) => at % 2 === 0);
  const names = [];
  const parts = pieces.map((piece, at) => {
    if (at % 2 === 0) return piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const place = names.indexOf(piece);
    if (place >= 0) return `\\${place + 1}`; // the same value again
    names.push(piece);
    return "([^]*?)";
  });
  return { text, pattern: new RegExp(`^${parts.join("")}$`), names, literal: literals.join("").length };
}

/** @param {string} value @returns {string} what stands in a place: a number as the language writes it, or a known text */
function valueTold(value) {
  const number = NUMBER.exec(value);
  if (number) return fixed(Number(value), number[1]?.length ?? 0);
  if (GROUPED.test(value)) return count(Number(value.replaceAll(",", "")));
  return String(translated(value));
}
