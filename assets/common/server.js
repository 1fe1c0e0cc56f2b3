/**
 * Fetches from the server's own routes, beside Gradio. Does not know the page. A page without a server has the answers that
 * were recorded (`recorded.js`).
 * A trace that was opened from a file is found here too, under its own id. A trace that the server has forgotten is
 * sent to it again from the page's copy.
 *
 * Every function rejects with an Error whose message is a sentence to show.
 */

import { aboutModel, chosenModel } from "../models/models.js";
import { classHeaders } from "./class_headers.js";
import { doubt, heldText, isDoubtful, name, serverId, skeletonOf, withPageIds } from "./known_texts.js";
import { LANGUAGE, t } from "./language.js";
import { fetchMasksWith } from "./masks.js";
import { markRecomputed } from "./recomputed.js";
import { isAlone, recordedBytes } from "./recorded.js";
import { translated, withErrorTold } from "./server_sentences.js";
import { openedFile } from "./trace_file.js";

/** Identifies this page among all open ones, so that the server can share its time fairly between them. */
const VISIT = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const OF_TRACE = /^traces\/([^/?]+)(.*)$/;
const NOT_FOUND = 404;
const underWay = new Map(); // page's id -> promise, for texts that are being sent again

/** @returns {Promise<readonly string[]>} the texts of a model's tokens by their ids, from the address that the model tells */
export async function fetchWords(address) {
  return Object.freeze((await (await ask(address)).json()).tokens);
}

/** @returns {Promise<any>} a setting's value with ids of the model's tokens in place of its words; "end_ids" has no value */
export async function fetchWordIds(model, setting, value) {
  return (await (await ask("word_ids.json", json({ model, setting, value: value ?? null }))).json()).ids;
}

/** Waits until a model is loaded. @returns {Promise<import("../models/models.js").Model>} */
export async function fetchModel(name) {
  return (await ask(`model.json?model=${encodeURIComponent(name)}`)).json();
}

/** @returns {Promise<import("../models/models.js").Model[]>} all models of the server, as they are now */
export const fetchModels = async () => (await ask("models.json")).json();

/** @returns {Promise<import("../models/picker.js").Loading | null>} how far the loading of a model is, null if it is not loaded now */
export async function fetchLoading(name) {
  return (await ask(`loading.json?model=${encodeURIComponent(name)}`)).json();
}

/** @returns {Promise<import("./trace.js").Message>} a whole trace with its header and all steps */
export async function fetchTrace(traceId) {
  const file = openedFile(traceId);
  if (file) return file.message;
  return withPageIds(await (await get(`traces/${encodeURIComponent(traceId)}`)).json());
}

/** @returns {Promise<import("./trace.js").Prompt>} the model's scores of a trace's prompt */
export async function fetchPrompt(traceId) {
  return (await get(`traces/${encodeURIComponent(traceId)}/prompt`)).json();
}

/** @returns {Promise<Float32Array>} the raw logits of one step (vocab,) */
export async function fetchLogits(traceId, index) {
  const file = openedFile(traceId);
  if (file) return file.logits(index);
  const response = await get(`traces/${encodeURIComponent(traceId)}/logits/${index}`);
  return markRecomputed(new Float32Array(await response.arrayBuffer()), response);
}

/**
 * @param {boolean} isHeadEnough  whether the most probable tokens are enough
 * @returns {Promise<Float32Array | import("../distribution/row.js").Head>} the raw logits of one step, or those of its
 *   most probable tokens
 */
export async function fetchRow(traceId, index, isHeadEnough) {
  if (!isHeadEnough || openedFile(traceId)) return fetchLogits(traceId, index);
  return (await get(`traces/${encodeURIComponent(traceId)}/head/${index}`)).json();
}

/**
 * @param {{prompt_ids: number[], source_ids: number[]}} prompt  `source_ids` is empty for a model without an encoder
 * @returns {Promise<Float32Array>} the raw logits of a model for the token after a text (vocab,)
 */
export async function fetchNextLogits(model, prompt, completionIds) {
  const { prompt_ids, source_ids } = prompt;
  const asked = json({ prompt_ids, source_ids, completion_ids: completionIds });
  const response = await ask(aboutModel("next-logits", model), asked);
  return new Float32Array(await response.arrayBuffer());
}

/**
 * @param {number[]} completionIds
 * @param {Record<string, any>} constraint  the settings of the stage
 * @returns {Promise<Uint8Array>} which tokens may follow the completion: that of token i is bit i % 8 of byte i / 8
 */
