/**
 * The Beams tab: the search's controls, the tree with a slider over its steps, the node in view, the texts that were
 * found, and the search of the whole tree of a few tokens. Knows Gradio's messages (see
 * playground/web/messages/beams.py).
 */

import { CUT } from "../common/connection.js";
import { button, make, setText } from "../common/dom.js";
import { saveCsv, save } from "../common/download.js";
import { labelled, number, select } from "../common/fields.js";
import { ExportMenu } from "../common/export_menu.js";
import { toPng, toSvg } from "../common/picture.js";
import { Openings } from "../common/openings.js";
import { RowReader } from "../common/row_reader.js";
import { fetchNextLogits, fetchVocabulary } from "../common/server.js";
import { openInDecode } from "../common/views.js";
import { count, percent, plural } from "../common/words.js";
import { NodeView } from "./node_view.js";
import { BeamTree } from "./tree.js";
import { TreeChart } from "./tree_chart.js";

const EMPTY = "Press Search: from the sidebar's prompt on, the beams of every step appear here as a tree, best on top.";
const TREE = "a column a step, its best beam on top; a line is as wide as its token is probable, the winner's is orange.";

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
  watch("value", () => tab.receive(props.value));
  document.addEventListener("playground:cut", () => element.isConnected && tab.breakOff());
  tab.start();
}

class BeamsTab {
  /** @type {BeamTree | null} */
  #tree = null;
  /** @type {readonly string[]} */
  #vocabulary = [];
  #selected = 0; // node in view
  #hasChosen = false; // whether the reader chose a node or a step of this search; its end then does not change the view
  #step = null; // the last step in view; null for all
  #openText;
  #rest = 0; // the time from which a growing tree may be drawn again
  #openings = new Openings();
  #rows = new RowReader(
    (search, node) => this.#isInView(search, node) && this.#drawNode(),
    (search, node, error) => this.#isInView(search, node) && this.node.refuse(error.message),
    (_search, node) => fetchNextLogits(this.#tree.prompt_ids, this.#tree.tokenIds(node)),
  );

