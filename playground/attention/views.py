"""Answers the page's and the API's requests for attention: by trace, position, layer and head.

Knows the engine, its store and the jobs of `attention.maps`. A text is always a trace: a pasted text is a trace without
steps. `position` is the number of tokens before the predicted token, from 1 to the text's length.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from playground.attention import maps
from playground.attention.kinds import refuse_other_kind
from playground.attention.maps import MAP_TOKENS, Facts, Maps
from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.errands import Job
from playground.engine.one_job import OneJob
from playground.engine.reader import Reader
from playground.engine.request import checked_text
from playground.engine.shelf import Key, Shelf
from playground.errors import PlaygroundError
from playground.models.loaded_model import LoadedModel
from playground.models.memory import give_back_soon
from playground.on_host import on_host
from playground.traces.store import TraceStore
from playground.traces.trace import Trace

LARGEST_SHARE = 5 / 6
"""The largest part of the shelf that one text's maps may take. If the maps of all heads are larger, one layer at a time
is computed."""
REDUCERS = {"mean": np.mean, "max": np.max}


class Rows(NamedTuple):
    """Attention weights of one query.

    Attributes:
        weights: float32; their axes depend on what was asked for, and the last one is the key.
        is_recomputed: whether the query chose a token of the completion, and another forward computed these weights.
    """

    weights: np.ndarray
    is_recomputed: bool


def shelf_of(engine: Reader[Any]) -> Shelf:
    """Returns a shelf for the maps of a model's texts, which forgets those of texts that are gone."""
    shelf = Shelf(engine.limits.map_bytes)
    engine.on_gone.append(lambda: shelf.forget_unless(engine.store.holds))
    engine.memory["attention"] = lambda: shelf.nbytes
    return shelf


class AttentionViews:
    """Answers for one engine's model and traces. Keeps results while their trace is kept, within `Limits.map_bytes`."""

    def __init__(self, engine: Reader[Any]) -> None:
        self.engine = engine
        self._store: TraceStore = engine.store
        self.shelf = engine.beside(shelf_of)

    def ids(self, trace_id: str, tokens: int | None) -> tuple[int, ...]:
        """Returns the text's first `tokens` ids, or all of them if `tokens` is None.

        Raises:
            PlaygroundError: `tokens` is out of range, or too many for a map.
        """
        ids, _ = self._store.ids(trace_id)
        if tokens is None:
            tokens = len(ids)
        if not 1 <= tokens <= len(ids):
            raise PlaygroundError(f"tokens is {tokens}, and this text has {len(ids)}. Ask for 1 to {len(ids)}.")
        check_length(tokens)
        return ids[:tokens]

    async def rows(self, trace_id: str, position: int) -> Rows:
        """Returns the weights of the query that predicted token `position`, (layer, head, key).

        They are the recorded ones if they are held. Otherwise they come from the text's maps, if those are kept, or
        from a forward.
        """
        await check(self.engine)
        ids, prompt_length = self._store.ids(trace_id)
        check_position(position, len(ids))
        step = self._store.step(trace_id, position - prompt_length)
        if step is not None and (recorded := step.weights) is not None:
            return Rows(recorded, is_recomputed=False)
        return Rows(await self._computed_rows(trace_id, ids, position), is_recomputed=position >= prompt_length)

    async def _computed_rows(self, trace_id: str, ids: tuple[int, ...], position: int) -> np.ndarray:
        kept: Maps | None = self.shelf.peek((trace_id, "maps", str(len(ids))))
        if kept is not None and kept.layers is not None:
            row = slice(maps.triangular(position - 1), maps.triangular(position))
            return maps.weights_of(kept.layers[:, :, row])
        assert isinstance(self.engine, AnyEngine), "`check` refuses an encoder-only model"
        seen = await self.engine.lookups.after(ids[:position], self._store.get(trace_id).source_ids)
        attention = seen.attention
        assert attention is not None, "`check` refuses a model that does not return its attention"
        return on_host(attention).float().numpy()

    async def row(self, trace_id: str, position: int, layer: int | str, head: int | str) -> Rows:
        """Returns (key,) weights from `rows`: those of one head, or the mean or maximum over the heads.

        The same then applies to the layers.
        """
        await check(self.engine, layer, head)
        found = await self.rows(trace_id, position)
        rows = reduced(found.weights, head, axis=1)
        layers = rows if isinstance(layer, int) else rows[list(self.engine.model.attention_layers)]
        return found._replace(weights=reduced(layers, layer, axis=0))

    async def map(self, trace_id: str, tokens: int | None, layer: int, head: int | str) -> np.ndarray:
        """Returns the (n(n+1)/2,) uint16 triangle of one head, or of the mean or maximum over the layer's heads."""
        await check(self.engine, layer, head)
        triangles = await self.layer(trace_id, tokens, layer)
        if isinstance(head, int):
            return triangles[head]
        return maps.quantised(REDUCERS[head](maps.weights_of(triangles), axis=0))

    async def rollout(self, trace_id: str, tokens: int | None) -> np.ndarray:
        """Returns the (n(n+1)/2,) uint16 triangle of attention rollout over all layers."""
        await check(self.engine)
        ids = self.ids(trace_id, tokens)
        return await self._kept(trace_id, ("rollout", str(len(ids))), partial(maps.rollout, ids=ids))

    async def maps(self, trace_id: str, tokens: int | None) -> Maps:
        """Returns the measures and thumbnails of all heads."""
        await check(self.engine)
        return await self._maps(trace_id, self.ids(trace_id, tokens))

    async def _maps(self, trace_id: str, ids: tuple[int, ...]) -> Maps:
        known = await facts(self.engine)
        size = known.layers * known.heads * maps.triangular(len(ids)) * 2
        job = partial(maps.record, ids=ids, keep_layers=size <= LARGEST_SHARE * self.shelf.max_bytes)
        return await self._kept(trace_id, ("maps", str(len(ids))), job)

    async def _kept(self, trace_id: str, which: Key, job: Job) -> Any:
        source = self._store.get(trace_id).source_ids
        return await self.shelf.get((trace_id, *which), partial(computed, self.engine, job, source))

    async def layer(self, trace_id: str, tokens: int | None, layer: int) -> np.ndarray:
        """Returns the triangles of one layer, (head, n(n+1)/2) uint16."""
        await check(self.engine, layer)
        ids = self.ids(trace_id, tokens)
        kept = await self._maps(trace_id, ids)
        if kept.layers is not None:
            return kept.layers[layer]

        async def make() -> np.ndarray:
            source = self._store.get(trace_id).source_ids
            return maps.quantised(maps.triangle(await layer_weights(self.engine, ids, layer, source)))

        return await self.shelf.get((trace_id, "layer", str(len(ids)), str(layer)), make)


