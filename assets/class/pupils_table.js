/** The table of who is in the class, for the teacher: what each page does, and who leads. Draws what it is given. */

import { nameOf } from "../common/authors.js";
import { button, make, setText } from "../common/dom.js";
import { t } from "../common/language.js";

const HEADS = [t("Number"), t("Nickname"), t("Page"), t("Answered"), t("Lead")];

export class PupilsTable {
  #onLead;
  /** @type {Map<number, Row>} by the pupil's number */
  #rows = new Map();

  /** @param {(number: number | null) => void} onLead  gives the lead to a pupil, or takes it back */
  constructor(onLead) {
    this.#onLead = onLead;
    this.body = make("tbody");
    const head = make("tr", "", ...HEADS.map((text) => make("th", "", text)));
    for (const cell of head.children) cell.setAttribute("scope", "col");
    this.table = make("table", "pg-class-pupils", make("caption", "pg-unseen", t("Pupils")), make("thead", "", head), this.body);
    this.none = make("p", "pg-muted", t("Nobody has joined yet. Show the address to the class."));
    this.element = make("div", "pg-class-list", this.table, this.none);
    this.element.tabIndex = 0; // so that the keys can scroll it
    this.element.role = "group";
    this.element.ariaLabel = t("Pupils");
    this.show([], null);
  }

  /** Those who are here stand first. @param {import("./room.js").Pupil[]} pupils @param {number | null} leader */
  show(pupils, leader) {
    this.none.hidden = pupils.length > 0;
    this.table.hidden = !pupils.length;
    const sorted = [...pupils].sort((one, other) => Number(other.here) - Number(one.here) || one.number - other.number);
    for (const [place, pupil] of sorted.entries()) {
      const row = this.#rows.get(pupil.number) ?? new Row(this.#onLead);
      this.#rows.set(pupil.number, row);
      row.show(pupil, leader);
      if (this.body.children[place] !== row.element) this.body.insertBefore(row.element, this.body.children[place] ?? null);
    }
    const numbers = pupils.map(({ number }) => number);
    for (const [number, row] of this.#rows) if (!numbers.includes(number)) this.#drop(number, row);
  }

  #drop(number, row) {
    row.element.remove();
    this.#rows.delete(number);
  }
}

class Row {
  #pupil = null;
  #isLeader = false;

  constructor(onLead) {
    this.cells = HEADS.map(() => make("td"));
    this.lead = button("", () => onLead(this.#isLeader ? null : this.#pupil.number));
    this.cells.at(-1).append(this.lead);
    this.element = make("tr", "", ...this.cells);
  }

  show(pupil, leader) {
    this.#pupil = pupil;
    this.#isLeader = pupil.number === leader;
    const texts = [String(pupil.number), pupil.name, pageOf(pupil, this.#isLeader), pupil.answered ? t("yes") : ""];
    for (const [place, text] of texts.entries()) setText(this.cells[place], text);
    const name = nameOf(pupil);
    setText(this.lead, this.#isLeader ? t("Take back") : t("Hand over"));
    this.lead.ariaLabel = this.#isLeader ? t("Take back the lead from {name}", { name }) : t("Hand over the lead to {name}", { name });
    this.lead.hidden = !pupil.here && !this.#isLeader;
  }
}

/** @returns {string} what a pupil's page does */
function pageOf({ here, alone, behind }, isLeader) {
  if (!here) return t("closed");
  if (isLeader) return t("leads");
  if (alone) return t("plays alone");
  return behind ? t("behind") : t("follows");
}
