/**
 * Puts a sign beside each control of the sidebar that explains it in one sentence. Gradio makes the controls; a control
 * that it makes later, when Advanced opens, gets its sign then.
 */

import { capital } from "./common/words.js";
import { STAGES } from "./distribution/stages/all.js";
import { explained } from "./glossary/term.js";
import { WORDS } from "./glossary/words.js";

/** @typedef {{after: string, name: string, says: string}} Help  after which element it stands, what about, its sentence */

/** @type {Help[]} */
export const HELPS = [
  ...STAGES.filter(({ place }) => place !== "chain").map(({ setting, label, says }) => ({ after: `#pg-control-${setting} .head > label`, name: label, says: `${capital(label)} ${says}.` })),
  { after: "#pg-control-strategy > [data-testid=block-info]", name: "the strategy", says: WORDS.strategy },
  { after: "#pg-control-max_new_tokens .head > label", name: "max new tokens", says: WORDS["max new tokens"] },
  { after: "#pg-seed .pg-inline > label", name: "the seed", says: WORDS.seed },
];

/** Adds the signs, now and whenever Gradio makes a control. @param {Element} sidebar */
export function explainControls(sidebar) {
  new MutationObserver(() => add(sidebar)).observe(sidebar, { childList: true, subtree: true });
  add(sidebar);
}

function add(sidebar) {
  for (const help of HELPS) {
    const label = sidebar.querySelector(help.after);
    if (label && !label.nextElementSibling?.matches(".pg-help")) label.after(signOf(help));
  }
}

/** @param {Help} help */
function signOf({ name, says }) {
  const sign = explained("", says);
  sign.classList.add("pg-help");
  sign.ariaLabel = `What does ${name} do?`;
  return sign;
}
