/**
 * Puts the Attention tab on the page, and connects it to the messages of Python and the events of the page.
 *
 * @typedef {object} Opened  Python's answer to the request number `asked`: the opened texts, or why there are none
 * @property {number} asked
 * @property {{trace_id: string, ids: number[]}[]} [texts]
 * @property {string} [error]
 */

import { AttentionTab } from "./tab.js";

/**
 * Called by gr.HTML's js_on_load.
 *
 * @param {HTMLElement} element  the element to fill
 * @param {{value: Opened | null}} props
 * @param {(request: {texts: string[], asked: number}) => void} read  asks Python to open texts
 * @param {(name: string, callback: () => void) => void} watch
 */
export function mount(element, props, read, watch) {
  const tab = new AttentionTab(read);
  element.replaceChildren(tab.element);
  watch("value", () => tab.receive(props.value));

  const life = new AbortController();
  /** @template {Event} E @param {(event: E) => unknown} listener @returns {(event: E) => unknown} */
  const whileMounted = (listener) => (event) => (element.isConnected ? listener(event) : life.abort());
  document.addEventListener("playground:inview", whileMounted(() => tab.follow()), life);
  document.addEventListener("playground:head", whileMounted(() => tab.turnHead()), life);
  document.addEventListener("playground:connection", whileMounted((event) => event.detail.isAway || tab.goOn()), life);
  tab.start();
}
