/** Shows the text that the class writes: whose turn it is, a large button for that pupil, and what was drawn last. */

import { button, make, rest, setText } from "../common/dom.js";
import { pageId } from "../common/known_texts.js";
import { t, tn } from "../common/language.js";
import { draw as drawText } from "../common/words.js";
import { shownOnDecode } from "../common/shown.js";
import { textOf } from "../lesson/measures.js";
import { quoted } from "../lesson/units.js";
import { vocabularyOf } from "../models/words.js";
import { bringInSight } from "./in_sight.js";
import { isAt } from "./model_side.js";
import { nameOf } from "../common/authors.js";
import { Tried } from "./tried.js";

export class TextCard {
  #room;
  #isBusy = false;
  #tried = new Tried();
  #isOpen = false; // whether the class wrote when this was shown last
  /** The text that the list on Decode has for that of the class, and whether the class has written in it. */
  #listed = { trace: "", isOurs: false };
  #heir = ""; // the server's id of the text that stays when the class has written its own

  /** @param {import("./room.js").Room} room */
  constructor(room) {
    this.#room = room;
    const title = make("h2", "pg-class-question", t("The class writes a text"));
    this.turn = make("p", "pg-class-turn");
    this.turn.role = "status";
    this.draw = button(t("Draw the next token"), () => this.#draw(), "pg-button pg-primary pg-class-large");
    this.skip = button(t("Skip this pupil"), () => this.#tried.run(() => room.post("text/skip")));
    this.end = button(t("End the text"), () => this.#tried.run(() => room.post("text/end")));
    this.last = make("p", "pg-class-last");
    this.count = make("p", "pg-class-count");
    const row = make("div", "pg-class-line", this.draw, this.skip, this.end, this.count);
    this.element = make("section", "pg-class-text", title, this.turn, row, this.last, this.#tried.element);
    this.element.ariaLabel = t("Text of the class");
    this.element.hidden = true;
  }

  show() {
    const { text } = this.#room.together;
    const isDue = text !== null && !text.ended && isAt(text, shownOnDecode());
    document.documentElement.toggleAttribute("data-class-writes", isDue); // the token of this step is still to be drawn
    this.element.hidden = text === null;
    if (!text && this.#isOpen) this.#close();
    this.#isOpen = text !== null;
    if (text) this.#list(text.trace, text.tokens > 0);
    else if (this.#heir) this.#list(this.#heir, true);
    if (!text) return;
    const isMine = this.#room.role === "pupil" && text.turn?.number === this.#room.me?.number && text.turn !== null;
    this.draw.hidden = this.#room.role !== "pupil";
    this.skip.hidden = this.end.hidden = this.#room.role !== "teacher";
    rest(this.draw, this.#isBusy || !isMine || this.#room.state.mode.paused);
    rest(this.skip, text.turn === null);
    if (isMine && !this.element.classList.contains("pg-class-mine")) bringInSight(this.element);
    this.element.classList.toggle("pg-class-mine", isMine);
    setText(this.turn, isMine ? t("It is your turn.") : text.turn ? t("It is the turn of {name}.", { name: nameOf(text.turn) }) : text.ended ? t("The text has ended.") : t("The text waits for a pupil."));
    setText(this.count, tn("{n} token so far", "{n} tokens so far", text.tokens));
    setText(this.last, text.last ? t("{token} was drawn by {name} with u = {u}.", { name: nameOf(text.last), token: this.#tokenOf(text.last.token_id), u: drawText(text.last.u) }) : "");
  }

  /** Every token makes another text, which takes the place of the one before it. */
  #list(trace, isOurs) {
    if (shownOnDecode()?.trace.id !== pageId(trace) || this.#listed.trace === trace) return;
    const former = this.#listed;
    this.#listed = { trace, isOurs };
    if (!former.isOurs || !isOurs) return; // the class's text began with one that stays
    document.dispatchEvent(new CustomEvent("playground:superseded", { detail: { former: pageId(former.trace), heir: pageId(trace) } }));
  }

  #tokenOf(id) {
    const words = shownOnDecode()?.words ?? vocabularyOf(this.#room.state.scene?.model);
    return quoted(textOf(words, id));
  }

  async #draw() {
    this.#isBusy = true;
    this.show();
    await this.#tried.run(() => this.#room.post("text/turn"));
    this.#isBusy = false;
    this.show();
  }

  /** What stays is the text of the class alone, without the token that the model would have drawn next. */
  #close() {
    const { scene } = this.#room.state;
    this.#heir = scene?.trace ?? "";
    if (!this.#heir || !this.#room.isLeading) return; // a page that follows shows the scene anyway
    document.dispatchEvent(new CustomEvent("playground:open", { detail: { traceId: pageId(this.#heir), index: scene.index ?? 0, keepsSliders: true } }));
  }
}
