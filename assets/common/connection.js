/**
 * Keeps the page alive when the connection to the server is lost: it notices, connects again by itself, and ends what
 * was under way, so that Gradio's client never learns of it. Left alone, that client stays silent for ever or reloads.
 *
 * Knows Gradio's routes and its messages, not the page, which hears of it through events of the document:
 * "playground:cut" when an answer under way will not come any more, and "playground:connection" with a `News`.
 *
 * @typedef {object} News
 * @property {boolean} isAway  whether the server does not answer
 * @property {boolean} wasAsked  something was asked of it meanwhile, and is not done
 */

import { doubtAll } from "./known_texts.js";

/** What a view says of something that the reader asked for while there was no connection. */
export const UNANSWERED = "The server does not answer, so nothing was started. The page connects again by itself.";
/** What a view says of something that was under way. */
export const CUT = "The connection to the server was lost before this was done. Ask for it again.";

const PAUSE_MS = 1000; // between two attempts
const NO_SERVER = [502, 504]; // what a reverse proxy answers in its place
const NO_ENTRY = [401, 403]; // a server that was started again knows no login

const ROUTE = /^(.*\/gradio_api)\/(.+?)\/?$/;
const MAY_END = /"(process_completed|close_stream|unexpected_error)"/;

let plainFetch;
let api = ""; // the address of Gradio's own routes
let session = ""; // Gradio's name for this visit
let isAway = false;
let isLeaving = false;
let isHolding = false;
let recovering = null; // a promise of whether the first attempt reached the server
let recoveredAt = -Infinity;
let unanswered = 0;
const pending = new Set(); // ids of what Gradio was asked and has not ended
const ended = new Set(); // ids that ended before Gradio's answer named them

addEventListener("pagehide", () => (isLeaving = true));
addEventListener("pageshow", ({ persisted }) => {
  isLeaving = false;
  if (persisted) lose(); // the page comes back as it was, but its streams are gone
});

/** Whether the server answered when it was last asked, and no connection was lost since. */
export const isConnected = () => !isAway && !recovering;

/**
 * Answers one of the questions of Gradio's client; whatever happens, with an answer that it understands.
 *
 * @param {typeof fetch} plain  the browser's own
 * @param {Request} request
 * @returns {Promise<Response>}
 */
export async function answer(plain, request) {
  plainFetch = plain;
  const { origin, pathname, searchParams } = new URL(request.url);
  const [, path, route] = ROUTE.exec(pathname);
  api = origin + path;
  if (route === "queue/data") {
    session = searchParams.get("session_hash");
    hold();
    return stream(request);
  }
  if (route === "queue/join") return join(request);
  const none = route === "component_server" ? { error: UNANSWERED } : { data: [] };
  return (await reach(request)) ?? Response.json(none);
}

/** @returns {Promise<Response | null>} null if no server answers; the page was told so */
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
  const response = await plainFetch(request).catch(() => null);
  return response && !NO_SERVER.includes(response.status) ? response : null;
}

/** Something is asked of the queue: its end, if there is none otherwise, comes from `stream`. */
async function join(request) {
  const response = await reach(request);
  if (!response) {
    const event_id = `unanswered-${(unanswered += 1)}`;
    pending.add(event_id);
    return Response.json({ event_id });
  }
  const text = await response.text().catch(() => "");
  const event_id = response.ok && text ? JSON.parse(text).event_id : undefined;
  if (event_id && !ended.delete(event_id)) pending.add(event_id);
  return new Response(text, response);
}

/** A stream of answers. It never breaks off: what will have no answer is ended first. */
function stream(request) {
  const source = new ReadableStream({ start: (controller) => void pump(request, controller) });
  return new Response(source, { headers: { "Content-Type": "text/event-stream" } });
}

async function pump(request, controller) {
  const encoder = new TextEncoder();
  const send = (blocks) => controller.enqueue(encoder.encode(blocks.map((block) => `${block}\n\n`).join("")));
  let end = "closed";
  do end = isAway ? "lost" : await read(request, send);
  while (end === "closed" && pending.size && !request.signal.aborted); // asked for when the server closed the stream
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
 * @param {(blocks: string[]) => void} send  takes what Gradio's client should read
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
    const last = kinds.findIndex((kind) => kind);
    send(last < 0 ? blocks : blocks.slice(0, last));
    if (last >= 0) return kinds[last];
  }
}

/** @returns {"closed" | "lost" | ""} what a message does to the stream */
function take({ msg, event_id }) {
  if (msg === "process_completed" && !pending.delete(event_id)) ended.add(event_id);
  return msg === "close_stream" ? "closed" : msg === "unexpected_error" ? "lost" : "";
}

/** The connection is lost. @returns {Promise<boolean>} whether the server answers the first attempt to connect again */
function lose() {
  if (isLeaving) return Promise.resolve(false);
  recovering ??= recover();
  return recovering;
}

async function recover() {
  if (performance.now() - recoveredAt < PAUSE_MS) await pause(); // it comes and goes: not too fast
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
  if (found === "another page") location.reload(); // what the browser keeps is found again
  if (found !== "the same page") return false;
  recovering = null;
  recoveredAt = performance.now();
  hold();
  doubtAll();
  tell({ isAway: false, wasAsked: false });
  return true;
}

/** @returns {Promise<"nobody" | "the same page" | "another page">} what stands behind the page's address now */
async function look() {
  const known = window.gradio_config;
  const response = await ask(`${api}/app_id`);
  if (NO_ENTRY.includes(response?.status)) return "another page";
  if (!response?.ok) return "nobody";
  const { app_id } = await response.json().catch(() => ({})); // a page to log in has none
  if (app_id === known.app_id) return "the same page";
  const answered = await ask(new URL("config", document.baseURI));
  if (!answered?.ok) return answered ? "another page" : "nobody";
  const config = await answered.json().catch(() => null);
  if (!config?.components || outline(config) !== outline(known)) return "another page";
  known.app_id = app_id;
  return "the same page";
}

/** What must be equal for this page to work with a server: the model, the components, and which event is which. */
function outline({ version, head, dependencies, components }) {
  const events = dependencies.map(({ id, targets, inputs, outputs }) => [id, targets, inputs, outputs]);
  const parts = components.map(({ id, type, props }) => [
    id, type, props.elem_id ?? "", props.minimum ?? null, props.maximum ?? null, props.elem_id === "pg-model" ? props.value : "",
  ]);
  return JSON.stringify([version, head, events, parts]);
}

/** Tells the server for as long as the page is there that it is, in Gradio's place, and hears when the server is gone. */
async function hold() {
  if (isHolding || !session) return;
  isHolding = true;
  const response = await ask(`${api}/heartbeat/${session}`);
  const reader = response?.body.getReader();
  const beat = async () => reader && !(await reader.read().catch(() => ({ done: true }))).done;
  while (await beat());
  isHolding = false;
  lose();
}

function pause() {
  return new Promise((resolve) => {
    const done = new AbortController();
    const wake = () => {
      clearTimeout(timer);
      done.abort();
      resolve();
    };
    const timer = setTimeout(wake, PAUSE_MS);
    addEventListener("online", wake, done);
    document.addEventListener("visibilitychange", wake, done);
  });
}

/** @param {News} news */
function tell(news) {
  isAway = news.isAway;
  document.dispatchEvent(new CustomEvent("playground:connection", { detail: news }));
}
