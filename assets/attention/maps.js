/**
 * Draws the attention maps of the texts in view: of one head, or rollout over all layers. For two texts it also draws
 * the difference of their maps.
 */

import { captionOf, NO_MAP, wholeMap } from "./caption.js";
import { choice, choose, hidesFirst } from "./choice.js";
import { HeatMap } from "./heat_map.js";
import { difference, withoutFirst } from "./weights.js";
import { capital, headName, querySentence } from "./words.js";
import { Caption } from "../common/caption.js";
import { make } from "../common/dom.js";
import { select } from "../common/fields.js";
import { fixed, t, tn, tParts } from "../common/language.js";
import { tellShown } from "../common/shown.js";
import { exportOf } from "./take.js";
import { setTextWith, term } from "../glossary/term.js";

const ROLLOUT = t(
  "Rollout multiplies the weights layer by layer: the mean of the heads, where each token keeps half of the weight for itself " +
    "(Abnar & Zuidema 2020). It ignores what the heads write and the other parts of the layers.",
);
const MAKING = t("The server is computing the map …");
const NONE = t("There is no map to export.");
const GROWING = t("The map of the whole text appears when the text is finished.");
/** What the lists offer, by the values of their options. @type {Record<string, string>} */
const OFFERED = { "one head": t("one head"), rollout: t("rollout"), linear: t("linear"), logarithmic: t("logarithmic") };

export class Maps {
  /** @type {import("./state.js").State} */
  #state;
  /** @type {{chosen: import("./choice.js").Choice, whole: string} | null} whose maps are drawn, and where most tokens of a single one look */
  #drawn = null;

  /**
   * @param {import("./state.js").State} state
   * @param {(query: number, key: number) => void} onChoose  called with a cell of the first text's map
   * @param {(isRollout: boolean, isLog: boolean) => void} onTurn  called when the reader turns to another kind or scale
   */
  constructor(state, onChoose, onTurn) {
    this.#state = state;
    const turn = () => onTurn(this.kind.value === "rollout", this.scale.value === "logarithmic");
    const offer = { onChange: turn, wordsOf: (name) => OFFERED[name] };
    this.kind = select(t("Map of"), ["one head", "rollout"], offer);
    this.scale = select(t("Scale"), ["linear", "logarithmic"], offer);
    this.controls = make("span", "pg-heads", make("label", "", `${t("map of")} `, this.kind), make("label", "", `${t("scale")} `, this.scale));
    const words = (place) => (query, key) => this.#words(place, query, key);
    const inSecond = (query, key) => this.#chooseSecond(query, key, onChoose);
    const inBoth = (query, key) => this.#choosePair(query, key, onChoose);
    const inWords = (query, key) => this.#differenceWords(query, key);
    this.first = new HeatMap(t("Attention map of the text"), onChoose, words(0), false); // the line below the tokens says it
    this.second = new HeatMap(t("Attention map of the second text"), inSecond, words(1), true);
    this.differing = new HeatMap(t("Difference of the two maps"), inBoth, inWords, true);
    this.caption = new Caption();
    this.caption.describe(this.first.grid.element, this.second.grid.element);
    this.note = make("p", "pg-map-note");
    this.terms = [term("rollout", t("Rollout"))];
    const terms = { query: term("query", t("query")), key: term("key", t("key")), attention: term("attention", t("attention")) };
    const explained = tParts("row: {query}, column: {key}, cell: {attention}", terms);
    this.first.legend.element.append(make("span", "pg-map-words", ...explained));
    const rows = (place) => () => mapRows(state.maps[place], state.texts[place]);
    this.first.head.append(exportOf("map", t("Export the map"), this.first.element, rows(0)));
    this.second.head.append(exportOf("second map", t("Export the second map"), this.second.element, rows(1)));
    this.differing.head.append(exportOf("difference", t("Export the difference"), this.differing.element, () => this.#differenceRows()));
    this.element = make("div", "pg-maps", this.first.element, this.second.element, this.differing.element, this.caption.element, this.note);
  }

  /** Removes the maps of the last texts. */
  begin() {
    const { texts, text } = this.#state;
    this.second.element.hidden = texts.length < 2;
    this.differing.element.hidden = texts.length < 2 || !text.isCausal;
    this.kind.parentElement.hidden = text.kind === "cross"; // rollout follows one text only
    this.kind.value = this.#state.isRollout ? "rollout" : "one head";
    this.clear(text.isRunning ? GROWING : MAKING);
  }

  /** Shows a sentence and no maps. @param {string} sentence */
  clear(sentence) {
    for (const map of [this.first, this.second, this.differing]) map.clear(sentence);
    this.#drawn = null;
    this.#say();
    this.#tell(null, sentence === MAKING ? "" : sentence);
  }

  /** Says what the maps of the head in view leave out. */
  showNote() {
    const { isRollout, facts } = this.#state;
    const { layer } = choice();
    setTextWith(this.note, isRollout ? ROLLOUT : windowSentence(layer, facts.windows[layer]), this.terms);
  }

  /** Draws the maps that have arrived. */
  draw() {
    const { maps, texts, pairs, isLog } = this.#state;
    const start = performance.now();
    const rows = maps.map((map, place) => (hidesFirst(texts[place]) ? map.map(withoutFirst) : map));
    [this.first, this.second].forEach((map, place) => {
      const text = texts[place];
      if (text) map.show(this.#title(place), rows[place], frameOf(text, rows[place].length), isLog);
    });
    if (texts.length > 1 && texts[0].isCausal) {
      const tokens = pairs.map(([first, second]) => this.#pairName(first, second));
      const title = t("B − A: orange where B is larger, blue where A is larger");
      this.differing.showDifference(title, difference(rows[0], rows[1], pairs), { tokens, keyTokens: tokens, isCausal: true, ...axes(texts[0].words) });
    }
    this.#drawn = { chosen: choice(), whole: texts.length > 1 ? "" : wholeMap(maps[0], texts[0], hidesFirst(texts[0])) };
    this.#say();
    performance.measure("playground:map", { start });
    this.#tell(maps[0], "");
  }

  /**
   * Reports the first text's map, and how the view is turned to another one.
   *
   * @param {Float32Array[] | null} map  null while there is none @param {string} missing  why none comes, "" for no reason
   */
  #tell(map, missing) {
    const { text, isRollout, facts } = this.#state;
    const turnToHeads = () => {
      this.kind.value = "one head";
      this.kind.dispatchEvent(new Event("change"));
    };
    tellShown("inside/attention", { text, map, missing, isRollout, facts, of: choice(), choice, choose, turnToHeads });
  }

  /** Marks the query and the key in view. */
  choose() {
    const { query, key, second, pairs } = this.#state;
    this.first.choose(query, key);
    this.second.choose(...second);
    const pair = (index) => pairs.findIndex(([first]) => first === index);
    this.differing.choose(pair(query), key === null ? null : pair(key));
    this.#say();
  }

  /** Says what the maps show. */
  #say() {
    const { texts, maps, query, second, isRollout } = this.#state;
    const { chosen, whole } = this.#drawn ?? {};
    if (!this.#drawn || !maps.length) return this.caption.say(NO_MAP);
    const said = captionOf({ texts, maps, queries: [query, second[0]], isRollout, hidesFirst: hidesFirst(texts[0]) }, chosen);
    this.caption.say(`${said} ${whole}`.trim());
  }

  #title(place) {
    const { texts, facts, isRollout } = this.#state;
    const { layer, head } = choice();
    const map = texts[place].words.named(isRollout ? t("rollout over all layers") : headName(layer, head));
    if (texts.length > 1) return place === 0 ? t("A: {map}", { map }) : t("B: {map}", { map });
    const { size } = texts[place];
    const most = facts.map_tokens;
    if (size > most) return capital(t("{map}: the first {most} of {all} tokens", { map, most, all: size }));
    return capital(t("{map}: where each token looks", { map }));
  }

  #chooseSecond(query, key, onChoose) {
    const [first, second] = [this.#state.inFirst(1, query), this.#state.keyInFirst(1, key)];
    if (first !== -1 && second !== -1) onChoose(first, second);
  }

  #choosePair(query, key, onChoose) {
    const { pairs } = this.#state;
    onChoose(pairs[query][0], pairs[key][0]);
  }

  #pairName(first, second) {
    const { texts } = this.#state;
    const [a, b] = [texts[0].tokens[first], texts[1].tokens[second]];
    return a === b ? a : `${a}/${b}`;
  }

