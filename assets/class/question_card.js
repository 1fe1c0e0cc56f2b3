/**
 * Shows the open question to a pupil, with the form of the answer, and to the class on the projector. Before the reveal it
 * shows how many have answered and nobody's answer.
 */

import { button, make, rest, setText } from "../common/dom.js";
import { hideForGuess } from "../common/guessing.js";
import { t } from "../common/language.js";
import { shownOnDecode } from "../common/shown.js";
import { FORMS } from "../lesson/guess_forms.js";
import { bringInSight } from "./in_sight.js";
import { isAt } from "./model_side.js";
import { Result } from "./result.js";
import { Tried } from "./tried.js";
import { howManyAnswered, writtenAnswer } from "./words.js";

export class QuestionCard {
  #room;
  /** @type {import("./room.js").Question | null} */
  #question = null;
  /** @type {import("../lesson/guess_forms.js").Form | null} */
  #form = null;
  /** What was sent. @type {string | number | null} */
  #sent = null;
  #isBusy = false;
  #tried = new Tried();

  /** @param {import("./room.js").Room} room */
  constructor(room) {
    this.#room = room;
    this.text = make("h2", "pg-class-question");
    this.place = make("div", "pg-class-form");
    this.send = button(t("Send"), () => this.#send(), "pg-button pg-primary");
    this.said = make("p", "pg-class-said");
    this.said.role = "status";
    this.count = make("p", "pg-class-count");
    this.hidden = make("p", "pg-muted", t("The bars and the text from here on are hidden until the answers are revealed."));
    this.result = new Result(room, () => this.show());
    const row = make("div", "pg-class-line", this.send, this.count);
    this.element = make("section", "pg-class-ask", this.text, this.place, row, this.hidden, this.said, this.#tried.element, this.result.element);
    this.element.ariaLabel = t("Question to the class");
    this.element.hidden = true;
  }

  get #isPupil() {
    return this.#room.role === "pupil";
  }

  show() {
    const { question } = this.#room.together;
    const { here } = this.#room.state;
    const isHiding = question?.hides === true && !question.revealed;
    hideForGuess("question", isHiding);
    this.hidden.hidden = !isHiding;
    this.element.hidden = question === null;
    if (question?.id !== this.#question?.id) this.#begin(question);
    this.#question = question;
    if (!question) return;
    setText(this.count, howManyAnswered(question.count, here));
    this.place.hidden = this.send.hidden = !this.#isPupil || question.revealed;
    if (isAt(question.place, shownOnDecode())) this.#form?.offer?.();
    this.#showSend();
    if (question.revealed) setText(this.said, this.#sent === null ? "" : t("Your answer: {answer}", { answer: writtenAnswer(question.kind, this.#sent) }));
    this.element.classList.toggle("pg-class-revealed", question.revealed);
    this.result.show(question, question.results);
  }

  #begin(question) {
    this.#sent = null;
    this.#form = null;
    setText(this.said, "");
    this.place.replaceChildren();
    if (!question) return;
    if (this.#room.isFollowing) bringInSight(this.element);
    setText(this.text, question.text);
    if (!this.#isPupil) return;
    this.#form = FORMS[question.kind](question, () => this.#showSend());
    this.place.append(this.#form.element);
  }

  #showSend() {
    const guess = this.#form?.guess ?? null;
    rest(this.send, this.#isBusy || guess === null || guess === this.#sent);
    setText(this.send, this.#sent === null ? t("Send") : t("Change my answer"));
  }

  async #send() {
    const { id } = this.#question;
    const answer = this.#form.guess;
    this.#isBusy = true;
    this.#showSend();
    const isDone = await this.#tried.run(() => this.#room.post("answer", { question: id, answer }));
    this.#isBusy = false;
    if (id !== this.#question?.id) return; // another question is open by now
    if (isDone) this.#sent = answer;
    if (isDone) setText(this.said, t("Your answer is sent. You can change it until it is revealed."));
    this.#showSend();
  }
}
