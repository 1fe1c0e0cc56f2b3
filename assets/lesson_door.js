/**
 * Opens a lesson that the address or another part of the page asks for. The lessons' own scripts are fetched only then, so
 * that the first picture does not wait for them. Where a lesson cannot be opened, the Learn tab says why.
 */

import { roleHere } from "./common/class_headers.js";
import { t } from "./common/language.js";
import { lessonAsked, putLesson } from "./common/lesson_address.js";
import { openView } from "./common/navigation.js";

let refusal = "";

/** @returns {string} why the lesson that was asked for last cannot be opened, "" if it was opened */
export const lessonRefusal = () => refusal;

/** @param {string} name @param {number | null} page  from 0; null for the one that was open last */
async function open(name, page) {
  try {
    const { openLesson } = await import(new URL("playground/assets/lesson/mount.js", document.baseURI).href);
    await openLesson(name, page);
    refusal = "";
  } catch (error) {
    refusal = t("The lesson cannot be opened. {error}", { error: error.message });
    openView("learn");
  }
  document.dispatchEvent(new Event("playground:door"));
}

document.addEventListener("playground:lesson", ({ detail }) => open(detail, null));

const asked = lessonAsked();
if (asked && ["pupil", "projector"].includes(roleHere())) putLesson(null); // the class opens the lesson that all look at
else if (asked) open(asked.name, asked.page);
