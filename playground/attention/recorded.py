"""Records what a page without a server asks about the attention of a text: facts, the maps of all heads, measures.

The maps of a kind are one answer, with as many layers as there is room for. The page takes rows and maps from it
(`assets/attention/recorded_maps.js`). Knows the views of attention. Does not know pages.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.attention.kinds import Kind
from playground.attention.maps import MAP_TOKENS, triangular
from playground.attention.source_views import SourceViews, facts
from playground.attention.told import facts_told, measures_told, source_measures_told
from playground.attention.views import AttentionViews
from playground.engine.any_engine import AnyEngine
from playground.sharing.recorded import TEXT

OF_DECODER: tuple[Kind, ...] = ("self",)
OF_ENCODER_DECODER: tuple[Kind, ...] = ("cross", "self", "encoder")
"""The kinds that are recorded, those that the page shows first before the others."""


async def attention_recorded(engine: AnyEngine, trace_id: str, layer: int | None, room: int) -> dict[str, bytes]:
    """Returns the answers by what the page asks; none for a model that shows no attention.

    Args:
        engine: the text's.
        trace_id: the text.
        layer: the layer in view, None for the middle; those next to it are recorded first.
        room: the most bytes that the maps of all kinds may have together.

    Raises:
        PlaygroundError: the text is not kept any more.
    """
    found: dict[str, bytes] = {}
    for kind in OF_ENCODER_DECODER if engine.model.takes_source else OF_DECODER:
        told = await _Kind(engine, trace_id, kind).recorded(layer, room)
        room -= sum(len(answer) for answer in told.values())
        found |= told
    return found


class _Kind:
    """Reads one kind of attention of a text."""

    def __init__(self, engine: AnyEngine, trace_id: str, kind: Kind) -> None:
        self._engine, self._trace_id = engine, trace_id
        self._kind: Kind = kind
        self._views, self._others = engine.beside(AttentionViews), engine.beside(SourceViews)
        trace = engine.store.get(trace_id)
        self._size = min(len(trace.prompt_ids) + len(trace.steps), MAP_TOKENS)
        self._source = len(trace.source_ids)

    async def recorded(self, layer: int | None, room: int) -> dict[str, bytes]:
        known = await facts(self._engine, self._kind)
        if known.reason:
            return {}
        told = facts_told(known, self._engine.model.dtype)
        usable = [number for number, other in enumerate(known.without) if other is None]
        most = room // (known.heads * self._cells * 2)
        wanted = known.layers // 2 if layer is None else layer
        near = sorted(usable, key=lambda number: (abs(number - wanted), number))
        kept = sorted(near[:most])
        told["left_out"] = sorted({*usable} - {*kept})
        answers = {self._key("attention.json", prefix=""): json.dumps(told).encode()}
        if not kept:
            return answers
        layers = [await self._layer(number) for number in kept]
        answers[self._key("layers")] = _little(np.stack(layers))
        if self._kind != "cross":  # rollout follows one text only
            answers[self._key("rollout?" + self._asked)] = _little(await self._rollout())
        if self._size > 1:
            measures = await self._measures(known.without)
            for values in measures.values():
                if isinstance(values, list):
                    values[:] = [line if number in kept else None for number, line in enumerate(values)]
            answers[self._key("measures.json?" + self._asked)] = json.dumps(measures).encode()
        return answers

    @property
    def _cells(self) -> int:
        """The number of weights of one head."""
        sizes: Mapping[Kind, int] = {"self": triangular(self._size), "cross": self._size * self._source}
        return sizes.get(self._kind, self._source**2)

    @property
    def _asked(self) -> str:
        """What the page says of the text's length: a source is always read whole."""
        return "" if self._kind == "encoder" else f"tokens={self._size}"

    def _key(self, path: str, prefix: str = f"traces/{TEXT}/attention/") -> str:
        """Returns what the page asks. A decoder's attention over its own text is not named."""
        kind = "" if self._kind == "self" else f"{'&' if '?' in path else '?'}kind={self._kind}"
        return f"{prefix}{path}{kind}"

    async def _layer(self, number: int) -> np.ndarray:
        """Returns (head, cells) weights as they are sent."""
        if self._kind == "self":
            return await self._views.layer(self._trace_id, self._size, number)
        found = await self._others.layer(self._trace_id, self._kind, self._size, number)
        return found.reshape(len(found), -1)

    async def _rollout(self) -> np.ndarray:
        if self._kind == "self":
            return await self._views.rollout(self._trace_id, self._size)
        return await self._others.rollout(self._trace_id)

    async def _measures(self, without: tuple[str | None, ...]) -> dict[str, Any]:
        if self._kind == "self":
            return measures_told(await self._views.maps(self._trace_id, self._size), without)
        queries = self._size if self._kind == "cross" else self._source
        return source_measures_told(await self._others.maps(self._trace_id, self._kind, self._size), queries)


def _little(stored: np.ndarray) -> bytes:
    return stored.astype(stored.dtype.newbyteorder("<")).tobytes()