export async function fetchMask(model, completionIds, constraint) {
  const response = await ask(aboutModel("mask", model), json({ ...constraint, completion_ids: completionIds }));
  return new Uint8Array(await response.arrayBuffer());
}
fetchMasksWith(fetchMask);

/** @returns {Promise<import("../decode/watermark.js").Detected>} which tokens are green; `asked` holds ids, ratio and key */
export const fetchWatermark = async (model, asked) => (await ask(aboutModel("watermark", model), json(asked))).json();

/**
 * @param {{text: string, source?: string}} given  `source` is what the encoder of a model reads, if it has one
 * @returns {Promise<import("../compare_models/scoring.js").Scored>} how a model scores each token of a text
 */
export async function fetchScores(model, given) {
  return (await ask(`scores?model=${encodeURIComponent(model)}`, json(given))).json();
}

/** @returns {Promise<import("../families/column.js").Answer>} what a model of any family does with a short sentence */
export async function fetchFamily(model, text) {
  return (await ask(`families?model=${encodeURIComponent(model)}`, json({ text }))).json();
}

/** @returns {Promise<import("../fill/state.js").Read>} how an encoder-only model reads a text; `asked` holds text, ids, seed */
export const fetchRead = async (model, asked) => (await askEncoder("text", model, asked)).json();

/** @returns {Promise<Float32Array>} the logits of an encoder-only model at one place of a text (vocab,) */
export async function fetchBlank(model, ids, position) {
  return new Float32Array(await (await askEncoder("row", model, { ids, position })).arrayBuffer());
}

/** @param {AbortSignal} signal  ends the work @returns {Promise<import("../fill/state.js").Scored>} the score of each token, masked in turn */
export const fetchLikelihood = async (model, ids, signal) => (await askEncoder("likelihood", model, { ids }, { signal })).json();

/** @returns {Promise<import("../fill/state.js").Labelled>} the labels of a text, or those of each of its tokens */
export const fetchLabels = async (model, ids) => (await askEncoder("labels", model, { ids })).json();

const askEncoder = (what, model, asked, options = {}) => ask(`encoder/${what}?model=${encodeURIComponent(model)}`, { ...json(asked), ...options });

/** @returns {Promise<import("../decode/paste_settings.js").Pasted>} what settings of another program are here */
export const fetchSettingsPasted = async (text) => (await ask("settings/pasted", json({ text }))).json();

/** @returns {Promise<{text: string, left_out: string[]}>} settings in the form of another program, and what it cannot say */
export const fetchSettingsCopied = async (settings, format) => (await ask("settings/copied", json({ settings, format }))).json();

/**
 * @param {import("../distribution/served.js").Question} question
 * @returns {Promise<Float32Array>} the scores that a stage makes of those that enter it (vocab,)
 */
export async function fetchScoresAfter({ name, values, moment, scores }) {
  const { ids, promptLength: prompt_length, sourceIds: source_ids, seed, surprises } = moment;
  const asked = { values, ids, prompt_length, source_ids, seed, surprises, logits: base64(scores()) };
  const response = await ask(`stages/${encodeURIComponent(name)}`, json(asked));
  return new Float32Array(await response.arrayBuffer());
}

/** @returns {Promise<import("../decode/chain/examples.js").Examples>} the stages' examples, and the model that they tell of */
export const fetchStageExamples = async () => (await ask("stages/examples.json")).json();

/** @returns {Promise<import("../learn/tab.js").Entry[]>} the lessons of the server, in order and in the page's language where they are translated */
export const fetchLessons = async () => (await (await ask(`lessons.json?lang=${LANGUAGE}`)).json()).lessons;

/** @param {string} path  of a route of the class @returns {Promise<Response>} */
export const fetchClass = (path, options = {}) => ask(`class/${path}`, options);

/** @param {string} name @returns {Promise<import("../lesson/state.js").Lesson>} a whole lesson, in the page's language if it is translated */
export const fetchLesson = async (name) => (await ask(`lessons/${encodeURIComponent(name)}.json?lang=${LANGUAGE}`)).json();

/** @param {string} text @returns {Promise<number>} how many tokens the chosen model makes of a text, without special ones */
export async function fetchPieceCount(text) {
  const { answers } = await (await get("inside/tokens", json({ texts: [text], file: null }))).json();
  return answers[0].tokens.filter(({ special }) => !special).length;
}

