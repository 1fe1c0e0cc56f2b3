/**
 * Joins the picker to Gradio: the chosen model's name is the value of a component, which goes to Python with each event
 * and which a link or an earlier visit may set.
 */

import { fetchModel } from "../common/server.js";
import { chooseModel, chosenModel, learnModel, modelNamed, tellModel } from "./models.js";
import { fetchVocabulary } from "./words.js";

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  stays empty
 * @param {{value: string}} props  the name of the chosen model
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, watch) {
  const take = () => use(props.value);
  watch("value", take);
  take();
  const life = new AbortController();
  const onChoice = ({ detail }) => {
    if (!element.isConnected) return life.abort();
    props.value = detail;
    use(detail);
  };
  document.addEventListener("playground:choose", onChoice, life);
}

/** Chooses a model. The page uses it once it is there; if it cannot be had, the page goes on with the one before. */
async function use(name) {
  const before = chosenModel();
  if (!chooseModel(name)) return;
  const say = (detail) => document.dispatchEvent(new CustomEvent("playground:loading", { detail }));
  say({ model: name, error: "" });
  try {
    if (!modelNamed(name).loaded || !modelNamed(name).words) learnModel(await fetchModel(name));
    await fetchVocabulary(name); // no view shows a token without its words
    if (chosenModel() === name) tellModel();
  } catch (error) {
    if (chosenModel() !== name) return;
    document.dispatchEvent(new CustomEvent("playground:choose", { detail: before }));
    say({ model: before, error: error.message });
  }
}
