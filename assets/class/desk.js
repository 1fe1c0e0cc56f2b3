/** The teacher's row in a class. */

import { make } from "../common/dom.js";
import { t } from "../common/language.js";

export class Desk {
  /** @param {import("./room.js").Room} room */
  constructor(room) {
    this.tools = make("div", "pg-class-tools");
    this.work = make("div", "pg-class-work");
    this.element = make("section", "pg-root pg-class", this.tools, this.work);
    this.element.id = "pg-class-desk";
    this.element.ariaLabel = t("Class");
    room.onChange(() => {});
  }
}
