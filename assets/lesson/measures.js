/**
 * The measures that a lesson reads of the step in view on the Decode tab, under the settings in view: what its bars and
 * its text show. Knows steps and distributions, not the page.
 *
 * @typedef {import("./tree.js").Measures} Measures
 * @typedef {import("../common/shown.js").Shown} Shown
 *
 * @typedef {object} SourceShown  how the token in view looks at the source, in the layer and head in view
 * @property {import("../common/trace.js").Trace} trace
 * @property {number} index  the step's
 * @property {ArrayLike<number>} weights  over the source's tokens
 */

import { readText } from "../common/readable.js";

const SIGNS = { " ": "·", "\n": "⏎", "\t": "⇥", "\r": "␍" };

/** Of each list of words, the first id of a token by its text. @type {WeakMap<object, Map<string, number>>} */
const found = new WeakMap();

/** Where nothing is in view, no measure has a value. @param {(text: string) => number | null} pieces @returns {Measures} */
const nothing = (pieces) => ({ pieces });

/**
 * @param {Shown | null} shown  null if no step is in view
 * @param {(text: string) => number | null} pieces  the number of tokens of a text; null until it is known
 * @param {SourceShown | null} [source]  null where no weights over a source are in view
 * @returns {Measures} probabilities as shares, entropies and surprise in bits, ranks from 1
 */
export function measuresOf(shown, pieces, source = null) {
  if (!shown) return nothing(pieces);
  const { trace, step, shape, settings, words } = shown;
  /** @param {(id: number) => number} measure @returns {(token: string) => number | null} null for a text that is no token */
  const ofToken = (measure) => (token) => {
    const id = idOf(words, token);
    return id === null ? null : measure(id);
  };
  /** @type {(token: string) => number | null} */
  const toSource = (token) => {
    if (source?.trace !== trace || source.index !== step.index) return null;
    const tokens = trace.header.source_ids.map((id) => shownAs(words, id));
    return source.weights[tokens.lastIndexOf(asShown(token))] ?? null;
  };
  const whole = (measure) => () => (trace.isRunning ? null : measure());
  return {
    probability: ofToken((id) => shape.probability(id)),
    raw_probability: ofToken((id) => shape.rawProbability(id)),
    rank: ofToken((id) => shape.candidate(id).rank),
    logit: ofToken((id) => shape.row.logits[id]),
    kept: () => shape.kept,
    entropy: () => shape.entropyBits,
    raw_entropy: () => step.entropy_bits,
    most_likely: () => (shape.kept ? textOf(words, shape.order[shape.stretch[0]]) : null),
    chosen: () => textOf(words, step.token_id),
    surprise: () => -Math.log2(step.raw_probability),
    text: whole(() => readText(written(trace).map(({ token_id }) => shownAs(words, token_id)))),
    tokens: whole(() => trace.steps.length),
    repeated: whole(() => repeated(trace.steps)),
    cross_attention: toSource,
    setting: (name) => settings[name] ?? null,
    pieces,
  };
}

/**
 * @param {Readonly<Record<number, string>>} words  the texts that the page shows for the tokens, by their ids
 * @param {string} token  its text, with its space
 * @returns {number | null} the id of the token, null if none has the text
 */
export function idOf(words, token) {
  const ids = found.get(words) ?? new Map(Object.entries(words).reverse().map(([id, text]) => [text, Number(id)]));
  found.set(words, ids);
  return ids.get(asShown(token)) ?? null;
}

/** @param {string} token  its text @returns {string} as the page shows it, with signs for spaces and line breaks */
export const asShown = (token) => token.replace(/[ \n\t\r]/g, (sign) => SIGNS[sign]);

/** @returns {string} the text of a token as a person reads it */
export const textOf = (words, id) => readText([shownAs(words, id)]);

const shownAs = (words, id) => words[id] ?? `#${id}`;

/** @returns {import("../common/trace.js").Step[]} the steps of a text without the token that ends it, which is no part of it */
const written = ({ steps, latest }) => (latest.stop_reason === "end_token" ? steps.slice(0, -1) : steps);

/** @returns {number} how many tokens the strip marks as repeated */
function repeated(steps) {
  const marked = new Set();
  for (const { index, repeats = 0 } of steps) for (let back = 0; back < repeats; back++) marked.add(index - back);
  return [...marked].filter((index) => index >= 0).length;
}
