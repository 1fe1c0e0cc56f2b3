/**
 * Lays out the steps in which a tokeniser divides one word: the merges of BPE, the tries of WordPiece, the search of
 * Unigram. Knows what the server says of a word, not the page.
 *
 * @typedef {import("./state.js").Word} Word
 *
 * @typedef {object} Step
 * @property {string} says  what happens, in a sentence
 * @property {(string | number)[]} cells  the same as a line of a file
 * @property {string} [last]  what the last cell says on the page, where it says something else
 *
 * @typedef {object} Box  a part of the word
 * @property {number} from  its first symbol
 * @property {number} to  the symbol after its last one
 * @property {number} row
 * @property {string} text
 * @property {string} note
 * @property {"symbol" | "piece" | "token" | "failed" | "lost"} look
 */

import { t, tn } from "../../common/language.js";
import { logitText } from "../../common/words.js";

/** The columns of the table of steps, by tokeniser. */
export const COLUMNS = {
  BPE: [t("step"), t("left"), t("right"), t("become"), t("rank")],
  WordPiece: [t("step"), t("piece"), t("in the vocabulary")],
  Unigram: [t("step"), t("piece"), t("score"), t("sum to its end"), t("best way so far")],
};

/** The same in a file. */
export const FILE_COLUMNS = {
  BPE: ["step", "left", "right", "become", "rank"],
  WordPiece: ["step", "piece", "in the vocabulary"],
  Unigram: ["step", "piece", "score", "sum to its end", "best way so far"],
};

/** @param {string} algorithm @param {Word} word @returns {Step[]} */
export function stepsOf(algorithm, word) {
  if (!word.symbols) return [];
  return { BPE: merges, WordPiece: tries, Unigram: search }[algorithm]?.(word) ?? [];
}

/** Returns what is to be drawn after a number of steps. @param {string} algorithm @param {Word} word @param {number} step @returns {Box[]} */
export function boxesAfter(algorithm, word, step) {
  if (!word.symbols) return [];
  const symbols = word.symbols.map((text, at) => box(at, at + 1, 0, text, "", "symbol"));
  const further = { BPE: mergedBoxes, WordPiece: triedBoxes, Unigram: searchedBoxes }[algorithm]?.(word, step, symbols) ?? [];
  return [...symbols, ...further];
}

/**
 * Joins two pieces as the page shows them: bytes that now form a character become that character.
 *
 * @param {string} left @param {string} right
 */
export function joinShown(left, right) {
  const plain = left + right.replace(/^◌(?=\p{M})/u, "");
  const near = plain.replace(/(?<=‹[0-9A-F ]+)›‹(?=[0-9A-F]{2}[ ›])/g, " ");
  return near.replace(/‹([0-9A-F]{2}(?: [0-9A-F]{2})*)›/g, (shown, hex) => characters(hex.split(" ")) ?? shown);
}

const box = (from, to, row, text, note, look) => ({ from, to, row, text, note, look });

/** @param {string[]} hex @returns {string | null} the characters that the bytes form, null if they form none as a whole */
function characters(hex) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(hex.map((byte) => parseInt(byte, 16))));
    return /[\p{C}\p{Z}]/u.test(text) ? null : text;
  } catch {
    return null; // a part of a character
  }
}

// BPE

function merges(word) {
  return replayed(word).map(({ left, right, joined, rank }, at) => ({
    says: t("Merge {number} of {all}: “{left}” and “{right}” become “{joined}”. The merge has rank {rank}.", { number: at + 1, all: word.merges.length, left, right, joined, rank }),
    cells: [at + 1, left, right, joined, rank],
  }));
}

function mergedBoxes(word, step, symbols) {
  const done = replayed(word).slice(0, step);
  const boxes = done.map(({ from, to, row, joined, rank }) => box(from, to, row, joined, t("rank {rank}", { rank }), "piece"));
  const isInner = (one) => boxes.some((other) => other !== one && other.from <= one.from && one.to <= other.to);
  const isDone = step === word.merges.length;
  for (const one of isDone ? [...symbols, ...boxes] : []) if (!isInner(one)) one.look = "token";
  return boxes;
}

