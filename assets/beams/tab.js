/**
 * The Beams tab: joins Gradio's messages (see playground/web/messages/beams.py) and the reader's choices to the search's
 * controls, the tree, the node in view, the texts that were found, and the search of the whole tree. What it shows is
 * in `state.js`.
 */

import { Caption } from "../common/caption.js";
import { CUT } from "../common/connection.js";
import { promptInSidebar } from "../common/controls.js";
import { make, setText } from "../common/dom.js";
import { saveCsv, save } from "../common/download.js";
import { ExportMenu } from "../common/export_menu.js";
import { t, tParts } from "../common/language.js";
import { toPng, toSvg } from "../common/picture.js";
import { Openings } from "../common/openings.js";
import { RowReader } from "../common/row_reader.js";
import { fetchNextLogits } from "../common/server.js";
import { isToBeNamed } from "../models/models.js";
import { fetchVocabulary, vocabularyOf } from "../models/words.js";
import { onRefusal } from "../common/refusals.js";
import { tellShown } from "../common/shown.js";
import { openInDecode } from "../common/views.js";
import { captionOf } from "./caption.js";
import { FoundTable } from "./found_table.js";
import { NodeView } from "./node_view.js";
import { ReadSource } from "./read_source.js";
import { SearchForm } from "./search_form.js";
import { State } from "./state.js";
import { StepsLine } from "./steps_line.js";
import { BeamTree } from "./tree.js";
import { TreeChart } from "./tree_chart.js";
import { WholeTree } from "./whole_tree.js";
import { term } from "../glossary/term.js";
import { withErrorTold } from "../common/server_sentences.js";

const EMPTY = t("Press Search to continue the sidebar's prompt. The beams of every step appear here as a tree, with the best on top.");

/** Called by gr.HTML's js_on_load. The last argument holds the names of the events that Python listens to. */
export function mount(element, props, trigger, watch, [run, stop, whole, open]) {
  const tab = new BeamsTab(
    props.value,
    (asked) => trigger(run, asked),
    () => trigger(stop, {}),
    (asked) => trigger(whole, asked),
    (asked) => trigger(open, asked),
  );
  element.replaceChildren(tab.element);
  watch("value", () => tab.receive(withErrorTold(props.value)));
  const refused = (error, event) => tab.receive({ kind: event === open ? "not_opened" : "error", error });
  onRefusal(element, { cut: () => tab.breakOff(), refused });
  document.addEventListener("playground:connection", ({ detail }) => element.isConnected && !detail.isAway && tab.goOn());
  document.addEventListener("playground:model", () => element.isConnected && tab.start());
  tab.start();
}

class BeamsTab {
  #state = new State();
  #lacksWords = false; // whether the vocabulary did not come
  #asked = { prompt: "", chat: false }; // what the latest search goes on with
  #read = this.#asked; // what that of the tree in view went on with
  #openText;
  #rest = 0; // the time from which a growing tree may be drawn again
  #openings = new Openings();
  #rows = new RowReader(
    (search, node) => this.#state.isInView(search, node) && this.#drawNode(),
    (search, node, error) => this.#state.isInView(search, node) && this.node.refuse(error.message),
    (_search, node) => fetchNextLogits(this.#state.tree.model, this.#state.tree, this.#state.tree.tokenIds(node)),
  );