  constructor(opening, onRun, onStop, onWhole, onOpen) {
    this.#openText = onOpen;
    const textOf = (id) => this.#vocabulary[id] ?? `#${id}`;
    this.textOf = textOf;
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.advice = make("div", "pg-advice");
    this.advice.role = "status";
    this.chart = new TreeChart(textOf, (node) => this.#choose(node));
    this.node = new NodeView(textOf, {
      choose: (node) => this.#choose(node),
      open: (node, button) => this.#openNode(node, button),
    });
    this.slider = make("input", "pg-beam-slider");
    Object.assign(this.slider, { type: "range", min: 1, max: 1, value: 1, ariaLabel: "Steps shown" });
    this.slider.addEventListener("input", () => this.#turnTo(this.slider.valueAsNumber));
    this.steps = make("span");
    this.dropped = make("input");
    this.dropped.type = "checkbox";
    this.dropped.addEventListener("change", () => this.#drawNow());
    const line = make("div", "pg-compare-line", labelled("Steps", this.slider), this.steps);
    line.append(labelled("dropped candidates too", this.dropped), this.#exports(textOf).element);
    this.found = make("tbody");
    const title = make("p", "", make("span", "pg-chart-title", "The search as a tree: "), TREE);
    this.results = make("div", "pg-beam-results", line, title, this.chart.element, this.node.element, this.#foundTable());
    this.results.hidden = true;
    this.empty = make("p", "pg-empty", EMPTY);
    this.whole = make("div", "pg-beam-whole");
    this.element = make(
      "div",
      "pg-root pg-beams",
      this.notice,
      this.#controls(opening, onRun, onStop),
      this.advice,
      this.empty,
      this.results,
      this.#wholeRow(onWhole, onStop),
      this.whole,
    );
  }

  async start() {
    try {
      this.#vocabulary = await fetchVocabulary();
    } catch (error) {
      setText(this.notice, error.message);
    }
    if (this.#tree) this.#show();
  }

  receive(message) {
    setText(this.notice, message.error ?? "");
    if (message.kind === "error") this.#setRunning(false);
    if (message.kind === "not_opened") this.#openings.giveUp();
    if (message.kind === "opened") this.#openings.end(message);
    if (message.kind === "tree") this.#take(message);
    if (message.kind === "whole") this.#showWhole(message);
  }

  /** Ends the running search and the pending openings with an error, because the connection is lost. */
  breakOff() {
    if (this.run.disabled) this.receive({ kind: "error", error: CUT });
    if (this.#openings.arePending) this.receive({ kind: "not_opened", error: CUT });
  }

  #controls(opening, onRun, onStop) {
    const beams = number("Beams", 4, 1, opening.most_beams, 1);
    const tokens = number("New tokens", Math.min(12, opening.most_tokens), 1, opening.most_tokens, 1);
    const penalty = number("Length penalty", 1, -10, 10, 0.5);
    const ngram = number("No-repeat n-gram", 0, 0, 10, 1);
    const early = make("input");
    early.type = "checkbox";
    penalty.element.title = "Score = log-probability / length ^ penalty: above 0 favours longer texts";
    early.title = "End as soon as there are as many finished texts as beams";
    this.run = button(
      "Search",
      () => {
        if (beams.input.valueAsNumber > opening.most_beams || tokens.input.valueAsNumber > opening.most_tokens) {
          const most = `${opening.most_beams} beams and ${plural(opening.most_tokens, "token")}`;
          setText(this.notice, `A tree can be read up to ${most}. Ask for fewer, or use the API.`);
          return;
        }
        this.#setRunning(true);
        onRun({
          num_beams: beams.input.valueAsNumber,
          max_new_tokens: tokens.input.valueAsNumber,
          length_penalty: penalty.input.valueAsNumber,
          no_repeat_ngram_size: ngram.input.valueAsNumber,
          early_stopping: early.checked,
        });
      },
      "pg-button pg-primary",
    );
    this.stop = button("Stop", onStop);
    this.stop.disabled = true;
    const fields = [beams, tokens, penalty, ngram].map(({ element }) => element);
    this.run.title = "From the sidebar's prompt";
    return make("div", "pg-compare-line", ...fields, labelled("Early stopping", early), this.run, this.stop);
  }

  /** Enables and disables the buttons. Only one search runs at a time, of beams or of the whole tree. */
  #setRunning(runs) {
    this.run.disabled = this.search.disabled = runs;
    this.stop.disabled = this.stopWhole.disabled = !runs;
  }

  #wholeRow(onWhole, onStop) {
    const horizon = select("Tokens", ["1", "2", "3", "4"]);
    horizon.value = "3";
    this.search = button("Search the whole tree", () => {
      this.#setRunning(true);
      onWhole({ horizon: Number(horizon.value) });
    });
    this.stopWhole = button("Stop", onStop);
    this.stopWhole.ariaLabel = "Stop searching the whole tree";
    this.stopWhole.disabled = true;
    const title = make("span", "pg-chart-title", "The whole tree, best first: ");
    return make("div", "pg-compare-line", title, horizon, " tokens ", this.search, this.stopWhole);
  }

  #take(message) {
    this.#setRunning(message.state === "running");
    const isNew = message.search !== this.#tree?.search;
    this.#tree = new BeamTree(message);
    if (isNew) {
      this.#step = null;
      this.#hasChosen = false;
    }
    const best = this.#tree.returned[0];
    if (message.state !== "running" && best && !this.#hasChosen) this.#selected = best.node;
    else if (this.#selected >= this.#tree.size || isNew) this.#selected = 0;
    this.#show();
  }

  #turnTo(step) {
    this.#step = step === this.#tree.depth ? null : step;
    this.#hasChosen = true;
    this.#drawNow();
  }

  #choose(node) {
    this.#selected = node;
    this.#hasChosen = true;
    this.#drawNow();
  }

  #show() {
    this.empty.hidden = true;
    this.results.hidden = false;
    this.advice.replaceChildren(...this.#tree.advice.map((sentence) => make("p", "", sentence)));
    this.#showFound();
    this.#draw();
  }

  #draw() {
    const tree = this.#tree;
    const step = this.#step ?? tree.depth;
    this.slider.max = String(Math.max(1, tree.depth));
    this.slider.value = String(step);
    setText(this.steps, `${count(step)} of ${count(tree.depth)}`);
    this.#drawChart(tree, step);
    this.#drawNode();
  }

  /** Draws at once after the reader's own action, without the pause of a growing tree. */
  #drawNow() {
    this.#rest = 0;
    this.#draw();
  }

  /** Draws the tree. While it grows, drawing takes at most a quarter of the time, so that the search is not slowed. */
  async #drawChart(tree, step) {
    const start = performance.now();
    if (tree.state === "running" && start < this.#rest) return;
    try {
      await this.chart.show(tree, step, this.dropped.checked, this.#selected);
    } catch (error) {
      setText(this.notice, error.message);
    }
    this.#rest = performance.now() + 3 * (performance.now() - start);
  }

  #drawNode() {
    const tree = this.#tree;
    const search = String(tree.search);
    const row = this.#rows.row(search, this.#selected);
    this.node.show(tree, this.#selected, this.#step ?? tree.depth, this.dropped.checked, row);
    this.#rows.want(search, [this.#selected], false);
  }

  /** @param {string} search @param {number} node */
  #isInView(search, node) {
    return search === String(this.#tree.search) && node === this.#selected;
  }

  #foundTable() {
    const names = ["", "text", "tokens", "log-prob.", "score", ""];
    const head = make("tr", "", ...names.map((name) => make("th", "", name)));
    const caption = make("caption", "", "What was found, by score: log-probability of all tokens / length ^ penalty");
    return make("div", "pg-scroll", make("table", "pg-measures pg-found", caption, make("thead", "", head), this.found));
  }

  #showFound() {
    const tree = this.#tree;
    const lines = tree.hypotheses.map((one) => ({
      name: one === tree.returned[0] ? "◆ winner" : one.returned ? "returned" : "beaten",
      ids: one.token_ids,
      sum: tree.nodes.cumulative[one.node],
      score: one.score,
      node: one.node,
      settings: tree.settings,
    }));
    for (const path of tree.paths) {
      const sum = path.log_probs.reduce((all, one) => all + one, 0);
      lines.push({ name: path.name, ids: path.token_ids, sum, score: path.score, node: null, settings: path.settings });
    }
    this.found.replaceChildren(...lines.map((line) => this.#foundLine(line)));
  }

  #foundLine({ name, ids, sum, score, node, settings }) {
    const text = make("span", "pg-token", ids.map(this.textOf).join(""));
    const open = node === null ? text : button("", () => this.#choose(node), "pg-link pg-found-text");
    if (node !== null) open.append(text);
    const figures = [count(ids.length), signed(sum), signed(score)].map((figure) => make("td", "", figure));
    const inDecode = button("Open in Decode", () => this.#open(settings, ids, 0, inDecode), "pg-link");
    return make("tr", "", make("th", "", name), make("td", "pg-found-cell", open), ...figures, make("td", "", inDecode));
  }

  #openNode(node, pressed) {
    const ids = this.#tree.tokenIds(node);
    this.#open(this.#tree.settings, ids, ids.length - 1, pressed);
  }

  /** Asks Python to write a text again with its steps kept, and then opens it on the Decode tab. */
  #open(settings, tokenIds, index, pressed) {
    const ticket = this.#openings.begin((traceId) => openInDecode({ traceId, index }), pressed);
    this.#openText({ ticket, prompt_ids: this.#tree.prompt_ids, settings, token_ids: tokenIds });
  }

  #showWhole({ state, advice, sequences, greedy, horizon, expanded, budget }) {
    const runs = state === "running";
    this.#setRunning(runs);
    const isGreedy = (ids) => ids.length === greedy.token_ids.length && ids.every((id, place) => id === greedy.token_ids[place]);
    const line = (name, { token_ids: ids, probability }) =>
      make("tr", "", make("th", "", name), make("td", "pg-token", ids.map(this.textOf).join("")), make("td", "", percent(probability)));
    const lines = sequences.map((one, place) =>
      line(`${place + 1}${isGreedy(one.token_ids) ? " greedy" : ""}${one.proven ? "" : " (not proven)"}`, one),
    );
    if (!sequences.some((one) => isGreedy(one.token_ids))) lines.push(line("greedy", greedy));
    const caption = make("caption", "", `The most probable sequences of ${plural(horizon, "token")} under the model`);
    const progress = `Searching: ${count(expanded)} of up to ${count(budget)} beginnings looked at …`;
    const sentences = (runs ? [progress] : advice).map((sentence) => make("p", "", sentence));
    const table = make("table", "pg-measures pg-found", caption, make("tbody", "", ...lines));
    this.whole.replaceChildren(...sentences, make("div", "pg-scroll", table));
  }

  #exports(textOf) {
    const picture = async (make_, name) => save(await make_(this.chart.element, "Beam search"), name);
    return new ExportMenu([
      { label: "Tree as CSV", run: () => saveCsv(this.#tree.rows(textOf), "beams.csv") },
      { label: "Tree as JSON", run: () => save(this.#tree.blob(), "beams.json") },
      { label: "Picture as PNG", run: () => picture(toPng, "beams.png") },
      {
        label: "Picture as SVG",
        run: async () => save(new Blob([await toSvg(this.chart.element, "Beam search")], { type: "image/svg+xml" }), "beams.svg"),
      },
    ]);
  }
}

const signed = (figure) => figure.toFixed(3).replace("-", "−");
