/** What a pupil does with the class, and what the projector shows of it: the question, the draw, and the text of the class. */

import { tellQuestion } from "../common/class_asks.js";
import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { DrawCard } from "./draw_card.js";
import { keepShown } from "./keep_shown.js";
import { QuestionCard } from "./question_card.js";
import { TextCard } from "./text_card.js";

/** @param {import("./room.js").Room} room @param {HTMLElement} work */
export function mountAnswering(room, work) {
  const drawn = new DrawCard(room);
  const cards = [new QuestionCard(room), drawn, new TextCard(room)];
  const news = make("p", "pg-unseen");
  news.role = "status";
  work.append(news, ...cards.map(({ element }) => element));
  const show = () => {
    for (const card of cards) card.show();
    setText(news, newsOf(room.together));
    const { question } = room.together;
    tellQuestion(question?.lesson ? question : null);
  };
  keepShown(room, drawn, show);
}

/** What a screen reader says once when it begins. The numbers of answers and draws are no news. */
function newsOf({ question, draw }) {
  if (question?.revealed) return t("The answers to the question are revealed.");
  if (question) return t("Your teacher asks: {question}", { question: question.text });
  return draw ? t("Everyone draws one token.") : "";
}
