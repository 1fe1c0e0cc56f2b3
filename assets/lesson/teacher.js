/** Knows whether the notes for the teacher are shown: the address asks for them, the reader has ticked the box, or leads a class. */

import { roleHere } from "../common/class_headers.js";
import { remember, storage } from "../common/keeping.js";

const PARAMETER = "teacher";
const NAME = "playground:teacher";

/** @returns {boolean} */
export const isTeacher = () => roleHere() === "teacher" || new URLSearchParams(location.search).get(PARAMETER) === "1" || storage("localStorage")?.getItem(NAME) === "1";

/** @param {boolean} isOne  whether the reader wants the notes, also in the next visit */
export function setTeacher(isOne) {
  remember(NAME, isOne ? "1" : "0");
  if (!isOne) leaveAddress();
  document.dispatchEvent(new Event("playground:teacher"));
}

function leaveAddress() {
  const asked = new URLSearchParams(location.search);
  asked.delete(PARAMETER);
  const search = asked.size ? `?${asked.toString().replaceAll("%2F", "/")}` : "";
  history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
}
