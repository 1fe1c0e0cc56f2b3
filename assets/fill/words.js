/** What the tab Fill says, and the texts to try it with. Only words. */

import { t, tn } from "../common/language.js";
import { logitText } from "../common/words.js";

/** By what the model's head does. @type {Record<string, readonly string[]>} */
export const EXAMPLES = {
  "fill-mask": [
    "The capital of France is ___.",
    "The teacher ___ the students with the book.",
    "I loved this film. It was ___.",
    "I hated this film. It was ___.",
  ],
  "text-classification": ["This film is wonderful.", "I want my money back."],
  "token-classification": ["Anna lives in Paris.", "Peter works for Google in London."],
};

const NO_WRITE_ON = t("This model sees the words on both sides of a blank, so it has no next word to write.");
export const ALONE = t("Empty blanks are guessed independently of each other. A word that stands in one is read like any other.");
export const NO_HISTORY = t("Stages that read the text before a token are missing here, because nothing was written before a blank.");
export const LIKELIHOOD = t("Each token is masked in turn (Salazar et al. 2020). The sum is no probability.");
/** Stands in the place of `likelihood` until the scores are there, and is about as long. */
export const SCORING = t("Pseudo-log-likelihood: the text is read once for each token …");
/** What stands below each token, by what the model's head does. @type {Record<string, string>} */
export const OUTPUTS = { "fill-mask": t("out"), "text-classification": "", "token-classification": t("label") };
/** By what the model's head does. @type {Record<string, string>} */
export const OF_LABELS = {
  "text-classification": t("The model reads the whole text at once, and its head gives it one probability for each label."),
  "token-classification": t(
    "The model reads the whole text at once, and its head gives each token one probability for each label. Choose a token for its bars.",
  ),
};
const BEGINNING = t("A token of the model's own, no word: it stands at the beginning of every text.");
const END = t("A token of the model's own, no word: it stands at the end of every text.");
const MASK = t("The mask token: it hides a word, and the model guesses which word stands there.");
export const EMPTY = t("Write a text. The model reads all of it at once, in both directions.");

/** @param {string | null} token  the model's mask token @returns {string} what to do with a text that has no blank */
const noBlank = (token) =>
  token === null
    ? t("The tokenizer of this model has no mask token, so that nothing can be masked. Choose another model.")
    : t("This text has no blank. Write ___ or {mask}, or click a word to mask it.", { mask: token });

/** @param {number} size  tokens of the text @returns {string} */
const asLong = (size) => tn("{n} token in, {n} out: the output is as long as the input.", "{n} tokens in, {n} out: the output is as long as the input.", size);

/** @param {import("./state.js").Read} read @param {number} blanks  how many the text has @returns {string} */
export const ofBlanks = ({ ids, mask_token }, blanks) =>
  `${blanks ? asLong(ids.length) : noBlank(mask_token)} ${NO_WRITE_ON}`;

/**
 * @param {import("./state.js").Read} read
 * @param {(id: number) => string} textOf  returns a token's text
 * @returns {Map<string, string>} the tokens that are no words of the text, each with what it means
 */
export function ownTokens({ ids, special, mask_token }, textOf) {
  const says = new Map();
  for (const place of special) says.set(textOf(ids[place]), place === 0 ? BEGINNING : END);
  if (mask_token !== null) says.set(mask_token, MASK);
  return says;
}

/** @param {import("./state.js").Scored} scored @returns {string} */
export function likelihood({ logprobs_nats, sum_nats }) {
  const scores = logprobs_nats.filter((one) => one !== null).length;
  return tn(
    "Pseudo-log-likelihood {sum} nats over {n} token, mean {mean}.",
    "Pseudo-log-likelihood {sum} nats over {n} tokens, mean {mean}.",
    scores,
    { sum: logitText(sum_nats), mean: logitText(sum_nats / scores) },
  );
}

/** @param {number} place  of a token, from 0 @returns {string} */
export const placeName = (place) => t("token {number}", { number: place + 1 });
