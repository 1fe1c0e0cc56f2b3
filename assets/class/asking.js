/**
 * What a teacher does with the class: asks, lets everyone draw, lets the class write a text. Fills the tools and the work of
 * the teacher's desk, and its list of the questions that were asked.
 */

import { letAsk, tellQuestion } from "../common/class_asks.js";
import { button, rest } from "../common/dom.js";
import { serverId } from "../common/known_texts.js";
import { t } from "../common/language.js";
import { shownOnDecode } from "../common/shown.js";
import { AskForm } from "./ask_form.js";
import { AskedList } from "./asked_list.js";
import { DrawCard } from "./draw_card.js";
import { keepShown } from "./keep_shown.js";
import { OpenQuestion } from "./open_question.js";
import { TextCard } from "./text_card.js";
import { Tried } from "./tried.js";

const DRAWS = t("Every pupil draws one token from the step in view, under its settings. The counts grow over the bars.");
const WRITES = t("The pupils draw one token each, in turn, and the text goes on with it from the step in view.");

/**
 * @param {import("./room.js").Room} room
 * @param {{tools: HTMLElement, work: HTMLElement, past: HTMLElement}} places  take the buttons, what is under way, and what was asked
 */
export function mountAsking(room, { tools, work, past }) {
  const tried = new Tried();
  const ask = button(t("Ask the class"), () => (form.element.hidden ? form.open() : close()));
  /** A question that is answered gives its place to what begins. @param {"draw" | "text"} what */
  const begin = async (what) => {
    if (room.together.question?.revealed) await room.post("question/close");
    await room.post(what);
  };
  const draw = button(t("Everyone draws"), () => tried.run(() => begin("draw")));
  const write = button(t("Class text"), () => tried.run(() => begin("text")));
  draw.title = DRAWS;
  write.title = WRITES;
  const close = () => {
    form.element.hidden = true;
    show();
    ask.focus();
  };
  const form = new AskForm((question) => room.post("question", question), close);
  const drawn = new DrawCard(room);
  const cards = [new OpenQuestion(room), drawn, new TextCard(room)];
  const asked = new AskedList();
  tools.append(ask, draw, write);
  work.append(tried.element, form.element, ...cards.map(({ element }) => element));
  past.append(asked.element);

  /** @param {import("../common/class_asks.js").Asked} question  of the lesson that is open */
  const askOfLesson = async (question) => {
    const shown = shownOnDecode();
    const place = shown && question.hides ? { trace: serverId(shown.trace.id), index: shown.step.index } : null;
    await room.post("question", { ...question, place });
  };
  const show = () => {
    const { question, draw: drawing, text } = room.together;
    ask.ariaExpanded = String(!form.element.hidden);
    rest(ask, question !== null && !question.revealed);
    rest(draw, drawing !== null);
    rest(write, text !== null);
    for (const card of cards) card.show();
    asked.show(room.desk);
    tellQuestion(question?.lesson ? question : null);
    letAsk(room.state.ended ? null : askOfLesson);
  };
  keepShown(room, drawn, show);
}
