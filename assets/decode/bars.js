/**
 * The bars: one line a candidate, the probability now over an outline of the unscaled one, cuts between the lines.
 * The lines are made once and filled at every redraw, so that nothing flickers and nothing jumps.
 */

import { make, setText } from "../common/dom.js";
import { count, draw, label, logits, percent, plural, setting } from "../common/words.js";

const LEGEND = [
  ["pg-key-now", "probability now"],
  ["pg-key-raw", "unscaled (temperature 1, no cuts)"],
  ["pg-key-removed", "removed"],
  ["pg-key-drawn", "drawn"],
];

export class Bars {
  #slots = [];
  #textOf;

  /** @param {(id: number) => string} textOf  a token's text */
  constructor(textOf) {
    this.#textOf = textOf;
    this.title = make("div", "pg-bars-title");
    this.plot = make("div", "pg-bars-plot");
    this.ticks = Array.from({ length: 6 }, () => make("span", "pg-tick"));
    const axis = make("div", "pg-bar pg-axis", make("span"), make("span", "pg-track", ...this.ticks));
    axis.append(make("span", "pg-now", "now"), make("span", "pg-raw", "unscaled"), make("span", "pg-note"));
    const legend = LEGEND.map(([key, text]) => make("span", `pg-key ${key}`, text));
    const head = make("div", "pg-bars-head", this.title, make("div", "pg-legend", ...legend));
    this.element = make("figure", "pg-bars", head, axis, this.plot);
    this.element.ariaLabel = "Candidates as bars";
  }

  /** @returns {number} lines there is room for */
  get room() {
    return this.#slots.length;
  }

  /** @param {number} room  lines to make room for */
  set room(room) {
    while (this.#slots.length < room) this.#slots.push(new Slot());
    this.#slots.length = room;
    this.plot.replaceChildren(...this.#slots.map((slot) => slot.element));
  }

  /**
   * @param {string} title
   * @param {import("./lines.js").Line[]} lines
   * @param {import("../common/trace.js").Step} step
   * @param {(name: string) => number} valueOf  a stage's setting
   */
  show(title, lines, step, valueOf) {
    setText(this.title, title);
    const tokens = lines.filter((line) => line.kind === "token").map((line) => line.candidate);
    const scale = scaleFor(Math.max(...tokens.flatMap((token) => [token.probability, token.rawProbability])));
    this.#drawAxis(scale);
    this.#slots.forEach((slot, index) => {
      const line = lines[index];
      if (!line) slot.showNothing();
      else if (line.kind === "cut") slot.showCut(cutWords(line.edge, valueOf));
      else if (line.kind === "rest") slot.showRest(line, scale.end);
      else slot.showToken(line, this.#textOf(line.candidate.id), noteOn(line, step), scale.end);
      slot.mark("drawn", line?.candidate?.id === step.token_id);
    });
  }

  #drawAxis({ end, parts }) {
    this.element.style.setProperty("--pg-parts", parts);
    this.ticks.forEach((tick, index) => {
      tick.hidden = index > parts;
      tick.style.left = `${(100 * index) / parts}%`;
      setText(tick, `${Number(((100 * end * index) / parts).toPrecision(3))} %`);
    });
  }
}

class Slot {
  constructor() {
    this.label = make("span", "pg-label");
    this.outline = make("span", "pg-outline");
    this.fill = make("span", "pg-fill");
    this.now = make("span", "pg-now");
    this.raw = make("span", "pg-raw");
    this.note = make("span", "pg-note");
    this.cut = make("span", "pg-cut");
    const track = make("span", "pg-track", this.fill, this.outline);
    this.element = make("div", "pg-bar", this.label, track, this.now, this.raw, this.note, this.cut);
  }

  showToken({ candidate, isApart }, text, note, scaleEnd) {
    this.#show("token", text, note, candidate, scaleEnd);
    this.mark("removed", candidate.removedBy !== null);
    this.mark("apart", isApart);
  }

  showRest(rest, scaleEnd) {
    this.#show("rest", `${count(rest.count)} more ${rest.count === 1 ? "token" : "tokens"}`, "", rest, scaleEnd);
  }

  showCut(text) {
    this.#clear("cut");
    setText(this.cut, text);
  }

  showNothing() {
    this.#clear("nothing");
  }

  /** @param {"drawn" | "removed" | "apart"} name */
  mark(name, isSo) {
    this.element.classList.toggle(`pg-${name}`, isSo);
  }

  #show(kind, text, note, { probability, rawProbability }, scaleEnd) {
    this.#clear(kind);
    setText(this.label, text);
    this.label.title = text;
    setText(this.now, percent(probability));
    setText(this.raw, percent(rawProbability));
    setText(this.note, note);
    this.fill.style.width = widthOf(probability, scaleEnd);
    this.outline.style.width = widthOf(rawProbability, scaleEnd);
    this.element.classList.toggle("pg-beyond", Math.max(probability, rawProbability) > scaleEnd);
  }

  #clear(kind) {
    this.element.dataset.kind = kind;
    this.mark("removed", false);
    this.mark("apart", false);
  }
}

const widthOf = (probability, scaleEnd) => `${Math.min(100, (100 * probability) / scaleEnd)}%`;

/** The next of 1, 2, 5, 10, 20, 50, 100 % above `highest`, and into how many parts to divide it. */
function scaleFor(highest) {
  const power = 10 ** Math.ceil(Math.log10(highest) - 1e-9);
  const end = [0.2, 0.5, 1].map((part) => part * power).find((end) => end >= highest * (1 - 1e-9));
  return { end, parts: end === 0.2 * power ? 4 : 5 };
}

function noteOn({ candidate, isApart }, step) {
  const notes = [];
  const isMoved = candidate.penalisedLogit !== candidate.logit;
  if (candidate.id === step.token_id) {
    notes.push(step.draw === null || isMoved ? "drawn" : `drawn, u = ${draw(step.draw)}`); // no room for all three
  }
  if (isMoved) notes.push(logits(candidate));
  if (isApart) notes.push(`rank ${count(candidate.place)}${candidate.place === candidate.rank ? "" : " now"}`);
  if (candidate.removedBy) notes.push(label(candidate.removedBy));
  return notes.join(" · ");
}

function cutWords(edge, valueOf) {
  const said = setting(edge.name, valueOf(edge.name));
  if (edge.isUpper) return `${said} removes the ${plural(edge.position, "token")} above`;
  return `${said} keeps ${count(edge.kept)}`;
}
