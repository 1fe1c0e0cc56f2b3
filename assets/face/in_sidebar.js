/**
 * Adds to Gradio's parts of the sidebar what the simple face shows of them: a second name for the two buttons that write
 * further, and the value of each slider as plain text in the place of its field.
 */

import { settingsInSidebar, sliderOf } from "../common/controls.js";
import { make, setText } from "../common/dom.js";
import { byFace } from "../common/face.js";
import { count, t } from "../common/language.js";
import { OFF } from "../distribution/settings.js";

const NAMES = { "pg-step": t("Write the next word"), "pg-go-on": t("Write on") };
const SLIDERS = ["temperature", "top_k", "top_p"];

/** Adds them as soon as Gradio has made its parts. */
export function addToSidebar() {
  const buttons = Object.keys(NAMES).map((id) => document.getElementById(id));
  const heads = SLIDERS.map((name) => sliderOf(name)?.closest(".wrap").querySelector(".head"));
  if (buttons.every(Boolean) && heads.every(Boolean)) {
    for (const button of buttons) nameButton(button);
    showValues(heads);
    return;
  }
  const observer = new MutationObserver(() => {
    observer.disconnect();
    addToSidebar();
  });
  observer.observe(document, { childList: true, subtree: true });
}

/** @param {HTMLElement} button */
function nameButton(button) {
  const text = Array.from(button.childNodes).find((node) => node instanceof Text && node.data.trim());
  text.replaceWith(...byFace(NAMES[button.id], text.textContent.trim()));
}

/** @param {Element[]} heads  of the sliders */
function showValues(heads) {
  const values = heads.map((head) => {
    const value = make("span", "pg-slider-value pg-in-simple");
    value.ariaHidden = "true"; // the slider itself says it
    head.append(value);
    return value;
  });
  const show = () => {
    const settings = settingsInSidebar();
    for (const [place, name] of SLIDERS.entries()) setText(values[place], inWords(name, settings[name]));
  };
  document.addEventListener("playground:settings", show);
  show();
}

/** @returns {string} a slider's value; where top-k or top-p does nothing, "off" */
function inWords(name, value) {
  return name !== "temperature" && value === OFF[name] ? t("off") : count(value);
}
