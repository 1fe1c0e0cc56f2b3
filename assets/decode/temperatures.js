/** Shows the same candidates at several temperatures side by side, before any cut ("Temperature at a glance"). */

import { make, setText } from "../common/dom.js";
import { bits, percent, plural } from "../common/words.js";
import { reshape } from "../distribution/distribution.js";
import { inForce, OFF, PENALTIES } from "../distribution/settings.js";

const FIXED = [0.2, 0.5, 1, 1.5, 2];
const ROWS = 8;
const NUCLEUS = 0.9; // used if top-p is off

let isOpen = false; // as the reader left it, until the page is closed

export class Temperatures {
  #row = null;
  #key = "";
  #columns = []; // for the temperatures in FIXED, computed for #row and #key
  #latest = () => {};
  #textOf;

  /** @param {(id: number) => string} textOf  returns a token's text */
  constructor(textOf) {
    this.#textOf = textOf;
    this.heads = Array.from({ length: FIXED.length + 1 }, () => make("th"));
    for (const head of this.heads) head.scope = "col";
    this.rows = Array.from({ length: ROWS }, () => new Line(this.heads.length));
    this.entropies = new Line(this.heads.length, "Entropy");
    this.nuclei = new Line(this.heads.length, "");
    const lines = [...this.rows, this.entropies, this.nuclei].map((line) => line.element);
    const table = make("table", "pg-temperatures", make("thead", "", make("tr", "", make("th", "", "Token"), ...this.heads)));
    table.append(make("tbody", "", ...lines));
    table.ariaLabel = "Probabilities by temperature";
    const note = "The candidates' probabilities at each temperature, before any cut. ";
    const summary = make("summary", "", "Temperature at a glance");
    const told = make("p", "pg-temperatures-note", note, "Low temperatures favour the most probable ones; high temperatures make them more equal.");
    this.element = make("details", "pg-details", summary, told, make("div", "pg-scroll", table));
    this.element.open = isOpen;
    this.element.addEventListener("toggle", () => {
      isOpen = this.element.open;
      if (isOpen) this.#latest();
    });
  }

  /**
   * @param {import("../distribution/row.js").Row} row
   * @param {number[]} ids  the token ids of prompt and completion before this step
   * @param {import("../distribution/settings.js").Settings} settings  the settings in view
   * @param {number} drawnId
   */
  show(row, ids, settings, drawnId) {
    this.#latest = () => this.#fill(row, ids, settings, drawnId);
    if (this.element.open) this.#latest();
  }

  #fill(row, ids, settings, drawnId) {
    const now = inForce(settings, "temperature");
    const top_p = inForce(settings, "top_p");
    const nucleus = top_p === OFF.top_p || top_p === 0 ? NUCLEUS : top_p;
    const penalties = Object.fromEntries(PENALTIES.map((name) => [name, inForce(settings, name)]));
    const at = (temperature) => {
      const shape = reshape(row, ids, { strategy: "sample", temperature, ...penalties });
      const cut = reshape(row, ids, { strategy: "sample", temperature, top_p: nucleus, ...penalties });
      return { temperature, shape, nucleus: cut.kept };
    };
    const key = JSON.stringify([nucleus, penalties]);
    if (row !== this.#row || key !== this.#key) {
      this.#columns = FIXED.map(at);
      [this.#row, this.#key] = [row, key];
    }
    const isFixed = FIXED.includes(now);
    const columns = [...this.#columns, ...(isFixed ? [] : [at(now)])].sort((a, b) => a.temperature - b.temperature);
    const candidates = this.#columns[0].shape.order.subarray(0, ROWS);
    const most = Math.max(...columns.map(({ shape }) => shape.probability(candidates[0])));

    this.heads.forEach((head, place) => {
      const column = columns[place];
      head.hidden = !column;
      if (!column) return;
      const isNow = column.temperature === now;
      setText(head, isNow ? `T = ${column.temperature}, now` : `T = ${column.temperature}`);
      for (const line of [...this.rows, this.entropies, this.nuclei]) line.mark(place, isNow);
    });
    for (const line of [...this.rows, this.entropies, this.nuclei]) line.narrowTo(columns.length);
    this.rows.forEach((line, index) => {
      const id = candidates[index];
      line.element.hidden = id === undefined;
      if (id === undefined) return;
      line.name(this.#textOf(id), id === drawnId);
      for (const [place, { shape }] of columns.entries()) line.bar(place, shape.probability(id), most);
    });
    this.nuclei.name(`Nucleus ${nucleus}`, false);
    columns.forEach(({ shape, nucleus }, place) => {
      this.entropies.say(place, bits(shape.entropyBits));
      this.nuclei.say(place, plural(nucleus, "token"));
    });
  }
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
    this.element.classList.toggle("pg-drawn", isDrawn);
  }

  bar(place, share, most) {
    this.cells[place].fill.style.width = `${(100 * share) / most}%`;
    this.say(place, percent(share));
  }

  say(place, text) {
    setText(this.cells[place].text, text);
  }

  mark(place, isNow) {
    this.cells[place].element.classList.toggle("pg-now-column", isNow);
  }

  narrowTo(count) {
    for (const [place, cell] of this.cells.entries()) cell.element.hidden = place >= count;
  }
}
