/**
 * How a reader writes a value that is not a number: a text, several texts, biases of tokens, or two numbers. Pure. In
 * texts of which one stands in each line, \n is a line break and \\ a backslash.
 */

import { t } from "../../common/language.js";

const REMOVES = "remove";

/** @param {string} kind  of the rule @param {any} value  as in the settings @returns {string} */
export function written(kind, value) {
  if (value === null || value === undefined) return "";
  if (["texts", "choices"].includes(kind)) return value.map(asLine).join("\n");
  if (kind === "pair") return value.join(" ");
  if (kind === "biases") return pairsOf(value).map(([token, bias]) => `${asLine(String(token))} = ${bias === false ? REMOVES : bias}`).join("\n");
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/**
 * @param {string} kind @param {string} text
 * @returns {any} the value, its kind's empty one for an empty text, undefined for a text that is not one
 */
export function read(kind, text) {
  if (kind === "texts") return linesOf(text).map(ofLine);
  if (kind === "choices") return text ? linesOf(text).map(ofLine) : null;
  if (kind === "pair") return pair(text);
  if (kind === "biases") return biases(text);
  if (kind === "text") return text;
  return text.trim() ? text : null;
}

/** @param {string} kind @param {string} text  for which `read` returns undefined @returns {string} what is wrong, and what to do */
export function unread(kind, text) {
  if (kind === "pair") {
    return t(
      "“{text}” cannot be read as two numbers. Write them with a space between them, such as “10 1.1”. Until then the last value holds.",
      { text },
    );
  }
  return t(
    "“{text}” cannot be read as biases of tokens. Write a text or an id, = and a number or “{remove}” in each line, such as “ the = 2”. " +
      "Until then the last value holds.",
    { text, remove: REMOVES },
  );
}

const linesOf = (text) => text.split("\n").filter(Boolean);
const asLine = (text) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const ofLine = (line) => line.replace(/\\([\\n])/g, (_, sign) => (sign === "n" ? "\n" : "\\"));
const pairsOf = (value) => (Array.isArray(value) ? value : Object.entries(value));

/** Two numbers, with a space or a comma between them. */
function pair(text) {
  if (!text.trim()) return null;
  const numbers = text.trim().split(/[\s,]+/).map(Number);
  return numbers.length === 2 && numbers.every(Number.isFinite) ? numbers : undefined;
}

/** A token and its bias in each line: " the = 2", "15 = -1.5", " a = remove". A whole number is a token's id. */
function biases(text) {
  const pairs = linesOf(text).map((line) => {
    const place = line.lastIndexOf("=");
    const [token, said] = [line.slice(0, place).replace(/ $/, ""), line.slice(place + 1).trim()];
    const bias = said === REMOVES ? false : Number(said);
    return place > 0 && token && said && bias !== undefined && !Number.isNaN(bias) ? [ofLine(token), bias] : null;
  });
  return pairs.includes(null) ? undefined : Object.fromEntries(pairs);
}
