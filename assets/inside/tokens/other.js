/** Lets the reader put another tokeniser beside the model's: that of a `tokenizer.json` file, which the server reads. */

import { button, make, setText } from "../../common/dom.js";
import { t } from "../../common/language.js";
import { chipOf } from "./chips.js";
import { fetchTokens, LARGEST_FILE, Newest, sendFile } from "./reader.js";
import { countsText } from "./words.js";

const NOTE = t(
  "Most models on the Hugging Face Hub have their tokeniser in a file tokenizer.json. Choose one to see the same text in its tokens. " +
    "The file is read on this server, and forgotten after a while.",
);
const GONE = 404;

export class OtherTokeniser {
  /** @type {File | null} */
  #file = null;
  #id = null;
  #onTurn;
  #newest;
  #text = "";

  /** @param {(id: string | null, name: string) => unknown} onTurn  called when there is another one, or none any more */
  constructor(onTurn) {
    this.#onTurn = onTurn;
    this.#newest = new Newest((text) => this.#fetch(text), (_, answer) => this.#draw(answer), (sentence) => this.#say(sentence));
    this.input = Object.assign(make("input"), { type: "file", accept: ".json,application/json", hidden: true });
    this.input.ariaLabel = t("A tokenizer.json file");
    this.input.addEventListener("change", () => this.#choose());
    this.choose = button(t("Choose a tokenizer.json …"), () => this.input.click());
    this.remove = button(t("Take it away"), () => this.#turn(null, null));
    this.remove.hidden = true;
    this.status = make("p");
    this.status.role = "status";
    this.pieces = make("div", "pg-pieces pg-other-pieces");
    this.pieces.role = "list";
    this.pieces.ariaLabel = t("Tokens of the other tokeniser");
    this.pieces.hidden = true;
    const bar = make("div", "pg-tokens-bar", this.choose, this.remove, this.input);
    this.element = make("section", "pg-tokens-part", make("h3", "", t("Another tokeniser beside it")), make("p", "", NOTE), bar, this.status, this.pieces);
  }

  /** @param {string} text  the text to take apart */
  show(text) {
    if (text === this.#text) return;
    this.#text = text;
    if (this.#id) this.#newest.ask(text);
  }

  async #choose() {
    const [file] = this.input.files;
    this.input.value = "";
    if (!file) return;
    if (file.size > LARGEST_FILE) return this.#say(t("{file} is larger than {limit} MB, which is the limit. Choose a smaller file.", { file: file.name, limit: LARGEST_FILE / 1e6 }));
    this.#say(t("Reading {file} …", { file: file.name }));
    try {
      this.#turn(file, (await sendFile(file)).id);
    } catch (error) {
      this.#say(error.message);
    }
  }

  #turn(file, id) {
    if (!file && document.activeElement === this.remove) this.choose.focus();
    this.#file = file;
    this.#id = id;
    this.remove.hidden = !file;
    this.pieces.hidden = true;
    this.#say("");
    if (file) this.#newest.ask(this.#text);
    Promise.resolve(this.#onTurn(id, file?.name ?? "")).catch((error) => this.#say(error.message));
  }

  /** The server keeps few files, so one that it has given up is sent again. */
  async #fetch(text) {
    try {
      return (await fetchTokens([text], this.#id))[0];
    } catch (error) {
      if (error.status !== GONE || !this.#file) throw error;
      this.#id = (await sendFile(this.#file)).id;
      return (await fetchTokens([text], this.#id))[0];
    }
  }

  #draw({ algorithm, tokens, counts }) {
    if (!this.#file) return;
    this.#say(t("{file} ({algorithm}): {counts}", { file: this.#file.name, algorithm, counts: countsText(counts) }));
    this.pieces.replaceChildren(
      ...tokens.map((token) => {
        const chip = chipOf(token);
        chip.role = "listitem";
        chip.title = t("characters {start} to {end}", { start: token.start, end: token.end });
        return chip;
      }),
    );
    this.pieces.hidden = tokens.length === 0;
  }

  #say(sentence) {
    setText(this.status, sentence);
  }
}
