"""Answers requests for the attention of an encoder and for cross-attention, as `views` does for that of a decoder.

Knows the engine, its store and the jobs of `source_maps`. A text is always a trace: that of an encoder-only model has
a prompt and no steps. `position` is the number of a query from 1: of a token that the encoder reads, and of a token of
the decoder's text in cross-attention.
"""

from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from playground.attention import maps, source_maps
from playground.attention.kinds import Kind, refuse_other_kind
from playground.attention.maps import Facts
from playground.attention.source_maps import Sides, SourceMaps
from playground.attention.views import (
    LARGEST_SHARE,
    REDUCERS,
    AttentionViews,
    Rows,
    check_length,
    check_position,
    checked,
    computed,
    reduced,
    shelf_of,
)
from playground.attention.views import facts as facts_of_decoder
from playground.engine.any_engine import AnyEngine
from playground.engine.reader import Reader
from playground.models.masked_model import MaskedModel
from playground.traces.trace import Trace


class Asked(NamedTuple):
    """What a request is about: a trace, and which part of its attention."""

    trace_id: str
    sides: Sides


class SourceViews:
    """Answers for one engine's model and traces, and keeps results as `AttentionViews` does."""

    def __init__(self, engine: Reader[Any]) -> None:
        self.engine = engine
        self._store = engine.store
        self._shelf = engine.beside(shelf_of)

    def sides(self, trace_id: str, kind: Kind, tokens: int | None) -> Sides:
        """Returns which tokens look at which. In cross-attention, only the text's first `tokens` look.

        Raises:
            PlaygroundError: `tokens` is out of range, a text is too long for a map, or the model has no such kind.
        """
        refuse_other_kind(self.engine.model, kind)
        trace = self._store.get(trace_id)
        read = trace.prompt_ids if isinstance(self.engine.model, MaskedModel) else trace.source_ids
        check_length(len(read))
        if kind == "encoder":
            return Sides(kind, read, read)
        return Sides(kind, self.engine.beside(AttentionViews).ids(trace_id, tokens), trace.source_ids)

    async def rows(self, trace_id: str, kind: Kind, position: int) -> Rows:
        """Returns the weights of one query, (layer, head, key): the recorded ones if they are held."""
        await check(self.engine, kind)
        trace = self._store.get(trace_id)
        sides = self.sides(trace_id, kind, None if kind == "encoder" else _most(trace))
        whole = len(sides.queries) if kind == "encoder" else len(trace.prompt_ids) + len(trace.steps)
        check_position(position, whole)
        if kind == "cross":
            step = self._store.step(trace_id, position - len(trace.prompt_ids))
            if step is not None and step.source_attention is not None:
                return Rows(step.source_attention.float().cpu().numpy(), is_recomputed=False)
            if position > len(sides.queries):
                assert isinstance(self.engine, AnyEngine), "an encoder-only model has no cross-attention"
                seen = await self.engine.lookups.after(
                    (trace.prompt_ids + trace.token_ids)[:position], trace.source_ids
                )
                assert seen.source_attention is not None, "`check` refuses a model that does not return its attention"
                return Rows(seen.source_attention.float().cpu().numpy(), is_recomputed=True)
        kept = await self._maps(Asked(trace_id, sides))
        if kept.layers is None:
            layers = range((await facts(self.engine, kind)).layers)
            found = [await self._layer(Asked(trace_id, sides), layer) for layer in layers]
            stored = np.stack([layer[:, position - 1] for layer in found])
        else:
            stored = kept.layers[:, :, position - 1]
        return Rows(maps.weights_of(stored), is_recomputed=kind == "cross" and position >= len(trace.prompt_ids))

    async def row(self, trace_id: str, kind: Kind, position: int, layer: int | str, head: int | str) -> Rows:
        """Returns (key,) weights from `rows`: those of one head, or the mean or maximum over the heads, then layers."""
        await check(self.engine, kind, layer, head)
        found = await self.rows(trace_id, kind, position)
        return found._replace(weights=reduced(reduced(found.weights, head, axis=1), layer, axis=0))

    async def map(self, trace_id: str, kind: Kind, tokens: int | None, layer: int, head: int | str) -> np.ndarray:
        """Returns the (query, key) uint16 map of one head, or of the mean or maximum over the layer's heads."""
        await check(self.engine, kind, layer, head)
        of_layer = await self.layer(trace_id, kind, tokens, layer)
        if isinstance(head, int):
            return of_layer[head]
        return maps.quantised(REDUCERS[head](maps.weights_of(of_layer), axis=0))

    async def layer(self, trace_id: str, kind: Kind, tokens: int | None, layer: int) -> np.ndarray:
        """Returns the (head, query, key) uint16 maps of one layer."""
        await check(self.engine, kind, layer)
        return await self._layer(Asked(trace_id, self.sides(trace_id, kind, tokens)), layer)

    async def rollout(self, trace_id: str) -> np.ndarray:
        """Returns the (query, key) uint16 rollout of the encoder over all its layers."""
        await check(self.engine, "encoder")
        asked = Asked(trace_id, self.sides(trace_id, "encoder", None))
        key = (trace_id, "rollout", "encoder")
        return await self._shelf.get(
            key, partial(self._computed, partial(source_maps.rollout, sides=asked.sides), asked)
        )

    async def maps(self, trace_id: str, kind: Kind, tokens: int | None) -> SourceMaps:
        """Returns the measures of all heads."""
        await check(self.engine, kind)
        return await self._maps(Asked(trace_id, self.sides(trace_id, kind, tokens)))

    async def _maps(self, asked: Asked) -> SourceMaps:
        sides, known = asked.sides, await facts(self.engine, asked.sides.kind)
        size = known.layers * known.heads * len(sides.queries) * len(sides.keys) * 2
        keeps = size <= LARGEST_SHARE * self._shelf.max_bytes
        job = partial(source_maps.record, sides=sides, keep_layers=keeps)
        key = (asked.trace_id, "maps", sides.kind, str(len(sides.queries)))
        return await self._shelf.get(key, partial(self._computed, job, asked))

    async def _layer(self, asked: Asked, layer: int) -> np.ndarray:
        kept = await self._maps(asked)
        if kept.layers is not None:
            return kept.layers[layer]

        async def make() -> np.ndarray:
            job = partial(source_maps.one_layer, sides=asked.sides, layer=layer)
            return maps.quantised(await self._computed(job, asked))

        key = (asked.trace_id, "layer", asked.sides.kind, str(len(asked.sides.queries)), str(layer))
        return await self._shelf.get(key, make)

    async def _computed(self, job, asked: Asked):
        return await computed(self.engine, job, _source(asked.sides))


