/**
 * Moves the sidebar's controls for a view, as if the reader had done so. Knows Gradio's elements, not the settings.
 *
 * @typedef {Record<string, unknown>} Values  by the controls' names; the lock of the seed is "lock"
 */

import { aroundPrompt, isLost } from "../chat/conversation.js";
import { RULES } from "../distribution/stages/all.js";
import { askToMove, furtherSettings, isFurther, keepFurther, STARTS } from "./further_settings.js";

/** What shall change, until Gradio calls `moved`. @type {((now: Values) => Values)[]} */
let wanted = [];

/** What shall be filled, until Gradio calls `filled`. @type {Values} */
let fills = {};
/** The text for which the sidebar was filled last. @type {string | null} */
let filledFor = null;

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

/**
 * @returns {Values} the settings as the sidebar and the chain have them: what they have told, or what the controls hold
 *   from the beginning
 */
export function settingsInSidebar() {
  if (window.playgroundSettings) return window.playgroundSettings;
  /** @type {HTMLInputElement | null} */
  const strategy = document.querySelector("#pg-control-strategy input:checked");
  const values = Object.keys(RULES).flatMap((name) => (sliderOf(name) ? [[name, Number(sliderOf(name).value)]] : []));
  return { ...Object.fromEntries(values), ...(strategy ? { strategy: strategy.value } : {}), ...furtherSettings() };
}

/**
 * Changes some settings, as if the reader had moved their controls. The others stay.
 *
 * @param {Values} values  by name; each is one that its setting may have
 */
export function changeSettings(values) {
  const names = Object.keys(values).filter((name) => !isFurther(name));
  const slides = names.length === 1 && slid(names[0], values[names[0]]);
  if (names.length && !slides) moveControls(() => values, askToMove);
  else if (!names.length || names.length < Object.keys(values).length) keepFurther(values);
}

/** Sets all settings of stages and their order: what is not named goes to its start. @param {Values} values */
export const takeSettings = (values) => changeSettings({ ...STARTS, ...values });

/** Moves a slider that can hold this value, without a wait. @returns {boolean} whether it moved */
function slid(name, value) {
  const slider = sliderOf(name);
  if (!slider) return false;
  const before = slider.value;
  slider.value = String(value);
  if (Number(slider.value) === value) return slider.dispatchEvent(new Event("input", { bubbles: true }));
  slider.value = before;
  return false;
}

/**
 * Moves several controls at once, without the server.
 *
 * @param {(now: Values) => Values} values  called with the controls' values; returns those that shall change
 * @param {() => void} ask  makes Gradio call `moved`
 */
export function moveControls(values, ask) {
  wanted.push(values);
  ask();
}

/**
 * Gradio calls this with what the controls hold. Changes that come quickly are made together.
 *
 * @param {string[]} names
 * @param {unknown[]} values  in the same order
 * @returns {unknown[]} the new values in the same order, undefined for a control that stays as it is
 */
export function moved(names, values) {
  const now = { ...Object.fromEntries(names.map((name, place) => [name, values[place]])), ...furtherSettings() };
  /** @type {Values} */
  const next = {};
  for (const change of wanted) Object.assign(next, change({ ...now, ...next }));
  wanted = [];
  keepFurther(next);
  return names.map((name) => next[name]);
}

/**
 * Puts what a message of Decode brings for the sidebar into its components, once for each text: its new seed, or what a
 * link holds.
 *
 * @param {{fills?: Values, trace_id?: string} | null} message
 * @param {() => void} ask  makes Gradio call `filled`
 */
export function fillOnce(message, ask) {
  if (!message?.fills || !message.trace_id || message.trace_id === filledFor) return;
  filledFor = message.trace_id;
  fills = structuredClone(message.fills); // Gradio's client turns the message into the next one in place
  ask();
}

/**
 * Gradio calls this.
 *
 * @param {string[]} names
 * @returns {unknown[]} the new values in the same order, undefined for a component that stays as it is
 */
export function filled(names) {
  const values = names.map((name) => fills[name]);
  fills = {};
  return values;
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
  if ((chatBox()?.checked ?? chat) !== chat) chatBox().click();
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
