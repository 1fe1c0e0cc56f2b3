/** Works out what the class lets the reader of this page do, and why not. Knows the class, not the page. */

import { t } from "../common/language.js";

const PAUSED = t("The teacher has paused the class.");
const FOLLOWS = t("You follow the teacher. Press “Play alone” to write texts of your own.");
const STAYS = t("You follow the teacher, who writes for all.");
const NO_PLAY = t("The teacher has switched off texts of your own.");
const SLIDERS = t("The teacher moves the settings. Press “Play alone” to move them yourself.");
const HELD = t("The teacher moves the settings.");

/**
 * @param {Pick<import("./room.js").Room, "role" | "isLeading" | "isFollowing" | "state">} room
 * @returns {import("../common/class_rules.js").Rules}
 */
export function rulesOf({ role, isLeading, isFollowing, state: { mode, may, ended } }) {
  const rules = { follows: isFollowing, noPlay: "", noSettings: "" };
  if (ended || role === "teacher") return rules;
  if (mode.paused || mode.blank) return { ...rules, noPlay: PAUSED, noSettings: PAUSED };
  if (isLeading) return rules;
  if (!isFollowing) return { ...rules, noPlay: may.play ? "" : NO_PLAY };
  return { follows: true, noPlay: may.leave ? FOLLOWS : STAYS, noSettings: may.settings ? "" : may.leave ? SLIDERS : HELD };
}
