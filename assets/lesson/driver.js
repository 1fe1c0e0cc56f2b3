/**
 * Brings the playground into the state that a page of a lesson wants, and says whether it still is. It does what a reader
 * does: it opens a view, writes an example's text, moves the sliders. Knows the page's events and controls, not lessons.
 *
 * @typedef {import("./state.js").PageState} PageState
 */

import { promptInSidebar, takeSettings, typePrompt } from "../common/controls.js";
import { face, showFace } from "../common/face.js";
import { STARTS } from "../common/further_settings.js";
import { openedView, openView } from "../common/navigation.js";
import { isAlone } from "../common/recorded.js";
import { isInView, shownOnDecode } from "../common/shown.js";
import { chosenModel, namesOfModels } from "../models/models.js";
import { isEncoder, writer } from "../models/serving.js";
import { differing } from "./checks.js";
import { lessonView } from "./views/table.js";
import { lookAgain, until, untilTold } from "../common/waiting.js";

const DECODE = "decode";
const SEARCH = ["num_beams", "length_penalty"];

export class Driver {
  #turn = 0; // the number of the latest state that was asked for
  /** The texts that were written for states. @type {Map<string, string>} the trace's id by what the text depends on */
  #written = new Map();
  /** The state that was asked for last, and the text for it. @type {{state: PageState, text: PageState} | null} */
  #target = null;
  /** The text that is being written for a state. @type {{key: string, done: Promise<void>} | null} */
  #writing = null;
  /** Whether the way to a state is not finished. */
  isGoing = false;

  /**
   * Brings a state about.
   *
   * @param {PageState} state
   * @param {PageState} [text]  the state with which the text is written; `state` may have other settings for its bars
   * @returns {Promise<boolean>} whether it is there; not if another one was asked for meanwhile
   */
  async go(state, text = state) {
    const turn = ++this.#turn;
    const isOver = () => turn !== this.#turn;
    this.#target = { state, text };
    this.isGoing = true;
    lookAgain(); // what waits for another state ends
    await useModel(state.model, isOver);
    if (isOver()) return false;
    showFace(state.face);
    openView(state.view);
    if (state.view === DECODE) await this.#bringText(state, text, isOver);
    else await lessonView(state.view)?.bring(state, isOver);
    if (isOver()) return false;
    this.isGoing = false;
    return this.isThere;
  }

  /** Lets the page be as it is. */
  leave() {
    this.#turn++;
    this.#target = this.#writing = null;
    this.isGoing = false;
    lookAgain();
  }

