/** Says which stages only the server computes, because they have no JavaScript, and why it cannot. */

import { make, setText } from "../common/dom.js";
import { label } from "../common/words.js";
import { stageOf, stagesInForce } from "../distribution/settings.js";

export class ServedLine {
  constructor() {
    this.element = make("p", "pg-served pg-muted");
    this.element.hidden = true;
  }

  /**
   * @param {import("../distribution/settings.js").Settings} settings  in view
   * @param {string[]} refusals  why the server cannot compute a stage
   */
  show(settings, refusals) {
    const names = namesOf(settings);
    this.element.hidden = names.length === 0;
    const sentence = `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} computed by the server.`;
    const without = refusals.length ? ` The bars leave it out. ${refusals.join(" ")}` : "";
    setText(this.element, names.length ? sentence + without : "");
    this.element.ariaBusy = "false";
  }

  /** The server is computing, and the bars still show what they showed. */
  wait(settings) {
    this.element.hidden = false;
    setText(this.element, `${namesOf(settings).join(" and ")}: the server is computing …`);
    this.element.ariaBusy = "true";
  }
}

const namesOf = (settings) => stagesInForce(settings).filter((name) => stageOf(name).isServed).map(label);
