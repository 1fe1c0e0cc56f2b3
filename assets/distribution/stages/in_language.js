/** Puts what a stage says of itself into the page's language. A stage of the server's own stays as it is written. */

import { translationOf } from "../../common/language.js";

/** @param {string} text */
const inLanguage = (text) => translationOf(text) ?? text;

/** @param {any} stage  its facts and its mathematics @returns {import("./all.js").Stage} the same in the page's language */
export function told(stage) {
  const { label, short, says, formula, parameters } = stage;
  const facts = { label, short, says, formula };
  const translated = Object.fromEntries(Object.entries(facts).map(([name, text]) => [name, inLanguage(text)]));
  const named = parameters.map((one) => ({ ...one, label: inLanguage(one.label), says: inLanguage(one.says) }));
  return { ...stage, ...translated, parameters: named };
}
