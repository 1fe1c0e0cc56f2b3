/** Makes the page light or dark: as the system is, until the reader chooses. */

import { button } from "../common/dom.js";
import { t } from "../common/language.js";

/** @returns {HTMLButtonElement} the button that changes it */
export function themeButton() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  let isChosen = false;
  const made = button(t("Dark"), () => {
    isChosen = true;
    show(made.ariaPressed !== "true");
  });
  const show = (isDark) => {
    document.body.classList.toggle("dark", isDark);
    made.ariaPressed = String(isDark);
  };
  system.addEventListener("change", () => isChosen || show(system.matches));
  show(system.matches);
  return made;
}
