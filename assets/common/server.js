/**
 * What the page fetches from the server, beside Gradio. Knows nothing of the page.
 * A trace that was opened from a file is found here too, under its own id.
 *
 * Every function rejects with an Error whose message is a sentence to show.
 */

import { markRecomputed } from "./recomputed.js";
import { openedFile } from "./trace_file.js";

/** Tells this page from all others that are open, so that the server can be fair between them. */
const VISIT = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

let vocabulary = null; // a promise that all tabs share

/** @returns {Promise<readonly string[]>} what to show for each token id, as plain text; the same one for all who ask */
export function fetchVocabulary() {
  vocabulary ??= readVocabulary().catch((error) => {
    vocabulary = null; // to be asked again
    throw error;
  });
  return vocabulary;
}

async function readVocabulary() {
  return Object.freeze((await (await get("vocabulary.json")).json()).tokens);
}

/** @returns {Promise<import("./trace.js").Message>} a whole trace, header and all steps */
export async function fetchTrace(traceId) {
  const file = openedFile(traceId);
  if (file) return file.message;
  return (await get(`traces/${encodeURIComponent(traceId)}`)).json();
}

/** @returns {Promise<import("./trace.js").Prompt>} what the model makes of a trace's prompt */
export async function fetchPrompt(traceId) {
  return (await get(`traces/${encodeURIComponent(traceId)}/prompt`)).json();
}

/** @returns {Promise<Float32Array>} the raw logits of one step (vocab,) */
export async function fetchLogits(traceId, index) {
  const file = openedFile(traceId);
  if (file) return file.logits(index);
  const response = await get(`traces/${encodeURIComponent(traceId)}/logits/${index}`);
  const logits = new Float32Array(await response.arrayBuffer());
  const dtype = response.headers.get("X-Recomputed");
  if (dtype) markRecomputed(logits, dtype);
  return logits;
}

/** @returns {Promise<Float32Array>} the raw logits of what would follow a text (vocab,) */
export async function fetchNextLogits(promptIds, completionIds) {
  const body = JSON.stringify({ prompt_ids: promptIds, completion_ids: completionIds });
  const response = await get("next-logits", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  return new Float32Array(await response.arrayBuffer());
}

/** @returns {Promise<Blob>} the trace as a file: "full", or "light" without what is least probable */
export async function fetchTraceFile(traceId, kind) {
  return (await get(`traces/${encodeURIComponent(traceId)}/file?kind=${kind}`)).blob();
}

/** @returns {Promise<{prompt: string, chat: boolean}>} what to type to get the trace's prompt */
export async function fetchWritten(traceId) {
  return (await get(`traces/${encodeURIComponent(traceId)}/written`)).json();
}

/** @returns {Promise<string>} Python that prints the trace's text and the candidates of a step */
export async function fetchScript(traceId, index) {
  return (await get(`traces/${encodeURIComponent(traceId)}/script/${index}`)).text();
}

/**
 * Python's functions behind a gr.HTML view, so that each answers `{answer}` or `{error}` whatever happens. Gradio's own
 * functions return nothing when the server refuses a request or is gone, and keep its sentence to themselves.
 * @param {Record<string, (asked: object) => Promise<{answer?: any, error?: string} | undefined>>} server  from js_on_load
 */
export function answering(server) {
  const error = "The server did not take this. It is busy, or it is gone: wait a moment and try again.";
  const call = (name) => async (asked) => (await server[name](asked)) ?? { error };
  return new Proxy({}, { get: (_, name) => call(name) });
}

/** What stands under a path of the server's own routes, relative to the page's own address, so that a reverse proxy's path is kept. */
export async function get(path, options = {}) {
  const headers = { ...options.headers, "X-Playground-Visit": VISIT };
  const response = await fetch(new URL(`playground/${path}`, document.baseURI), { ...options, headers }).catch((error) => {
    throw new Error("The server does not answer. Is it still running?", { cause: error });
  });
  if (!response.ok) throw new Error(await refusalOf(response));
  return response;
}

async function refusalOf(response) {
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return isJson ? (await response.json()).detail : `The server answered with status ${response.status}.`;
}
