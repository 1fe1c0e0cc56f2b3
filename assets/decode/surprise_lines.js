/**
 * Shows surprisal and entropy over the whole text, prompt included, as two lines and as a table. They are hidden until
 * a button opens them, so that the page does not load Plotly before. A click brings the step into view.
 */

import { make, setText } from "../common/dom.js";
import { closeByEscape } from "../common/focus.js";
import { t, tParts } from "../common/language.js";
import { term } from "../glossary/term.js";
import { Chart, plain } from "../common/plotly.js";
import { bits, count, percent } from "../common/words.js";

const TITLE = t("Surprisal and entropy over the steps");
const COLUMNS = [t("Step"), t("Token"), t("Surprisal"), t("Entropy"), t("Rank"), t("Raw probability")];
const PAUSE_MS = 300; // between two drawings of a growing text
const TICKS = 12;

const surprisal = (step) => -Math.log2(step.raw_probability);

export class SurpriseLines {
  #latest = null; // {trace, selected}
  #drawnAt = -Infinity;
  #timer = 0;
  #textOf;

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {(index: number) => void} onSelect  called when the reader chooses a step
   */
  constructor(textOf, onSelect) {
    this.#textOf = textOf;
    this.chart = new Chart(t("Surprisal and entropy over the steps, as lines; the table below has the numbers"));
    this.chart.on("plotly_click", ({ points }) => onSelect(points[0].customdata));
    this.note = make("p", "pg-notice");
    this.body = make("tbody");
    const heads = COLUMNS.map((name) => make("th", "", name));
    for (const head of heads) head.scope = "col";
    const table = make("table", "pg-table pg-numbers", make("thead", "", make("tr", "", ...heads)), this.body);
    table.role = "table";
    table.ariaLabel = TITLE;
    const scroll = make("div", "pg-scroll", table);
    scroll.tabIndex = 0; // so that the arrow keys can scroll it
    scroll.role = "region";
    scroll.ariaLabel = t("The lines as a table");
    this.table = make("details", "pg-details", make("summary", "", t("The lines as a table")), scroll);
    const words = { surprisal: term("surprisal", t("Surprisal")), entropy: term("entropy", t("entropy")) };
    const title = make("div", "pg-chart-title", ...tParts("{surprisal} and {entropy} over the steps", words));
    this.element = make("section", "pg-lines", title, this.note, this.chart.element, this.table);
    this.element.ariaLabel = TITLE;
    this.element.hidden = true;
    /** `toggle` is the button that opens and closes the lines. The caller places it where there is room. */
    this.arrow = make("span");
    this.toggle = make("button", "pg-button", ...tParts("Surprisal {rest}", { rest: make("span", "pg-wide", t("and entropy")) }), this.arrow);
    this.toggle.type = "button";
    this.toggle.ariaLabel = t("Surprisal and entropy");
    this.toggle.addEventListener("click", () => this.#turn());
    this.table.addEventListener("toggle", () => this.#draw());
    closeByEscape([this.element, this.toggle], () => {
      if (this.element.hidden) return null;
      this.#turn();
      return this.toggle;
    });
    this.#tell();
  }

  #turn() {
    this.element.hidden = !this.element.hidden;
    this.#tell();
    this.#draw();
  }

  #tell() {
    this.toggle.ariaExpanded = String(!this.element.hidden);
    setText(this.arrow, this.element.hidden ? " ▾" : " ▴");
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
   * @param {number | null} selected  the index of the step in view
   */
  show(trace, selected) {
    this.#latest = { trace, selected };
    const rest = trace.isRunning ? this.#drawnAt + PAUSE_MS - performance.now() : 0;
    if (rest <= 0) this.#draw();
    else this.#timer ||= setTimeout(() => this.#draw(), rest);
  }

  async #draw() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.element.hidden || !this.#latest) return;
    this.#drawnAt = performance.now();
    const { trace, selected } = this.#latest;
    const steps = [...trace.given, ...trace.steps];
    if (this.table.open) this.body.replaceChildren(...steps.map((step) => this.#row(trace, step)));
    try {
      await this.chart.show(this.#dataOf(trace, steps), layoutOf(trace, selected));
      setText(this.note, "");
    } catch (error) {
      setText(this.note, error.message);
    }
  }

  #dataOf(trace, steps) {
    const points = { x: steps.map((step) => xOf(trace, step.index)), customdata: steps.map((step) => step.index) };
    const said = steps.map((step) => {
      const name = t("{step}: {token}", { step: trace.nameOf(step.index), token: this.#textOf(step.token_id) });
      const numbers = [t("surprisal {bits}", { bits: bits(surprisal(step)) }), t("entropy {bits}", { bits: bits(step.entropy_bits) })];
      return plain([name, ...numbers].join("\n"));
    });
    return [
      {
        ...points,
        y: steps.map(surprisal),
        name: t("surprisal"),
        mode: "lines+markers",
        line: { color: "--pg-accent", width: 1.5 },
        marker: { symbol: "diamond", size: 5 },
        text: said.map((text) => text.replaceAll("\n", "<br>")),
        hoverinfo: "text",
      },
      {
        ...points,
        y: steps.map((step) => step.entropy_bits),
        name: t("entropy"),
        mode: "lines",
        line: { color: "--pg-now", width: 2, dash: "dot" },
        hoverinfo: "skip",
      },
    ];
  }

  #row(trace, step) {
    const { index, token_id, entropy_bits, rank, raw_probability } = step;
    const numbers = [bits(surprisal(step)), bits(entropy_bits), count(rank), percent(raw_probability)];
    const texts = [trace.nameOf(index), this.#textOf(token_id), ...numbers];
    return make("tr", "", ...texts.map((text, column) => make("td", column === 1 ? "pg-token" : "", text)));
  }
}

/**
 * Returns a step's place on the x axis: its number, with the prompt's tokens at 0 and below. In a text without steps it
 * is the number of the prompt's token.
 */
function xOf(trace, index) {
  return index + 1 + (trace.steps.length ? 0 : trace.header.prompt_ids.length);
}

function layoutOf(trace, selected) {
  const start = xOf(trace, trace.first);
  const end = xOf(trace, trace.last);
  const now = selected === null ? null : xOf(trace, selected);
  const isMixed = trace.steps.length > 0 && trace.given.length > 0;
  const upright = { yref: "paper", y0: 0, y1: 1 };
  const shapes = [];
  const annotations = [];
  if (isMixed) {
    const prompt = { x0: start - 0.5, x1: 0.5, fillcolor: "--pg-faint", line: { width: 0 }, layer: "below" };
    shapes.push({ type: "rect", ...upright, ...prompt });
    annotations.push({ text: t("prompt"), x: start - 0.5, y: 1, yref: "paper", xanchor: "left", yanchor: "bottom" });
    Object.assign(annotations[0], { showarrow: false, font: { color: "--pg-muted" } });
  }
  if (now !== null) shapes.push({ type: "line", ...upright, x0: now, x1: now, line: { color: "--pg-ink", width: 2 } });
  return {
    xaxis: {
      title: { text: trace.steps.length ? t("step") : t("prompt token"), standoff: 0 },
      range: [start - 0.5, end + 0.5],
      tickvals: ticks(Math.max(start, 1), end),
    },
    yaxis: { title: { text: t("bits"), standoff: 4 }, rangemode: "tozero", nticks: 4 },
    legend: { orientation: "h", x: 1, xanchor: "right", y: 1, yanchor: "bottom", itemclick: false, itemdoubleclick: false },
    margin: { t: 20, r: 8, b: 36, l: 44 },
    hovermode: "x",
    shapes,
    annotations,
  };
}

/** Returns `start` and then round numbers up to `end`, about a dozen at most. */
function ticks(start, end) {
  const length = end - start + 1;
  const apart = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((apart) => length / apart <= TICKS) ?? 1000;
  const found = [start];
  for (let tick = (Math.floor(start / apart) + 1) * apart; tick <= end; tick += apart) found.push(tick);
  return found;
}
