/** Shows the teacher the open question: how many have answered, who said what, and the buttons that reveal and close it. */

import { button, make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { nameOf } from "../common/authors.js";
import { Result } from "./result.js";
import { Tried } from "./tried.js";
import { howManyAnswered, writtenAnswer } from "./words.js";

const HIDDEN_ELSEWHERE = t("The bars and the text from here on are hidden on all screens but yours.");
const HIDDEN = t("The bars and the text from here on are hidden until you reveal the answers.");

export class OpenQuestion {
  #room;
  #tried = new Tried();
  #key = ""; // of the answers in the table

  /** @param {import("./room.js").Room} room */
  constructor(room) {
    this.#room = room;
    this.text = make("h2", "pg-class-question");
    this.reveal = button(t("Reveal"), () => this.#tried.run(() => room.post("question/reveal")), "pg-button pg-primary");
    this.close = button(t("Close the question"), () => this.#tried.run(() => room.post("question/close")));
    this.count = make("p", "pg-class-count");
    this.hidden = make("p", "pg-muted");
    this.result = new Result(room, () => this.show());
    this.body = make("tbody");
    const heads = [t("Pupil"), t("Answer")].map((name) => Object.assign(make("th", "", name), { scope: "col" }));
    const table = make("table", "pg-table pg-class-answers", make("thead", "", make("tr", "", ...heads)), this.body);
    table.role = "table";
    table.ariaLabel = t("Answers by pupil");
    const given = make("div", "pg-class-given", table);
    given.tabIndex = 0; // so that the keys can scroll it
    given.role = "group";
    given.ariaLabel = t("Answers by pupil");
    this.answers = make("details", "pg-details", make("summary", "", t("Answers by pupil")), given);
    const row = make("div", "pg-class-line", this.reveal, this.close, this.count);
    this.element = make("section", "pg-class-ask", this.text, row, this.hidden, this.result.element, this.answers, this.#tried.element);
    this.element.ariaLabel = t("Question to the class");
    this.element.hidden = true;
  }

  show() {
    const { question } = this.#room.together;
    const { here } = this.#room.state;
    this.element.hidden = question === null;
    if (!question) return;
    setText(this.text, question.text);
    setText(this.count, howManyAnswered(question.count, here));
    if (question.revealed && document.activeElement === this.reveal) this.close.focus();
    this.reveal.hidden = question.revealed;
    setText(this.hidden, question.lesson ? HIDDEN : HIDDEN_ELSEWHERE);
    this.hidden.hidden = !question.hides || question.revealed;
    this.result.show(question, question.results);
    this.#showAnswers(question);
  }

  #showAnswers({ kind }) {
    const { pupils = [], answers = {} } = this.#room.desk ?? {};
    const key = JSON.stringify([pupils.map(({ number, name }) => [number, name]), answers]);
    if (key === this.#key) return;
    this.#key = key;
    const given = pupils.filter(({ number }) => number in answers);
    const rows = given.map((pupil) => {
      const head = Object.assign(make("th", "", nameOf(pupil)), { scope: "row" });
      return make("tr", "", head, make("td", "", writtenAnswer(kind, answers[pupil.number])));
    });
    this.body.replaceChildren(...rows);
  }
}
