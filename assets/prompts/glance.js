/**
 * Shows one step at a glance: its surprisal and entropy, a sentence about what the settings did, and the candidates as
 * bars. It always has the same height. Draws what it is given.
 */

import { Bars, marksOf } from "../decode/bars.js";
import { linesOf } from "../decode/lines.js";
import { Draws } from "../decode/draws.js";
import { button, make, rest, setText } from "../common/dom.js";
import { t, tn, tParts } from "../common/language.js";
import { SHADINGS } from "../common/shading.js";
import { deed, draw, percent, settingsThatDiffer } from "../common/words.js";

const LINES = 7;
const NO_DRAWS = new Draws();
const GREEDY = t("Greedy takes the most probable token.");
const OWN = t("Numbers of the model's own distribution, before the settings");

export class Glance {
  #textOf;

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {() => void} onOpen  called when the reader opens the step on the Decode tab
   */
  constructor(textOf, onOpen) {
    this.#textOf = textOf;
    this.title = make("strong");
    this.open = button(t("Open in Decode"), onOpen);
    this.facts = make("p", "pg-prompts-facts");
    this.facts.title = OWN;
    this.outcome = make("span");
    this.choice = make("span");
    this.told = make("p", "pg-prompts-told", this.outcome, " ", this.choice);
    this.bars = new Bars(textOf, () => {}, () => {});
    this.bars.room = LINES;
    const head = make("div", "pg-prompts-glance-head", this.title, this.open);
    this.body = make("div", "pg-prompts-glance-body", this.facts, this.told, this.bars.element);
    this.element = make("div", "pg-prompts-glance", head, this.body);
    this.clear();
  }

  /** Shows nothing, but keeps its height. */
  clear() {
    setText(this.title, "");
    rest(this.open, true);
    this.body.classList.add("pg-prompts-nothing");
  }

  /**
   * @param {import("../common/trace.js").Trace} trace
   * @param {import("../common/trace.js").Step} step
   * @param {import("../distribution/distribution.js").Distribution} shape  the distribution of the row under `settings`
   * @param {import("../distribution/settings.js").Settings} settings  the settings in view
   */
  show(trace, step, shape, settings) {
    rest(this.open, false);
    this.body.classList.remove("pg-prompts-nothing");
    setText(this.title, t("Step {step}", { step: step.index + 1 }));
    const facts = [SHADINGS.surprisal, SHADINGS.entropy].map(({ words }) => make("span", "", words(step)));
    this.facts.replaceChildren(...facts);
    setText(this.outcome, settings.strategy === "greedy" ? GREEDY : leftBy(shape));
    this.choice.replaceChildren(...this.#choiceOf(step, trace.settingsOf(step), settings));
    this.told.title = [...shape.stages.filter(({ off }) => !off).map(deed), this.choice.textContent].join("\n");
    const lines = linesOf(shape, step.token_id, LINES);
    this.bars.show("", lines, marksOf(step, NO_DRAWS), (name) => settings[name], NO_DRAWS);
  }

  /** @param {string} sentence  the reason why the step cannot be shown */
  refuse(sentence) {
    this.clear();
    setText(this.title, sentence);
  }

  #choiceOf(step, under, settings) {
    const token = make("span", "pg-token", this.#textOf(step.token_id));
    if (settingsThatDiffer(under, settings)) return tParts("Other settings chose {token}.", { token });
    return step.draw === null ? tParts("It chose {token}.", { token }) : tParts("u = {u} drew {token}.", { u: draw(step.draw), token });
  }
}

/** How many tokens the settings leave. @param {import("../distribution/distribution.js").Distribution} shape */
function leftBy({ stages, kept, order }) {
  const all = order.length;
  if (kept === all) return tn("The settings leave all {n} token.", "The settings leave all {n} tokens.", all);
  const removed = 1 - stages.reduce((share, { removedMass }) => share * (1 - removedMass), 1);
  return removed > 0
    ? tn("The settings leave {n} of {all} tokens and remove {share} of the probability.", "The settings leave {n} of {all} tokens and remove {share} of the probability.", kept, { all, share: percent(removed) })
    : tn("The settings leave {n} of {all} tokens.", "The settings leave {n} of {all} tokens.", kept, { all });
}
