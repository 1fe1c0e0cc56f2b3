/**
 * Joins the picker to Gradio: the chosen model's name is the value of a component, which goes to Python with each event
 * and which a link or an earlier visit may set.
 */

import { fetchModel } from "../common/server.js";
import { whileMounted } from "../common/while_mounted.js";
import { chooseModel, chosenModel, learnModel, modelNamed, tellModel } from "./models.js";
import { fetchVocabulary } from "./words.js";

let inUse = chosenModel(); // the last model that was chosen and there

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  stays empty
 * @param {{value: string}} props  the name of the chosen model
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, watch) {
  const take = () => use(props);
  watch("value", take);
  take();
  whileMounted(element).onDocument("playground:choose", ({ detail }) => {
    props.value = detail;
    use(props);
  });
}

/** Uses the model that the component names, once it is there. If it cannot be had, the one in use is chosen again. */
async function use(props) {
  const name = props.value;
  if (!chooseModel(name)) return;
  const say = (model, error) => document.dispatchEvent(new CustomEvent("playground:loading", { detail: { model, error } }));
  say(name, "");
  try {
    if (!modelNamed(name).loaded || !modelNamed(name).words) learnModel(await fetchModel(name));
    await fetchVocabulary(name); // no view shows a token without its words
    if (chosenModel() !== name) return;
    inUse = name;
    tellModel();
  } catch (error) {
    if (chosenModel() !== name) return;
    props.value = inUse;
    if (name !== inUse) await use(props);
    say(inUse, error.message);
  }
}
