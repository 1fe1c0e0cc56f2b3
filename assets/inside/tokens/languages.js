/** Shows one sentence in several languages and in code, with its tokens per word and per character, as a table with bars. */

import { button, make, setText } from "../../common/dom.js";
import { t } from "../../common/language.js";
import { scroller } from "../../common/scroller.js";
import { count } from "../../common/words.js";
import { headerCell } from "../../attention/table_fold.js";
import { exportOf } from "./export.js";
import { fetchTokens } from "./reader.js";
import { SENTENCES } from "./sentences.js";
import { rate } from "./words.js";

const NOTE = t(
  "The bars show the tokens per character: the longer a bar, the more a text of the same length costs in this language, and the " +
    "sooner the window is full. A word is what stands between spaces. Chinese, Japanese and Thai write none between words: " +
    "compare them by character.",
);

export class Languages {
  #onTake;
  /** @type {import("./state.js").Answer[] | null} */
  #answers = null;
  /** @type {import("./state.js").Answer[] | null} those of the other tokeniser */
  #others = null;
  #other = "";

  /** @param {(text: string) => void} onTake  called with a sentence that the reader wants to take apart */
  constructor(onTake) {
    this.#onTake = onTake;
    this.title = make("h4", "pg-tokens-title", t("Tokens per word and per character of one sentence"));
    this.status = make("p", "pg-muted", t("Reading the sentences …"));
    this.status.role = "status";
    this.table = make("table", "pg-table pg-languages");
    this.picture = make("figure", "pg-tokens-picture");
    const head = make("div", "pg-picture-head", this.title, exportOf("languages", t("Export the languages"), this.picture, () => this.#rows()));
    this.picture.append(head, scroller(t("The sentence in several languages"), this.table));
    this.element = make("section", "pg-tokens-part", make("h3", "", t("One sentence in several languages, and in code")), make("p", "", NOTE), this.status, this.picture);
    this.picture.hidden = true;
  }

  /** Fetches the sentences' tokens, the first time. */
  async show() {
    if (this.#answers) return;
    try {
      this.#answers = await fetchTokens(SENTENCES.map(({ text }) => text));
      setText(this.status, "");
      this.#draw();
    } catch (error) {
      setText(this.status, error.message);
    }
  }

  /** Adds a column for another tokeniser, or takes it away. @param {string | null} file  its id @param {string} name */
  async compare(file, name) {
    this.#other = name;
    this.#others = file ? await fetchTokens(SENTENCES.map(({ text }) => text), file) : null;
    this.#draw();
  }

  #draw() {
    if (!this.#answers) return;
    const most = Math.max(...this.#answers.map(({ counts }) => counts.tokens / counts.characters));
    const other = this.#others ? [t("tokens, {file}", { file: this.#other })] : [];
    const names = [t("language"), t("sentence as tokens"), t("tokens"), ...other, t("per word"), t("per character"), ""];
    const heads = names.map((name) => headerCell(name, "col"));
    heads[1].classList.add("pg-language-pieces");
    heads.at(-1).append(make("span", "pg-spoken", t("take it apart")));
    const lines = SENTENCES.map((sentence, at) => this.#line(sentence, this.#answers[at], this.#others?.[at], most));
    this.table.replaceChildren(make("thead", "", make("tr", "", ...heads)), make("tbody", "", ...lines));
    this.picture.hidden = false;
  }

  /** @param {typeof SENTENCES[number]} sentence */
  #line({ shown, lang, text, isSpaced }, { tokens, counts }, other, most) {
    const pieces = make("td", "pg-language-pieces", ...tokens.map((token) => make("span", "pg-token", token.shown)));
    pieces.lang = lang;
    const fill = make("span", "pg-tokens-fill pg-tokens-first");
    fill.style.width = `${(100 * counts.tokens) / counts.characters / most}%`;
    const bar = make("td", "pg-language-bar", make("span", "pg-tokens-track", fill), make("span", "pg-tokens-number", rate(counts.tokens, counts.characters)));
    const take = button(t("Take apart"), () => this.#onTake(text));
    take.ariaLabel = t("Take apart: the sentence in {language}", { language: shown });
    take.dataset.picture = "skip";
    const others = other ? [make("td", "", count(other.counts.tokens))] : [];
    return make("tr", "", headerCell(shown, "row"), pieces, make("td", "", count(counts.tokens)), ...others, make("td", "", isSpaced === false ? "–" : rate(counts.tokens, counts.words)), bar, make("td", "", take));
  }

  #rows() {
    const others = this.#others ?? [];
    return [
      ["language", "text", "tokens", "words", "characters", "bytes", ...(others.length ? [`tokens_${this.#other}`] : [])],
      ...SENTENCES.map(({ name, text }, at) => {
        const { tokens, words, characters, bytes } = this.#answers[at].counts;
        return [name, text, tokens, words, characters, bytes, ...(others.length ? [others[at].counts.tokens] : [])];
      }),
    ];
  }
}
