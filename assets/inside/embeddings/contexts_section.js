/** The last part of the pane: the same word in two or three sentences, whose vectors come apart layer by layer. */

import { commonWord, ContextsState, positionOf } from "./contexts_state.js";
import { layerCsv, layerData, layerLayout, layerLegend, layerSentence, layerTable, layerTitle, letterOf } from "./layer_chart.js";
import { ORANGE, PORTE, SENTENCE_NAMES, SENTENCES } from "./presets.js";
import { fetchLayers, fetchTexts } from "./reader.js";
import { TableFold } from "../../attention/table_fold.js";
import { TokenRow } from "../token_row.js";
import { button, make, setText } from "../../common/dom.js";
import { saveCsv } from "../../common/download.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { labelled, select } from "../../common/fields.js";
import { keepFocus } from "../../common/focus.js";
import { t } from "../../common/language.js";
import { Chart } from "../../common/plotly.js";
import { chosenFacts, readsFrench } from "../../models/models.js";
import { isEncoder } from "../../models/serving.js";

const OWN = "my own sentences";
/** Whether an encoder reads the texts, in which a token also sees what comes after it. */
const readsWhole = () => isEncoder() || hasEncoder();
const hasEncoder = () => chosenFacts()?.family === "encoder-decoder";
const sentencesOf = () => (hasEncoder() && readsFrench(chosenFacts().model) ? PORTE : isEncoder() ? ORANGE : Object.keys(SENTENCES)[0]);
const aboutContexts = () =>
  readsWhole()
    ? t(
        "A token begins with the same vector in every text; some models add one for its position. Each layer then mixes in what stands before and after it, so that the vector becomes one of this word in this sentence. " +
          "In A and C the word means the same, in B something else: look where the line of B falls below that of C.",
      )
    : t(
        "A token begins with the same vector in every text; some models add one for its position. Each layer then mixes in what stands before it, so that the vector becomes one of this word in this sentence. " +
          "In A and C the word means the same, in B something else: look where the line of B falls below that of C.",
      );
const about = () => (hasEncoder() ? `${t("The vectors are those of the encoder, which reads these texts as a source.")} ${aboutContexts()}` : aboutContexts());
const hint = () =>
  readsWhole()
    ? t("Choose any token of each text, by a click or with the arrow keys. Only what stands before and after a token can change its vector.")
    : t("Choose any token of each text, by a click or with the arrow keys. Only what stands before a token can change its vector.");

/** A text of the pane as a side: of an encoder–decoder it is what the encoder has read, at its last token. @param {import("../text.js").Text} text @param {number} query */
function takenOf({ ids, tokens, sourceIds, sourceTokens }, query) {
  if (sourceIds.length) return { ids: [...sourceIds], tokens: [...sourceTokens], position: positionOf(sourceTokens, "", 1) };
  return { ids: [...ids], tokens: [...tokens], position: Math.max(0, query) };
}

export class ContextsSection {
  #state = new ContextsState();
  #looking;
  #asked = 0;
  /** @type {AbortController | null} of the reading under way */
  #reading = null;

