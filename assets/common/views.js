/**
 * What one tab tells the others: which step is in view on the Decode tab, and which one another tab wants there.
 * The tabs know this module and not each other; a tab that is mounted late asks `placeInView`.
 *
 * @typedef {object} Place
 * @property {string} traceId
 * @property {number} index  of the step, below 0 for a token of the prompt
 */

let inView = null;

/** @returns {Place | null} what the Decode tab shows */
export const placeInView = () => inView;

/** @param {Place} place  now on the Decode tab; tells every "playground:inview" listener of the document */
export function tellInView(place) {
  inView = place;
  document.dispatchEvent(new CustomEvent("playground:inview", { detail: place }));
}

/** Turns to the Decode tab with a step in view. @param {Place} place */
export function openInDecode(place) {
  openTab("Decode");
  scrollTo(0, 0); // a long tab was perhaps read far down
  document.dispatchEvent(new CustomEvent("playground:open", { detail: place }));
}

/**
 * @param {string} name  as it stands on the tab; where there is no room for all tabs, in the menu of the others
 * @returns {boolean} whether there is one
 */
export function openTab(name) {
  const tabs = document.querySelectorAll(".tabs button[role=tab], .tabs .overflow-dropdown button");
  const tab = Array.from(tabs).find((tab) => tab.textContent.trim() === name);
  tab?.click();
  return tab !== undefined;
}

/** The same while the page is still being built. @param {string} name */
export function openTabOnceThere(name) {
  if (openTab(name)) return;
  const observer = new MutationObserver(() => openTab(name) && observer.disconnect());
  observer.observe(document, { childList: true, subtree: true });
}
