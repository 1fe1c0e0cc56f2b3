/** Shows the numbers of the tab's pictures as tables, for readers who do not see the pictures. */

import { choice, hidesFirst } from "./choice.js";
import { TableFold } from "./table_fold.js";
import { largest, withoutFirst } from "./weights.js";
import { quoted, weight } from "./words.js";
import { make } from "../common/dom.js";
import { count, t } from "../common/language.js";

/** The most tokens of a map in its table. The export has all of them. */
const MOST = 64;

export class Tables {
  constructor() {
    this.row = new TableFold(t("The chosen token's weights as a table"));
    this.map = new TableFold(t("The map as a table"));
    this.heads = new TableFold(t("All heads as a table: the token that each head looks at most"));
    this.element = make("div", "pg-tables", this.row.element, this.map.element, this.heads.element);
  }

  /** Begins with another text. */
  begin() {
    for (const table of [this.row, this.map, this.heads]) table.show(() => ({ columns: [], lines: [] }));
  }

  /** Shows the weights of the query in view. @param {import("./state.js").State} state */
  showRow(state) {
    const { text, heads, query } = state;
    const row = state.row(choice());
    this.row.show(() => rowTable(text.keyTokens, row, hidesFirst(text) ? withoutFirst(row) : null));
    this.heads.show(() => headsTable(text, heads, query));
  }

  /** Shows the map of the first text. @param {import("./state.js").State} state */
  showMap({ text, maps }) {
    this.map.show(() => mapTable(text, maps[0] ?? []));
  }
}

function rowTable(tokens, row, shown) {
  const columns = [t("place"), t("token"), t("weight"), ...(shown ? [t("rescaled without the first token")] : [])];
  const rescaled = (key) => (Number.isNaN(shown[key]) ? t("hidden") : weight(shown[key]));
  const line = (value, key) => [count(key + 1), tokens[key], weight(value), ...(shown ? [rescaled(key)] : [])];
  return { columns, lines: Array.from(row, line) };
}

function mapTable({ tokens, keyTokens, isCausal }, map) {
  const rows = map.slice(0, MOST);
  const keys = keyTokens.slice(0, isCausal ? rows.length : MOST).map((_, key) => quoted(keyTokens, key));
  const lines = rows.map((row, query) => [quoted(tokens, query), ...keys.map((_, key) => (key < row.length ? weight(row[key]) : "–"))]);
  return { columns: [t("looks / is looked at"), ...keys], lines };
}

function headsTable({ tokens, keyTokens }, { layers, heads, without, row }, query) {
  const numbers = (length) => Array.from({ length }, (_, number) => number);
  const cell = (layer, head) => {
    if (without[layer]) return without[layer];
    const weights = Array.from(row(layer, head));
    const top = largest(weights);
    return `${quoted(keyTokens, weights.indexOf(top))} ${weight(top)}`;
  };
  const columns = [t("after {token}", { token: quoted(tokens, query) }), ...numbers(heads).map((head) => t("head {head}", { head }))];
  return { columns, lines: numbers(layers).map((layer) => [t("layer {layer}", { layer }), ...numbers(heads).map((head) => cell(layer, head))]) };
}
