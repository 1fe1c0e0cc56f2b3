/** Finds tokens of the whole vocabulary: by a beginning, a part, a regular expression, or those that are no whole character. */

import { make, setText } from "../../common/dom.js";
import { select } from "../../common/fields.js";
import { t, tn } from "../../common/language.js";
import { bytesOf } from "../../common/readable.js";
import { scroller } from "../../common/scroller.js";
import { headerCell } from "../../attention/table_fold.js";
import { found, KINDS } from "./matching.js";

const SHOWN = 200;
const UNREADABLE = KINDS[3];
/** @type {Record<import("./matching.js").Kind, string>} */
const KIND_WORDS = {
  contains: t("a token that contains"),
  "begins with": t("a token that begins with"),
  "regular expression": t("a token that matches the regular expression"),
  "is no whole character": t("a token that is no whole character"),
};
const PAUSE_MS = 150;
const HINT = t("Type a part of a token. A space counts: “ the” and “the” are two tokens.");

export class VocabularySearch {
  /** @type {() => readonly string[]} */
  #vocabulary;
  #asked = 0; // the number of the newest search
  #timer = 0;

  /** @param {() => readonly string[]} vocabulary */
  constructor(vocabulary) {
    this.#vocabulary = vocabulary;
    this.kind = select(t("What a token has to be like"), KINDS, { wordsOf: (kind) => KIND_WORDS[kind], onChange: () => this.#search() });
    this.input = make("input", "pg-input");
    Object.assign(this.input, { type: "search", autocomplete: "off", spellcheck: false, ariaLabel: t("Search the vocabulary for") });
    this.input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#search(), PAUSE_MS);
    });
    this.status = make("p", "", HINT);
    this.status.role = "status";
    this.body = make("tbody");
    const head = make("thead", "", make("tr", "", ...[t("id"), t("token"), t("bytes")].map((name) => headerCell(name, "col"))));
    this.table = make("table", "pg-table pg-vocabulary-found", head, this.body);
    this.table.ariaLabel = t("Tokens found");
    this.place = scroller(t("Tokens found"), this.table, "pg-vocabulary-place");
    this.place.hidden = true;
    const bar = make("div", "pg-tokens-bar", this.kind, this.input);
    this.element = make("section", "pg-tokens-part", make("h3", "", t("Search the vocabulary")), bar, this.status, this.place);
  }

  async #search() {
    const asked = ++this.#asked;
    const [kind, wanted] = [/** @type {import("./matching.js").Kind} */ (this.kind.value), this.input.value];
    this.input.disabled = kind === UNREADABLE;
    if (!wanted && kind !== UNREADABLE) return this.#show([], HINT);
    try {
      const ids = await found(this.#vocabulary(), kind, wanted);
      if (asked === this.#asked) this.#show(ids, this.#sentence(ids, kind));
    } catch (error) {
      if (asked === this.#asked) this.#show([], error.message);
    }
  }

  #sentence(ids, kind) {
    const size = this.#vocabulary().length;
    if (!ids.length) return t("No token is like this.");
    const many = tn("{n} of {size} tokens is like this.", "{n} of {size} tokens are like this.", ids.length, { size });
    const why = kind === UNREADABLE ? t("They hold bytes that are a part of a character: a rare character takes several tokens, and no single one of them can be read.") : "";
    const more = ids.length > SHOWN ? t("The first {shown} are shown, in the order of their ids.", { shown: SHOWN }) : "";
    return [many, why, more].filter(Boolean).join(" ");
  }

  #show(ids, sentence) {
    setText(this.status, sentence);
    const vocabulary = this.#vocabulary();
    const lines = ids.slice(0, SHOWN).map((id) => {
      const bytes = bytesOf(vocabulary[id]).map((byte) => byte.toString(16).padStart(2, "0").toUpperCase());
      return make("tr", "", headerCell(String(id), "row"), make("td", "pg-token", vocabulary[id]), make("td", "", bytes.join(" ")));
    });
    this.body.replaceChildren(...lines);
    this.place.hidden = !lines.length;
  }
}
