/**
 * Shows the words as points: with three axes, which can be turned, or with two. The list beside it says the same.
 */

import { planeData, planeLayout } from "./space_2d.js";
import { spaceData, spaceLayout } from "./space_3d.js";
import { NEAR_GLYPH, SIGNS, ZERO_GLYPH } from "./signs.js";
import { hasWebgl } from "./webgl.js";
import { shownSentence, spaceName } from "./words.js";
import { button, make, setText } from "../../common/dom.js";
import { saveCsv } from "../../common/download.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { select } from "../../common/fields.js";
import { t } from "../../common/language.js";
import { Chart } from "../../common/plotly.js";
import { setTextWith, term } from "../../glossary/term.js";
import { onResize } from "../../common/resize.js";

const AXES = { space: t("three axes (3-D)"), plane: t("two axes (2-D)") };
const NO_WEBGL = t("This browser has no WebGL, so the picture has two axes.");
const CROWD = 60; // points, of which more have smaller names
const STEP = 30; // degrees
const MOVED = 4; // px between press and release: more of them turn the picture

export class SpaceFigure {
  /** @type {import("./state.js").State} */
  #state;
  #width = 0; // for which the names have their places
  #wasNarrow = false; // when it was drawn
  #draws = 0;

  /** @param {import("./state.js").State} state @param {(id: number) => void} onChoose */
  constructor(state, onChoose) {
    this.#state = state;
    this.title = make("h4", "pg-chart-title");
    this.terms = [term("principal components", t("principal components"))];
    this.shown = make("p", "pg-muted");
    this.legend = make("p", "pg-space-legend");
    this.notice = Object.assign(make("p", "pg-muted"), { role: "status" });
    this.axes = select(t("Axes"), Object.keys(AXES), { wordsOf: (name) => AXES[name], onChange: (name) => this.#turnFlat(name === "plane") });
    const turns = [[t("Turn left"), STEP], [t("Turn right"), -STEP]].map(([label, degrees]) => button(String(label), () => this.#turn(Number(degrees))));
    this.turns = make("span", "pg-space-turns", ...turns);
    this.chart = new Chart(t("The words as points"));
    this.#listen(onChoose);
    this.room = make("div", "pg-space-room", this.chart.element);
    this.room.dataset.waiting = t("The points are being drawn …");
    this.picture = make("div", "pg-space-picture", this.title, this.room, this.legend);
    this.exports = new ExportMenu(this.#items());
    const head = make("div", "pg-embeddings-line", this.axes, this.turns, this.exports.element);
    this.element = make("figure", "pg-space", head, this.notice, this.picture, this.shown);
    onResize(this.chart.element, () => this.#onResize());
    if (hasWebgl()) return;
    state.turnFlat(true);
    this.axes.hidden = true;
    setText(this.notice, NO_WEBGL);
  }

  /**
   * Chooses the point that is clicked. In space Plotly tells of a click at every frame while the button is down, so there a
   * click is one that has not turned the picture, on the point under the pointer.
   *
   * @param {(id: number) => void} onChoose
   */
  #listen(onChoose) {
    const choose = (id) => id != null && onChoose(id);
    let [under, x, y] = [null, 0, 0];
    this.chart.on("plotly_click", ({ points }) => this.#state.isFlat && choose(points[0].customdata));
    this.chart.on("plotly_hover", ({ points }) => {
      under = points[0].customdata;
    });
    this.chart.on("plotly_unhover", () => {
      under = null;
    });
    this.chart.element.addEventListener("pointerdown", (event) => {
      [x, y] = [event.clientX, event.clientY];
    }, { capture: true });
    this.chart.element.addEventListener("click", ({ clientX, clientY }) => {
      if (this.#state.isFlat || Math.hypot(clientX - x, clientY - y) > MOVED) return;
      requestAnimationFrame(() => requestAnimationFrame(() => choose(under))); // a finger is over a point only now
    }, { capture: true });
  }

  /** Draws the state. */
  async draw() {
    const state = this.#state;
    const has = state.told !== null;
    this.picture.hidden = this.shown.hidden = !has;
    this.turns.hidden = state.isFlat || !has;
    if (!has) return;
    const title = titleOf(state);
    setText(this.title, title);
    setTextWith(this.shown, shownSentence(state), this.terms);
    setText(this.legend, legendOf(state));
    this.chart.element.ariaLabel = `${title}. ${t("The list of the points and the table say the same.")}`;
    this.#width = this.chart.element.clientWidth;
    this.#wasNarrow = this.#isNarrow;
    this.room.classList.toggle("pg-space-flat", state.isFlat);
    const draw = ++this.#draws;
    try {
      if (state.isFlat) await this.chart.show(planeData(state), this.#planeLayout());
      else await this.chart.show(spaceData(state, this.#letter), spaceLayout(state, this.#letter, this.#isNarrow));
      this.room.dataset.drawn = String(draw);
    } catch (error) {
      setText(this.notice, error.message);
    }
  }

  /** @returns {number} the size of the page's letters, in px */
  get #letter() {
    return parseFloat(getComputedStyle(this.chart.element).fontSize);
  }

  /** @returns {boolean} whether the picture is hardly wider than high */
  get #isNarrow() {
    const { clientWidth, clientHeight } = this.chart.element;
    return clientWidth < 1.3 * clientHeight;
  }

  #planeLayout() {
    const { clientWidth: width, clientHeight: height } = this.chart.element;
    return planeLayout(this.#state, { width, height }, this.#letter * (this.#state.points.length > CROWD ? 0.85 : 1));
  }

  #onResize() {
    const { clientWidth } = this.chart.element;
    if (!this.#state.told || !clientWidth) return;
    if (this.#state.isFlat ? clientWidth !== this.#width : this.#isNarrow !== this.#wasNarrow) this.draw();
  }

  #turnFlat(isFlat) {
    this.#state.turnFlat(isFlat);
    this.draw();
  }

  #turn(degrees) {
    this.#state.turnBy(degrees);
    this.draw();
  }

  #items() {
    const name = () => titleOf(this.#state);
    const pictures = pictureItems(this.picture, name).map(({ label, run }) => ({ label, run: () => this.#still(run) }));
    return [...pictures, { label: t("Table (CSV)"), run: () => saveCsv(csvOf(this.#state), `${name()}.csv`) }];
  }

  /** Runs an export while an image stands in the place of what WebGL draws, which cannot be read. */
  async #still(run) {
    if (!this.#state.told) throw new Error(t("There is no picture yet. Show some words first."));
    if (this.#state.isFlat) return run();
    const image = make("img", "pg-space-still");
    image.alt = "";
    image.src = await this.chart.still();
    await image.decode();
    this.chart.element.dataset.picture = "skip";
    this.room.append(image);
    try {
      return await run();
    } finally {
      image.remove();
      delete this.chart.element.dataset.picture;
    }
  }
}

/** @param {import("./state.js").State} state */
function titleOf({ points, space, isFlat, facts }) {
  const near = points.filter((point) => point.near !== null).length;
  const where = facts?.tied ? t("embedding") : spaceName(space);
  const words = points.length - near;
  if (near) {
    return isFlat
      ? t("{words} words and {near} of their neighbours in the {embedding}, on two principal components", { words, near, embedding: where })
      : t("{words} words and {near} of their neighbours in the {embedding}, on three principal components", { words, near, embedding: where });
  }
  return isFlat
    ? t("{words} words in the {embedding}, on two principal components", { words, embedding: where })
    : t("{words} words in the {embedding}, on three principal components", { words, embedding: where });
}

/** @param {import("./state.js").State} state */
function legendOf({ groups, points }) {
  const words = groups.map(({ name }, group) => `${SIGNS[group].glyph} ${name || (groups.length > 1 ? t("line {line}", { line: group + 1 }) : t("words"))}`);
  const near = points.some((point) => point.near !== null) ? [`${NEAR_GLYPH} ${t("neighbours")}`] : [];
  return [...words, ...near, `${ZERO_GLYPH} ${t("the vector of zeros, from which the angle is measured")}`].join("  ·  ");
}

/** @param {import("./state.js").State} state @returns {unknown[][]} */
export function csvOf({ points, groups }) {
  const header = ["token_id", "token", "group", "neighbour_of", "component_1", "component_2", "component_3", "length"];
  return [header, ...points.map(({ id, text, group, near, place, length }) => [id, text, groups[group].name, near ?? "", ...place, length])];
}