/** @returns {Promise<Blob>} the trace as a file: "full", or "light" with only the most probable tokens */
export async function fetchTraceFile(traceId, kind) {
  return (await get(`traces/${encodeURIComponent(traceId)}/file?kind=${kind}`)).blob();
}

/**
 * @param {[name: string, value: string][]} views  the views of the model that the page shall have, as its address names them
 * @returns {Promise<Blob>} the trace as a page in this page's language, which needs no server: "full", or "light"
 */
export async function fetchTracePage(traceId, kind, views) {
  return (await get(`traces/${encodeURIComponent(traceId)}/page?${new URLSearchParams([["kind", kind], ["lang", LANGUAGE], ...views])}`)).blob();
}

/**
 * @returns {Promise<import("../chat/conversation.js").Written & {answer: string}>} what to write into the sidebar to get
 *   the trace's prompt, and the completion as the assistant's turn
 */
export async function fetchWritten(traceId) {
  return (await get(`traces/${encodeURIComponent(traceId)}/written`)).json();
}

/** @returns {Promise<string>} a Python script that prints the trace's text and the candidates of a step */
export async function fetchScript(traceId, index) {
  return (await get(`traces/${encodeURIComponent(traceId)}/script/${index}`)).text();
}

/**
 * Wraps Python's functions behind a gr.HTML view, so that each always returns `{answer}` or `{error}`. Gradio's own
 * functions return nothing when the server refuses a request or is gone, and do not pass on its sentence. What is asked is
 * about the chosen model if it names no other.
 * @param {Record<string, (asked: object) => Promise<{answer?: any, error?: string} | undefined>>} server  from
 *   js_on_load
 */
export function answering(server) {
  const error = t("The server did not accept this request. It is busy or has stopped. Wait a moment and try again.");
  const call = (name) => async (asked) => withErrorTold(await server[name]({ model: chosenModel(), ...asked })) ?? { error };
  return new Proxy({}, { get: (_, name) => call(name) });
}

/**
 * Fetches a path of the server's own routes: about a trace, or else about the chosen model. If the server has forgotten the
 * path's trace, sends it again first.
 */
export async function get(path, options = {}) {
  const [, traceId, rest] = OF_TRACE.exec(path) ?? [];
  if (!traceId) return ask(aboutModel(path), options);
  const id = decodeURIComponent(traceId);
  const askOf = (knownId) => ask(`traces/${encodeURIComponent(knownId)}${rest}`, options);
  const first = await known(id);
  try {
    return await askOf(first);
  } catch (error) {
    if (error.status !== NOT_FOUND || !heldText(id)) throw error;
    if (serverId(id) === first) doubt(id); // no other call has sent it in the meantime
    return askOf(await known(id));
  }
}

/**
 * @returns {Promise<string>} the id under which the server knows a text; a doubtful text is sent to the server first
 */
export async function known(id) {
  const text = isDoubtful(id) && heldText(id);
  if (text) {
    if (!underWay.has(id)) underWay.set(id, makeKnown(text).finally(() => underWay.delete(id)));
    await underWay.get(id);
  }
  return serverId(id);
}

async function makeKnown(text) {
  const response = await ask("traces", json(skeletonOf(text)));
  name(text.id, (await response.json()).trace_id);
}

const CHUNK = 0x8000; // numbers that a function can be given as its arguments

/** @param {Float32Array} numbers @returns {string} their bytes, little-endian */
function base64(numbers) {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

const json = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/**
 * Sends a request relative to the page's own address, so that a reverse proxy's path is kept; without a server nothing is sent.
 * The event "playground:unreached" of the document tells that no answer came.
 */
async function ask(path, options = {}) {
  if (isAlone) return new Response(recordedBytes(options.body ? `${path} ${options.body}` : path));
  const headers = { ...options.headers, ...classHeaders(), "X-Playground-Visit": VISIT };
  const response = await fetch(new URL(`playground/${path}`, document.baseURI), { ...options, headers }).catch((error) => {
    if (!options.signal?.aborted) document.dispatchEvent(new CustomEvent("playground:unreached"));
    throw new Error(t("The server does not answer. Check that it is still running."), { cause: error });
  });
  if (!response.ok) throw Object.assign(new Error(await refusalOf(response)), { status: response.status });
  return response;
}

async function refusalOf(response) {
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return isJson ? translated((await response.json()).detail) : t("The server answered with status {status}.", { status: response.status });
}
