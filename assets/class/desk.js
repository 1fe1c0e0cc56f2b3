/**
 * The teacher's row in a class: who is here, what all pages do, and what the class does together. Below it stand, when they are
 * asked for, the pupils with what they may do, and the address.
 */

import { AddressCard } from "./address_card.js";
import { mountAsking } from "./asking.js";
import { nameOf } from "../common/authors.js";
import { PupilsTable } from "./pupils_table.js";
import { button, make, setText } from "../common/dom.js";
import { save } from "../common/download.js";
import { t, tn } from "../common/language.js";

const LOST = t("The connection to the class was lost. The page connects again by itself.");
const ENDED = t("The class has ended. Nothing about it is kept.");
const PROJECTOR = t("Opens the projector’s window, which shows what you show, in large type");
const END = t("End class");
const SURE = t("Press again to end the class");

/** What all pages do when it is pressed. @type {{name: "frozen" | "blank" | "paused", label: string, says: string}[]} */
const MODES = [
  { name: "frozen", label: t("Freeze"), says: t("The pupils’ pages stay as they are, whatever you do here.") },
  { name: "blank", label: t("Blank screens"), says: t("The pupils’ pages and the projector show nothing, so that all look at you.") },
  { name: "paused", label: t("Pause"), says: t("Nobody can change or write anything until you press it again.") },
];
/** @type {{name: "leave" | "settings" | "play", label: string}[]} */
const FREEDOMS = [
  { name: "leave", label: t("leave and play alone") },
  { name: "settings", label: t("move the settings while they follow") },
  { name: "play", label: t("write texts of their own") },
];

export class Desk {
  #room;
  #showOnProjector;

  /** @param {import("./room.js").Room} room @param {(shown: import("./remote.js").Address) => void} showOnProjector */
  constructor(room, showOnProjector) {
    this.#room = room;
    this.#showOnProjector = showOnProjector;
    this.says = make("p", "pg-class-says");
    this.back = button(t("Take the lead back"), () => this.#post("lead", { number: null }));
    this.modes = MODES.map(({ name, label, says }) => this.#modeButton(name, label, says));
    this.boxes = FREEDOMS.map(({ name, label }) => this.#freedomBox(name, label));
    this.pupils = new PupilsTable((number) => this.#post("lead", { number }));
    this.card = new AddressCard();
    this.refusal = make("p", "pg-notice");
    this.refusal.role = "alert";
    this.end = this.#endButton();
    const may = make("div", "pg-class-may", make("span", "", t("Pupils may …")), ...this.boxes.map(({ label }) => label));
    may.role = "group";
    may.ariaLabel = t("Pupils may …");
    const asked = make("div", "pg-class-past");
    const last = make("div", "pg-class-line", button(t("Answers as CSV"), () => this.#saveAnswers()), this.end);
    this.list = make("div", "pg-class-below", may, this.pupils.element, asked, last);
    const projector = make("div", "pg-class-line", button(t("Projector"), openProjector), make("span", "pg-muted", PROJECTOR));
    this.joining = make("div", "pg-class-below", this.card.element, projector);
    this.openers = [this.#opener(t("Pupils"), this.list), this.#opener(t("Address"), this.joining, () => this.#showAddress())];
    this.tools = make("div", "pg-class-tools");
    this.work = make("div", "pg-class-work");
    this.controls = make("div", "pg-class-controls", ...this.openers, ...this.modes);
    const row = make("div", "pg-class-row", this.says, this.back, this.controls, this.tools);
    this.element = make("section", "pg-root pg-class", row, this.refusal, this.list, this.joining, this.work);
    this.element.id = "pg-class-desk";
    this.element.ariaLabel = t("Class");
    this.list.hidden = this.joining.hidden = true;
    room.onChange(() => this.show());
    mountAsking(room, { tools: this.tools, work: this.work, past: asked });
    this.show();
  }

  /** Shows why something was refused. @param {string} sentence  "" removes it */
  say(sentence) {
    setText(this.refusal, sentence);
  }

  show() {
    const { state, desk, isConnected } = this.#room;
    setText(this.says, this.#sentence());
    this.controls.hidden = this.tools.hidden = this.end.hidden = state.ended || !isConnected;
    this.back.hidden = state.lead === null || state.ended;
    if (state.ended) this.list.hidden = this.joining.hidden = true; // nothing about the class is kept
    for (const [place, { name }] of MODES.entries()) this.modes[place].ariaPressed = String(state.mode[name]);
    for (const [place, { name }] of FREEDOMS.entries()) this.boxes[place].box.checked = state.may[name];
    this.pupils.show(desk?.pupils ?? [], state.lead?.number ?? null);
    this.#showAddress();
  }

  #sentence() {
    const { state, desk, isConnected, refusal } = this.#room;
    if (state.ended) return ENDED;
    if (!isConnected) return refusal || LOST;
    const count = (is) => desk?.pupils.filter((pupil) => pupil.here && is(pupil)).length ?? 0;
    const alone = count((pupil) => pupil.alone);
    const behind = count((pupil) => pupil.behind && !pupil.alone);
    const here = tn("{n} pupil here", "{n} pupils here", state.here);
    const parts = [here, alone ? t("{n} alone", { n: alone }) : "", behind ? t("{n} behind", { n: behind }) : ""];
    if (state.lead) parts.push(t("{name} leads", { name: nameOf(state.lead) }));
    return parts.filter(Boolean).join(" · ");
  }

  async #post(path, body) {
    try {
      await this.#room.post(path, body);
      this.say("");
    } catch (error) {
      this.say(error.message);
      this.show(); // a box that was ticked stands as it is in the class
    }
  }

  #modeButton(name, label, says) {
    const one = button(label, () => this.#post("mode", { [name]: !this.#room.state.mode[name] }));
    one.title = says;
    return one;
  }

  #freedomBox(name, text) {
    const box = make("input");
    box.type = "checkbox";
    box.addEventListener("change", () => this.#post("mode", { may: { [name]: box.checked } }));
    return { box, label: make("label", "", box, text) };
  }

  /** @returns {HTMLButtonElement} a button that shows a part and hides it again */
  #opener(label, part, onTurn = () => {}) {
    const one = button(label, () => {
      part.hidden = !part.hidden;
      one.ariaExpanded = String(!part.hidden);
      onTurn();
    });
    one.ariaExpanded = "false";
    return one;
  }

  /** The address stands on the projector too, and there also as long as nothing else is to be seen. */
  #showAddress() {
    const { desk, state } = this.#room;
    const known = desk && { address: desk.address, qr: desk.qr };
    const isOpen = !this.joining.hidden;
    this.card.show(known);
    this.#showOnProjector(isOpen || state.scene === null ? known : null);
  }

  #endButton() {
    let isAsked = false;
    const ask = (asks) => {
      isAsked = asks;
      setText(end, asks ? SURE : END);
    };
    const end = button(END, () => (isAsked ? this.#post("end") : ask(true)));
    end.addEventListener("blur", () => ask(false));
    end.addEventListener("keydown", ({ key }) => key === "Escape" && ask(false));
    return end;
  }

  async #saveAnswers() {
    try {
      save(await this.#room.answersAsCsv(), "class.csv");
    } catch (error) {
      this.say(error.message);
    }
  }
}

/** Opens the projector's page. It gets nothing of this window's storage, where the secret is. */
function openProjector() {
  const language = new URLSearchParams(location.search).get("lang");
  open(`${location.pathname}?projector=1&presenter=1${language ? `&lang=${encodeURIComponent(language)}` : ""}`, "_blank", "noopener,popup,width=1024,height=768");
}
