"""Describes a replica's models to the page's process, which needs tokenizer and config of each, and no weights.

Knows models and offers. Does not know Ray.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple, NoReturn

import torch
import transformers

from playground.engine.request import Limits
from playground.errors import PlaygroundError
from playground.models.changes import Changes
from playground.models.encoder_part import Task
from playground.models.language_model import LanguageModel
from playground.models.loaded_model import LoadedModel
from playground.models.masked_model import MaskedModel
from playground.models.offer import Offer


class Offered(NamedTuple):
    """What a replica offers: its models, and its `versions`."""

    offers: list[Offer]
    versions: dict[str, str]


def offered(offers: Sequence[Offer]) -> Offered:
    """Returns offers as another process may have them: they tell of models, and cannot load them."""
    told = [replace(one, load=partial(_elsewhere, one.name), shared=None) for one in offers]
    return Offered(told, versions())


def _elsewhere(name: str) -> NoReturn:
    raise AssertionError(f"{name} is loaded by replicas")


def versions() -> dict[str, str]:
    """Returns the versions on which the numbers of a text depend, and those that read what a replica sends."""
    return {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
    }


@dataclass(frozen=True)
class Described:
    """A replica's model.

    Attributes:
        outline: transformers' model on the device "meta", which has shapes and no numbers.
        tokenizer: transformers' tokenizer.
        device, dtype, facts, known_words: as the replica's model has them.
        task: what the head of an encoder-only model does; None for a model that writes texts.
        limits: the bounds of the replica's requests.
    """

    outline: Any
    tokenizer: Any
    name: str
    changes: Changes
    device: str
    dtype: str
    facts: dict[str, str | int]
    known_words: frozenset[str] | None
    task: Task | None
    limits: Limits


def described(model: LoadedModel, limits: Limits) -> Described:
    """Returns the description of a loaded model."""
    with torch.device("meta"):
        outline: Any = type(model.hf)(model.hf.config)
    outline.to(model.hf.dtype)
    if model.task is None:
        outline.generation_config = model.hf.generation_config
    outline.name_or_path = model.hf.name_or_path
    own = (model.name, model.changes, model.device, model.dtype, model.facts(), model.known_words, model.task)
    return Described(outline, model.tokenizer.hf, *own, limits)


class _Far(LoadedModel):
    """All that can be known of a model without its weights."""

    told: Described

    @property
    def device(self) -> str:
        return self.told.device

    @property
    def dtype(self) -> str:
        return self.told.dtype

    @cached_property
    def known_words(self) -> frozenset[str] | None:
        return self.told.known_words

    def facts(self) -> dict[str, str | int]:
        return self.told.facts


class FarModel(_Far, LanguageModel):
    """A model that writes texts, and whose weights are elsewhere."""

    def __init__(self, told: Described) -> None:
        self.told = told
        LanguageModel.__init__(self, told.outline, told.tokenizer, told.name, told.changes)


class FarMaskedModel(_Far, MaskedModel):
    """An encoder-only model whose weights are elsewhere."""

    def __init__(self, told: Described) -> None:
        assert told.task is not None, "a model that writes texts is a FarModel"
        self.told = told
        MaskedModel.__init__(self, told.outline, told.tokenizer, told.name, told.task, told.changes)


def check_versions(told: Mapping[str, str]) -> None:
    """Raises PlaygroundError if the replicas run other versions than this process."""
    for name, own in versions().items():
        version = told.get(name)
        if version != own:
            raise PlaygroundError(
                f"The cluster's replicas run {name} {version}, and the page runs {name} {own}. Install the "
                "same version on both."
            )
