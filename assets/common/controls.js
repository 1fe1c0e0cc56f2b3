/**
 * Moves the sidebar's controls for a view, as if the reader had done so. Knows Gradio's elements, not the settings.
 *
 * @typedef {Record<string, unknown>} Values  by the controls' names; the lock of the seed is "lock"
 */

import { aroundPrompt } from "../chat/conversation.js";
import { RULES } from "../distribution/stages/all.js";

/** @type {(now: Values) => Values} */
let wanted = () => ({});

/** @param {string} name  the name of a setting @returns {HTMLInputElement | null} its slider, null if the page has none */
export const sliderOf = (name) => document.querySelector(`#pg-control-${name} input[type=range]`);

/**
 * @param {string} name  the name of a setting that has a slider
 * @param {number} value  a value outside the slider's range moves it to its end
 */
export function moveSlider(name, value) {
  const slider = sliderOf(name);
  slider.value = String(value); // the browser limits it to the range and rounds it to a step
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}

/** @returns {Values} the settings as the sidebar has them: what it has told, or what its controls hold from the beginning */
export function settingsInSidebar() {
  if (window.playgroundSettings) return window.playgroundSettings;
  /** @type {HTMLInputElement | null} */
  const strategy = document.querySelector("#pg-control-strategy input:checked");
  const values = Object.keys(RULES).flatMap((name) => (sliderOf(name) ? [[name, Number(sliderOf(name).value)]] : []));
  return { ...Object.fromEntries(values), ...(strategy ? { strategy: strategy.value } : {}) };
}

/**
 * Moves several controls at once, without the server.
 *
 * @param {(now: Values) => Values} values  called with the controls' values; returns those that shall change
 * @param {() => void} ask  makes Gradio call `moved`
 */
export function moveControls(values, ask) {
  wanted = values;
  ask();
}

/**
 * Gradio calls this with what the controls hold.
 *
 * @param {string[]} names
 * @param {unknown[]} values  in the same order
 * @returns {unknown[]} the new values in the same order, undefined for a control that stays as it is
 */
export function moved(names, values) {
  const next = wanted(Object.fromEntries(names.map((name, place) => [name, values[place]])));
  return names.map((name) => next[name]);
}

/** @returns {import("../chat/conversation.js").Written} the prompt as it stands in the sidebar */
export function promptInSidebar() {
  /** @type {HTMLTextAreaElement | null} */
  const prompt = document.querySelector("#pg-prompt textarea");
  /** @type {HTMLInputElement | null} */
  const chat = document.querySelector("#pg-chat input[type=checkbox]");
  return { prompt: prompt?.value ?? "", chat: chat?.checked ?? false, ...aroundPrompt() };
}

/** @returns {HTMLElement | null} the sidebar's button Step */
export const stepButton = () => document.querySelector("#pg-step");
