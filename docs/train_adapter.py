"""Trains a small LoRA adapter on the bundled reviews, so that a model answers with their sentiment without examples.

Run it with `python -m docs.train_adapter FOLDER`. It needs the package peft and takes a few minutes on two CPU cores.
It prints the accuracy of the label words on reviews that were held out, before and after, and writes these reviews as a
CSV beside the adapter. Then start the playground with `--adapter FOLDER`, which offers the model before and after the
training side by side.
"""

import argparse
import csv
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from peft import LoraConfig, PeftModel, get_peft_model

from playground.models.language_model import LanguageModel
from playground.models.loading import load
from playground.prompts.labels import encode_labels
from playground.prompts.prompting import Example, build
from playground.prompts.reviews import REVIEWS
from playground.prompts.tasks import TASKS

TASK = TASKS[0]
WORDS = {label: f" {label}" for label in TASK.labels}
"""The label words as they follow the cue."""
HELD_OUT_OF = 3
"""Of so many pairs of a positive and a negative review, one is held out."""
TARGETS = ["q_proj", "v_proj"]
RANK, ALPHA, LEARNING_RATE = 8, 16, 1e-3
HELD_OUT = "held-out.csv"
TOGETHER = 4
"""The reviews of one step of the optimiser."""


class Encoded(NamedTuple):
    """A review as the model reads it, with the ids of its label word."""

    prompt: tuple[int, ...]
    label: str


class Result(NamedTuple):
    """What a model makes of several reviews.

    Attributes:
        accuracy: the share of the reviews whose own label word is more probable than the other.
        label_share: the mean probability of both label words together.
    """

    accuracy: float
    label_share: float


def main() -> None:
    """Trains, and prints what the training has changed."""
    options = _arguments()
    warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)  # peft asks for it
    model = load(options.model, "cpu", "float32")
    words = dict(zip(WORDS, encode_labels(model, list(WORDS.values())), strict=True))
    training, held_out = split(REVIEWS)
    learned, unseen = ([_encoded(model, review) for review in part] for part in (training, held_out))
    print(f"{model.name}: {len(learned)} reviews to learn from, {len(unseen)} held out.", flush=True)
    _tell("before", measured(model.hf, unseen, words))
    torch.manual_seed(options.seed)
    config = LoraConfig(task_type="CAUSAL_LM", r=RANK, lora_alpha=ALPHA, target_modules=TARGETS)
    adapted = get_peft_model(model.hf, config)  # pyright: ignore[reportArgumentType]  # a mixed model is none of ours
    assert isinstance(adapted, PeftModel)
    optimiser = torch.optim.AdamW([one for one in adapted.parameters() if one.requires_grad], LEARNING_RATE)
    began = time.perf_counter()
    for epoch in range(1, options.epochs + 1):
        loss = train(adapted, optimiser, learned, words, options.seed + epoch)
        print(
            f"Pass {epoch} of {options.epochs}: {loss:.3f} nats a label, {time.perf_counter() - began:.0f} s",
            flush=True,
        )
    _tell("after", measured(adapted, unseen, words))
    adapted.peft_config["default"].base_model_name_or_path = model.name  # and not the path on this machine
    adapted.save_pretrained(options.folder, save_embedding_layers=False)  # otherwise peft asks the Hub about the base
    size = sum(file.stat().st_size for file in options.folder.iterdir())
    write(held_out, options.folder / HELD_OUT)
    print(f"The adapter has {size / 1e6:.1f} MB. Start the playground with --adapter {options.folder}")


def split(reviews: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Returns the reviews to learn from and those that are held out, with as many of each class."""
    pairs = [reviews[place : place + 2] for place in range(0, len(reviews), 2)]
    is_held_out = [number % HELD_OUT_OF == HELD_OUT_OF - 1 for number in range(len(pairs))]
    chosen = list(zip(pairs, is_held_out, strict=True))
    return (
        [review for pair, out in chosen if not out for review in pair],
        [review for pair, out in chosen if out for review in pair],
    )


def write(reviews: Sequence[Example], file: Path) -> None:
    """Writes reviews as a CSV with the columns input and label, which Compare prompts reads."""
    with file.open("w", encoding="utf-8", newline="") as written:
        rows = csv.writer(written)
        rows.writerow(["input", "label"])
        rows.writerows([review.input, review.answer] for review in reviews)


def train(
    adapted: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    reviews: Sequence[Encoded],
    words: dict[str, tuple[int, ...]],
    seed: int,
) -> float:
    """Goes through all reviews once, in an order of the seed. Returns the mean loss of a label, in nats.

    Only the label's tokens count for the loss: the model learns to answer, and not to write reviews.
    """
    order = torch.randperm(len(reviews), generator=torch.Generator().manual_seed(seed)).tolist()
    total = 0.0
    adapted.train()
    for start in range(0, len(order), TOGETHER):
        chosen = [reviews[place] for place in order[start : start + TOGETHER]]
        loss = -_logprobs(adapted, [(review.prompt, words[review.label]) for review in chosen])
        optimiser.zero_grad()
        loss.mean().backward()
        optimiser.step()
        total += loss.sum().item()
    adapted.eval()
    return total / len(reviews)


@torch.no_grad()
def measured(model: torch.nn.Module, reviews: Sequence[Encoded], words: dict[str, tuple[int, ...]]) -> Result:
    """Returns how a model labels the reviews without any example."""
    each = torch.stack([_logprobs(model, [(review.prompt, ids) for review in reviews]).exp() for ids in words.values()])
    right = torch.tensor([list(words).index(review.label) for review in reviews]) == each.argmax(0)
    return Result(right.double().mean().item(), each.sum(0).mean().item())


def _logprobs(model: torch.nn.Module, rows: Sequence[tuple[Sequence[int], Sequence[int]]]) -> torch.Tensor:
    """Returns the log-probability of each row's label after its prompt: (row,), in nats.

    Shorter rows are padded on the right, where a causal model does not see it.
    """
    longest = max(len(prompt) + len(label) for prompt, label in rows)
    ids = torch.tensor([[*prompt, *label, *[0] * (longest - len(prompt) - len(label))] for prompt, label in rows])
    logprobs = model(ids, use_cache=False).logits.log_softmax(-1)
    return torch.stack(
        [
            logprobs[row, range(len(prompt) - 1, len(prompt) + len(label) - 1), list(label)].sum()
            for row, (prompt, label) in enumerate(rows)
        ]
    )


def _encoded(model: LanguageModel, review: Example) -> Encoded:
    prompt = build(TASK, review.input, 0, budget=model.window, count=lambda text, _: len(text))
    return Encoded(tuple(model.tokenizer.encode(prompt.text)), review.answer)


def _tell(when: str, found: Result) -> None:
    print(
        f"Zero-shot, {when} the training: {found.accuracy:.0%} of the held-out reviews are right, and the label words "
        f"have {found.label_share:.1%} of the probability.",
        flush=True,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m docs.train_adapter", description="Trains a LoRA on the reviews.")
    parser.add_argument("folder", type=Path, help="where the adapter is written")
    parser.add_argument("--model", help="Hugging Face id or folder of the base (default: SmolLM2-135M-Instruct)")
    parser.add_argument("--epochs", type=int, default=8, help="passes through the reviews (default: 8)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first weights and the order (default: 0)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
