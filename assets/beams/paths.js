/** Names what stands in a tree: the texts of other strategies, and what it begins with. */

import { t } from "../common/language.js";

/** As playground/web/panels/beams.py names them. @type {Record<string, string>} */
const NAMES = { greedy: t("greedy"), sampled: t("sampled") };

/** @param {import("./tree.js").Path} path @returns {string} */
export const nameOf = ({ name }) => NAMES[name] ?? name;

/** What a tree begins with, as its node says it. @type {Record<string, string>} */
export const ROOTS = { prompt: t("prompt"), start: t("start") };

/** The same in a place of its own. @type {Record<string, string>} */
export const THE_ROOTS = { prompt: t("the prompt"), start: t("the start") };
