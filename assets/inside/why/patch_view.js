/**
 * Patching: copies the output of one block at one position from a clean text into a corrupted one, and shows how much of the
 * answer comes back, for every block and position. What it shows is in `patch_state.js`.
 */

import { signed } from "./agreement.js";
import { PatchMap } from "./patch_map.js";
import { PatchState, patchedLogprob, shareWords } from "./patch_state.js";
import { PatchTexts } from "./patch_texts.js";
import { Progress } from "./progress.js";
import { fetchPair, fetchPatches } from "./reader.js";
import { TokenPick } from "./token_pick.js";
import { TableFold } from "../../attention/table_fold.js";
import { saveCsv } from "../../common/download.js";
import { make, setText } from "../../common/dom.js";
import { ExportMenu, pictureItems } from "../../common/export_menu.js";
import { percent } from "../../common/words.js";
import { setTextWith, term } from "../../glossary/term.js";

const TYPING_MS = 250;
const ABOUT =
  "Two texts differ in a word, and so does the model’s answer. Where does the difference sit? One vector of the clean text’s run is copied " +
  "into the corrupted text’s run, between one layer and the next, and the model goes on from there. An orange cell brings the clean answer back: " +
  "what the answer needs is written there (Meng et al. 2022).";

export class PatchView {
  #looking;
  #state = new PatchState();
  #asking = new AbortController();
  #running = new AbortController();
  #timer = 0;
  #isBegun = false;

  /** @param {import("../looking.js").Looking} looking */
  constructor(looking) {
    this.#looking = looking;
    this.about = make("p", "pg-patch-about");
    setTextWith(this.about, ABOUT, [term("layer")]);
    this.texts = new PatchTexts((clean, corrupted) => this.#write(clean, corrupted));
    this.answer = new TokenPick("Answer", () => looking.vocabulary, (answer) => this.#turnAnswer(answer));
    this.progress = new Progress("patching", () => this.#running.abort(), () => this.#run());
    this.result = make("p", "pg-patch-result");
    this.map = new PatchMap((block, position) => this.#choose(block, position), (block, position) => this.#words(block, position));
    this.numbers = make("p", "pg-patch-numbers");
    this.numbers.role = "status";
    this.table = new TableFold("What comes back as a table");
    const menu = new ExportMenu([
      ...pictureItems(this.map.element, () => "patching"),
      { label: "Numbers (CSV)", run: () => saveCsv(this.#rows(), "patching.csv") },
    ]);
    menu.button.ariaLabel = menu.list.ariaLabel = "Export the map of patching";
    menu.element.dataset.picture = "skip";
    this.map.head.append(menu.element);
    this.shown = make("div", "pg-patch-shown", this.result, this.map.element, this.numbers, this.table.element);
    this.element = make("section", "pg-patch", make("h3", "", "Patching: where is the answer written?"), this.about, this.texts.element, this.answer.element, this.progress.element, this.shown);
    this.element.ariaLabel = "Patching";
  }

  /** The pane is in view: the first pair of texts is read, and later only drawn again, because the theme may be another one. */
  show() {
    this.map.paint();
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#draw();
    this.#read();
  }

  #write(clean, corrupted) {
    this.#state.write(clean, corrupted);
    this.#running.abort();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), TYPING_MS);
    this.#draw();
  }

  #turnAnswer(answer) {
    this.#running.abort();
    this.#state.turnAnswer(answer);
    this.#draw();
  }

  /** Fetches the tokens of the two texts. */
  async #read() {
    this.#asking.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const { clean, corrupted } = this.#state;
    try {
      const pair = await fetchPair(clean, corrupted, asking.signal);
      if (asking.signal.aborted) return;
      this.#state.know(pair);
    } catch (error) {
      if (asking.signal.aborted) return;
      this.#state.fail(error.message);
    }
    this.#draw();
  }

  async #run() {
    const [state, running] = [this.#state, new AbortController()];
    this.#running = running;
    state.begin();
    this.#draw();
    try {
      const patches = await fetchPatches(state.clean, state.corrupted, state.answer, running.signal, (done, of) => {
        if (running !== this.#running || running.signal.aborted) return;
        state.tell(done, of);
        this.progress.show(state);
      });
      if (running !== this.#running || running.signal.aborted) return;
      state.settle(patches);
      this.#looking.say(this.#summary());
    } catch (error) {
      if (running !== this.#running || state.state !== "runs") return;
      if (running.signal.aborted) state.stop();
      else state.fail(error.message);
    }
    this.#draw();
  }

  #choose(block, position) {
    this.#state.choose(block, position);
    this.map.choose(block, position);
    setText(this.numbers, this.#words(block, position));
  }

  #draw() {
    const state = this.#state;
    const { patches, isReady, answer } = state;
    this.texts.show(state, this.#looking.textOf);
    this.answer.show([{ value: null, words: "the clean text’s most probable token" }], answer);
    this.progress.show(state, "Computes every block at every position from the first difference on.");
    this.progress.element.hidden ||= !isReady && state.state !== "failed";
    this.progress.button.hidden ||= !isReady;
    this.shown.hidden = !patches;
    if (!patches) return;
    const names = this.#names;
    setText(this.result, this.#summary());
    this.map.show(`How much of the log-probability of “${this.#looking.textOf(patches.answer)}” comes back`, patches.recovered, names);
    this.#choose(state.at[0], state.at[1]);
    this.table.show(() => ({
      columns: ["token", ...patches.recovered.map((_, block) => `block ${block + 1}`)],
      lines: names.map((name, position) => [name, ...patches.recovered.map((row) => shareWords(row[position]))]),
    }));
  }

  /** @returns {string[]} the tokens, and both where the texts differ */
  get #names() {
    const [clean, corrupted] = this.#state.patches.ids.map((ids) => ids.map(this.#looking.textOf));
    return clean.map((token, place) => (token === corrupted[place] ? token : `${token} → ${corrupted[place]}`));
  }

  #summary() {
    const { answer, clean, corrupted } = this.#state.patches;
    const name = `“${this.#looking.textOf(answer)}”`;
    return `After the clean text ${name} has ${percent(Math.exp(clean))} (${signed(clean)} nats), after the corrupted one ${percent(Math.exp(corrupted))} (${signed(corrupted)} nats). The map shows which copies bring it back.`;
  }

  #words(block, position) {
    const { patches } = this.#state;
    if (!patches) return "";
    const logprob = patchedLogprob(patches, block, position);
    const share = shareWords(patches.recovered[block][position]);
    return (
      `Block ${block + 1} of ${patches.recovered.length}, token ${position + 1} (“${this.#names[position]}”): ${share} comes back. With this one copy ` +
      `“${this.#looking.textOf(patches.answer)}” has ${percent(Math.exp(logprob))} (${signed(logprob)} nats).`
    );
  }

  #rows() {
    const { recovered } = this.#state.patches;
    const names = this.#names;
    return [["position", "token", ...recovered.map((_, block) => `block ${block + 1}`)], ...names.map((name, position) => [position + 1, name, ...recovered.map((row) => row[position])])];
  }
}
