/** Reports a change between the light, the dark and the system's own colours, so that drawings with their own colours are drawn again. */

/** @param {() => void} redraw  called after each change of the theme, until the page is closed */
export function onTheme(redraw) {
  new MutationObserver(redraw).observe(document.body, { attributeFilter: ["class"] }); // .dark
  matchMedia("(forced-colors: active)").addEventListener("change", redraw);
}

/** @returns {boolean} whether the dark theme is on */
export const isDark = () => document.body.classList.contains("dark");