  /** @returns {boolean} whether the page shows the state that was asked for last */
  get isThere() {
    if (!this.#target) return false;
    const { state } = this.#target;
    if (openedView() !== state.view || this.differing.length) return false;
    return state.view === DECODE ? this.isAtPlace : (lessonView(state.view)?.isReady?.() ?? true);
  }

  /** @returns {string[]} the names of what the view shows otherwise than the state: settings, or fields of the view */
  get differing() {
    const { state } = this.#target;
    if (state.view !== DECODE) return lessonView(state.view)?.differing(state) ?? [];
    return shownOnDecode() ? differing(state.settings, shownOnDecode().settings) : [];
  }

  /** @returns {boolean} whether the reader has left the state: another view, face, text, step or setting */
  get isAway() {
    if (!this.#target || this.isGoing) return false;
    const { state } = this.#target;
    const isOtherPrompt = state.view === DECODE && promptInSidebar().prompt !== state.prompt;
    return !this.isThere || isOtherPrompt || face() !== state.face || chosenModel() !== (state.model ?? chosenModel());
  }

  /** @returns {boolean} whether the text of the state that was asked for is in view, whole and at its step */
  get isAtPlace() {
    if (!this.#target) return false;
    const { state, text } = this.#target;
    if (state.view !== DECODE) return openedView() === state.view && !this.differing.includes("prompt");
    const shown = shownOnDecode();
    return shown !== null && isInView(shown, this.#written.get(keyOf(text))) && isAt(shown, state.step);
  }

  async #bringText(state, text, isOver) {
    await until(() => isOver() || isAlone || shownOnDecode() !== null); // a page without a server opens with no text
    if (isOver()) return;
    const key = keyOf(text);
    if (this.#written.has(key) && !(await this.#turnTo(this.#written.get(key), state.step, isOver))) this.#written.delete(key);
    if (!this.#written.has(key) && !isOver()) await this.#write(text, key);
    if (!this.#written.has(key)) return; // the tab says why
    await until(() => isOver() || this.isAtPlace);
    if (!isOver()) this.#bringPrompt(text.prompt);
    if (!isOver() && !this.isThere) takeSettings(state.settings);
    await until(() => isOver() || this.isThere);
  }

  /**
   * Brings a text that was written before into view, once no other one that was asked for can come into view.
   *
   * @returns {Promise<boolean>} false if it is not there any more: neither this page nor the server has kept it
   */
  async #turnTo(traceId, step, isOver) {
    const isDisturbed = isOwnRun;
    if (isDisturbed) await untilTold("playground:ended", isOver);
    const isThere = !isDisturbed && isInView(shownOnDecode(), traceId) && isAt(shownOnDecode(), step);
    if (isThere || isOver()) return true;
    const opened = untilTold("playground:opened", isOver);
    document.dispatchEvent(new CustomEvent("playground:open", { detail: { traceId, index: step - 1 } }));
    return (await opened) === traceId || isOver();
  }

  /** Puts the prompt of the text in view into the sidebar, where another one may stand: that of a later text, or the reader's. */
  #bringPrompt(prompt) {
    const stood = promptInSidebar();
    if (stood.prompt === prompt) return;
    if (this.#isOfReader(stood.prompt)) document.dispatchEvent(new CustomEvent("playground:replaced", { detail: stood }));
    typePrompt({ prompt, chat: false });
  }

  /** Has a text written, unless it is being written already. */
  async #write(text, key) {
    if (this.#writing?.key !== key) {
      this.#writing = { key, done: Promise.resolve() };
      this.#writing.done = this.#writeNow(text, this.#writing);
    }
    await this.#writing?.done;
  }

  /** Waits for a text that is being generated, and has another one written. One of the reader's is stopped. */
  async #writeNow(text, writing) {
    const isOver = () => this.#writing !== writing || this.#written.has(writing.key);
    const stood = promptInSidebar();
    while (!isOver() && !begin(text)) {
      if (!isOwnRun) stop();
      await untilTold("playground:ended", isOver);
    }
    if (isOver()) return;
    isOwnRun = true;
    if (this.#isOfReader(stood.prompt)) document.dispatchEvent(new CustomEvent("playground:replaced", { detail: stood }));
    this.#prompts.add(text.prompt);
    const traceId = await untilTold("playground:ended", () => false); // also where another state is wanted by then
    if (traceId !== undefined) this.#written.set(writing.key, traceId);
    if (this.#writing === writing) this.#writing = null;
  }

  /** The prompts that were written here, or that are brought back at the end: nothing is lost with them. @type {Set<string>} */
  #prompts = new Set([""]);

  /** A prompt is brought back at the end. @param {string} prompt */
  keeps(prompt) {
    this.#prompts.add(prompt);
  }

  #isOfReader(prompt) {
    return !this.#prompts.has(prompt);
  }
}

let isOwnRun = false; // whether the text that is being generated was asked for here
document.addEventListener("playground:ended", () => (isOwnRun = false));

/** @returns {string} what a text depends on */
const keyOf = ({ prompt, settings, model }) => JSON.stringify([model ?? chosenModel(), prompt, Object.entries(settings).sort()]);

/** @returns {boolean} whether a whole text is in view at a step, from 1; a text that is shorter at its last one */
const isAt = ({ trace, step }, wanted) => !trace.isRunning && step.index === Math.min(wanted - 1, trace.last);

/**
 * @param {{prompt: string, step: number, settings: import("../distribution/settings.js").Settings}} state
 * @returns {import("../decode/chain/examples.js").Example} what its text is asked for with
 */
export function exampleOf({ prompt, step, settings }) {
  const names = ["strategy", "seed", "max_new_tokens", ...(settings.strategy === "beam" ? SEARCH : []), ...Object.keys(STARTS).filter((name) => isSet(settings, name))];
  const told = Object.fromEntries(names.map((name) => [name, settings[name]]));
  return { prompt, settings: told, says: "", step: step - 1 };
}

/** Has the text of a state written. @returns {boolean} whether that has begun */
function begin(state) {
  const detail = exampleOf(state);
  return document.dispatchEvent(new CustomEvent("playground:example", { detail, cancelable: true }));
}

/** @returns {boolean} whether a setting is not as it starts; the others are left out of a link */
const isSet = (settings, name) => settings[name] !== undefined && JSON.stringify(settings[name]) !== JSON.stringify(STARTS[name]);

/** Stops the text that is being generated. */
function stop() {
  /** @type {HTMLButtonElement | null} */
  const button = document.querySelector("#pg-stop");
  button?.click();
}

/** @param {string | null} wanted @returns {string} the model to work with: the one that a lesson names, if the server has it */
export function usedModel(wanted) {
  if (wanted && namesOfModels().includes(wanted)) return wanted;
  return isEncoder() ? (writer() ?? chosenModel()) : chosenModel();
}

let inUse = chosenModel(); // the last model that was chosen and there
document.addEventListener("playground:model", ({ detail }) => (inUse = detail));

/** Chooses a model and waits until it is there. @param {string | null} wanted @param {() => boolean} isOver */
async function useModel(wanted, isOver) {
  const model = usedModel(wanted);
  if (model === chosenModel()) return;
  document.dispatchEvent(new CustomEvent("playground:choose", { detail: model }));
  let isRefused = false;
  const hear = (event) => {
    isRefused = Boolean(event.detail.error);
    lookAgain();
  };
  document.addEventListener("playground:loading", hear);
  await until(() => isRefused || inUse === model || isOver());
  document.removeEventListener("playground:loading", hear);
}
