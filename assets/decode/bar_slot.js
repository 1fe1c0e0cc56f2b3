/** One line of the bars: a token with its bar and numbers, a cut, all other tokens together, or nothing. */

import { make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { percent } from "../common/words.js";

export class Slot {
  constructor() {
    this.label = make("span", "pg-label");
    this.outline = make("span", "pg-outline");
    this.fill = make("span", "pg-fill");
    this.now = make("span", "pg-now");
    this.raw = make("span", "pg-raw");
    this.note = make("span", "pg-note");
    this.cut = make("span", "pg-cut");
    this.draws = make("span", "pg-draws");
    this.ghost = make("span", "pg-ghost");
    const track = make("span", "pg-track", this.fill, this.outline, this.draws, this.ghost);
    this.element = make("div", "pg-bar", this.label, track, this.now, this.raw, this.note, this.cut);
    this.element.tabIndex = -1;
  }

  showToken({ candidate, isApart }, text, note, hint, scale) {
    this.#show("token", text, note, candidate, scale);
    this.element.dataset.id = candidate.id;
    if (this.element.title !== hint) this.element.title = hint;
    this.#mark("removed", candidate.removedBy !== null);
    this.#mark("apart", isApart);
  }

  showRest(rest, scale) {
    this.#show("rest", t("{more} more", { more: rest.count }), "", rest, scale);
    this.label.title = tn("{n} other token", "{n} other tokens", rest.count); // which the simple face shows
  }

  /** Marks where the bar would end if it showed the share of the draws. There is no mark for null. */
  showDraws(share, scale) {
    this.draws.hidden = share === null;
    if (share !== null) this.draws.style.left = widthOf(share, scale);
  }

  /** Shows a second distribution's probability as a dashed outline. @param {[name: string, share: number] | null} told */
  showGhost(told, scale) {
    this.ghost.hidden = told === null;
    if (!told) return;
    const [name, share] = told;
    this.ghost.style.width = widthOf(share, scale);
    this.ghost.classList.toggle("pg-beyond", scale.place(share) > 1);
    this.#describe(t("{description}, {share} {name}", { description: this.element.ariaDescription, share: percent(share), name }));
  }

  showCut(text) {
    this.#clear("cut");
    setText(this.cut, text);
  }

  showNothing() {
    this.#clear("nothing");
  }

  /** @param {boolean} isChosen  whether the token is the one of the step */
  choose(isChosen) {
    this.#mark("drawn", isChosen);
    if (this.element.role === "option") this.element.ariaSelected = String(isChosen);
    else this.element.removeAttribute("aria-selected");
  }

  /** @param {"drawn" | "removed" | "apart"} name */
  #mark(name, isSo) {
    this.element.classList.toggle(`pg-${name}`, isSo);
  }

  #show(kind, text, note, { probability, rawProbability, removedBy }, scale) {
    this.#clear(kind);
    setText(this.label, text);
    this.label.title = text;
    const [now, raw] = [percent(probability), percent(rawProbability)];
    setText(this.now, now);
    setText(this.raw, raw);
    setText(this.note, note);
    this.note.title = note;
    this.#describe(removedBy ? t("{now} now, {raw} unscaled, removed", { now, raw }) : t("{now} now, {raw} unscaled", { now, raw }));
    for (const [bar, share] of [[this.fill, probability], [this.outline, rawProbability]]) {
      bar.style.width = widthOf(share, scale);
      bar.classList.toggle("pg-beyond", scale.place(share) > 1);
    }
  }

  #clear(kind) {
    this.element.dataset.kind = kind;
    this.element.role = kind === "nothing" ? "presentation" : "option";
    if (kind === "token") this.element.removeAttribute("aria-disabled");
    else {
      this.element.ariaDisabled = "true";
      delete this.element.dataset.id;
      this.element.title = "";
      this.#describe("");
    }
    this.#mark("removed", false);
    this.#mark("apart", false);
  }

  /** Says what the line's numbers mean. What it is called is what stands in it, so that a voice can choose it. */
  #describe(words) {
    if (this.element.ariaDescription !== words) this.element.ariaDescription = words;
  }
}

const widthOf = (probability, { place }) => `${100 * Math.max(0, Math.min(1, place(probability)))}%`;
