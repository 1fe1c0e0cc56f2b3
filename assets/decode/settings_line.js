/**
 * One line under the headline: the settings that the text was written with or, once the sliders differ from them, both,
 * with a button that writes the text again. The line has a fixed place and is never cut: it names as many settings as
 * have room, and a list that opens names them all. Knows settings, not the page.
 */

import { button, make, setText } from "../common/dom.js";
import { keepFocus } from "../common/focus.js";
import { t } from "../common/language.js";
import { differences, settingsInForce } from "../common/words.js";

const COMPLETING = t("The less probable tokens follow.");
const MOST = 3; // settings that are named
const ROOM = 118; // characters that have room in the line
const ROOM_ON_PHONE = 85;
const PHONE = "(width <= 768px)";
const MARK = "\u0000"; // stands for the button in a sentence

export class SettingsLine {
  /** Called when the reader wants the text again under the settings in view. */
  onAgain = () => {};
  /** Returns what to focus when the button goes. @type {() => HTMLElement | null} */
  instead = () => null;

  constructor() {
    this.generated = make("span");
    this.caveat = make("span");
    this.completing = make("span", "pg-completing");
    this.completing.dataset.room = COMPLETING;
    this.said = make("span", "pg-said", this.generated, " ", this.caveat, " ", this.completing);
    this.bars = make("span");
    this.more = button("", () => {}, "pg-link");
    this.text = make("span");
    this.differing = make("span", "pg-differing", this.bars, this.more, this.text);
    this.again = button(t("Write it again"), () => this.onAgain(), "pg-button pg-again");
    this.list = make("ul", "pg-all-differing");
    this.list.popover = "auto";
    this.list.addEventListener("toggle", (event) => event.newState === "open" && this.#place());
    this.more.popoverTargetElement = this.list;
    const line = make("div", "pg-differing-line", this.differing, " ", this.again, this.list);
    this.element = make("div", "pg-settings", this.said, line);
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
   * @param {import("../common/trace.js").Step} step
   * @param {import("../distribution/settings.js").Settings} settings  those that the bars show
   * @param {object} said
   * @param {string} said.generated  the sentence for a text whose settings are in view
   * @param {string} said.about  what the chain does not show
   * @param {boolean} said.isWhole  whether all tokens of the step are known; the sentence that they are not keeps its place
   */
  show(trace, step, settings, { generated, about, isWhole }) {
    setText(this.generated, generated);
    setText(this.caveat, about);
    setText(this.completing, isWhole ? "" : COMPLETING);
    keepFocus(this.element, () => this.#compare(trace, step, settings), this.instead);
  }

  #compare(trace, step, settings) {
    const isForeign = trace.header.words !== undefined;
    const { shown, written } = differences(trace.settingsOf(step), settings);
    const isOther = shown.length > 0;
    const isToken = trace.steps.some((one) => one.settings) && step.index >= 0;
    const line = lineOf(shown, isForeign ? [] : written, isToken, matchMedia(PHONE).matches ? ROOM_ON_PHONE : ROOM);
    setText(this.bars, line.bars);
    setText(this.more, line.more);
    setText(this.text, line.text);
    this.more.hidden = !line.more;
    this.said.hidden = isOther && !isForeign;
    this.again.hidden = !isOther || isForeign;
    const all = [t("The bars show {shown}.", { shown: shown.join(", ") }), ...(isForeign ? [] : [writtenSentence(isToken, written)])];
    if (line.more && this.list.textContent !== all.join("")) this.list.replaceChildren(...all.map((one) => make("li", "", one)));
  }

  /** Opens the list below the line. */
  #place() {
    const { left, bottom } = this.more.getBoundingClientRect();
    const fitting = Math.min(left, innerWidth - this.list.offsetWidth - 8);
    Object.assign(this.list.style, { left: `${Math.max(8, fitting) + scrollX}px`, top: `${bottom + 4 + scrollY}px` });
  }
}

/**
 * Returns the line in three parts: "The bars show temperature 0.3 and ", "2 more", ". The text was written with
 * temperature 0.8.". It names the first settings, three at most and one at least, and says it shorter where there is
 * little room.
 *
 * @param {string[]} shown  what the bars show; empty if nothing differs
 * @param {string[]} written  the text's; empty if they are not to be named
 * @param {boolean} isToken  whether they are this token's alone
 * @param {number} room  in characters
 */
export function lineOf(shown, written, isToken, room) {
  if (!shown.length) return { bars: "", more: "", text: "" };
  const lines = Array.from({ length: MOST }, (_, place) => MOST - place).flatMap((most) => {
    const left = Math.max(shown.length, written.length) - most;
    const values = { shown: shown.slice(0, most).join(", "), written: written.slice(0, most).join(", "), more: MARK };
    const sentences = left > 0 ? withMore(values, isToken) : whole(values, isToken);
    return sentences.map((sentence) => {
      const [bars, text = ""] = sentence.split(MARK);
      return { bars, more: left > 0 ? t("{more} more", { more: left }) : "", text };
    });
  });
  return lines.find(({ bars, more, text }) => (bars + more + text).length <= room) ?? lines.at(-1);
}

/** @returns {string[]} the sentences that name all settings, the longest first */
function whole(values, isToken) {
  if (!values.written) return [t("The bars show {shown}.", values)];
  if (isToken) {
    return [
      t("The bars show {shown}. This token was written with {written}.", values),
      t("The bars show {shown}. This token: {written}.", values),
    ];
  }
  return [t("The bars show {shown}. The text was written with {written}.", values), t("The bars show {shown}. The text: {written}.", values)];
}

/** As `whole`, for sentences that name some settings and have a button for the others. */
function withMore(values, isToken) {
  if (!values.written) return [t("The bars show {shown} and {more}.", values)];
  if (isToken) {
    return [
      t("The bars show {shown} and {more}. This token was written with {written}.", values),
      t("The bars show {shown} and {more}. This token: {written}.", values),
    ];
  }
  return [
    t("The bars show {shown} and {more}. The text was written with {written}.", values),
    t("The bars show {shown} and {more}. The text: {written}.", values),
  ];
}

function writtenSentence(isToken, written) {
  const values = { written: written.join(", ") };
  return isToken ? t("This token was written with {written}.", values) : t("The text was written with {written}.", values);
}

/** @returns {string} "Sample, temperature 0.8, top-k 40, seed 5" */
export function writtenWith(settings) {
  const { strategy, seed } = settings;
  const said = settingsInForce(settings);
  return strategy === "sample" && seed !== undefined ? `${said}, ${t("seed {seed}", { seed: String(seed) })}` : said;
}
