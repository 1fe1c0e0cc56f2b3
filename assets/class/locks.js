/**
 * Keeps a reader from what the class does not let this page do: the controls stay where they are, can be reached and read, and say
 * why they rest. What moves the controls for the class still can. Knows the page's controls by their ids and classes.
 */

import { rulesHere } from "../common/class_rules.js";

/** What moves settings. */
const SETTINGS = "[id^=pg-control-], #pg-presets, #pg-seed, .pg-chain, .pg-curve-grip, .pg-paste, .pg-temperatures-fold";
/** What writes texts, or makes the model work in another way. */
const PLAY = "#pg-buttons button:not(#pg-stop), #pg-chat, #pg-score, #pg-views .pg-primary, .pg-show-me, .pg-picker";
const EVENTS = ["pointerdown", "mousedown", "touchstart", "click", "keydown", "beforeinput", "input", "change", "dragstart", "wheel"];
/** Keys that only move the focus, or leave what is open. */
const FREE = ["Tab", "Shift", "Escape"];

/** @param {(reason: string) => void} say  tells the reader why a control rests */
export function lockControls(say) {
  const hear = (/** @type {Event} */ event) => {
    const reason = event.isTrusted ? reasonOf(event) : "";
    if (!reason) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say(reason);
  };
  for (const name of EVENTS) window.addEventListener(name, hear, { capture: true, passive: false });
  document.addEventListener("playground:class", show);
  show();
}

/** @param {Event} event @returns {string} why it must not happen, "" if it may */
function reasonOf(event) {
  const { noPlay, noSettings } = rulesHere();
  if (!noPlay && !noSettings) return "";
  if (event instanceof KeyboardEvent) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return noPlay; // which presses what writes
    if (FREE.includes(event.key)) return "";
  }
  const within = (selectors) => event.target instanceof Element && event.target.closest(selectors) !== null;
  return (within(PLAY) && noPlay) || (within(SETTINGS) && noSettings) || "";
}

/** Says on the controls that are always on the page that they rest, for those who cannot see it. */
function show() {
  const { noPlay, noSettings } = rulesHere();
  mark("#pg-buttons button:not(#pg-stop), #pg-score", noPlay);
  mark("[id^=pg-control-] input, #pg-presets button", noSettings);
  document.documentElement.toggleAttribute("data-class-no-play", noPlay !== "");
  document.documentElement.toggleAttribute("data-class-no-settings", noSettings !== "");
}

/** @param {string} selectors @param {string} reason  "" for none */
function mark(selectors, reason) {
  for (const one of document.querySelectorAll(selectors)) {
    if (reason) one.setAttribute("aria-disabled", "true");
    else one.removeAttribute("aria-disabled");
    one.ariaDescription = reason || null;
  }
}
