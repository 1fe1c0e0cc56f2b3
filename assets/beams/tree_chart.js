/**
 * Draws the tree from left to right: one column for each step, the most probable node on top. The more probable a
 * token, the wider its line. The winner's line has the accent colour, greedy's is dashed, a sampled one is dotted.
 * Reports clicks.
 */

import { Chart, plain } from "../common/plotly.js";
import { scroller } from "../common/scroller.js";
import { fixed, t } from "../common/language.js";
import { percent } from "../common/words.js";
import { nameOf, ROOTS, THE_ROOTS } from "./paths.js";

const COLUMN = 5; // em, the width of a step
const ROW = 2.2; // em, the height of a place
const PATHS = 2; // the greedy one and the sampled one
const WIDTHS = [1, 2, 4, 6, 9]; // of lines, by fifths of probability
const LONGEST = 9; // characters of a node's text

export class TreeChart {
  #textOf;

  constructor(textOf, onChoose) {
    this.#textOf = textOf;
    this.chart = new Chart(t("The beam search as a tree. The node in view and the tables below give the same information as text"));
    this.chart.on("plotly_click", ({ points }) => {
      const node = points.map(({ customdata }) => customdata).find((at) => at !== undefined && at !== null);
      if (node !== undefined) onChoose(node);
    });
    this.element = scroller(t("The search as a tree"), this.chart.element, "pg-beam-tree");
  }

  /**
   * @param {import("./tree.js").BeamTree} tree
   * @param {number} last  the last step to show
   * @param {boolean} withDropped  whether candidates that were dropped are shown
   * @param {number} selected  node
   */
  async show(tree, last, withDropped, selected) {
    const { nodes } = tree;
    const isShown = (node) => nodes.depth[node] <= last && (withDropped || nodes.fate[node] !== "dropped");
    const shown = nodes.parent.map((_, node) => node).filter(isShown);
    const yOf = placesOf(tree, shown);
    const lowest = Math.max(...yOf.values());
    const paths = this.#paths(tree, last, yOf, lowest);
    const data = [...this.#lines(tree, shown, yOf), ...paths.map(({ trace }) => trace), ...this.#points(tree, shown, yOf, selected)];
    const expected = tree.settings.num_beams + PATHS; // reserved from the start, so that the page below does not move
    const places = Math.max(expected, lowest + 1 + paths.filter(({ leaves }) => leaves).length);
    this.chart.element.style.width = `max(100%, ${(last + 1) * COLUMN + 3}em)`;
    this.chart.element.style.height = `${places * ROW + 7}em`;
    await this.chart.show(data, {
      xaxis: { title: { text: t("step") }, range: [-0.4, Math.max(last, 4) + 0.7], dtick: 1, zeroline: false, showgrid: false },
      yaxis: { visible: false, range: [places - 0.4, -0.8] },
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" },
      margin: { t: 32, r: 8, b: 40, l: 8 },
      hovermode: "closest",
    });
  }

  #lines(tree, shown, yOf) {
    const { nodes, winner } = tree;
    const traces = WIDTHS.flatMap((width) => [false, true].map((isWinner) => line(isWinner ? "--pg-accent" : "--pg-now", width, isWinner)));
    for (const node of shown.slice(1)) {
      const fifth = Math.min(WIDTHS.length - 1, Math.floor(Math.exp(nodes.log_prob[node]) * WIDTHS.length));
      const trace = traces[2 * fifth + (winner.has(node) ? 1 : 0)];
      const parent = nodes.parent[node];
      trace.x.push(nodes.depth[parent], nodes.depth[node], null);
      trace.y.push(yOf.get(parent), yOf.get(node), null);
    }
    return traces.filter(({ x }) => x.length);
  }

  /** Draws each path along the tree's nodes, and below the tree from the point where the path leaves it. */
  #paths(tree, last, yOf, lowest) {
    let below = lowest;
    return tree.paths.map((path) => {
      const on = tree.follow(path.token_ids);
      const seen = path.token_ids.slice(0, last);
      const leaves = seen.some((_, place) => !yOf.has(on[place]));
      if (leaves) below += 1;
      const y = seen.map((_, place) => yOf.get(on[place]) ?? below);
      const text = seen.map((id, place) => (yOf.has(on[place]) ? "" : short(this.#textOf(id))));
      const trace = {
        type: "scatter",
        mode: "lines+text",
        name: t("{name}, score {score}", { name: nameOf(path), score: fixed(path.score, 3).replace("-", "−") }),
        x: [0, ...seen.map((_, place) => place + 1)],
        y: [yOf.get(0), ...y],
        text: ["", ...text],
        textposition: "top center",
        hoverinfo: "skip",
        line: { color: "--pg-ink", width: 2, dash: path.name === "greedy" ? "dash" : "dot" },
      };
      return { trace, leaves };
    });
  }

  #points(tree, shown, yOf, selected) {
    const { nodes } = tree;
    const kinds = [
      ["kept", t("kept"), "circle", "--pg-now"],
      ["finished", t("finished"), "square", "--pg-accent"],
      ["dropped", t("dropped"), "x-thin-open", "--pg-raw"],
    ];
    return kinds.map(([fate, name, symbol, color]) => {
      const own = shown.filter((node) => nodes.fate[node] === fate);
      return {
        type: "scatter",
        mode: "markers+text",
        name,
        x: own.map((node) => nodes.depth[node]),
        y: own.map((node) => yOf.get(node)),
        customdata: own,
        text: own.map((node) => (node ? short(this.#textOf(nodes.token_id[node])) : ROOTS[tree.root])),
        textposition: "top center",
        cliponaxis: false,
        hovertext: own.map((node) => (node ? `${plain(this.#textOf(nodes.token_id[node]))}<br>${percent(Math.exp(nodes.log_prob[node]))}` : THE_ROOTS[tree.root])),
        hoverinfo: "text",
        marker: {
          symbol,
          size: own.map((node) => (node === selected ? 14 : 8)),
          color,
          line: { width: own.map((node) => (node === selected ? 3 : 1)), color: "--pg-ink" },
        },
      };
    });
  }
}

/** Orders the nodes in each column: kept and finished ones by cumulative log-probability, then the dropped ones. */
function placesOf({ nodes }, shown) {
  const columns = new Map();
  for (const node of shown) columns.set(nodes.depth[node], [...(columns.get(nodes.depth[node]) ?? []), node]);
  const places = new Map();
  for (const column of columns.values()) {
    const rank = (node) => (nodes.fate[node] === "dropped" ? 1 : 0);
    column.sort((a, b) => rank(a) - rank(b) || nodes.cumulative[b] - nodes.cumulative[a]);
    for (const [place, node] of column.entries()) places.set(node, place);
  }
  return places;
}

const line = (color, width, isWinner) => ({
  type: "scatter",
  mode: "lines",
  x: [],
  y: [],
  hoverinfo: "skip",
  showlegend: false,
  opacity: isWinner ? 1 : 0.5,
  line: { color, width },
});

const short = (text) => plain(text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
