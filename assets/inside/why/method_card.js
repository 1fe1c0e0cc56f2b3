/** Shows what one method says, drawn on the text: each part has the colour of its number. */

import { furthest, shade, signed, topOf } from "./agreement.js";
import { beginning } from "./parts.js";
import { inUnit } from "./sentences.js";
import { Progress } from "./progress.js";
import { make, setText } from "../../common/dom.js";
import { t } from "../../common/language.js";

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
    this.title = make("h4", "", method.shown);
    this.asks = make("p", "pg-why-asks", method.asks);
    this.progress = new Progress(t("How far {method} is", { method: method.shown }), onStop, onBegin);
    this.parts = make("div", "pg-why-parts");
    this.parts.role = "img";
    this.sums = make("p", "pg-why-sums");
    const fields = make("div", "pg-why-options", ...options);
    fields.dataset.picture = "skip";
    this.element = make("section", "pg-why-card", this.title, this.asks, fields, this.progress.element, this.parts, this.sums);
    this.element.ariaLabel = method.shown;
    fields.hidden = !options.length;
  }

  /**
   * @param {import("./state.js").Run} run
   * @param {import("./parts.js").Part[]} parts
   * @param {string} unit
   * @param {boolean} isLong  whether it begins only when the reader asks
   */
  show(run, parts, unit, isLong) {
    this.progress.show(run, isLong ? t("The text is long, so this takes a while.") : "");
    const { answer } = run;
    this.parts.hidden = this.sums.hidden = !answer;
    if (!answer) return;
    const most = furthest(answer.scores);
    this.parts.replaceChildren(...parts.flatMap((part, place) => drawn(part.name, answer.scores[place], most, beginning(parts, place))));
    this.parts.ariaLabel = t("{method}: most for the token “{part}”. The table below has all numbers.", { method: this.method.shown, part: parts[topOf(answer.scores)].name });
    setText(this.sums, [sums(answer, unit), saturated(answer, unit)].filter(Boolean).join(" "));
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
  return t("The token has nearly 100 %, which a small change hardly moves, so all numbers are near 0. Set Score to logit to see larger ones.");
}

/** @param {import("./reader.js").Answer} answer @param {string} unit @returns {string} what the numbers sum to, and should */
function sums(answer, unit) {
  const { scores, value, baseline, baseline_value: nothing, completeness_error: error } = answer;
  const sum = scores.reduce((all, score) => all + score, 0);
  const values = { baseline, sum: signed(sum) };
  if (error === null) return t("Compared with {baseline}. The score is {score}; the numbers sum to {sum} and need not sum to it.", { ...values, score: inUnit(signed(value), unit) });
  const told = t("Compared with {baseline}. The numbers sum to {sum} and should sum to {score}: completeness error {error}.", { ...values, score: inUnit(signed(value - nothing), unit), error: signed(error) });
  return isLarge(answer) ? `${told} ${t("That is a large part of it: do not trust these numbers. More points may help.")}` : told;
}
