/**
 * "Same seed": two rows with the same seed get the same random number u at every step. Shows where their texts
 * part, and why: the same u on both distributions. It fetches the step's row of logits when the reader presses "Show
 * why".
 */

import { button, make, rest, setText } from "../common/dom.js";
import { select } from "../common/fields.js";
import { t, tParts } from "../common/language.js";
import { fetchLogits, fetchTrace } from "../common/server.js";
import { Trace } from "../common/trace.js";
import { percent, settingsThatDiffer } from "../common/words.js";
import { reshape, sortRow } from "../distribution/distribution.js";
import { whenAnswered } from "../common/when_answered.js";
import { keyOf } from "./grid.js";
import { shown } from "./texts.js";
import { breakable } from "../common/word_breaks.js";
import { oftenChanged, whyDiffer } from "./luck_words.js";
import { parting } from "./parting.js";
import { ribbon } from "./ribbon.js";
import { term } from "../glossary/term.js";

const BEFORE = 12; // tokens shown before the parting

export class Luck {
  /** @type {import("./grid.js").Grid | null} */
  #grid = null;
  /** @type {import("./grid.js").Cell[]} the pair that the ribbons show or wait for, none without ribbons */
  #asked = [];
  #textOf;
  #write;

  /**
   * @param {(id: number) => string} textOf
   * @param {(cell: import("./grid.js").Cell, then: (traceId: string) => void) => void} write  asks for a text again
   *   with its steps kept
   */
  constructor(textOf, write) {
    this.#textOf = textOf;
    this.#write = write;
    this.first = select(t("First row"), []);
    this.second = select(t("Second row"), []);
    this.prompt = select(t("Prompt"), []);
    this.seed = select(t("Seed"), []);
    for (const choice of [this.first, this.second, this.prompt, this.seed]) {
      choice.addEventListener("change", () => {
        this.sentence.ariaLive = "polite";
        this.#draw();
      });
    }
    this.why = button(t("Show why"), () => this.#explain());
    this.texts = make("div", "pg-luck-texts");
    this.sentence = make("p");
    this.sentence.role = "status";
    this.ribbons = make("div", "pg-luck-ribbons");
    this.often = make("p", "pg-muted");
    const choices = make("div", "pg-compare-line", ...tParts("{one} and {other}", { one: this.first, other: this.second }), this.prompt, " ", ...tParts("seed {seed}", { seed: this.seed }), this.why);
    const title = make("div", "pg-chart-title", ...tParts("Same {seed}, same random number at every step", { seed: term("seed") }));
    this.element = make("section", "pg-luck", title, choices, this.texts, this.sentence, this.ribbons, this.often);
    this.element.ariaLabel = t("Same seed");
  }

  show(grid) {
    this.#grid = grid;
    this.sentence.ariaLive = "off"; // it is announced when the reader asks, not with each text that comes
    const sampling = [...grid.table.entries()].filter(([, row]) => row.settings.strategy !== "beam");
    this.element.hidden = sampling.length < 2;
    if (this.element.hidden) return;
    const names = sampling.map(([row, { name }]) => [row, `${row + 1} ${name}`]);
    const isSampled = ([row]) => grid.table[row].settings.strategy === "sample";
    const preferred = [...names.filter(isSampled), ...names];
    fill(this.first, names, preferred[0][0]);
    fill(this.second, names, preferred.find(([row]) => row !== preferred[0][0])[0]);
    fill(this.prompt, [...grid.prompts.entries()].map(([place, text]) => [place, t("prompt {place}: {text}", { place: place + 1, text: shown(text).slice(0, 32) })]), 0);
    fill(this.seed, grid.seeds.map((seed) => [seed, seed]), grid.seeds[0]);
    this.prompt.hidden = grid.prompts.length === 1;
    this.#draw();
  }

  #pair() {
    const [one, other, prompt, seed] = [this.first, this.second, this.prompt, this.seed].map(({ value }) => Number(value));
    return { one, other, prompt, seed, cells: [this.#cell(one, prompt, seed), this.#cell(other, prompt, seed)] };
  }

  /** Returns a cell that has a text, or undefined. A row that does not sample has one text for all seeds. */
  #cell(row, prompt, seed) {
    const isSampled = this.#grid.table[row].settings.strategy === "sample";
    const cell = this.#grid.cells.get(keyOf({ prompt, row, seed: isSampled ? seed : this.#grid.seeds[0] }));
    return cell?.error ? undefined : cell;
  }

  #draw() {
    const { one, other, cells } = this.#pair();
    const isAsked = cells.every((cell, which) => cell && cell === this.#asked[which]);
    if (!isAsked) this.#leave();
    const isThere = cells.every(Boolean) && one !== other;
    rest(this.why, true);
    this.texts.replaceChildren();
    this.#showOften(one, other);
    if (!isThere) {
      setText(this.sentence, one === other ? t("Choose two different rows.") : t("These two texts are not generated yet."));
      return;
    }
    const place = parting(cells[0].token_ids, cells[1].token_ids);
    const lines = cells.map((cell, which) => this.#line(cell, place, [one, other][which]));
    this.texts.replaceChildren(...lines);
    if (place < 0) {
      const isAlike = settingsThatDiffer(...[one, other].map((row) => this.#grid.table[row].settings)) === "";
      setText(this.sentence, isAlike ? t("The two texts are equal, because both rows choose in the same way.") : t("The two texts are equal."));
      return;
    }
    rest(this.why, this.#grid.state === "running" || cells.some((cell) => cell.token_ids.length <= place));
    if (!isAsked) setText(this.sentence, t("They differ from token {token} on.", { token: place + 1 }));
  }

  /** Removes the ribbons of another pair. */
  #leave() {
    this.#asked = [];
    this.ribbons.replaceChildren();
  }

  #line(cell, place, row) {
    const end = place < 0 ? cell.token_ids.length : place + BEFORE;
    const start = place < 0 ? 0 : Math.max(0, place - BEFORE);
    const chips = cell.token_ids.slice(start, end).map((id, offset) => {
      const at = start + offset;
      const chip = make("span", "pg-token", this.#textOf(id));
      if (place >= 0 && at < place) chip.classList.add("pg-shared");
      if (at === place) chip.classList.add("pg-parting");
      return chip;
    });
    const name = make("strong", "", `${row + 1} `);
    return make("div", "pg-luck-line", name, start ? "… " : "", ...breakable(chips), end < cell.token_ids.length ? " …" : "");
  }

  #showOften(one, other) {
    const pairs = [];
    for (const prompt of this.#grid.prompts.keys()) {
      for (const seed of this.#grid.seeds) {
        const cells = [this.#cell(one, prompt, seed), this.#cell(other, prompt, seed)];
        if (cells.every(Boolean)) pairs.push(cells.map((cell) => cell.token_ids));
      }
    }
    setText(this.often, pairs.length && one !== other ? oftenChanged(pairs) : "");
  }

  #explain() {
    const { one, other, cells } = this.#pair();
    const place = parting(cells[0].token_ids, cells[1].token_ids);
    this.#asked = cells;
    this.sentence.ariaLive = "polite";
    setText(this.sentence, t("They differ from token {token} on. The page is reading the distribution there …", { token: place + 1 }));
    const isSampled = (row) => this.#grid.table[row].settings.strategy === "sample";
    const written = isSampled(one) ? 0 : 1; // the row that has a u, if there is one
    this.#write(cells[written], async (traceId) => {
      if (this.#asked !== cells) return;
      try {
        const [trace, logits] = await Promise.all([fetchTrace(traceId), fetchLogits(traceId, place)]);
        if (this.#asked !== cells) return;
        const [text, row] = [new Trace(trace), sortRow(logits)];
        await this.#showWhy(text, row, place, [one, other]);
      } catch (error) {
        if (this.#asked === cells) setText(this.sentence, error.message);
      }
    });
  }

  async #showWhy(trace, row, place, rows) {
    const cells = this.#asked;
    const u = trace.steps[place].draw;
    const settings = rows.map((each) => this.#grid.table[each].settings);
    const isGreedy = settings.map(({ strategy }) => strategy === "greedy");
    const shapes = await whenAnswered((onAnswer) => settings.map((each) => reshape(row, trace.momentBefore(place, onAnswer), each)));
    if (this.#asked !== cells) return;
    const chosen = shapes.map((shape, which) => shape.order[isGreedy[which] ? 0 : shape.positionAt(u)]);
    const sides = chosen.map((id, which) => ({
      row: rows[which] + 1,
      word: this.#textOf(id),
      share: percent(shapes[which].probability(id)),
      isGreedy: isGreedy[which],
    }));
    setText(this.sentence, whyDiffer(place + 1, u, sides));
    const nameOf = (place) => `${place + 1} ${this.#grid.table[place].name}`;
    this.ribbons.replaceChildren(
      ...shapes.map((shape, which) => ribbon(this.#textOf, shape, isGreedy[which] ? null : u, chosen[which], nameOf(rows[which]))),
    );
  }
}

/** Sets a select's options, but only if they have changed. The choice stays if it is still among them. */
function fill(choice, options, preferred) {
  const wanted = options.map(([value, text]) => `${value} ${text}`).join("\n");
  if (choice.dataset.options === wanted) return;
  const before = choice.value;
  choice.dataset.options = wanted;
  choice.replaceChildren(...options.map(([value, text]) => Object.assign(make("option", "", String(text)), { value })));
  const isThere = options.some(([value]) => String(value) === before);
  choice.value = isThere ? before : String(preferred);
}
