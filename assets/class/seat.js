/**
 * The row of a pupil in a class: whom the page follows, whether the reader plays alone, and the nickname. The projector's page has
 * the same place without the controls.
 */

import { AddressCard } from "./address_card.js";
import { mountAnswering } from "./answering.js";
import { menu } from "./menu.js";
import { nameOf } from "../common/authors.js";
import { button, make, rest, setText } from "../common/dom.js";
import { t } from "../common/language.js";

const JOINING = t("Joining the class …");
const LOST = t("The connection to the class was lost. The page connects again by itself.");
const ENDED = t("The class has ended. This page is yours now.");
const LEADS = t("You lead the class: everybody sees what you do.");
const PAUSED = t("Paused by the teacher");
const FROZEN = t("Frozen by the teacher");
const BLANK = t("The pages are hidden for a moment. Please look at your teacher.");
const LEAVE = t("Play alone");
const COME_BACK = t("Follow the teacher again");
const STAY = t("The teacher wants everybody to follow now.");

export class Seat {
  #room;

  /** @param {import("./room.js").Room} room */
  constructor(room) {
    this.#room = room;
    this.says = make("p", "pg-class-says");
    this.says.role = "status";
    this.leave = button(LEAVE, () => room.setAlone(!room.isAlone));
    this.me = make("summary");
    this.me.title = t("Your number in the class, and your nickname");
    this.reason = make("p", "pg-class-reason");
    this.reason.role = "status";
    this.nickname = this.#nicknameFold();
    this.blank = make("p", "pg-class-blank", BLANK);
    this.card = new AddressCard();
    this.work = make("div", "pg-class-work");
    this.row = make("div", "pg-class-row", this.says, this.leave, this.nickname, this.reason);
    this.element = make("section", "pg-root pg-class", this.row, this.blank, this.card.element, this.work);
    this.element.id = "pg-class-seat";
    this.element.ariaLabel = t("Class");
    room.onChange(() => this.show());
    mountAnswering(room, this.work);
    this.show();
  }

  /** Tells why a control rests. @param {string} reason  "" for none */
  explain(reason) {
    setText(this.reason, reason);
  }

  show() {
    const { role, isLeading, isAlone, state } = this.#room;
    const isPupil = role === "pupil";
    setText(this.says, this.#sentence());
    this.says.hidden = !isPupil && this.#room.isConnected && !state.ended;
    this.leave.hidden = !isPupil || isLeading || state.ended || state.mode.paused || this.#room.me === null;
    setText(this.leave, isAlone ? COME_BACK : LEAVE);
    const mustStay = !isAlone && !state.may.leave;
    rest(this.leave, mustStay);
    this.leave.title = mustStay ? STAY : "";
    this.blank.hidden = !state.mode.blank || state.ended;
    this.row.hidden = !this.blank.hidden;
    this.#showMe(isPupil);
  }

  #sentence() {
    const { refusal, isConnected, isLeading, isAlone, version, state } = this.#room;
    if (state.ended) return ENDED;
    if (refusal) return refusal;
    if (!isConnected) return version ? LOST : JOINING;
    if (state.mode.paused) return PAUSED;
    if (isLeading) return LEADS;
    if (isAlone) return t("Playing alone");
    if (state.mode.frozen) return FROZEN;
    return state.lead ? t("Following {name}", { name: nameOf(state.lead) }) : t("Following the teacher");
  }

  #showMe(isPupil) {
    const { me, state } = this.#room;
    this.nickname.hidden = !isPupil || me === null || state.ended;
    if (!me) return;
    setText(this.me, me.nickname ? t("{name}, number {number}", { name: me.nickname, number: me.number }) : t("Number {number}", { number: me.number }));
    if (document.activeElement !== this.field) this.field.value = me.nickname;
  }

  #nicknameFold() {
    this.field = make("input");
    this.field.maxLength = 24;
    this.field.autocomplete = "off";
    this.refusal = make("p", "pg-notice");
    this.refusal.role = "alert";
    const save = make("button", "pg-button", t("Save"));
    const form = make("form", "pg-class-fold", make("label", "", t("Nickname, if you like"), this.field), save, this.refusal);
    const fold = menu(this.me, form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault(); // a form would load the page again
      try {
        await this.#room.rename(this.field.value.trim());
        setText(this.refusal, "");
        fold.open = false;
        this.me.focus();
      } catch (error) {
        setText(this.refusal, error.message);
      }
    });
    return fold;
  }
}
