/**
 * Makes the messages of the Decode tab name texts as the server knows them. Knows ids, not what is asked. A page that follows a
 * class does not say which text it looks at: whoever leads holds it.
 */

import { known } from "../common/server.js";
import { follows, rulesHere } from "../common/class_rules.js";
import { serverId } from "../common/known_texts.js";

/**
 * Wraps `tell` so that messages have the server's ids. A text that the server may have forgotten is sent to it first.
 *
 * @param {Record<string, (data?: object) => void>} tell  send messages to Python
 */
export function asKnown(tell) {
  let looked = Promise.resolve();
  /** The text that this page looked at while it followed. @type {{trace_id: string} | null} */
  let held = null;
  const named = async (data) => (data.trace_id === null ? data : { ...data, trace_id: await known(data.trace_id) });
  const look = (data) => {
    held = follows() ? data : null;
    if (held) return;
    const told = looked.then(async () => tell.look(await named(data)));
    looked = told.catch(() => {}); // a request for a step of this text reports the error
  };
  document.addEventListener("playground:class", () => held && !follows() && look(held));
  return {
    look,
    link: tell.link,
    settings: tell.settings,
    converse: tell.converse,
    fork: async (data) => tell.fork(await named(allowed(data))),
    further: async (data) => tell.further(await named(allowed(data))),
    again: async (data) => tell.again(await named(allowed(data))),
    forget: ({ trace_ids }) => follows() || tell.forget({ trace_ids: trace_ids.map(serverId) }),
  };
}

/** Throws the sentence why no text may be written here, if a class says so. */
function allowed(data) {
  if (rulesHere().noPlay) throw new Error(rulesHere().noPlay);
  return data;
}