_facts: WeakKeyDictionary[Reader[Any], Facts] = WeakKeyDictionary()


async def facts(engine: Reader[Any]) -> Facts:
    """Returns what can be shown of the attention of the engine's model. It is computed once for each engine.

    Raises:
        PlaygroundError: the model is encoder-only.
    """
    refuse_other_kind(engine.model, "self")
    if engine not in _facts:
        _facts[engine] = await engine.call(maps.facts)
    return _facts[engine]


async def check(engine: Reader[Any], layer: int | str | None = None, head: int | str | None = None) -> Facts:
    """Refuses a layer or head that the model does not have. "mean" and "max" are not checked.

    Raises:
        PlaygroundError: the layer or head is out of range, or the model shows no attention.
    """
    return checked(await facts(engine), engine.model.name, layer, head)


def checked(known: Facts, model: str, layer: int | str | None = None, head: int | str | None = None) -> Facts:
    """Does what `check` does with facts that are known. Returns them."""
    if known.reason is not None:
        raise PlaygroundError(known.reason, status=422)
    for name, value, count in (("layer", layer, known.layers), ("head", head, known.heads)):
        if isinstance(value, int) and not 0 <= value < count:
            raise PlaygroundError(
                f"{name} is {value}, and {model} has {count} of them. Choose one from 0 to {count - 1}."
            )
    if isinstance(layer, int) and (kind := known.without[layer]) is not None:
        others = ", ".join(str(at) for at, other in enumerate(known.without) if other is None)
        raise PlaygroundError(
            f"Layer {layer} is {kind}, so it has no weights to draw. Choose one of the layers {others}.", status=422
        )
    return known


async def layer_weights(engine: Reader[Any], ids: Sequence[int], layer: int, source: Sequence[int] = ()) -> np.ndarray:
    """Returns the (head, query, key) float32 weights of one layer over `ids`, zero above the diagonal.

    The result is not kept. `source` is what the encoder of a model that has one reads.
    """
    await check(engine, layer)
    return await computed(engine, partial(maps.one_layer, ids=ids, layer=layer), source)


_jobs: WeakKeyDictionary[Reader[Any], OneJob] = WeakKeyDictionary()


async def computed(engine: Reader[Any], job: Job, source: Sequence[int] = ()) -> Any:
    """Returns what `job` returns. Only one such job runs at a time, because each holds all its memory until it ends."""
    async with _jobs.setdefault(engine, OneJob()).turn():
        try:
            return await engine.work(job, source)
        finally:
            give_back_soon()  # otherwise the server would stay some 90 MB larger after a forward over 512 tokens


async def open_text(engine: AnyEngine, text: str) -> str:
    """Opens a trace whose prompt is this text, without steps. Returns its id. The caller must drop the trace.

    Raises:
        PlaygroundError: the text is empty, too long or not valid Unicode.
    """
    ids = await text_ids(engine, text)
    return engine.store.open(Trace(engine.model.name, ids, Settings(), stop_reason="stopped"))


async def text_ids(engine: AnyEngine, text: str) -> tuple[int, ...]:
    """Returns the token ids of a text to look at. Raises the same errors as `open_text`."""
    if not checked_text("text", text, engine.limits):
        raise PlaygroundError("The text is empty. Write or paste one.")
    ids = await asyncio.to_thread(engine.model.tokenizer.encode, text)
    check_fits(engine.model, "text", len(ids))
    return ids


def check_fits(model: LoadedModel, name: str, tokens: int) -> None:
    """Raises PlaygroundError for a text that is too long for a map, or for the model's window. `name` says which."""
    check_length(tokens)
    if tokens > model.window:
        raise PlaygroundError(
            f"The {name} has {tokens:,} tokens, and {model.name} has a window of {model.window:,}. Shorten it.",
            status=422,
        )


def check_length(tokens: int) -> None:
    """Raises PlaygroundError for a text that is too long for a map."""
    if tokens > MAP_TOKENS:
        raise PlaygroundError(
            f"The text has {tokens:,} tokens, and a text to look at has at most {MAP_TOKENS}. "
            f"Shorten it by {tokens - MAP_TOKENS:,}.",
            status=413,
        )


def check_position(position: int, length: int) -> None:
    """Raises PlaygroundError for a position that a text of `length` tokens does not have."""
    if not 1 <= position <= length:
        raise PlaygroundError(
            f"position is {position}, and this text has {length} tokens. Choose one from 1 to {length}: "
            "the first token has no token before it."
        )


def reduced(weights: np.ndarray, choice: int | str, axis: int) -> np.ndarray:
    """Returns one slice along an axis, or the mean or maximum over it."""
    return weights.take(choice, axis) if isinstance(choice, int) else REDUCERS[choice](weights, axis=axis)
