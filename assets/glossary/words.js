/**
 * The glossary: the words of the field that the page uses, each with one or two short sentences. A word stands once, and
 * every view shows the same sentences. What a stage does is in the registry of stages, and not here.
 *
 * A word is named by its English spelling. In the texts of the page it is found by how the page's language spells it, which
 * is a text of the catalogue like any other; a sign or a name is the same in all languages.
 */

import { t } from "../common/language.js";

/** How each word is spelt, and what it means. @type {Record<string, [spelling: string, says: string]>} */
const ENTRIES = {
  token: [t("token"), t("A piece of text that the model reads and writes as one unit: a word, a part of a word, or a sign. Each box is one token.")],
  "token id": [t("token id"), t("The number of a token in the model's vocabulary. The model reads and writes these numbers.")],
  "·": ["·", t("A space. Most words have one before them, and it is part of the token.")],
  "⏎": ["⏎", t("The end of a line.")],
  BPE: ["BPE", t("Byte-pair encoding: training joined the most frequent pair of neighbours into a new token, again and again. The tokeniser repeats these merges in their order.")],
  WordPiece: ["WordPiece", t("A tokeniser, used by BERT, that takes the longest piece of its vocabulary that the rest of a word begins with.")],
  Unigram: ["Unigram", t("A tokeniser, used by T5, that has a score for each piece and divides a word so that the sum of the scores is highest.")],
  "‹E2 96›": ["‹E2 96›", t("Bytes, written in hexadecimal: the token holds only a part of a character. The tokens beside it hold the rest.")],
  "start token": [t("start token"), t("The start token: the decoder reads it first, while nothing is written yet. It is no part of the text that comes out.")],
  "end token": [t("end token"), t("The end token: it ends what the encoder reads. Once the decoder writes it, its text is finished.")],
  window: [t("window"), t("The most tokens that the model can read at once: the prompt and the text that it has written.")],
  logit: [t("logit"), t("The model's score for a token, before the scores become probabilities. Only differences between logits matter.")],
  softmax: ["softmax", t("Makes probabilities of logits: exp of each logit, divided by the sum of exp of all logits. So none is below 0, and they sum to 1.")],
  neuron: [t("neuron"), t("One number that the feed-forward part of a layer computes. The larger it is, the more of the neuron’s own vector is added to the token’s vector.")],
  probability: [t("probability"), t("The share of draws that choose this token, under the settings that the text was written with. All tokens together have 100 %.")],
  unscaled: [t("unscaled"), t("The model's own probability: temperature 1, nothing cut, no penalty.")],
  rank: [t("rank"), t("The place of the token when all tokens are sorted by the model's own probability. The most probable one has rank 1.")],
  u: ["u", t("The random number of the draw, from 0 to 1. The kept tokens lie end to end, each as wide as its probability, and u falls on one.")],
  "Gumbel noise": [t("Gumbel noise"), t("A random number −ln(−ln u), made for each token anew. It may be any number; most are between −1.5 and 4.")],
  draw: [t("draw"), t("The choice of one token by chance. A token of 20 % is chosen in 20 % of all draws, on average.")],
  strategy: [t("strategy"), t("Sample draws each token by chance, with its probability. Greedy always takes the most probable token, so nothing is random.")],
  "max new tokens": [t("max new tokens"), t("The text ends after this many new tokens, if it does not end before.")],
  seed: [t("seed"), t("The number from which all random numbers of a text follow. The same seed, prompt and settings give the same text.")],
  entropy: [t("entropy"), t("How undecided the model is, in bits. 0 bits: one token is certain. Each bit more is as if there were twice as many equal choices.")],
  surprisal: [t("surprisal"), t("How surprising a token is, in bits: −log₂ of the model's own probability. 1 bit is a coin toss, 10 bits are about one in a thousand.")],
  perplexity: [t("perplexity"), t("The model was as undecided about this text as if it chose among so many equal tokens at each step. Lower: the text surprises it less.")],
  "log-probability": [t("log-probability"), t("The natural logarithm of a probability. Those of all tokens sum to that of the whole text. Closer to 0 is more probable.")],
  nats: [t("nats"), t("The unit of natural logarithms. One nat is 1.44 bits.")],
  nucleus: [t("nucleus"), t("What the stages leave to choose from. The tokens that top-p leaves are called the nucleus: the fewest that hold the share p.")],
  "χ²": ["χ²", t("How far the counts are from those that the probabilities predict. With more groups, a larger number is normal: p judges it.")],
  "p-value": [t("p-value"), t("How often chance alone gives counts that are at least this far from the prediction. Only a very small p casts doubt on it.")],
  loops: [t("loops"), t("The text ends with the same tokens, three times or more. Greedy texts often do.")],
  branch: [t("branch"), t("A text of this list. It may begin like another one, and go on differently from one token on.")],
  attention: [t("attention"), t("How much a head reads from a token when it works on another one. The weights of one row sum to 1.")],
  "cross-attention": [t("cross-attention"), t("How much a head of the decoder reads from each token that the encoder read. The weights over the source sum to 1.")],
  head: [t("head"), t("A part of a layer that reads the earlier tokens in its own way. The model has learned what each head looks for.")],
  layer: [t("layer"), t("One round of the model's work. Each layer has several heads, and goes on from what the layer before it found.")],
  "final norm": [t("final norm"), t("The last step before the unembedding. It brings the vector to a standard length and weighs its numbers.")],
  unembedding: [t("unembedding"), t("The output matrix. It has one row for each token of the vocabulary, and the row times the vector is the token's logit.")],
  query: [t("query"), t("The token that looks. It has one row of the map.")],
  key: [t("key"), t("The token that is looked at. It has one column of the map.")],
  sink: [t("sink"), t("A token that gets much attention and means little, mostly the first one. A head looks there when it finds nothing to look for.")],
  induction: [t("induction"), t("The head finds an earlier copy of the token and reads what came after it. So the model can continue what it has seen before.")],
  rollout: [t("rollout"), t("An estimate of how much each token reads from each other one through all layers together.")],
  embedding: [t("embedding"), t("The table that gives each token its vector: a list of numbers that the model has learned, and all that it knows of a token at first.")],
  cosine: [t("cosine"), t("How nearly two vectors point the same way: 1 the same way, 0 at right angles, −1 opposite ways. Their lengths do not matter.")],
  "principal components": [t("principal components"), t("The directions along which a set of vectors differs most, the first one most of all. They make a picture of many numbers.")],
  shot: [t("shot"), t("A solved example in the prompt. Zero-shot has none, one-shot has one, few-shot has several.")],
  "P(label)": ["P(label)", t("The probability that the model answers with this label word: the product of the probabilities of its tokens.")],
  "stop string": [t("stop string"), t("The text ends as soon as it contains this.")],
  KL: ["KL", t("The Kullback–Leibler divergence of two distributions: the extra bits per token if the second is expected and the first is true.")],
  "total variation": [t("total variation"), t("The most by which two distributions differ on any set of tokens: 0 % if they are equal, 100 % if they share no token.")],
  "bits per byte": [t("bits per byte"), t("How surprised a model is by a text, for each byte of it. Models with different tokens can be compared by it, because all count the same bytes.")],
  beam: [t("beam"), t("One of the unfinished texts that the search keeps at each step. It continues all of them and keeps the best.")],
  "length penalty": [t("length penalty"), t("The power of the length by which the log-probability is divided. Above 0 it favours longer texts, below 0 shorter ones.")],
};

const column = (place) => Object.fromEntries(Object.entries(ENTRIES).map(([word, entry]) => [word, entry[place]]));

/** How the page's language spells each word. @type {Readonly<Record<string, string>>} */
export const SPELLINGS = column(0);
/** What each word means. @type {Readonly<Record<string, string>>} */
export const WORDS = column(1);
