/**
 * The page's own texts and numbers in the reader's language. The code holds the English texts, and a language's catalogue
 * (`assets/languages/`) has its texts by the English ones, as gettext's catalogues do. A text without a translation stays
 * in English. What a model reads or writes is never translated.
 *
 * `early_language.js` chooses the language before all other scripts run, and another language is a new page. So a text never changes
 * while it is shown, and a module may make its texts when it is loaded.
 *
 * @typedef {Readonly<Record<string, readonly string[]>>} Catalogue  of each English text its translations: one, or one a
 *   plural form
 */

/** @type {Catalogue} */
const CATALOGUE = globalThis.playgroundCatalogue ?? {};

/** The language of the page as its BCP 47 tag: "en", "fr" or "de". */
export const LANGUAGE = globalThis.playgroundLanguage ?? "en";

const LOCALE = LANGUAGE === "en" ? "en-GB" : LANGUAGE; // American lists have a comma before "and"
const PLURALS = new Intl.PluralRules(LOCALE);
const KNOWN = PLURALS.resolvedOptions().pluralCategories;
/** @type {Intl.LDMLPluralRule[]} The plural categories in CLDR's order, which is that of gettext's plural forms. */
const ORDER = ["zero", "one", "two", "few", "many", "other"];
const CATEGORIES = ORDER.filter((name) => KNOWN.includes(name));
const NUMBERS = new Intl.NumberFormat(LOCALE);
const LISTS = new Intl.ListFormat(LOCALE, { type: "conjunction" });
const PLACE = /\{(\w+)\}/g;

/** 49152 -> "49,152" @param {number} number */
export const count = (number) => NUMBERS.format(number);

/** A number with a fixed number of decimals and no signs between thousands: 2.0625, 2 -> "2.06" */
export const fixed = (number, decimals) =>
  ungrouped(`${decimals} decimals`, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(number);

/** A number with so many significant digits: 8.194, 3 -> "8.19" */
export const significant = (number, digits) =>
  ungrouped(`${digits} digits`, { minimumSignificantDigits: digits, maximumSignificantDigits: digits }).format(number);

/** A number with at most so many significant digits: 0.7000000000000001, 4 -> "0.7" */
export const brief = (number, digits) => ungrouped(`up to ${digits} digits`, { maximumSignificantDigits: digits }).format(number);

/** @type {Map<string, Intl.NumberFormat>} by what they write; one takes longer to make than a chart to redraw */
const FORMATS = new Map();

/** @param {string} name @param {Intl.NumberFormatOptions} form */
function ungrouped(name, form) {
  if (!FORMATS.has(name)) FORMATS.set(name, new Intl.NumberFormat(LOCALE, { ...form, useGrouping: false }));
  return FORMATS.get(name);
}

/** ["a", "b", "c"] -> "a, b and c" @param {readonly string[]} words */
export const listed = (words) => LISTS.format(words);

/** @param {string} text  one that is not a literal of the page @returns {string | undefined} its translation, if there is one */
export const translationOf = (text) => CATALOGUE[text]?.[0];

/**
 * Returns a text in the page's language.
 *
 * @param {string} text  the English text, a whole sentence or a whole label: t("Step {step} has no logits.", { step: 3 })
 * @param {Record<string, string | number>} [values]  what stands in its places; numbers are written as the language does
 */
export const t = (text, values = {}) => filled(CATALOGUE[text]?.[0] ?? text, values);

/**
 * Returns a text that depends on a number, which stands in its place {n}: tn("{n} token", "{n} tokens", 12).
 *
 * @param {string} one  the English text for one
 * @param {string} other  the English text for all other numbers
 * @param {number} n
 * @param {Record<string, string | number>} [values]  what stands in its other places
 */
export function tn(one, other, n, values = {}) {
  const forms = CATALOGUE[one];
  const english = n === 1 ? one : other;
  const place = forms ? Math.min(CATEGORIES.indexOf(PLURALS.select(n)), forms.length - 1) : 0;
  return filled(forms?.[place] ?? english, { n, ...values });
}

/**
 * The same as `t` for a text with elements in its places: tParts("Read {link} first.", { link }).
 *
 * @param {string} text
 * @param {Record<string, string | number | Node>} values
 * @returns {(string | Node)[]} what stands side by side, for `append` and `replaceChildren`
 */
export function tParts(text, values) {
  const pieces = (CATALOGUE[text]?.[0] ?? text).split(PLACE);
  return pieces.map((piece, at) => (at % 2 ? written(values, piece) : piece)).filter((piece) => piece !== "");
}

const filled = (text, values) => text.replace(PLACE, (_, name) => written(values, name));

function written(values, name) {
  if (!(name in values)) throw new Error(`{${name}} has no value.`);
  return typeof values[name] === "number" ? count(values[name]) : values[name];
}
