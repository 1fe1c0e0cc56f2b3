/**
 * Makes the parts of a page of a lesson, and keeps in the record what the learner does with them. Knows the parts and the
 * record, not what drives the playground.
 *
 * @typedef {import("./parts.js").Shown} Shown
 * @typedef {Predict | ClassPart} Asks  the part that a class may be asked
 *
 * @typedef {object} Hooks
 * @property {(place: number) => boolean} isLive  whether a task, by its place among the parts, needs a model that is not there
 * @property {boolean} hasNotes  whether the notes for the teacher are shown
 * @property {() => ReturnType<ConstructorParameters<typeof Task>[2]["place"]>} placeOfTask  the page's settings and what is in view
 * @property {(reveal: import("./state.js").RevealPart) => Promise<boolean>} reveal  as in `Predict`
 * @property {() => Promise<boolean>} again  as in `Predict`
 */

import { follows } from "../common/class_rules.js";
import { hideForGuess } from "../common/guessing.js";
import { ClassPart } from "./class_part.js";
import { askPart, liveTask, notePart, textPart } from "./parts.js";
import { Predict } from "./predict.js";
import { keepRecord, record } from "./record.js";
import { Task } from "./task.js";

const DECODE = "decode";

/**
 * @param {import("./state.js").LessonState} state
 * @param {import("./live.js").Live} live
 * @param {Hooks} hooks
 * @returns {{parts: Shown[], predict: Predict | null, asks: Asks | null}} those of the page that is open
 */
export function partsOf(state, live, hooks) {
  const own = state.current.parts;
  const parts = own.flatMap((part, place) => partOf(part, own[place + 1], place, state, live, hooks) ?? []);
  const predict = parts.find((part) => part instanceof Predict) ?? null;
  return { parts, predict, asks: predict ?? parts.find((part) => part instanceof ClassPart) ?? null };
}

/** @returns {Shown | null} null for a part that is not shown, or with the one before it */
function partOf(part, following, place, state, live, hooks) {
  if (part.kind === "text") return textPart(part, live);
  if (part.kind === "ask") return askPart(part, live);
  if (part.kind === "note") return hooks.hasNotes ? notePart(part, live) : null;
  if (part.kind === "try") return hooks.isLive(place) ? liveTask(part, live) : taskOf(part, place, state, live, hooks);
  return part.kind === "predict" ? predictOf(part, following, state, live, hooks) : null;
}

function taskOf(part, place, { lesson: { name }, page }, live, { placeOfTask }) {
  const solve = () => {
    if (record.isSolved(name, page, place)) return;
    record.solve(name, page, place, Date.now());
    keepRecord();
  };
  return new Task(part, live, { isSolved: record.isSolved(name, page, place), solve, place: placeOfTask });
}

function predictOf(part, following, { lesson: { name }, page, wanted }, live, { reveal, again }) {
  if (follows() || following?.kind !== "reveal") return new ClassPart(part, { name, page }, live);
  const commit = (guess) => {
    record.commit(name, page, guess);
    keepRecord();
  };
  return new Predict(part, following, live, record.of(name).guesses[page], {
    reveal,
    again,
    canHide: wanted?.view === DECODE,
    hide: (isHidden) => hideForGuess("lesson", isHidden),
    commit,
    lesson: { name, page },
  });
}
