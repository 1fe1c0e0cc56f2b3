"""Answers what the next token would be without one head, of any kind of attention. Defines the job for the engine.

Knows the engine, its store and models. The head's output is zero at every position that the model reads.
"""

from collections.abc import Generator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from playground.attention import maps, source_views
from playground.attention.head_probes import HEAD_OFF, Head, switched_off
from playground.attention.kinds import Kind
from playground.attention.views import check_position, computed
from playground.decoding.measures import kl_bits, most_probable, probabilities, raw_measures
from playground.engine.any_engine import AnyEngine
from playground.errors import PlaygroundError
from playground.models.encoder import encode
from playground.models.language_model import LanguageModel
from playground.models.split import check_whole

CANDIDATES = 10

Rows = tuple[np.ndarray, np.ndarray]
"""Two rows of (vocab,) float32 logits: unchanged, and with one head's output set to zero."""


async def without(engine: AnyEngine, trace_id: str, position: int, head: Head, kind: Kind = "self") -> dict[str, Any]:
    """Returns, as plain JSON values, the distribution of token `position` with and without one head's output.

    Args:
        position: of the text that the model continues, whichever kind of attention the head is of.

    Raises:
        PlaygroundError: the model has no such head, the text has no such position, or the head cannot be reached.
    """
    await source_views.check(engine, kind, *head)
    ids, _ = engine.store.ids(trace_id)
    check_position(position, len(ids))
    job = partial(logits_without, ids=ids[:position], head=head, kind=kind)
    rows = await computed(engine, job, engine.store.get(trace_id).source_ids)
    before, after = (probabilities(row) for row in rows)
    best = {token_id: None for row in rows for token_id in most_probable(row, CANDIDATES)}
    return {
        "position": position,
        "layer": head.layer,
        "head": head.number,
        "kl_bits": kl_bits(*rows),
        "entropy_bits": [raw_measures(row, 0).entropy_bits for row in rows],
        "candidates": [
            {"token_id": token_id, "before": float(before[token_id]), "after": float(after[token_id])}
            for token_id in sorted(best, key=lambda token_id: -before[token_id])
        ],
    }


def logits_without(
    model: LanguageModel, ids: Sequence[int], head: Head, kind: Kind = "self"
) -> Generator[None, None, Rows]:
    """Computes the logits after `ids`, with a head of the text's own attention, of the cross-attention or of the
    encoder switched off.

    Raises:
        PlaygroundError: the model computes attention in its own way, so that no head can be switched off.
    """
    check_whole(model.hf, model.name)
    if kind == "encoder":
        return (yield from _without_head_of_encoder(model, ids, head))
    caches, rows = (model.new_cache(), model.new_cache()), None
    for start in range(0, len(ids), maps.SLICE_TOKENS):
        part = ids[start : start + maps.SLICE_TOKENS]
        before = model.read_with(HEAD_OFF, part, caches[0])
        yield
        with switched_off(head, model.hf if model.takes_source else None, kind) as reached:
            after = model.read_with(HEAD_OFF, part, caches[1])
        _check_reached(model, reached())
        rows = before, after
        yield
    assert rows is not None, "a text has at least one token"
    return _on_host(*rows)


def _without_head_of_encoder(model: LanguageModel, ids: Sequence[int], head: Head) -> Generator[None, None, Rows]:
    """The encoder reads the source twice, and the decoder reads its text after each of them with all its heads."""
    before = encode(model, model.source_ids, HEAD_OFF)
    yield
    with switched_off(head, model.hf, "encoder") as reached:
        after = encode(model, model.source_ids, HEAD_OFF)
    _check_reached(model, reached())
    rows = []
    *slices, last = [ids[start : start + maps.SLICE_TOKENS] for start in range(0, len(ids), maps.SLICE_TOKENS)]
    for encoded in (before, after):
        cache = model.cache_from(encoded)
        for part in slices:
            model.read_with(HEAD_OFF, part, cache)
            yield
        rows.append(model.read_with(HEAD_OFF, last, cache))
        yield
    return _on_host(*rows)


def _on_host(before: torch.Tensor, after: torch.Tensor) -> Rows:
    both = torch.stack([before, after]).cpu().numpy()
    return both[0], both[1]


def _check_reached(model: LanguageModel, is_reached: bool) -> None:
    if not is_reached:
        raise PlaygroundError(
            f"{model.name} has its own implementation of attention, so its heads cannot be switched off.", status=422
        )
