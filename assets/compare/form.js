/**
 * What a grid is made of: prompts, rows of settings, seeds; with presets, a sweep and the bundled experiment. Shows the
 * state's rows and how far its grid has come. Knows the opening message, not the server.
 */

import { button, make, rest, setText } from "../common/dom.js";
import { number, select } from "../common/fields.js";
import { t, tn } from "../common/language.js";
import { scroller } from "../common/scroller.js";
import { between } from "../models/language_lists.js";
import { chosenFacts, ofModel } from "../models/models.js";
import { languagesInSidebar } from "../models/source_options.js";
import { ORDERS, STAGES, STRATEGIES } from "../distribution/stages/all.js";
import { orderLabel, withoutControl } from "../common/words.js";
import { PromptBoxes } from "./prompt_boxes.js";
import { PLAIN } from "./state.js";

/** A stage of which there is a sweep has a field in each row. @param {import("../distribution/stages/all.js").Stage} stage */
const hasField = ({ sweep }) => sweep !== null;
/** Those stages, with penalties last. */
const COLUMNS = [true, false].flatMap((isSampling) => STAGES.filter((stage) => hasField(stage) && stage.isSamplingOnly === isSampling));
/**
 * The fields of a row, with the strategies that read each.
 *
 * @type {{name: string, label: string, step: number, readBy: string[]}[]}
 */
const FIELDS = [
  ...COLUMNS.map(({ setting, short, isSamplingOnly, parameters: [{ slider }] }) => ({
    name: setting,
    label: short,
    step: slider?.[2] ?? 0.01,
    readBy: isSamplingOnly ? ["sample"] : STRATEGIES,
  })),
  { name: "num_beams", label: t("beams"), step: 1, readBy: ["beam"] },
];
const SWEEPS = Object.fromEntries(COLUMNS.map(({ setting, sweep }) => [setting, sweep]));
/** Names the order among the settings of which there is a sweep: it has no numbers, but one row for each engine. */
const ORDER = "order";
const OWN = "own";
const OVER_RANGE = t("Makes rows like the first one, with one parameter over a range");
const IN_ALL_ORDERS = t("Makes four rows of the first one that the order changes: as transformers, llama.cpp, vLLM and OpenAI run the stages");
const SIDEBAR = "sidebar"; // among the names of the presets
const FURTHER = t("Further stages come with a preset, or with the settings of Decode, where the chain changes them.");
const STRATEGY_WORDS = { sample: t("sample"), greedy: t("greedy"), beam: t("beam") };
const MOST_TOKENS = 512; // while nothing is known of the model
const mostTokens = () => chosenFacts()?.new_tokens ?? MOST_TOKENS;

export class Form {
  #state;
  #opening;

