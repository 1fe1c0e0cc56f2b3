"""Fills blanks: the row of logits of each mask token of a text, and what the settings leave of it.

Knows models and the stages of decoding. A blank has a text on both sides and no history, so that stages that read the
tokens before a token have no meaning here.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from playground import values
from playground.decoding.draws import best_ids
from playground.decoding.processors import stages
from playground.decoding.settings import Settings
from playground.decoding.stages import STAGES
from playground.decoding.vocabulary import Vocabulary
from playground.encoders.texts import Text
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.models.masked_model import MaskedModel
from playground.models.word_ids import words_of
from playground.on_host import on_host

CANDIDATES = 20
"""The most probable tokens that are listed for each blank."""
SETTINGS = tuple(name for stage in STAGES if stage.is_of_blanks for name in stage.names)
"""The names of the settings that say something about a blank."""


@dataclass(frozen=True)
class Filled:
    """What the settings leave for one blank.

    Attributes:
        position: the place of the mask token, from 0.
        kept: the number of tokens that remain.
        candidates: (token id, probability) of at most `CANDIDATES` of them, most probable first.
    """

    position: int
    kept: int
    candidates: tuple[tuple[int, float], ...]


def settings_of(given: object) -> Settings:
    """Returns the settings for blanks.

    Raises:
        PlaygroundError: a name that says nothing about a blank, or a value out of range.
    """
    named = values.mapping("settings", given)
    for name in named:
        if name not in SETTINGS:
            raise PlaygroundError(
                f"{values.shown(name)} says nothing about a blank, which has no text that was written before it. The "
                f"settings of a blank are {', '.join(SETTINGS)}."
            )
    return Settings.from_dict(named)


def check_blanks(model: MaskedModel, text: Text) -> None:
    """Refuses a text without a blank.

    Raises:
        PlaygroundError: there is no mask token in the text, or the tokenizer has none.
    """
    check_has_mask(model)
    if not text.masks:
        raise PlaygroundError(
            f"The text has no blank. Write {model.mask_token} or ___ where a word is missing.", status=422
        )


def check_has_mask(model: MaskedModel) -> None:
    """Refuses a model whose tokenizer has no mask token.

    Raises:
        PlaygroundError: it has none.
    """
    if model.mask_id is None:
        raise PlaygroundError(
            f"The tokenizer of {model.name} has no mask token, so that nothing can be masked. Choose another model.",
            status=422,
        )


async def rows(worker: Worker[MaskedModel], ids: Sequence[int], positions: Sequence[int]) -> torch.Tensor:
    """Returns the (position, vocab) float32 logits at some places of a text, on the host."""
    return await worker.work(partial(_rows, ids, positions))


def _rows(ids: Sequence[int], positions: Sequence[int], model: MaskedModel) -> Generator[None, None, torch.Tensor]:
    found = yield from model.logits_in_slices([ids], [positions])
    return on_host(found[0])


async def filled(worker: Worker[MaskedModel], text: Text, settings: Settings) -> list[Filled]:
    """Returns what the settings leave for each blank of a text, in the order of their places.

    All blanks are read at once, and none knows how another one is filled.

    Raises:
        PlaygroundError: the text has no blank, or the model fills none.
    """
    check_blanks(worker.model, text)
    found = await rows(worker, text.ids, text.masks)
    words = words_of(worker.model)
    return [_filled(position, row, settings, words) for position, row in zip(text.masks, found, strict=True)]


def _filled(position: int, row: torch.Tensor, settings: Settings, words: Vocabulary) -> Filled:
    after: Any = stages(row, (), settings, vocabulary=words)[-1]
    probabilities = after.logits.double().softmax(-1)
    best = best_ids(after.logits, min(CANDIDATES, after.kept)).tolist()
    return Filled(position, after.kept, tuple((token_id, float(probabilities[token_id])) for token_id in best))
