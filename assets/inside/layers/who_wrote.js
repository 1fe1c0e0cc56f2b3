/**
 * "Who wrote the logit": the logit of a token after the chosen position as a sum over what each part of the model wrote,
 * or the difference of two tokens' logits. A layer's heads open below. Draws what it is given.
 */

import { choose as chooseHead } from "../../attention/choice.js";
import { TableFold } from "../../attention/table_fold.js";
import { button, make, setText } from "../../common/dom.js";
import { t } from "../../common/language.js";
import { openView } from "../../common/navigation.js";
import { isAlone, isRecorded } from "../../common/recorded.js";
import { isEncoder } from "../../models/serving.js";
import { TokenField } from "../token_field.js";
import { setTextWith, term } from "../../glossary/term.js";
import { allTerms, COLOURS, largest, nameOf, signed, WRITERS, writersOf } from "./sums.js";
import { takeAway } from "./take.js";
import { TermsChart } from "./terms_chart.js";

const ABOUT = t(
  "Each part of the model adds to one vector, and the logit is read from it. So the logit is a sum. A bar above 0 speaks for the token, " +
    "a bar below 0 against it. The line is the total so far.",
);
const FROZEN = t(
  "Every norm on the way is frozen: it is taken with the scale that it has for this text. So the bars add up exactly, but they do not say " +
    "what the model would do without a part.",
);
const FROZEN_HEAD = t("The function that bends the numbers in the head is frozen too: each number keeps the factor that it has for this text.");
const NOBODY = t("none");
const LARGEST = 3;
const HAS_ATTENTION = !isAlone || isRecorded("attention.json"); // else no pane can show where a head looks

export class WhoWrote {
  /** @type {import("./state.js").LayersState} */
  #state;
  #textOf;
  #onChoose;
  #onBlock;
  #heads = ""; // identifies the heads that are shown
  #offered = "";
  /** @type {import("./reader.js").Terms | null} the terms that are drawn */
  #drawn = null;

