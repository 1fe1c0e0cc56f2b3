/**
 * The pane Why: which words of the text made a token likely, by several methods beside each other, and below it where in the
 * model the difference between two texts is written. What the upper part shows is in `state.js`.
 */

import { agreement } from "./agreement.js";
import { captionOf } from "./caption.js";
import { MethodCard } from "./method_card.js";
import { METHODS, methodOf } from "./methods.js";
import { numberOf, partsOf } from "./parts.js";
import { PatchView } from "./patch_view.js";
import { attributionAsked, fetchAttribution, fetchCandidates } from "./reader.js";
import { ScoreBars } from "./score_bars.js";
import { aboutOf, NOTES, placeIn, SCALES, titleOf } from "./sentences.js";
import { AUTO_TOKENS, WhyState } from "./state.js";
import { TokenPick } from "./token_pick.js";
import { Caption } from "../../common/caption.js";
import { saveCsv } from "../../common/download.js";
import { make, setText } from "../../common/dom.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { labelled, select } from "../../common/fields.js";
import { t, tn } from "../../common/language.js";
import { isAlone } from "../../common/recorded.js";
import { tellShown } from "../../common/shown.js";
import { percent } from "../../common/words.js";
import { setTextWith, term } from "../../glossary/term.js";
import { chosenFacts } from "../../models/models.js";
import { isEncoder } from "../../models/serving.js";

const STEPS = ["20", "50", "100", "300"];
const UNITS = { log_probability: "nats", logit: "logits" };
const HOW = { delete: t("take it out of the text"), zero: t("put an empty vector in its place") };

export class WhyPane {
  #looking;
  /** @type {WhyState} */
  #state;
  #work = new AbortController(); // of the place in view
  /** @type {AbortController | null} */
  #running = null; // of the method that runs

