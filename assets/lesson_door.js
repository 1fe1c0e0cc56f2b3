/**
 * Opens a lesson that the address or another part of the page asks for. The lessons' own scripts are fetched only then, so
 * that the first picture does not wait for them.
 */

import { lessonAsked } from "./common/lesson_address.js";

/** @param {string} name @param {number | null} page  from 0; null for the one that was open last */
async function open(name, page) {
  const { openLesson } = await import(new URL("playground/assets/lesson/mount.js", document.baseURI).href);
  await openLesson(name, page);
}

document.addEventListener("playground:lesson", ({ detail }) => open(detail, null));

const asked = lessonAsked();
if (asked) open(asked.name, asked.page);