/** @returns {{left: string, right: string, joined: string, rank: number, from: number, to: number, row: number}[]} */
function replayed({ symbols, merges: told }) {
  const now = symbols.map((text, at) => ({ text, from: at, to: at + 1, row: 0 }));
  return told.map(([place, rank]) => {
    const [left, right] = now.slice(place, place + 2);
    const joined = { text: joinShown(left.text, right.text), from: left.from, to: right.to, row: Math.max(left.row, right.row) + 1 };
    now.splice(place, 2, joined);
    return { left: left.text, right: right.text, joined: joined.text, rank, from: joined.from, to: joined.to, row: joined.row };
  });
}

// WordPiece

function tries(word) {
  return attempts(word).map(({ text, isFound }, at) => ({
    says: isFound
      ? t("“{piece}” is in the vocabulary: it becomes a token.", { piece: text })
      : t("“{piece}” is not in the vocabulary: try one character less.", { piece: text }),
    cells: [at + 1, text, isFound ? "yes" : "no"],
    last: isFound ? t("yes") : t("no"),
  }));
}

function triedBoxes(word, step) {
  const done = attempts(word).slice(0, step);
  const found = done.filter(({ isFound }) => isFound).map(({ from, to, text }) => box(from, to, 1, text, "", "token"));
  const last = done.at(-1);
  return last && !last.isFound ? [...found, box(last.from, last.to, 2, last.text, t("not there"), "failed")] : found;
}

/** @returns {{from: number, to: number, text: string, isFound: boolean}[]} */
function attempts({ symbols, spans, isUnknown }) {
  const piece = (from, to) => (from ? "##" : "") + symbols.slice(from, to).join("");
  const tried = [];
  const end = spans.at(-1)?.[1] ?? 0;
  const goals = isUnknown ? [...spans, /** @type {[number, number]} */ ([end, end])] : spans; // where the search gives up
  for (const [from, to] of goals) {
    for (let until = symbols.length; until > to; until--) tried.push({ from, to: until, text: piece(from, until), isFound: false });
    if (to > from) tried.push({ from, to, text: piece(from, to), isFound: true });
  }
  return tried;
}

// Unigram

function search(word) {
  const steps = word.candidates.map(([from, to, score, total, isBetter], at) => {
    const text = word.symbols.slice(from, to).join("");
    const values = { piece: text, score: logitText(score), total: logitText(total) };
    return {
      says: isBetter
        ? t("“{piece}” has score {score}. With the best way to its beginning that is {total}: the best way so far to where it ends.", values)
        : t("“{piece}” has score {score}. With the best way to its beginning that is {total}: worse than a way that is known.", values),
      cells: [at + 1, text, logitText(score), logitText(total), isBetter ? "yes" : "no"],
      last: isBetter ? t("yes") : t("no"),
    };
  });
  const says = tn("The best way to the end has {n} piece.", "The best way to the end has {n} pieces.", new Set(word.spans.map(String)).size);
  return [...steps, { says, cells: [steps.length + 1, "", "", "", "the way"], last: t("the way") }];
}

function searchedBoxes(word, step) {
  const isDone = step > word.candidates.length;
  const way = new Set(word.spans.map(String));
  const best = new Map(); // end -> the candidate that is the best way there
  const ends = []; // of the last box in each row
  const boxes = word.candidates.slice(0, step).map(([from, to, , total, isBetter]) => {
    let row = ends.findIndex((end) => end <= from);
    if (row < 0) row = ends.length;
    ends[row] = to;
    const one = box(from, to, row + 1, word.symbols.slice(from, to).join(""), logitText(total), "piece");
    if (!isBetter) one.look = "lost";
    else {
      if (best.has(to)) best.get(to).look = "lost";
      best.set(to, one);
    }
    return one;
  });
  for (const one of isDone ? boxes : []) one.look = one.look === "piece" && way.has(`${one.from},${one.to}`) ? "token" : "lost";
  return boxes;
}
