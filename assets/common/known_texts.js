/**
 * Which texts the page holds, and under which id the server knows each. A server that was started again, or that took
 * the visitor for gone, knows none of them: such a text is doubtful, and is made known again before anything is asked
 * of it. Everywhere on the page a text keeps the id that it had first. Knows ids and traces, not how to ask.
 */

/** @typedef {import("./trace.js").Trace} Trace */

const held = new Map(); // page's id -> a weak reference to its Trace
const named = new Map(); // page's id -> the server's id, where that is another
const pageIds = new Map(); // the same the other way round
const doubtful = new Set(); // page's ids

/** @param {Trace} trace  from now on it can be made known again */
export function hold(trace) {
  held.set(trace.id, new WeakRef(trace));
}

/** @returns {Trace | undefined} */
export const heldText = (id) => held.get(id)?.deref();

export const isDoubtful = (id) => doubtful.has(id);

/** @param {string} id  of a text that the server may not know */
export const doubt = (id) => doubtful.add(id);

/** The server may have forgotten every text. */
export function doubtAll() {
  for (const [id, reference] of held) {
    if (reference.deref()) doubtful.add(id);
    else held.delete(id);
  }
}

/** The server knows a text as `serverId` now. */
export function name(id, serverId) {
  doubtful.delete(id);
  named.set(id, serverId);
  pageIds.set(serverId, id);
}

/** @returns {string} the id to ask the server with */
export const serverId = (id) => named.get(id) ?? id;

/** @returns {string} the id that the page has for a text of the server's */
export const pageId = (id) => pageIds.get(id) ?? id;

/** @param {import("./trace.js").Message} message  of the server's @returns {import("./trace.js").Message} with the page's ids */
export function withPageIds(message) {
  const { trace_id, header } = message;
  if (!pageIds.size || !trace_id) return message;
  const origin = header?.origin && { ...header.origin, trace_id: pageId(header.origin.trace_id) };
  return { ...message, trace_id: pageId(trace_id), header: header && { ...header, origin } };
}

/** @param {Trace} trace @returns {object} what makes it known: what the server itself told of it, without distributions */
export function skeletonOf({ header, steps, latest }) {
  const { model, prompt_ids, settings } = header;
  const facts = steps.map(({ isFound, ...step }) => step);
  return { model, prompt_ids, settings, stop_reason: latest.stop_reason ?? "stopped", steps: facts };
}
