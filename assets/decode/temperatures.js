/** Shows the same candidates at several temperatures side by side, before any cut ("Temperature at a glance"). */

import { make, setText } from "../common/dom.js";
import { count, inPercent, percent } from "../common/words.js";
import { Column } from "../distribution/column.js";
import { brief, fixed, significant, t } from "../common/language.js";
import { isWhole } from "../distribution/row.js";
import { inForce, OFF } from "../distribution/settings.js";

const FIXED = [0.2, 0.5, 1, 1.5, 2];
const ROWS = 8;
const NUCLEUS = 0.9; // used if top-p is off
const NOTE = t(
  "The candidates' probabilities at each temperature, before any cut. Low temperatures favour the most probable ones; high temperatures make " +
    "them more equal.",
);
const UNKNOWN = "…"; // stands for a name or a number that is not known yet
const [LEAST, SMALL] = [1e-4, 1e-3]; // the lowest probability that is written, and from which on it has three digits
const WIDE = "(width >= 1200px)"; // where the table is open at first

let isOpen = null; // as the reader left it, until the page is closed

/**
 * @typedef {object} View
 * @property {import("../distribution/distribution.js").Distribution} shape
 * @property {import("../distribution/settings.js").Settings} settings
 * @property {number} drawnId
 */

export class Temperatures {
  #textOf;
  /** @type {View | null} */
  #latest = null;
  /** @type {{shape: View["shape"] | null, columns: Column[]}} the temperatures in FIXED, and of what they are */
  #done = { shape: null, columns: [] };
  #isBusy = false;

  /** @param {(id: number) => string} textOf  returns a token's text */
  constructor(textOf) {
    this.#textOf = textOf;
    this.heads = Array.from({ length: FIXED.length + 1 }, () => make("th"));
    for (const head of this.heads) head.scope = "col";
    this.rows = Array.from({ length: ROWS }, () => new Line(this.heads.length));
    this.entropies = new Line(this.heads.length, t("Entropy, bits"));
    this.nuclei = new Line(this.heads.length, t("Nucleus, tokens"));
    const lines = [...this.rows, this.entropies, this.nuclei].map((line) => line.element);
    const table = make("table", "pg-temperatures", make("thead", "", make("tr", "", corner(t("Token, at T =")), ...this.heads)));
    table.append(make("tbody", "", ...lines));
    table.ariaLabel = t("Probabilities by temperature");
    const summary = make("summary", "", t("Temperature at a glance"));
    const told = make("p", "pg-temperatures-note", NOTE);
    const scroll = make("div", "pg-scroll", table);
    scroll.tabIndex = 0; // so that the arrow keys can scroll it
    scroll.role = "region";
    scroll.ariaLabel = t("Temperature at a glance");
    this.element = make("details", "pg-details pg-temperatures-fold", summary, scroll, told);
    this.element.open = isOpen ?? matchMedia(WIDE).matches;
    this.element.addEventListener("toggle", () => {
      isOpen = this.element.open;
      this.#draw();
    });
  }

  /**
   * @param {import("../distribution/distribution.js").Distribution} shape  under `settings`
   * @param {import("../distribution/settings.js").Settings} settings  the settings in view
   * @param {number} drawnId
   */
  show(shape, settings, drawnId) {
    this.#latest = { shape, settings, drawnId };
    this.#draw();
  }

