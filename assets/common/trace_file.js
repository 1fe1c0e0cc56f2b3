/**
 * Opens a saved trace (`playground/traces/file.py` writes it) without the server, whatever model the server runs.
 *
 * A file may come from anywhere. Its size is checked before it is read, it is unpacked only up to a limit, and every
 * value in it is checked. An error rejects with a sentence that names it. The newest opened file stays in memory; in a page
 * without a server all files do, because they are parts of the page.
 *
 * @typedef {Pick<OpenedFile, "file" | "message" | "logits" | "attention">} Opened
 */

import { isMessage } from "../chat/conversation.js";
import { OFF, usable } from "../distribution/settings.js";
import { RULES } from "../distribution/stages/all.js";
import { edited, isObject, list, number, oneOf, shown, text, whole } from "./checks.js";
import { FileAttention } from "./file_attention.js";
import { DTYPES, rowMaker } from "./file_rows.js";
import { t } from "./language.js";
import { isAlone } from "./recorded.js";
import { settingsInForce } from "./words.js";

const FORMAT = "decoding-playground trace";
const VERSION = 1;
const MB = 1_000_000;
const MOST_PACKED = 150 * MB;
const MOST_UNPACKED = 300 * MB;
/**
 * A packed file may unpack to this many bytes, and to this many times its own size more. A trace's numbers hardly pack.
 */
const [ALWAYS_UNPACKED, MOST_TIMES] = [10 * MB, 50];
const SLICE = 16_384; // bytes; at worst a slice unpacks to a thousand times its size
const MOST_TOKENS = 1_000_000; // of a vocabulary
const [MOST_STEPS, MOST_PROMPT] = [20_000, 100_000]; // each is an element on the page
const [MOST_MESSAGES, MOST_CONVERSATION] = [200, 1_000_000]; // turns that the editor shows, and characters
const WITHOUT_PAUSE = 4 * MB; // characters of rows that are checked before a pause for the page
const STOP_REASONS = ["end_token", "stop_string", "length", "window", "stopped", "scored"];
const OTHER_SETTINGS = ["strategy", "order", "max_new_tokens", "seed", "stop_strings", "early_stopping"]; // without a rule here
const CUT_OFF = t("This trace file is cut off or damaged. Save it or download it again.");
const NO_TEXT = t("This is not a trace file, because it contains no text. Choose a file saved with Export.");

/** By the id of its trace. @type {Map<string, Opened>} */
const files = new Map();
let count = 0;

/** @returns {Opened | null} the opened file from which a trace came */
export const openedFile = (traceId) => files.get(traceId) ?? null;

/**
 * @param {File} file
 * @returns {Promise<OpenedFile>} the file, which `openedFile` finds from now on
 */
export async function openTraceFile(file) {
  if (file.size > MOST_PACKED) {
    const values = { name: file.name, size: megabytes(file.size), most: megabytes(MOST_PACKED) };
    throw new Error(t("{name} has {size}, and a trace file has at most {most}.", values));
  }
  const told = parse(await unpack(file));
  const opened = new OpenedFile(told, await rowsOf(told), file);
  if (!isAlone) files.clear();
  files.set(opened.message.trace_id, opened);
  return opened;
}

/**
 * Opens the beginning of an opened file's text as a text of its own.
 *
 * @param {Opened} file @param {number} steps  fewer than it has
 * @returns {Opened}
 */
export function beginningOf(file, steps) {
  count += 1;
  const { message } = file;
  const told = { ...message, trace_id: `file-${count}`, steps: message.steps.slice(0, steps), stop_reason: "length" };
  const cut = { file: file.file, message: told, logits: (/** @type {number} */ index) => file.logits(index), attention: file.attention };
  files.set(told.trace_id, cut);
  return cut;
}

const megabytes = (bytes) => t("{number} MB", { number: Math.round(bytes / MB) });

/**
 * Returns the file's text. It reads the file in small slices, because the stream unpacks a whole slice before its bytes
 * can be counted, and a browser's own slices may be very large.
 */
async function unpack(file) {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isPacked = start[0] === 0x1f && start[1] === 0x8b;
  const most = Math.min(MOST_UNPACKED, isPacked ? ALWAYS_UNPACKED + MOST_TIMES * file.size : MOST_UNPACKED);
  let bytes = slicesOf(file);
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
      if (size > most) break;
      parts.push(decoder.decode(value, { stream: true }));
    }
    if (size <= most) return parts.join("") + decoder.decode();
  } catch {
    throw new Error(isPacked ? CUT_OFF : NO_TEXT);
  }
  reader.cancel();
  throw new Error(t("This file is larger than {most} when unpacked, so it is not opened.", { most: megabytes(most) }));
}

