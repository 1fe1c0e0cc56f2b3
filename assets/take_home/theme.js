/** Makes the page light or dark: as what is around it, until the reader chooses. */

import { button } from "../common/dom.js";
import { t } from "../common/language.js";

/** @returns {HTMLButtonElement} the button that changes it */
export function themeButton() {
  let isChosen = false;
  const made = button(t("Dark"), () => {
    isChosen = true;
    show(made.ariaPressed !== "true");
  });
  const show = (isDark) => {
    document.body.classList.toggle("dark", isDark);
    made.ariaPressed = String(isDark);
  };
  follow((isDark) => isChosen || show(isDark));
  return made;
}

/** @param {(isDark: boolean) => void} show  called at once and at each change, with what is around the page: a notebook, or the system */
function follow(show) {
  const around = frameElement?.parentElement; // null where the page is in no frame, or in that of another site
  if (around) return followNotebook(around, show);
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", () => show(system.matches));
  show(system.matches);
}

/** A notebook has a theme of its own. Each says so in another way, but its letters are light where it is dark. */
function followNotebook(around, show) {
  const tell = () => show(isLight(getComputedStyle(around).color));
  const { body, documentElement } = around.ownerDocument;
  const observer = new MutationObserver(tell);
  for (const one of [body, documentElement]) observer.observe(one, { attributes: true });
  tell();
}

/** @param {string} colour  as `getComputedStyle` writes it: "rgb(0, 0, 0)" */
function isLight(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 127;
}
