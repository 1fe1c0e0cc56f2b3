/**
 * Writes a link to a text and a step of it, in the address's fragment, which no server sees or logs.
 * Knows traces. `playground/traces/link.py` reads what is written here.
 */

import { t } from "../common/language.js";
import { linkedView } from "../common/navigation.js";
import { differences } from "../common/words.js";
import { OFF } from "../distribution/settings.js";
import { searchOfLink } from "../common/presenting.js";

const VERSION = "1";
const MOST_CHARACTERS = 100_000; // as in `playground/traces/link.py`
const ALWAYS = ["strategy", "max_new_tokens", "seed"];
const SEARCH = ["num_beams", "length_penalty"];

/**
 * @param {import("../common/trace.js").Trace} trace
 * @param {number} index  the index of the step in view
 * @param {import("../chat/conversation.js").Written} written  what gives the trace's prompt
 * @returns {string} an address of this page
 * @throws {Error} the link is too long to be followed
 */
export function linkTo(trace, index, { prompt, chat, earlier, fields, languages = {} }) {
  const { model } = trace.header;
  const settings = trace.settingsOf(trace.steps.at(-1));
  const said = new URLSearchParams({ v: VERSION, model, prompt });
  if (chat) said.set("chat", "1");
  if (earlier.length) said.set("earlier", JSON.stringify(earlier));
  if (Object.keys(fields).length) said.set("fields", JSON.stringify(fields));
  for (const [side, code] of Object.entries(languages)) if (code) said.set(`${side}_language`, code);
  said.set("step", String(Math.max(index, 0) + 1)); // the prompt's tokens are not steps of the text
  const values = { ...settings, max_new_tokens: Math.max(settings.max_new_tokens, trace.steps.length) };
  for (const name of ALWAYS) said.set(name, String(values[name]));
  for (const name of Object.keys(OFF)) if (textOf(settings[name] ?? OFF[name]) !== textOf(OFF[name])) said.set(name, textOf(settings[name]));
  if (![undefined, "transformers"].includes(settings.order)) said.set("order", JSON.stringify(settings.order));
  if (settings.strategy === "beam") for (const name of SEARCH) said.set(name, String(settings[name]));
  const ids = trace.steps.map((step) => step.token_id);
  const isGiven = (step) => step.forced || isOther(trace.settingsOf(step), settings);
  const forced = ids.slice(0, trace.steps.findLastIndex(isGiven) + 1);
  if (forced.length) said.set("forced", forced.join(","));
  const fragment = `#${said}`;
  if (fragment.length > MOST_CHARACTERS) {
    throw new Error(t("The link would have {length} characters, and a page follows at most {most}. Save the trace as a file.", { length: fragment.length, most: MOST_CHARACTERS }));
  }
  return `${location.origin}${location.pathname}${searchOfLink()}${fragment}`;
}

/**
 * @param {import("./chain/examples.js").Example} example
 * @param {string} model  the one that writes its text
 * @param {number} newTokens  the most tokens that it writes
 * @returns {string} the fragment of a link to the example's text
 */
export function fragmentOfExample({ prompt, settings, step }, model, newTokens) {
  const said = new URLSearchParams({ v: VERSION, model, prompt, step: String(step + 1) });
  const values = { ...settings, max_new_tokens: Math.min(settings.max_new_tokens, newTokens) };
  for (const [name, value] of Object.entries(values)) said.set(name, ALWAYS.includes(name) ? String(value) : textOf(value));
  return `#${said}`;
}

/** @returns {string} a setting's value as a link has it */
const textOf = (value) => (typeof value === "number" ? String(value) : JSON.stringify(value));

/** Returns whether two settings may choose different tokens, so that a link with one of them needs the other's tokens. */
function isOther(one, other) {
  const { shown } = differences(one, other);
  return shown.length > 0 || (one.strategy === "sample" && one.seed !== other.seed);
}

/** @returns {string} the fragment of this page's address if it claims to be a link to a text, else "" */
export function fragmentHere() {
  return linkedView() === "decode" ? location.hash : "";
}

/** @returns {number} the step that a fragment asks for, from 0 */
export function stepIn(fragment) {
  const step = Number(new URLSearchParams(fragment.replace(/^#/, "")).get("step") ?? 1);
  return Number.isInteger(step) && step > 0 ? step - 1 : 0;
}
