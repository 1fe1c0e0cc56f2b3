/**
 * Moves the sidebar's controls for a view, as if the reader had done so. Knows Gradio's elements, not the settings.
 *
 * @typedef {Record<string, unknown>} Values  by the controls' names; the lock of the seed is "lock"
 */

import { aroundPrompt, isLost } from "../chat/conversation.js";
import { RULES } from "../distribution/stages/all.js";

/** @type {(now: Values) => Values} */
let wanted = () => ({});

/** @type {import("../chat/conversation.js").Written} */
let next = { prompt: "", chat: false, earlier: [], fields: {} };

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

/**
 * Writes a prompt, without the server. If something that stands in the sidebar is lost by it, the event
 * "playground:replaced" holds what stood there.
 *
 * @param {import("../chat/conversation.js").Written} prompt
 * @param {() => void} ask  makes Gradio call `written`
 */
export function writePrompt(prompt, ask) {
  const before = promptInSidebar();
  next = prompt;
  ask();
  if (isLost(before, prompt)) document.dispatchEvent(new CustomEvent("playground:replaced", { detail: before }));
}

/** Writes a prompt and switches the chat template, as if the reader had done so. @param {{prompt: string, chat: boolean}} one */
export function typePrompt({ prompt, chat }) {
  const field = promptField();
  field.value = prompt;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  if (chatBox().checked !== chat) chatBox().click();
}

/** @returns {boolean} whether the model has a chat template */
export const canChat = () => chatBox() !== null && !chatBox().disabled;

/** Gradio calls this. @returns {unknown[]} the prompt, whether it goes through the chat template, and what is around it */
export const written = () => [next.prompt, next.chat, { earlier: next.earlier, fields: next.fields }];

/** @returns {import("../chat/conversation.js").Written} the prompt as it stands in the sidebar */
export function promptInSidebar() {
  return { prompt: promptField()?.value ?? "", chat: chatBox()?.checked ?? false, ...aroundPrompt() };
}

/** @returns {HTMLTextAreaElement | null} */
export const promptField = () => document.querySelector("#pg-prompt textarea");

/** @returns {HTMLInputElement | null} */
const chatBox = () => document.querySelector("#pg-chat input[type=checkbox]");

/** @returns {HTMLElement | null} the sidebar's button Step */
export const stepButton = () => document.querySelector("#pg-step");
