/** Puts the Compare models tab on the page, and connects it to the messages of Python and the events of the page. */

import { CUT } from "../common/connection.js";
import { onRefusal } from "../common/refusals.js";
import { answering } from "../common/server.js";
import { whileMounted } from "../common/while_mounted.js";
import { withOneModel } from "./one_model.js";
import { ModelsTab } from "./tab.js";
import { withErrorTold } from "../common/server_sentences.js";

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: import("./state.js").News | null}} props
 * @param {(event: string, data: object) => void} trigger  sends an event to Python
 * @param {(name: string, callback: () => void) => void} watch
 * @param {Record<string, (asked: object) => Promise<{answer?: any, error?: string}>>} server
 * @param {string[]} events  the names of the events that Python listens to
 */
export function mount(element, props, trigger, watch, server, [run, stop, fill]) {
  const instead = withOneModel();
  if (instead) return void element.replaceChildren(instead);
  const tell = { run: (asked) => trigger(run, asked), stop: (asked) => trigger(stop, asked), fill: (asked) => trigger(fill, asked) };
  const tab = new ModelsTab(tell, answering(server));
  element.replaceChildren(tab.element);
  watch("value", () => tab.receive(withErrorTold(props.value)));
  if (window.playgroundSettings) tab.applySettings(window.playgroundSettings);

  const mounted = whileMounted(element);
  mounted.onDocument("playground:settings", (event) => tab.applySettings(event.detail));
  mounted.onDocument("playground:model", () => tab.showModels());
  mounted.onDocument("playground:brought", () => tab.takeBrought());
  mounted.onWindow("hashchange", () => tab.followLink());
  onRefusal(element, { cut: () => tab.breakOff(CUT), refused: (sentence, event) => event === run && tab.breakOff(sentence) });
  tab.takeBrought();
  tab.followLink();
}
