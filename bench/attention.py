"""Measures the cost of attention: while a text streams, in bytes sent to the page against BertViz, and in memory.

It measures in this process, without a page, on the default model.
"""

import asyncio
import gc
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from statistics import median

import psutil
import torch
from transformers import DynamicCache

from bench.engine import MEGABYTE, NEW_TOKENS, PROMPT, speed
from bench.table import Row, at_least, at_most
from playground.attention.views import AttentionViews, layer_weights
from playground.decoding.settings import PRESETS, Settings
from playground.engine.engine import Engine
from playground.models.forward import Observation
from playground.models.language_model import LanguageModel
from playground.traces.trace import Trace
from playground.web.messages.bertviz_page import bertviz_page

SHOWN = 128
"""The number of tokens of the text whose maps are sent."""
LONGEST = 512
LAYER, HEAD = 3, 2


def attention(engine: Engine, rounds: int) -> Iterator[Row]:
    """Measures streaming with and without attention, payloads, waiting times and memory."""
    yield _streaming(engine, rounds)
    yield from asyncio.run(_payload(engine))
    yield from asyncio.run(_waiting(engine, rounds))
    yield from asyncio.run(_memory(engine))


def _streaming(engine: Engine, rounds: int) -> Row:
    """Compares with a model that steps with sdpa and returns no attention, because recording cannot be switched off."""
    settings = replace(PRESETS["Greedy"], max_new_tokens=NEW_TOKENS)
    ratios = []
    for _ in range(rounds):
        on = speed(engine, settings, 1)
        engine.model.step = partial(_step_without, engine.model)
        off = speed(engine, settings, 1)
        del engine.model.step
        ratios.append(on / off)
    return at_least(
        "Streaming with attention recorded against without", median(ratios), " ×", 0.95, f"{on:.1f} tokens/s"
    )


@torch.inference_mode()
def _step_without(
    model: LanguageModel,
    ids: Sequence[int],
    positions: Sequence[int],
    mask: torch.Tensor | None,
    cache: DynamicCache,
    shown: Sequence[int] | None = None,
) -> Observation:
    model._attend("sdpa")
    outputs = model._forward(torch.tensor(ids)[:, None], torch.tensor(positions)[:, None], mask, cache)
    return Observation(outputs.logits[:, -1], None)


async def _payload(engine: Engine) -> list[Row]:
    """Compares one head's map, as the page gets it, with BertViz's page of that head and of its layer."""
    ids = _ids(engine, SHOWN)
    views, trace_id = AttentionViews(engine), _open(engine, ids)
    ours = (await views.map(trace_id, None, LAYER, HEAD)).nbytes
    weights = await layer_weights(engine, ids, LAYER)
    words = [engine.model.vocabulary[token_id] for token_id in ids]
    one_head = len(bertviz_page(weights[HEAD : HEAD + 1], words, LAYER, None, SHOWN).encode())
    layer = len(bertviz_page(weights, words, LAYER, None, SHOWN).encode())
    scripts = len(bertviz_page(weights[:1, :1, :1], words[:1], LAYER, None, 1).encode())
    engine.store.drop([trace_id])
    what = f"One head, {SHOWN} tokens, against BertViz's"
    note = f"{ours / 1000:.1f} kB against {layer / 1000:.0f} kB"
    return [
        at_least(f"{what} page, which sends its layer", layer / ours, " × smaller", 20, note),
        at_least(
            f"{what} page of that head alone", one_head / ours, " × smaller", 20, f"against {one_head / 1000:.0f} kB"
        ),
        Row(f"{what} numbers, without its scripts", f"{(one_head - scripts) / ours:.3g} × smaller"),
    ]


async def _waiting(engine: Engine, rounds: int) -> list[Row]:
    """Measures the first map of a text, which takes one forward, and all other maps after it."""
    ids, first, others = _ids(engine, SHOWN), [], []
    for _ in range(rounds):
        views, trace_id = AttentionViews(engine), _open(engine, ids)
        first.append(await _seconds(views.map(trace_id, None, LAYER, HEAD)))
        for layer in range(30):
            others.append(await _seconds(views.map(trace_id, None, layer, "mean")))
        engine.store.drop([trace_id])
    slowest = sorted(others)[int(0.95 * len(others))] * 1000
    return [
        Row(f"First map of a text of {SHOWN} tokens, all heads with it", f"{median(first):.2f} s"),
        at_most("Another layer of it, the mean over its heads, p95 on the server", slowest, " ms", 100),
    ]


async def _memory(engine: Engine) -> list[Row]:
    """Measures the memory after every head of a long text was opened, and after the text is forgotten."""
    views, trace_id = AttentionViews(engine), _open(engine, _ids(engine, LONGEST))
    short = _open(engine, _ids(engine, SHOWN))  # the first map allocates memory that stays; it must not count
    await views.map(short, None, LAYER, HEAD)
    engine.store.drop([short])
    before = _resident()
    for layer in range(30):
        for head in range(9):
            await views.map(trace_id, None, layer, head)
    await views.rollout(trace_id, None)
    opened, kept = _resident() - before, views.shelf.nbytes
    engine.store.drop([trace_id])
    left, note = _resident() - before, f"maps kept {kept / MEGABYTE:.0f} MB"
    assert views.shelf.nbytes == 0
    return [
        at_most(f"Every head of {LONGEST} tokens opened: resident memory", opened / MEGABYTE, " MB more", 150, note),
        at_most(
            "The same after the text is given up", left / MEGABYTE, " MB more", 50, f"maps kept {views.shelf.nbytes} B"
        ),
    ]


def _resident() -> int:
    gc.collect()
    return psutil.Process().memory_info().rss


async def _seconds(awaitable) -> float:
    began = time.perf_counter()
    await awaitable
    return time.perf_counter() - began


def _ids(engine: Engine, count: int) -> tuple[int, ...]:
    return engine.model.tokenizer.encode((PROMPT + " ") * 30)[:count]


def _open(engine: Engine, ids: tuple[int, ...]) -> str:
    return engine.store.open(Trace(engine.model.name, ids, Settings(), stop_reason="stopped"))
