/**
 * Puts a sign beside each control of the sidebar that explains it in one sentence, and a title on each preset. Gradio
 * makes the controls; one that it makes later gets its sign then.
 */

import { t } from "./common/language.js";
import { translated } from "./common/server_sentences.js";
import { capital } from "./common/words.js";
import { STAGES } from "./distribution/stages/all.js";
import { explained } from "./glossary/term.js";
import { WORDS } from "./glossary/words.js";

/** @typedef {{after: string, asks: string, says: string}} Help  after which element it stands, its question, its sentence */

/** @type {Help[]} */
export const HELPS = [
  ...STAGES.filter((stage) => stage.inSidebar).map(({ setting, label, says }) => ({ after: `#pg-control-${setting} .head > label`, asks: t("What does {name} do?", { name: label }), says: `${capital(label)} ${says}.` })),
  { after: "#pg-control-strategy > [data-testid=block-info]", asks: t("What does the strategy do?"), says: WORDS.strategy },
  { after: "#pg-control-max_new_tokens .head > label", asks: t("What does max new tokens do?"), says: WORDS["max new tokens"] },
  { after: "#pg-seed .pg-inline > label", asks: t("What does the seed do?"), says: WORDS.seed },
];

/**
 * Adds the signs and titles, now and whenever Gradio makes a control.
 *
 * @param {Element} sidebar @param {Record<string, string>} presets  what each one does, in the order of their buttons
 */
export function explainControls(sidebar, presets) {
  new MutationObserver(() => add(sidebar, presets)).observe(sidebar, { childList: true, subtree: true });
  add(sidebar, presets);
}

function add(sidebar, presets) {
  Object.values(presets).forEach((help, place) => {
    const preset = sidebar.querySelector(`#pg-preset-${place}`);
    if (preset instanceof HTMLElement) preset.title = translated(help);
  });
  for (const help of HELPS) {
    const label = sidebar.querySelector(help.after);
    if (label && !label.nextElementSibling?.matches(".pg-help")) label.after(signOf(help));
  }
}

/** @param {Help} help */
function signOf({ asks, says }) {
  const sign = explained("", says);
  sign.classList.add("pg-help");
  sign.ariaLabel = asks;
  return sign;
}