  #words(place, query, key) {
    const row = this.#state.maps[place]?.[query];
    return row ? querySentence(this.#state.texts[place], query, row, key, hidesFirst(this.#state.texts[place])) : "";
  }

  #differenceWords(query, key) {
    const { maps, pairs } = this.#state;
    const [row, column] = [pairs[query], pairs[key]];
    const cell = (place) => maps[place]?.[row[place]][column[place]];
    if (cell(0) === undefined || cell(1) === undefined) return "";
    const names = [row, column].map(([first, second]) => t("“{token}”", { token: this.#pairName(first, second) })).join(" → ");
    return t("{cell}: A {first}, B {second}", { cell: names, first: fixed(cell(0), 3), second: fixed(cell(1), 3) });
  }

  #differenceRows() {
    const { maps, pairs } = this.#state;
    if (!maps.length) throw new Error(NONE);
    const header = ["query", "query_token", "key", "key_token", "weight_a", "weight_b"];
    const lines = pairs.flatMap((row, query) =>
      pairs.slice(0, query + 1).map((column, key) => {
        const weights = [0, 1].map((place) => maps[place][row[place]][column[place]]);
        return [query, this.#pairName(...row), key, this.#pairName(...column), ...weights];
      }),
    );
    return [header, ...lines];
  }
}

/** Returns a map as lines of a CSV file, one for each cell. */
function mapRows(rows, { tokens, keyTokens }) {
  if (!rows) throw new Error(NONE);
  const header = ["query", "query_token", "key", "key_token", "weight"];
  return [header, ...rows.flatMap((row, query) => Array.from(row, (weight, key) => [query, tokens[query], key, keyTokens[key], weight]))];
}

const axes = ({ row, column }) => ({ row, column });

/** @param {import("./sides.js").Sides} sides @param {number} rows @returns {import("./heat_map.js").Frame} */
function frameOf({ tokens, keyTokens, isCausal, words }, rows) {
  return { tokens: tokens.slice(0, rows), keyTokens: isCausal ? tokens.slice(0, rows) : keyTokens, isCausal, ...axes(words) };
}

/** Returns a sentence about the sliding window of a layer, or "" for a layer that sees all tokens. */
function windowSentence(layer, window) {
  if (!window) return "";
  return tn(
    "Layer {layer} has a sliding window: a token sees only the last {n} token and gives earlier ones no weight.",
    "Layer {layer} has a sliding window: a token sees only the last {n} tokens and gives earlier ones no weight.",
    window,
    { layer },
  );
}
