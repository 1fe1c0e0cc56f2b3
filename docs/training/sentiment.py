"""Gives the model that fills blanks a head that tells praise from blame, and writes the folder of that classifier."""

import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import torch
from torch.nn.functional import cross_entropy
from transformers import BertForSequenceClassification, PreTrainedTokenizerFast

from docs.training.encoder import is_unseen, write_words
from docs.training.facts import review
from playground.prompts.reviews import REVIEWS

LABELS = ("Negative", "Positive")
BATCH = 64
RATE = 5e-4
MEASURED = 500
SEED = 1
"""The seed of the reviews that are measured."""


def train(base: Path, folder: Path, seed: int, reviews: int) -> float:
    """Trains the classifier and writes its folder. Returns the seconds of processor time that it took.

    Args:
        base: the folder of the model that fills blanks: the classifier begins with its weights.
        folder: where config, weights, tokenizer and the `words.txt` of `base` are written.
        seed: of the reviews and of the head's first weights.
        reviews: how many are learned.
    """
    began = time.process_time()
    torch.set_num_threads(1)  # sums in another order give other weights
    torch.manual_seed(seed)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(base)
    model = BertForSequenceClassification.from_pretrained(
        base, id2label=dict(enumerate(LABELS)), label2id={label: number for number, label in enumerate(LABELS)}
    )
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    random = Random(seed)
    model.train()
    for _ in range(reviews // BATCH):
        texts, praises = drawn(random, BATCH)
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        optimiser.zero_grad()
        cross_entropy(logits, torch.tensor(praises).long()).backward()
        optimiser.step()
    model.eval()
    model.save_pretrained(folder, state_dict={name: one.detach().half() for name, one in model.named_parameters()})
    tokenizer.save_pretrained(folder)
    write_words(folder, (base / "words.txt").read_text(encoding="utf-8").split())
    return time.process_time() - began


def drawn(random: Random, count: int, *, unseen: bool = False) -> tuple[list[str], list[bool]]:
    """Returns reviews, learned or never learned, and whether each praises."""
    texts, praises = [], []
    while len(texts) < count:
        praising = random.random() < 0.5
        text = review(random, praises=praising)
        if is_unseen(text) == unseen:
            texts.append(text)
            praises.append(praising)
    return texts, praises


@torch.no_grad()
def right(
    model: BertForSequenceClassification,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    praises: Sequence[bool],
) -> float:
    """Returns for which share of the reviews the more probable label is the right one."""
    batch = tokenizer(list(texts), padding=True, return_tensors="pt")
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    return (logits.argmax(-1) == torch.tensor(praises).long()).double().mean().item()


def write_card(
    folder: Path,
    model: BertForSequenceClassification,
    tokenizer: PreTrainedTokenizerFast,
    *,
    reviews: int,
    seconds: float,
) -> None:
    """Measures the classifier and writes `README.md` into its folder.

    Args:
        folder: where the model's files are.
        model: the classifier as it is read from the folder.
        tokenizer: its tokenizer.
        reviews: how many it has learned.
        seconds: how long that took, as processor time.
    """
    own = right(model, tokenizer, *drawn(Random(SEED), MEASURED, unseen=True))
    real = right(model, tokenizer, [one.input for one in REVIEWS], [one.answer == LABELS[1] for one in REVIEWS])
    size = (folder / "model.safetensors").stat().st_size / 1e6
    card = f"""---
language: en
pipeline_tag: text-classification
license: apache-2.0
---
<!-- `make models` writes this page: docs/training/sentiment.py. -->
# A small model that tells praise from blame

This is the built-in model that fills blanks, with a head of two labels, Negative and Positive, in the place of the
vocabulary (`BertForSequenceClassification`). All its weights were tuned on {reviews:,} short reviews in {seconds:.0f}
seconds on one processor core. The weights are {size:.1f} MB in half precision. `make models` does the same again from
the same seed.

## What was measured
| reviews | the right label |
|---|---|
| {MEASURED} that the same program has drawn, and that were not learned | {own:.1%} |
| the {len(REVIEWS)} of the playground's prompting tasks, which no program has drawn | {real:.0%} |

A guess is right in half of the cases.

## What it cannot do
It knows the words of its own reviews, which a program draws (`docs/training/facts.py`): *wonderful*, *boring*,
*I want my money back*. Of other reviews it understands little, as the second row says.
"""
    (folder / "README.md").write_text(card, encoding="utf-8")
