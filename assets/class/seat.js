/** The row of a pupil, or of the projector, in a class. */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";

export class Seat {
  /** @param {import("./room.js").Room} room */
  constructor(room) {
    this.work = make("div", "pg-class-work");
    this.element = make("section", "pg-root pg-class", this.work);
    this.element.id = "pg-class-seat";
    this.element.ariaLabel = t("Class");
    room.onChange(() => {});
  }
}
