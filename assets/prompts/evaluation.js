/**
 * Shows the two folds "Does it help?", an evaluation of the task over a labelled set, and "Which prompt is better?", a
 * comparison of two wordings. What they hold is in `evaluation_state.js`. The task is the one in the columns, and the
 * Stop above the columns ends what runs here too.
 */

import { CUT } from "../common/connection.js";
import { AccuracyChart } from "./accuracy_chart.js";
import { fileNameOf, save, saveCsv } from "../common/download.js";
import { ExportMenu } from "../common/export_menu.js";
import { button, make, rest, setText } from "../common/dom.js";
import { toPng, toSvg } from "../common/picture.js";
import { t, tn } from "../common/language.js";
import { onRefusal } from "../common/refusals.js";
import { answering, fetchModels } from "../common/server.js";
import { chosenModel, learnModel, namesToCompare } from "../models/models.js";
import { between } from "../models/language_lists.js";
import { ModelChoice } from "../models/choice.js";
import { tellLoading } from "../models/waiting.js";
import { EvaluationState } from "./evaluation_state.js";
import { labelled } from "./fields.js";
import { base64, fileButton } from "./files.js";
import { tabOnPage } from "./mount.js";
import { PairsTable } from "./pairs_table.js";
import { ResultTables } from "./result_tables.js";
import { Wordings } from "./wordings.js";

const MOST_ITEMS = 1000;
const SHOTS = { "0, 1, 2, 4, 8": [0, 1, 2, 4, 8], [t("0 to 8")]: [0, 1, 2, 3, 4, 5, 6, 7, 8], "0, 1, 4": [0, 1, 4] };
const shuffled = (orders) => tn("{n} order (shuffled)", "{n} orders (shuffled)", orders);
const ORDERS = { [t("as in the table")]: 1, [shuffled(3)]: 3, [shuffled(5)]: 5 };
const SHUFFLED = t("The order of the examples alone changes the accuracy (Lu et al. 2022, Fantastically Ordered Prompts).");
const SWITCHES = {
  flip: [t("flip the labels"), t("Wrong labels in the examples hardly harm small models (Min et al. 2022); large models follow them (Wei et al. 2023).")],
  one_class: [t("examples of one class only"), t("The model prefers the class that it saw (majority label bias, Zhao et al. 2021).")],
  nonsense: [t("nonsense label words"), t("“foo” and “bar” replace the labels, so that only the examples show the task (Wei et al. 2023).")],
  calibrate: [t("calibrate with “N/A”"), t("Divides by the probabilities after an input without content (Zhao et al. 2021).")],
};

/** Called by gr.HTML's js_on_load, with the same arguments as `mount` in mount.js. */
export function mount(element, props, trigger, watch, server) {
  const view = new Evaluation(trigger, answering(server));
  element.replaceChildren(view.element);
  watch("value", () => view.receive(props.value));
  const breakOff = (sentence) => view.breakOff(sentence);
  onRefusal(element, { cut: () => breakOff(CUT), refused: breakOff });
  const life = new AbortController();
  document.addEventListener("playground:model", () => (element.isConnected ? view.follow() : life.abort()), life);
}

class Evaluation {
  #trigger;
  #server;
  #state = new EvaluationState(namesToCompare(), chosenModel());
  #items = null; // the items of a CSV file; null before one is read
  #followed = null; // what is asked of a model whose loading is followed

