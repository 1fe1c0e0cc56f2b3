"""Lets several models share the weights of one: a base, and the adapters that were trained on it.

Knows loaded models. Does not know what an adapter is.
"""

import copy
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from torch import nn

from playground.models.language_model import LanguageModel

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel


class SharedWeights:
    """The weights of one model. They are read when the first model needs them, and freed with the last that has them.

    The model that is read is never run. Each model that shares its weights gets modules of its own, so that what one
    of them is told (which attention computes, who watches a layer) does not change another.

    Args:
        nbytes: the bytes of the weights.
        read: reads the model.
    """

    def __init__(self, nbytes: int, read: Callable[[], LanguageModel]) -> None:
        self.nbytes = nbytes
        self._read = read
        self._lock = threading.Lock()
        self._held: weakref.ref[LanguageModel] | None = None

    def take(self) -> LanguageModel:
        """Returns the model with the weights, and reads it if no model has them. Who keeps it keeps the weights.

        Raises:
            PlaygroundError: it cannot be read.
        """
        with self._lock:
            held = None if self._held is None else self._held()
            if held is None:
                held = self._read()
                self._held = weakref.ref(held)
            return held

    def load(self) -> LanguageModel:
        """Returns the model itself, with modules of its own."""
        whole = self.take()
        return LanguageModel(twin(whole.hf), copy.deepcopy(whole.tokenizer.hf), whole.name, whole.changes, whole)


def twin(hf: "CausalModel") -> "CausalModel":
    """Returns a model with modules and a config of its own, whose parameters and buffers have the same storage.

    The parameters are objects of their own, so that one can be replaced in one of the two models.
    """
    kept: dict[int, object] = {id(one): nn.Parameter(one.detach(), requires_grad=False) for one in hf.parameters()}
    kept |= {id(one): one for one in hf.buffers()}
    return copy.deepcopy(hf, kept)
