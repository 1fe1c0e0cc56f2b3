/**
 * Says where the texts of two models part and why: where each model's random number falls on its own distribution there.
 * Draws what it is given.
 *
 * @typedef {import("./column.js").Column} Column
 */

import { make, setText } from "../common/dom.js";
import { t, tn } from "../common/language.js";
import { draw, percent } from "../common/words.js";
import { ribbon } from "../compare/ribbon.js";

export class PartingView {
  constructor() {
    this.title = make("h3", "pg-chart-title", t("Where the texts part"));
    this.sentence = make("p");
    this.ribbons = make("div", "pg-luck-ribbons");
    this.element = make("div", "pg-models-parting", this.title, this.sentence, this.ribbons);
  }

  /**
   * @param {Column[]} pair
   * @param {import("./texts.js").Parting | null} parting
   * @param {boolean} isById  whether the two have one vocabulary
   */
  show(pair, parting, isById) {
    const isRunning = pair.some(({ trace }) => trace.isRunning);
    if (!parting) {
      this.ribbons.replaceChildren();
      return setText(this.sentence, isRunning ? t("The texts are equal so far.") : t("The two texts are equal."));
    }
    const { steps, bytes } = parting;
    const begun = commonTo(isById ? steps[0] : bytes, isById);
    const ended = pair.findIndex(({ trace }, side) => !trace.steps[steps[side]]);
    if (ended >= 0) {
      const { title, trace } = pair[ended];
      this.ribbons.replaceChildren();
      return setText(this.sentence, ENDINGS[trace.latest.stop_reason]({ begun, model: title }));
    }
    const areThere = pair.every((column, side) => column.rowAt(steps[side]));
    const shapes = areThere ? pair.map((column, side) => column.shapeAt(steps[side], true)) : [];
    if (!areThere || shapes.some(({ isWaiting }) => isWaiting)) return setText(this.sentence, t("They part after {begun} …", { begun }));
    setText(this.sentence, sentence(pair, shapes, steps, begun, isById));
    const bands = pair.map((column, side) => {
      const step = column.trace.steps[steps[side]];
      return ribbon(column.textOf, shapes[side], step.draw, step.token_id, t("{model}, step {step}: its tokens side by side, each as wide as its probability", { model: column.title, step: steps[side] + 1 }));
    });
    this.ribbons.replaceChildren(...bands);
  }
}

/** @param {number} size  of what both have before they part: tokens, or bytes of text */
function commonTo(size, isById) {
  if (size === 0) return t("nothing in common");
  return isById ? tn("{n} equal token", "{n} equal tokens", size) : tn("{n} byte of equal text", "{n} bytes of equal text", size);
}

/** Why the shorter text ended where the other one goes on. @type {Record<string, (values: {begun: string, model: string}) => string>} */
const ENDINGS = {
  end_token: (values) => t("After {begun} the text of {model} ended by the model's end token.", values),
  stop_string: (values) => t("After {begun} the text of {model} ended by a stop string.", values),
  length: (values) => t("After {begun} the text of {model} ended at the limit of new tokens.", values),
  window: (values) => t("After {begun} the text of {model} ended because the model's window is full.", values),
  stopped: (values) => t("After {begun} the text of {model} stopped.", values),
};

function sentence(pair, shapes, steps, begun, isById) {
  const own = pair.map(({ trace }, side) => trace.steps[steps[side]]);
  const isDrawn = own.every((step) => step.draw !== null);
  const isOneDraw = isDrawn && steps[0] === steps[1];
  const [one, other] = pair.map(({ textOf }, side) => {
    const word = textOf(own[side].token_id);
    const [here, there] = [shapes[side], shapes[1 - side]];
    const id = isById ? own[side].token_id : idOf(pair[1 - side], there, word);
    const share = percent(here.probability(own[side].token_id));
    const elsewhere = id === null ? null : percent(there.probability(id));
    return sideOf({ word, number: side + 1, share, other: 2 - side }, elsewhere, own[side].draw, isOneDraw);
  });
  if (isOneDraw) return t("They part after {begun}: the same u = {u} falls on {one} and {other}.", { begun, u: draw(own[0].draw), one, other });
  const parted = t("They part after {begun}: {one} and {other}.", { begun, one, other });
  if (!isDrawn) return parted;
  const places = { one: steps[0] + 1, other: steps[1] + 1 };
  return `${parted} ${t("Step {one} of 1 and step {other} of 2 draw with different random numbers.", places)}`;
}

/**
 * What one model does there: "“·a” under 1 (u = 0.314; 40.0 %; under 2 it has 3.00 %)".
 *
 * @param {{word: string, number: number, share: string, other: number}} side
 * @param {string | null} elsewhere  the token's probability under the other model, null if that has no such token
 * @param {number | null} u  the random number, null for the most probable token
 * @param {boolean} isOneDraw  whether both have the same one, which is told for both
 */
function sideOf(side, elsewhere, u, isOneDraw) {
  const known = { ...side, elsewhere: elsewhere ?? "", u: u === null ? "" : draw(u) };
  const isHere = elsewhere !== null;
  if (u === null) {
    return isHere
      ? t("“{word}” under {number} is the most probable token ({share}; under {other} it has {elsewhere})", known)
      : t("“{word}” under {number} is the most probable token ({share}; {other} has no such token)", known);
  }
  if (isOneDraw) {
    return isHere
      ? t("“{word}” under {number} ({share}; under {other} it has {elsewhere})", known)
      : t("“{word}” under {number} ({share}; {other} has no such token)", known);
  }
  return isHere
    ? t("“{word}” under {number} (u = {u}; {share}; under {other} it has {elsewhere})", known)
    : t("“{word}” under {number} (u = {u}; {share}; {other} has no such token)", known);
}

/** @returns {number | null} the most probable token of a column with this text, null if its vocabulary has none */
function idOf({ textOf }, { order }, word) {
  for (const id of order) if (textOf(id) === word) return id;
  return null;
}
