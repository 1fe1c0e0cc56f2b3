/**
 * Draws the candidates as bars, one line for each. A bar shows the probability now over an outline of the unscaled one.
 * Cuts stand between the lines, and marks show counted draws. The lines are made once and filled at every redraw, so
 * that nothing flickers or moves.
 */

import { make, nearest, setText } from "../common/dom.js";
import { linear, logarithmic } from "./scale.js";
import { count, draw, label, logits, origin, percent, plural, setting } from "../common/words.js";

/** The legend's entries: class and meaning of each look. The last entry is the one for the drawn token. */
export const LEGEND = [
  ["pg-key-now", "probability now"],
  ["pg-key-raw", "unscaled: temperature 1, no cuts"],
  ["pg-key-removed", "removed"],
  ["pg-key-drawn", "drawn"],
];

const SCALES = { "linear scale": linear, "log scale": logarithmic };
const ROOMS = ["as many as fit", "10 bars", "20 bars", "30 bars", "40 bars", "50 bars"];

/**
 * @typedef {object} Marks  what the bars show about single candidates
 * @property {string} origin  the legend's text for the chosen ones
 * @property {(id: number) => boolean} isChosen
 * @property {(line: import("./lines.js").TokenLine) => string} noteOn  returns the note beside a line
 */

/** @returns {Marks} the marks for a step with its one chosen token @param {import("./ribbon.js").Draws} draws */
export const marksOf = (step, draws) => ({
  origin: origin(step),
  isChosen: (id) => id === step.token_id,
  noteOn: (line) => noteOn(line, step, draws),
});

export class Bars {
  #slots = [];
  #textOf;

  #hintOf;

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {() => void} onChoice  called when the reader chooses another scale or number of bars
   * @param {(id: number) => void} onToken  called when the reader clicks a token's bar
   * @param {(id: number) => string} hintOf  returns what that click does
   * @param {string[][]} keys  the legend's entries: class and text
   */
  constructor(textOf, onChoice, onToken, hintOf = (id) => `Continue with ${textOf(id)}`, keys = LEGEND) {
    this.#textOf = textOf;
    this.#hintOf = hintOf;
    this.scale = choice("Scale", Object.keys(SCALES), onChoice);
    this.rooms = choice("Number of bars", ROOMS, onChoice);
    this.title = make("div", "pg-bars-title");
    this.plot = make("div", "pg-bars-plot");
    this.plot.addEventListener("click", (event) => {
      const bar = nearest(event, "[data-id]");
      if (bar) onToken(Number(bar.dataset.id));
    });
    this.ticks = Array.from({ length: 8 }, () => make("span", "pg-tick"));
    const axis = make("div", "pg-bar pg-axis", make("span"), make("span", "pg-track", ...this.ticks));
    this.notes = make("span", "pg-note");
    axis.append(make("span", "pg-now", "now"), make("span", "pg-raw", "unscaled"), this.notes);
    const legend = keys.map(([key, text]) => make("span", `pg-key ${key}`, text));
    this.origin = legend.at(-1);
    const choices = make("span", "pg-bars-choices", this.scale, this.rooms);
    const head = make("div", "pg-bars-head", this.title, choices);
    const key = make("div", "pg-legend", ...legend);
    this.element = make("figure", "pg-bars", head, key, axis, this.plot);
    this.element.ariaLabel = "Candidates as bars";
  }

  /** @returns {number} the number of lines that there is room for */
  get room() {
    return this.#slots.length;
  }

  /** @returns {number | null} the number of lines that the reader chose, null to fill the window */
  get roomAsked() {
    return parseInt(this.rooms.value, 10) || null;
  }

