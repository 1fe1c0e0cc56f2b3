/** Two small helpers to build SVG drawings, like those of dom.js for the page. */

const NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {string} [className]
 * @param {Record<string, string | number>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {SVGElement}
 */
export function draw(tag, className = "", attributes = {}, ...children) {
  const element = document.createElementNS(NAMESPACE, tag);
  if (className) element.setAttribute("class", className);
  set(element, attributes);
  element.append(...children);
  return element;
}

/** Sets attributes. @param {SVGElement} element @param {Record<string, string | number>} attributes */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
