/**
 * A question of a lesson on the page of a pupil or on the projector: whoever leads the class asks it, and it is answered in
 * the row of the class. What the lesson says of the answer comes with the reveal.
 */

import { questionOf, tellOutcome } from "../common/class_asks.js";
import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { RichText } from "./html.js";

export class ClassPart {
  #question;
  #lesson;
  #live;
  /** @type {RichText | null} */
  #says = null;
  /** Of the reveal. @type {import("./tree.js").Tree | null} */
  #value = null;

  /**
   * @param {import("./state.js").PredictPart} part
   * @param {import("../common/class_asks.js").OfLesson} lesson  the page that asks
   * @param {import("./live.js").Live} live
   */
  constructor(part, lesson, live) {
    this.#lesson = lesson;
    this.#live = live;
    this.#question = new RichText(make("div", "pg-lesson-question"), part.question);
    this.note = make("p", "pg-muted");
    this.answer = make("div", "pg-lesson-reveal");
    this.element = make("section", "pg-lesson-predict pg-lesson-of-class", this.#question.element, this.note, this.answer);
    this.element.ariaLabel = t("Predict");
    this.hearClass();
  }

  /** The class is asked this question, or its answers are revealed. */
  hearClass() {
    const question = questionOf(this.#lesson);
    const reveal = question?.reveal ?? null;
    if (question && !this.#says) this.#live.keepBefore(); // the reveal comes before what it changes
    setText(this.note, question && !reveal ? t("Answer it in the row of the class.") : t("In a class the teacher asks this question."));
    this.note.hidden = this.#says !== null || reveal !== null;
    if (!reveal || this.#says) return;
    this.#says = new RichText(make("div"), reveal.says);
    this.answer.replaceChildren(this.#says.element);
    this.#value = reveal.value;
    this.show();
  }

  show() {
    this.#question.show(this.#live);
    this.#says?.show(this.#live);
    if (this.#says && this.#live.isThere && this.#value !== null) tellOutcome(this.#lesson, this.#live.valueOf(this.#value));
  }
}