  constructor(trigger, server) {
    this.#trigger = trigger;
    this.#server = server;
    this.set = choice([tn("{n} bundled review", "{n} bundled reviews", 60)]);
    this.set.addEventListener("change", () => this.#readSet(""));
    const file = fileButton(t("CSV …"), ".csv,.tsv,.txt", (file) => this.#load(file), (sentence) => this.#say(sentence));
    file.className = "pg-prompts-align";
    this.shots = choice(Object.keys(SHOTS));
    this.orders = choice(Object.keys(ORDERS));
    this.orders.title = SHUFFLED;
    this.switches = Object.fromEntries(Object.keys(SWITCHES).map((name) => [name, checkbox()]));
    const switches = Object.entries(SWITCHES).map(([name, [text, title]]) => {
      const label = make("label", "pg-prompts-check", this.switches[name], ` ${text}`);
      label.title = title;
      return label;
    });
    this.models = new ModelChoice(t("Models, one line each"), (models) => {
      this.#state.choose(models);
      this.#draw();
    });
    this.models.element.hidden = !this.#state.hasChoice;
    this.start = button(t("Evaluate"), () => this.#evaluate());
    this.clear = button(t("Clear"), () => this.#clear());
    this.progress = make("progress");
    this.progress.ariaLabel = t("Progress of the evaluation");
    this.status = make("span", "pg-muted");
    this.status.role = "status";
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.chart = new AccuracyChart();
    const onItem = (input) => tabOnPage()?.put(input);
    this.pairs = new PairsTable();
    this.tables = new ResultTables(onItem);
    this.wordings = new Wordings((wordings, shots) => this.#compare(wordings, shots), (sentence) => this.#say(sentence, "wordings"), onItem);
    this.export = new ExportMenu([
      { label: t("Results as CSV"), run: () => this.#exportCsv() },
      { label: t("Items as CSV"), run: () => this.#exportItems() },
      { label: t("Chart as PNG"), run: async () => save(await toPng(this.chart.element, this.chart.title), "does-it-help.png") },
      { label: t("Chart as SVG"), run: () => save(svgBlob(toSvg(this.chart.element, this.chart.title)), "does-it-help.svg") },
    ]);
    const row = make(
      "div",
      "pg-prompts-task-row",
      labelled(t("Labelled set"), this.set),
      file,
      labelled(t("Numbers of shots"), this.shots),
      labelled(t("Order of the examples"), this.orders),
    );
    const about = make("p", "pg-muted");
    about.textContent = [t("The switches show known effects. Point at one to see its source."), SHUFFLED, t("Stop, above the columns, keeps what is done.")].join(" ");
    const bar = make("div", "pg-prompts-run-bar", this.start, this.clear, this.export.element, this.progress, this.status);
    const told = make("div", "pg-prompts-results", this.chart.element, this.pairs.element, this.tables.element);
    const summary = make("summary", "", t("Does it help? Accuracy and label share against the number of shots"));
    const changes = make("div", "pg-prompts-switches", ...switches);
    const body = make("div", "pg-prompts-evaluation", row, this.models.element, changes, about, bar, this.notice, told);
    const which = make("summary", "", t("Which prompt is better? Two wordings on the same set"));
    this.element = make(
      "div",
      "pg-root pg-prompts",
      make("details", "pg-details", summary, body),
      make("details", "pg-details", which, this.wordings.element),
    );
    this.#draw();
  }

  /** Takes news of what is under way. News of something earlier is ignored. @param {import("./evaluation_state.js").News | null} message */
  receive(message) {
    if (!this.#state.isNews(message)) return;
    if (message.error) this.#state.fail(message.error);
    else this.#state.take(message);
    this.#followLoading();
    this.#draw();
  }

  /** The page has another model. */
  follow() {
    this.#state.follow(chosenModel());
    this.#draw();
  }

  /** Says how far the loading of the model is whose turn it is. */
  async #followLoading() {
    const { part } = this.#state;
    if (!part?.is_loading || part === this.#followed) return;
    this.#followed = part;
    await tellLoading(part.model, () => this.#state.part === part && part.is_loading, (sentence) => {
      this.#state.load(sentence);
      this.#draw();
    });
    for (const model of await fetchModels().catch(() => [])) learnModel(model); // another one may have made room
    this.#draw();
  }

  /** Ends what is under way, because the server does not take it or the connection is lost. @param {string} sentence */
  breakOff(sentence) {
    if (this.#state.isRunning) this.receive({ id: this.#state.id, error: sentence });
  }

  #evaluate() {
    const checked = Object.fromEntries(Object.entries(this.switches).map(([name, box]) => [name, box.checked]));
    const switches = { ...checked, orders: ORDERS[this.orders.value] };
    const on = Object.keys(SWITCHES).filter((name) => checked[name]).map((name) => SWITCHES[name][0]);
    if (switches.orders > 1) on.push(this.orders.value);
    const asked = structuredClone(tabOnPage().asked);
    const translates = between(asked.languages).trim();
    if (translates) on.push(translates);
    this.#state.evaluate(on);
    this.#ask({ ...asked, shots: SHOTS[this.shots.value], switches });
  }

  #compare([first, second], shots) {
    const asked = structuredClone(tabOnPage().asked);
    this.#state.compare();
    this.#ask({ ...asked, shots: [shots], wordings: [first || asked.task.instruction, second], switches: {} });
  }

  #ask(asked) {
    const items = this.set.selectedIndex > 0 ? this.#items : null;
    const models = this.#state.parts.map(({ model }) => model);
    this.#trigger("evaluate", { id: this.#state.id, models, items, ...asked });
    this.#draw();
  }

  async #load(file) {
    const { answer, error } = await this.#server.read_csv({ bytes: await base64(file), most: MOST_ITEMS });
    this.#say(error ?? "");
    if (error) return;
    this.#items = answer.rows;
    if (this.set.options.length < 2) this.set.append(make("option"));
    setText(this.set.options[1], tn("{file}: {n} item", "{file}: {n} items", answer.rows.length, { file: file.name }));
    this.set.selectedIndex = 1;
    this.#readSet(answer.note);
  }

  #readSet(note) {
    this.#state.readSet(note);
    this.#draw();
  }

  #clear() {
    this.#state.clear();
    this.#draw();
  }

  /** @param {string} sentence @param {import("./evaluation_state.js").Kind} [kind] */
  #say(sentence, kind = "shots") {
    this.#state.say(sentence, kind);
    this.#draw();
  }

  #draw() {
    const { isRunning, results, prompts, pairs } = this.#state;
    rest(this.start, !this.#state.canEvaluate);
    rest(this.wordings.start, isRunning);
    tabOnPage()?.letStop(isRunning ? () => this.#trigger("halt", { id: this.#state.id }) : null);
    rest(this.clear, results.length === 0);
    this.models.show(this.#state.models, (model) => this.#state.canChoose(model));
    this.progress.hidden = !this.#state.progressOf("shots");
    this.progress.max = Math.max(1, prompts.total);
    this.progress.value = prompts.done;
    setText(this.status, this.#state.status);
    setText(this.notice, this.#state.noticeOf("shots"));
    this.wordings.show(this.#state);
    const shown = results.filter(({ shots }) => shots.some(({ items }) => items > 0));
    this.chart.element.hidden = this.tables.element.hidden = this.export.element.hidden = shown.length === 0;
    this.pairs.show(pairs);
    if (!shown.length) return;
    this.chart.show(shown);
    this.tables.show(shown);
  }

  #exportCsv() {
    const head = ["run", "model", "shots", "items", "accuracy", "low 95 %", "high 95 %", "label share", "low 95 %", "high 95 %"];
    const rows = this.#state.results.flatMap(({ name, model, shots }) =>
      shots.map((one) => [name, model, one.shots, one.items, one.accuracy, one.low, one.high, one.share, one.share_low, one.share_high]),
    );
    saveCsv([head, ...rows], "does-it-help.csv");
  }

  #exportItems() {
    const rows = this.#state.results.flatMap(({ name, model, items }) =>
      (items ?? []).flatMap(({ input, answer, found }) =>
        found.map(([shots, said, probability, isRight]) => [name, model, input, answer, shots, said, probability, isRight]),
      ),
    );
    if (!rows.length) throw new Error(t("The items are available when an evaluation has ended."));
    saveCsv([["run", "model", "input", "answer", "shots", "said", "probability", "right"], ...rows], `${fileNameOf("items")}.csv`);
  }
}

const svgBlob = (text) => new Blob([text], { type: "image/svg+xml" });

function checkbox() {
  const box = make("input");
  box.type = "checkbox";
  return box;
}

function choice(texts) {
  return make("select", "pg-select", ...texts.map((text) => make("option", "", text)));
}
