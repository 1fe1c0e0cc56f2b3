/**
 * The pane Why: which words of the text made a token likely, by several methods beside each other, and below it where in the
 * model the difference between two texts is written. What the upper part shows is in `state.js`.
 */

import { agreement } from "./agreement.js";
import { MethodCard } from "./method_card.js";
import { METHODS, methodOf } from "./methods.js";
import { numberOf, partsOf } from "./parts.js";
import { PatchView } from "./patch_view.js";
import { fetchAttribution, fetchCandidates } from "./reader.js";
import { ScoreBars } from "./score_bars.js";
import { AUTO_TOKENS, WhyState } from "./state.js";
import { TokenPick } from "./token_pick.js";
import { saveCsv } from "../../common/download.js";
import { make, setText } from "../../common/dom.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { labelled, select } from "../../common/fields.js";
import { percent } from "../../common/words.js";
import { setTextWith, term } from "../../glossary/term.js";
import { chosenFacts } from "../../models/models.js";
import { isEncoder } from "../../models/serving.js";

const STEPS = ["20", "50", "100", "300"];
const UNITS = { log_probability: "nats", logit: "logits" };
const SCALES = { log_probability: "log-probability", logit: "logit" };
const HOW = { delete: "take it out of the text", zero: "put an empty vector in its place" };
/** @type {Record<string, string>} */
const NOTES = {
  "The token before": "The chosen token is the second “the”. Which words made “book” likely after it?",
  "Who has the book?": "Which words does the model need to end the sentence after “book”? Compare the two methods.",
  "Which word comes from which?": "The chosen token is “machine”. Which French words made “learning” likely after it?",
  "What fills the blank?": "The chosen token is the blank. Which word makes “Paris” likely there? Compare the methods, integrated gradients too.",
  "The token after": "The chosen token is the second “the”. The model reads a mask in its place, so that words behind it count as well.",
  "What turns the label?": "Which word makes the label negative? Explain the other label too, or this one rather than the other.",
  "Two opinions": "The two halves speak for different labels. Which words win?",
  "Two ends of a blank": "The chosen token is the blank. Which words behind it say who taught?",
  "His or her?": "The chosen token is “loves”. Which words made “his” likely after it, rather than “her”?",
};

export class WhyPane {
  #looking;
  #state = new WhyState();
  #work = new AbortController(); // of the place in view
  /** @type {AbortController | null} */
  #running = null; // of the method that runs

