/**
 * Keeps parts of a visit in the browser, so that a reload, Back or a later visit finds them again. Knows the browser's
 * storage and the parts' names, not their contents. Nothing of it is ever sent anywhere.
 *
 * A tab finds its own parts again; a new tab finds the ones that were kept last. If the browser has no storage, or a
 * full one, less is kept or nothing, and the page still works.
 */

import { isAlone } from "./recorded.js";

const PREFIX = "playground:kept:";
const VERSION = "1";
const MOST = 2_000_000; // characters of one part
const LEAST = 1000;
const PAUSE_MS = 1000;
/** @type {("sessionStorage" | "localStorage")[]} */
const STORAGES = ["sessionStorage", "localStorage"];
const OF_ALONE = ["lessons"]; // what a page without a server keeps: it opens with its own text, wherever it lies

const waiting = new Map(); // part -> (most) => text
let timer = 0;
let isOver = false;

/**
 * @param {"sessionStorage" | "localStorage"} kind
 * @returns {Storage | null} null if the browser has none for this page
 */
export function storage(kind) {
  try {
    return window[kind];
  } catch {
    return null; // the reader has blocked storage
  }
}

/** @returns {Record<string, unknown> | null} the kept content of a part, which is not checked */
export function kept(part) {
  if (!isToKeep(part)) return null;
  for (const kind of STORAGES) {
    const found = parsed(storage(kind)?.getItem(nameOf(part)));
    if (found) return found;
  }
  return null;
}

/**
 * Keeps a part after a short pause.
 *
 * @param {string} part
 * @param {(most: number) => string} write  returns JSON of at most `most` characters
 */
export function keep(part, write) {
  if (!isToKeep(part)) return;
  waiting.set(part, write);
  timer ||= setTimeout(flush, PAUSE_MS);
}

/** From now on nothing that waits is lost when the page is closed or put into the background. */
export function keepBeforeLeaving() {
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush());
}

/** Keeps a short text under a name of its own for the next visit in this browser, if there is room. */
export function remember(name, text) {
  set(storage("localStorage"), name, text);
}

/** Forgets all that was kept, and keeps nothing more until the page is loaded again. */
export function startAfresh() {
  isOver = true;
  for (const kind of STORAGES) clear(storage(kind), PREFIX);
  history.replaceState(null, "", location.pathname + location.search); // a link would bring its text back
  location.reload();
}

function flush() {
  clearTimeout(timer);
  timer = 0;
  if (isOver) return;
  for (const [part, write] of waiting) {
    for (const kind of STORAGES) put(storage(kind), nameOf(part), write);
  }
  waiting.clear();
}

/** Writes as much of a part as the storage has room for. */
function put(store, name, write) {
  for (let most = MOST; store && most >= LEAST; most /= 4) {
    if (set(store, name, write(most))) return;
    clear(store, PREFIX, nameOf("")); // entries of another version cannot be used here
  }
}

/** @returns {boolean} whether there was room */
function set(store, name, text) {
  try {
    store?.setItem(name, text);
    return store !== null;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}

/** Removes all entries whose name begins with `prefix` and not with `spared`. */
function clear(store, prefix, spared = null) {
  const names = Object.keys(store ?? {}).filter((name) => name.startsWith(prefix));
  for (const name of names) if (spared === null || !name.startsWith(spared)) store.removeItem(name);
}

function parsed(text) {
  try {
    const found = JSON.parse(text ?? "null");
    return typeof found === "object" ? found : null;
  } catch {
    return null; // it is cut off, or not from this page
  }
}

const nameOf = (part) => `${PREFIX}${VERSION}:${part}`;

const isToKeep = (part) => !isAlone || OF_ALONE.includes(part);