  constructor(opening, onRun, onStop, onWhole, onOpen) {
    this.#openText = onOpen;
    const state = this.#state;
    const textOf = (id) => vocabularyOf(state.tree?.model)[id] ?? `#${id}`;
    const wholeTextOf = (id) => vocabularyOf(state.whole?.model)[id] ?? `#${id}`;
    const begin = (ask) => (asked) => {
      state.begin();
      this.#asked = promptInSidebar();
      this.#showRun();
      ask(asked);
    };
    const choose = (node) => {
      state.choose(node);
      this.#drawNow();
    };
    const turn = (step) => {
      state.turnTo(step);
      this.#drawNow();
    };
    const drop = (withDropped) => {
      state.showDropped(withDropped);
      this.#drawNow();
    };
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.form = new SearchForm(opening, { search: begin(onRun), stop: onStop, refuse: (sentence) => this.#say(sentence) });
    this.advice = make("div", "pg-advice");
    this.advice.role = "status";
    this.textOf = textOf;
    this.chart = new TreeChart(textOf, choose);
    this.caption = new Caption();
    this.caption.describe(this.chart.chart.element);
    this.node = new NodeView(textOf, { choose, open: (node, button) => this.#openNode(node, button) });
    this.steps = new StepsLine({ turn, drop }, this.#exports(textOf).element);
    this.found = new FoundTable(textOf, { choose, open: ({ settings, ids }, button) => this.#open(settings, ids, 0, button) });
    this.title = make("span", "pg-chart-title");
    const title = make("p", "", this.title, ...about());
    this.source = new ReadSource(textOf);
    this.results = make("div", "pg-beam-results", this.source.element, this.steps.element, title, this.chart.element, this.caption.element, this.node.element);
    this.results.append(this.found.element);
    this.results.hidden = true;
    this.empty = make("p", "pg-empty", EMPTY);
    this.whole = new WholeTree(wholeTextOf, { search: begin(onWhole) });
    this.element = make("div", "pg-root pg-beams", this.notice, this.form.element, this.advice, this.empty, this.results);
    this.element.append(this.whole.controls, this.whole.found);
    this.#showRun();
  }

  async start() {
    try {
      await fetchVocabulary();
    } catch (error) {
      this.#lacksWords = true;
      this.#say(error.message);
    }
    this.#showTree();
    this.#showWhole();
  }

  /** The server answers, perhaps again: the vocabulary is fetched if it did not come. */
  goOn() {
    if (!this.#lacksWords) return;
    this.#lacksWords = false;
    this.#say("");
    this.start();
  }

  receive(message) {
    this.goOn();
    const state = this.#state;
    const { kind, error } = message;
    if (kind === "tree" && message.search !== state.tree?.search) this.#read = this.#asked;
    if (kind === "tree") state.take(new BeamTree(message));
    else if (kind === "whole") state.takeWhole(message);
    else if (kind === "error") state.fail(error);
    else state.say(error ?? "");
    this.#showRun();
    if (kind === "tree" || kind === "error") this.#showTree();
    if (kind === "whole" || kind === "error") this.#showWhole();
    if (kind === "not_opened") this.#openings.giveUp();
    if (kind === "opened") this.#openings.end(message);
  }

  /** Ends the running search and the pending openings with an error, because the connection is lost. */
  breakOff() {
    if (this.#state.isRunning) this.receive({ kind: "error", error: CUT });
    if (this.#openings.arePending) this.receive({ kind: "not_opened", error: CUT });
  }

  /** @param {string} sentence */
  #say(sentence) {
    this.#state.say(sentence);
    this.#showRun();
  }

  /** Shows whether a search runs, and what went wrong. */
  #showRun() {
    const { isRunning, notice } = this.#state;
    setText(this.notice, notice);
    this.form.show(isRunning);
    this.whole.show(isRunning);
    this.#tell();
  }

  /** Tells who reads along what is in view, and how a search is asked for. */
  #tell() {
    const { tree, isRunning } = this.#state;
    tellShown("beams", { tree, isRunning, read: this.#read, words: vocabularyOf(tree?.model), form: this.form });
  }

  /** Shows what the search of the whole tree has found, if there was one. */
  #showWhole() {
    const { whole } = this.#state;
    if (whole) this.whole.showFound(whole);
  }

  /** Shows the tree and the texts that were found, if there was a search. */
  #showTree() {
    const { tree } = this.#state;
    if (!tree) return;
    this.empty.hidden = true;
    this.results.hidden = false;
    this.advice.replaceChildren(...tree.advice.map((sentence) => make("p", "", sentence)));
    this.source.show(tree.source_ids);
    this.found.show(tree);
    setText(this.title, `${titleOf(tree.model)} `);
    this.#draw();
  }

  /** Draws the step and the node in view. */
  #draw() {
    this.#drawChart();
    this.#drawNode();
  }

  /** Draws at once after the reader's own action, without the pause of a growing tree. */
  #drawNow() {
    this.#rest = 0;
    this.#showStep(this.#state);
    this.#draw();
  }

  /** Says which steps the tree shows, and what they show. @param {{step: number, tree: BeamTree}} drawn */
  #showStep({ step, tree }) {
    this.steps.show(step, tree.depth);
    this.caption.say(captionOf(tree, step, this.textOf));
  }

  /** Draws the tree. While it grows, drawing takes at most a quarter of the time, so that the search is not slowed. */
  async #drawChart() {
    const { tree, step, withDropped, selected, isGrowing } = this.#state;
    const start = performance.now();
    if (isGrowing && start < this.#rest) return;
    try {
      await this.chart.show(tree, step, withDropped, selected);
      this.#showStep({ step, tree }); // not before, because the first drawing loads Plotly
    } catch (error) {
      this.#say(error.message);
    }
    this.#rest = performance.now() + 3 * (performance.now() - start);
  }

  #drawNode() {
    const { tree, step, withDropped, selected } = this.#state;
    this.node.show(tree, selected, step, withDropped, this.#rows.row(tree.search, selected));
    this.#rows.want(tree.search, [selected], false);
  }

  #openNode(node, pressed) {
    const { tree } = this.#state;
    const ids = tree.tokenIds(node);
    this.#open(tree.settings, ids, ids.length - 1, pressed);
  }

  /** Asks Python to write a text again with its steps kept, and then opens it on the Decode tab. */
  #open(settings, tokenIds, index, pressed) {
    const ticket = this.#openings.begin((traceId) => openInDecode({ traceId, index }), pressed);
    const { model, prompt_ids, source_ids } = this.#state.tree;
    this.#openText({ ticket, model, prompt_ids, source_ids, settings, token_ids: tokenIds });
  }

  #exports(textOf) {
    const picture = async (make_, name) => save(await make_(this.chart.element, t("Beam search")), name);
    return new ExportMenu([
      { label: t("Tree as CSV"), run: () => saveCsv(this.#state.tree.rows(textOf), "beams.csv") },
      { label: t("Tree as JSON"), run: () => save(this.#state.tree.blob(), "beams.json") },
      { label: t("Picture as PNG"), run: () => picture(toPng, "beams.png") },
      {
        label: t("Picture as SVG"),
        run: async () => save(new Blob([await toSvg(this.chart.element, t("Beam search"))], { type: "image/svg+xml" }), "beams.svg"),
      },
    ]);
  }
}

/** @param {string} model @returns {string} the title of its tree */
const titleOf = (model) => (isToBeNamed(model) ? t("The search of {model} as a tree:", { model }) : t("The search as a tree:"));

/** What the tree's columns, lines and colours mean. */
const about = () =>
  tParts("each column is a step, with its best {beam} on top. Wider lines are more probable tokens; the winner's line is orange.", {
    beam: term("beam", t("beam")),
  });
