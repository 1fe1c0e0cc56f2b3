/**
 * Scrolls to what the class is asked to do, where the reader of a page that follows has scrolled past it.
 *
 * @param {HTMLElement} element
 */
export function bringInSight(element) {
  if (element.getBoundingClientRect().bottom < 0) element.scrollIntoView({ block: "start" });
}
