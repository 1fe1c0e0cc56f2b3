/**
 * Makes room for a lesson's panel where there is little: folds the sidebar, or on a phone its sheet, as the reader can do by
 * hand, and unfolds it again. Knows Gradio's sidebar and the sheet by their buttons.
 */

const hasLittle = matchMedia("(width < 1280px)");
const OPEN_SIDEBAR = ".sidebar.open > .toggle-button";
const CLOSED_SIDEBAR = ".sidebar:not(.open) > .toggle-button";
const OPEN_SHEET = ".pg-sheet-handle[aria-expanded=true]";

let isFolded = false; // whether the sidebar was folded here

/** The panel comes onto the page. */
export function makeRoom() {
  if (!hasLittle.matches) return;
  const sheet = seen(OPEN_SHEET);
  sheet?.click();
  const sidebar = document.documentElement.dataset.face === "simple" || sheet ? null : seen(OPEN_SIDEBAR);
  sidebar?.click();
  isFolded ||= sidebar !== null;
}

/** The panel has left the page. */
export function giveRoomBack() {
  if (isFolded) seen(CLOSED_SIDEBAR)?.click();
  isFolded = false;
}

/** @param {string} selectors @returns {HTMLElement | null} a button that can be seen */
function seen(selectors) {
  /** @type {HTMLElement | null} */
  const button = document.querySelector(selectors);
  return button?.checkVisibility({ visibilityProperty: true }) ? button : null;
}
