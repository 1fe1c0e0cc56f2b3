/**
 * Adds the fold "Recent requests" beside the model's name: what programs asked of the server's `/v1` lately, each text of
 * which opens on the Decode tab. Only readers to whom the server tells its requests have it. Knows nothing of the views.
 */

import { button, make } from "./common/dom.js";
import { followingFold } from "./common/following_fold.js";
import { LANGUAGE, t } from "./common/language.js";
import { get } from "./common/server.js";
import { openInDecode } from "./common/views.js";
import { chosenModel } from "./models/models.js";

const PAUSE_MS = 2000; // between two fetches while the fold is open
const NONE = t("None yet. What a program asks of /v1 appears here.");

/**
 * @typedef {object} Kept  see playground/web/openai/history.py
 * @property {number} at  seconds since 1970
 * @property {string} route
 * @property {string} model
 * @property {string} prompt  its end
 * @property {string[]} trace_ids
 */

/** Called by gr.HTML's js_on_load. @param {HTMLElement} line  the element to which the fold is appended */
export async function mount(line) {
  if (!(await read())) return;
  const list = make("ul");
  let shown = null;
  const fold = followingFold(t("Recent requests"), list, PAUSE_MS, async () => {
    const rows = await read().then((kept) => kept.map((one) => row(one, fold)), (error) => [make("li", "", error.message)]);
    const news = rows.map((one) => one.dataset.key ?? one.textContent).join(" ");
    if (news !== shown) list.replaceChildren(...(rows.length ? rows : [make("li", "", NONE)]));
    shown = news; // a row that stays keeps the focus
  });
  fold.id = "pg-requests";
  line.append(fold);
}

/** @param {Kept} kept @param {HTMLDetailsElement} fold */
function row({ at, route, model, prompt, trace_ids }, fold) {
  const open = (traceId) => {
    fold.open = false;
    if (model !== chosenModel()) document.dispatchEvent(new CustomEvent("playground:choose", { detail: model }));
    openInDecode({ traceId, index: 0, isForeign: true });
  };
  const names = trace_ids.length === 1 ? [t("Open")] : trace_ids.map((_, choice) => t("Open choice {choice}", { choice }));
  const buttons = names.map((name, index) => button(name, () => open(trace_ids[index]), "pg-link"));
  for (const one of buttons) one.setAttribute("aria-label", `${one.textContent}: ${prompt}`);
  const facts = `${new Date(at * 1000).toLocaleTimeString(LANGUAGE)} · ${route} · ${model}`;
  const item = make("li", "", make("span", "pg-requests-facts", facts), make("q", "", prompt), ...buttons);
  item.dataset.key = trace_ids[0];
  return item;
}

/** @returns {Promise<Kept[] | null>} the latest first; null if this reader may not see them, or none are kept */
async function read() {
  const response = await get("requests");
  return response.status === 204 ? null : response.json();
}
