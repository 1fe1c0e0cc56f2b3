/**
 * One step: which token was drawn, under which settings, how the choice was made, and the candidates as bars and table.
 * Draws what it is given; fetches nothing and remembers nothing.
 */

import { Bars } from "./bars.js";
import { CandidateTable } from "./candidate_table.js";
import { make, setText } from "./dom.js";
import { linesOf } from "./lines.js";
import { count, deed, draw, percent, plural, settingsInForce, settingsThatDiffer } from "./words.js";

const GREEDY = "Greedy takes the most probable token; temperature and cuts are not used";
const FEWEST_BARS = 10;
const MOST_BARS = 24;

export class StepView {
  /** @param {(id: number) => string} textOf  a token's text */
  constructor(textOf) {
    this.textOf = textOf;
    this.token = make("span", "pg-token pg-headline-token");
    this.facts = make("span", "pg-facts");
    this.generated = make("div");
    this.differing = make("div", "pg-differing");
    this.chain = make("ol", "pg-chain");
    this.chain.ariaLabel = "How the choice was made";
    this.bars = new Bars(textOf);
    this.table = new CandidateTable(textOf);
    this.element = make(
      "div",
      "pg-step",
      make("div", "pg-headline", this.token, this.facts),
      make("div", "pg-settings", this.generated, this.differing),
      this.chain,
      this.bars.element,
      this.table.element,
    );
    this.element.hidden = true;
  }

  /**
   * Makes as many bars as fit the window below what stands above them.
   *
   * @returns {boolean} whether that changed their number
   */
  fit() {
    const plot = this.bars.plot.getBoundingClientRect();
    const lineHeight = parseFloat(getComputedStyle(this.bars.plot).getPropertyValue("grid-auto-rows"));
    const left = innerHeight - (plot.top + scrollY) - this.table.element.firstChild.offsetHeight;
    const room = Math.min(MOST_BARS, Math.max(FEWEST_BARS, Math.floor(left / lineHeight)));
    if (room === this.bars.room) return false;
    this.bars.room = room;
    return true;
  }

  /**
   * @param {import("./trace.js").Trace} trace
   * @param {import("./trace.js").Step} step
   * @param {import("./distribution.js").Distribution} shape  of the step's row, under `settings`
   * @param {import("./settings.js").Settings} settings  the ones in view
   */
  show(trace, step, shape, settings) {
    if (this.element.hidden) {
      this.element.hidden = false;
      this.fit();
    }
    this.#showHeadline(trace.header, step, settings);
    this.#showChain(trace.header, shape, settings);
    const lines = linesOf(shape, step.token_id, this.bars.room);
    const candidates = lines.filter((line) => line.kind === "token").map((line) => line.candidate);
    this.bars.show(titleOf(step, shape), lines, step, (name) => settings[name]);
    this.table.show(candidates, step.token_id);
  }

  #showHeadline(header, step, settings) {
    setText(this.token, this.textOf(step.token_id));
    const facts = [
      ["probability", percent(step.probability)],
      ["unscaled", percent(step.raw_probability)],
      ["rank", count(step.rank)],
      [step.draw === null ? "the best of" : "from", plural(step.kept, "token")],
    ];
    if (step.draw !== null) facts.push(["u =", draw(step.draw)]);
    const spans = facts.map(([name, value]) => make("span", "", `${name} `, make("strong", "", value)));
    this.facts.replaceChildren(...spans);

    const differing = settingsThatDiffer(header.settings, settings);
    setText(this.generated, header.caption ?? `Generated with ${settingsInForce(header.settings)}.`);
    const use = header.caption ? "The bars now show" : "Press Generate to use what the bars now show:";
    setText(this.differing, differing && `${use} ${differing}.`);
  }

  #showChain(header, shape, settings) {
    const links = [plural(header.vocabulary_size, "token")];
    links.push(...shape.stages.filter((stage) => !stage.off).map(deed));
    if (settings.strategy === "greedy") links.push(GREEDY);
    else if (links.length === 1) links.push("nothing scaled, nothing cut");
    if (header.stage_notes.length) {
      links.push(`this model also applies ${header.stage_notes.join(", ")}, which the bars leave out`);
    }
    this.chain.replaceChildren(...links.map((link) => make("li", "", link)));
  }
}

function titleOf(step, shape) {
  return `Step ${step.index + 1}: most probable next tokens, entropy ${shape.entropyBits.toFixed(1)} bits`;
}
