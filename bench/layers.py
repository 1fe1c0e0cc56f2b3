"""Measures the logit lens and who wrote a logit: against the least that has to be computed, and in bytes sent.

It measures in this process, without a page, on the default model. What is compared runs in turns.
"""

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from statistics import median

import torch

from bench.engine import PROMPT
from bench.table import Row, at_most
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.inside.ending import ending
from playground.inside.layers import LayerViews
from playground.models.language_model import LanguageModel
from playground.traces.trace import Trace
from playground.web.inside.layers import grid_lines

TOKENS = 64


def layers(engine: Engine, rounds: int) -> Iterator[Row]:
    """Measures the lens of all positions and the contributions of the last one, of a text of `TOKENS` tokens."""
    yield from asyncio.run(_rows(engine, rounds))


async def _rows(engine: Engine, rounds: int) -> list[Row]:
    ids = engine.model.tokenizer.encode((PROMPT + " ") * 30)[:TOKENS]
    lens, first, terms, payload = [], [], [], 0
    for _ in range(rounds):
        least = await engine.call(partial(_least, ids=ids))
        forward = await engine.call(partial(_forward, ids=ids))
        trace_id = engine.store.open(Trace(engine.model.name, ids, Settings(), stop_reason="stopped"))
        views, began = LayerViews(engine), time.perf_counter()
        payload, seconds = 0, []
        async for line in grid_lines(views, trace_id, TOKENS - 1):
            payload += len(line)
            seconds.append(time.perf_counter() - began)
        lens.append(seconds[-1] / least)
        first.append(seconds[1])
        began = time.perf_counter()
        await views.contributions(trace_id, TOKENS - 1, ids[0], None)
        terms.append((time.perf_counter() - began) / forward)
        engine.store.drop([trace_id])
    return [
        at_most(f"Lens, {TOKENS} tokens, against a forward and an unembedding a layer", median(lens), " ×", 1.5),
        at_most("The same, until its first layer is there", median(first), " s", 1),
        at_most("The same, bytes sent to the page", payload / 1000, " kB", 200),
        at_most(f"Who wrote a logit after {TOKENS} tokens, against a forward", median(terms), " ×", 2),
    ]


@torch.inference_mode()
def _least(model: LanguageModel, ids: tuple[int, ...]) -> float:
    """Returns the seconds of one forward with hidden states, and of one norm and unembedding for each layer."""
    began = time.perf_counter()
    given = torch.tensor([ids], device=model.hf.device)
    hidden = model.hf(given, output_hidden_states=True, use_cache=False, logits_to_keep=1).hidden_states
    end = ending(model)
    for vectors in hidden:
        end.unembedding(end.norm(vectors[0]))
    return time.perf_counter() - began


@torch.inference_mode()
def _forward(model: LanguageModel, ids: tuple[int, ...]) -> float:
    """Returns the seconds of one forward."""
    began = time.perf_counter()
    model.hf(torch.tensor([ids], device=model.hf.device), use_cache=False, logits_to_keep=1)
    return time.perf_counter() - began
