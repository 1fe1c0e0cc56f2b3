/** Shows what one method says, drawn on the text: each part has the colour of its number. */

import { furthest, shade, signed, topOf } from "./agreement.js";
import { beginning } from "./parts.js";
import { Progress } from "./progress.js";
import { make, setText } from "../../common/dom.js";

/** A larger error than this share of what the scores should sum to is told as a warning. */
const LARGE_ERROR = 0.1;
/** From this probability on, and with all numbers below this one, a method has met a token that nothing else competes with. */
const CERTAIN = 0.995;
const SMALL = 0.005;

export class MethodCard {
  /**
   * @param {import("./methods.js").Method} method
   * @param {HTMLElement[]} options  fields for what the method itself lets one choose
   * @param {() => void} onStop
   * @param {() => void} onBegin
   */
  constructor(method, options, onStop, onBegin) {
    this.method = method;
    this.title = make("h4", "", method.name);
    this.asks = make("p", "pg-why-asks", method.asks);
    this.progress = new Progress(method.name, onStop, onBegin);
    this.parts = make("div", "pg-why-parts");
    this.parts.role = "img";
    this.sums = make("p", "pg-why-sums");
    const fields = make("div", "pg-why-options", ...options);
    fields.dataset.picture = "skip";
    this.element = make("section", "pg-why-card", this.title, this.asks, fields, this.progress.element, this.parts, this.sums);
    this.element.ariaLabel = method.name;
    fields.hidden = !options.length;
  }

  /**
   * @param {import("./state.js").Run} run
   * @param {import("./parts.js").Part[]} parts
   * @param {string} unit
   * @param {boolean} isLong  whether it begins only when the reader asks
   */
  show(run, parts, unit, isLong) {
    this.progress.show(run, isLong ? "The text is long, so this takes a while." : "");
    const { answer } = run;
    this.parts.hidden = this.sums.hidden = !answer;
    if (!answer) return;
    const most = furthest(answer.scores);
    this.parts.replaceChildren(...parts.flatMap((part, place) => drawn(part.name, answer.scores[place], most, beginning(parts, place))));
    this.parts.ariaLabel = `${this.method.name}: most for the token “${parts[topOf(answer.scores)].name}”. The table below has all numbers.`;
    setText(this.sums, `${sums(answer, unit)}${saturated(answer, unit)}`);
    this.sums.classList.toggle("pg-why-failed", isLarge(answer));
  }
}

/** @param {string} part @param {number} score @param {number} most @param {string} side  the name of the text that begins with it */
const drawn = (part, score, most, side) => [
  ...(side ? [make("span", "pg-why-side", side)] : []),
  chip(part, score, most),
  ...(part.includes("⏎") ? [make("br")] : []),
];

/** @param {string} part @param {number} score @param {number} most */
function chip(part, score, most) {
  const element = make("span", "pg-token", part);
  element.dataset.differ = String(shade(score, most));
  element.title = signed(score, 3);
  return element;
}

const isLarge = ({ completeness_error: error, value, baseline_value: nothing }) =>
  error !== null && Math.abs(error) > LARGE_ERROR * Math.abs(value - nothing);

/** @returns {string} why all numbers are nearly 0, where the token's probability leaves no room for others; else nothing */
export function saturated({ scores, value }, unit) {
  const isCertain = unit === "nats" && value <= 0 && Math.exp(value) >= CERTAIN;
  if (!isCertain || furthest(scores) >= SMALL) return "";
  return " The token has nearly 100 %, which a small change hardly moves, so all numbers are near 0. Set Score to logit to see larger ones.";
}

/** @param {import("./reader.js").Answer} answer @param {string} unit @returns {string} what the numbers sum to, and should */
function sums(answer, unit) {
  const { scores, value, baseline, baseline_value: nothing, completeness_error: error } = answer;
  const sum = scores.reduce((all, score) => all + score, 0);
  const compared = `Compared with ${baseline}.`;
  if (error === null) return `${compared} The score is ${signed(value)} ${unit}; the numbers sum to ${signed(sum)} and need not sum to it.`;
  const warning = isLarge(answer) ? " That is a large part of it: do not trust these numbers. More points may help." : "";
  return `${compared} The numbers sum to ${signed(sum)} and should sum to ${signed(value - nothing)} ${unit}: completeness error ${signed(error)}.${warning}`;
}
