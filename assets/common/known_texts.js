/**
 * Records which texts the page holds, and the id under which the server knows each. A server that was started again, or
 * that took the visitor for gone, has forgotten the texts. Such a text is doubtful, and is sent to the server again
 * before the next request about it. Everywhere on the page a text keeps its first id. Knows ids and traces, not how to
 * send requests.
 */

/** @typedef {import("./trace.js").Trace} Trace */

const held = new Map(); // page's id -> a weak reference to its Trace
const named = new Map(); // page's id -> the server's id, if they differ
const pageIds = new Map(); // the server's id -> page's id
const doubtful = new Set(); // page's ids

/** @param {Trace} trace  a text that can be sent to the server again from now on */
export function hold(trace) {
  held.set(trace.id, new WeakRef(trace));
}

/** @returns {Trace | undefined} */
export const heldText = (id) => held.get(id)?.deref();

export const isDoubtful = (id) => doubtful.has(id);

/** @param {string} id  the id of a text that the server may not know */
export const doubt = (id) => doubtful.add(id);

/** Marks every text as doubtful, because the server may have forgotten all of them. */
export function doubtAll() {
  for (const [id, reference] of held) {
    if (reference.deref()) doubtful.add(id);
    else held.delete(id);
  }
}

/** Records that the server now knows a text as `serverId`. */
export function name(id, serverId) {
  doubtful.delete(id);
  named.set(id, serverId);
  pageIds.set(serverId, id);
}

/** @returns {string} the id for requests to the server */
export const serverId = (id) => named.get(id) ?? id;

/** @returns {string} the page's id for a text that the server knows as `id` */
export const pageId = (id) => pageIds.get(id) ?? id;

/**
 * @param {import("./trace.js").Message} message  from the server
 * @returns {import("./trace.js").Message} with the page's ids
 */
export function withPageIds(message) {
  const { trace_id, header } = message;
  if (!pageIds.size || !trace_id) return message;
  const origin = header?.origin && { ...header.origin, trace_id: pageId(header.origin.trace_id) };
  return { ...message, trace_id: pageId(trace_id), header: header && { ...header, origin } };
}

/**
 * @param {Trace} trace
 * @returns {object} the facts that make it known again: those from the server, without distributions
 */
export function skeletonOf({ id, header, steps, latest }) {
  const { model, prompt_ids, source_ids, settings, conversation } = header;
  const facts = steps.map(({ isFound, ...step }) => step);
  const stop_reason = latest.stop_reason ?? "stopped";
  return { trace_id: serverId(id), model, prompt_ids, source_ids, settings, conversation, stop_reason, steps: facts };
}
