/**
 * The tab of an encoder-only model, in Decode's place: joins the text, the row of its tokens, the blank in view and the
 * labels to the server. What it shows is in `state.js`.
 */

import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { settingsInSidebar, moveControls } from "../common/controls.js";
import { copied } from "../common/packed_link.js";
import { fetchLabels, fetchRead } from "../common/server.js";
import { choose } from "../models/picker.js";
import { chosenFacts, chosenModel, namesOfModels } from "../models/models.js";
import { fetchVocabulary, vocabularyOf } from "../models/words.js";
import { BlankView } from "./blank_view.js";
import { labelCaption } from "./caption.js";
import { cellsOf, labelNumbers, tokenTitle } from "./cells.js";
import { Deeds } from "./deeds.js";
import { LabelView } from "./label_view.js";
import { keepFilled, keptFilled, linked, linkTo } from "./link.js";
import { BlankRows } from "./rows.js";
import { Scoring } from "./scoring.js";
import { State } from "./state.js";
import { TextField } from "./text_field.js";
import { TextTable } from "./text_table.js";
import { TokenRow } from "./token_row.js";
import { EMPTY, EXAMPLES, OF_LABELS, ofBlanks, ownTokens, OUTPUTS } from "./words.js";

const PAUSE_MS = 150; // after a key, before the text is read

export class FillTab {
  #state = new State();
  #rows = new BlankRows(this.#state, () => this.#show(), (error) => this.#lack(error));
  #task = "";
  #model = "";
  #asked = 0; // the number of the latest reading
  #timer = 0;
  #frame = 0;
  #lacks = ""; // what could not be had
  /** @type {import("./state.js").Labelled | null} */
  #labelled = null;
  #scoring = new Scoring();
  /** @type {import("./link.js").Content | null} */
  #linked = null; // what a link or an earlier visit holds, until its text is read
  #moveSliders;

