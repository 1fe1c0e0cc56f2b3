/** Saves a task as a file, and reads it again. Does not know the form. */

import { fileNameOf, save } from "../common/download.js";

const FORMAT = "decoding-playground task";
const TEXTS = ["name", "instruction", "input_cue", "cue", "stop", "input"];

/** @param {import("./task_form.js").Task} task */
export function saveTask(task) {
  const text = JSON.stringify({ format: FORMAT, version: 1, ...task }, null, 2);
  save(new Blob([text], { type: "application/json" }), `${fileNameOf(task.name)}.json`);
}

/** @param {File} file @returns {Promise<import("./task_form.js").Task | null>} null if no task was saved in it */
export async function readTask(file) {
  let read = null;
  try {
    read = JSON.parse(await file.text());
  } catch {
    return null;
  }
  if (read?.format !== FORMAT || !isTask(read)) return null;
  const { format: _format, version: _version, ...task } = read;
  return { ...task, tries: task.tries ?? [], pipeline: task.pipeline ?? "" }; // older files have none
}

/** Returns whether a value from a file can be edited as a task. */
function isTask(read) {
  return (
    TEXTS.every((name) => typeof read[name] === "string") &&
    typeof (read.pipeline ?? "") === "string" &&
    [read.labels, read.examples, read.tries ?? []].every(Array.isArray) &&
    [...read.labels, ...(read.tries ?? [])].every((text) => typeof text === "string") &&
    read.examples.every((one) => typeof one?.input === "string" && typeof one?.answer === "string")
  );
}