  /** @param {import("../looking.js").Looking} looking */
  constructor(looking) {
    this.#looking = looking;
    this.notes = NOTES;
    this.said = make("p", "pg-why-said");
    this.terms = [term("log-probability"), term("logit")];
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    const vocabulary = () => this.#state.candidates?.labels ?? looking.vocabulary;
    this.target = new TokenPick("Explain", vocabulary, (chosen) => this.#ask({ chosen }));
    this.against = new TokenPick("rather than", vocabulary, (against) => this.#ask({ against }));
    this.parts = choice("Parts", { words: "words", tokens: "tokens" }, (parts) => this.#ask({ parts }));
    this.scale = choice("Score", SCALES, (scale) => this.#ask({ scale }));
    this.cards = METHODS.map((method) => this.#card(method));
    this.boxes = METHODS.map((method) => this.#box(method));
    this.agreement = make("p", "pg-why-agreement");
    this.bars = new ScoreBars();
    this.patching = new PatchView(looking);
    this.patching.element.hidden = isEncoder(); // it has no second text that goes on behind a position
    this.#build();
    this.#draw();
  }

  #build() {
    const fields = make("div", "pg-why-bar-of-fields", this.target.element, this.against.element, this.parts, this.scale);
    const methods = make("fieldset", "pg-why-methods", make("legend", "", "Methods"), ...this.boxes);
    const menu = new ExportMenu([
      ...pictureItems(this.bars.element, () => "why-bars"),
      { label: "Numbers (CSV)", run: () => saveCsv(this.#rows(), "why.csv") },
    ]);
    menu.button.ariaLabel = menu.list.ariaLabel = "Export the bars";
    menu.element.dataset.picture = "skip";
    this.bars.head.append(menu.element);
    const legend = make("p", "pg-why-legend", key(0, "made it less likely"), key(3, "changed nothing"), key(6, "made it more likely"));
    this.drawn = make("div", "pg-why-cards", ...this.cards.map(({ element }) => element));
    this.body = make("div", "pg-why-body", fields, methods, this.said, this.notice, legend, this.drawn, this.agreement, this.bars.element, this.bars.table.element);
    this.element = make("div", "pg-why", this.body, this.patching.element);
  }

  /** Draws what `looking` holds, and asks for what is missing. */
  show() {
    const { text, query } = this.#looking;
    if (!isEncoder()) this.patching.show();
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
      leave_one_out: () => [choice("Without the part:", HOW, (how) => this.#turn(() => this.#state.turnHow(how)))],
      integrated_gradients: () => [this.#stepsChoice()],
    };
    return new MethodCard(method, options[method.id]?.() ?? [], () => this.#running?.abort(), () => this.#run(method.id, this.#work));
  }

  #stepsChoice() {
    const names = Object.fromEntries(STEPS.map((steps) => [steps, `${steps} points`]));
    const field = choice("On the way:", names, (steps) => this.#turn(() => this.#state.turnSteps(Number(steps))));
    field.querySelector("select").value = String(this.#state.steps);
    return field;
  }

  #box(method) {
    const box = make("input");
    box.type = "checkbox";
    box.checked = this.#state.shown.has(method.id);
    box.addEventListener("change", () => this.#turn(() => this.#state.toggle(method.id, box.checked)));
    return make("label", "pg-why-box", box, method.name);
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
    const { place, candidates, answers, error, target } = this.#state;
    this.body.hidden = !place;
    setText(this.notice, error);
    if (!place) return;
    this.#drawChoices(candidates);
    setTextWith(this.said, target === null ? "" : this.#sentence(), this.terms);
    for (const { method } of this.cards) this.#drawCard(method.id);
    const parts = this.#parts;
    this.bars.element.hidden = this.bars.table.element.hidden = !answers.length;
    if (answers.length) this.bars.show(`What each part added to ${this.#score()}, in ${this.#unit}`, parts, answers, this.#unit);
    const told = answers.map(({ id, answer }) => ({ name: methodOf(id).name, scores: answer.scores }));
    setText(this.agreement, told.length > 1 && parts.length > 1 ? agreement(told, parts.map(({ name }) => name)) : "");
  }

  #drawCard(id) {
    const card = this.cards.find(({ method }) => method.id === id);
    card.element.hidden = !this.#state.shown.has(id);
    const isLong = this.#state.place.tokens > AUTO_TOKENS && id !== "gradient_x_input";
    card.show(this.#state.run(id), this.#parts, this.#unit, isLong);
  }

  #drawChoices(candidates) {
    const token = ({ token_id: value, probability }) => ({ value, words: `“${this.#nameOf(value)}” ${percent(probability)}` });
    const { next = null, top = [], labels = null } = candidates ?? {};
    const usual = next ?? top[0];
    const known = this.#looking.text?.isOfEncoder ? "the text’s own token" : "the next token";
    const words = usual ? `${next ? known : `the most probable ${labels ? "label" : "token"}`}, ${token(usual).words}` : known;
    const isWhole = labels !== null && labels.length <= top.length;
    const others = top.map(token).filter(({ value }) => value !== usual?.token_id);
    this.target.show([{ value: null, words }, ...others], this.#state.chosen, isWhole);
    const rivals = top.map(token).filter(({ value }) => value !== this.#state.target);
    this.against.show([{ value: null, words: "nothing else" }, ...rivals], this.#state.against, isWhole);
  }

  /** @returns {string} what is explained: "the log-probability of “·book”" */
  #score() {
    const { target, against, scale } = this.#state;
    const name = `“${this.#nameOf(target)}”`;
    if (against !== null && against !== target) return `the ${SCALES[scale]} of ${name} rather than “${this.#nameOf(against)}”`;
    return `the ${SCALES[scale]} of ${name}`;
  }

  #sentence() {
    const { text, query } = this.#looking;
    const token = `“${text.tokens[query]}” (${query + 1})`;
    const after = !text.isOfEncoder ? `after ${token}` : this.#placeOf(token, text.masks.includes(query));
    const where = text.sourceIds.length ? "coloured texts: which parts of the source, and of what is written so far," : "coloured text: which parts of it";
    return `Look at the ${where} raised ${this.#score()} ${after}? Orange parts raised it, blue parts lowered it. Strong colours did most.`;
  }

  /** @param {number} number @returns {string} the text of a token, or a label */
  #nameOf(number) {
    return this.#state.candidates?.labels?.[number] ?? this.#looking.textOf(number);
  }

  /** @param {string} token @param {boolean} isBlank @returns {string} what of a text for an encoder-only model the score is about */
  #placeOf(token, isBlank) {
    const { task } = chosenFacts();
    if (task === "text-classification") return "for the whole text";
    return task === "token-classification" ? `for ${token}` : `in the place of ${token}${isBlank ? "" : ", which the model reads as its mask"}`;
  }

  #rows() {
    const { answers } = this.#state;
    const head = ["part", "text", ...answers.map(({ id }) => `${methodOf(id).name} (${this.#unit})`)];
    return [head, ...this.#parts.map((part, place) => [numberOf(part), part.name, ...answers.map(({ answer }) => answer.scores[place])])];
  }
}

/** @param {string} label @param {Record<string, string>} names  what the options say, by value @param {(value: any) => void} onChange */
function choice(label, names, onChange) {
  return labelled(label, select(label, Object.keys(names), { wordsOf: (name) => names[name], onChange }));
}

function key(differ, words) {
  const patch = make("span", "pg-why-key");
  patch.dataset.differ = String(differ);
  return make("span", "", patch, ` ${words}`);
}