  /** @param {import("./grid.js").Opening} opening @param {import("./state.js").State} state */
  constructor(opening, state, onRun, onStop) {
    this.#state = state;
    this.#opening = opening;
    this.boxes = new PromptBoxes(opening.prompt, opening.limits.prompts);
    const experiment = button(t("Experiment: degeneration"), () => this.#experiment());
    experiment.title = t("Repeats Table 1 of Holtzman et al. 2020 on this model");
    this.boxes.buttons.append(experiment);
    this.seeds = number(t("Seeds"), 8, 1, opening.limits.seeds, 1);
    this.first = number(t("First seed"), 0, 0, 2 ** 32 - 1, 1);
    this.tokens = number(t("New tokens"), 40, 1, mostTokens(), 1);
    this.body = make("tbody");
    this.run = button(t("Run"), () => onRun(this.#asked()), "pg-button pg-primary");
    this.stop = button(t("Stop"), onStop);
    this.bar = make("progress", "pg-progress");
    this.bar.ariaLabel = t("Texts done");
    this.bar.value = 0;
    this.progress = make("span", "pg-muted");
    this.spoken = make("span", "pg-spoken"); // says only that a grid begins and ends, not each text
    this.spoken.role = "status";
    this.element = make("div", "pg-compare-form", this.boxes.element, this.#rowTable(), this.#runRow());
    this.#draw();
    this.show();
  }

  /** Adapts to the chosen model. */
  suit() {
    this.tokens.input.max = String(mostTokens());
    this.boxes.suit();
  }

  /** Shows whether a grid runs, and how far it has come. */
  show() {
    const { grid, isRunning } = this.#state;
    rest(this.run, isRunning);
    rest(this.stop, !isRunning);
    if (isRunning) setText(this.spoken, t("The texts are being generated."));
    if (!grid) return;
    this.bar.max = grid.total;
    this.bar.value = grid.done;
    const told = progressOf(grid);
    setText(this.progress, told);
    if (!isRunning) setText(this.spoken, t("The grid has ended: {progress}.", { progress: told }));
  }

  #rowTable() {
    const names = [t("row"), t("strategy"), ...FIELDS.map(({ label }) => label)].map((name) => make("th", "", name));
    const further = make("th", "pg-rows-further", t("further stages"));
    const removal = make("th", "", make("span", "pg-spoken", t("remove")));
    const head = make("tr", "", ...names, further, make("th", "", t("order")), removal);
    this.table = make("table", "pg-rows", make("thead", "", head), this.body);
    this.table.ariaLabel = t("Rows of settings");
    this.preset = select(t("Preset"), [SIDEBAR, ...Object.keys(this.#opening.presets)], {
      wordsOf: (name) => (name === SIDEBAR ? t("The settings of Decode") : name),
    });
    this.add = button(t("Add row"), () => this.#add());
    const adding = make("div", "pg-compare-line", this.preset, this.add);
    const about = make("p", "pg-muted", FURTHER);
    return make("div", "pg-compare-rows", scroller(t("Rows of settings"), this.table), make("div", "pg-compare-adding", adding, this.#sweep()), about);
  }

  #sweep() {
    const name = select(t("Parameter"), [...Object.keys(SWEEPS), ORDER], {
      wordsOf: (key) => FIELDS.find((field) => field.name === key)?.label ?? t("order"),
    });
    const from = number(t("from"), SWEEPS.temperature[0], 0, 1000, 0.05);
    const to = number(t("up to"), SWEEPS.temperature[1], 0, 1000, 0.05);
    const points = number(t("rows"), 6, 2, this.#opening.limits.rows, 1);
    name.addEventListener("change", () => {
      const isOrder = name.value === ORDER;
      for (const { element } of [from, to, points]) element.hidden = isOrder;
      fill.title = isOrder ? IN_ALL_ORDERS : OVER_RANGE;
      if (!isOrder) [from.input.value, to.input.value] = SWEEPS[name.value].map(String);
    });
    const fill = button(t("Fill the rows"), () => {
      const [low, high, size] = [from, to, points].map(({ input }) => Number(input.value));
      if (name.value === ORDER) this.#state.sweepOrders();
      else this.#state.sweep(name.value, low, high, size);
      this.#draw();
    });
    fill.title = OVER_RANGE;
    return make("div", "pg-compare-line", `${t("Sweep")} `, name, from.element, to.element, points.element, fill);
  }

  #runRow() {
    const numbers = [this.seeds, this.first, this.tokens].map(({ element }) => element);
    return make("div", "pg-compare-line", ...numbers, this.run, this.stop, this.bar, this.progress, this.spoken);
  }

  #add() {
    const chosen = this.preset.value;
    const { presets } = this.#opening;
    this.#state.addRow(chosen === SIDEBAR ? { ...presets[PLAIN], ...sidebarSettings() } : presets[chosen]);
    this.#draw();
  }

  #experiment() {
    const { prompts, paper, seeds, new_tokens } = this.#opening.experiment;
    this.boxes.prompts = prompts;
    this.boxes.chat.checked = false;
    this.seeds.input.value = String(seeds);
    this.tokens.input.value = String(Math.min(new_tokens, mostTokens()));
    this.#state.setRows(paper.map(({ settings }) => settings));
    this.#draw();
  }

  /** Draws the rows. */
  #draw() {
    const { rows, hasRoom } = this.#state;
    rest(this.add, !hasRoom);
    this.body.replaceChildren(...rows.map((row, place) => this.#line(row, place)));
    this.table.classList.toggle("pg-rows-plain", rows.every((row) => furtherIn(row) === ""));
  }

  #line(row, place) {
    const strategy = select(t("Row {row}, strategy", { row: place + 1 }), Object.keys(STRATEGY_WORDS), { wordsOf: (name) => STRATEGY_WORDS[name] });
    strategy.value = row.strategy;
    strategy.addEventListener("change", () => {
      this.#state.chooseStrategy(place, strategy.value);
      this.#draw();
      this.body.rows[place].querySelector("select").focus();
    });
    const fields = FIELDS.map(({ name, label, step, readBy }) => {
      const input = make("input", "pg-entry");
      Object.assign(input, { type: "number", step, value: row[name], ariaLabel: t("Row {row}, {setting}", { row: place + 1, setting: label }) });
      input.disabled = !readBy.includes(row.strategy);
      input.addEventListener("change", () => this.#state.changeRow(place, { [name]: input.valueAsNumber }));
      return make("td", "", input);
    });
    const order = this.#orderChoice(row, place);
    const onRemove = () => {
      this.#state.removeRow(place);
      this.#draw();
      const next = this.body.rows[Math.min(place, this.body.rows.length - 1)];
      (next?.querySelector("button") ?? this.add).focus();
    };
    const remove = button("✕", onRemove, "pg-button pg-remove");
    remove.ariaLabel = t("Remove row {row}", { row: place + 1 });
    const further = make("td", "pg-rows-further", furtherIn(row));
    return make("tr", "", make("th", "", String(place + 1)), make("td", "", strategy), ...fields, further, make("td", "", order), make("td", "", remove));
  }

  /** Beam search has one order. A row with the settings of Decode may have an order of the reader's own. */
  #orderChoice(row, place) {
    const isOwn = Array.isArray(row.order);
    const onChange = (chosen) => {
      this.#state.changeRow(place, { order: chosen === OWN ? row.order : chosen });
      setText(this.body.rows[place].querySelector(".pg-rows-further"), furtherIn(this.#state.rows[place]));
    };
    const choice = select(t("Row {row}, order", { row: place + 1 }), [...Object.keys(ORDERS), ...(isOwn ? [OWN] : [])], { wordsOf: (name) => (name === OWN ? t("own") : orderLabel(name)), onChange });
    choice.value = isOwn ? OWN : row.order;
    choice.disabled = row.strategy === "beam";
    return choice;
  }

  #asked() {
    return {
      prompts: this.boxes.prompts,
      chat: this.boxes.chat.checked,
      languages: languagesInSidebar(),
      rows: this.#state.rows,
      seeds: this.seeds.input.valueAsNumber,
      first_seed: this.first.input.valueAsNumber,
      new_tokens: this.tokens.input.valueAsNumber,
    };
  }
}

/** @param {Record<string, any>} row @returns {string} its settings in force that have no field */
const furtherIn = (row) => withoutControl(row, hasField).join(", ");

/** @param {import("./grid.js").Grid} grid @returns {string} "3 of 25 texts of SmolLM2, stopped" */
function progressOf({ total, done, state, model, languages }) {
  const texts = `${tn("{done} of {n} text", "{done} of {n} texts", total, { done })}${ofModel(model)}${between(languages)}`;
  if (state === "running") return texts;
  return state === "done" ? t("{texts}, done", { texts }) : t("{texts}, stopped", { texts });
}

function sidebarSettings() {
  const said = { ...window.playgroundSettings };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null && value !== ""));
}
