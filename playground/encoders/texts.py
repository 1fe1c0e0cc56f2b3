"""Reads the texts of encoder-only models: their ids, their blanks, and the tokens that are no part of the text.

Knows the models and their tokenizers. Does not know what is asked about a text.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from playground.engine.request import checked_text
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.models.masked_model import MaskedModel

BLANK = re.compile("_{3,}")
"""A blank as a person writes it. It stands for the model's mask token."""


@dataclass(frozen=True)
class Text:
    """A text as a model reads it.

    Attributes:
        ids: its tokens, with those that the tokenizer puts at its ends.
        masks: the places of the mask tokens, ascending.
        special: the places of the other tokens of the tokenizer's own, such as [CLS] and [SEP], ascending.
    """

    ids: tuple[int, ...]
    masks: tuple[int, ...]
    special: tuple[int, ...]


def written(worker: Worker[MaskedModel], text: object) -> str:
    """Returns a text with the model's mask token in the place of three or more underscores, if the model fills blanks.

    Raises:
        PlaygroundError: it is no text, empty, or has too many characters.
    """
    model = worker.model
    given = checked_text("The text", text, worker.limits)
    if not given.strip():
        raise PlaygroundError("The text is empty. Write one.", status=422)
    token = model.mask_token
    return BLANK.sub(lambda _: token, given) if model.task == "fill-mask" and token is not None else given


async def read(worker: Worker[MaskedModel], text: object) -> Text:
    """Returns a text as the model reads it.

    Raises:
        PlaygroundError: as `written`, or it is longer than the model's window.
    """
    ids = await asyncio.to_thread(worker.model.tokenizer.encode, written(worker, text))
    return taken(worker.model, ids)


class Places(NamedTuple):
    """Where a token stands in its text: its characters, and the number of its word, both from 0; None for a token that
    the tokenizer puts in."""

    start: int
    end: int
    word: int | None


def places(model: MaskedModel, text: str) -> list[Places] | None:
    """Returns where each token of `written(text)` stands; None if the tokenizer does not tell."""
    if not model.tokenizer.hf.is_fast:
        return None
    found = model.tokenizer.hf(text, return_offsets_mapping=True, verbose=False)
    spans: list[tuple[int, int]] = found.offset_mapping
    return [Places(start, end, word) for (start, end), word in zip(spans, found.word_ids(), strict=True)]


def taken(model: MaskedModel, ids: Sequence[int]) -> Text:
    """Returns a text of which the ids are known.

    Raises:
        PlaygroundError: there are more than the model's window has.
    """
    if len(ids) > model.window:
        raise PlaygroundError(
            f"The text has {len(ids):,} tokens, and {model.name} reads at most {model.window:,}. Shorten it by at "
            f"least {len(ids) - model.window:,} tokens.",
            status=413,
        )
    masks = [place for place, token_id in enumerate(ids) if token_id == model.mask_id]
    special = [place for place, token_id in enumerate(ids) if token_id in model.special_ids]
    return Text(tuple(ids), tuple(masks), tuple(special))
