/**
 * Patching: copies the output of one block at one position from a clean text into a corrupted one, and shows how much of the
 * answer comes back, for every block and position. What it shows is in `patch_state.js`.
 */

import { signed } from "./agreement.js";
import { PatchShown } from "./patch_shown.js";
import { PAIRS, PatchState, SOURCE_PAIRS } from "./patch_state.js";
import { PatchTexts } from "./patch_texts.js";
import { Progress } from "./progress.js";
import { fetchPair, fetchPatches } from "./reader.js";
import { TokenPick } from "./token_pick.js";
import { make, setText } from "../../common/dom.js";
import { t } from "../../common/language.js";
import { percent } from "../../common/words.js";
import { setTextWith, term } from "../../glossary/term.js";
import { chosenFacts } from "../../models/models.js";

const TYPING_MS = 250;
const ABOUT = t(
  "Two texts differ in a word, and so does the model’s answer. Where does the difference sit? One vector of the clean text’s run is copied " +
  "into the corrupted text’s run, between one layer and the next, and the model goes on from there. An orange cell brings the clean answer back: " +
  "what the answer needs is written there (Meng et al. 2022).",
);
const ABOUT_SOURCES = t(
  "Two sources differ in a word, and so does the next word of the decoder. Where does the difference sit? One vector of the clean source’s run is " +
  "copied into the corrupted source’s run, in the encoder or in the decoder, and the model goes on from there. An orange cell brings the clean answer " +
  "back: what the answer needs is written there. What the encoder made of a token reaches the decoder by cross-attention.",
);

export class PatchView {
  #looking;
  #hasSource = chosenFacts()?.family === "encoder-decoder";
  #pairs = this.#hasSource ? SOURCE_PAIRS : PAIRS;
  #state = new PatchState(this.#pairs);
  #asking = new AbortController();
  #running = new AbortController();
  #timer = 0;
  #isBegun = false;

  /** @param {import("../looking.js").Looking} looking */
  constructor(looking) {
    this.#looking = looking;
    this.about = make("p", "pg-patch-about");
    setTextWith(this.about, this.#hasSource ? ABOUT_SOURCES : ABOUT, [term("layer", t("layer"))]);
    this.texts = new PatchTexts(this.#pairs, this.#hasSource, (...texts) => this.#write(...texts));
    this.answer = new TokenPick(t("Answer"), () => looking.vocabulary, (answer) => this.#turnAnswer(answer));
    this.progress = new Progress(t("How far patching is"), () => this.#running.abort(), () => this.#run());
    this.result = make("p", "pg-patch-result");
    this.source = this.#hasSource ? new PatchShown("encoder", "patching-encoder") : null;
    this.stack = new PatchShown(this.#hasSource ? "decoder" : "only", "patching");
    this.shown = make("div", "pg-patch-shown", this.result, ...(this.source ? [this.source.element] : []), this.stack.element);
    this.element = make("section", "pg-patch", make("h3", "", t("Patching: where is the answer written?")), this.about, this.texts.element, this.answer.element, this.progress.element, this.shown);
    this.element.ariaLabel = t("Patching");
  }

  /** The pane is in view: the first pair of texts is read, and later only drawn again, because the theme may be another one. */
  show() {
    for (const one of [this.source, this.stack]) one?.map.paint();
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#draw();
    this.#read();
  }

  #write(clean, corrupted, target) {
    this.#state.write(clean, corrupted, target);
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
    try {
      const pair = await fetchPair(this.#state, asking.signal);
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
      const patches = await fetchPatches(state, running.signal, (done, of) => {
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

  #draw() {
    const state = this.#state;
    const { patches, isReady, answer } = state;
    this.texts.show(state, this.#looking.textOf);
    this.answer.show([{ value: null, words: this.#hasSource ? t("the clean source’s most probable token") : t("the clean text’s most probable token") }], answer);
    this.progress.show(state, this.#hasSource ? t("Computes every block of both stacks at every position.") : t("Computes every block at every position from the first difference on."));
    this.progress.element.hidden ||= !isReady && state.state !== "failed";
    this.progress.button.hidden ||= !isReady;
    this.shown.hidden = !patches;
    if (!patches) return;
    setText(this.result, this.#summary());
    const shown = { patches, answer: this.#looking.textOf(patches.answer), hasLast: false };
    if (!this.source) return this.stack.show({ ...shown, names: this.#names, recovered: patches.recovered });
    this.source.show({ ...shown, names: this.#names, recovered: patches.source_recovered, hasLast: true });
    const written = patches.target.map(this.#looking.textOf);
    this.stack.show({ ...shown, names: written, recovered: patches.recovered, hasLast: true });
  }

  /** @returns {string[]} the tokens, and both where the texts differ */
  get #names() {
    const [clean, corrupted] = this.#state.patches.ids.map((ids) => ids.map(this.#looking.textOf));
    return clean.map((token, place) => (token === corrupted[place] ? token : `${token} → ${corrupted[place]}`));
  }

  #summary() {
    const { answer, clean, corrupted } = this.#state.patches;
    const values = {
      token: this.#looking.textOf(answer), clean: percent(Math.exp(clean)), cleanNats: signed(clean),
      corrupted: percent(Math.exp(corrupted)), corruptedNats: signed(corrupted),
    };
    return this.#hasSource
      ? t("After the clean source “{token}” has {clean} ({cleanNats} nats), after the corrupted one {corrupted} ({corruptedNats} nats). The maps show which copies bring it back.", values)
      : t("After the clean text “{token}” has {clean} ({cleanNats} nats), after the corrupted one {corrupted} ({corruptedNats} nats). The map shows which copies bring it back.", values);
  }
}
