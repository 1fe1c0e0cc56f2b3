/** Lists the questions that were asked so far, each with the number of its answers and the most frequent one. */

import { make } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { writtenAnswer, writtenTenth } from "./words.js";

export class AskedList {
  #key = "";

  constructor() {
    this.list = make("ol", "pg-class-asked");
    this.element = make("details", "pg-details", make("summary", "", t("Questions so far")), this.list);
    this.element.hidden = true;
  }

  /** @param {import("./room.js").Desk | null} desk */
  show(desk) {
    const asked = desk?.asked ?? [];
    this.element.hidden = asked.length === 0;
    const key = JSON.stringify(asked);
    if (key === this.#key) return;
    this.#key = key;
    this.list.replaceChildren(...asked.map((question) => make("li", "", summaryOf(question))));
  }
}

/** @returns {string} "Which word comes next? 17 answers, most often “ stars”." */
function summaryOf({ text, kind, count, results }) {
  const answers = tn("{n} answer", "{n} answers", count);
  const best = results?.[0];
  if (!best) return t("{question} {answers}.", { question: text, answers });
  const often = kind === "bar" ? writtenTenth(best.answer) : writtenAnswer(kind, best.answer);
  return t("{question} {answers}, most often {often}.", { question: text, answers, often });
}
