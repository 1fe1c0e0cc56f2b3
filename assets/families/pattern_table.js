/**
 * Draws which tokens each token looks at, as a table whose cells are shaded: what is seen is what a screen reader reads.
 *
 * @typedef {object} Pattern
 * @property {string[]} reads  the tokens that the model reads, as the page shows tokens
 * @property {string[]} writes  the tokens of the decoder's own text; none without an encoder
 * @property {(number | null)[][]} weights  (query, key), null where a token may not look
 */

import { heatShade } from "../attention/heat.js";
import { make } from "../common/dom.js";
import { percent } from "../common/words.js";

const NEVER = "may not look";

/** @param {Pattern} pattern @param {string} title @returns {HTMLTableElement} */
export function patternTable({ reads, writes, weights }, title) {
  const tokens = [...reads, ...writes];
  const top = Math.max(...weights.flat().map((weight) => weight ?? 0));
  const first = reads.length; // of the decoder's own text
  const begins = (place) => (place === first && writes.length ? "pg-pattern-begins" : "");
  const heads = tokens.map((token, place) => head("col", token, begins(place)));
  const rows = weights.map((row, query) => {
    const cells = row.map((weight, key) => cell(weight, top, `${told(tokens[query], tokens[key], weight)}`, begins(key)));
    return make("tr", begins(query), head("row", tokens[query]), ...cells);
  });
  const table = make("table", "pg-pattern", make("caption", "pg-spoken", title));
  table.append(make("thead", "", make("tr", "", make("td"), ...heads)), make("tbody", "", ...rows));
  return table;
}

/** @param {"row" | "col"} scope @param {string} token @param {string} [className] */
function head(scope, token, className = "") {
  const element = make("th", className, make("span", "pg-token", token));
  element.scope = scope;
  element.title = token;
  return element;
}

function cell(weight, top, title, className) {
  const element = make("td", className, make("span", "pg-spoken", weight === null ? NEVER : percent(weight)));
  element.dataset.heat = weight === null ? "hidden" : String(shade(weight, top));
  element.title = title;
  return element;
}

/** Roots, so that small weights differ too. */
const shade = (weight, top) => heatShade(Math.sqrt(weight / top), 1, false);

const told = (query, key, weight) =>
  weight === null ? `“${query}” may not look at “${key}”` : `“${query}” looks at “${key}” with ${percent(weight)} of its weight`;
