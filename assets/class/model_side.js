/**
 * Finds the model's distribution at the place of a question: that of the step in view where that is the place, so that it
 * follows the sliders, or else the step is fetched once.
 *
 * @typedef {import("../common/shown.js").Shown} Shown
 * @typedef {Omit<Shown, "isNewest" | "wanted">} Side
 */

import { heldText, pageId } from "../common/known_texts.js";
import { t } from "../common/language.js";
import { fetchLogits, fetchTrace } from "../common/server.js";
import { shownOnDecode } from "../common/shown.js";
import { Trace } from "../common/trace.js";
import { reshape, sortRow } from "../distribution/distribution.js";
import { fetchVocabulary, vocabularyOf } from "../models/words.js";

export class ModelSide {
  /** @type {{id: string, side: Side} | null} */
  #known = null;
  #asked = ""; // the id of the question whose step is fetched
  /** Why the step of the last question cannot be had, "" if it can. */
  fault = "";
  #room;
  #onCome;

  /** @param {import("./room.js").Room} room @param {() => void} onCome  called when a step has come */
  constructor(room, onCome) {
    this.#room = room;
    this.#onCome = onCome;
  }

  /** @param {import("./room.js").Question} question @returns {Side | null} null as long as it is not there */
  of(question) {
    const shown = shownOnDecode();
    if (shown && !this.#room.isAlone && this.#isPlaceOf(question, shown)) this.#known = { id: question.id, side: shown };
    if (this.#known?.id === question.id) return this.#known.side;
    if (question.place && this.#asked !== question.id) this.#fetch(question);
    return null;
  }

  /** The reveal of a lesson may show another text, so there it is the step that the lesson shows. */
  #isPlaceOf({ place, lesson, revealed }, shown) {
    if (isAt(place, shown)) return true;
    const open = this.#room.state.scene?.lesson;
    return revealed && lesson !== null && open?.name === lesson.name && open.page === lesson.page;
  }

  async #fetch({ id, place }) {
    this.#asked = id;
    this.fault = "";
    const traceId = pageId(place.trace);
    try {
      const trace = heldText(traceId) ?? new Trace(await fetchTrace(traceId));
      const row = sortRow(await fetchLogits(traceId, place.index));
      await fetchVocabulary(trace.header.model);
      const step = trace.step(place.index);
      const { scene } = this.#room.state;
      const isScenes = scene?.trace === place.trace && scene.index === place.index;
      const settings = isScenes ? scene.settings : trace.settingsOf(step);
      const shape = reshape(row, trace.momentBefore(place.index, this.#onCome), settings);
      this.#known = { id, side: { trace, step, shape, settings, words: vocabularyOf(trace.header.model) } };
    } catch (error) {
      this.fault = t("The model's side cannot be shown. {error}", { error: error.message });
    }
    this.#onCome();
  }
}

/** @param {{trace: string, index: number} | null} place @param {Shown | null} shown @returns {boolean} */
export const isAt = (place, shown) => place !== null && shown !== null && shown.trace.id === pageId(place.trace) && shown.step.index === place.index;
