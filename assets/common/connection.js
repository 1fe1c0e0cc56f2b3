/**
 * Keeps the page working when the connection to the server is lost. It detects the loss, connects again by itself, and
 * ends the requests that were under way. Gradio's client never sees the loss; by itself it would stay silent for ever
 * or reload.
 *
 * Knows Gradio's routes and its messages, not the page. It informs the page through events of the document:
 * "playground:cut" when an answer under way will not come any more, "playground:refused" with a `Refusal` when the
 * server does not take an event, and "playground:connection" with a `News`.
 *
 * @typedef {object} News
 * @property {boolean} isAway  whether the server does not answer
 * @property {boolean} wasAsked  whether this news is about a request that could not be sent
 *
 * @typedef {object} GradioConfig  what Gradio's client knows of the page, as far as it is read here
 * @property {number} app_id  another one after every start of the server
 * @property {string} version
 * @property {string | null} head
 * @property {{id: number, targets: [component: number, event: string][], inputs: number[], outputs: number[]}[]} dependencies
 * @property {{id: number, type: string, props: {elem_id?: string, [name: string]: unknown}}[]} components
 */

import { classHeaders } from "./class_headers.js";
import { Heartbeat } from "./heartbeat.js";
import { doubtAll } from "./known_texts.js";
import { t } from "./language.js";
import { translated } from "./server_sentences.js";

/** The sentence for a request that the reader made while there was no connection. */
export const UNANSWERED = t("The server does not answer, so nothing was started. The page connects again by itself.");
/** The sentence for a request that was under way when the connection was lost. */
export const CUT = t("The connection to the server was lost before this was finished. Try it again.");

const PAUSE_MS = 1000; // between two attempts
const LOADING_MS = 30_000; // a page that is loaded anew has this long before the next attempt
const NO_SERVER = [502, 504]; // what a reverse proxy answers in its place
const NO_ENTRY = [401, 403]; // after a restart the server does not know the login

const ROUTE = /^(.*\/gradio_api)\/(.+?)\/?$/;
const MAY_END = /"(process_completed|close_stream|unexpected_error)"/;

let plainFetch;
let api = ""; // the address of Gradio's own routes
let isAway = false;
let isLeaving = false;
let recovering = null; // a promise of whether the first attempt reached the server
let recoveredAt = -Infinity;
let unanswered = 0;
const pending = new Set(); // ids of requests that Gradio has not ended
const ended = new Set(); // ids of requests that ended before `join` read their id

export const heartbeat = new Heartbeat((visit) => ask(`${api}/heartbeat/${visit}`), lose);

addEventListener("pagehide", () => (isLeaving = true));
addEventListener("pageshow", ({ persisted }) => {
  isLeaving = false;
  if (persisted) lose(); // the page comes back as it was, but its streams are gone
});

/** Returns whether the server answered the last request and no connection has been lost since. */
export const isConnected = () => !isAway && !recovering;

/**
 * Answers a request of Gradio's client, always with a response that the client understands.
 *
 * @param {typeof fetch} plain  the browser's own `fetch`
 * @param {Request} request
 * @returns {Promise<Response>}
 */
export async function answer(plain, request) {
  plainFetch = plain;
  const { origin, pathname, searchParams } = new URL(request.url);
  const [, path, route] = ROUTE.exec(pathname);
  api = origin + path;
  if (route === "queue/data") {
    heartbeat.begin(searchParams.get("session_hash"));
    heartbeat.hold();
    return stream(request);
  }
  if (route === "queue/join") return join(request);
  const none = route === "component_server" ? { error: UNANSWERED } : { data: [] };
  return (await reach(request)) ?? Response.json(none);
}

/** @returns {Promise<Response | null>} null if no server answers; the page is then informed */
async function reach(request) {
  const again = request.clone();
  if (!isAway) {
    const response = await ask(request);
    if (response) return response;
    if (await lose()) {
      const second = await ask(again);
      if (second) return second;
    }
  }
  tell({ isAway, wasAsked: true });
  return null;
}

/** @returns {Promise<Response | null>} */
async function ask(request) {
  const response = await plainFetch(request, withClass(request)).catch(() => null);
  return response && !NO_SERVER.includes(response.status) ? response : null;
}

/** @param {Request | URL | string} request @returns {RequestInit} its headers, with those that a class needs */
const withClass = (request) => ({ headers: { ...(request instanceof Request && Object.fromEntries(request.headers)), ...classHeaders() } });

/** Sends a request to the queue. If its answer never comes, `stream` ends it with an error. */
async function join(request) {
  const asked = request.clone();
  const response = await reach(request);
  if (!response) {
    unanswered += 1;
    const event_id = `unanswered-${unanswered}`;
    pending.add(event_id);
    return Response.json({ event_id });
  }
  if (!response.ok) await refuse(asked, response.clone());
  const text = await response.text().catch(() => "");
  const event_id = response.ok && text ? JSON.parse(text).event_id : undefined;
  if (event_id && !ended.delete(event_id)) pending.add(event_id);
  return new Response(text, response);
}

/** Informs the view whose event the server refuses; its other events go on. */
async function refuse(asked, response) {
  const { dependencies, components } = window.gradio_config;
  const { fn_index } = await asked.json();
  const [[component, event]] = dependencies.find(({ id }) => id === fn_index).targets;
  const view = components.find(({ id }) => id === component)?.props.elem_id;
  const { detail } = await response.json().catch(() => ({}));
  const sentence = typeof detail === "string" ? translated(detail) : t("The server answered with status {status}.", { status: response.status });
  if (view) document.dispatchEvent(new CustomEvent("playground:refused", { detail: { view, event, sentence } }));
}

