/** Puts the Decode tab on the page, and connects it to the messages of Python and the events of the page. */

import { nearest } from "../common/dom.js";
import { onRefusal } from "../common/refusals.js";
import { DecodeTab } from "./tab.js";

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: import("../common/trace.js").Message | null}} props
 * @param {Record<"fork" | "look" | "forget" | "link" | "further" | "again" | "settings" | "converse", (data?: object) => void>} tell
 *   send messages to Python; "settings" makes Gradio move the controls, "converse" makes it write the prompt
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, tell, watch) {
  const tab = new DecodeTab(tell);
  element.replaceChildren(tab.element);
  watch("value", () => tab.receive(props.value));
  if (props.value) tab.receive(props.value);
  if (window.playgroundSettings) tab.applySettings(window.playgroundSettings); // a slider moved before this tab was mounted

  const life = new AbortController();
  /** @template {Event} E @param {(event: E) => unknown} listener @returns {(event: E) => unknown} */
  const whileMounted = (listener) => (event) => (element.isConnected ? listener(event) : life.abort());
  const open = async (place) => {
    await tab.open(place);
    if (place.isForeign) await tab.further.takeOver(place.traceId);
  };
  document.addEventListener("playground:settings", whileMounted((event) => tab.applySettings(event.detail)), life);
  document.addEventListener("playground:open", whileMounted((event) => open(event.detail)), life);
  document.addEventListener("playground:cut", whileMounted(() => tab.breakOff()), life);
  document.addEventListener("playground:connection", whileMounted((event) => event.detail.isAway || tab.goOn()), life);
  document.addEventListener("keydown", whileMounted((event) => tab.branching.onKey(event)), life);
  document.addEventListener("playground:step", whileMounted(() => tab.further.step()), life);
  document.addEventListener("playground:converse", whileMounted(() => tab.further.converse()), life);
  document.addEventListener("playground:go-on", whileMounted(() => tab.further.goOn()), life);
  const onPrompt = (event) => nearest(event, "#pg-prompt, #pg-chat, #pg-conversation") && tab.prompt.show();
  document.addEventListener("input", whileMounted(onPrompt), life);
  onRefusal(element, { cut: () => {}, refused: (sentence) => tab.refused(sentence) });
  addEventListener("resize", whileMounted(() => tab.fit()), life);
  addEventListener("hashchange", whileMounted(() => tab.followLink()), life);
  tab.start();
}
