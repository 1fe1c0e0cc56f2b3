/**
 * The two lists with the languages of a translation, from and to, for each view that shows them. All of them change the
 * choice of the sidebar, which the caller hands in.
 *
 * @typedef {{source: string, target: string}} Pair  the codes of the chosen languages, "" for the usual ones
 */

import { make } from "../common/dom.js";
import { select } from "../common/fields.js";
import { LANGUAGE, t } from "../common/language.js";

const USUAL = t("as the model does by itself");
const SIDES = /** @type {const} */ ([
  ["source", t("from"), t("Source language")],
  ["target", t("to"), t("Target language")],
]);

export class LanguageLists {
  #onChoose;
  /** @type {Partial<Record<"source" | "target", HTMLSelectElement>>} */
  #lists = {};

  /** @param {(change: Partial<Pair>) => void} onChoose */
  constructor(onChoose) {
    this.#onChoose = onChoose;
    this.element = make("div", "pg-language-lists");
  }

  /** @param {Pair} pair @returns {boolean} whether the lists show this choice */
  shows(pair) {
    return Object.entries(this.#lists).every(([side, list]) => list.value === pair[side]);
  }

  /**
   * Draws the lists that a model has; none for a model without languages.
   *
   * @param {{languages?: string[], only_target?: boolean}} facts  of the model
   * @param {Pair} pair
   */
  show({ languages = [], only_target: isOnlyTarget = false }, pair) {
    this.#lists = {};
    const shown = SIDES.filter(([side]) => languages.length && !(isOnlyTarget && side === "source"));
    this.element.hidden = shown.length === 0;
    this.element.replaceChildren(...shown.map(([side, word, label]) => {
      const list = select(label, [], { onChange: (code) => this.#onChoose({ [side]: code }) });
      list.append(option("", USUAL), ...languages.map((code) => option(code, named(code))).sort(byWords));
      list.value = pair[side];
      this.#lists[side] = list;
      return make("label", "", make("span", "pg-muted", word), list);
    }));
  }
}

/** @param {string} code  "fr_XX", "fr", "fra" or "fra_Latn" @returns {string} "French (fr_XX)", or the code if it has no name */
export function named(code) {
  const [language] = code.split("_"); // what follows, a country or a script, stands in the code
  try {
    const name = new Intl.DisplayNames([LANGUAGE], { type: "language", fallback: "none" }).of(language);
    return name ? t("{name} ({code})", { name, code }) : code;
  } catch {
    return code; // no tag of a language
  }
}

/** @param {Pair} pair @returns {string} " from German (de) to French (fr)", with the languages that are chosen */
export function between({ source, target }) {
  const languages = { source: source && named(source), target: target && named(target) };
  if (source && target) return ` ${t("from {source} to {target}", languages)}`;
  if (source) return ` ${t("from {source}", languages)}`;
  return target ? ` ${t("to {target}", languages)}` : "";
}

const option = (value, words) => Object.assign(make("option", "", words), { value });
const byWords = (one, other) => one.text.localeCompare(other.text, LANGUAGE);
