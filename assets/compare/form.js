/**
 * What a grid is made of: prompts, rows of settings, seeds; with presets, a sweep and the bundled experiment.
 * Knows the opening message, not the server.
 */

import { button, make, setText } from "../common/dom.js";
import { number, select } from "../common/fields.js";
import { RULES, STAGES, STRATEGIES } from "../distribution/stages/all.js";
import { count, plural } from "../common/words.js";
import { PromptBoxes } from "./prompt_boxes.js";

const COLUMNS = STAGES.filter(({ isRare, isSamplingOnly }) => !isRare || !isSamplingOnly);
/**
 * The fields of a row, with the strategies that read each. Penalties come last, as in the sidebar.
 *
 * @type {{name: string, label: string, step: number, readBy: string[]}[]}
 */
const FIELDS = [
  ...[true, false].flatMap((isSampling) =>
    COLUMNS.filter(({ isSamplingOnly }) => isSamplingOnly === isSampling).map(({ name, short, step }) => ({
      name,
      label: short,
      step,
      readBy: isSampling ? ["sample"] : STRATEGIES,
    })),
  ),
  { name: "num_beams", label: "beams", step: 1, readBy: ["beam"] },
];
const SWEEPS = Object.fromEntries(STAGES.flatMap(({ name, sweep }) => (sweep ? [[name, sweep]] : [])));
const FIRST_ROWS = ["Greedy", "Focused", "Balanced", "Creative"];
const SIDEBAR = "The sidebar's settings";

export class Form {
  #rows = []; // settings, one a row
  #opening;