  /**
   * Another step, or another penalty, needs all columns anew. They are computed one in each frame, and shown when all are
   * there: so a slider's own redraw does not wait for them, and the table never mixes two of them.
   */
  #draw() {
    const { shape } = this.#latest ?? {};
    if (!shape || !this.element.open) return;
    const isKnown = isWhole(shape.row); // the best tokens alone do not tell what another temperature makes of the rest
    this.element.ariaBusy = String(!isKnown);
    if (!isKnown) this.#blank();
    else if (areAlike(shape, this.#done.shape)) this.#fill(this.#latest);
    else if (!this.#isBusy) this.#compute(this.#latest);
  }

  /** Says nothing of another step's candidates: no name and no mark. */
  #blank() {
    for (const line of this.rows) line.name(UNKNOWN, false);
    for (const line of [...this.rows, this.entropies, this.nuclei]) line.blank();
  }

  /** @param {View} view */
  async #compute(view) {
    this.#isBusy = true;
    const columns = [];
    for (const temperature of FIXED) {
      await new Promise(requestAnimationFrame);
      columns.push(Column.of(view.shape.around("temperature")[0], temperature));
    }
    this.#isBusy = false;
    this.#done = { shape: view.shape, columns };
    if (isWhole(this.#latest.shape.row) && !areAlike(this.#latest.shape, view.shape)) this.#fill(view); // what is in view comes next
    this.#draw();
  }

  /** @param {View} view */
  #fill({ shape, settings, drawnId }) {
    const now = inForce(settings, "temperature");
    const top_p = inForce(settings, "top_p");
    const nucleus = top_p === OFF.top_p || top_p === 0 ? NUCLEUS : top_p;
    const [entering, left] = shape.around("temperature");
    const own = FIXED.includes(now) ? [] : [new Column(now, left.curve, left.stretch)];
    const columns = [...this.#done.columns, ...own].sort((a, b) => a.temperature - b.temperature);
    const most = Math.max(...columns.map((column) => column.share(0)));

    this.heads.forEach((head, place) => {
      const column = columns[place];
      head.hidden = !column;
      if (!column) return;
      const isNow = column.temperature === now;
      const temperature = brief(column.temperature, 6);
      setText(head, isNow ? t("{temperature}, now", { temperature }) : temperature);
      for (const line of [...this.rows, this.entropies, this.nuclei]) line.mark(place, isNow);
    });
    for (const line of [...this.rows, this.entropies, this.nuclei]) line.narrowTo(columns.length);
    this.rows.forEach((line, index) => {
      const id = index < entering.count ? entering.ranking.order[entering.stretch[0] + index] : undefined;
      line.element.hidden = id === undefined;
      if (id === undefined) return;
      line.name(this.#textOf(id), id === drawnId);
      for (const [place, column] of columns.entries()) line.bar(place, column.share(index), most);
    });
    this.nuclei.name(t("Nucleus {p}, tokens", { p: brief(nucleus, 4) }), false);
    columns.forEach((column, place) => {
      this.entropies.say(place, fixed(column.entropyBits, 1));
      this.nuclei.say(place, count(column.nucleus(nucleus)));
    });
  }
}

/** Whether the same enters the temperature in two distributions. */
function areAlike(a, b) {
  const before = ({ stages }) => stages.slice(0, stages.findIndex(({ name }) => name === "temperature"));
  const inForce = (shape) => JSON.stringify(before(shape).filter(({ off }) => !off).map(({ name, values, kept, moved, isWaiting, refusal }) => [name, values, kept, moved, isWaiting, refusal]));
  return b !== null && a.row === b.row && inForce(a) === inForce(b);
}

function corner(text) {
  const head = make("th", "", text);
  head.scope = "col";
  return head;
}

/** A row of the table, with a name and a cell for each temperature. */
class Line {
  constructor(columns, name = "") {
    this.label = make("th", "", name);
    this.label.scope = "row";
    this.cells = Array.from({ length: columns }, () => {
      const [fill, text] = [make("span", "pg-fill"), make("span")];
      return { element: make("td", "", fill, text), fill, text };
    });
    this.element = make("tr", "", this.label, ...this.cells.map((cell) => cell.element));
  }

  name(text, isDrawn) {
    setText(this.label, text);
    this.label.title = text;
    this.element.classList.toggle("pg-drawn", isDrawn);
  }

  bar(place, share, most) {
    this.cells[place].fill.style.width = `${(100 * share) / most}%`;
    this.say(place, written(share));
  }

  say(place, text) {
    setText(this.cells[place].text, text);
  }

  /** Says nothing until the numbers are known. */
  blank() {
    for (const { fill, text } of this.cells) {
      fill.style.width = "0";
      setText(text, UNKNOWN);
    }
  }

  mark(place, isNow) {
    this.cells[place].element.classList.toggle("pg-now-column", isNow);
  }

  narrowTo(count) {
    for (const [place, cell] of this.cells.entries()) cell.element.hidden = place >= count;
  }
}

/** A probability in percent in the room of a column: small ones have two digits, the smallest none. */
function written(share) {
  if (share === 0 || share >= SMALL) return percent(share);
  return inPercent(share < LEAST ? `<${fixed(100 * LEAST, 2)}` : significant(100 * share, 2));
}
