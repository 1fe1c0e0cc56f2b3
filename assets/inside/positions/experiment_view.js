/**
 * Shows an experiment with the order of a text: the tokens in both orders, and the most probable next tokens of each run
 * side by side, as a table with a bar in each cell.
 */

import { headerCell } from "../../attention/table_fold.js";
import { make, setText } from "../../common/dom.js";
import { fixed, t } from "../../common/language.js";
import { scroller } from "../../common/scroller.js";
import { bits, percent } from "../../common/words.js";

/** What the runs are called in a file, by their names. */
export const RUNS = {
  "as it is": "as it is",
  moved: "words moved",
  "no positions": "no positions",
  "moved, no positions": "words moved, no positions",
};
/** The same on the page. @type {Record<string, string>} */
const SHOWN = {
  "as it is": t("as it is"),
  moved: t("words moved"),
  "no positions": t("no positions"),
  "moved, no positions": t("words moved, no positions"),
};

export class ExperimentView {
  #textOf;

  /** @param {(id: number) => string} textOf */
  constructor(textOf) {
    this.#textOf = textOf;
    this.title = make("div", "pg-bars-title");
    this.texts = make("dl", "pg-orders");
    this.head = make("tr");
    this.body = make("tbody");
    this.table = make("table", "pg-table pg-order-table", make("thead", "", this.head), this.body);
    this.result = make("p");
    this.figure = make("figure", "pg-positions-figure", this.title, this.texts, scroller(t("Next tokens of each run"), this.table), this.result);
    this.figure.ariaLabel = t("Tokens with another order");
    this.element = this.figure;
  }

  /**
   * @param {import("./reader.js").Experiment | null} experiment
   * @param {string} token  the one that reads, or that is masked
   * @param {boolean} [isMasked]  whether the runs tell what stands in the token's own place
   */
  show(experiment, token, isMasked = false) {
    this.element.hidden = !experiment;
    if (!experiment) return;
    const { token_ids: ids, moved_ids: moved, runs, tokens } = experiment;
    const largest = Math.max(...tokens.flatMap(({ probabilities }) => probabilities));
    const values = { token, largest: percent(largest) };
    setText(
      this.title,
      isMasked
        ? t("What stands in the place of “{token}”, with the same words in another order: bars from 0 to {largest}", values)
        : t("The next token after “{token}”, with the same words in another order: bars from 0 to {largest}", values),
    );
    const row = (all) => make("dd", "", ...all.map((id) => make("bdi", "pg-token", this.#textOf(id))));
    this.texts.replaceChildren(make("dt", "", t("as it is")), row(ids), make("dt", "", t("words moved")), row(moved));
    this.head.replaceChildren(headerCell(isMasked ? t("token") : t("next token"), "col"), ...runs.map(({ name }) => headerCell(SHOWN[name] ?? name, "col")));
    const shares = tokens.map(({ token_id: id, probabilities }) => make("tr", "", tokenCell(this.#textOf(id)), ...probabilities.map((share) => shareCell(share, largest))));
    const entropies = make("tr", "", headerCell(t("entropy"), "row", "pg-order-token"), ...runs.map((run) => make("td", "", bits(run.entropy_bits))));
    const losses = make("tr", "", headerCell(t("KL from “as it is”"), "row", "pg-order-token"), ...runs.map((run) => make("td", "", t("{number} bits", { number: fixed(run.kl_bits, 2) }))));
    this.body.replaceChildren(...shares, entropies, losses);
    setText(this.result, resultOf(experiment, this.#textOf));
  }
}

function tokenCell(text) {
  const cell = headerCell("", "row", "pg-order-token");
  cell.append(make("bdi", "pg-token", text));
  return cell;
}

/** @param {number} share @param {number} largest  where the bars end */
function shareCell(share, largest) {
  const bar = make("span", "pg-order-bar");
  bar.style.width = `${(100 * share) / largest}%`;
  return make("td", "", make("span", "pg-order-share", make("span", "pg-order-track", bar), make("span", "", percent(share))));
}

/** @returns {string} what the experiment says, in sentences @param {import("./reader.js").Experiment} experiment @param {(id: number) => string} textOf */
export function resultOf({ token_ids: ids, moved_ids: moved, runs, tokens }, textOf) {
  const best = (run) => textOf(tokens.reduce((top, one) => (one.probabilities[run] > top.probabilities[run] ? one : top)).token_id);
  if (ids.every((id, place) => id === moved[place])) return t("There are too few words before this token, or around it, to put them in another order. Choose another token.");
  const values = { other: best(1), token: best(0), kl: fixed(runs[1].kl_bits, 2) };
  const first =
    best(1) === best(0)
      ? t("In the other order the most probable token is still “{token}”; KL {kl} bits.", values)
      : t("In the other order the most probable token is “{other}”, not “{token}”; KL {kl} bits.", values);
  return runs.length > 2 ? `${first} ${t("Without positions the text as it is loses {loss} bits.", { loss: fixed(runs[2].kl_bits, 2) })}` : first;
}