  /**
   * @param {import("./state.js").LayersState} state
   * @param {(id: number) => string} textOf
   * @param {() => number} sizeOf  the vocabulary
   * @param {{choose: (token: number, against: number | null) => void, block: (block: number | null) => void}} on
   */
  constructor(state, textOf, sizeOf, on) {
    this.#state = state;
    this.#textOf = textOf;
    this.#onChoose = on.choose;
    this.#onBlock = on.block;
    this.token = make("select", "pg-select");
    this.token.ariaLabel = t("Token whose logit is shared out");
    this.against = make("select", "pg-select");
    this.against.ariaLabel = t("Rather than this token");
    for (const one of [this.token, this.against]) one.addEventListener("change", () => this.#choose());
    this.title = make("h3", "pg-chart-title", t("Who wrote the logit"));
    const about = make("p", "pg-lens-about");
    setTextWith(about, ABOUT, [term("logit", t("logit"))]);
    this.field = new TokenField(sizeOf, textOf, (id) => on.choose(id, this.#rival));
    this.field.element.dataset.picture = "skip";
    const labels = [make("label", "", `${t("logit of")} `, this.token), make("label", "", `${t("rather than")} `, this.against)];
    this.controls = make("div", "pg-layers-bar", ...labels, ...(isAlone ? [] : [this.field.element])); // what was recorded is in the lists
    this.sum = make("p", "pg-logit-terms-sum");
    this.most = make("p", "pg-logit-terms-most");
    this.said = make("p", "pg-lens-said");
    this.note = make("p", "pg-muted pg-lens-about", isEncoder() ? `${FROZEN} ${FROZEN_HEAD}` : FROZEN);
    this.notice = Object.assign(make("p", "pg-notice"), { role: "alert" });
    this.chart = new TermsChart((block) => this.#onBlock(block), (one) => this.#say(one));
    this.heads = make("div", "pg-logit-terms-heads");
    const names = Object.entries(COLOURS).map(([kind, colour]) => [colour, WRITERS[kind]]);
    const legend = [...names, ["embedding", t("embedding")], ["bias", t("biases")]].map(([kind, words]) =>
      make("span", "pg-logit-terms-key", make("span", `pg-logit-terms-swatch pg-logit-terms-${kind}`), words),
    );
    this.crossing = legend[1];
    this.legend = make("div", "pg-lens-legend", ...legend, make("span", "pg-logit-terms-key", make("span", "pg-logit-terms-swatch pg-logit-terms-line"), t("total so far")));
    this.picture = make("div", "pg-logit-terms-all", this.sum, this.most, this.legend, this.chart.element, this.said, this.heads, this.note);
    this.element = make("figure", "pg-who-wrote", make("div", "pg-picture-head", this.title), about, this.controls, this.notice, this.picture);
    this.title.after(takeAway("parts of the logit", t("Export the parts of the logit"), this.element, () => this.#csv()));
    this.table = new TableFold(t("The parts of the logit as a table"));
    this.element.append(this.table.element);
  }

  /** Draws the terms, once they are there. */
  show() {
    const { column, terms, errors, block } = this.#state;
    this.element.hidden = (!column && !errors.terms);
    setText(this.notice, errors.terms);
    this.controls.hidden = !column;
    if (column) this.#offer();
    this.picture.classList.toggle("pg-waiting", !terms);
    this.picture.hidden = errors.terms !== "" || (!terms && !this.sum.textContent);
    this.table.element.hidden = !terms;
    if (!terms) return;
    this.#showSum();
    this.crossing.hidden = !terms.cross_attention;
    this.chart.show(terms, block);
    if (terms !== this.#drawn) this.#say(null);
    this.#drawn = terms;
    this.#showHeads();
    this.table.show(() => this.#table());
  }

  #offer() {
    const { offered, token, against } = this.#state;
    const key = JSON.stringify([offered, this.#textOf(offered[0])]);
    if (key !== this.#offered) {
      this.#offered = key;
      const options = () => offered.map((id) => Object.assign(make("option", "", this.#textOf(id)), { value: String(id) }));
      this.token.replaceChildren(...options());
      this.against.replaceChildren(Object.assign(make("option", "", NOBODY), { value: "" }), ...options());
    }
    this.token.value = String(token);
    this.against.value = against === null ? "" : String(against);
  }

  #choose() {
    this.#onChoose(Number(this.token.value), this.#rival);
  }

  get #rival() {
    return this.against.value === "" ? null : Number(this.against.value);
  }

  get #what() {
    const { token, against } = this.#state;
    const values = { token: this.#textOf(token), rival: against === null ? "" : this.#textOf(against) };
    return against === null ? t("“{token}”", values) : t("“{token}” rather than “{rival}”", values);
  }

  #showSum() {
    const { terms, against } = this.#state;
    const { logit, embedding, bias, remainder, after } = terms;
    const all = (values) => signed(values.reduce((sum, value) => sum + value, 0));
    const written = writersOf(terms).map((kind) => t("{part} {value}", { part: WRITERS[kind], value: all(terms[kind]) })).join(", ");
    const values = {
      token: this.#what, logit: signed(logit), embedding: signed(embedding), written, biases: signed(bias), remainder: signed(remainder),
    };
    const sum =
      against === null
        ? t("{token}: logit {logit} = embedding {embedding}, {written}, biases {biases}, remainder {remainder}.", values)
        : t("{token}: difference of the logits {logit} = embedding {embedding}, {written}, biases {biases}, remainder {remainder}.", values);
    const finish = after && against === null ? t("The model’s logits are then {after}.", { after }) : "";
    setText(this.sum, [sum, finish].filter(Boolean).join(" "));
    const list = (sign) => largest(terms, sign, LARGEST).map((one) => t("{part} {value}", { part: nameOf(one), value: signed(one.value) })).join(", ");
    const [most, least] = [list(1), list(-1)];
    const told = [most && t("Most for it: {parts}.", { parts: most }), least && t("Most against it: {parts}.", { parts: least })];
    setText(this.most, told.filter(Boolean).join(" "));
  }

  #say(one) {
    const words = t("Point at a bar, or move with the arrow keys. Choose a layer to see its heads.");
    setText(this.said, one ? t("{part} writes {value} for {token}", { part: nameOf(one), value: signed(one.value), token: this.#what }) : words);
  }

  #showHeads() {
    const { terms, block } = this.#state;
    const shown = JSON.stringify([block, terms.heads?.[block]]);
    if (shown === this.#heads) return;
    this.#heads = shown;
    this.heads.hidden = block === null;
    if (block === null) return;
    if (!terms.heads) return setText(this.heads, t("The heads of this model cannot be told apart."));
    const crossing = terms.cross_heads ? this.#headList("cross_attention", terms.cross_heads[block], block) : [];
    this.heads.replaceChildren(...this.#headList("attention", terms.heads[block], block), ...crossing);
  }

  /** @param {"attention" | "cross_attention"} kind @returns {HTMLElement[]} a title, and a row for each head */
  #headList(kind, heads, block) {
    const whole = this.#state.terms[kind][block];
    const rest = whole - heads.reduce((sum, value) => sum + value, 0);
    const top = Math.max(...heads.map(Math.abs), Math.abs(rest)) || 1;
    const title = make("h4", "", headsTitle(kind, { layer: block, value: signed(whole) }));
    const rows = heads.map((value, head) => this.#headRow(t("head {head}", { head }), value, top, HAS_ATTENTION ? () => look(block, head) : null));
    if (Math.abs(rest) > 1e-3) rows.push(this.#headRow(t("bias"), rest, top, null));
    return [title, Object.assign(make("div", "pg-head-list", ...rows), { role: "list" })];
  }

  #headRow(name, value, top, onOpen) {
    const fill = make("span", `pg-head-fill ${value < 0 ? "pg-head-against" : ""}`);
    Object.assign(fill.style, { width: `${(50 * Math.abs(value)) / top}%`, left: value < 0 ? `${50 - (50 * Math.abs(value)) / top}%` : "50%" });
    const track = make("span", "pg-head-track", fill);
    const open = onOpen ? button(t("attention"), onOpen, "pg-button pg-head-open") : make("span");
    if (onOpen) open.ariaLabel = t("Show where {head} looks, on Attention", { head: name });
    const row = make("div", "pg-head-row", make("span", "", name), track, make("span", "pg-head-value", signed(value)), open);
    row.role = "listitem";
    return row;
  }

  #table() {
    const { terms } = this.#state;
    const heads = terms.heads?.[0].length ?? 0;
    const kinds = writersOf(terms);
    const columns = [t("part"), ...kinds.map((kind) => WRITERS[kind]), ...Array.from({ length: heads }, (_, head) => t("head {head}", { head }))];
    const none = Array.from({ length: heads }, () => "–");
    const lines = terms.attention.map((_, block) => [
      t("layer {layer}", { layer: block }), ...kinds.map((kind) => signed(terms[kind][block])), ...(terms.heads?.[block].map(signed) ?? []),
    ]);
    const alone = [[t("embedding"), terms.embedding], [t("biases"), terms.bias], [t("remainder"), terms.remainder], [t("logit"), terms.logit]];
    return { columns, lines: [...lines, ...alone.map(([name, value]) => [String(name), signed(value), ...kinds.slice(1).map(() => "–"), ...none])] };
  }

  #csv() {
    const { terms, token, against } = this.#state;
    const tokens = [token, this.#textOf(token), against ?? "", against === null ? "" : this.#textOf(against)];
    const header = ["token_id", "token", "against_id", "against", t("part"), "layer", "head", "value"];
    const parts = allTerms(terms).map(({ kind, block, value }) => [kind, block ?? "", "", value]);
    const heads = (terms.heads ?? []).flatMap((values, block) => values.map((value, head) => ["head", block, head, value]));
    const crossing = (terms.cross_heads ?? []).flatMap((values, block) => values.map((value, head) => ["cross head", block, head, value]));
    const ends = [["remainder", "", "", terms.remainder], ["logit", "", "", terms.logit]];
    return [header, ...[...parts, ...ends, ...heads, ...crossing].map((part) => [...tokens, ...part])];
  }
}

/** @param {"attention" | "cross_attention"} kind @param {{layer: number, value: string}} values */
const headsTitle = (kind, values) =>
  kind === "attention" ? t("Heads of layer {layer}: attention {value} in all", values) : t("Heads of layer {layer}: cross-attention {value} in all", values);

/** Shows a head on the Attention pane. */
function look(layer, head) {
  chooseHead({ layer, head });
  openView("inside/attention");
}
