/**
 * Draws the candidates as bars, one line for each. A bar shows the probability now over an outline of the unscaled one.
 * Cuts stand between the lines, and marks show counted draws. The lines are made once and filled at every redraw, so
 * that nothing flickers or moves. The axis is kept as long as one step is in view, so that an outline keeps its length.
 */

import { Slot } from "./bar_slot.js";
import { make, nearest, setText } from "../common/dom.js";
import { brief, t, tn } from "../common/language.js";
import { setTextWith, term } from "../glossary/term.js";
import { KeptScale, linear, logarithmic } from "./scale.js";
import { Roving } from "../common/roving.js";
import { isGiven } from "../common/trace.js";
import { draw, inPercent, label, logits, origin, setting } from "../common/words.js";

/** The legend's entries: class and meaning of each look. The last entry is the one for the drawn token. */
export const LEGEND = [
  ["pg-key-now", t("probability now")],
  ["pg-key-raw", t("unscaled: temperature 1, no cuts")],
  ["pg-key-removed", t("removed")],
  ["pg-key-drawn", t("drawn")],
];

const SCALES = { [t("linear scale")]: linear, [t("log scale")]: logarithmic };
const ROOMS = [null, 10, 20, 30, 40, 50]; // null for as many as fit
const FIT = t(
  "Fits the axis to the bars at every change. Otherwise it stays as long as the step is in view, and a bar that is longer fades at its end.",
);

/**
 * @typedef {object} Marks  what the bars show about single candidates
 * @property {string} origin  the legend's text for the chosen ones
 * @property {(id: number) => boolean} isChosen
 * @property {(line: import("./lines.js").TokenLine) => string} noteOn  returns the note beside a line
 */

/**
 * @typedef {object} Ghost  a second distribution, shown as a dashed outline
 * @property {string} name  what it is, in the legend
 * @property {(id: number) => number} probability
 */

/** @returns {Marks} the marks for a step with its one chosen token @param {import("./draws.js").Draws} draws */
export const marksOf = (step, draws) => ({
  origin: origin(step),
  isChosen: (id) => id === step.token_id,
  noteOn: (line) => noteOn(line, step, draws),
});

export class Bars {
  #slots = [];
  #kept = new KeptScale();
  #textOf;
  #hintOf;

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {() => void} onChoice  called when the reader chooses another scale or number of bars
   * @param {(id: number) => void} onToken  called when the reader clicks a token's bar, or presses Enter on it
   * @param {(id: number) => string} hintOf  returns what that click does
   * @param {string[][]} keys  the legend's entries: class and text
   */
  constructor(textOf, onChoice, onToken, hintOf = (id) => t("Continue with {token}", { token: textOf(id) }), keys = LEGEND) {
    this.#textOf = textOf;
    this.#hintOf = hintOf;
    this.scale = choice(t("Scale"), Object.keys(SCALES), onChoice);
    this.rooms = choice(t("Number of bars"), ROOMS.map((bars) => (bars ? tn("{n} bar", "{n} bars", bars) : t("as many as fit"))), onChoice);
    this.title = make("div", "pg-bars-title");
    this.words = [leftOut(), term("entropy", t("entropy"))];
    this.plot = make("div", "pg-bars-plot");
    this.plot.role = "listbox";
    this.plot.ariaLabel = t("Candidates");
    const isShown = ({ element }) => element.dataset.kind !== "nothing";
    this.roving = new Roving(this.plot, () => this.#slots.filter(isShown).map(({ element }) => element));
    this.plot.addEventListener("click", (event) => answer(event, onToken));
    this.plot.addEventListener("keydown", (event) => {
      if ([" ", "Enter"].includes(event.key) && !event.ctrlKey && !event.metaKey) answer(event, onToken);
    });
    this.ticks = Array.from({ length: 8 }, () => make("span", "pg-tick"));
    this.fit = make("input");
    this.fit.type = "checkbox";
    this.fit.addEventListener("change", onChoice);
    this.fitting = make("label", "pg-fit", this.fit, t("fit the axis"));
    this.fitting.title = FIT;
    const axis = make("div", "pg-bar pg-axis", make("span", "", this.fitting), make("span", "pg-track", ...this.ticks));
    this.notes = make("span", "pg-note");
    axis.append(make("span", "pg-now", t("now")), make("span", "pg-raw", t("unscaled")), this.notes);
    const legend = keys.map(([key, text]) => make("span", `pg-key ${key}`, ...short(text)));
    this.origin = legend.at(-1);
    this.ghost = make("span", "pg-key pg-key-ghost");
    const choices = make("span", "pg-bars-choices", this.scale, this.rooms);
    this.name = make("div", "pg-bars-name", this.title);
    const head = make("div", "pg-bars-head", this.name, choices);
    head.dataset.title = t("What the model thinks comes next"); // shown by the simple face
    const key = make("div", "pg-legend", ...legend, this.ghost);
    this.element = make("figure", "pg-bars", head, key, axis, this.plot);
    this.element.ariaLabel = t("Candidates as bars");
  }

  /** @returns {number} the number of lines that there is room for */
  get room() {
    return this.#slots.length;
  }

  /**
   * Where the choices stand depends on the longest title, so that no other title moves them.
   *
   * @param {string} longest @param {string} narrow  the same where there is little room
   */
  keepRoomFor(longest, narrow) {
    Object.assign(this.name.dataset, { room: longest, narrowRoom: narrow });
  }

  /** @returns {number | null} the number of lines that the reader chose, null to fill the window */
  get roomAsked() {
    return ROOMS[this.rooms.selectedIndex];
  }

  /** Lines that stay are not touched, so that one of them keeps the focus. @param {number} room  the number of lines */
  set room(room) {
    while (this.#slots.length < room) {
      this.#slots.push(new Slot());
      this.plot.append(this.#slots.at(-1).element);
    }
    const gone = this.#slots.splice(room);
    if (gone.some(({ element }) => element === document.activeElement)) this.#slots.at(-1).element.focus();
    for (const { element } of gone) element.remove();
  }

  /**
   * @param {string} title
   * @param {import("./lines.js").Line[]} lines
   * @param {Marks} marks  see `marksOf`
   * @param {(name: string) => number} settingOf  returns a stage's setting
   * @param {import("./draws.js").Draws} draws  the counted draws of the shown distribution
   * @param {object | null} thing  what the axis is kept for, as long as it is in view; null if it always fits
   * @param {Ghost | null} ghost
   */
  show(title, lines, marks, settingOf, draws, thing = null, ghost = null) {
    setTextWith(this.title, title, this.words);
    setText(this.origin, marks.origin);
    this.ghost.hidden = ghost === null;
    setText(this.ghost, ghost?.name ?? "");
    this.fitting.hidden = thing === null;
    const scale = this.#scaleFor(lines, thing);
    this.#drawAxis(scale);
    setText(this.notes, draws.total ? t("drawn, expected") : "");
    this.#slots.forEach((slot, index) => {
      const line = lines[index];
      if (!line) slot.showNothing();
      else if (line.kind === "cut") slot.showCut(cutWords(line.edge, settingOf));
      else if (line.kind === "rest") slot.showRest(line, scale);
      else slot.showToken(line, this.#textOf(line.candidate.id), marks.noteOn(line), this.#hintOf(line.candidate.id), scale);
      const candidate = line?.kind === "token" ? line.candidate : null;
      slot.choose(candidate !== null && marks.isChosen(candidate.id));
      slot.showDraws(candidate && draws.share(candidate), scale);
      slot.showGhost(candidate && ghost ? [ghost.name, ghost.probability(candidate.id)] : null, scale);
    });
    this.roving.settle();
  }

  #scaleFor(lines, thing) {
    const fitting = () => {
      const tokens = lines.filter((line) => line.kind === "token").map((line) => line.candidate);
      return SCALES[this.scale.value](tokens.flatMap((token) => [token.probability, token.rawProbability]));
    };
    return this.#kept.of(this.fit.checked ? null : thing, `${this.scale.value} ${this.room}`, fitting);
  }

