/** Writes the value of an expression as people read it. */

import { brief, t } from "../common/language.js";
import { bits, count, percent } from "../common/words.js";

/** What stands where a value is not there yet. */
export const NOT_THERE = "…";

/** @typedef {"percent" | "bits" | "count" | "text" | "number"} Unit */

/** @type {Record<string, (value: any) => string>} */
const WRITTEN = {
  percent,
  bits,
  count,
  text: (value) => quoted(value),
};

/** @param {string} text  of a token @returns {string} in quotes, with its space, and with a sign for a line break */
export const quoted = (text) => t("“{text}”", { text: text.replaceAll("\n", "⏎") });

/**
 * @param {import("./tree.js").Value} value @param {Unit} unit
 * @returns {string} "68.8 %", "2.1 bits", "49,152", "“ stars”", "0.8"
 */
export function written(value, unit) {
  if (value === null) return NOT_THERE;
  if (typeof value === "number" && unit in WRITTEN && unit !== "text") return WRITTEN[unit](value);
  if (typeof value === "string" && unit === "text") return quoted(value);
  return typeof value === "number" ? brief(value, 3).replace("-", "−") : String(value);
}
