/** Makes the messages of the Decode tab name texts as the server knows them. Knows ids, not what is asked. */

import { known } from "../common/server.js";
import { serverId } from "../common/known_texts.js";

/**
 * Wraps `tell` so that messages have the server's ids. A text that the server may have forgotten is sent to it first.
 *
 * @param {Record<string, (data?: object) => void>} tell  send messages to Python
 */
export function asKnown(tell) {
  let looked = Promise.resolve();
  const named = async (data) => (data.trace_id === null ? data : { ...data, trace_id: await known(data.trace_id) });
  return {
    link: tell.link,
    settings: tell.settings,
    converse: tell.converse,
    fork: async (data) => tell.fork(await named(data)),
    further: async (data) => tell.further(await named(data)),
    again: async (data) => tell.again(await named(data)),
    look(data) {
      const told = looked.then(async () => tell.look(await named(data)));
      looked = told.catch(() => {}); // a request for a step of this text reports the error
    },
    forget: ({ trace_ids }) => tell.forget({ trace_ids: trace_ids.map(serverId) }),
  };
}
