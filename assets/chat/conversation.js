/**
 * Holds what the reader has written around the prompt: the turns before it, and the fields of the chat template's own
 * switches. Knows no element of the page and no template.
 *
 * @typedef {{role: string, content: string}} Turn
 *
 * @typedef {object} Around
 * @property {Turn[]} earlier  the turns before the prompt, a system text first
 * @property {Record<string, string>} fields  by the switch's name; an empty text sets nothing
 *
 * @typedef {Around & {prompt: string, chat: boolean}} Written  everything that gives a prompt
 */

export const ROLES = ["user", "assistant", "tool", "system", "developer"];
const SYSTEM = "system";

/** @type {Around} */
let around = { earlier: [], fields: {} };

/** @returns {Around} what stands around the prompt now */
export const aroundPrompt = () => around;

/** Records what stands around the prompt. @param {Around} now */
export const tellAround = (now) => (around = now);

/** @param {any} value  what Gradio or the browser kept @returns {Around} without whatever cannot be shown */
export function usableAround(value) {
  const turns = Array.isArray(value?.earlier) ? value.earlier : [];
  const isTurn = (one) => ROLES.includes(one?.role) && typeof one.content === "string";
  const fields = Object.entries(Object(value?.fields)).filter(([, text]) => typeof text === "string");
  return { earlier: turns.filter(isTurn).map(({ role, content }) => ({ role, content })), fields: Object.fromEntries(fields) };
}

/** @param {Turn[]} earlier @returns {{system: string, turns: Turn[]}} the system text at the beginning, and the others */
export function apart(earlier) {
  const [first, ...others] = earlier;
  return first?.role === SYSTEM ? { system: first.content, turns: others } : { system: "", turns: earlier };
}

/** @param {string} system @param {Turn[]} turns @returns {Turn[]} both as the turns before the prompt */
export const together = (system, turns) => (system ? [{ role: SYSTEM, content: system }, ...turns] : turns);

/** @param {Turn[]} turns @returns {string} who speaks after them */
export const nextRole = (turns) => (turns.at(-1)?.role === "user" ? "assistant" : "user");

/**
 * @param {import("../common/trace.js").Conversation} conversation  of a text
 * @param {string} answer  the text's completion
 * @param {string} typed  the prompt that stands in the sidebar
 * @returns {Written} the conversation after the answer; the prompt is free, unless the reader has typed a new one
 */
export function afterAnswer({ messages, template_options }, answer, typed) {
  const last = messages.at(-1);
  const isOld = last.role === "user" && last.content === typed;
  const fields = Object.entries(template_options).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  const earlier = [...messages, { role: "assistant", content: answer }];
  return { prompt: isOld ? "" : typed, chat: true, earlier, fields: Object.fromEntries(fields) };
}

/** @param {Written} one @param {Written} other @returns {boolean} whether both are the same prompt for the model */
export function isSame(one, other) {
  if (one.chat !== other.chat) return false;
  return one.chat ? plain(one) === plain(other) : one.prompt === other.prompt;
}

function plain({ prompt, earlier, fields }) {
  const own = prompt || !earlier.length ? [["user", prompt]] : [];
  const set = Object.entries(fields).filter(([, text]) => text.trim());
  const values = set.map(([name, text]) => [name, meaning(text)]).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([...earlier.map(({ role, content }) => [role, content]), ...own, values]);
}

/** Returns what a field's text means, so that the blanks in JSON make no difference. */
function meaning(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
