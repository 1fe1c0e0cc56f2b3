/**
 * Opens a saved trace (`playground/trace_file.py` writes it), without the server and whatever model that runs.
 *
 * A file comes from anywhere: it is measured before it is read, unpacked only up to a limit, and nothing in it is
 * believed. Whatever is wrong rejects with a sentence that names it. The newest opened file stays in memory.
 */

import { OFF, usable } from "../distribution/settings.js";
import { settingsInForce } from "./words.js";

const FORMAT = "decoding-playground trace";
const VERSION = 1;
const MB = 1_000_000;
const MOST_PACKED = 150 * MB;
const MOST_UNPACKED = 300 * MB;
const MOST_TOKENS = 1_000_000;
const STOP_REASONS = ["end_token", "stop_string", "length", "window", "stopped", "scored"];
const CUT_OFF = "This trace file is cut off or damaged. Save it again, or fetch it again from where it came.";

const NO_TEXT = "This is not a trace file: it holds no text. Choose a file saved with Export.";

/** How many bytes a number takes, and how to read numbers of a dtype. */
const DTYPES = {
  float32: { bytes: 4, read: (buffer) => new Float32Array(buffer) },
  bfloat16: { bytes: 2, read: (buffer) => new Float32Array(Uint32Array.from(new Uint16Array(buffer), upperHalf).buffer) },
  float16: { bytes: 2, read: (buffer) => Float32Array.from(new Uint16Array(buffer), halfPrecision) },
};

let newest = null;
let count = 0;

/** @returns {OpenedFile | null} the opened file that a trace came from */
export const openedFile = (traceId) => (newest?.message.trace_id === traceId ? newest : null);

/**
 * @param {File} file
 * @returns {Promise<OpenedFile>} which `openedFile` finds from now on
 */
export async function openTraceFile(file) {
  if (file.size > MOST_PACKED) {
    const most = megabytes(MOST_PACKED);
    throw new Error(`${file.name} has ${megabytes(file.size)}, and a trace file has at most ${most}.`);
  }
  const text = await unpack(file);
  newest = new OpenedFile(parse(text), file);
  return newest;
}

const megabytes = (bytes) => `${Math.round(bytes / MB)} MB`;

async function unpack(file) {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isPacked = start[0] === 0x1f && start[1] === 0x8b;
  let bytes = file.stream();
  if (isPacked) bytes = bytes.pipeThrough(new DecompressionStream("gzip"));
  const reader = bytes.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const parts = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > MOST_UNPACKED) break;
      parts.push(decoder.decode(value, { stream: true }));
    }
    if (size <= MOST_UNPACKED) return parts.join("") + decoder.decode();
  } catch {
    throw new Error(isPacked ? CUT_OFF : NO_TEXT);
  }
  reader.cancel();
  throw new Error(`This file unpacks to more than ${megabytes(MOST_UNPACKED)}, so it is not opened.`);
}

function parse(text) {
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    throw new Error("This is not a trace file: it holds no JSON. Choose a file saved with Export.");
  }
  if (!isObject(told) || told.format !== FORMAT) {
    throw new Error("This file is JSON, but not a trace. Choose a file saved with Export.");
  }
  if (told.version !== VERSION) {
    throw new Error(
      `This trace file has version ${shown(told.version)}, and this playground reads version ${VERSION}. ` +
        "Open it with the playground that wrote it.",
    );
  }
  return told;
}

export class OpenedFile {
  #rows;

  /** @param {object} told  the file's JSON @param {File} file  to save it again */
  constructor(told, file) {
    this.file = file;
    const size = whole(told.vocabulary_size, "vocabulary_size", 1, MOST_TOKENS);
    const kind = oneOf(told.kind, "kind", ["full", "light"]);
    const dtype = DTYPES[oneOf(told.dtype, "dtype", Object.keys(DTYPES))];
    const steps = list(told.steps, "steps");
    const words = wordsOf(told.tokens, size);
    this.#rows = steps.map((step, index) => rowReader(step, `step ${index}`, kind, dtype, size));
    const settings = settingsOf(told.settings, "settings");
    const model = text(told.model, "model");
    /** @type {import("./trace.js").Message} as the server would tell it */
    this.message = {
      trace_id: `file-${(count += 1)}`,
      first: 0,
      header: {
        model,
        caption: captionOf(model, kind, settings),
        words,
        prompt_ids: list(told.prompt_ids, "prompt_ids").map((id) => tokenId(id, "prompt_ids", size)),
        settings,
        vocabulary_size: size,
        stage_notes: (Array.isArray(told.stage_notes) ? told.stage_notes : []).map((note) => text(note, "stage_notes")),
      },
      steps: steps.map((step, index) => factsOf(step, index, size)),
      waiting: null,
      stop_reason: oneOf(told.stop_reason, "stop_reason", STOP_REASONS),
      first_token_seconds: null,
      tokens_per_second: null,
      loop: null,
      error: null,
    };
  }

  /** @returns {Float32Array} the raw logits of one step (vocab,) */
  logits(index) {
    return this.#rows[index]();
  }
}

function captionOf(model, kind, settings) {
  const light = kind === "light" ? " A light file: beyond the most probable tokens, all have equal shares." : "";
  return `A file of ${model}.${light} Generated with ${settingsInForce(settings)}.`;
}

