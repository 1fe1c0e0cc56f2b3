/**
 * Small helpers to build the page. Text is always set as text, never as HTML, because a token may hold any characters.
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Sets an element's text. It changes the page only if the text differs. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {string} text @param {() => void} onClick @returns {HTMLButtonElement} */
export function button(text, onClick, className = "pg-button") {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", onClick);
  return element;
}
