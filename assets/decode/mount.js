/** Puts the Decode tab on the page, and connects it to the messages of Python and the events of the page. */

import { fillOnce } from "../common/controls.js";
import { nearest } from "../common/dom.js";
import { onRefusal } from "../common/refusals.js";
import { placeInView } from "../common/views.js";
import { whileMounted } from "../common/while_mounted.js";
import { DecodeTab } from "./tab.js";
import { withErrorTold } from "../common/server_sentences.js";

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: import("../common/trace.js").Message | null}} props
 * @param {Record<"fork" | "look" | "forget" | "link" | "further" | "again" | "settings" | "converse" | "fill", (data?: object) => void>} tell
 *   send messages to Python; "settings" makes Gradio move the controls, "converse" makes it write the prompt, "fill"
 *   makes it fill the sidebar
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, tell, watch) {
  const tab = new DecodeTab(tell);
  element.replaceChildren(tab.element);
  watch("value", () => {
    fillOnce(props.value, tell.fill);
    tab.receive(withErrorTold(props.value));
  });
  if (props.value) tab.receive(withErrorTold(props.value));
  if (window.playgroundSettings) tab.applySettings(window.playgroundSettings); // a slider moved before this tab was mounted

  const mounted = whileMounted(element);
  const open = async (place) => {
    await tab.open(place);
    document.dispatchEvent(new CustomEvent("playground:opened", { detail: placeInView()?.traceId }));
    if (place.isForeign) await tab.further.takeOver(place.traceId);
  };
  mounted.onDocument("playground:settings", (event) => tab.applySettings(event.detail));
  mounted.onDocument("playground:preset", (event) => tab.step.view.chain.clear(event.detail));
  mounted.onDocument("playground:open", (event) => open(event.detail));
  mounted.onDocument("playground:turn", (event) => tab.turnTo(event.detail));
  mounted.onDocument("playground:growth", (event) => tab.receive(event.detail));
  mounted.onDocument("playground:example", (event) => {
    if (!tab.further.example(event.detail, (fragment) => tab.followLink(fragment))) event.preventDefault();
  });
  mounted.onDocument("playground:cut", () => tab.breakOff());
  mounted.onDocument("playground:connection", (event) => event.detail.isAway || tab.goOn());
  mounted.onDocument("keydown", (event) => tab.branching.onKey(event));
  mounted.onDocument("playground:superseded", (event) => tab.branching.supersede(event.detail));
  mounted.onDocument("playground:together", () => tab.step.draw());
  mounted.onDocument("playground:step", () => tab.further.step());
  mounted.onDocument("playground:converse", () => tab.further.converse());
  mounted.onDocument("playground:go-on", () => tab.further.goOn());
  mounted.onDocument("playground:model", () => {
    tab.prompt.show();
    tab.step.draw(); // which names the model of the text
  });
  const onPrompt = (event) => nearest(event, "#pg-prompt, #pg-chat, #pg-conversation") && tab.prompt.show();
  mounted.onDocument("input", onPrompt);
  onRefusal(element, { cut: () => {}, refused: (sentence) => tab.refused(sentence) });
  mounted.onWindow("resize", () => tab.fit());
  mounted.onWindow("hashchange", () => tab.followLink());
  tab.step.view.chain.offerExamples((example) => tab.further.example(example, (fragment) => tab.followLink(fragment)));
  tab.start();
}
