/**
 * Fetches and draws the attention maps of the texts in view: of one head, or rollout over all layers. For two texts it
 * also draws the difference of their maps. A map is drawn only while its text and its head are still in view.
 */

import { choice } from "./choice.js";
import { HeatMap } from "./heat_map.js";
import { fetchMap, fetchRollout } from "./reader.js";
import { difference, withoutFirst } from "./weights.js";
import { capital, headName, keyWeight, quoted } from "./words.js";
import { make, setText } from "../common/dom.js";
import { select } from "../common/fields.js";
import { count } from "../common/words.js";
import { exportOf } from "./take.js";

const ROLLOUT =
  "Rollout follows the weights through all layers: the heads' mean, half of each token kept for itself, multiplied layer by " +
  "layer (Abnar & Zuidema 2020). It takes no account of what the heads write or of the parts between them.";
const MAKING = "The map is being made …";
const GROWING = "The map of the whole text follows when it is finished.";

export class Maps {
  #texts = [];
  #pairs = [];
  #facts = null;
  #rows = []; // each text's rows, once fetched
  #onView;

  /**
   * @param {(query: number, key: number) => void} onChoose  called with a cell of the first text's map
   * @param {() => void} onView  called when the scale or the kind of map has changed
   */
  constructor(onChoose, onView) {
    this.#onView = onView;
    this.kind = select("Map of", ["one head", "rollout"], { onChange: () => this.#turn() });
    this.scale = select("Scale", ["linear", "logarithmic"], { onChange: () => this.#turn() });
    this.controls = make("span", "pg-heads", make("label", "", "map of ", this.kind), make("label", "", "scale ", this.scale));
    const words = (place) => (query, key) => this.#words(place, query, key);
    this.first = new HeatMap("Attention map of the text", onChoose, words(0));
    this.second = new HeatMap("Attention map of the second text", (query, key) => this.#chooseSecond(query, key, onChoose), words(1));
    this.differing = new HeatMap("Difference of the two maps", (query, key) => this.#choosePair(query, key, onChoose), (query, key) =>
      this.#differenceWords(query, key),
    );
    this.note = make("p", "pg-map-note");
    const rows = (place) => () => mapRows(this.#rows[place], this.#texts[place]);
    this.first.head.append(exportOf("map", this.first.element, rows(0)));
    this.second.head.append(exportOf("second map", this.second.element, rows(1)));
    this.differing.head.append(exportOf("difference", this.differing.element, () => this.#differenceRows()));
    this.element = make("div", "pg-maps", this.first.element, this.second.element, this.differing.element, this.note);
  }

  get isLog() {
    return this.scale.value === "logarithmic";
  }

  get #isRollout() {
    return this.kind.value === "rollout";
  }

  #all() {
    return [this.first, this.second, this.differing];
  }

  /**
   * Begins with other texts and removes the maps of the last ones.
   *
   * @param {import("./text.js").Text[]} texts
   * @param {[number, number][]} pairs  the pairs of their tokens, from `align`
   * @param {import("./reader.js").Facts} facts
   */
  begin(texts, pairs, facts) {
    this.#texts = texts;
    this.#pairs = pairs;
    this.#facts = facts;
    this.#rows = [];
    this.second.element.hidden = this.differing.element.hidden = texts.length < 2;
    for (const map of this.#all()) map.clear(texts[0].isRunning ? GROWING : MAKING);
  }

  /** Fetches the maps of the head in view, and draws them. */
  async fetch() {
    const texts = this.#texts;
    if (!texts.length || texts[0].isRunning) return;
    const { layer, head } = choice();
    const isRollout = this.#isRollout;
    setText(this.note, isRollout ? ROLLOUT : windowSentence(layer, this.#facts.windows[layer]));
    const isNow = () => texts === this.#texts && isRollout === this.#isRollout && (isRollout || (layer === choice().layer && head === choice().head));
    try {
      const tokens = (text) => Math.min(text.size, this.#facts.map_tokens);
      const rows = await Promise.all(
        texts.map((text) => (isRollout ? fetchRollout(text.traceId, tokens(text)) : fetchMap(text.traceId, tokens(text), layer, head))),
      );
      if (!isNow()) return;
      this.#rows = rows;
      if (isRollout) this.#onView(); // the tokens are shaded by rollout
      await this.draw();
    } catch (error) {
      if (isNow()) for (const map of this.#all()) map.clear(error.message);
    }
  }

  /** Draws the fetched maps again. */
  async draw() {
    if (!this.#rows.length) return;
    const start = performance.now();
    const { hidesFirst } = choice();
    const rows = this.#rows.map((map) => (hidesFirst ? map.map(withoutFirst) : map));
    const drawn = [this.first, this.second].map((map, place) => {
      const text = this.#texts[place];
      return text && map.show(this.#title(place), rows[place], text.tokens.slice(0, rows[place].length), this.isLog);
    });
    if (this.#texts.length > 1) {
      const tokens = this.#pairs.map(([first, second]) => this.#pairName(first, second));
      const title = "B − A: orange B more, blue A more";
      drawn.push(this.differing.showDifference(title, difference(rows[0], rows[1], this.#pairs), tokens));
    }
    await Promise.all(drawn);
    performance.measure("playground:map", { start });
  }

  /**
   * @param {number} query
   * @param {number | null} key
   * @param {[number, number | null]} second  both in the second text
   */
  choose(query, key, second) {
    this.first.choose(query, key);
    this.second.choose(...second);
    const pair = (index) => this.#pairs.findIndex(([first]) => first === index);
    this.differing.choose(pair(query), key === null ? null : pair(key));
  }

  /** @returns {Float32Array | null} the query's row if rollout is in view, else null */
  rolloutRow(query) {
    return this.#isRollout ? (this.#rows[0]?.[query] ?? null) : null;
  }

  #turn() {
    this.#onView();
    this.#rows = [];
    this.fetch();
  }

  #title(place) {
    const { layer, head } = choice();
    const name = this.#isRollout ? "rollout over all layers" : headName(layer, head);
    const { size } = this.#texts[place];
    const most = this.#facts.map_tokens;
    if (this.#texts.length > 1) return `${"AB"[place]}: ${name}`;
    return `${capital(name)}: ${size > most ? `the first ${count(most)} of ${count(size)} tokens` : "where each token looks"}`;
  }

  #chooseSecond(query, key, onChoose) {
    const first = (index) => this.#pairs.find(([, second]) => second === index)?.[0];
    if (first(query) !== undefined && first(key) !== undefined) onChoose(first(query), first(key));
  }

  #choosePair(query, key, onChoose) {
    onChoose(this.#pairs[query][0], this.#pairs[key][0]);
  }

  #pairName(first, second) {
    const [a, b] = [this.#texts[0].tokens[first], this.#texts[1].tokens[second]];
    return a === b ? a : `${a}/${b}`;
  }

  #words(place, query, key) {
    const { tokens } = this.#texts[place];
    const row = this.#rows[place]?.[query];
    return row ? `${quoted(tokens, query)} → ${quoted(tokens, key)}: ${keyWeight(row, key, choice().hidesFirst)}` : "";
  }

  #differenceWords(query, key) {
    const [row, column] = [this.#pairs[query], this.#pairs[key]];
    const cell = (place) => this.#rows[place]?.[row[place]][column[place]];
    if (cell(0) === undefined || cell(1) === undefined) return "";
    const names = [row, column].map(([first, second]) => `“${this.#pairName(first, second)}”`).join(" → ");
    return `${names}: A ${cell(0).toFixed(3)}, B ${cell(1).toFixed(3)}`;
  }

  #differenceRows() {
    const header = ["query", "query_token", "key", "key_token", "weight_a", "weight_b"];
    const lines = this.#pairs.flatMap((row, query) =>
      this.#pairs.slice(0, query + 1).map((column, key) => {
        const weights = [0, 1].map((place) => this.#rows[place][row[place]][column[place]]);
        return [query, this.#pairName(...row), key, this.#pairName(...column), ...weights];
      }),
    );
    return [header, ...lines];
  }
}

/** Returns a map as lines of a CSV file, one for each cell. */
function mapRows(rows, { tokens }) {
  const header = ["query", "query_token", "key", "key_token", "weight"];
  return [header, ...rows.flatMap((row, query) => Array.from(row, (weight, key) => [query, tokens[query], key, tokens[key], weight]))];
}

/** Returns a sentence about the sliding window of a layer, or "" for a layer that sees all tokens. */
function windowSentence(layer, window) {
  if (!window) return "";
  return `Layer ${layer} has a sliding window: a token sees the last ${count(window)} tokens only, and gives those before no weight.`;
}
