"""Measures what several models cost: the memory after one was let go, and what an adapter adds to its base.

The memory of this process is measured after a text was written and freed memory was given back.
"""

import asyncio
import tempfile
import time
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psutil

from bench.engine import MEGABYTE, PROMPT
from bench.table import Row, UnmeasurableError, at_most
from playground.decoding.settings import Settings
from playground.engine.engines import Engines
from playground.engine.request import Limits, Request
from playground.engine.starting import Bounds, start_engines
from playground.errors import PlaygroundError
from playground.models.memory import PAUSE_SECONDS, SETTLE_SECONDS
from playground.models.offer import Offer, weights_of
from playground.models.offering import Asked, offers

BOUNDS = Bounds(Limits(rows=4, prompt_tokens=512, new_tokens=128), 64 * 2**20, 128 * 2**20)
ROOM_BYTES = 700 * 2**20
"""For the texts of one model, beside the largest of the models."""
LIMIT = 100


def models(rounds: int) -> Iterator[Row]:
    """Measures two models that make room for each other, and an adapter beside its base."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            _write_adapter(Path(folder) / "adapter")
            made = offers(Asked(variants=["bfloat16"], adapters=[str(Path(folder) / "adapter")], device="cpu"))
        except PlaygroundError as refusal:
            raise UnmeasurableError(str(refusal)) from refusal
        yield from asyncio.run(_turns([made[0], made[2]], rounds))
        yield from asyncio.run(_adapter(made[0], made[1]))


async def _turns(pair: list[Offer], rounds: int) -> Iterator[Row]:
    """Lets two models take turns where there is room for one of them only.

    What the process holds with the first model is compared with what it holds when the second one has come, was let go,
    and the first one is there again.
    """
    first, second = pair
    engines = start_engines(pair, BOUNDS, max(one.weights for one in pair) + ROOM_BYTES)
    held: list[float] = []
    for _ in range(rounds + 1):
        await _write(engines, first.name)
        held.append(_settled() / MEGABYTE)
        await _write(engines, second.name)
        assert [engine.model.name for engine in engines.running()] == [second.name], "there is room for one model"
    engines.close()
    grown = max(after - before for before, after in pairwise(held))
    note = ", ".join(f"{one:.0f}" for one in held)
    what = f"Let go for {second.name} and loaded again: grown at most"
    return iter([at_most(what, grown, " MB", LIMIT, note)])


async def _adapter(base: Offer, adapter: Offer) -> Iterator[Row]:
    """Loads an adapter beside its base."""
    engines = start_engines([base, adapter], BOUNDS, weights_of([base, adapter]) + 2 * ROOM_BYTES)
    await _write(engines, base.name)
    before = _settled()
    await _write(engines, adapter.name)
    grown = (_settled() - before) / MEGABYTE
    engines.close()
    note = f"{(adapter.weights - base.weights) / MEGABYTE:.1f} MB of its own, beside {base.weights / MEGABYTE:.0f} MB"
    return iter([at_most("An adapter beside its base: resident bytes that it adds", grown, " MB", LIMIT, note)])


async def _write(engines: Engines, name: str) -> None:
    async with engines.using(name) as engine:
        ids = engine.model.tokenizer.encode(PROMPT)
        async for _ in engine.trace(Request(ids, Settings(strategy="greedy", max_new_tokens=16))):
            pass


def _settled() -> int:
    """Returns the bytes that this process holds once freed memory was given back."""
    time.sleep(2 * SETTLE_SECONDS + PAUSE_SECONDS)
    return psutil.Process().memory_info().rss


def _write_adapter(folder: Path) -> None:
    """Writes an adapter of rank 8 for all linear maps of the default model, with random numbers."""
    from peft import LoraConfig, get_peft_model

    from playground.models.loading import load

    warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
    asked = LoraConfig(task_type="CAUSAL_LM", r=8, target_modules="all-linear", init_lora_weights=False)
    get_peft_model(load(device="cpu").hf, asked).save_pretrained(folder, save_embedding_layers=False)
