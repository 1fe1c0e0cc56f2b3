/**
 * The pane Positions: how the model knows the order of a text, as pictures, and an experiment with that order. Joins the
 * server's numbers and the reader's choices to the pictures. What it shows is in `state.js`.
 */

import { captionOf } from "./caption.js";
import { CellsPicture } from "./cells_picture.js";
import { CurvesPicture } from "./curves_picture.js";
import { EnteringView } from "./entering_view.js";
import { ExperimentView, RUNS } from "./experiment_view.js";
import { fetchEntering, fetchExperiment, fetchPositions } from "./reader.js";
import { PositionsState } from "./state.js";
import { NAMES, summary, wayOf } from "./ways.js";
import { TableFold } from "../../attention/table_fold.js";
import { Caption } from "../../common/caption.js";
import { make, setText } from "../../common/dom.js";
import { saveCsv } from "../../common/download.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { select } from "../../common/fields.js";
import { fixed, t } from "../../common/language.js";
import { chosenFacts } from "../../models/models.js";
import { isEncoder } from "../../models/serving.js";

const aboutPositions = () =>
  isEncoder()
    ? t(
        "Attention compares a token with all others, and nothing in that says which of them is near and which is far. So a model is told the positions. " +
          "See here how this one is told, and what the order of the words is worth.",
      )
    : t(
        "Attention compares a token with all earlier ones, and nothing in that says which of them is near and which is far. So a model is told the positions. " +
          "See here how this one is told, and what the order of the words is worth.",
      );
const HONEST = {
  true: t("“No positions” tells the model that all tokens stand at position 0. It was never trained on such a text, so part of the loss is surprise; and some order is left, because a token still sees only earlier ones."),
  false: t("This model cannot be told other positions, so only the order of the words is changed."),
};
/** The same of an encoder-only model, of which the chosen token is masked. */
const HONEST_OF_BLANK = {
  true: t("The chosen token is masked, and all other words move around it. “No positions” tells the model that all tokens stand at its first position. It was never trained on such a text, so part of the loss is surprise. The order of the words then changes nothing: the model sees a bag of words."),
  false: t("The chosen token is masked, and all other words move around it. This model cannot be told other positions."),
};
const GUESSES_NOTHING = t("The head of this model gives labels and guesses no word, so that no words are compared in another order here.");
const MOST = 64; // rows of a table

/** Whether the chosen model has tokens to compare: a head for labels has none. */
const guesses = () => !isEncoder() || chosenFacts().task === "fill-mask";

export class PositionsPane {
  #state = new PositionsState();
  #looking;
  #begun = null; // a promise, while the model's way is fetched and once it is there

  /** @param {import("../looking.js").Looking} looking */
  constructor(looking) {
    this.#looking = looking;
    const state = this.#state;
    this.summary = make("p");
    this.says = make("p", "pg-muted");
    this.cells = new CellsPicture();
    this.curves = new CurvesPicture();
    this.experiment = new ExperimentView(looking.textOf);
    this.entering = new EnteringView();
    this.way = select(t("Way to know the order"), Object.keys(NAMES), {
      wordsOf: (name) => NAMES[name],
      onChange: (name) => {
        state.way = name;
        this.#drawWay();
      },
    });
    this.tables = select(t("Biases of"), []);
    this.tables.addEventListener("change", () => {
      state.table = this.tables.selectedIndex;
      this.#drawWay();
    });
    this.ofTable = make("label", "", `${t("of the")} `, this.tables);
    this.order = select(t("Other order"), ["reversed", "shuffled"], { wordsOf: (name) => (name === "reversed" ? t("reversed") : t("shuffled")), onChange: (order) => this.#turnOrder(order) });
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.honest = make("p", "pg-muted");
    this.pictures = make("div", "pg-positions-pictures", this.cells.element, this.curves.element);
    this.caption = new Caption();
    this.caption.describe(this.cells.grid.element, this.curves.element, this.experiment.element);
    const wayMenu = new ExportMenu([...pictureItems(this.pictures, () => `positions-${state.way}`), { label: t("Cells (CSV)"), run: () => this.#saveCells() }], t("Export picture"));
    const orderMenu = new ExportMenu([...pictureItems(this.experiment.element, () => "another-order"), { label: t("Next tokens (CSV)"), run: () => this.#saveExperiment() }], t("Export experiment"));
    this.cellTable = new TableFold(t("The cells as a table"));
    this.curveTable = new TableFold(t("The curves as a table"));
    const wayBar = make("div", "pg-pane-bar", make("label", "", `${t("way")} `, this.way), this.ofTable, wayMenu.element);
    this.orderBar = make("div", "pg-pane-bar", make("label", "", `${t("other order")} `, this.order), orderMenu.element);
    const drawn = make("section", "pg-positions-part", wayBar, this.says, this.pictures, this.caption.element, this.cellTable.element, this.curveTable.element);
    this.sum = make("section", "pg-positions-part", this.entering.element);
    this.body = make("div", "pg-positions", this.summary, drawn, this.sum, make("section", "pg-positions-part", this.orderBar, this.honest, this.experiment.element));
    this.element = make("div", "", make("p", "", aboutPositions()), this.notice, this.body);
    this.body.hidden = true;
  }

  /** The pane is in view, and the text, the position or the theme may have changed. */
  async show() {
    const { text, query } = this.#looking;
    const isOther = this.#state.turn(text, query);
    this.#draw();
    await this.#begin();
    if (isOther) this.#readText();
  }

  /** The server answers again: what could not be had is asked for once more. */
  async goOn() {
    await this.#begin();
    if (!this.#state.experiment) this.#readText();
  }

  /** Fetches what the model does, once. After an error the next call fetches it again. */
  #begin() {
    this.#begun ??= this.#readPositions().catch((error) => {
      this.#begun = null;
      this.#refuse(error.message);
    });
    return this.#begun;
  }

  async #readPositions() {
    const positions = await fetchPositions();
    this.#state.take(positions);
    this.body.hidden = false;
    for (const option of this.way.options) {
      const isOwn = option.value === positions.kind;
      setText(option, isOwn ? t("{way}, this model", { way: NAMES[option.value] }) : NAMES[option.value]);
    }
    this.way.value = this.#state.way;
    this.tables.replaceChildren(...positions.biases.map(({ name }) => make("option", "", name)));
    setText(this.summary, summary(positions));
    this.orderBar.hidden = !guesses();
    setText(this.honest, guesses() ? (isEncoder() ? HONEST_OF_BLANK : HONEST)[String(positions.can_remove)] : GUESSES_NOTHING);
    this.#draw();
  }

  #turnOrder(order) {
    this.#state.turnOrder(order);
    this.#readExperiment();
  }

  #readText() {
    this.#readEntering();
    this.#readExperiment();
  }

  async #readEntering() {
    const state = this.#state;
    const { text, query } = state;
    if (!text || query < 0 || !state.addsVectors) return;
    const isWanted = () => text === state.text && query === state.query;
    try {
      const entering = await fetchEntering(text.traceId, query);
      if (!isWanted()) return;
      state.entering = entering;
      this.#draw();
    } catch (error) {
      if (isWanted()) this.#refuse(error.message);
    }
  }

  async #readExperiment() {
    const state = this.#state;
    const { text, query, order } = state;
    if (!text || query < 0 || !state.positions || !guesses()) return;
    const isWanted = () => state.wants(text, query, order);
    try {
      const experiment = await fetchExperiment(text.traceId, query, order);
      if (!isWanted()) return;
      state.experiment = experiment;
      this.#refuse("");
    } catch (error) {
      if (isWanted()) this.#refuse(error.message);
    }
  }

  #refuse(sentence) {
    this.#state.error = sentence;
    this.#draw();
  }

