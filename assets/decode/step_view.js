/**
 * Shows one step: the chosen token, the settings, the chain of stages, and the candidates as bars, curve, ribbon and
 * table. Draws what it is given and fetches nothing.
 */

import { Bars, marksOf } from "./bars.js";
import { Caption } from "../common/caption.js";
import { captionOf } from "./caption.js";
import { CandidateTable } from "./candidate_table.js";
import { Chain } from "./chain/chain.js";
import { OWN, presetOf, TRANSFORMERS } from "./chain/order.js";
import { MODEL } from "./state.js";
import { Curve } from "./curve.js";
import { make } from "../common/dom.js";
import { face } from "../common/face.js";
import { t } from "../common/language.js";
import { Headline } from "./headline.js";
import { linesOf } from "./lines.js";
import { OrdersCompared } from "./orders_compared.js";
import { recomputedSentence } from "../common/recomputed.js";
import { Draws } from "./draws.js";
import { Ribbon } from "./ribbon.js";
import { Temperatures } from "./temperatures.js";
import { TokenSearch } from "./token_search.js";
import { ServedLine } from "./served_line.js";
import { SettingsLine, writtenWith } from "./settings_line.js";
import { stageOf } from "../distribution/settings.js";
import { togetherAt } from "./together.js";
import { isGiven } from "../common/trace.js";
import { isWhole } from "../distribution/row.js";
import { bits, capital, label, orderLabel } from "../common/words.js";
import { isToBeNamed } from "../models/models.js";

const GREEDY = t("Greedy takes the most probable token. It does not use temperature and cuts.");
const SEARCH = t(
  "Beam search compares whole texts, so it may take a less probable token. It does not use temperature and cuts.",
);
const PENALISED = t("The search applied its repetition penalty to log-probabilities; the bars apply it to logits.");
/** What processors do that many models with an encoder bring. @type {Record<string, string>} */
const BRINGS = { forced_eos_token: t("the last token that the limit allows is the end token") };
const GIVEN = t("The prompt gives this token. The bars show what the model expected here.");
const FEWEST_BARS = 10;
const FEWEST_IN_ALL = 4;
const MOST_BARS = 24;
const MARGIN_BELOW = 12; // pixels
const NO_DRAWS = new Draws();

/**
 * What a click on a candidate does.
 *
 * @typedef {object} Deed
 * @property {(token: string) => string} hint
 * @property {string} column  the head of the column of buttons in the table
 * @property {string} name  what the table is called
 * @property {string} what  that the bars are of: "step" or "blank"
 */

/** @type {Deed} */
const CONTINUES = {
  hint: (token) => t("Continue with {token}", { token }), column: t("Continue"), name: t("Next-token candidates"), what: "step",
};

export class StepView {
  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {(name: string) => void} onStage  called when the reader chooses a stage of the chain, or its MODEL
   * @param {() => void} onChange  called when the reader changes the view, so that the step must be shown again
   * @param {(id: number) => void} onToken  called when the reader chooses a candidate
   * @param {Deed} deed  what that does
   */
  constructor(textOf, onStage, onChange, onToken, deed = CONTINUES) {
    this.textOf = textOf;
    this.headline = new Headline(textOf);
    this.settings = new SettingsLine();
    this.chain = new Chain(onStage, onChange);
    this.served = new ServedLine();
    const onChoice = () => {
      this.fit();
      onChange();
    };
    this.bars = new Bars(textOf, onChoice, onToken, (id) => deed.hint(textOf(id)));
    this.curve = new Curve();
    this.ribbon = new Ribbon(textOf, onChange, deed.what);
    this.search = new TokenSearch(textOf);
    this.temperatures = new Temperatures(textOf);
    this.table = new CandidateTable(textOf, onToken, deed);
    this.orders = new OrdersCompared(textOf, deed === CONTINUES ? () => this.settings.onAgain() : null);
    this.caption = new Caption();
    this.isSaid = deed === CONTINUES; // a blank is not what comes next: its view says it
    this.caption.describe(this.bars.plot);
    /** An element under the bars, in which the caller can place one more line. */
    this.below = make("div", "pg-below");
    const candidates = make("div", "pg-candidates", this.bars.element, this.caption.element, this.below, this.temperatures.element);
    const beside = make("div", "pg-beside", this.curve.element, this.ribbon.element, this.search.element);
    this.element = make(
      "div",
      "pg-step",
      this.headline.element,
      this.settings.element,
      this.chain.element,
      this.served.element,
      make("div", "pg-how", candidates, beside),
      this.table.element,
      this.orders.element,
    );
    for (const panel of [this.element, beside]) panel.dataset.words = ""; // the words of each are one stop of the Tab key
    this.element.hidden = true;
  }

