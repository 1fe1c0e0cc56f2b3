/**
 * What the browser keeps of a visit, so that a reload, Back or a later visit finds it again. Knows the browser's
 * storage and parts of a visit by their names, not what is in them. Nothing of it is ever sent anywhere.
 *
 * A tab finds its own again; a new tab finds what was kept last. The browser may have no storage, or a full one: then
 * less is kept, or nothing, and the page works all the same.
 */

const PREFIX = "playground:kept:";
const VERSION = "1";
const MOST = 2_000_000; // characters of one part
const LEAST = 1000;
const PAUSE_MS = 1000;

const waiting = new Map(); // part -> (most) => text
let timer = 0;
let isOver = false;

/** @returns {Storage | null} null where the browser has none for this page */
export function storage(kind) {
  try {
    return window[kind];
  } catch {
    return null; // the reader forbade it
  }
}

/** @returns {object | null} what was kept of a part; nothing is known about its shape */
export function kept(part) {
  for (const kind of ["sessionStorage", "localStorage"]) {
    const found = parsed(storage(kind)?.getItem(nameOf(part)));
    if (found) return found;
  }
  return null;
}

/**
 * Keeps a part, in a moment.
 *
 * @param {string} part
 * @param {(most: number) => string} write  JSON of at most so many characters
 */
export function keep(part, write) {
  waiting.set(part, write);
  timer ||= setTimeout(flush, PAUSE_MS);
}

/** Keeps a short text under a name of its own, for whoever visits next, if the browser has room. */
export function remember(name, text) {
  set(storage("localStorage"), name, text);
}

/** Forgets all that was kept, and keeps nothing more until the page is loaded again. */
export function startAfresh() {
  isOver = true;
  for (const kind of ["sessionStorage", "localStorage"]) clear(storage(kind), PREFIX);
  history.replaceState(null, "", location.pathname + location.search); // a link would bring its text back
  location.reload();
}

function flush() {
  clearTimeout(timer);
  timer = 0;
  if (isOver) return;
  for (const [part, write] of waiting) {
    for (const kind of ["sessionStorage", "localStorage"]) put(storage(kind), nameOf(part), write);
  }
  waiting.clear();
}

/** Writes as much of a part as there is room for. */
function put(store, name, write) {
  for (let most = MOST; store && most >= LEAST; most /= 4) {
    if (set(store, name, write(most))) return;
    clear(store, PREFIX, nameOf("")); // what another version kept is of no use here
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

/** Removes what begins with one text and not with another. */
function clear(store, prefix, spared = null) {
  const names = Object.keys(store ?? {}).filter((name) => name.startsWith(prefix));
  for (const name of names) if (spared === null || !name.startsWith(spared)) store.removeItem(name);
}

function parsed(text) {
  try {
    const found = JSON.parse(text ?? "null");
    return typeof found === "object" ? found : null;
  } catch {
    return null; // cut off, or not ours
  }
}

const nameOf = (part) => `${PREFIX}${VERSION}:${part}`;

addEventListener("pagehide", flush);
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush());
