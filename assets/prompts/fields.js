/** Makes the fields of this tab's forms. */

import { make } from "../common/dom.js";

/** In a field of one line, a line break is written as \n. @param {string} text @returns {string} */
export const shown = (text) => text.replaceAll("\n", "\\n");

/** @param {string} text  of such a field @returns {string} what it stands for */
export const meant = (text) => text.replaceAll("\\n", "\n");

/** @param {string} text @param {string | number} value @returns {HTMLOptionElement} */
export function option(text, value) {
  const element = make("option", "", text);
  element.value = String(value);
  return element;
}

/**
 * @template {"input" | "textarea"} Tag
 * @param {Tag} tag
 * @param {string} label
 * @param {() => void} onInput
 */
export function field(tag, label, onInput) {
  const element = make(tag, "pg-prompts-field");
  if (element instanceof HTMLInputElement) element.type = "text";
  element.ariaLabel = label;
  element.spellcheck = false;
  element.addEventListener("input", onInput);
  return element;
}

/** Returns a field with its name above it. @param {string} text @param {HTMLElement} element @param {string} [className] */
export function labelled(text, element, className = "") {
  element.ariaLabel ||= text;
  return make("label", `pg-prompts-labelled ${className}`, make("span", "", text), element);
}