  /** @param {number} room  the number of lines to make room for */
  set room(room) {
    while (this.#slots.length < room) this.#slots.push(new Slot());
    this.#slots.length = room;
    this.plot.replaceChildren(...this.#slots.map((slot) => slot.element));
  }

  /**
   * @param {string} title
   * @param {import("./lines.js").Line[]} lines
   * @param {Marks} marks  see `marksOf`
   * @param {(name: string) => number} settingOf  returns a stage's setting
   * @param {import("./ribbon.js").Draws} draws  the counted draws of the shown distribution
   */
  show(title, lines, marks, settingOf, draws) {
    setText(this.title, title);
    setText(this.origin, marks.origin);
    const tokens = lines.filter((line) => line.kind === "token").map((line) => line.candidate);
    const shares = tokens.flatMap((token) => [token.probability, token.rawProbability]);
    const scale = SCALES[this.scale.value](shares);
    this.#drawAxis(scale);
    setText(this.notes, draws.total ? "drawn, expected" : "");
    this.#slots.forEach((slot, index) => {
      const line = lines[index];
      if (!line) slot.showNothing();
      else if (line.kind === "cut") slot.showCut(cutWords(line.edge, settingOf));
      else if (line.kind === "rest") slot.showRest(line, scale);
      else slot.showToken(line, this.#textOf(line.candidate.id), marks.noteOn(line), this.#hintOf(line.candidate.id), scale);
      const candidate = line?.kind === "token" ? line.candidate : null;
      slot.mark("drawn", candidate !== null && marks.isChosen(candidate.id));
      slot.showDraws(candidate && draws.share(candidate), scale);
    });
  }

  #drawAxis({ ticks }) {
    const parts = ticks.length - 1;
    this.element.style.setProperty("--pg-parts", String(parts));
    this.ticks.forEach((tick, index) => {
      tick.hidden = index > parts;
      if (tick.hidden) return;
      tick.style.left = `${(100 * index) / parts}%`;
      tick.classList.toggle("pg-tick-last", index === parts);
      setText(tick, `${Number((100 * ticks[index]).toPrecision(3))} %`);
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
    this.draws = make("span", "pg-draws");
    const track = make("span", "pg-track", this.fill, this.outline, this.draws);
    this.element = make("div", "pg-bar", this.label, track, this.now, this.raw, this.note, this.cut);
  }

  showToken({ candidate, isApart }, text, note, hint, scale) {
    this.#show("token", text, note, candidate, scale);
    this.element.dataset.id = candidate.id;
    this.element.title = hint;
    this.mark("removed", candidate.removedBy !== null);
    this.mark("apart", isApart);
  }

  showRest(rest, scale) {
    this.#show("rest", `${count(rest.count)} more`, "", rest, scale);
  }

  /** Marks where the bar would end if it showed the share of the draws. There is no mark for null. */
  showDraws(share, scale) {
    this.draws.hidden = share === null;
    if (share !== null) this.draws.style.left = widthOf(share, scale);
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

  #show(kind, text, note, { probability, rawProbability }, scale) {
    this.#clear(kind);
    setText(this.label, text);
    this.label.title = text;
    setText(this.now, percent(probability));
    setText(this.raw, percent(rawProbability));
    setText(this.note, note);
    this.fill.style.width = widthOf(probability, scale);
    this.outline.style.width = widthOf(rawProbability, scale);
    this.element.classList.toggle("pg-beyond", scale.place(Math.max(probability, rawProbability)) > 1);
  }

  #clear(kind) {
    this.element.dataset.kind = kind;
    delete this.element.dataset.id;
    this.element.title = "";
    this.mark("removed", false);
    this.mark("apart", false);
  }
}

const widthOf = (probability, { place }) => `${100 * Math.max(0, Math.min(1, place(probability)))}%`;

function choice(name, options, onChange) {
  const select = make("select", "pg-select", ...options.map((option) => make("option", "", option)));
  select.ariaLabel = name;
  select.addEventListener("change", onChange);
  return select;
}

function noteOn({ candidate, isApart }, step, draws) {
  if (draws.share(candidate) !== null) return draws.told(candidate);
  const notes = [];
  const isMoved = candidate.penalisedLogit !== candidate.logit;
  if (candidate.id === step.token_id) {
    notes.push(step.draw === null || isMoved ? origin(step) : `drawn, u = ${draw(step.draw)}`); // no room for all three
  }
  if (isMoved) notes.push(logits(candidate));
  if (isApart) notes.push(`rank ${count(candidate.place)}${candidate.place === candidate.rank ? "" : " now"}`);
  if (candidate.removedBy) notes.push(label(candidate.removedBy));
  return notes.join(" · ");
}

function cutWords(edge, settingOf) {
  const said = setting(edge.name, settingOf(edge.name));
  if (edge.isUpper) return `${said} removes the ${plural(edge.position, "token")} above`;
  return `${said} keeps ${count(edge.kept)}`;
}
