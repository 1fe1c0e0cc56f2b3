/**
 * Shows one blank under the sliders' settings as the Decode tab shows a step: stages, bars, curve, draw and table.
 * Draws what it is given and fetches nothing.
 *
 * @typedef {object} Blank
 * @property {string} key  identifies the row
 * @property {number} number  from 0
 * @property {number} blanks  how many there are
 * @property {import("../distribution/row.js").Row} row
 * @property {number} draw  its uniform number
 * @property {import("./state.js").Put | undefined} put  what stands in it
 */

import { setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { label } from "../common/words.js";
import { momentOf } from "../distribution/moment.js";
import { MODEL } from "../decode/state.js";
import { isComputing } from "../decode/served_line.js";
import { StepView } from "../decode/step_view.js";
import { reshape } from "../distribution/distribution.js";
import { OFF, stagesInForce, through, usable } from "../distribution/settings.js";
import { STAGES } from "../distribution/stages/all.js";
import { chosenModel } from "../models/models.js";
import { wordsOf } from "../models/word_ids.js";
import { captionOf } from "./caption.js";
import { ALONE, NO_HISTORY } from "./words.js";

const FILLS = { hint: (token) => t("Put {token} into the blank", { token }), column: t("Put in"), name: t("Words for the blank"), what: "blank" };
const OFF_IN_BLANKS = Object.fromEntries(STAGES.filter(({ isOfBlanks }) => !isOfBlanks).flatMap(({ parameters }) => parameters.map(({ name }) => [name, OFF[name]])));
/** How the word came into the blank. In an empty one stands what greedy, or the seed's number, would put there. */
const ORIGINS = {
  "most probable": t("most probable"),
  drawn: t("drawn"),
  chosen: t("chosen by you"),
  greedy: t("most probable"),
  sample: t("would be drawn"),
};

export class BlankView {
  /** @type {Blank | null} */
  #blank = null;
  /** @type {import("../distribution/settings.js").Settings} */
  #settings = {};
  #stage = null; // of the chain; null: the last one in force
  #shape = null;
  #textOf;
  #drawAgain = () => this.#draw();

  /** @param {(id: number) => string} textOf @param {(id: number) => void} onToken  called when the reader chooses a word */
  constructor(textOf, onToken) {
    this.#textOf = textOf;
    this.step = new StepView(textOf, (name) => this.#chooseStage(name), () => this.#draw(), onToken, FILLS);
    this.step.chain.offers = ({ isOfBlanks }) => isOfBlanks;
    this.step.chain.remember("chain of a blank");
    setText(this.step.chain.list.about, NO_HISTORY);
    this.element = this.step.element;
  }

  /** @param {Blank | null} blank  null if none is in view */
  show(blank) {
    this.#blank = blank;
    if (blank) this.#draw();
    else this.element.hidden = true;
  }

  /** @param {import("../distribution/settings.js").Settings} said  some of the settings, as the sliders have them now */
  apply(said) {
    this.#settings = settingsOfBlank({ ...this.#settings, ...usable(said) });
    this.#draw();
  }

  /** Adapts the number of bars to the window. */
  fit() {
    if (!this.element.hidden && this.step.fit()) this.#draw();
  }

  /** @returns {number} the most probable word of the blank in view */
  get best() {
    return this.#shape.order[this.#shape.stretch[0]];
  }

  /** @returns {number} the word on which the blank's uniform number falls, greedy's under greedy */
  get drawn() {
    return drawnOf(this.#shape, this.#blank.draw, this.#settings);
  }

  /** @returns {import("../distribution/settings.js").Settings} those in view */
  get settings() {
    return this.#settings;
  }

  #draw() {
    if (!this.#blank) return;
    const { key, number, blanks, row } = this.#blank;
    const settings = this.#settings;
    const moment = momentOf([], { words: wordsOf(chosenModel(), this.#drawAgain), onAnswer: this.#drawAgain });
    const shape = reshape(row, moment, settings);
    if (isComputing([shape]) && this.#shape) return this.step.served.wait(settings);
    this.#shape = shape;
    const last = stagesInForce(settings).at(-1) ?? MODEL;
    const stage = [MODEL, ...stagesInForce(settings)].includes(this.#stage) ? this.#stage : last;
    const seen = stage === last ? shape : reshape(row, moment, through(settings, stage));
    const step = stepOf(this.#blank, shape, settings);
    const header = { vocabulary_size: row.order.length, caption: blanks > 1 ? ALONE : "", stage_notes: [] };
    const trace = { id: key, header, steps: [step], settingsOf: () => settings, nameOf: () => t("blank {number}", { number: number + 1 }) };
    const without = this.step.chain.lacking(through(settings, stage));
    const lacking = without && reshape(row, moment, without);
    this.step.show(/** @type {any} */ (trace), step, row, shape, settings, seen, stage, lacking);
    const seenAfter = stage === last ? undefined : stage === MODEL ? "" : label(stage);
    this.step.caption.say(captionOf({ step, shape, settings, seenAfter, how: this.#blank.put?.how }, this.#textOf));
  }

  #chooseStage(name) {
    const last = stagesInForce(this.#settings).at(-1) ?? MODEL;
    this.#stage = name === last ? null : name;
    this.#draw();
  }
}

/**
 * Returns the settings without what reads the text before a token, which a blank does not have.
 *
 * @param {import("../distribution/settings.js").Settings} settings
 */
export const settingsOfBlank = (settings) => ({ ...settings, ...OFF_IN_BLANKS });

/** @returns {number} the word that a blank's uniform number chooses */
export function drawnOf(shape, draw, settings) {
  return shape.order[settings.strategy === "greedy" ? shape.stretch[0] : shape.positionAt(draw)];
}

/**
 * Returns a blank as a step: its token is the word in it, or else the one that its own number draws.
 *
 * @param {Pick<Blank, "number" | "draw" | "put">} blank
 * @param {import("../distribution/distribution.js").Distribution} shape
 * @param {import("../distribution/settings.js").Settings} settings
 * @returns {import("../common/trace.js").Step}
 */
export function stepOf({ number, draw, put }, shape, settings) {
  const token_id = put?.id ?? drawnOf(shape, draw, settings);
  const { probability, rawProbability, rank } = shape.candidate(token_id);
  const isGreedy = settings.strategy === "greedy";
  const isDrawn = !isGreedy && (put === undefined || put.how === "drawn");
  return /** @type {any} */ ({
    index: number,
    token_id,
    probability,
    raw_probability: rawProbability,
    rank,
    kept: shape.kept,
    draw: isDrawn ? draw : null,
    forced: put?.how === "chosen" || (isGreedy && put?.how === "drawn"),
    origin: ORIGINS[put?.how ?? (isGreedy ? "greedy" : "sample")],
  });
}