  /**
   * Makes as many bars as the reader chose, or as many as fit into the rest of the window above the temperatures.
   *
   * @returns {boolean} whether their number changed
   */
  fit() {
    const plot = this.bars.plot.getBoundingClientRect();
    const lineHeight = parseFloat(getComputedStyle(this.bars.plot).getPropertyValue("grid-auto-rows"));
    const parts = [this.caption.element, this.below, this.temperatures.element];
    const legend = this.bars.element.getBoundingClientRect().bottom - plot.bottom; // below the bars where it is narrow
    const below = parts.reduce((sum, { offsetHeight }) => sum + offsetHeight, legend);
    const covered = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--pg-covered")) || 0;
    const left = innerHeight - (plot.top + scrollY) - below - covered - MARGIN_BELOW;
    const fewest = covered ? FEWEST_IN_ALL : FEWEST_BARS; // what is covered cannot be scrolled into view
    const fitting = Math.min(MOST_BARS, Math.max(fewest, Math.floor(left / lineHeight)));
    const room = (face() === "simple" ? null : this.bars.roomAsked) ?? fitting;
    if (room === this.bars.room) return false;
    this.bars.room = room;
    return true;
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
   * @param {import("../common/trace.js").Step} step
   * @param {import("../distribution/row.js").Row} row  the step's logits
   * @param {import("../distribution/distribution.js").Distribution} shape  the distribution of the row under `settings`
   * @param {import("../distribution/settings.js").Settings} settings  the settings in view
   * @param {import("../distribution/distribution.js").Distribution} seen  what the bars show: `shape` after all stages
   *   or fewer
   * @param {string} seenStage  the last stage in `seen`, or MODEL
   * @param {import("../distribution/distribution.js").Distribution | null} lacking  as `seen`, without one stage of the
   *   chain; null if the reader does not ask for that
   */
  show(trace, step, row, shape, settings, seen, seenStage, lacking) {
    if (this.element.hidden) {
      this.element.hidden = false;
      this.fit();
    }
    this.headline.show(step);
    this.#showSettings(trace, step, settings, row);
    this.chain.show(trace.header.vocabulary_size, shape, seenStage, settings);
    this.served.show(settings);
    this.curve.show(row, shape, settings);
    const told = underGreedy(step, shape, settings);
    const key = JSON.stringify([trace.id, step.index, settings, shape.isWaiting]);
    this.ribbon.show(told, shape, key, settings.strategy === "greedy", togetherAt(trace.id, step.index, settings));
    const isLast = seen === shape;
    const draws = isLast ? this.ribbon.draws : NO_DRAWS;
    const lines = linesOf(seen, step.token_id, this.bars.room);
    const candidates = lines.filter((line) => line.kind === "token").map((line) => line.candidate);
    const name = trace.nameOf(step.index);
    const stageSeen = isLast ? "" : seenStage;
    const title = titleOf(name, isGiven(step), seen, stageSeen);
    const longest = (name, isGiven) => titleOf(name, isGiven, { entropyBits: 99.9 }, stageSeen);
    this.bars.keepRoomFor(longest(t("step {place}", { place: 9999 }), false), longest(t("prompt token {place}", { place: 999 }), true));
    this.bars.show(title, lines, marksOf(told, draws), (name) => settings[stageOf(name).setting], draws, row, this.#ghostOf(lacking));
    const seenAfter = isLast ? undefined : seenStage === MODEL ? "" : label(seenStage);
    if (this.isSaid) this.caption.say(captionOf({ step, shape, settings, seenAfter }, this.textOf));
    this.search.show(shape, told);
    this.temperatures.show(shape, settings, told.token_id);
    this.table.show(candidates, told, draws);
    this.orders.show(shape, settings, told, name);
  }

  /** @returns {import("./bars.js").Ghost | null} */
  #ghostOf(lacking) {
    return lacking && { name: t("without {stage}", { stage: label(this.chain.without) }), probability: (id) => lacking.probability(id) };
  }

  #showSettings(trace, step, settings, row) {
    const { header } = trace;
    const generated = isGiven(step) ? GIVEN : generatedWith(header, writtenWith(trace.settingsOf(step)));
    const about = [recomputedSentence(row.logits), caveatOf(header, settings)].filter(Boolean).join(" ");
    this.settings.show(trace, step, settings, { generated: header.caption ?? generated, about, isWhole: isWhole(row) });
  }
}

