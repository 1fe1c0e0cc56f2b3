/** Makes the fields of a form with their labels. */

import { make } from "./dom.js";

export function select(label, names, wordsOf = (name) => name) {
  const options = names.map((name) => Object.assign(make("option", "", wordsOf(name)), { value: name }));
  const element = make("select", "pg-select", ...options);
  element.ariaLabel = label;
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