function slicesOf(file) {
  let at = 0;
  const pull = async (controller) => {
    if (at >= file.size) return controller.close();
    const slice = file.slice(at, at + SLICE);
    at += SLICE;
    controller.enqueue(new Uint8Array(await slice.arrayBuffer()));
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

function parse(content) {
  let told;
  try {
    told = JSON.parse(content);
  } catch {
    throw new Error(t("This is not a trace file, because it contains no JSON. Choose a file saved with Export."));
  }
  if (!isObject(told) || told.format !== FORMAT) {
    throw new Error(t("This file is JSON, but not a trace. Choose a file saved with Export."));
  }
  if (told.version !== VERSION) {
    const values = { version: shown(told.version), own: VERSION };
    throw new Error(
      t("This trace file has version {version}, and this playground reads version {own}. Open it with the playground that wrote it.", values),
    );
  }
  return told;
}

/**
 * @returns {Promise<(() => Float32Array)[]>} functions that make each step's row
 */
async function rowsOf(told) {
  const size = sizeOf(told);
  const kind = kindOf(told);
  const dtype = DTYPES[oneOf(told.dtype, "dtype", Object.keys(DTYPES))];
  const rows = [];
  let sincePause = 0;
  for (const [index, step] of list(told.steps, "steps", MOST_STEPS).entries()) {
    rows.push(rowMaker(step, `step ${index}`, kind, dtype, size));
    sincePause += step.logits.length;
    if (sincePause < WITHOUT_PAUSE) continue;
    sincePause = 0;
    await new Promise((resolve) => setTimeout(resolve));
  }
  return rows;
}

const sizeOf = (told) => whole(told.vocabulary_size, "vocabulary_size", 1, MOST_TOKENS);
const kindOf = (told) => oneOf(told.kind, "kind", ["full", "light"]);

export class OpenedFile {
  #rows;

  /**
   * @param {Record<string, any>} told  the file's JSON; all but its rows is checked here
   * @param {(() => Float32Array)[]} rows  one a step
   * @param {File} file  to save it again
   */
  constructor(told, rows, file) {
    this.file = file;
    this.attention = new FileAttention(told.steps, kindOf(told));
    this.#rows = rows;
    const size = sizeOf(told);
    const words = wordsOf(told.tokens, size);
    const settings = settingsOf(told.settings, "settings");
    const model = text(told.model, "model");
    const notes = told.stage_notes;
    if (!Array.isArray(notes)) throw edited(t("{where} is not a list", { where: "stage_notes" }));
    count += 1;
    /** @type {import("./trace.js").Message} in the form of the server's messages */
    this.message = {
      trace_id: `file-${count}`,
      first: 0,
      header: {
        model,
        caption: captionOf(model, kindOf(told), settings),
        words,
        prompt_ids: idsOf(told.prompt_ids, "prompt_ids", size),
        source_ids: told.source_ids?.length ? idsOf(told.source_ids, "source_ids", size) : [], // older files do not name it
        settings,
        conversation: conversationOf(told.conversation ?? null),
        vocabulary_size: size,
        stage_notes: notes.map((note) => text(note, "stage_notes")),
      },
      steps: told.steps.map((step, index) => factsOf(step, index, size)),
      waiting: null,
      stop_reason: oneOf(told.stop_reason, "stop_reason", STOP_REASONS),
      first_token_seconds: null,
      tokens_per_second: null,
      loop: null,
      error: null,
    };
  }

  /** @returns {Float32Array} the raw logits of one step (vocab,), in a new array */
  logits(index) {
    return this.#rows[index]();
  }
}

function captionOf(model, kind, settings) {
  const values = { model, settings: settingsInForce(settings) };
  if (kind === "light") {
    return t(
      "This text comes from a file of {model}. In this light file, all but the most probable tokens have equal probabilities. " +
        "Generated with {settings}.",
      values,
    );
  }
  return t("This text comes from a file of {model}. Generated with {settings}.", values);
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

function wordsOf(tokens, size) {
  if (!isObject(tokens)) throw edited(t("{where} is not an object of texts by token id", { where: "tokens" }));
  for (const [id, word] of Object.entries(tokens)) {
    const isId = /^(0|[1-9]\d*)$/.test(id) && Number(id) < size;
    if (!isId) throw edited(t("{where} has an id that is not in the vocabulary", { where: "tokens" }));
    text(word, "tokens");
  }
  return tokens;
}

/** Returns what the chat template made the prompt of, null for a plain prompt. Older files do not name it. */
function conversationOf(told) {
  if (told === null) return null;
  if (!isObject(told) || !isObject(told.template_options)) throw edited(t("{where} is not an object with template_options", { where: "conversation" }));
  if (!list(told.messages, "messages of the conversation", MOST_MESSAGES).every(isMessage)) {
    throw edited(t("{where} has a message without a role and a content that are texts", { where: "conversation" }));
  }
  if (JSON.stringify(told).length > MOST_CONVERSATION) throw edited(t("{where} is longer than a million characters", { where: "conversation" }));
  return told;
}

/** Returns the settings under which the page draws. A value out of range would be dropped later, so it is refused. */
function settingsOf(told, where) {
  if (!isObject(told)) throw edited(t("{where} is not an object", { where }));
  const unknown = Object.keys(told).find((name) => !(name in RULES) && !OTHER_SETTINGS.includes(name));
  if (unknown !== undefined) throw edited(t("{where} holds {name}, which is not a setting of this server", { where, name: shown(unknown) }));
  const said = { ...OFF, ...told };
  const settings = usable(said);
  for (const name of ["strategy", "order", ...Object.keys(RULES)]) {
    if (settings[name] !== said[name]) throw edited(t("{where} cannot be used: {name} is {value}", { where, name, value: shown(said[name]) }));
  }
  return settings;
}

const idsOf = (told, name, size) => list(told, name, MOST_PROMPT).map((id) => tokenId(id, name, size));
const tokenId = (value, where, size) => whole(value, `${where}, token id`, 0, size - 1);
