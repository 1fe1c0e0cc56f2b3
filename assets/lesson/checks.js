/** Decides whether a task of a lesson is solved, and what must go back first. Knows settings, not the page. */

import { listed, t } from "../common/language.js";
import { label, setting } from "../common/words.js";
import { OFF } from "../distribution/settings.js";

/** Settings that change the text alone, and with it what the next tokens are. */
const OTHERS = { strategy: t("strategy"), seed: t("seed"), max_new_tokens: t("max new tokens") };
const NOT_COMPARED = ["max_new_tokens", "seed"]; // the bars of a step are the same under another one

/**
 * @param {import("../distribution/settings.js").Settings} wanted  those of the page
 * @param {import("../distribution/settings.js").Settings} shown  those in view
 * @param {string[]} [only]  the settings that may differ
 * @returns {string[]} the names of the others that differ
 */
export function differing(wanted, shown, only = []) {
  const names = ["strategy", ...Object.keys(OFF)].filter((name) => !only.includes(name) && !NOT_COMPARED.includes(name));
  const differ = names.filter((name) => !isSame(wanted[name] ?? OFF[name], shown[name] ?? OFF[name]));
  const isReordered = !only.includes("order") && !isSame(wanted.order ?? "transformers", shown.order ?? "transformers");
  return isReordered ? [...differ, "order"] : differ;
}

const isSame = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);

/**
 * @param {string[]} names  of settings that must go back
 * @param {import("../distribution/settings.js").Settings} wanted
 * @param {string[]} only  the settings that may differ
 * @returns {string} the sentence that says so
 */
export function backSentence(names, wanted, only) {
  const back = names.map((name) => settingOf(name, wanted)).join(", ");
  if (!only.length) return t("This task is solved with the page's settings. Put back first: {settings}.", { settings: back });
  return t("This task is solved with {free} alone. Put back first: {settings}.", { free: listed(only.map(nameOf)), settings: back });
}

const nameOf = (name) => OTHERS[name] ?? label(name) ?? name.replaceAll("_", " ");

function settingOf(name, wanted) {
  if (name === "order") return typeof wanted.order === "string" ? t("order {engine}", { engine: wanted.order }) : t("order of the page");
  const isOfView = !(name in OTHERS) && !(name in OFF); // a field of the view
  if (isOfView || name in OTHERS) return t("{setting} {value}", { setting: nameOf(name), value: String(wanted[name]) });
  return setting(name, wanted[name] ?? OFF[name]);
}

/**
 * @typedef {object} InView  what a task is checked on
 * @property {import("./tree.js").Value} holds  the value of its check
 * @property {boolean} isSamePlace  whether the page's text is in view at the page's step
 * @property {import("../distribution/settings.js").Settings | null} settings  those in view, null where no step is in view
 * @property {string[] | null} [others]  on a page of another view than Decode, what the view shows otherwise than the page's state
 *
 * @param {{only: string[] | null}} task
 * @param {import("../distribution/settings.js").Settings & Record<string, any>} wanted  those of the page, and its view's fields
 * @param {InView} inView
 * @returns {{isSolved: boolean, says: string}} `says` is why it is not solved although its check holds, "" for no reason
 */
export function checkTask({ only }, wanted, { holds, isSamePlace, settings, others = null }) {
  if (holds !== true) return { isSolved: false, says: "" };
  if (only === null) return { isSolved: true, says: "" };
  const isAnotherText = only.some((name) => name in OTHERS); // one under these settings is what the task is about
  if (!(settings || others) || !(isSamePlace || isAnotherText)) return { isSolved: false, says: t("This task is solved at the lesson's own text and step. Press Back to the lesson.") };
  const differ = others?.filter((name) => !only.includes(name)) ?? differing(wanted, settings, only);
  return differ.length ? { isSolved: false, says: backSentence(differ, wanted, only) } : { isSolved: true, says: "" };
}