  #drawAxis({ ticks }) {
    const parts = ticks.length - 1;
    this.element.style.setProperty("--pg-parts", String(parts));
    this.ticks.forEach((tick, index) => {
      tick.hidden = index > parts;
      if (tick.hidden) return;
      tick.style.left = `${(100 * index) / parts}%`;
      tick.classList.toggle("pg-tick-last", index === parts);
      setText(tick, inPercent(brief(100 * ticks[index], 3)));
    });
  }
}

/** Calls `onToken` with the token of the bar on which an event happened. */
function answer(event, onToken) {
  const bar = nearest(event, "[data-id]");
  if (!bar) return;
  event.preventDefault();
  onToken(Number(bar.dataset.id));
}

/** Returns a text of the legend in two parts, of which the second is left out where there is little room. */
function short(text) {
  const [name, ...rest] = text.split(/(?=:)/);
  return [name, make("span", "pg-bars-left-out", ...rest)];
}

/** Makes the part of a title that is left out where there is little room, for `setTextWith`. */
function leftOut() {
  const element = make("span", "pg-bars-left-out");
  element.dataset.shown = t("candidates,");
  return element;
}

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
    const hasMore = isMoved || isApart || candidate.removedBy !== null; // then there is no room for u
    notes.push(step.draw === null || hasMore ? origin(step) : drawnBy(step));
  }
  if (isMoved) notes.push(logits(candidate));
  if (isApart) {
    const { place } = candidate;
    notes.push(place === candidate.rank ? t("rank {rank}", { rank: place }) : t("rank {rank} now", { rank: place }));
  }
  if (candidate.removedBy) notes.push(label(candidate.removedBy));
  return notes.join(" · ");
}

/** @returns {string} "drawn, u = 0.314", or u alone for a token that came otherwise */
function drawnBy(step) {
  const u = draw(step.draw);
  const isOther = step.origin || step.isFound || step.forced || isGiven(step);
  return isOther ? t("u = {u}", { u }) : t("drawn, u = {u}", { u });
}

function cutWords(edge, settingOf) {
  const said = setting(edge.name, settingOf(edge.name));
  if (edge.isUpper) return tn("{setting} removes the {n} token above", "{setting} removes the {n} tokens above", edge.position, { setting: said });
  return t("{setting} keeps {kept}", { setting: said, kept: edge.kept });
}
