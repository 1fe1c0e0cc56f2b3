/** Shows the draw of the class: how many have drawn, a pupil's own token on the ribbon, and what the counts say. */

import { button, make, rest, setText } from "../common/dom.js";
import { pageId } from "../common/known_texts.js";
import { t } from "../common/language.js";
import { shownOnDecode } from "../common/shown.js";
import { draw as drawText } from "../common/words.js";
import { ribbon } from "../compare/ribbon.js";
import { Draws, fitInWords } from "../decode/draws.js";
import { drawAlike, tellTogether } from "../decode/together.js";
import { textOf } from "../lesson/measures.js";
import { quoted } from "../lesson/units.js";
import { vocabularyOf } from "../models/words.js";
import { bringInSight } from "./in_sight.js";
import { isAt } from "./model_side.js";
import { Tried } from "./tried.js";
import { howManyDrew, largeNumbers } from "./words.js";

export class DrawCard {
  #room;
  #id = "";
  /** The pupil's own draw. @type {{u: number, token_id: number} | null} */
  #own = null;
  #isBusy = false;
  #tried = new Tried();

  /** @param {import("./room.js").Room} room */
  constructor(room) {
    this.#room = room;
    const title = make("h2", "pg-class-question", t("Everyone draws one token"));
    this.draw = button(t("Draw my token"), () => this.#drawOne(), "pg-button pg-primary pg-class-large");
    this.again = button(t("New round"), () => this.#tried.run(() => room.post("draw")));
    this.end = button(t("End the draw"), () => this.#tried.run(() => room.post("draw/close")));
    this.count = make("p", "pg-class-count");
    this.own = make("p", "pg-class-said");
    this.own.role = "status";
    this.band = make("div", "pg-class-band");
    this.fit = make("p", "pg-class-fit");
    this.law = make("p", "pg-muted pg-class-law");
    const row = make("div", "pg-class-line", this.draw, this.again, this.end, this.count);
    this.element = make("section", "pg-class-draw", title, row, this.own, this.band, this.fit, this.law, this.#tried.element);
    this.element.ariaLabel = t("Everyone draws");
    this.element.hidden = true;
  }

  show() {
    const { draw } = this.#room.together;
    const { here } = this.#room.state;
    this.element.hidden = draw === null;
    this.draw.hidden = this.own.hidden = this.band.hidden = this.#room.role !== "pupil";
    this.again.hidden = this.end.hidden = this.#room.role !== "teacher";
    if (draw?.id !== this.#id) this.#begin(draw?.id ?? "");
    this.#showButton();
    if (draw) setText(this.count, howManyDrew(draw.drawn, here));
    if (draw) this.#showCounts(draw, Math.max(here, draw.drawn));
  }

  /** The counts stand over the bars of the step, on every screen. */
  tell() {
    const { draw } = this.#room.together;
    tellTogether(draw && { traceId: pageId(draw.place.trace), index: draw.place.index, settings: draw.settings, counts: draw.counts, u: this.#own?.u ?? null });
  }

  #begin(id) {
    this.#id = id;
    this.#own = null;
    setText(this.own, "");
    this.band.replaceChildren();
    if (id && this.#room.isFollowing) bringInSight(this.element);
  }

  #showButton() {
    rest(this.draw, this.#isBusy || this.#own !== null || this.#room.state.mode.paused);
  }

  /** What the counts say needs the distribution that is drawn from, which is in view where nobody has left it. */
  #showCounts({ place, settings, counts, drawn }, people) {
    const shown = shownOnDecode();
    const isThere = isAt(place, shown) && drawAlike(settings, shown.settings);
    if (this.#own) setText(this.own, t("Your u = {u} falls on {token}.", { u: drawText(this.#own.u), token: quoted(this.#textOf(this.#own.token_id)) }));
    if (!isThere) return setText(this.fit, t("The counts stand over the bars of the step that is drawn from, under its settings."));
    const { shape, words } = shown;
    setText(this.fit, drawn ? fitInWords(Draws.of(counts), shape) : t("Nobody has drawn yet."));
    const best = shape.order[shape.stretch[0]];
    setText(this.law, people ? largeNumbers(people, { text: textOf(words, best), probability: shape.probability(best) }) : "");
    if (this.#own && !this.band.childElementCount) this.#showOwn(shape, words);
  }

  #showOwn(shape, words) {
    const { u, token_id } = this.#own;
    const name = t("Each token is as wide as its probability.");
    this.band.replaceChildren(ribbon((id) => textOf(words, id), shape, u, token_id, name));
  }

  #textOf(id) {
    return textOf(shownOnDecode()?.words ?? vocabularyOf(this.#room.state.scene?.model), id);
  }

  async #drawOne() {
    const draw = this.#id;
    this.#isBusy = true;
    this.#showButton();
    await this.#tried.run(async () => {
      const own = await this.#room.post("draw/one", { draw });
      if (draw === this.#id) this.#own = own;
    });
    this.#isBusy = false;
    this.#showButton();
    this.tell();
    this.show();
  }
}
