/**
 * Draws which tokens each token looks at, as a table whose cells are shaded: what is seen is what a screen reader reads.
 *
 * @typedef {object} Pattern
 * @property {string[]} reads  the tokens that the model reads, as the page shows tokens
 * @property {string[]} writes  the tokens of the decoder's own text; none without an encoder
 * @property {(number | null)[][]} weights  (query, key), null where a token may not look
 *
 * @typedef {object} Part  a part of the pattern that is one table
 * @property {string} title
 * @property {string} name  what stands in its corner
 * @property {string[]} queries
 * @property {string[]} keys
 * @property {(number | null)[][]} weights  (query, key)
 * @property {number} top  the largest weight of the whole pattern
 * @property {number} [own]  the first key that is the decoder's own; none without an encoder
 *
 * @typedef {object} Last  the column behind the weights
 * @property {string} title
 * @property {(HTMLElement | null)[]} cells  for each query
 */

import { heatShade } from "../attention/heat.js";
import { make, nearest } from "../common/dom.js";
import { t } from "../common/language.js";
import { percent } from "../common/words.js";
import { term } from "../glossary/term.js";

const NEVER = t("may not look");

/**
 * Divides a pattern into its tables: an encoder–decoder has one for its encoder, and one for its decoder, which looks at the
 * source and at its own text.
 *
 * @param {Pattern} pattern @param {string} model @returns {Part[]}
 */
export function partsOf({ reads, writes, weights }, model) {
  const top = Math.max(...weights.map((row) => Math.max(...row.map((weight) => weight ?? 0))));
  const size = reads.length;
  if (!writes.length) return [{ title: t("How much each token looks at each other in {model}", { model }), name: "", queries: reads, keys: reads, weights, top }];
  const encoder = weights.slice(0, size).map((row) => row.slice(0, size));
  return [
    { title: t("How much each token looks at each other in the encoder of {model}", { model }), name: t("encoder"), queries: reads, keys: reads, weights: encoder, top },
    {
      title: t("How much each token looks at each other in the decoder of {model}", { model }),
      name: t("decoder"),
      queries: writes,
      keys: [...reads, ...writes],
      weights: weights.slice(size),
      top,
      own: size,
    },
  ];
}

/**
 * @param {Part} part
 * @param {(told: string) => void} onPoint  called with what the cell under the pointer says, "" for none
 * @param {Last} [last]
 * @returns {HTMLElement} a box in which the table scrolls
 */
export function patternTable(part, onPoint, last) {
  const { title, name, queries, keys, own } = part;
  const begins = (place) => (place === own ? "pg-pattern-begins" : "");
  const heads = keys.map((token, place) => head("col", token, begins(place)));
  if (last) heads.push(head("col", last.title, "pg-pattern-last"));
  const table = make("table", "pg-pattern", make("caption", "pg-spoken", title), make("thead", "", make("tr", "", make("td", "", name), ...heads)));
  table.append(make("tbody", "", ...queries.map((token, query) => line(part, token, query, begins, last))));
  const box = make("div", "pg-pattern-box", table);
  const sizes = { keys: keys.length, queries: queries.length, "key-letters": longest(keys), "query-letters": longest(queries) };
  if (last) sizes["last-letters"] = Math.max(...last.cells.map((one) => (one ? lettersIn(one) : 0)));
  for (const [size, value] of Object.entries(sizes)) box.style.setProperty(`--${size}`, String(value));
  box.tabIndex = 0; // so that the arrow keys can scroll it
  box.role = "region";
  box.ariaLabel = title;
  let lit = [];
  const point = (cell) => {
    for (const one of lit) one.classList.remove("pg-pattern-lit");
    const [query, key] = cell ? [cell.closest("tr").sectionRowIndex, cell.cellIndex - 1] : [];
    lit = cell ? [heads[key], cell.closest("tr").cells[0]] : [];
    for (const one of lit) one.classList.add("pg-pattern-lit");
    onPoint(cell ? told(part, query, key) : "");
  };
  table.addEventListener("pointerover", (event) => point(/** @type {HTMLTableCellElement | null} */ (nearest(event, "td[data-heat]"))));
  table.addEventListener("pointerleave", () => point(null));
  return box;
}

/** @param {Part} part @param {string} token @param {number} query @param {(place: number) => string} begins @param {Last} [last] */
function line({ weights, top, own }, token, query, begins, last) {
  const cells = weights[query].map((weight, key) => cell(weight, top, begins(key)));
  const guess = last?.cells[query];
  guess?.style.setProperty("--letters", String(lettersIn(guess)));
  if (last) cells.push(make("td", "pg-pattern-last", ...(guess ? [guess] : [])));
  return make("tr", "", head("row", token, "", own !== undefined && query === 0), ...cells);
}

/** @param {"row" | "col"} scope @param {string} token @param {string} [className] @param {boolean} [isStart]  whether it is the start token */
function head(scope, token, className = "", isStart = false) {
  const name = isStart ? term("start token", token) : make("span", "", token);
  name.classList.add("pg-token");
  const element = make("th", className, name);
  element.scope = scope;
  element.title = token; // a very long one is cut
  element.style.setProperty("--letters", String(lettersOf(token)));
  return element;
}

/** @param {string} token @returns {number} how many letters it is wide */
const lettersOf = (token) => [...token].length;

/** @param {HTMLElement} guess  a token, and behind it what is only spoken */
const lettersIn = (guess) => lettersOf(guess.firstChild.textContent);

/** @param {string[]} tokens @returns {number} the letters of the longest one */
const longest = (tokens) => Math.max(...tokens.map(lettersOf));

function cell(weight, top, className) {
  const element = make("td", className, make("span", "pg-spoken", weight === null ? NEVER : percent(weight)));
  element.dataset.heat = weight === null ? "hidden" : String(shade(weight, top));
  return element;
}

/** Roots, so that small weights differ too. */
const shade = (weight, top) => heatShade(Math.sqrt(weight / top), 1, false);

/** @param {Part} part @param {number} query @param {number} key @returns {string} */
function told({ queries, keys, weights, own }, query, key) {
  const isSource = key < (own ?? 0);
  const place = isSource || own === undefined ? key : key - own;
  const weight = weights[query][key];
  const share = percent(weight ?? 0);
  const values = { looking: queries[query], from: query + 1, seen: keys[key], to: place + 1, share };
  if (weight === null) return t("“{looking}” (token {from}) may not look at “{seen}” (token {to}).", values);
  if (isSource) return t("“{looking}” (token {from}) looks at “{seen}” (source token {to}) with {share} of its weight.", values);
  return t("“{looking}” (token {from}) looks at “{seen}” (token {to}) with {share} of its weight.", values);
}
