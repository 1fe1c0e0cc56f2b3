"""Takes apart the vector that enters the first block at one position: the token's, and those that are added to it.

Knows models. Which vectors there are is seen while the model reads the text: each embedding outside of the blocks
returns one. That they are all is checked against what enters the first block, with the norm before it, if there is one.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from playground.inside.lens import Model, streams
from playground.inside.tables import position_tables, within_blocks
from playground.models.masked_model import MaskedModel
from playground.models.parts import first

TOKEN, POSITION = "token", "position"


@dataclass(frozen=True, eq=False)
class Added:
    """One of the vectors that are added up.

    Attributes:
        name: `TOKEN`, `POSITION`, or what the model calls another one, such as "token type".
        row: its row in its table; None if the table's row is changed before it is added.
        vector: (width,) float32 on the CPU.
    """

    name: str
    row: int | None
    vector: torch.Tensor


@dataclass(frozen=True, eq=False)
class Entering:
    """What enters the first block at one position.

    Attributes:
        added: the vectors whose sum it is; none if it is not the sum of what the embeddings return.
        is_normed: whether a norm is applied to the sum.
        vector: (width,) float32 on the CPU.
    """

    added: tuple[Added, ...]
    is_normed: bool
    vector: torch.Tensor


def entering(model: Model, ids: Sequence[int], position: int) -> Generator[None, None, Entering]:
    """Reads a text and returns what enters the first block at a position, and of what it is made.

    Raises:
        PlaygroundError: the model's blocks are not found.
    """
    is_whole = isinstance(model, MaskedModel)
    read, at = (ids, position) if is_whole else (ids[: position + 1], -1)
    watch = _Watch(model, at)
    reading = streams(model, read)
    while True:
        with watch:
            try:
                next(reading)
            except StopIteration as end:
                vector = end.value[0, at].float()
                break
        yield
    sum_of_all = torch.stack([one.vector for one in watch.added]).sum(0)
    if _are_close(sum_of_all, vector, model):
        return Entering(watch.added, False, vector)
    is_normed = any(
        _are_close(given, sum_of_all, model) and _are_close(made, vector, model) for given, made in watch.norms
    )
    return Entering(watch.added if is_normed else (), is_normed, vector)


class _Watch:
    """Notes what the embeddings and norms outside of the blocks return at one place, while it is entered.

    Args:
        model: the model.
        at: the place, which counts from the end of each slice if it is below 0. The last slice counts.
    """

    def __init__(self, model: Model, at: int) -> None:
        inner = within_blocks(model.hf)
        self._model, self._at = model, at
        self._found: dict[nn.Module, torch.Tensor] = {}
        self._normed: dict[nn.Module, tuple[torch.Tensor, torch.Tensor]] = {}
        self._handles: list[Any] = []
        outside = [(path, module) for path, module in model.hf.get_decoder().named_modules() if module not in inner]
        self._embeddings = {module: path for path, module in outside if isinstance(module, nn.Embedding)}
        self._norm_modules = [module for _, module in outside if type(module).__name__.endswith("Norm")]

    def __enter__(self) -> None:
        self._handles = [module.register_forward_hook(self._note) for module in self._embeddings]
        self._handles += [module.register_forward_hook(self._note_norm) for module in self._norm_modules]

    def __exit__(self, *_error: object) -> None:
        for handle in self._handles:
            handle.remove()

    @property
    def added(self) -> tuple[Added, ...]:
        return tuple(
            Added(self._name(module), _row(module, vector), vector.float().cpu())
            for module, vector in self._found.items()
            if isinstance(module, nn.Embedding)
        )

    @property
    def norms(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """What each norm read and returned."""
        return [(given.float().cpu(), made.float().cpu()) for given, made in self._normed.values()]

    def _name(self, module: nn.Embedding) -> str:
        if module is self._model.hf.get_input_embeddings():
            return TOKEN
        if module in position_tables(self._model.hf):
            return POSITION
        return self._embeddings[module].rpartition(".")[2].removesuffix("_embeddings").replace("_", " ")

    def _note(self, module: nn.Module, _args: Any, output: Any) -> None:
        self._found[module] = _at(output, self._at)

    def _note_norm(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        if args:
            self._normed[module] = _at(args[0], self._at), _at(first(output), self._at)


def _at(vectors: torch.Tensor, place: int) -> torch.Tensor:
    """Returns the vector at a place of a slice. Some embeddings return no axis of texts."""
    return vectors.reshape(-1, vectors.shape[-1])[place].clone()


def _row(table: nn.Embedding, vector: torch.Tensor) -> int | None:
    """Returns the row of a table that a vector is, None if it is none of them."""
    found = (table.weight == vector).all(1).nonzero()
    return int(found[0, 0]) if len(found) else None


def _are_close(one: torch.Tensor, other: torch.Tensor, model: Model) -> bool:
    """Returns whether two vectors are equal but for the rounding of the model's dtype."""
    if one.shape != other.shape:
        return False
    return bool((one - other).abs().max() <= torch.finfo(model.hf.dtype).eps ** 0.6 * other.abs().max())
