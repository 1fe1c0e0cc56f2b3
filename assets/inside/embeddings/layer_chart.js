/** Draws the cosines of tokens layer by layer as lines. Makes Plotly's data and layout, and the table. */

import { cosineText } from "./words.js";
import { t } from "../../common/language.js";

const NAMES = ["A", "B", "C"];
const LINES = [
  { line: { color: "--pg-now", width: 3 }, marker: { size: 7, symbol: "circle", color: "--pg-now" } },
  { line: { color: "--pg-accent", width: 3, dash: "dash" }, marker: { size: 8, symbol: "diamond", color: "--pg-accent" } },
];

/** Plotly's own places stand in it. */
const HOVER = t("layer {layer}: {cosine}", { layer: "%{x}", cosine: "%{y:.3f}" });

/** @param {number} place  of a pair @returns {string} */
const pairName = (place) => t("A and {letter}", { letter: NAMES[place + 1] });

/** @param {number} place @returns {string} the letter of a text */
export const letterOf = (place) => NAMES[place];

/** @param {import("./contexts_state.js").ContextsState} state @returns {object[]} Plotly's traces */
export function layerData({ pairs }) {
  const x = pairs[0].cosines.map((_, layer) => layer);
  const lines = pairs.map(({ cosines }, place) => ({
    type: "scatter", mode: "lines+markers", name: pairName(place), x, y: cosines, ...LINES[place],
    hovertemplate: `${HOVER}<extra>${pairName(place)}</extra>`,
  }));
  const others = pairs[0].others && {
    type: "scatter", mode: "lines", name: t("other tokens of A and B, mean"), x, y: pairs[0].others,
    line: { color: "--pg-raw", width: 2, dash: "dot" }, hovertemplate: `${HOVER}<extra>${t("other tokens")}</extra>`,
  };
  return others ? [...lines, others] : lines;
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {object} Plotly's layout */
export function layerLayout({ pairs }) {
  const all = pairs.flatMap(({ cosines, others }) => [...cosines, ...(others ?? [])]);
  return {
    margin: { t: 8, r: 16, b: 48, l: 56 },
    xaxis: { title: { text: t("layer (0 is the embedding)") }, zeroline: false, automargin: false, range: [-0.5, pairs[0].cosines.length - 0.5] },
    yaxis: { title: { text: t("cosine (1 is the same direction)") }, zeroline: false, automargin: false, range: [Math.min(0, ...all) - 0.02, 1.04] },
    showlegend: false, // a line of the page, which breaks where it has no room
  };
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {string} */
export function layerTitle(state) {
  const [first, second, third] = state.sides.map((_, place) => t("“{token}” of {letter}", { token: state.tokenOf(place), letter: NAMES[place] }));
  return third === undefined
    ? t("Cosine of the vectors after each layer: {first} with {second}", { first, second })
    : t("Cosine of the vectors after each layer: {first} with {second}, and with {third}", { first, second, third });
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {string} which line is which */
export function layerLegend({ pairs }) {
  const lines = pairs.map((_, place) => (place ? t("◆ dashed: {pair}", { pair: pairName(place) }) : t("● solid: {pair}", { pair: pairName(place) })));
  return [...lines, ...(pairs[0].others ? [t("dotted: all other tokens of A and B, mean")] : [])].join("  ·  ");
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {string} what the lines show */
export function layerSentence(state) {
  const last = state.pairs[0].cosines.length - 1;
  const told = state.pairs.map(({ cosines }, place) => {
    const least = cosines.indexOf(Math.min(...cosines));
    return t("A and {letter} begin at {first}, are least alike after layer {layer} ({least}), and end at {last}.", {
      letter: NAMES[place + 1], first: cosineText(cosines[0]), layer: least, least: cosineText(cosines[least]), last: cosineText(cosines[last]),
    });
  });
  return told.join(" ");
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {{columns: string[], lines: string[][]}} */
export function layerTable({ pairs }) {
  const columns = [t("layer"), ...pairs.map((_, place) => pairName(place)), ...(pairs[0].others ? [t("other tokens of A and B")] : [])];
  const lines = pairs[0].cosines.map((_, layer) => [
    String(layer),
    ...pairs.map(({ cosines }) => cosineText(cosines[layer])),
    ...(pairs[0].others ? [cosineText(pairs[0].others[layer])] : []),
  ]);
  return { columns, lines };
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {unknown[][]} */
export function layerCsv(state) {
  if (!state.pairs) throw new Error(t("The texts are being read. Try again in a moment."));
  const header = ["layer", "text", "token", "compared_with", "other_token", "cosine", "mean_of_other_tokens"];
  const lines = state.pairs.flatMap(({ cosines, others }, place) =>
    cosines.map((cosine, layer) => [layer, "A", state.tokenOf(0), NAMES[place + 1], state.tokenOf(place + 1), cosine, others?.[layer] ?? ""]),
  );
  return [header, ...lines];
}
