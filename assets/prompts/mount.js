/** Puts the Compare prompts tab on the page, and connects it to the messages of Python and the events of the page. */

import { CUT } from "../common/connection.js";
import { onRefusal } from "../common/refusals.js";
import { answering } from "../common/server.js";
import { whileMounted } from "../common/while_mounted.js";
import { PromptsTab } from "./tab.js";
import { withErrorTold } from "../common/server_sentences.js";

/** @type {PromptsTab | null} */
let onPage = null;

/** @returns {PromptsTab | null} the tab on the page, for the evaluation below it */
export const tabOnPage = () => onPage;

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: import("./state.js").News | null, start: import("./tab.js").Start}} props
 * @param {(event: string, data: object) => void} trigger  sends an event to Python
 * @param {(name: string, callback: () => void) => void} watch
 * @param {Record<string, (asked: object) => Promise<{answer?: any, error?: string}>>} server
 */
export function mount(element, props, trigger, watch, server) {
  const tab = new PromptsTab(props.start, trigger, answering(server));
  onPage = tab;
  element.replaceChildren(tab.element);
  watch("value", () => tab.receive(withErrorTold(props.value)));
  if (window.playgroundSettings) tab.applySettings(window.playgroundSettings);

  const mounted = whileMounted(element);
  mounted.onDocument("playground:settings", (event) => tab.applySettings(event.detail));
  mounted.onDocument("playground:room", () => tab.applyRoom(window.playgroundRoom));
  const refused = (sentence, event) => event === "run" && tab.breakOff(sentence);
  onRefusal(element, { cut: () => tab.breakOff(CUT), refused });
  mounted.onDocument("playground:model", () => tab.suit());
  mounted.onDocument("playground:languages", () => tab.translate());
  mounted.onWindow("hashchange", () => tab.followLink());
  tab.start();
}
