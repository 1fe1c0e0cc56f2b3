/**
 * The pane Tokens: a text as the tokeniser's pieces, how it got there, what a space at the end does, other languages,
 * another tokeniser, and the vocabulary. Its own field begins with the text that all panes look at.
 */

import { Caption } from "../../common/caption.js";
import { button, make, rest, setText } from "../../common/dom.js";
import { labelled } from "../../common/fields.js";
import { t } from "../../common/language.js";
import { readText } from "../../common/readable.js";
import { setTextWith, term } from "../../glossary/term.js";
import { captionOf } from "./caption.js";
import { Chips } from "./chips.js";
import { exportOf } from "./export.js";
import { Languages } from "./languages.js";
import { OtherTokeniser } from "./other.js";
import { fetchTokens, Newest } from "./reader.js";
import { SpaceWarning } from "./space.js";
import { State } from "./state.js";
import { StepsPicture } from "./steps_picture.js";
import { VocabularySearch } from "./vocabulary_search.js";
import { countsText } from "./words.js";

const LEAD = t(
  "Each box is one token of your text, with its token id and its bytes. The model reads only the ids. · stands for a space, and a word " +
    "mostly has its space at its beginning.",
);

export class TokensPane {
  hasTokens = true;
  #looking;
  #state = new State();
  #newest;
  #shared = null; // the shared text that the field began with

  /** @param {import("../looking.js").Looking} looking */
  constructor(looking) {
    this.#looking = looking;
    const ask = async (text) => (await fetchTokens([text]))[0];
    this.#newest = new Newest(ask, (text, answer) => this.#receive(text, answer), (sentence) => this.#refuse(sentence));
    this.area = Object.assign(make("textarea", "pg-tokens-area"), { rows: 2, spellcheck: false, autocomplete: "off" });
    this.area.addEventListener("input", () => this.#write(this.area.value));
    this.follow = button(t("Take the text above"), () => this.#begin());
    this.open = button(t("Show in all panes"), () => looking.open([this.#state.text]));
    this.counts = make("p", "pg-tokens-counts");
    this.counts.role = "status";
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.lead = make("p");
    setTextWith(this.lead, LEAD, [term("token id", t("token id")), term("·")]);
    this.chips = new Chips(this.#state, (index) => this.#choose(index), (index) => this.#hover(index));
    this.title = make("h4", "pg-tokens-title", t("The text as tokens"));
    this.picture = make("figure", "pg-tokens-picture");
    this.picture.append(make("div", "pg-picture-head", this.title, exportOf("text", t("Export the text"), this.picture, () => this.#rows())), this.chips.element);
    this.caption = new Caption();
    this.caption.describe(this.chips.list);
    this.steps = new StepsPicture(this.#state, () => this.steps.show());
    this.space = new SpaceWarning((id) => looking.vocabulary[id] ?? `#${id}`);
    this.languages = new Languages((text) => this.#take(text));
    this.other = new OtherTokeniser((id, name) => this.languages.compare(id, name));
    this.search = new VocabularySearch(() => looking.vocabulary);
    const bar = make("div", "pg-tokens-bar", this.follow, this.open, this.space.note);
    const field = make("div", "pg-tokens-field", labelled(t("Text to take apart"), this.area), bar);
    const parts = [this.steps, this.space, this.languages, this.other, this.search].map(({ element }) => element);
    this.element = make("div", "pg-tokens", field, this.notice, this.counts, this.lead, this.picture, this.caption.element, ...parts);
    this.#draw();
    new IntersectionObserver(([{ isIntersecting }]) => isIntersecting || this.steps.stop()).observe(this.element);
  }

  /** Draws what all panes look at now: another shared text comes into the field, another position chooses its token. */
  show() {
    const { text, query } = this.#looking;
    this.languages.show();
    const isOther = text?.traceId !== this.#shared;
    if (isOther && !this.#isOwn) this.#begin();
    else if (this.#isShared && this.#state.choose(query)) this.#draw();
    if (isOther) this.#shared = text?.traceId ?? null;
    this.#drawButtons();
  }

  /** The server answers again. */
  goOn() {
    this.languages.show();
    if (this.#state.error) this.#newest.ask(this.#state.text);
  }

  /** @returns {boolean} whether the tokens in view are those of the shared text */
  get #isShared() {
    const { text } = this.#looking;
    const ids = this.#state.answer?.tokens.map(({ id }) => id) ?? [];
    return text !== undefined && ids.length === text.size && ids.every((id, index) => id === text.ids[index]);
  }

  /** @returns {boolean} whether the reader writes a text of their own, or wrote one before there was a shared text */
  get #isOwn() {
    return document.activeElement === this.area || (this.#shared === null && this.#state.text !== "");
  }

  #begin() {
    const { text } = this.#looking;
    this.#shared = text?.traceId ?? null;
    if (text) this.#take(readText(text.tokens));
  }

  #take(text) {
    this.area.value = text;
    this.#write(text);
  }

  #write(text) {
    this.#state.write(text);
    this.#newest.ask(text);
  }

  #receive(text, answer) {
    const isFirst = this.#state.answer === null;
    this.#state.receive(text, answer);
    if (this.#isShared || isFirst) this.#state.choose(this.#looking.query);
    this.#draw();
    this.space.show(this.#state.endsInSpace ? text : null);
    this.other.show(text);
  }

  #refuse(sentence) {
    this.#state.refuse(sentence);
    this.#draw();
  }

  #choose(index) {
    this.#state.choose(index);
    this.#draw();
    if (this.#isShared) this.#looking.turn(index);
  }

  #hover(index) {
    this.#state.hover(index);
    this.chips.show();
  }

  #draw() {
    const { answer, error } = this.#state;
    setText(this.notice, error);
    setText(this.counts, answer ? countsText(answer.counts) : "");
    this.picture.hidden = !answer?.tokens.length;
    this.chips.show();
    this.caption.say(captionOf(this.#state));
    this.steps.show();
    this.#drawButtons();
  }

  #drawButtons() {
    rest(this.follow, !this.#looking.text || this.#isShared);
    rest(this.open, !this.#state.text || this.#isShared);
  }

  #rows() {
    const lines = this.#state.answer?.tokens ?? [];
    return [
      ["token_id", "token", "bytes", "start", "end", "special"],
      ...lines.map(({ id, shown, bytes, start, end, special }) => [id, shown, bytes, start, end, special]),
    ];
  }
}