/** Names the model too, if it is to be named. @returns {string} */
function generatedWith({ model }, settings) {
  if (isToBeNamed(model)) return t("Generated by {model} with {settings}.", { model, settings });
  return t("Generated with {settings}.", { settings });
}

/**
 * Returns what to mark as chosen. Greedy draws nothing: whatever was drawn when the text was written, under greedy the
 * most probable token is the one, if any is left.
 */
function underGreedy(step, shape, settings) {
  return settings.strategy === "greedy" && shape.kept && step.draw !== null && !isGiven(step) ? { ...step, token_id: shape.order[0], draw: null } : step;
}

/**
 * Returns sentences for what the chain does not show: how greedy and beam search choose, and the model's own stages.
 */
function caveatOf(header, settings) {
  const sentences = [];
  if (settings.strategy === "greedy") sentences.push(GREEDY);
  if (settings.strategy === "beam") {
    sentences.push(SEARCH);
    if (settings.repetition_penalty !== 1) sentences.push(PENALISED);
  }
  const preset = presetOf(settings.order);
  if (preset === OWN) sentences.push(t("The stages run in an order of your own, not in that of transformers."));
  else if (preset !== TRANSFORMERS) {
    sentences.push(t("The stages run in the order of {engine}, not in that of transformers.", { engine: orderLabel(preset) }));
  }
  if (header.stage_notes.length) {
    const names = header.stage_notes.map((name) => (name in BRINGS ? `${name} (${BRINGS[name]})` : name));
    sentences.push(t("This model also applies {stages}, which the bars leave out.", { stages: names.join(", ") }));
  }
  return sentences.join(" ");
}

/**
 * @param {string} step  its name
 * @param {boolean} isGiven  whether its token was given; then the bars show no candidates for it
 * @param {{entropyBits: number}} seen
 * @param {string} stage  after which it is seen, or MODEL, or "" after all of them
 */
function titleOf(step, isGiven, { entropyBits }, stage) {
  const values = { step, bits: bits(entropyBits), stage: stage && stage !== MODEL ? label(stage) : "" };
  if (isGiven) {
    if (!stage) return capital(t("{step}: entropy {bits}", values));
    if (stage === MODEL) return capital(t("{step}, before all stages: entropy {bits}", values));
    return capital(t("{step}, after {stage}: entropy {bits}", values));
  }
  if (!stage) return capital(t("{step}: candidates, entropy {bits}", values)); // "candidates," leaves it where there is little room
  if (stage === MODEL) return capital(t("{step}, before all stages: candidates, entropy {bits}", values));
  return capital(t("{step}, after {stage}: candidates, entropy {bits}", values));
}
