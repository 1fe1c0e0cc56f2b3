/** Makes the fields of a form with their labels. */

import { make } from "./dom.js";

/**
 * @param {string} label
 * @param {readonly string[]} names  the values of the options
 * @param {object} [more]
 * @param {(name: string) => string} [more.wordsOf]  what an option says
 * @param {(chosen: string) => void} [more.onChange]
 */
export function select(label, names, { wordsOf = (name) => name, onChange = () => {} } = {}) {
  const options = names.map((name) => Object.assign(make("option", "", wordsOf(name)), { value: name }));
  const element = make("select", "pg-select", ...options);
  element.ariaLabel = label;
  element.addEventListener("change", () => onChange(element.value));
  return element;
}

export function number(label, value, min, max, step) {
  const input = make("input", "pg-entry");
  Object.assign(input, { type: "number", value, min, max, step });
  return { input, element: labelled(label, input) };
}

export function labelled(text, field) {
  return make("label", "pg-entry-label", make("span", "", text), field);
}