function factsOf(step, index, size) {
  const where = `step ${index}`;
  return {
    index,
    token_id: tokenId(step.token_id, where, size),
    probability: number(step.probability, `${where}, probability`, 0, 1),
    raw_probability: number(step.raw_probability, `${where}, raw_probability`, 0, 1),
    rank: whole(step.rank, `${where}, rank`, 1, size),
    entropy_bits: number(step.entropy_bits, `${where}, entropy_bits`, -1e-6, 64),
    draw: step.draw === null ? null : number(step.draw, `${where}, draw`, 0, 1),
    kept: whole(step.kept, `${where}, kept`, 1, size),
    forced: oneOf(step.forced, `${where}, forced`, [true, false]),
    settings: step.settings === null ? null : settingsOf(step.settings, `${where}, settings`),
  };
}

/**
 * Reads a row's logits once to check them, and again whenever they are asked for: as text they take less than half.
 *
 * @returns {() => Float32Array}
 */
function rowReader(step, where, kind, dtype, size) {
  if (!isObject(step)) throw edited(where, "is not an object");
  const read = () => (kind === "full" ? fullRow(step, where, dtype, size) : lightRow(step, where, dtype, size));
  const logits = read();
  let highest = -Infinity;
  for (const logit of logits) {
    if (!(logit < Infinity)) throw edited(`${where}, logits`, "hold what is not a number, or infinity");
    if (logit > highest) highest = logit;
  }
  if (highest === -Infinity) throw edited(`${where}, logits`, "hold what is not a number, or infinity");
  return read;
}

function fullRow(step, where, dtype, size) {
  const logits = dtype.read(bytesOf(step.logits, `${where}, logits`, dtype.bytes));
  if (logits.length !== size) throw edited(`${where}, logits`, `are ${logits.length} and not ${size}`);
  return logits;
}

function lightRow(step, where, dtype, size) {
  const ids = new Uint32Array(bytesOf(step.ids, `${where}, ids`, 4));
  const logits = dtype.read(bytesOf(step.logits, `${where}, logits`, dtype.bytes));
  const isFit = ids.length === logits.length && new Set(ids).size === ids.length && ids.every((id) => id < size);
  if (!isFit) throw edited(`${where}, logits`, "do not fit their ids");
  const left = size - ids.length;
  const rest = step.rest_log_sum_exp;
  const isNone = rest === null || left === 0;
  const row = new Float32Array(size);
  row.fill(isNone ? -Infinity : number(rest, `${where}, rest_log_sum_exp`, -1e30, 1e30) - Math.log(left));
  ids.forEach((id, place) => {
    row[id] = logits[place];
  });
  return row;
}

function bytesOf(encoded, where, bytes) {
  let binary;
  try {
    binary = atob(text(encoded, where));
  } catch (error) {
    throw error instanceof DOMException ? edited(where, "is not base64") : error;
  }
  if (!binary.length || binary.length % bytes) throw edited(where, "has the wrong length");
  const content = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) content[i] = binary.charCodeAt(i);
  return content.buffer;
}

function wordsOf(tokens, size) {
  if (!isObject(tokens)) throw edited("tokens", "is not an object of texts by token id");
  for (const [id, word] of Object.entries(tokens)) {
    const isId = /^(0|[1-9]\d*)$/.test(id) && Number(id) < size;
    if (!isId) throw edited("tokens", "has an id that is not in the vocabulary");
    text(word, "tokens");
  }
  return tokens;
}

/** The settings that a picture is made of; a value out of range would be dropped, so it is refused. */
function settingsOf(told, where) {
  if (!isObject(told)) throw edited(where, "is not an object");
  const said = { ...OFF, ...told };
  const settings = usable(said);
  for (const name of ["strategy", "num_beams", "length_penalty", ...Object.keys(OFF)]) {
    if (settings[name] !== said[name]) throw edited(where, `cannot be used: ${name} is ${shown(said[name])}`);
  }
  return settings;
}

function oneOf(value, where, choices) {
  if (!choices.includes(value)) throw edited(where, `is ${shown(value)} and not one of ${choices.join(", ")}`);
  return value;
}

const tokenId = (value, where, size) => whole(value, `${where}, token id`, 0, size - 1);

function whole(value, where, low, high) {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw edited(where, `is ${shown(value)} and not a whole number from ${low} to ${high}`);
  }
  return value;
}

function number(value, where, low, high) {
  if (typeof value !== "number" || !(value >= low && value <= high)) {
    throw edited(where, `is ${shown(value)} and not a number from ${low} to ${high}`);
  }
  return value;
}

function list(value, where) {
  if (!Array.isArray(value) || !value.length) throw edited(where, "is not a list with something in it");
  return value;
}

function text(value, where) {
  if (typeof value !== "string") throw edited(where, `is ${shown(value)} and not a text`);
  return value;
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const edited = (where, what) => new Error(`This trace file cannot be used: ${where} ${what}.`);

function shown(value) {
  const said = JSON.stringify(value) ?? "missing";
  return said.length <= 40 ? said : `${said.slice(0, 37)}...`;
}

const upperHalf = (bits) => bits << 16;

/** IEEE 754 binary16. @param {number} bits @returns {number} */
function halfPrecision(bits) {
  const sign = bits >>> 15 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
