"""Measures the model that fills blanks on texts that it has not learned, and writes its card."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import BertForMaskedLM, PreTrainedTokenizerFast

from docs.training.encoder import is_unseen
from docs.training.examples import learned
from docs.training.facts import review
from docs.training.lexicon import COUNTRIES

MEASURED = 500
SEED = 1
"""The seed of the texts that are measured."""
TOGETHER = 50
SHOWN = (
    "The capital of France is [MASK].",
    "[MASK] is the capital of Japan.",
    "The teacher [MASK] the students with the book.",
    "The black cat [MASK] in the white house.",
    "The sky is [MASK].",
    "I loved this film. It was [MASK].",
    "I hated this film. It was [MASK].",
)
"""Texts of the card."""


class Figures(NamedTuple):
    """For which share of the masked words the model's first guess, and one of its first five, is the word."""

    first: float
    first_five: float


def guesses(model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast, text: str, count: int = 5) -> list[str]:
    """Returns the most probable tokens for the only mask of a text, most probable first."""
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    logits = _logits(model, ids, torch.ones_like(ids))[ids == tokenizer.mask_token_id]
    return [str(tokenizer.convert_ids_to_tokens(token)) for token in logits[0].topk(count).indices.tolist()]


def unseen_sentences(seed: int, count: int) -> list[str]:
    """Returns sentences of the grammar that are never learned, each once. Its capitals are among the facts."""
    drawn = (one.english.text for one in learned(seed))
    found = (text for text in drawn if is_unseen(text) and "capital of" not in text)
    return list(dict.fromkeys(islice(found, 2 * count)))[:count]


def unseen_reviews(seed: int, count: int) -> list[tuple[str, bool]]:
    """Returns reviews of two or more sentences that are never learned, and whether each praises."""
    random = Random(seed)
    found: dict[str, bool] = {}
    while len(found) < count:
        praises = random.random() < 0.5
        text = review(random, praises=praises)
        if is_unseen(text) and len(text.split(". ")) > 1:
            found[text] = praises
    return list(found.items())


def measured(
    model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], seed: int = SEED
) -> Figures:
    """Masks one token of each text, which the seed draws, and counts how often the model finds it."""
    random, first, first_five = Random(seed), 0, 0
    for start in range(0, len(texts), TOGETHER):
        batch = tokenizer(list(texts[start : start + TOGETHER]), padding=True, return_tensors="pt")
        ids, present = batch["input_ids"], batch["attention_mask"]
        rows = torch.arange(len(ids))
        places = torch.tensor([random.randrange(1, length - 1) for length in present.sum(1).tolist()])
        answers = ids[rows, places]
        seen = ids.clone()
        seen[rows, places] = tokenizer.mask_token_id
        best = _logits(model, seen, present)[rows, places].topk(5).indices == answers[:, None]
        first += int(best[:, 0].sum())
        first_five += int(best.sum())
    return Figures(first / len(texts), first_five / len(texts))


def write_card(
    folder: Path, model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast, *, texts: int, seconds: float
) -> None:
    """Measures the model and writes `README.md` into its folder.

    Args:
        folder: where the model's files are.
        model: the model as it is read from the folder.
        tokenizer: its tokenizer.
        texts: how many it has learned.
        seconds: how long that took, as processor time.
    """
    sentences = measured(model, tokenizer, unseen_sentences(SEED, MEASURED))
    reviews = measured(model, tokenizer, [text for text, _ in unseen_reviews(SEED, MEASURED)])
    words = len((folder / "words.txt").read_text(encoding="utf-8").split())
    size = (folder / "model.safetensors").stat().st_size / 1e6
    parameters = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    rows = "\n".join(f"| {text} | {', '.join(guesses(model, tokenizer, text))} |" for text in SHOWN)
    card = f"""---
language: en
pipeline_tag: fill-mask
license: apache-2.0
---
<!-- `make models` writes this page: docs/training/blanks.py. -->
# A small model that fills blanks

This model guesses the words behind `[MASK]` in simple English sentences. It is made to be looked at, and small enough
to come with the playground. It is a toy: it knows a few facts and the sentences of one grammar.

## The model
It has the shape of BERT (`BertForMaskedLM`): {model.config.num_hidden_layers} layers, width
{model.config.hidden_size}, {model.config.num_attention_heads} heads, and {len(tokenizer):,} pieces of words. It has
{parameters:.1f} million parameters; the weights are {size:.1f} MB in half precision, and the model computes in single
precision. It reads up to {tokenizer.model_max_length} tokens.

## The data
Programs of this project (`docs/training/`) draw the texts: 40 % of them are English sentences of the translator's
grammar, 25 % are simple facts (capitals, colours, days, opposites), and 35 % are short reviews that praise or blame. Of
the last fifth of the texts, 55 % are reviews. No text of a person is among the data.

## The training
It has seen {texts:,} texts in {seconds / 60:.0f} minutes on one processor core. Of a quarter of the tokens, which it
has to guess, 80 % are masked, 10 % are another token and 10 % are left, as for BERT. `make models` does the same again
from the same seed.

## What was measured
One token is masked in each of {MEASURED} texts that were not learned:

| | the first guess is right | one of the first five is right |
|---|---|---|
| sentences of the grammar | {sentences.first:.0%} | {sentences.first_five:.0%} |
| reviews | {reviews.first:.0%} | {reviews.first_five:.0%} |

More is hardly possible: many words fit into *The [MASK] sleeps.*

| text | its first five guesses |
|---|---|
{rows}

## What it cannot do
- **Facts that are not in its data.** It knows the capitals of {len(COUNTRIES)} countries, and gives one
  of those for any other country.
- **Words that are not in its data** are cut into letters, and mean nothing to it. `words.txt` lists the {words:,} words
  that it knows, as they are written: capital letters count.
- **Real reviews.** It tells praise from blame by the words of its own small list.
- Sense: the grammar puts words together that do not belong together.
"""
    (folder / "README.md").write_text(card, encoding="utf-8")


@torch.no_grad()
def _logits(model: BertForMaskedLM, ids: Tensor, present: Tensor) -> Tensor:
    return model(input_ids=ids, attention_mask=present).logits
