/** Tells the views which settings the sidebar and the chain have now. Knows neither. */

import { furtherSettings } from "./further_settings.js";

/** @param {Record<string, unknown>} controls  as the sidebar's controls have them */
export function tellSettings(controls) {
  const settings = { ...controls, ...furtherSettings() };
  window.playgroundSettings = settings;
  document.dispatchEvent(new CustomEvent("playground:settings", { detail: settings }));
}
