/**
 * Knows in which languages the page can be shown, and changes to another one. `early_language.js` chooses it before the page
 * is drawn: from the address (`?lang=fr`), from the choice that is kept here, or from the browser.
 */

import { putParameter } from "./address.js";
import { remember, storage } from "./keeping.js";
import { LANGUAGE } from "./language.js";

const PARAMETER = "lang";
const NAME = "playground:language";

/** @returns {{tag: string, name: string}[]} the languages of the page, each with its name in itself */
export const languages = () => globalThis.playgroundLanguages ?? [];

/** @returns {string} what a link says of the language: the one that a reader chose or an address named, or "" */
export function languageOfLink() {
  const isChosen = new URLSearchParams(location.search).has(PARAMETER) || storage("localStorage")?.getItem(NAME);
  return isChosen ? `${PARAMETER}=${LANGUAGE}` : "";
}

/** Loads the page anew in another language. The browser has kept the reader's texts and controls. @param {string} tag */
export function chooseLanguage(tag) {
  remember(NAME, tag);
  putParameter(PARAMETER, tag);
  location.reload();
}
