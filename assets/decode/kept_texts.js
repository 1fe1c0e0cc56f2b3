/**
 * Writes and reads the list of texts that the browser keeps: the server's facts about each text, without distributions,
 * and the reader's names and order. Everything that it reads back is checked.
 *
 * @typedef {object} Visit
 * @property {import("../common/trace.js").Trace[]} traces  in the list's order
 * @property {Record<string, string>} names  the names that the reader gave, by id
 * @property {string} inView  the id of the text in view
 * @property {number} index  the index of the step in view
 */

import { isMessage } from "../chat/conversation.js";
import { OFF, usable } from "../distribution/settings.js";
import { keep, kept } from "../common/keeping.js";
import { namesOfModels } from "../models/models.js";
import { serverId } from "../common/known_texts.js";
import { Trace } from "../common/trace.js";

const PART = "texts";
const MOST_TEXTS = 12;
const MOST_TOKENS = 1_000_000;

const written = new WeakMap(); // trace -> {latest, text}

/** Keeps the list after a short pause. @param {() => Visit} visit  returns the list at that moment */
export const keepVisit = (visit) => keep(PART, (most) => writeVisit(visit(), most));

/** @returns {Visit | null} the kept list, null if it has no usable text of the server's models */
export const keptVisit = () => readVisit(kept(PART), namesOfModels());

/**
 * @param {Visit} visit
 * @param {number} most  the most characters; the oldest texts are left out first, and the one in view last
 * @returns {string} JSON
 */
export function writeVisit({ traces, names, inView, index }, most) {
  const texts = traces.map(textOf);
  const ids = traces.map(({ id }) => id);
  let size = texts.reduce((sum, text) => sum + text.length, 500 + 100 * texts.length);
  while (texts.length && size > most) {
    const place = texts.length > 1 && ids[0] === inView ? 1 : 0;
    ids.splice(place, 1);
    size -= texts.splice(place, 1)[0].length;
  }
  const given = Object.fromEntries(ids.filter((id) => names[id]).map((id) => [serverId(id), names[id]]));
  const head = JSON.stringify({ inView: serverId(inView), index, names: given });
  return `${head.slice(0, -1)},"texts":[${texts.join(",")}]}`;
}

/** Returns a text as JSON. The JSON is kept, so that a finished text is written only once. */
function textOf(trace) {
  const { latest } = trace;
  const known = written.get(trace);
  if (known?.latest === latest && known.id === serverId(trace.id)) return known.text;
  const id = serverId(trace.id);
  const { origin } = trace.header;
  const header = { ...trace.header, origin: origin && { ...origin, trace_id: serverId(origin.trace_id) } };
  const { stop_reason } = latest;
  const facts = { trace_id: id, first: 0, header, steps: trace.steps, stop_reason: stop_reason ?? "stopped", waiting: null };
  const text = JSON.stringify({ ...latest, ...facts });
  written.set(trace, { latest, id, text });
  return text;
}

/**
 * @param {any} told  the kept value
 * @param {readonly string[]} models  the names of the server's models; texts of others are left out
 * @returns {Visit | null} null if there is no usable text
 */
export function readVisit(told, models) {
  if (!isObject(told) || !Array.isArray(told.texts)) return null;
  const messages = told.texts.slice(0, MOST_TEXTS).map((text) => messageOf(text, models)).filter((message) => message);
  const traces = [...new Map(messages.map((message) => [message.trace_id, message])).values()].map((message) => new Trace(message));
  if (!traces.length) return null;
  const names = isObject(told.names) ? told.names : {};
  const own = ({ id }) => typeof names[id] === "string" && names[id].length <= 80;
  const inView = traces.find(({ id }) => id === told.inView) ?? traces.at(-1);
  return {
    traces,
    names: Object.fromEntries(traces.filter(own).map(({ id }) => [id, names[id]])),
    inView: inView.id,
    index: Number.isInteger(told.index) ? told.index : 0,
  };
}

/** Returns whether a text equals that of a message, token by token. The example is equal each time a server starts. */
export function isTextOf({ header, steps }, message) {
  const written = (header, steps) => JSON.stringify([header.source_ids ?? [], header.prompt_ids, header.settings, steps.map(({ token_id }) => token_id)]);
  return written(header, steps) === written(message.header, message.steps);
}

/** @returns {import("../common/trace.js").Message | null} null if this is not a message that can be shown */
function messageOf(told, models) {
  if (!isObject(told) || !isText(told.trace_id) || !isObject(told.header) || !models.includes(told.header.model)) return null;
  const { model, prompt_ids, source_ids = [], conversation, vocabulary_size, origin, stage_notes } = told.header;
  const settings = settingsOf(told.header.settings);
  const isFit =
    Number.isInteger(vocabulary_size) &&
    isIds(prompt_ids) &&
    areIds(source_ids) &&
    (!conversation || isConversation(conversation)) &&
    settings &&
    Array.isArray(told.steps) &&
    told.steps.every(isStep) &&
    Array.isArray(stage_notes) &&
    stage_notes.every(isText) &&
    (!origin || (isText(origin.trace_id) && isCount(origin.index))) &&
    isText(told.stop_reason) &&
    [told.first_token_seconds, told.tokens_per_second].every((figure) => figure === null || Number.isFinite(figure)) &&
    (!told.loop || (isCount(told.loop.period) && isCount(told.loop.since)));
  if (!isFit) return null;
  const header = { model, prompt_ids, source_ids, conversation: conversation ?? null, settings, vocabulary_size, origin: origin ?? null, stage_notes };
  const { trace_id, steps, stop_reason, loop, first_token_seconds, tokens_per_second } = told;
  const facts = { trace_id, first: 0, header, steps, stop_reason, loop: loop ?? null };
  return { ...facts, first_token_seconds, tokens_per_second, waiting: null, error: null };
}

function isConversation({ messages, template_options }) {
  return Array.isArray(messages) && messages.length > 0 && messages.every(isMessage) && isObject(template_options);
}

function isStep(step, index) {
  return (
    isObject(step) &&
    step.index === index &&
    isCount(step.token_id) &&
    isCount(step.rank) &&
    isCount(step.kept) &&
    [step.probability, step.raw_probability, step.entropy_bits].every(Number.isFinite) &&
    (step.draw === null || Number.isFinite(step.draw)) &&
    typeof step.forced === "boolean" &&
    (!step.settings || settingsOf(step.settings) !== null)
  );
}

/**
 * @returns {import("../distribution/settings.js").Settings | null} the settings, null if the bars cannot be drawn under
 *   them
 */
function settingsOf(told) {
  if (!isObject(told)) return null;
  const fit = usable({ ...OFF, ...told });
  return ["strategy", ...Object.keys(OFF)].every((name) => name in fit) ? told : null;
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string";
const isCount = (value) => Number.isInteger(value) && value >= 0 && value <= MOST_TOKENS;
const areIds = (value) => Array.isArray(value) && value.every(isCount);
const isIds = (value) => areIds(value) && value.length > 0;
