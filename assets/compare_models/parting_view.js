/**
 * Says where the texts of two models part and why: where each model's random number falls on its own distribution there.
 * Draws what it is given.
 *
 * @typedef {import("./column.js").Column} Column
 */

import { make, setText } from "../common/dom.js";
import { draw, percent, plural, stopReason } from "../common/words.js";
import { ribbon } from "../compare/ribbon.js";

export class PartingView {
  constructor() {
    this.title = make("h3", "pg-chart-title", "Where the texts part");
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
      return setText(this.sentence, isRunning ? "The texts are equal so far." : "The two texts are equal.");
    }
    const { steps, bytes } = parting;
    const begun = bytes === 0 ? "nothing in common" : isById ? plural(steps[0], "equal token") : `${plural(bytes, "byte")} of equal text`;
    const ended = pair.findIndex(({ trace }, side) => !trace.steps[steps[side]]);
    if (ended >= 0) {
      const { title, trace } = pair[ended];
      this.ribbons.replaceChildren();
      return setText(this.sentence, `After ${begun} the text of ${title} ${stopReason(trace.latest.stop_reason)}.`);
    }
    const areThere = pair.every((column, side) => column.rowAt(steps[side]));
    const shapes = areThere ? pair.map((column, side) => column.shapeAt(steps[side], true)) : [];
    if (!areThere || shapes.some(({ isWaiting }) => isWaiting)) return setText(this.sentence, `They part after ${begun} …`);
    setText(this.sentence, sentence(pair, shapes, steps, begun, isById));
    const bands = pair.map((column, side) => {
      const step = column.trace.steps[steps[side]];
      return ribbon(column.textOf, shapes[side], step.draw, step.token_id, `${column.title}, step ${steps[side] + 1}: its tokens side by side, each as wide as its probability`);
    });
    this.ribbons.replaceChildren(...bands);
  }
}

function sentence(pair, shapes, steps, begun, isById) {
  const own = pair.map(({ trace }, side) => trace.steps[steps[side]]);
  const isDrawn = own.every((step) => step.draw !== null);
  const isOneDraw = isDrawn && steps[0] === steps[1];
  const parts = pair.map(({ textOf }, side) => {
    const word = textOf(own[side].token_id);
    const [here, there] = [shapes[side], shapes[1 - side]];
    const id = isById ? own[side].token_id : idOf(pair[1 - side], there, word);
    const elsewhere = id === null ? `${2 - side} has no such token` : `under ${2 - side} it has ${percent(there.probability(id))}`;
    const how = own[side].draw === null ? "is the most probable token" : isOneDraw ? "" : `(u = ${draw(own[side].draw)})`;
    const share = `${percent(here.probability(own[side].token_id))}; ${elsewhere}`;
    return `“${word}” under ${side + 1} ${how ? `${how} ` : ""}(${share})`.replace(") (", "; ");
  });
  const cause = isOneDraw ? `the same u = ${draw(own[0].draw)} falls on ` : "";
  const other = isDrawn && !isOneDraw ? ` Step ${steps[0] + 1} of 1 and step ${steps[1] + 1} of 2 draw with different random numbers.` : "";
  return `They part after ${begun}: ${cause}${parts.join(" and ")}.${other}`;
}

/** @returns {number | null} the most probable token of a column with this text, null if its vocabulary has none */
function idOf({ textOf }, { order }, word) {
  for (const id of order) if (textOf(id) === word) return id;
  return null;
}
