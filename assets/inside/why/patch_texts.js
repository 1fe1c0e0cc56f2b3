/** The two texts of Patching: fields to write them, their tokens, and what to do where one has more tokens than the other. */

import { PAIR_NAMES } from "./patch_state.js";
import { align } from "../align.js";
import { button, make, setText } from "../../common/dom.js";
import { labelled, select } from "../../common/fields.js";
import { t, tn } from "../../common/language.js";

const OWN = "my own texts";
const ROWS = { clean: t("Tokens of the clean text"), corrupted: t("Tokens of the corrupted text") };
const NAMES = { clean: t("Clean text"), corrupted: t("Corrupted text"), target: t("What the decoder has written so far") };
const BOTH = ["clean", "corrupted"];

export class PatchTexts {
  #onWrite;
  #pairs;
  #mended = null;

  /**
   * @param {Record<string, import("./patch_state.js").Texts>} pairs  by their names
   * @param {boolean} hasTarget  whether a decoder has written something after both texts
   * @param {(clean: string, corrupted: string, target: string) => void} onWrite  called with each change of a text
   */
  constructor(pairs, hasTarget, onWrite) {
    this.#onWrite = onWrite;
    this.#pairs = pairs;
    this.list = select(t("Two texts"), [...Object.keys(pairs), OWN], { wordsOf: (name) => PAIR_NAMES[name] ?? t("my own texts"), onChange: (name) => pairs[name] && this.#write(...pairs[name]) });
    this.fields = BOTH.map((which) => this.#field(which));
    this.tokens = BOTH.map((which) => {
      const row = make("div", "pg-patch-row");
      row.role = "group";
      row.ariaLabel = ROWS[which];
      return row;
    });
    this.counts = make("p", "pg-patch-counts");
    this.counts.role = "status";
    this.mend = button("", () => this.#mended && this.#write(this.#mended[0], this.#mended[1], this.target.value));
    const lines = this.fields.map((field, place) => make("div", "pg-patch-line", labelled(NAMES[BOTH[place]], field), this.tokens[place]));
    this.target = this.#field("target");
    this.written = make("div", "pg-patch-row", "");
    this.written.role = "group";
    this.written.ariaLabel = t("Tokens that the decoder has read");
    const target = make("div", "pg-patch-line", labelled(t("Written so far"), this.target), this.written);
    target.hidden = !hasTarget;
    this.element = make("div", "pg-patch-texts", labelled(t("Two texts"), this.list), ...lines, target, this.counts, this.mend);
  }

  /** @param {import("./patch_state.js").PatchState} state @param {(id: number) => string} textOf */
  show(state, textOf) {
    const { clean, corrupted, target, pair } = state;
    const shown = [clean, corrupted, target];
    [...this.fields, this.target].forEach((field, place) => {
      if (field.value !== shown[place]) field.value = shown[place];
    });
    const isShown = (texts) => shown.every((text, place) => text === (texts[place] ?? ""));
    this.list.value = Object.keys(this.#pairs).find((name) => isShown(this.#pairs[name])) ?? OWN;
    this.written.replaceChildren(...(pair?.target ?? []).map((id) => make("span", "pg-token", textOf(id))));
    const rows = pair ? [pair.clean, pair.corrupted] : [[], []];
    const pairs = align(rows[0], rows[1]).filter(([first, second]) => rows[0][first] === rows[1][second]);
    this.tokens.forEach((row, place) => {
      const shared = new Set(pairs.map((both) => both[place]));
      row.replaceChildren(...rows[place].map((id, at) => make("span", `pg-token ${shared.has(at) ? "" : "pg-patch-other"}`, textOf(id))));
    });
    setText(this.counts, pair ? counted(state) : "");
    this.#mended = pair?.mended ?? null;
    this.mend.hidden = !this.#mended;
    if (this.#mended) setText(this.mend, t("Fill the shorter one up: “{text}”", { text: this.#mended[this.#mended[0] === clean ? 1 : 0] }));
  }

  #field(which) {
    const field = make("input", "pg-entry pg-patch-field");
    Object.assign(field, { type: "text", autocomplete: "off", spellcheck: false });
    field.ariaLabel = NAMES[which];
    field.addEventListener("input", () => this.#write(this.fields[0].value, this.fields[1].value, this.target.value));
    return field;
  }

  #write(clean, corrupted, target = "") {
    const hadFocus = document.activeElement === this.mend;
    this.#onWrite(clean, corrupted, target);
    if (hadFocus) this.fields[0].focus(); // the button goes away
  }
}

/** @param {import("./patch_state.js").PatchState} state @returns {string} how many tokens there are, and what to do about it */
export function counted({ pair, isEven, firstDifference }) {
  const [clean, corrupted] = [pair.clean.length, pair.corrupted.length];
  if (!Math.min(clean, corrupted)) return t("Write two texts that differ in a word.");
  if (Math.max(clean, corrupted) > pair.most) return t("The texts have {clean} and {corrupted} tokens, and patching takes at most {most}. Shorten them.", { clean, corrupted, most: pair.most });
  if (isEven && firstDifference < 0) return t("The two texts are the same. Change a word of one.");
  if (isEven) return tn("Both texts have {n} token. Those that differ are marked.", "Both texts have {n} tokens. Those that differ are marked.", clean);
  const longer =
    clean > corrupted
      ? tn("The clean text has {n} token more.", "The clean text has {n} tokens more.", clean - corrupted)
      : tn("The corrupted text has {n} token more.", "The corrupted text has {n} tokens more.", corrupted - clean);
  return [
    t("The texts have {clean} and {corrupted} tokens, and patching needs equally many: a vector is copied to the same position.", { clean, corrupted }),
    longer,
    pair.mended
      ? t("Change a marked word for one with as many tokens, or fill the shorter text up.")
      : t("Change a marked word for one with as many tokens, or shorten one."),
  ].join(" ");
}
