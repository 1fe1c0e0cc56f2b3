/** The page's light and dark: what draws with colours of its own draws again when the other one is chosen. */

/** @param {() => void} redraw  called after each change, for as long as the page lives */
export function onTheme(redraw) {
  new MutationObserver(redraw).observe(document.body, { attributeFilter: ["class"] }); // .dark
}
