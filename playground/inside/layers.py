"""Answers requests for what the layers say and write: the logit lens of a text, and the terms of a logit.

Knows the engine, its store and the jobs of `lens` and `contributions`. A text is always a trace. `position` is the
index of the token that reads, whose vector predicts the token after it.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch

from playground.engine.any_engine import AnyEngine
from playground.engine.errands import Job
from playground.engine.reader import Held, Reader
from playground.engine.shelf import Key, Shelf
from playground.inside import decoder_written, lens
from playground.inside.contributions import Contributions, Written, contributions, written
from playground.inside.lens import LENS_TOKENS, SLICE_POSITIONS, Cells, Column
from playground.inside.places import check_near, check_position, check_range
from playground.inside.whole_contributions import whole_contributions
from playground.models.language_model import LanguageModel
from playground.models.masked_model import MaskedModel
from playground.models.memory import give_back_soon

SHELF_BYTES = 64 * 2**20
"""The room for residual streams and what was read from them: the default model's over 512 tokens take 37 MB."""
RIVALS = 5
"""The tokens that are watched through the layers."""


@dataclass(frozen=True)
class Drawn:
    """One layer of one slice of the grid, and how much of the grid is done with it."""

    start: int
    layer: int
    cells: Cells
    done: int
    of: int


@dataclass(frozen=True, eq=False)
class _Grid:
    """The cells of a text that were computed so far, by their first position and their layer."""

    nbytes: int
    cells: dict[tuple[int, int], Cells] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Told:
    """An answer about one position. It takes about `nbytes`: some numbers for each layer."""

    value: Any
    nbytes: int = 32 * 1024


class LayerViews:
    """Answers for one engine's model and traces. Keeps results, within `max_bytes`, while their trace is kept."""

    def __init__(self, engine: Reader[Any], max_bytes: int = SHELF_BYTES) -> None:
        self._engine = engine
        self._store = engine.store
        self._turn = asyncio.Lock()  # a slice holds the model's distributions at its positions until it ends
        self.shelf = Shelf(max_bytes)
        engine.on_gone.append(lambda: self.shelf.forget_unless(self._store.holds))
        engine.memory["layers"] = lambda: self.shelf.nbytes

    async def streams(self, trace_id: str) -> torch.Tensor:
        """Returns the residual stream of the text, (layer, position, width)."""
        await self._engine.call(lens.after)  # refuses a model whose end is not found before the text is read
        ids = self._store.ids(trace_id)[0][:LENS_TOKENS]
        return await self.shelf.get(
            (trace_id, "streams", str(len(ids))),
            partial(computed, self._engine, partial(lens.streams, ids=ids), self._store.get(trace_id).source_ids),
        )

    async def shape(self, trace_id: str) -> tuple[int, int, str]:
        """Returns the layers and the tokens of the grid, and `after` of the model's ending."""
        layers, tokens = (await self.streams(trace_id)).shape[:2]
        return layers, tokens, await self._engine.call(lens.after)

    async def grid(self, trace_id: str, near: int) -> AsyncGenerator[Drawn]:
        """Yields the grid of a text layer by layer: first the slice of the position `near`, the last layer first.

        The work ends when the generator is closed. It does not wait for a caller who is slow.
        """
        vectors = await self.streams(trace_id)
        news: asyncio.Queue[Drawn | None] = asyncio.Queue()
        making = asyncio.ensure_future(self._draw(trace_id, near, vectors, news))
        try:
            while (drawn := await news.get()) is not None:
                yield drawn
            await making
        finally:
            making.cancel()
            give_back_soon()

    async def _draw(self, trace_id: str, near: int, vectors: torch.Tensor, news: asyncio.Queue[Drawn | None]) -> None:
        try:
            layers, tokens = vectors.shape[:2]
            kept = await self.shelf.get((trace_id, "grid", str(tokens)), partial(_empty, layers * tokens))
            all_starts = range(0, tokens, SLICE_POSITIONS)
            starts = sorted(all_starts, key=lambda start: not 0 <= near - start < SLICE_POSITIONS)
            done, of = 0, layers * len(starts)
            for start in starts:
                async with self._turn, AsyncExitStack() as in_use:
                    part = _Slice(self._engine, kept, vectors, start, in_use)
                    for layer in reversed(range(layers)):
                        done += 1
                        news.put_nowait(Drawn(start, layer, await part.cells(layer), done, of))
        finally:
            news.put_nowait(None)

    async def column(self, trace_id: str, position: int) -> Column:
        """Returns all layers at one position. The text's own token that the position predicts is watched too."""
        vectors = await self._at(trace_id, position)
        ids, _ = self._store.ids(trace_id)
        also = ids[position + 1 : position + 2]
        if isinstance(self._engine.model, MaskedModel):  # it says what stands at the position, and a blank is no answer
            also = [one for one in ids[position : position + 1] if one != self._engine.model.mask_id]
        work = partial(lens.column, vectors=vectors, count=lens.TOP, rivals=RIVALS, also=also)
        return await self._told((trace_id, "column", position, *also), lambda: self._engine.work(_piece(work)))

    async def row(self, trace_id: str, position: int, layer: int) -> np.ndarray:
        """Returns the (vocab,) logits that a layer gives at a position."""
        vectors = await self._at(trace_id, position)
        check_range("layer", layer, len(vectors), f"{self._engine.model.name} with the embedding")
        work = _piece(partial(lens.row, vector=vectors[layer]))
        return await self.shelf.get((trace_id, "row", position, layer), lambda: self._engine.work(work))

    async def contributions(self, trace_id: str, position: int, token_id: int, against: int | None) -> Contributions:
        """Returns the terms of the logit of a token after the token at `position`, minus those of `against`."""
        ids = self._store.ids(trace_id)[0]
        check_position(position, len(ids))
        check_tokens(self._engine, token_id, against)
        await self._engine.call(lens.after)
        asked = (trace_id, "contributions", position, token_id, against)
        return await self._told(asked, partial(self._contributions, trace_id, ids, position, token_id, against))

    async def _contributions(
        self, trace_id: str, ids: tuple[int, ...], position: int, token_id: int, against: int | None
    ) -> Contributions:
        if isinstance(self._engine.model, MaskedModel):
            options = {"position": position, "token_id": token_id, "against": against}
            return await computed(self._engine, partial(whole_contributions, ids=ids, **options))
        key = (trace_id, "written", str(position))
        job = partial(_written, ids=ids[: position + 1])
        source = self._store.get(trace_id).source_ids
        seen: Written = await self.shelf.get(key, partial(computed, self._engine, job, source))
        return await self._engine.call(partial(contributions, seen=seen, token_id=token_id, against=against))

    async def _told(self, key: Key, make: Callable[[], Awaitable[Any]]) -> Any:
        """Returns a kept answer, or makes it, once for all who wait for it."""

        async def told() -> _Told:
            return _Told(await make())

        return (await self.shelf.get(key, told)).value

    async def _at(self, trace_id: str, position: int) -> torch.Tensor:
        """Returns the (layer, width) vectors at one position, without those beside them, as they may be sent."""
        check_position(position, len(self._store.ids(trace_id)[0]))
        check_near(position, LENS_TOKENS, "the lens reads")
        return (await self.streams(trace_id))[:, position].clone()


