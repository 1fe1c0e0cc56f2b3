/** What the page says about the three families of transformers, and the sentences to try them with. Only words. */

/**
 * @typedef {object} Family
 * @property {string} family  its name in a model's facts
 * @property {string} title
 * @property {string} use  what it is for
 * @property {string} names  well-known models of it
 * @property {string} sees  the heading of its table: what a token may look at
 * @property {string} output  the heading of what the model puts out
 * @property {string} missing  what to do where the server has no such model
 */

/** @type {Family[]} */
export const FAMILIES = [
  {
    family: "encoder",
    title: "Encoder-only",
    use: "fill blanks, classify",
    names: "BERT",
    sees: "Each token sees the whole text",
    output: "It puts out a guess per token",
    missing: "Start the playground with a model such as bert-base-cased in one more --model.",
  },
  {
    family: "encoder-decoder",
    title: "Encoder–decoder",
    use: "translate, summarise",
    names: "BART, T5",
    sees: "The encoder’s tokens see the whole source; the decoder’s see it too, and what they follow",
    output: "It puts out another text",
    missing: "Start the playground with a model such as t5-small in one more --model.",
  },
  {
    family: "decoder",
    title: "Decoder-only",
    use: "chat",
    names: "GPT, BLOOM, Jurassic, LLaMA",
    sees: "Each token sees itself and what is before it",
    output: "It puts out what follows",
    missing: "Start the playground with a model such as gpt2 in one more --model.",
  },
];

/** Sentences in English, and in French for a translator that reads it. */
export const SENTENCES = [
  { english: "I love machine learning.", french: "J'aime l'apprentissage automatique." },
  { english: "The black cat sleeps in the white house.", french: "Le chat noir dort dans la maison blanche." },
  { english: "The capital of France is Paris.", french: "La capitale de la France est Paris." },
];
