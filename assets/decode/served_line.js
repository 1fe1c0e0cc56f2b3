/** Says which stages only the server computes, because they have no JavaScript, and that it is computing. */

import { make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { label, listed } from "../common/words.js";
import { stageOf, stagesInForce } from "../distribution/settings.js";

/**
 * @param {(import("../distribution/distribution.js").Distribution | null)[]} shapes
 * @returns {boolean} whether the server has not told yet what one of these stages does, so that the bars cannot be drawn
 */
export const isComputing = (shapes) => shapes.some((shape) => shape?.stages.some(({ name, isWaiting }) => isWaiting && stageOf(name).isServed));

export class ServedLine {
  constructor() {
    this.element = make("p", "pg-served pg-muted");
    this.element.hidden = true;
  }

  /** @param {import("../distribution/settings.js").Settings} settings  in view */
  show(settings) {
    const names = namesOf(settings);
    this.element.hidden = names.length === 0;
    const told = tn("{stages} is computed by the server.", "{stages} are computed by the server.", names.length, { stages: listed(names) });
    setText(this.element, names.length ? told : "");
    this.element.ariaBusy = "false";
  }

  /** The server is computing, and the bars still show what they showed. */
  wait(settings) {
    this.element.hidden = false;
    setText(this.element, t("{stages}: the server is computing …", { stages: listed(namesOf(settings)) }));
    this.element.ariaBusy = "true";
  }
}

const namesOf = (settings) => stagesInForce(settings).filter((name) => stageOf(name).isServed).map(label);