  /**
   * @param {import("../looking.js").Looking} looking
   * @param {readonly string[]} [answered]  the questions that have an answer in a page without a server, as `attributionAsked` writes them
   */
  constructor(looking, answered = []) {
    this.#looking = looking;
    this.#state = new WhyState(answered);
    this.notes = NOTES;
    this.said = make("p", "pg-why-said");
    this.terms = [term("log-probability", t("log-probability")), term("logit", t("logit"))];
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    const vocabulary = () => this.#state.candidates?.labels ?? looking.vocabulary;
    this.target = new TokenPick(t("Explain"), vocabulary, (chosen) => this.#ask({ chosen }));
    this.against = new TokenPick(t("rather than"), vocabulary, (against) => this.#ask({ against }));
    this.parts = choice(t("Parts"), { words: t("words"), tokens: t("tokens") }, (parts) => this.#ask({ parts }), this.#state.parts);
    this.scale = choice(t("Score"), SCALES, (scale) => this.#ask({ scale }), this.#state.scale);
    this.cards = METHODS.map((method) => this.#card(method));
    this.boxes = METHODS.map((method) => this.#box(method));
    this.agreement = make("p", "pg-why-agreement");
    this.bars = new ScoreBars();
    this.caption = new Caption();
    this.caption.describe(this.bars.element);
    this.patching = new PatchView(looking);
    this.patching.element.hidden = isEncoder() || isAlone; // the one has no second text that goes on behind a position, the other no model
    this.#build();
    this.#draw();
  }

  #build() {
    const fields = make("div", "pg-why-bar-of-fields", this.target.element, this.against.element, this.parts, this.scale);
    const methods = make("fieldset", "pg-why-methods", make("legend", "", t("Methods")), ...this.boxes);
    const menu = new ExportMenu([
      ...pictureItems(this.bars.element, () => "why-bars"),
      { label: t("Numbers (CSV)"), run: () => saveCsv(this.#rows(), "why.csv") },
    ]);
    menu.button.ariaLabel = menu.list.ariaLabel = t("Export the bars");
    menu.element.dataset.picture = "skip";
    this.bars.head.append(menu.element);
    const legend = make("p", "pg-why-legend", key(0, t("made it less likely")), key(3, t("changed nothing")), key(6, t("made it more likely")));
    this.drawn = make("div", "pg-why-cards", ...this.cards.map(({ element }) => element));
    this.body = make("div", "pg-why-body", fields, methods, this.said, this.notice, legend, this.drawn, this.caption.element, this.agreement, this.bars.element, this.bars.table.element);
    this.element = make("div", "pg-why", this.body, this.patching.element);
  }

  /** Draws what `looking` holds, and asks for what is missing. */
  show() {
    const { text, query } = this.#looking;
    if (!this.patching.element.hidden) this.patching.show();
    if (!text) this.#state.leave();
    else if (!this.#state.turn(text.traceId, query, text.isOfEncoder ? text.size : query + 1 + text.sourceIds.length) && this.#nextIsKnown(text, query)) return this.#draw();
    this.#begin();
  }

  /** The server answers again: what could not be had is asked for once more. */
  goOn() {
    if (this.#state.place && !this.#state.candidates) this.#begin();
  }

  /** @returns {boolean} whether the token after the position is the one that is known: a text may still grow */
  #nextIsKnown(text, query) {
    const { candidates } = this.#state;
    return text.isOfEncoder || candidates === null || (candidates.next?.token_id ?? null) === (text.ids[query + 1] ?? null);
  }

  async #begin() {
    this.#work.abort();
    const work = new AbortController();
    this.#work = work;
    this.#state.interrupt();
    const { place } = this.#state;
    this.#draw();
    if (!place) return;
    try {
      const candidates = await fetchCandidates(place.traceId, place.position, work.signal);
      if (work.signal.aborted) return;
      this.#state.know(candidates);
      this.#draw();
      await this.#goThrough(work);
    } catch (error) {
      if (work.signal.aborted) return;
      this.#state.error = error.message;
      this.#draw();
    }
  }

  #ask(change) {
    this.#state.ask(change);
    this.#again();
  }

  /** Another question about the same place: what runs is stopped, and the methods begin anew. */
  #again() {
    if (!this.#state.candidates) return this.#begin();
    this.#work.abort();
    this.#work = new AbortController();
    this.#state.interrupt();
    this.#draw();
    this.#goThrough(this.#work);
  }

  /** Asks the methods that wait, one after the other. @param {AbortController} work */
  async #goThrough(work) {
    for (let id = this.#next(); id && !work.signal.aborted; id = this.#next()) await this.#run(id, work);
  }

  #next() {
    return this.#state.question ? this.#state.waiting[0] : undefined;
  }

  /** @param {import("./methods.js").MethodId} id @param {AbortController} work */
  async #run(id, work) {
    const [state, question] = [this.#state, this.#state.question];
    const running = new AbortController();
    this.#running = running;
    const signal = AbortSignal.any([work.signal, running.signal]);
    state.begin(id);
    this.#draw();
    try {
      const answer = await fetchAttribution(question, id, signal, (done, of) => {
        if (signal.aborted) return;
        state.tell(id, done, of);
        this.#drawCard(id);
      });
      if (work.signal.aborted) return;
      state.settle(id, answer);
    } catch (error) {
      if (work.signal.aborted) return;
      if (running.signal.aborted) state.stop(id);
      else state.fail(id, error.message);
    }
    this.#draw();
    if (this.#state.run(id).state === "done" && !this.#next()) this.#looking.say(`${this.said.textContent} ${this.agreement.textContent}`);
  }

  #card(method) {
    /** @type {Record<string, () => HTMLElement[]>} */
    const options = {
      leave_one_out: () => [choice(t("Without the part:"), HOW, (how) => this.#turn(() => this.#state.turnHow(how)), this.#state.how)],
      integrated_gradients: () => [this.#stepsChoice()],
    };
    return new MethodCard(method, options[method.id]?.() ?? [], () => this.#running?.abort(), () => this.#run(method.id, this.#work));
  }

  #stepsChoice() {
    const names = Object.fromEntries(STEPS.map((steps) => [steps, tn("{n} point", "{n} points", Number(steps))]));
    return choice(t("On the way:"), names, (steps) => this.#turn(() => this.#state.turnSteps(Number(steps))), String(this.#state.steps));
  }

  #box(method) {
    const box = make("input");
    box.type = "checkbox";
    box.checked = this.#state.shown.has(method.id);
    box.addEventListener("change", () => this.#turn(() => this.#state.toggle(method.id, box.checked)));
    return make("label", "pg-why-box", box, method.shown);
  }

  /** Changes what one method is asked; the others' answers stay. */
  #turn(change) {
    change();
    this.#again();
  }

  /** @returns {import("./parts.js").Part[]} the parts of the texts that all answers are about */
  get #parts() {
    const [first] = this.#state.answers;
    return first && this.#looking.text ? partsOf(first.answer, this.#looking.text) : [];
  }

  get #unit() {
    return UNITS[this.#state.scale];
  }

  #draw() {
    const { place, candidates, answers, error, target, question } = this.#state;
    tellShown("inside/why", place && { ...place, asked: answers.map(({ id }) => attributionAsked(question, id)) });
    this.body.hidden = !place;
    setText(this.notice, error);
    if (!place) return;
    this.#drawChoices(candidates);
    setTextWith(this.said, target === null ? "" : this.#sentence(), this.terms);
    for (const { method } of this.cards) this.#drawCard(method.id);
    const parts = this.#parts;
    this.bars.element.hidden = this.bars.table.element.hidden = !answers.length;
    if (answers.length) this.bars.show(titleOf(this.#explained), parts, answers, this.#unit);
    const names = parts.map(({ name }) => name);
    this.caption.say(answers.length ? captionOf({ ...this.#explained, id: answers[0].id, scores: answers[0].answer.scores, parts: names }) : "");
    const told = answers.map(({ id, answer }) => ({ name: methodOf(id).shown, scores: answer.scores }));
    setText(this.agreement, told.length > 1 && parts.length > 1 ? agreement(told, names) : "");
  }

  #drawCard(id) {
    const card = this.cards.find(({ method }) => method.id === id);
    card.element.hidden = !this.#state.shown.has(id);
    const isLong = this.#state.place.tokens > AUTO_TOKENS && id !== "gradient_x_input";
    card.show(this.#state.run(id), this.#parts, this.#unit, isLong);
  }

  #drawChoices(candidates) {
    const token = ({ token_id: value, probability }) => ({ value, words: t("“{token}” {share}", { token: this.#nameOf(value), share: percent(probability) }) });
    const { next = null, top = [], labels = null } = candidates ?? {};
    const usual = next ?? top[0];
    const words = usualWords(usual && token(usual).words, next !== null, labels !== null, Boolean(this.#looking.text?.isOfEncoder));
    const isWhole = labels !== null && labels.length <= top.length;
    const others = top.map(token).filter(({ value }) => value !== usual?.token_id);
    this.target.show([{ value: null, words }, ...others], this.#state.chosen, isWhole);
    const rivals = top.map(token).filter(({ value }) => value !== this.#state.target);
    this.against.show([{ value: null, words: t("nothing else") }, ...rivals], this.#state.against, isWhole);
  }

  /** @returns {import("./sentences.js").Explained} what is explained */
  get #explained() {
    const { target, against, scale } = this.#state;
    return { token: this.#nameOf(target), against: against === null || against === target ? null : this.#nameOf(against), scale };
  }

  #sentence() {
    const { text, query } = this.#looking;
    return aboutOf(this.#explained, placeIn(text, query, chosenFacts()?.task), text.sourceIds.length > 0);
  }

  /** @param {number} number @returns {string} the text of a token, or a label */
  #nameOf(number) {
    return this.#state.candidates?.labels?.[number] ?? this.#looking.textOf(number);
  }

  #rows() {
    const { answers } = this.#state;
    const head = ["part", "text", ...answers.map(({ id }) => `${methodOf(id).name} (${this.#unit})`)];
    return [head, ...this.#parts.map((part, place) => [numberOf(part), part.name, ...answers.map(({ answer }) => answer.scores[place])])];
  }
}

/**
 * @param {string | undefined} usual  the token that is explained without a choice, with its probability; none until it is known
 * @returns {string} what the list says of it
 */
function usualWords(usual, isNext, isLabel, isOfEncoder) {
  if (!usual) return isOfEncoder ? t("the text’s own token") : t("the next token");
  if (isNext) return isOfEncoder ? t("the text’s own token, {token}", { token: usual }) : t("the next token, {token}", { token: usual });
  return isLabel ? t("the most probable label, {token}", { token: usual }) : t("the most probable token, {token}", { token: usual });
}

/** @param {string} label @param {Record<string, string>} names  what the options say, by value @param {(value: any) => void} onChange @param {string} value */
function choice(label, names, onChange, value) {
  const list = select(label, Object.keys(names), { wordsOf: (name) => names[name], onChange });
  list.value = value;
  return labelled(label, list);
}

function key(differ, words) {
  const patch = make("span", "pg-why-key");
  patch.dataset.differ = String(differ);
  return make("span", "", patch, ` ${words}`);
}
