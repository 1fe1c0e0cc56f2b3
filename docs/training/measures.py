"""Measures a translator on sentences that it has not learned: how many are exact, and what its cross-attention sees."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import MarianMTModel, PreTrainedTokenizerFast

from docs.training.grammar import Sentence
from docs.training.words import Line

TOGETHER = 50
"""The sentences that are translated together."""


class Alignment(NamedTuple):
    """What the cross-attention of the last layer, as the mean of its heads, points at.

    Attributes:
        words: the English content words of all sentences.
        right: for how many of them the strongest French word is one that they translate.
        diagonal: for how many the French word at the same share of the sentence is: what reading in order would get.
    """

    words: int
    right: int
    diagonal: int


@torch.no_grad()
def translated(
    model: MarianMTModel, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], *, beams: int = 1
) -> list[str]:
    """Returns the translations of several texts, greedy or with beams."""
    found = []
    for start in range(0, len(texts), TOGETHER):
        batch = tokenizer(list(texts[start : start + TOGETHER]), padding=True, return_tensors="pt")
        written = model.generate(  # pyright: ignore[reportAttributeAccessIssue]  # it is a mixin of transformers
            **batch, num_beams=beams, do_sample=False
        )
        found += tokenizer.batch_decode(written, skip_special_tokens=True)
    return found


def exact(model: MarianMTModel, tokenizer: PreTrainedTokenizerFast, examples: Sequence[Sentence]) -> list[bool]:
    """Tells for each sentence whether its greedy translation is the reference, letter for letter."""
    made = translated(model, tokenizer, [one.french.text for one in examples])
    return [text == one.english.text for text, one in zip(made, examples, strict=True)]


def alignment(model: MarianMTModel, tokenizer: PreTrainedTokenizerFast, examples: Sequence[Sentence]) -> Alignment:
    """Counts at which French words the content words of the reference look while they are written."""
    words = right = diagonal = 0
    for example in examples:
        looks = word_attention(model, tokenizer, example)
        ratio = looks.shape[1] / looks.shape[0]
        for place, translates in example.translates().items():
            words += 1
            right += int(looks[place].argmax()) in translates
            diagonal += int((place + 0.5) * ratio) in translates
    return Alignment(words, right, diagonal)


@torch.no_grad()
def word_attention(model: MarianMTModel, tokenizer: PreTrainedTokenizerFast, example: Sentence) -> Tensor:
    """Returns how much each English word of the reference looks at each French word: (English word, French word).

    The weights are those of the steps that write the word's tokens, from the last layer, as the mean of its heads. A
    French word has the sum of its tokens; an English word has the sum of its steps.
    """
    source = tokenizer(example.french.text, return_tensors="pt")
    target = tokenizer(example.english.text, return_tensors="pt")["input_ids"]
    start = torch.full((1, 1), model.config.decoder_start_token_id)
    model.set_attn_implementation("eager")  # the other implementations give no weights
    layers = model(
        **source, decoder_input_ids=torch.cat((start, target[:, :-1]), 1), output_attentions=True
    ).cross_attentions
    weights = layers[-1][0].mean(0)  # (step, source token)
    written = _words_of_tokens(tokenizer, example.english)
    read = _words_of_tokens(tokenizer, example.french)
    return written.T @ weights @ read


def _words_of_tokens(tokenizer: PreTrainedTokenizerFast, line: Line) -> Tensor:
    """Returns 1 where a token belongs to a word: (token, word). Punctuation and the end belong to none."""
    offsets = tokenizer(line.text, return_offsets_mapping=True)["offset_mapping"]
    belongs = torch.zeros(len(offsets), len(line.words))
    for token, (_, end) in enumerate(offsets):
        for word, (first, last) in enumerate(line.places):
            if first < end <= last:
                belongs[token, word] = 1
    return belongs
