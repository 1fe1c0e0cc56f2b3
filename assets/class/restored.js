/**
 * Gives the class its mode again after a restart of the server, and says what is lost. The server keeps nothing of a class; the
 * teacher's page knows how it was. Knows the room, not the row.
 */

import { make, setText } from "../common/dom.js";
import { t } from "../common/language.js";

const LOST = t("The server was started again, and what the class did together is lost. Begin it again.");

/**
 * @param {Pick<import("./room.js").Room, "state" | "onChange" | "post">} room
 * @param {(error: Error) => void} fail
 * @returns {HTMLElement} a sentence, empty as long as nothing is lost
 */
export function restore(room, fail) {
  const note = make("p", "pg-notice");
  note.role = "status";
  let before = null;
  room.onChange((changed) => {
    const { mode, may, question, draw, text } = room.state;
    const isTogether = Boolean(question || draw || text);
    if (changed.includes("begun") && before) {
      setText(note, before.isTogether ? LOST : "");
      room.post("mode", before.mode).catch(fail);
    } else if (isTogether) setText(note, "");
    before = { mode: { ...mode, may }, isTogether };
  });
  return note;
}
