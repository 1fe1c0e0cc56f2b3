/** What the page says about the three families of transformers, and the sentences to try them with. Only words. */

import { t } from "../common/language.js";

/**
 * @typedef {object} Family
 * @property {string} family  its name in a model's facts
 * @property {string} title
 * @property {string} use  what it is for
 * @property {string} names  well-known models of it
 * @property {string} sees  the heading of its table: what a token may look at
 * @property {string} output  the heading of what the model puts out
 * @property {string} missing  says that the server has no such model, and what to do
 */

/** @type {Family[]} */
export const FAMILIES = [
  {
    family: "encoder",
    title: t("Encoder-only"),
    use: t("fill blanks, classify"),
    names: "BERT",
    sees: t("Each token sees the whole text"),
    output: t("It puts out a guess per token"),
    missing: t("No model of this server is of this family. Start the playground with a model such as {model} in one more --model.", { model: "bert-base-cased" }),
  },
  {
    family: "encoder-decoder",
    title: t("Encoder–decoder"),
    use: t("translate, summarise"),
    names: "BART, T5",
    sees: t("The encoder’s tokens see the whole source; the decoder’s see it too, and what they follow"),
    output: t("It puts out another text"),
    missing: t("No model of this server is of this family. Start the playground with a model such as {model} in one more --model.", { model: "t5-small" }),
  },
  {
    family: "decoder",
    title: t("Decoder-only"),
    use: t("chat"),
    names: "GPT, BLOOM, Jurassic, LLaMA",
    sees: t("Each token sees itself and what is before it"),
    output: t("It puts out what follows"),
    missing: t("No model of this server is of this family. Start the playground with a model such as {model} in one more --model.", { model: "gpt2" }),
  },
];

/** Sentences in English, and in French for a translator that reads it. */
export const SENTENCES = [
  { english: "I love machine learning.", french: "J'aime l'apprentissage automatique." },
  { english: "The black cat sleeps in the white house.", french: "Le chat noir dort dans la maison blanche." },
  { english: "The capital of France is Paris.", french: "La capitale de la France est Paris." },
];
