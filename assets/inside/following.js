/**
 * Brings the Decode tab's text and step into view while the reader follows them. A text that is still being generated
 * is fetched again every second.
 *
 * @typedef {object} View
 * @property {() => boolean} isSeen  whether a pane is in view
 * @property {() => void} show  shows whether there is a text
 * @property {(texts: Text[], query: number) => void} open
 * @property {(query: number) => void} turn  turns to another query of the text in view
 */

import { Text } from "./text.js";
import { t } from "../common/language.js";
import { fetchTrace } from "../common/server.js";
import { placeInView } from "../common/views.js";
import { chosenModel } from "../models/models.js";

const GROWING_MS = 1000; // between two fetches of a text that is still being generated

export class Following {
  /** @type {import("./state.js").Looked} */
  #state;
  #textOf;
  #view;
  #timer = 0;
  /** @type {{traceId: string} | null} the fetch under way whose answer is wanted */
  #asked = null;
  /** @type {import("../common/views.js").Place | null} the place that was brought into view last */
  #followed = null;

  /** @param {import("./state.js").Looked} state @param {(id: number) => string} textOf @param {View} view */
  constructor(state, textOf, view) {
    this.#state = state;
    this.#textOf = textOf;
    this.#view = view;
  }

  /** Shows the place of the Decode tab, if it is the one to look at. The same place again changes nothing. */
  async follow() {
    const state = this.#state;
    const place = this.#place;
    if (!place) return;
    if (state.covers(place)) {
      if (state.text.isRunning) this.#wait();
      else if (!isSame(place, this.#followed)) this.#view.turn(state.text.queryOf(place.index));
      this.#followed = place;
      return;
    }
    if (!state.isOf(place)) {
      state.leave(); // at once, because another text's map must not stay in view
      this.#view.show();
    }
    await this.#look(place.traceId);
  }

  get #place() {
    return this.#state.follows && this.#state.isReady && this.#view.isSeen() ? placeInView() : null;
  }

  /** Fetches a text that is still being generated again after a second. */
  #wait() {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      const place = this.#place;
      if (place) this.#look(place.traceId);
    }, GROWING_MS);
  }

  /** Fetches a text, and brings it into view at the step that the Decode tab shows then. */
  async #look(traceId) {
    if (this.#asked?.traceId === traceId) return;
    const asked = { traceId };
    this.#asked = asked;
    const isWanted = () => asked === this.#asked && this.#state.follows && placeInView()?.traceId === traceId;
    try {
      const message = await fetchTrace(traceId);
      if (!isWanted()) return;
      const { model } = message.header;
      if (model !== chosenModel()) throw new Error(notOf(model, chosenModel()));
      const text = Text.ofTrace(message, this.#textOf);
      const place = placeInView();
      this.#followed = place;
      this.#view.open([text], text.queryOf(place.index));
      if (text.isRunning || !this.#state.covers(place)) this.#wait();
    } catch (error) {
      if (!isWanted()) return;
      this.#state.error = error.message;
      this.#view.show();
    } finally {
      if (asked === this.#asked) this.#asked = null;
    }
  }
}

/** @param {string} model  the text's @param {string} chosen @returns {string} */
const notOf = (model, chosen) =>
  t("The text on the Decode tab is of {model}. {chosen} is chosen: generate a text with it, or choose the text's model in the first line.", { model, chosen });

/** @param {import("../common/views.js").Place} place @param {import("../common/views.js").Place | null} other */
const isSame = ({ traceId, index }, other) => traceId === other?.traceId && index === other.index;
