/** The toggle beside the seed: locked, Generate uses the seed again; unlocked, Generate takes a new one. */

import { t } from "./common/language.js";

const SAYS = t("Locked, Generate repeats the same text. Unlocked, Generate takes a new seed.");

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: boolean}} props  the value is whether the seed is locked
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, watch) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "pg-seed-lock";
  button.textContent = t("Lock");
  button.ariaLabel = t("Lock the seed");
  button.title = SAYS;
  const show = () => (button.ariaPressed = String(props.value === true));
  button.addEventListener("click", () => {
    props.value = props.value !== true;
    show();
  });
  watch("value", show);
  show();
  element.replaceChildren(button);
}
