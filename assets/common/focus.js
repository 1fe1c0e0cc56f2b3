/** Keeps the focus on the page when something that has it closes, is disabled or is made again. Knows elements only. */

/**
 * Closes a part of the page with Escape, and focuses what opened it.
 *
 * @param {HTMLElement[]} places  where the key works
 * @param {() => HTMLElement | null | undefined} close  closes the part; returns what to focus, nothing if it is closed
 */
export function closeByEscape(places, close) {
  for (const place of places) {
    place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      const opener = close();
      if (opener) event.preventDefault();
      opener?.focus();
    });
  }
}

/**
 * Makes a change, and focuses something else if the focused element is gone, hidden or disabled after it.
 *
 * @param {HTMLElement} part  the part of the page that changes; a focus outside of it stays
 * @param {() => void} change
 * @param {() => HTMLElement | null | undefined} instead  returns what to focus
 */
export function keepFocus(part, change, instead) {
  const focused = document.activeElement;
  const isOurs = focused instanceof HTMLElement && part.contains(focused);
  change();
  if (isOurs && (!focused.checkVisibility() || focused.matches(":disabled"))) instead()?.focus();
}
