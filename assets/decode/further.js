/**
 * Asks for what follows the text in view: one token for each press of Step, more for Go on, or the text again under
 * other settings, or for a prompt that follows it, or for the text of an example. Presses of Step that come quickly wait
 * for each other. Knows the text in view, not the page.
 *
 * @typedef {import("../common/trace.js").Trace} Trace
 *
 * @typedef {object} Tab
 * @property {() => Trace | null} text  returns the text in view
 * @property {() => boolean} isRunning  whether any text of the list is being generated
 * @property {() => Promise<boolean> | null} isOther  returns whether the sidebar asks for another text than the one in
 *   view, which then begins; null if the text in view is followed anyway
 * @property {(sentence: string) => void} say  shows a refusal; "" removes it
 * @property {(traceId?: string) => void} onEnd  called when a run has ended and no press of Step waits
 */

import { afterAnswer, writtenOf } from "../chat/conversation.js";
import { canChat, promptField, promptInSidebar, typePrompt, writePrompt } from "../common/controls.js";
import { t } from "../common/language.js";
import { readText } from "../common/readable.js";
import { isAlone, NEEDS_MODEL } from "../common/recorded.js";
import { fetchWritten } from "../common/server.js";
import { chosenFacts, chosenModel } from "../models/models.js";
import { chooseLanguages } from "../models/source_options.js";
import { fragmentOfExample } from "./link.js";

const RUNNING = t("The text is still being generated. Press Stop first, or wait until it ends.");
const WRITES = t("The model is still writing. Wait until the text ends."); // the simple face has no Stop
const NO_MODEL = isAlone
  ? NEEDS_MODEL
  : t("This text was not generated here, so it cannot be continued. Go back to a generated text first.");

const NOT_TYPED = 422; // the status where no typed text gives a prompt's tokens, as possible for ids from a program

const NO_CONVERSATION = t("The text in view is not the answer in a conversation. Press Generate with the chat template on first.");

export class Further {
  #tell;
  #tab;
  /** @type {"" | "step" | "text"} what was asked for and has not ended */
  #underWay = "";
  #presses = 0; // of Step, that wait
  #isWaitedFor = false; // whether the reader was told to wait for the end

  /**
   * @param {{further: (data: object) => Promise<void>, again: (data: object) => Promise<void>, converse: () => void}} tell
   * @param {Tab} tab
   */
  constructor(tell, tab) {
    this.#tell = tell;
    this.#tab = tab;
  }

  /** One token follows the text in view. With no text in view, one begins with the sidebar's prompt. */
  step() {
    if (this.#underWay === "step") this.#presses++;
    else this.#follow("step");
  }

  /** As many tokens follow the text in view as the sidebar says. */
  goOn() {
    this.#follow("text");
  }

  /** A text begins with one token after the sidebar's prompt, whatever text is in view. */
  begin() {
    this.#ask("step", () => this.#tell.further({ trace_id: null, one_step: true }), true);
  }

  /** The text in view is written anew under the settings in view. */
  again() {
    this.#ask("text", (trace_id) => this.#tell.again({ trace_id }));
  }

  /**
   * The prompt of an example is written into the sidebar, and its text follows.
   *
   * @param {import("./chain/examples.js").Example} example
   * @param {(fragment: string) => void} follow  follows a link, which moves the controls to the example's settings
   * @returns {boolean} whether that has begun
   */
  example(example, follow) {
    return this.#ask("text", async () => {
      typePrompt({ prompt: example.prompt, chat: false });
      follow(fragmentOfExample(example, chosenModel(), chosenFacts()?.new_tokens ?? Infinity));
    }, true);
  }

  /** The conversation of the text in view, which comes from a file, is written into the sidebar. */
  adopt() {
    const { conversation } = this.#tab.text().header;
    if (conversation && canChat()) writePrompt(writtenOf(conversation), this.#tell.converse);
  }

  /** The prompt of a text is written into the sidebar, if a person can type it. @param {string} traceId */
  async takeOver(traceId) {
    try {
      const written = await fetchWritten(traceId);
      if (canChat() || !written.chat) writePrompt(written, this.#tell.converse);
      if (written.languages?.source !== undefined) chooseLanguages(written.languages);
    } catch (error) {
      if (error.status !== NOT_TYPED) this.#tab.say(error.message);
    }
  }

  /** The completion of the text in view becomes the assistant's turn in the sidebar. */
  async converse() {
    const trace = this.#tab.text();
    const isConversation = trace?.header.conversation && trace.steps.length > 0;
    const refusal = trace?.isRunning ? RUNNING : isConversation ? "" : NO_CONVERSATION;
    this.#tab.say(refusal);
    if (refusal) return;
    try {
      const answer = trace.header.words ? answerIn(trace) : (await fetchWritten(trace.id)).answer;
      writePrompt(afterAnswer(trace.header.conversation, answer, promptInSidebar().prompt), this.#tell.converse);
      promptField()?.focus();
    } catch (error) {
      this.#tab.say(error.message);
    }
  }

  /** A run has ended. @param {string} [traceId]  its text; undefined if it was refused */
  ended(traceId) {
    this.#underWay = "";
    if (this.#isWaitedFor && traceId !== undefined) this.#tab.say("");
    this.#isWaitedFor = false;
    const isNext = this.#presses > 0 && traceId !== undefined && this.#tab.text()?.id === traceId;
    this.#presses = isNext ? this.#presses - 1 : 0;
    if (isNext) this.step();
    else this.#tab.onEnd(traceId);
  }

  /** Tokens follow the text in view, or the sidebar's prompt where that is asked for. @param {"step" | "text"} what */
  #follow(what) {
    const isOther = this.#tab.isOther();
    const send = (trace_id) => this.#tell.further({ trace_id, one_step: what === "step" });
    this.#ask(what, (id) => (isOther ? isOther.then((other) => send(other ? null : id)) : send(id)), isOther !== null, isOther ? WRITES : RUNNING);
  }

  /** @returns {boolean} whether it is asked for */
  #ask(what, send, isNew = false, running = RUNNING) {
    const trace = this.#tab.text();
    const isForeign = !isNew && trace?.header.words !== undefined;
    const refusal = this.#underWay || this.#tab.isRunning() ? running : isForeign ? NO_MODEL : "";
    this.#tab.say(refusal);
    this.#isWaitedFor = refusal === running;
    if (refusal) return false;
    this.#underWay = what;
    send(trace?.id ?? null).catch((error) => {
      this.ended();
      this.#tab.say(error.message);
    });
    return true;
  }
}

/** @param {Trace} trace  from a file, with its own words @returns {string} its completion without the end token */
function answerIn({ header, steps, latest }) {
  const ids = steps.map((step) => step.token_id);
  const own = latest.stop_reason === "end_token" ? ids.slice(0, -1) : ids;
  return readText(own.map((id) => header.words[id] ?? ""));
}