class _Slice:
    """One slice of a grid. It is computed layer by layer, as far as it is not there yet.

    What it holds of the model's distributions stays where the model is, until `in_use` ends.
    """

    def __init__(
        self, engine: Reader[Any], kept: _Grid, vectors: torch.Tensor, start: int, in_use: AsyncExitStack
    ) -> None:
        self._engine, self._kept, self._start, self._in_use = engine, kept, start, in_use
        self._vectors = vectors[:, start : start + SLICE_POSITIONS]
        self._part: Held[lens.Slice] | None = None  # once a layer has to be computed

    async def cells(self, layer: int) -> Cells:
        key = (self._start, layer)
        if key not in self._kept.cells:
            if self._part is None:
                held = self._engine.held(partial(lens.Slice, vectors=self._vectors.clone()))
                self._part = await self._in_use.enter_async_context(held)
            self._kept.cells[key] = await self._part.work(partial(_cells, layer=layer))
        return self._kept.cells[key]


def _cells(_model: lens.Model, part: lens.Slice, layer: int) -> Generator[None, None, Cells]:
    return part.cells(layer)
    yield


async def column_of(
    engine: AnyEngine, ids: tuple[int, ...], position: int, count: int, source: Sequence[int] = ()
) -> Column:
    """Returns all layers at one position of a text that is no trace, with `count` tokens each. An encoder reads
    `source`."""
    await engine.call(lens.after)
    vectors = await computed(engine, partial(lens.streams, ids=ids[: position + 1]), source)
    return await engine.work(_piece(partial(lens.column, vectors=vectors[:, -1].clone(), count=count, rivals=1)))


async def contributions_of(
    engine: AnyEngine,
    ids: tuple[int, ...],
    position: int,
    token_id: int,
    against: int | None,
    source: Sequence[int] = (),
) -> Contributions:
    """Returns what `LayerViews.contributions` does, for a text that is no trace. An encoder reads `source`."""
    check_tokens(engine, token_id, against)
    await engine.call(lens.after)
    seen = await computed(engine, partial(_written, ids=ids[: position + 1]), source)
    return await engine.call(partial(contributions, seen=seen, token_id=token_id, against=against))


async def computed(engine: Reader[Any], job: Job, source: Sequence[int] = ()) -> Any:
    """Returns what a job returns, and gives the memory back that it took. An encoder reads `source`."""
    try:
        return await engine.work(job, source)
    finally:
        give_back_soon()


def check_tokens(engine: Reader[Any], *token_ids: int | None) -> None:
    """Raises PlaygroundError for a token that the model does not have."""
    for name, token_id in zip(("token_id", "against"), token_ids, strict=True):
        if token_id is not None:
            check_range(name, token_id, engine.model.vocabulary_size, f"the vocabulary of {engine.model.name}")


def _written(model: LanguageModel, ids: Sequence[int]) -> Generator[None, None, Written]:
    return decoder_written.written(model, ids) if model.takes_source else written(model, ids)


def _piece(work: Callable[[Any], Any]) -> Job:
    """Returns work of one piece as a job."""

    def job(model: lens.Model) -> Generator[None, None, Any]:
        return work(model)
        yield

    return job


async def _empty(cells: int) -> _Grid:
    return _Grid(nbytes=cells * 4 * (2 * lens.TOP + 3))
