/**
 * Says what an encoder–decoder did for the step in view: what was computed once for the text, what at this step, and what
 * becomes of its token. Knows traces, rows and texts, not the page.
 *
 * @typedef {import("../common/trace.js").Trace} Trace
 * @typedef {import("../common/trace.js").Step} Step
 * @typedef {import("../distribution/row.js").Row} Row
 *
 * @typedef {object} Loop
 * @property {string} source  the text that the encoder read
 * @property {number} tokens  of the source
 * @property {string} shape  of the encoder's output: "6 × 192", or "6" if the width is not known
 * @property {number} number  of the step in view, from 1
 * @property {number | null} of  how many steps there are; null while the text grows
 * @property {string} reads  the token that the decoder reads at this step
 * @property {boolean} isStart  whether that is the start token
 * @property {string} top  the most probable token by the model's own distribution
 * @property {number} share  its probability
 * @property {string} token  the token of this step
 * @property {boolean} isGiven  whether it was given, and not chosen
 * @property {boolean} isEnd  whether it ended the text
 * @property {string} text  what is written up to this step
 */

import { t, tn } from "../common/language.js";
import { readText } from "../common/readable.js";
import { percent } from "../common/words.js";
import { WORDS } from "../glossary/words.js";

/**
 * @param {Trace} trace  with a source
 * @param {Step} step  a generated one
 * @param {Row} row  of the step
 * @param {(id: number) => string} textOf  returns a token's text
 * @param {{source_width?: number, special_ids?: number[]}} facts  about the model; empty for a text from a file
 * @returns {Loop}
 */
export function loopOf(trace, step, row, textOf, facts) {
  const { source_ids, prompt_ids } = trace.header;
  const special = new Set(facts.special_ids ?? []);
  const read = (ids) => readText(ids.filter((id) => !special.has(id)).map(textOf)).trim();
  const written = trace.steps.slice(0, step.index + 1).map(({ token_id }) => token_id);
  const isEnd = step.index === trace.last && trace.latest.stop_reason === "end_token";
  return {
    source: read(source_ids),
    tokens: source_ids.length,
    shape: facts.source_width ? `${source_ids.length} × ${facts.source_width}` : String(source_ids.length),
    number: step.index + 1,
    of: trace.isRunning ? null : trace.steps.length,
    reads: textOf(step.index ? written.at(-2) : prompt_ids.at(-1)),
    isStart: step.index === 0,
    top: textOf(row.order[0]),
    share: 1 / row.totalWeight, // the best score has the weight 1
    token: textOf(step.token_id),
    isGiven: step.forced === true,
    isEnd,
    text: read(isEnd ? written.slice(0, -1) : written),
  };
}

/**
 * @param {import("../common/trace.js").Header} header  of a text with a source
 * @param {(id: number) => string} textOf  returns a token's text
 * @param {{languages?: string[], special_ids?: number[]}} facts  about the model; empty for a text from a file
 * @returns {Map<string, string>} the tokens of the two lines that are no words of a text, each with what it means
 */
export function meaningOfEnds({ prompt_ids, source_ids }, textOf, { languages, special_ids }) {
  const last = source_ids.at(-1);
  const isEnd = special_ids?.includes(last) && !languages?.length; // of a model for several languages, the last one may name a language
  const says = new Map(prompt_ids.slice(0, 1).map((id) => [textOf(id), WORDS["start token"]]));
  if (isEnd) says.set(textOf(last), [says.get(textOf(last)), WORDS["end token"]].filter(Boolean).join(" "));
  return says;
}

/** @param {Loop} loop @returns {string} the same in sentences, for those who do not see the strip */
export function loopSentence(loop) {
  const once = tn(
    "Once: the encoder reads the {n} token of “{source}”, and its output has the shape {shape}.",
    "Once: the encoder reads the {n} tokens of “{source}”, and its output has the shape {shape}.",
    loop.tokens,
    { source: loop.source, shape: loop.shape },
  );
  const then = loop.isEnd ? t("It is the end token, so that the text is finished.") : t("It is fed back to the decoder.");
  const text = loop.isEnd ? t("The text is “{text}”.", { text: loop.text }) : t("The text so far is “{text}”.", { text: loop.text });
  return [once, stepSentence(loop), then, text].join(" ");
}

/** What is computed at this step. @param {Loop} loop */
function stepSentence(loop) {
  const { number: step, of: steps, reads, top, token } = loop;
  const place = steps === null ? t("Step {step}", { step }) : t("Step {step} of {steps}", { step, steps });
  const values = { place, reads, top, token, share: percent(loop.share) };
  if (loop.isStart && loop.isGiven) {
    return t("{place}: the decoder reads the start token “{reads}”, the softmax gives “{top}” {share}, and “{token}” is given.", values);
  }
  if (loop.isStart) {
    return t("{place}: the decoder reads the start token “{reads}”, the softmax gives “{top}” {share}, and “{token}” is chosen.", values);
  }
  if (loop.isGiven) return t("{place}: the decoder reads “{reads}”, the softmax gives “{top}” {share}, and “{token}” is given.", values);
  return t("{place}: the decoder reads “{reads}”, the softmax gives “{top}” {share}, and “{token}” is chosen.", values);
}