async def layer_weights(engine: Reader[Any], sides: Sides, layer: int) -> np.ndarray:
    """Returns the (head, query, key) float32 weights of one layer. The result is not kept."""
    await check(engine, sides.kind, layer)
    return await computed(engine, partial(source_maps.one_layer, sides=sides, layer=layer), _source(sides))


def _source(sides: Sides) -> tuple[int, ...]:
    """Returns the source that a job's decoder attends to. The maps of an encoder need no decoder."""
    return sides.keys if sides.kind == "cross" else ()


_facts: WeakKeyDictionary[Reader[Any], dict[Kind, Facts]] = WeakKeyDictionary()


async def facts(engine: Reader[Any], kind: Kind) -> Facts:
    """Returns what can be shown of one kind of attention. It is computed once for each engine."""
    refuse_other_kind(engine.model, kind)
    if kind == "self":
        return await facts_of_decoder(engine)
    known = _facts.setdefault(engine, {})
    if kind not in known:
        known[kind] = await engine.call(partial(source_maps.facts, kind=kind))
    return known[kind]


async def check(
    engine: Reader[Any], kind: Kind, layer: int | str | None = None, head: int | str | None = None
) -> Facts:
    """Refuses a layer or head that the model does not have, as `views.check` does."""
    return checked(await facts(engine, kind), engine.model.name, layer, head)


def _most(trace: Trace) -> int:
    """Returns how many tokens of the decoder's text a map shows at most."""
    return min(maps.MAP_TOKENS, len(trace.prompt_ids) + len(trace.steps))