  /** @param {import("./pane.js").Looking} looking */
  constructor(looking) {
    this.#looking = looking;
    this.presets = select(t("Sentences"), [...Object.keys(SENTENCES), OWN], { wordsOf: (name) => SENTENCE_NAMES[name] ?? t("my own sentences"), onChange: (name) => this.#turn(name) });
    this.fields = [0, 1, 2].map((place) => this.#field(place));
    this.rows = this.fields.map((_, place) => new TokenRow(t("Tokens of text {letter}", { letter: letterOf(place) }), (position) => this.#turnPosition(place, position)));
    const sides = this.fields.map((field, place) =>
      make("div", "pg-contexts-side", make("span", "pg-contexts-letter", letterOf(place)), make("div", "pg-contexts-text", field, this.rows[place].element)),
    );
    this.take = button(t("Put the text above into A"), () => this.#takeText());
    this.stop = button(t("Stop"), () => this.#reading?.abort());
    this.progress = make("span", "pg-muted");
    this.progress.role = "status";
    const line = make("div", "pg-embeddings-line", labelled(t("sentences"), this.presets), button(t("Compare"), () => this.ask()), this.take, this.stop, this.progress);
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.title = make("h4", "pg-chart-title");
    this.chart = new Chart(t("Cosine by layer"));
    this.said = make("p", "pg-embeddings-said");
    this.said.role = "status";
    this.legend = make("p", "pg-muted");
    this.picture = make("figure", "pg-contexts-picture", this.title, this.legend, this.chart.element, this.said);
    this.table = new TableFold(t("The cosines as a table"));
    this.exports = new ExportMenu([
      ...pictureItems(this.picture, () => this.title.textContent),
      { label: t("Table (CSV)"), run: () => saveCsv(layerCsv(this.#state), `${this.title.textContent}.csv`) },
    ]);
    this.body = make("div", "pg-contexts-body", this.exports.element, this.picture, this.table.element);
    this.element = make("section", "pg-embeddings-part", make("h3", "", t("The same word in two sentences")), make("p", "", about()), line, ...sides, make("p", "pg-muted", hint()), this.notice, this.body);
    this.presets.value = sentencesOf();
    this.#write(this.presets.value);
    this.#draw();
  }

  /** Whether a failure can be tried again. */
  get hasFailed() {
    return this.#state.error !== "";
  }

  /** Reads the sentences that stand in the fields, and compares the word in them. */
  async ask() {
    const asked = ++this.#asked;
    this.#reading?.abort();
    const texts = this.fields.map(({ value }) => value.trim()).filter(Boolean);
    try {
      if (texts.length < 2) throw new Error(t("There is nothing to compare. Write two sentences, or three."));
      const { ids } = await fetchTexts(texts);
      if (asked !== this.#asked) return;
      const word = SENTENCES[this.presets.value]?.word ?? commonWord(texts);
      this.#open(ids.map((own) => {
        const tokens = own.map(this.#looking.textOf);
        return { ids: own, tokens, position: positionOf(tokens, word, readsWhole() ? 1 : 0) };
      }));
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#state.refuse(error.message);
      this.#draw();
    }
  }

  /** Shows whether there is a text to take. */
  turn() {
    this.take.hidden = !this.#looking.text;
  }

  #field(place) {
    const field = make("input", "pg-entry pg-contexts-field");
    field.type = "text";
    field.ariaLabel = t("Text {letter}", { letter: letterOf(place) });
    field.placeholder = place === 2 ? t("a third sentence, if you like") : t("a sentence");
    field.addEventListener("input", () => {
      this.presets.value = OWN;
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation(); // outside this field, Ctrl+Enter generates
      this.ask();
    });
    return field;
  }

  #turn(name) {
    if (!SENTENCES[name]) return this.fields[0].focus();
    this.#write(name);
    this.ask();
  }

  #write(name) {
    const { texts } = SENTENCES[name];
    this.fields.forEach((field, place) => {
      field.value = texts[place] ?? "";
    });
  }

  /** Puts the pane's text with its chosen token into A, and a second one into B. */
  #takeText() {
    const { texts, query, second } = this.#looking;
    const taken = texts.slice(0, 2).map((text, place) => takenOf(text, place ? second[0] : query));
    if (!taken.length) return;
    this.#asked++;
    this.presets.value = OWN;
    taken.forEach(({ tokens }, place) => {
      this.fields[place].value = "";
      this.fields[place].placeholder = t("the text above: {text}", { text: tokens.slice(0, 40).join("") });
    });
    this.#open([...taken, ...this.#state.sides.slice(taken.length)]);
  }

  #turnPosition(place, position) {
    this.#state.turn(place, position);
    this.#compare();
  }

  /** @param {import("./contexts_state.js").Side[]} sides */
  #open(sides) {
    this.#state.open(sides);
    this.rows.forEach((row, place) => {
      row.begin(sides[place]?.tokens ?? []);
      row.element.hidden = !sides[place];
    });
    return this.#compare();
  }

  async #compare() {
    const state = this.#state;
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    if (state.sides.length < 2) return this.#draw();
    this.#draw();
    const places = state.sides.map(({ ids, position }) => ({ ids, position }));
    try {
      const pairs = await fetchLayers(places, (done, of) => reading === this.#reading && this.#tell(done, of), reading.signal);
      if (reading !== this.#reading) return;
      state.receive(pairs);
    } catch (error) {
      if (reading !== this.#reading) return;
      state.refuse(reading.signal.aborted ? t("Stopped. Press Compare to read the texts again.") : error.message);
    }
    this.#draw();
  }

  #tell(done, of) {
    this.#state.progress = { done, of };
    this.#drawProgress();
  }

  #drawProgress() {
    const { progress } = this.#state;
    keepFocus(this.element, () => {
      this.stop.hidden = progress === null;
    }, () => this.presets);
    setText(this.progress, progress ? t("Reading the texts: part {part} of {parts} …", { part: progress.done + 1, parts: progress.of }) : "");
  }

  async #draw() {
    const state = this.#state;
    this.#drawProgress();
    setText(this.notice, state.error);
    for (const [place, { position }] of state.sides.entries()) this.rows[place].choose(position, null);
    this.body.hidden = state.error !== "" || !(state.pairs || this.title.textContent);
    if (!state.pairs) return; // the last lines stay until the next ones are there
    const title = layerTitle(state);
    setText(this.title, title);
    setText(this.legend, layerLegend(state));
    setText(this.said, layerSentence(state));
    this.chart.element.ariaLabel = `${title}. ${t("The table has the figures.")}`;
    this.table.show(() => layerTable(state));
    try {
      await this.chart.show(layerData(state), layerLayout(state));
    } catch (error) {
      setText(this.notice, error.message);
    }
  }
}
