/**
 * Holds what the reader has written around the prompt: the turns before it, and the fields of the chat template's own
 * switches. Knows no element of the page and no template.
 *
 * @typedef {{role: string, content: string}} Turn  with the role `JSON`, the content is the JSON of a whole message
 *
 * @typedef {object} Around
 * @property {Turn[]} earlier  the turns before the prompt, a system text first
 * @property {Record<string, string>} fields  by the switch's name; an empty text sets nothing
 *
 * @typedef {Around & {prompt: string, chat: boolean, languages?: Record<string, string>}} Written  everything that gives a
 *   prompt; the languages of a translation by "source" and "target", "" for the usual ones
 *
 * @typedef {import("../common/trace.js").Conversation} Conversation
 */

export const ROLES = ["user", "assistant", "tool", "system", "developer"];
export const JSON_TURN = "json";
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
  const fields = Object.entries(Object(value?.fields)).filter(([, text]) => typeof text === "string");
  return { earlier: turns.filter(isMessage).map(turnOf), fields: Object.fromEntries(fields) };
}

/** @param {any} one  whatever stands in a list of messages @returns {boolean} whether it can be shown as a turn */
export function isMessage(one) {
  const isText = typeof one?.content === "string";
  return typeof one?.role === "string" && (isText || (one.content == null && Array.isArray(one.tool_calls)));
}

/** @param {any} message  a role and a content, or more @returns {Turn} */
function turnOf(message) {
  const { role, content } = message;
  const others = Object.entries(message).filter(([name, value]) => !["role", "content"].includes(name) && value !== null);
  const isPlain = typeof content === "string" && [...ROLES, JSON_TURN].includes(role) && !others.length;
  return isPlain ? { role, content } : turnOfJson(message);
}

const turnOfJson = (message) => ({ role: JSON_TURN, content: JSON.stringify(message, null, 1) });

/** @param {Turn} turn @returns {any} the message that it stands for; JSON that cannot be read stays a text */
function messageOf(turn) {
  const read = turn.role === JSON_TURN ? meaning(turn.content) : null;
  return isMessage(read) ? read : turn;
}

/** @param {Turn} turn @returns {Turn} the same turn with its message as JSON, an assistant's with a call to fill in */
export function asJson({ role, content }) {
  const calls = role === "assistant" ? { tool_calls: [{ type: "function", function: { name: "", arguments: {} } }] } : {};
  return turnOfJson({ role, content, ...calls });
}

/** @param {Turn} turn  with JSON @returns {string} the content of its message, or all of the JSON if that holds more */
export function asText(turn) {
  const { role, content, ...others } = messageOf(turn);
  return role === JSON_TURN || Object.keys(others).length ? turn.content : content;
}

/** @param {Turn[]} earlier @returns {{system: string, turns: Turn[]}} the system text at the beginning, and the
 *   others; an empty system text is a turn, because a template may write its own one in place of none */
export function apart(earlier) {
  const [first, ...others] = earlier;
  return first?.role === SYSTEM && first.content ? { system: first.content, turns: others } : { system: "", turns: earlier };
}

/** @param {string} system @param {Turn[]} turns @returns {Turn[]} both as the turns before the prompt */
export const together = (system, turns) => (system ? [{ role: SYSTEM, content: system }, ...turns] : turns);

/** @param {Turn[]} turns @returns {string} who speaks after them */
export function nextRole(turns) {
  const last = turns.length ? messageOf(turns.at(-1)) : null;
  if (last?.tool_calls?.length) return "tool";
  return ["user", "tool"].includes(last?.role) ? "assistant" : "user";
}

/** @param {Conversation} conversation @returns {Written} what to write to get it, as a link would write it */
export function writtenOf({ messages, template_options }) {
  const last = messages.at(-1);
  const isPrompt = last.role === "user" && (last.content || messages.length === 1);
  const earlier = (isPrompt ? messages.slice(0, -1) : messages).map(turnOf);
  const fields = Object.entries(template_options).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  return { prompt: isPrompt ? last.content : "", chat: true, earlier, fields: Object.fromEntries(fields) };
}

/**
 * @param {Conversation} conversation  of a text
 * @param {string} answer  the text's completion
 * @param {string} typed  the prompt that stands in the sidebar
 * @returns {Written} the conversation after the answer; the prompt is free, unless the reader has typed a new one
 */
export function afterAnswer(conversation, answer, typed) {
  const { messages } = conversation;
  const last = messages.at(-1);
  const isOld = last.role === "user" && last.content === typed;
  const earlier = [...messages.map(turnOf), { role: "assistant", content: answer }];
  return { ...writtenOf(conversation), prompt: isOld ? "" : typed, earlier };
}

/** @param {Conversation} conversation @returns {string} what the user says last, "" if the user says nothing */
export const lastOfUser = ({ messages }) => messages.findLast(({ role, content }) => role === "user" && content)?.content ?? "";

/**
 * @param {Written} before @param {Written} after
 * @returns {boolean} whether something that was written before is missing afterwards
 */
export function isLost(before, after) {
  const kept = new Set(partsOf(after));
  return partsOf(before).some((part) => !kept.has(part));
}

/** @returns {string[]} what each turn, the prompt and each switch says */
function partsOf({ prompt, earlier, fields }) {
  const turns = [...earlier, { role: "user", content: prompt }].filter(({ content }) => content.trim());
  const set = Object.entries(fields).filter(([, text]) => text.trim());
  return [...turns.map(sorted), ...set].map((part) => JSON.stringify(part));
}

/** @param {Written} one @param {Written} other @returns {boolean} whether both are the same prompt for the model */
export function isSame(one, other) {
  if (one.chat !== other.chat) return false;
  return one.chat ? plain(one) === plain(other) : one.prompt === other.prompt;
}

function plain({ prompt, earlier, fields }) {
  const own = prompt || !earlier.length ? [sorted({ role: "user", content: prompt })] : [];
  const set = Object.entries(fields).filter(([, text]) => text.trim());
  const values = set.map(([name, text]) => [name, meaning(text)]).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([...earlier.map(sorted), ...own, values]);
}

/** @param {Turn} turn @returns {[string, unknown][]} the parts of its message by name, without those that are null */
function sorted(turn) {
  const parts = Object.entries(messageOf(turn)).filter(([, value]) => value !== null);
  return parts.sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Returns what a field's text means, so that the blanks in JSON make no difference. */
function meaning(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
