"""Describes a replica's model to the page's process, which needs its tokenizer and its config, and no weights.

Knows models. Does not know Ray.
"""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import transformers

from playground.engine.request import Limits
from playground.errors import PlaygroundError
from playground.models.changes import Changes
from playground.models.language_model import LanguageModel


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
        device, dtype: as the replica's `LanguageModel` names them.
        limits: the bounds of the replica's requests.
    """

    outline: Any
    tokenizer: Any
    name: str
    changes: Changes
    device: str
    dtype: str
    limits: Limits
    versions: dict[str, str]


def described(model: LanguageModel, limits: Limits) -> Described:
    """Returns the description of a loaded model."""
    with torch.device("meta"):
        outline: Any = type(model.hf)(model.hf.config)
    outline.to(model.hf.dtype)
    outline.generation_config = model.hf.generation_config
    outline.name_or_path = model.hf.name_or_path
    return Described(
        outline, model.tokenizer.hf, model.name, model.changes, model.device, model.dtype, limits, versions()
    )


class FarModel(LanguageModel):
    """A model whose weights are elsewhere: all that can be known of it without a forward."""

    def __init__(self, told: Described) -> None:
        super().__init__(told.outline, told.tokenizer, told.name, told.changes)
        self._device, self._dtype, self.limits = told.device, told.dtype, told.limits

    @property
    def device(self) -> str:
        return self._device

    @property
    def dtype(self) -> str:
        return self._dtype


def check_versions(told: Mapping[str, str]) -> None:
    """Raises PlaygroundError if the replicas run other versions than this process."""
    for name, own in versions().items():
        version = told.get(name)
        if version != own:
            raise PlaygroundError(
                f"The cluster's replicas run {name} {version}, and the page runs {name} {own}. Install the "
                "same version on both."
            )
