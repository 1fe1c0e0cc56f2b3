/**
 * The line under a chart that says in plain words what it shows, made of the numbers in view: "What am I looking at?".
 * A screen reader reads the same words as the chart's description. Knows no chart.
 */

import { make, setText } from "./dom.js";
import { t } from "./language.js";

let made = 0;

export class Caption {
  constructor() {
    this.element = make("p", "pg-caption", make("strong", "", `${t("What am I looking at?")} `), make("span"));
    this.element.id = `pg-caption-${made++}`;
  }

  /** Makes this line the description of charts. @param {...Element} charts */
  describe(...charts) {
    for (const chart of charts) chart.setAttribute("aria-describedby", this.element.id);
  }

  /** Says other words. Without any, the line is hidden. @param {string} words */
  say(words) {
    setText(this.element.lastChild, words);
    this.element.hidden = !words;
  }
}
