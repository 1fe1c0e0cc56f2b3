/**
 * Shows one step: the chosen token, the settings, the chain of stages, and the candidates as bars, curve, ribbon and
 * table. Draws what it is given and fetches nothing.
 */

import { Bars, marksOf } from "./bars.js";
import { CandidateTable } from "./candidate_table.js";
import { Chain } from "./chain.js";
import { MODEL } from "./state.js";
import { Curve } from "./curve.js";
import { make, setText } from "../common/dom.js";
import { linesOf } from "./lines.js";
import { recomputedIn } from "../common/recomputed.js";
import { Draws, Ribbon } from "./ribbon.js";
import { Temperatures } from "./temperatures.js";
import { TokenSearch } from "./token_search.js";
import { isGiven } from "../common/trace.js";
import { isWhole } from "../distribution/row.js";
import { bits, capital, count, draw, label, origin, percent, plural, settingsInForce, settingsThatDiffer } from "../common/words.js";

const GREEDY = "Greedy takes the most probable token. It does not use temperature and cuts.";
const SEARCH =
  "Beam search compares whole texts, so it may take a less probable token. It does not use temperature and cuts.";
const PENALISED = "The search applied its repetition penalty to log-probabilities; the bars apply it to logits.";
const GIVEN = "The prompt gives this token. The bars show what the model expected here.";
const recomputed = (dtype) =>
  `This row was computed again in ${dtype} and may differ slightly from the one that chose the token.`;
const COMPLETING = "The less probable tokens follow.";
const FEWEST_BARS = 10;
const MOST_BARS = 24;
const MARGIN_BELOW = 12; // pixels
const NO_DRAWS = new Draws();

export class StepView {
  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {(name: string) => void} onStage  called when the reader chooses a stage of the chain, or its MODEL
   * @param {() => void} onChange  called when the reader changes the view, so that the step must be shown again
   * @param {(id: number) => void} onToken  called when the reader wants to continue the text with this token
   */
  constructor(textOf, onStage, onChange, onToken) {
    this.textOf = textOf;
    this.token = make("span", "pg-token pg-headline-token");
    this.facts = make("span", "pg-facts");
    this.generated = make("span");
    this.caveat = make("span");
    this.said = make("span", "pg-said", this.generated, " ", this.caveat);
    this.differing = make("span", "pg-differing");
    this.chain = new Chain(onStage);
    const onChoice = () => {
      this.fit();
      onChange();
    };
    this.bars = new Bars(textOf, onChoice, onToken);
    this.curve = new Curve();
    this.ribbon = new Ribbon(textOf, onChange);
    this.search = new TokenSearch(textOf);
    this.temperatures = new Temperatures(textOf);
    this.table = new CandidateTable(textOf, onToken);
    /** An element under the bars, in which the caller can place one more line. */
    this.below = make("div", "pg-below");
    const candidates = make("div", "pg-candidates", this.bars.element, this.below);
    const beside = make("div", "pg-beside", this.curve.element, this.ribbon.element, this.search.element);
    this.element = make(
      "div",
      "pg-step",
      make("div", "pg-headline", this.token, this.facts),
      make("div", "pg-settings", this.said, this.differing),
      this.chain.element,
      make("div", "pg-how", candidates, beside),
      this.temperatures.element,
      this.table.element,
    );
    this.element.hidden = true;
  }

  /**
   * Makes as many bars as the reader chose, or as many as fit into the rest of the window.
   *
   * @returns {boolean} whether their number changed
   */
  fit() {
    const plot = this.bars.plot.getBoundingClientRect();
    const lineHeight = parseFloat(getComputedStyle(this.bars.plot).getPropertyValue("grid-auto-rows"));
    const left = innerHeight - (plot.top + scrollY) - this.below.offsetHeight - MARGIN_BELOW;
    const fitting = Math.min(MOST_BARS, Math.max(FEWEST_BARS, Math.floor(left / lineHeight)));
    const room = this.bars.roomAsked ?? fitting;
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
   */
  show(trace, step, row, shape, settings, seen, seenStage) {
    if (this.element.hidden) {
      this.element.hidden = false;
      this.fit();
    }
    this.#showHeadline(trace, step, settings, row);
    this.chain.show(trace.header.vocabulary_size, shape.stages, seenStage);
    this.curve.show(row, shape, settings);
    this.ribbon.show(step, shape, JSON.stringify([trace.id, step.index, settings]));
    const isLast = seen === shape;
    const draws = isLast ? this.ribbon.draws : NO_DRAWS;
    const lines = linesOf(seen, step.token_id, this.bars.room);
    const candidates = lines.filter((line) => line.kind === "token").map((line) => line.candidate);
    const name = trace.nameOf(step.index);
    this.bars.show(titleOf(name, seen, isLast ? "" : seenStage), lines, marksOf(step, draws), (name) => settings[name], draws);
    this.search.show(shape, step);
    this.temperatures.show(row, trace.idsBefore(step.index), settings, step.token_id);
    this.table.show(candidates, step, draws);
  }

  #showHeadline(trace, step, settings, row) {
    const { header } = trace;
    const under = trace.settingsOf(step);
    setText(this.token, this.textOf(step.token_id));
    const facts = [
      ["probability", percent(step.probability)],
      ["unscaled", percent(step.raw_probability)],
      ["rank", count(step.rank)],
    ];
    if (isGiven(step)) facts.splice(1, 1, ["surprisal", bits(-Math.log2(step.raw_probability))]);
    else facts.push([choiceOf(step), plural(step.kept, "token")]);
    if (step.draw !== null) facts.push(["u =", draw(step.draw)]);
    const spans = facts.map(([name, value]) => {
      return make("span", name === "u =" ? "pg-u" : "", `${name} `, make("strong", "", value));
    });
    this.facts.replaceChildren(...spans);

    const differing = settingsThatDiffer(under, settings);
    const generated = isGiven(step) ? GIVEN : `Generated with ${settingsInForce(under)}.`;
    setText(this.generated, header.caption ?? generated);
    const use = header.caption ? "" : " Press Generate to use it.";
    setText(this.differing, differing && `The bars now show ${differing}.${use}`);
    const dtype = recomputedIn(row.logits);
    const about = [isWhole(row) ? "" : COMPLETING, dtype && recomputed(dtype), caveatOf(header, settings)];
    setText(this.caveat, about.filter(Boolean).join(" "));
    this.said.title = this.said.textContent;
  }
}

/** Returns the words before the number of tokens that were left to choose from. */
function choiceOf(step) {
  if (step.forced) return `${origin(step)}; the stages kept`;
  return step.draw === null ? "the most probable of" : "drawn from";
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
  if (header.stage_notes.length) {
    sentences.push(`This model also applies ${header.stage_notes.join(", ")}, which the bars leave out.`);
  }
  return sentences.join(" ");
}

function titleOf(name, { entropyBits }, stage) {
  const place = !stage ? "" : stage === MODEL ? ", before all stages" : `, after ${label(stage)}`;
  return `${capital(name)}${place}: candidates, entropy ${entropyBits.toFixed(1)} bits`;
}