  /** @param {import("./tab.js").Opening} opening */
  constructor(opening, onRun, onStop) {
    this.#opening = opening;
    this.boxes = new PromptBoxes(opening.prompt, opening.limits.prompts, opening.no_chat);
    const experiment = button("Experiment: degeneration", () => this.#experiment());
    experiment.title = "Holtzman et al. 2020, Table 1, on this model";
    this.boxes.buttons.append(experiment);
    this.seeds = number("Seeds", 8, 1, opening.limits.seeds, 1);
    this.first = number("First seed", 0, 0, 2 ** 32 - 1, 1);
    this.tokens = number("New tokens", 40, 1, opening.limits.new_tokens, 1);
    this.body = make("tbody");
    this.run = button("Run", () => onRun(this.#asked()), "pg-button pg-primary");
    this.stop = button("Stop", onStop);
    this.stop.disabled = true;
    this.bar = make("progress", "pg-progress");
    this.bar.ariaLabel = "Texts done";
    this.bar.value = 0;
    this.progress = make("span", "pg-muted");
    this.progress.role = "status";
    this.element = make("div", "pg-compare-form", this.boxes.element, this.#rowTable(), this.#runRow());
    this.#set(FIRST_ROWS.map((name) => opening.presets[name]));
  }

  /** @param {import("./tab.js").News | null} grid  null: nothing runs */
  tell(grid) {
    const runs = grid?.state === "running";
    this.run.disabled = runs;
    this.stop.disabled = !runs;
    if (!grid) return;
    this.bar.max = grid.total;
    this.bar.value = grid.done;
    const ending = { running: "", done: ", done", stopped: ", stopped" }[grid.state];
    setText(this.progress, `${count(grid.done)} of ${plural(grid.total, "text")}${ending}`);
  }

  #rowTable() {
    const names = ["", "strategy", ...FIELDS.map(({ label }) => label), ""];
    const head = make("tr", "", ...names.map((name) => make("th", "", name)));
    const table = make("table", "pg-rows", make("thead", "", head), this.body);
    table.ariaLabel = "Rows of settings";
    this.preset = select("Preset", [SIDEBAR, ...Object.keys(this.#opening.presets)]);
    this.add = button("Add row", () => this.#add());
    const adding = make("div", "pg-compare-line", this.preset, this.add);
    return make("div", "pg-compare-rows", table, make("div", "pg-compare-adding", adding, this.#sweep()));
  }

  #sweep() {
    const name = select("Parameter", Object.keys(SWEEPS), {
      wordsOf: (key) => FIELDS.find((field) => field.name === key).label,
    });
    const from = number("from", SWEEPS.temperature[0], 0, 1000, 0.05);
    const to = number("to", SWEEPS.temperature[1], 0, 1000, 0.05);
    const points = number("rows", 6, 2, this.#opening.limits.rows, 1);
    name.addEventListener("change", () => {
      [from.input.value, to.input.value] = SWEEPS[name.value].map(String);
    });
    const fill = button("Fill the rows", () => {
      const base = { ...(this.#rows[0] ?? this.#opening.presets["Pure sampling"]), strategy: "sample" };
      const values = spread(Number(from.input.value), Number(to.input.value), Number(points.input.value));
      const fit = RULES[name.value].whole ? values.map(Math.round) : values;
      this.#set([...new Set(fit)].map((value) => ({ ...base, [name.value]: value })));
    });
    fill.title = "Rows like the first one, with one parameter over a range";
    return make("div", "pg-compare-line", "Sweep ", name, from.element, to.element, points.element, fill);
  }

  #runRow() {
    const numbers = [this.seeds, this.first, this.tokens].map(({ element }) => element);
    return make("div", "pg-compare-line", ...numbers, this.run, this.stop, this.bar, this.progress);
  }

  #add() {
    const chosen = this.preset.value;
    const off = this.#opening.presets["Pure sampling"];
    this.#set([...this.#rows, chosen === SIDEBAR ? { ...off, ...sidebarSettings() } : this.#opening.presets[chosen]]);
  }

  #experiment() {
    const { prompts, paper, seeds, new_tokens } = this.#opening.experiment;
    this.boxes.prompts = prompts;
    this.boxes.chat.checked = false;
    this.seeds.input.value = String(seeds);
    this.tokens.input.value = String(new_tokens);
    this.#set(paper.map(({ settings }) => settings));
  }

  #set(rows) {
    this.#rows = rows.slice(0, this.#opening.limits.rows).map((row) => ({ ...row }));
    this.#draw();
  }

  #draw() {
    this.add.disabled = this.#rows.length >= this.#opening.limits.rows;
    this.body.replaceChildren(...this.#rows.map((row, place) => this.#line(row, place)));
  }

  #line(row, place) {
    const strategy = select(`Row ${place + 1}, strategy`, ["sample", "greedy", "beam"]);
    strategy.value = row.strategy;
    strategy.addEventListener("change", () => {
      row.strategy = strategy.value;
      if (row.strategy === "beam" && row.num_beams < 2) row.num_beams = 4;
      this.#draw();
      this.body.rows[place].querySelector("select").focus();
    });
    const fields = FIELDS.map(({ name, label, step, readBy }) => {
      const input = make("input", "pg-entry");
      Object.assign(input, { type: "number", step, value: row[name], ariaLabel: `Row ${place + 1}, ${label}` });
      input.disabled = !readBy.includes(row.strategy);
      input.addEventListener("change", () => {
        row[name] = input.valueAsNumber;
      });
      return make("td", "", input);
    });
    const remove = button("✕", () => this.#set(this.#rows.filter((_, other) => other !== place)), "pg-button pg-remove");
    remove.ariaLabel = `Remove row ${place + 1}`;
    return make("tr", "", make("th", "", String(place + 1)), make("td", "", strategy), ...fields, make("td", "", remove));
  }

  #asked() {
    return {
      prompts: this.boxes.prompts,
      chat: this.boxes.chat.checked,
      rows: this.#rows,
      seeds: this.seeds.input.valueAsNumber,
      first_seed: this.first.input.valueAsNumber,
      new_tokens: this.tokens.input.valueAsNumber,
    };
  }
}

/** `size` values from `low` to `high`, without the noise of binary fractions. */
function spread(low, high, size) {
  const step = size > 1 ? (high - low) / (size - 1) : 0;
  return Array.from({ length: size }, (_, place) => Number((low + place * step).toFixed(3)));
}

function sidebarSettings() {
  const said = { ...window.playgroundSettings };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null && value !== ""));
}
