/** Draws the cosines of tokens layer by layer as lines. Makes Plotly's data and layout, and the table. */

import { cosineText, quote } from "./words.js";

const NAMES = ["A", "B", "C"];
const LINES = [
  { line: { color: "--pg-now", width: 3 }, marker: { size: 7, symbol: "circle", color: "--pg-now" } },
  { line: { color: "--pg-accent", width: 3, dash: "dash" }, marker: { size: 8, symbol: "diamond", color: "--pg-accent" } },
];

/** @param {number} place @returns {string} the letter of a text */
export const letterOf = (place) => NAMES[place];

/** @param {import("./contexts_state.js").ContextsState} state @returns {object[]} Plotly's traces */
export function layerData({ pairs }) {
  const x = pairs[0].cosines.map((_, layer) => layer);
  const lines = pairs.map(({ cosines }, place) => ({
    type: "scatter", mode: "lines+markers", name: `A and ${NAMES[place + 1]}`, x, y: cosines, ...LINES[place],
    hovertemplate: `layer %{x}: %{y:.3f}<extra>A and ${NAMES[place + 1]}</extra>`,
  }));
  const others = pairs[0].others && {
    type: "scatter", mode: "lines", name: "other tokens of A and B, mean", x, y: pairs[0].others,
    line: { color: "--pg-raw", width: 2, dash: "dot" }, hovertemplate: "layer %{x}: %{y:.3f}<extra>other tokens</extra>",
  };
  return others ? [...lines, others] : lines;
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {object} Plotly's layout */
export function layerLayout({ pairs }) {
  const all = pairs.flatMap(({ cosines, others }) => [...cosines, ...(others ?? [])]);
  return {
    margin: { t: 8, r: 16, b: 48, l: 56 },
    xaxis: { title: { text: "layer (0 is the embedding)" }, zeroline: false, automargin: false, range: [-0.5, pairs[0].cosines.length - 0.5] },
    yaxis: { title: { text: "cosine (1 is the same direction)" }, zeroline: false, automargin: false, range: [Math.min(0, ...all) - 0.02, 1.04] },
    showlegend: false, // a line of the page, which breaks where it has no room
  };
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {string} */
export function layerTitle(state) {
  const names = state.sides.map((_, place) => `${quote(state.tokenOf(place))} of ${NAMES[place]}`);
  return `Cosine of the vectors after each layer: ${names[0]} with ${names.slice(1).join(", and with ")}`;
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {string} which line is which */
export function layerLegend({ pairs }) {
  const lines = pairs.map((_, place) => `${["● solid", "◆ dashed"][place]}: A and ${NAMES[place + 1]}`);
  return [...lines, ...(pairs[0].others ? ["dotted: all other tokens of A and B, mean"] : [])].join("  ·  ");
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {string} what the lines show */
export function layerSentence(state) {
  const last = state.pairs[0].cosines.length - 1;
  const told = state.pairs.map(({ cosines }, place) => {
    const least = cosines.indexOf(Math.min(...cosines));
    return `A and ${NAMES[place + 1]} begin at ${cosineText(cosines[0])}, are least alike after layer ${least} (${cosineText(cosines[least])}), and end at ${cosineText(cosines[last])}`;
  });
  return `${told.join(". ")}.`;
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {{columns: string[], lines: string[][]}} */
export function layerTable({ pairs }) {
  const columns = ["layer", ...pairs.map((_, place) => `A and ${NAMES[place + 1]}`), ...(pairs[0].others ? ["other tokens of A and B"] : [])];
  const lines = pairs[0].cosines.map((_, layer) => [
    String(layer),
    ...pairs.map(({ cosines }) => cosineText(cosines[layer])),
    ...(pairs[0].others ? [cosineText(pairs[0].others[layer])] : []),
  ]);
  return { columns, lines };
}

/** @param {import("./contexts_state.js").ContextsState} state @returns {unknown[][]} */
export function layerCsv(state) {
  if (!state.pairs) throw new Error("The texts are being read. Try again in a moment.");
  const header = ["layer", "text", "token", "compared_with", "other_token", "cosine", "mean_of_other_tokens"];
  const lines = state.pairs.flatMap(({ cosines, others }, place) =>
    cosines.map((cosine, layer) => [layer, "A", state.tokenOf(0), NAMES[place + 1], state.tokenOf(place + 1), cosine, others?.[layer] ?? ""]),
  );
  return [header, ...lines];
}