  /** @param {() => void} moveSliders  makes Gradio move the sidebar's controls */
  constructor(moveSliders) {
    this.#moveSliders = moveSliders;
    this.textOf = (id) => vocabularyOf(this.#model)[id] ?? `#${id}`;
    this.notice = make("p", "pg-notice");
    this.notice.role = "alert";
    this.field = new TextField(() => this.#onText());
    this.row = new TokenRow((place) => this.#choose(place), (place) => this.#toggle(place));
    this.deeds = new Deeds({
      best: () => this.#put(this.blank.best, "most probable"),
      draw: () => this.#put(this.blank.drawn, "drawn"),
      empty: () => {
        this.#state.takeOut();
        this.#changed();
      },
      seed: () => this.#drawAgain(),
      shade: () => this.#score(),
      link: () => copied(linkTo(this.#content)),
    });
    this.note = make("p", "pg-fill-note");
    this.note.role = "status";
    this.unknown = make("p", "pg-fill-unknown");
    this.unknown.role = "status";
    this.blank = new BlankView(this.textOf, (id) => this.#put(id, "chosen"));
    this.labels = new LabelView();
    this.table = new TextTable();
    const parts = [this.notice, this.field.element, this.unknown, this.row.element, this.deeds.element, make("div", "pg-fill-notes", this.note, this.deeds.sum)];
    this.element = make("div", "pg-root pg-fill", ...parts, this.labels.element, this.blank.element, this.table.element);
  }

  async start() {
    const kept = keptFilled();
    if (kept) this.#take(kept);
    await this.begin();
    await this.followLink();
  }

  /** Another model is chosen, or the tab is new. A model that writes has another tab. */
  async begin() {
    this.#scoring.stop();
    const { family, task, mask_token } = chosenFacts() ?? {};
    if (family !== "encoder") return;
    const [before, old] = [this.#task, this.#state.read?.mask_token];
    [this.#task, this.#model] = [task, chosenModel()];
    this.field.suit(task, mask_token ?? null);
    this.deeds.suit(task, mask_token ?? null);
    this.row.suit(OUTPUTS[task]);
    const isExample = Object.values(EXAMPLES).flat().includes(this.field.text);
    if (!this.field.text || (isExample && before !== task)) this.field.text = EXAMPLES[task][0];
    else if (old && old !== mask_token) this.field.text = this.field.text.replaceAll(old, "___");
    this.#state.read = null;
    await this.#read();
  }

  /** The server answers again: what could not be had is asked for once more. */
  goOn() {
    if (this.#lacks) this.#read();
  }

  /** @param {import("../distribution/settings.js").Settings} said  some of the sliders' settings */
  applySettings(said) {
    this.said = { ...this.said, ...said };
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const start = performance.now();
      this.blank.apply(this.said);
      performance.measure("playground:redraw", { start });
    });
  }

  /** Adapts the number of bars to the window. */
  fit() {
    this.blank.fit();
  }

  /** Shows what the page's link holds, if it is one to a filled text. */
  async followLink() {
    try {
      const content = await linked();
      if (!content) return;
      if (!namesOfModels().includes(content.model)) {
        throw new Error(t("This link is to a text of the model {model}, which this server does not have. Start it with --model {model}.", { model: content.model }));
      }
      this.#take(content);
      moveControls(() => content.settings, this.#moveSliders);
      if (content.model === chosenModel()) await this.#read();
      else choose(content.model);
    } catch (error) {
      this.#say(error.message);
    }
  }

  /** Takes up a text with its blanks, which are filled once it is read. @param {import("./link.js").Content} content */
  #take(content) {
    this.#linked = content;
    this.field.text = content.text;
    this.deeds.seed = content.seed;
  }

  #onText() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), PAUSE_MS);
  }

  /** Reads the text in the field, and shows it once the server has told its tokens. */
  async #read() {
    clearTimeout(this.#timer);
    this.#scoring.stop();
    const asked = ++this.#asked;
    const { text } = this.field;
    this.#say("");
    this.#lacks = "";
    if (!text.trim()) {
      this.#state.read = null;
      this.#labelled = this.#scoring.scored = null;
      return this.#show();
    }
    try {
      await fetchVocabulary(this.#model);
      const read = await fetchRead(this.#model, { text, seed: this.deeds.seed });
      if (asked !== this.#asked) return;
      this.#labelled = this.#scoring.scored = null;
      this.#state.take(read);
      await this.#restore(asked);
    } catch (error) {
      if (asked === this.#asked) this.#lack(error);
      return;
    }
    this.#changed();
  }

  /** Takes up what a link holds of the text that was just read. */
  async #restore(asked) {
    const content = this.#linked;
    if (content?.model !== this.#model || content.text !== this.field.text) return;
    this.#linked = null;
    this.#state.restore(content.kept, vocabularyOf(this.#model).length);
    if (content.kept.masked.length) await this.#fetchDraws(asked);
  }

  #choose(place) {
    this.#state.choose(place);
    this.#show();
    if (this.#task === "fill-mask") this.#rows.want();
  }

  #toggle(place) {
    if (this.#task !== "fill-mask" || !this.#state.toggle(place)) return;
    this.#drawAgain();
  }

  #put(id, how) {
    if (this.#state.blank === null) return;
    this.#state.put(id, how);
    this.#changed();
  }

  /** Asks for the uniform number of each blank, whose seed or number has changed. */
  async #drawAgain() {
    const asked = this.#asked;
    if (!this.#state.read) return;
    try {
      await this.#fetchDraws(asked);
    } catch (error) {
      return this.#lack(error);
    }
    if (asked === this.#asked) this.#changed();
  }

  async #fetchDraws(asked) {
    const state = this.#state;
    const { draws } = await fetchRead(this.#model, { text: state.read.text, ids: state.emptied, seed: this.deeds.seed });
    if (asked === this.#asked) state.draws = draws;
  }

  /** The text that the model reads has changed: what depends on it is asked for. */
  #changed() {
    this.#scoring.scored = null;
    this.#show();
    keepFilled(() => this.#content);
    if (this.#task === "fill-mask") {
      this.#rows.want();
      this.#score();
    } else this.#label();
  }

  async #label() {
    const asked = this.#asked;
    try {
      const labelled = await fetchLabels(this.#model, this.#state.read.ids);
      if (asked !== this.#asked) return;
      this.#labelled = labelled;
      if (labelled.tokens) this.#state.selected ??= labelled.ids.findIndex((_, place) => !this.#state.read.special.includes(place));
      this.#show();
    } catch (error) {
      if (asked === this.#asked) this.#lack(error);
    }
  }

  /** Asks for the score of each token if the reader wants to see it. */
  #score() {
    const ids = this.deeds.shading && this.#state.read ? this.#state.ids : [];
    this.#scoring.want(this.#model, ids, () => this.#show(), (error) => this.#lack(error));
  }

  /** @returns {import("./link.js").Content} what a link holds, and what the browser keeps */
  get #content() {
    return { model: this.#model, text: this.field.text, seed: this.deeds.seed, settings: { ...settingsInSidebar() }, kept: this.#state.kept };
  }

  /** @param {Error} error */
  #lack(error) {
    this.#lacks = error.message;
    this.#say(error.message);
  }

  #say(sentence) {
    setText(this.notice, sentence);
  }

  #show() {
    const state = this.#state;
    const { read, blank, blanks, selected } = state;
    for (const part of [this.row, this.deeds, this.table]) part.element.hidden = read === null;
    this.#showBars();
    setText(this.unknown, read?.unknown ?? "");
    const isColoured = read !== null && this.deeds.shading !== "";
    this.note.classList.toggle("pg-fill-away", isColoured);
    this.deeds.sum.classList.toggle("pg-fill-away", !isColoured);
    if (!read) return setText(this.note, EMPTY);
    const fills = this.#task === "fill-mask";
    const bestOf = (place) => this.#rows.of(place)?.order[0];
    const cells = cellsOf(state, { textOf: this.textOf, bestOf, labels: this.#labelled?.tokens, logprobs: this.#scoring.scored?.logprobs_nats, shading: this.deeds.shading });
    this.row.show(read, cells, selected);
    this.table.show(cells);
    const ofBlank = { isFilled: state.putAt(blank) !== undefined, isReady: blank !== null && this.#rows.of(blank) !== undefined };
    this.deeds.show({ blank, number: blanks.indexOf(blank), blanks: blanks.length, ...ofBlank, scored: this.#scoring.scored, isScoring: this.#scoring.isUnderWay, own: ownTokens(read, this.textOf) });
    setText(this.note, fills ? ofBlanks(read, blanks.length) : OF_LABELS[this.#task]);
  }

  /** Shows the bars of the blank in view, or those of labels. */
  #showBars() {
    const state = this.#state;
    const { read, blank, blanks, selected } = state;
    const row = blank === null ? undefined : this.#rows.of(blank);
    if (row) this.blank.show({ key: this.#rows.keyOf(blank), number: blanks.indexOf(blank), blanks: blanks.length, row, draw: state.drawOf(blank) ?? 0, put: state.putAt(blank) });
    else if (blank === null) this.blank.show(null);
    this.blank.element.classList.toggle("pg-waiting", blank !== null && !row);
    const { labels, tokens } = this.#labelled ?? {};
    const bars = labels ?? (read && tokens?.[selected]) ?? null;
    const title = labels ? t("Labels of the text") : tokenTitle(state, this.textOf);
    const caption = labelCaption(bars, labels || !bars ? null : this.textOf(read.ids[selected]));
    this.labels.show(title, caption, bars, labelNumbers(tokens));
  }
}