  #draw() {
    const { error, positions } = this.#state;
    setText(this.notice, error);
    if (!positions) return;
    this.#drawWay();
    this.#drawExperiment();
  }

  #drawWay() {
    const { way, positions, table } = this.#state;
    const { says, cells, curves } = wayOf(way, positions, table);
    this.ofTable.hidden = way !== "relative" || positions.biases.length < 2;
    setText(this.says, says);
    this.cells.show(cells);
    this.curves.show(curves);
    this.caption.say(captionOf(this.#state, cells, this.#looking.textOf, isEncoder()));
    this.cellTable.element.hidden = !cells;
    this.curveTable.element.hidden = !curves;
    if (cells) this.cellTable.show(() => cellLines(cells));
    if (curves) this.curveTable.show(() => curveLines(curves));
  }

  #drawExperiment() {
    const { experiment, entering, text, query } = this.#state;
    const token = text?.tokens[query] ?? "";
    this.experiment.show(experiment, token, isEncoder());
    this.sum.hidden = !entering;
    this.entering.show(entering, token);
  }

  #saveCells() {
    const { way, positions, table } = this.#state;
    const { cells } = wayOf(way, positions, table);
    if (!cells) throw new Error(t("There is nothing drawn for this way. Choose another one."));
    saveCsv([[cells.rows, ...cells.columnNames], ...cells.values.map((row, place) => [cells.rowNames[place], ...row])], `positions-${way}.csv`);
  }

  #saveExperiment() {
    const { experiment } = this.#state;
    if (!experiment) throw new Error(t("There is no experiment yet. Choose a text first."));
    const rows = experiment.tokens.map(({ token_id: id, probabilities }) => [id, this.#looking.textOf(id), ...probabilities]);
    const losses = ["", "KL in bits", ...experiment.runs.map((run) => run.kl_bits)];
    saveCsv([["token id", "token", ...experiment.runs.map(({ name }) => RUNS[name])], ...rows, losses], "another-order.csv");
  }
}

function cellLines({ rows, rowNames, columnNames, values }) {
  const columns = [rows, ...columnNames.slice(0, MOST)];
  return { columns, lines: values.map((row, place) => [rowNames[place], ...row.slice(0, MOST).map(short)]) };
}

function curveLines({ series }) {
  const columns = [t("distance in tokens"), ...series.map(({ name }) => name)];
  const distances = series[0].values.map((_, distance) => distance).filter((distance) => distance < 8 || distance % 8 === 0);
  return { columns, lines: distances.map((distance) => [String(distance), ...series.map(({ values }) => short(values[distance]))]) };
}

const short = (value) => fixed(value, 3).replace("-", "−");