/** Returns the stream of the queue's answers. It never breaks off: requests without an answer are ended first. */
function stream(request) {
  const source = new ReadableStream({ start: (controller) => void pump(request, controller) });
  return new Response(source, { headers: { "Content-Type": "text/event-stream" } });
}

async function pump(request, controller) {
  const encoder = new TextEncoder();
  const send = (blocks) => controller.enqueue(encoder.encode(blocks.map((block) => `${block}\n\n`).join("")));
  let end = "closed";
  do end = isAway ? "lost" : await read(request, send);
  while (end === "closed" && pending.size && !request.signal.aborted); // requests that came while the server closed the stream
  if (request.signal.aborted) return controller.close();
  if (end === "lost") {
    if (!isAway) lose();
    send([...pending].map(endOf));
    if (pending.size) document.dispatchEvent(new CustomEvent("playground:cut"));
    pending.clear();
  }
  send(['data: {"msg":"close_stream"}']); // Gradio's client opens another one when it needs one
  controller.close();
}

const endOf = (event_id) =>
  `data: ${JSON.stringify({ msg: "process_completed", event_id, success: false, output: { error: CUT, visible: false } })}`;

/**
 * Reads the server's stream until its end.
 *
 * @param {(blocks: string[]) => void} send  passes blocks on to Gradio's client
 * @returns {Promise<"closed" | "lost">}
 */
async function read(request, send) {
  const response = await ask(new Request(request));
  if (!response?.ok) return "lost";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: "" }));
    if (done) return "lost";
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    const kinds = blocks.map((block) => (MAY_END.test(block) ? take(JSON.parse(block.slice("data: ".length))) : ""));
    const end = kinds.find((kind) => kind !== "");
    send(end ? blocks.slice(0, kinds.indexOf(end)) : blocks);
    if (end) return end;
  }
}

/** @returns {"closed" | "lost" | ""} the effect of a message on the stream; "" for none */
function take({ msg, event_id }) {
  if (msg === "process_completed" && !pending.delete(event_id)) ended.add(event_id);
  return msg === "close_stream" ? "closed" : msg === "unexpected_error" ? "lost" : "";
}

/** Starts to connect again after a loss. @returns {Promise<boolean>} whether the server answers the first attempt */
function lose() {
  if (isLeaving) return Promise.resolve(false);
  recovering ??= recover();
  return recovering;
}

async function recover() {
  if (performance.now() - recoveredAt < PAUSE_MS) await pause(); // an unstable connection must not cause too many attempts
  if (await attempt()) return true;
  tell({ isAway: true, wasAsked: false });
  keepTrying();
  return false;
}

async function keepTrying() {
  do await pause();
  while (!(await attempt()));
}

/** @returns {Promise<boolean>} whether the page is connected again */
async function attempt() {
  const found = await look();
  if (found === "another page") await loadAnew();
  if (found !== "the same page") return false;
  recovering = null;
  recoveredAt = performance.now();
  heartbeat.hold();
  doubtAll();
  tell({ isAway: false, wasAsked: false });
  return true;
}

/** Loads the page anew; the browser has kept the visit's texts and controls. A second call would begin from the start. */
function loadAnew() {
  location.reload();
  return new Promise((resolve) => setTimeout(resolve, LOADING_MS));
}

/** @returns {Promise<"nobody" | "the same page" | "another page">} what answers at the page's address now */
async function look() {
  const known = window.gradio_config;
  const response = await ask(`${api}/app_id`);
  if (NO_ENTRY.includes(response?.status)) return "another page";
  if (!response?.ok) return "nobody";
  const { app_id } = await response.json().catch(() => ({})); // a login page has none
  if (app_id === known.app_id) return "the same page";
  const answered = await ask(new URL("config", document.baseURI));
  if (!answered?.ok) return answered ? "another page" : "nobody";
  const config = await answered.json().catch(() => null);
  if (!config?.components || outline(config) !== outline(known)) return "another page";
  known.app_id = app_id;
  return "the same page";
}

/**
 * Returns all that must be equal for this page to work with a server: the model, the components and the events' ids.
 *
 * @param {GradioConfig} config
 */
function outline({ version, head, dependencies, components }) {
  const events = dependencies.map(({ id, targets, inputs, outputs }) => [id, targets, inputs, outputs]);
  const parts = components.map(({ id, type, props }) => [
    id, type, props.elem_id ?? "", props.minimum ?? null, props.maximum ?? null, props.elem_id === "pg-model" ? props.value : "",
  ]);
  return JSON.stringify([version, head, events, parts]);
}

/** Waits a moment, or until the browser is online or the page in view again. @param {number} [ms] @returns {Promise<void>} */
export function pause(ms = PAUSE_MS) {
  return new Promise((resolve) => {
    const done = new AbortController();
    const wake = () => {
      clearTimeout(timer);
      done.abort();
      resolve();
    };
    const timer = setTimeout(wake, ms);
    addEventListener("online", wake, done);
    document.addEventListener("visibilitychange", wake, done);
  });
}

/** @param {News} news */
function tell(news) {
  isAway = news.isAway;
  document.dispatchEvent(new CustomEvent("playground:connection", { detail: news }));
}
