"""Finds the kinds of attention of one layer that BertViz's page of a text shows."""

from typing import Any

from playground.attention import source_views
from playground.attention.kinds import Kind
from playground.attention.source_views import SourceViews
from playground.attention.views import AttentionViews, check, layer_weights
from playground.engine.any_engine import AnyEngine
from playground.engine.reader import Reader
from playground.web.messages import bertviz_page

NAMES: dict[Kind, str] = {"self": "Decoder", "encoder": "Encoder", "cross": "Cross"}


async def kinds_of_layer(
    engine: Reader[Any], trace_id: str, kind: Kind, tokens: int | None, layer: int, head: int | None
) -> tuple[list[bertviz_page.Kind], int]:
    """Returns the kinds of a layer, and the place of `kind` among them.

    A decoder-only model has one, and so has an encoder-only model. It has no name.

    The others of an encoder–decoder are left out where their stack has no such layer, or other numbers of heads.

    Raises:
        PlaygroundError: the layer or head is out of range, or the model shows no attention.
    """
    known = await source_views.check(engine, kind, layer, head)
    if not isinstance(engine, AnyEngine):
        return [(await _kind(engine, trace_id, "encoder", None, layer))._replace(name=None)], 0
    source = engine.store.get(trace_id).source_ids
    ids = engine.beside(AttentionViews).ids(trace_id, tokens) if kind != "encoder" else ()
    if not source:
        await check(engine, layer, head)
        words = _words(engine, ids)
        return [bertviz_page.Kind(None, await layer_weights(engine, ids, layer), words, words)], 0
    found: dict[Kind, bertviz_page.Kind] = {}
    for one in NAMES:
        other = await source_views.facts(engine, one)
        if other.reason is None and layer < other.layers and other.heads == known.heads:
            found[one] = await _kind(engine, trace_id, one, None if kind == "encoder" else tokens, layer)
    return list(found.values()), list(found).index(kind)


async def _kind(engine: Reader[Any], trace_id: str, kind: Kind, tokens: int | None, layer: int) -> bertviz_page.Kind:
    if kind == "self":
        ids, source = engine.beside(AttentionViews).ids(trace_id, tokens), engine.store.get(trace_id).source_ids
        words = _words(engine, ids)
        return bertviz_page.Kind(NAMES[kind], await layer_weights(engine, ids, layer, source), words, words)
    sides = engine.beside(SourceViews).sides(trace_id, kind, tokens)
    weights = await source_views.layer_weights(engine, sides, layer)
    return bertviz_page.Kind(NAMES[kind], weights, _words(engine, sides.queries), _words(engine, sides.keys))


def _words(engine: Reader[Any], ids: tuple[int, ...]) -> list[str]:
    return [engine.model.vocabulary[token] for token in ids]
