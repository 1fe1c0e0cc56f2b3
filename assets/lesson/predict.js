/**
 * Predict, then reveal: the learner commits to a guess first. Only then is what happens shown, with the guess laid over it.
 * Draws; the panel does what a commitment changes.
 *
 * @typedef {object} Hooks
 * @property {(reveal: import("./state.js").RevealPart) => Promise<boolean>} reveal  shows what it changes; returns whether it is there
 * @property {() => Promise<boolean>} again  brings the page's own state back
 * @property {boolean} canHide  whether the page shows Decode, whose bars and text can be hidden
 * @property {(isHidden: boolean) => void} hide  hides the bars and the text, or shows them
 * @property {(guess: import("./record.js").Guess) => void} commit  keeps the guess
 * @property {import("../common/class_asks.js").OfLesson} lesson  the page that asks
 */

import { askingHere, questionOf, tellOutcome } from "../common/class_asks.js";
import { button, make, rest, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { FORMS } from "./guess_forms.js";
import { RichText } from "./html.js";
import { ofChoice, ofShare, ofToken, recalled } from "./outcome.js";

const HIDDEN = t("The bars and the text from here on are hidden until you commit.");
const CHOOSE = t("Choose an answer first.");
const ASKED = t("The class is asked. Reveal the answers in the row of the class.");

export class Predict {
  #part;
  #reveal;
  #hooks;
  #live;
  #form;
  #question;
  /** @type {RichText | null} */
  #says = null;
  #isBusy = false;
  #isAsked = false; // whether the class is asked, and has not seen the answers yet

  /**
   * @param {import("./state.js").PredictPart} part
   * @param {import("./state.js").RevealPart} reveal  what follows it
   * @param {import("./live.js").Live} live
   * @param {import("./record.js").Guess | undefined} former  the guess of an earlier visit
   * @param {Hooks} hooks
   */
  constructor(part, reveal, live, former, hooks) {
    this.#part = part;
    this.#reveal = reveal;
    this.#live = live;
    this.#hooks = hooks;
    const question = make("div", "pg-lesson-question");
    this.#question = new RichText(question, part.question);
    this.former = make("p", "pg-muted", former ? recalled(former) : "");
    this.former.hidden = !former;
    this.hidden = make("p", "pg-muted", HIDDEN);
    this.place = make("div", "pg-guess");
    this.commit = button(t("Commit"), () => this.#commit(), "pg-button pg-primary");
    this.ask = button(t("Ask the class"), () => this.#askClass());
    this.asked = make("p", "pg-muted", ASKED);
    this.result = make("p", "pg-guess-result");
    this.result.role = "status";
    this.again = button(t("Try again"), () => this.#again());
    this.answer = make("div", "pg-lesson-reveal");
    this.element = make("section", "pg-lesson-predict", question, this.former, this.place, this.hidden, this.commit, this.ask, this.asked, this.result, this.answer, this.again);
    this.element.ariaLabel = t("Predict");
    this.#begin();
    this.hearClass();
  }

  /** Whether the picture would answer the question. Only that of Decode can be hidden. */
  get #isSecret() {
    return this.#part.ask !== "choice" && this.#hooks.canHide;
  }

  /** Whether the bars are hidden now. */
  get isHiding() {
    return this.#isSecret && this.#says === null;
  }

  show() {
    this.#question.show(this.#live);
    this.#says?.show(this.#live);
    if (this.#says) this.#tellOutcome();
    if (this.#live.isThere) this.#form.offer?.();
  }

  #begin() {
    this.#form = FORMS[this.#part.ask](this.#part, () => this.#showCommit());
    this.place.replaceChildren(this.#form.element);
    this.place.hidden = false;
    this.#says = null;
    this.answer.replaceChildren();
    this.answer.hidden = this.again.hidden = true;
    setText(this.result, "");
    this.#showCommit();
    this.#showClass();
  }

  /** While the class is asked nobody guesses here. */
  #showClass() {
    const isOpen = this.#says === null;
    this.asked.hidden = !this.#isAsked || !isOpen;
    this.commit.hidden = this.#isAsked || !isOpen;
    this.ask.hidden = this.#isAsked || !isOpen || askingHere() === null;
    if (isOpen) this.place.hidden = this.#isAsked;
    this.hidden.hidden = !this.#isSecret || !isOpen || this.#isAsked;
  }

  /** The class is asked this question, or its answers are revealed: then the page shows what the reveal changes. */
  async hearClass() {
    const question = questionOf(this.#hooks.lesson);
    const isDue = this.#isAsked && question?.revealed === true;
    this.#isAsked = question !== null && !question.revealed;
    this.#showClass();
    if (!isDue || !(await this.#hooks.reveal(this.#reveal))) return;
    this.place.hidden = true;
    this.#drawAnswer();
  }

  async #askClass() {
    const { ask, choices, token } = this.#part;
    const own = { ...(choices && { choices }), ...(token && { token }) };
    const text = Array.from(this.#question.element.children, (block) => block.textContent.trim()).join("\n");
    try {
      await askingHere()({ kind: ask, text, hides: this.#isSecret, lesson: this.#hooks.lesson, ...own });
    } catch (error) {
      setText(this.result, error.message);
    }
  }

  /** The class sees the value of the lesson beside its own answers. */
  #tellOutcome() {
    const { value } = this.#reveal;
    if (value !== null && this.#live.isThere) tellOutcome(this.#hooks.lesson, this.#live.valueOf(value));
  }

  #showCommit() {
    const isResting = this.#form.guess === null || this.#isBusy;
    rest(this.commit, isResting);
    this.commit.title = this.#form.guess === null ? CHOOSE : "";
  }

  async #commit() {
    const { guess } = this.#form;
    this.#isBusy = true;
    this.#showCommit();
    this.place.inert = true;
    const isThere = await this.#hooks.reveal(this.#reveal);
    this.#isBusy = false;
    this.place.inert = false;
    if (!isThere) return this.#showCommit();
    const { says, mark, ...told } = this.#outcomeOf(guess);
    this.#hooks.commit({ ...told, when: Date.now() });
    this.#draw(says, mark, guess);
  }

  /** @returns {import("./outcome.js").Outcome} */
  #outcomeOf(guess) {
    const { value, answer } = this.#reveal;
    if (this.#part.ask === "choice") return ofChoice(guess, answer);
    const actual = this.#live.valueOf(value);
    if (this.#part.ask === "bar") return ofShare(guess, actual);
    const shareOf = (token) => /** @type {number | null} */ (this.#live.valueOf({ call: "probability", of: [token] }));
    return ofToken(guess, actual, shareOf);
  }

  #draw(says, mark, guess) {
    if (this.#part.ask === "bar") this.place.replaceChildren(this.#barsOf(guess));
    else this.place.hidden = true; // the result names the guess
    setText(this.result, mark ? `${mark} ${says}` : says);
    this.#drawAnswer();
    this.again.focus();
  }

  /** Shows what the lesson says of the answer. */
  #drawAnswer() {
    this.former.hidden = true;
    this.#hooks.hide(false);
    const text = make("div");
    this.#says = new RichText(text, this.#reveal.says);
    this.answer.replaceChildren(text);
    this.answer.hidden = this.again.hidden = false;
    this.#says.show(this.#live);
    this.#showClass();
    this.#tellOutcome();
  }

  /** @returns {HTMLElement} the bar as it is, and over it the outline of the guess */
  #barsOf(guess) {
    const actual = Number(this.#live.valueOf(this.#reveal.value) ?? 0);
    const [fill, outline] = [make("span", "pg-guess-fill"), make("span", "pg-guess-outline")];
    fill.style.width = `${100 * actual}%`;
    outline.style.width = `${100 * guess}%`;
    const bar = make("div", "pg-guess-bar pg-guess-over", fill, outline);
    const key = make("p", "pg-guess-key pg-muted", make("span", "pg-guess-key-you", t("you")), make("span", "pg-guess-key-model", t("model")));
    return make("div", "pg-guess-drag", bar, key);
  }

  async #again() {
    this.#begin();
    if (this.#isSecret) this.#hooks.hide(true);
    /** @type {HTMLElement | null} */
    const first = this.place.querySelector("input, [tabindex]");
    first?.focus();
    await this.#hooks.again();
  }
}
