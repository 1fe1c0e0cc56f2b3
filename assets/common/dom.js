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

/** Sets an element's text. It changes the page only if the text differs. @param {Node} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Returns the element around an event's place that fits the selectors: the nearest one, null if there is none.
 *
 * @param {Event} event @param {string} selectors @returns {HTMLElement | null}
 */
export function nearest({ target }, selectors) {
  const found = target instanceof Element ? target.closest(selectors) : null;
  return found instanceof HTMLElement ? found : null;
}

/** @param {string} text @param {() => void} onClick  not called while the button rests @returns {HTMLButtonElement} */
export function button(text, onClick, className = "pg-button") {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", () => element.ariaDisabled !== "true" && onClick());
  return element;
}

/**
 * Says whether a button has nothing to do now. It stays where the keyboard is, while a disabled button would lose the
 * focus to the page.
 *
 * @param {HTMLButtonElement} element  made by `button` @param {boolean} isResting
 */
export function rest(element, isResting) {
  element.ariaDisabled = String(isResting);
}

/** @param {"heat" | "shade"} scale @param {number | string} shade @returns {HTMLElement} a patch of a scale, for its legend */
export function patch(scale, shade) {
  const element = make("span", "pg-shade");
  element.dataset[scale] = String(shade);
  return element;
}
