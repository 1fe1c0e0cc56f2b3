/**
 * The settings that the sidebar has no control for: the order of the stages, and stages that only the chain has. They are
 * the value of one component, which goes to Python with each event. `controls.js` changes settings wherever each is kept.
 *
 * @typedef {Record<string, any>} Settings  by their names in Python
 */

import { OFF } from "../distribution/settings.js";
import { ORDERS, STAGES } from "../distribution/stages/all.js";

/** All settings of stages and their order, as they stand where nothing is said. @type {Settings} */
export const STARTS = { ...OFF, order: Object.keys(ORDERS)[0] };

const inSidebar = new Set(STAGES.filter((stage) => stage.inSidebar).map(({ setting }) => setting));
const FURTHER = Object.keys(STARTS).filter((name) => !inSidebar.has(name));

/** @param {string} name @returns {boolean} whether a setting is kept here */
export const isFurther = (name) => FURTHER.includes(name);

/** @type {{value: Settings}} the component, once it is on the page */
let component = { value: {} };
let ask = () => {};
let told = "{}"; // what the page was told last

/**
 * Takes over the component that keeps them.
 *
 * @param {{value: Settings}} props  the value has those settings that are not at their start
 * @param {() => void} askGradio  makes Gradio call `moved` of `controls.js`
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(props, askGradio, watch) {
  component = props;
  ask = askGradio;
  watch("value", tell);
  tell();
}

/** Makes Gradio call `moved` of `controls.js`. */
export const askToMove = () => ask();

/** @returns {Settings} the settings that are kept here, all of them */
export function furtherSettings() {
  const kept = Object(component.value);
  return Object.fromEntries(FURTHER.map((name) => [name, kept[name] ?? STARTS[name]]));
}

/** Keeps those of some settings that are kept here; the others of them stay. @param {Settings} values */
export function keepFurther(values) {
  component.value = furtherOf({ ...furtherSettings(), ...values });
  tell();
}

/** @param {Settings} settings @returns {Settings} the component's value for these settings */
export function furtherOf(settings) {
  const isOther = (name) => settings[name] !== undefined && JSON.stringify(settings[name]) !== JSON.stringify(STARTS[name]);
  return Object.fromEntries(FURTHER.filter(isOther).map((name) => [name, settings[name]]));
}

/** Says on the page that settings kept here have changed. */
function tell() {
  const now = JSON.stringify(component.value ?? {});
  if (now === told) return;
  told = now;
  document.dispatchEvent(new Event("playground:further"));
}
