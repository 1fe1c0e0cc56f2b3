"""Measures what several models cost: memory after one was let go, what an adapter adds, and how a load delays texts.

The memory of this process is measured after a text was written and freed memory was given back.
"""

import asyncio
import tempfile
import time
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

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
TEXTS = 8
ALONE = 16
"""The steps of each text before the other model is loaded."""
BESIDE_TOKENS = 128
BESIDE = Bounds(Limits(rows=TEXTS, prompt_tokens=512, new_tokens=BESIDE_TOKENS), 64 * 2**20, 512 * 2**20)
BESIDE_ROOM_BYTES = 1500 * 2**20
LONGEST_GAP_MS = 300


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
        yield from asyncio.run(_beside_texts([made[0], made[2]]))


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


async def _beside_texts(pair: list[Offer]) -> Iterator[Row]:
    """Loads a model while the other one writes several texts, and finds the longest time between two of their steps."""
    first, second = pair
    engines = start_engines(pair, BESIDE, weights_of(pair) + 2 * BESIDE_ROOM_BYTES)
    ends: list[list[float]] = []

    async def write(seed: int) -> None:
        ends.append([])
        mine = ends[-1]
        async with engines.using(first.name) as engine:
            ids = engine.model.tokenizer.encode(PROMPT)
            async for _ in engine.trace(Request(ids, Settings(seed=seed, max_new_tokens=BESIDE_TOKENS))):
                mine.append(time.perf_counter())

    texts = [asyncio.create_task(write(seed)) for seed in range(TEXTS)]
    while len(ends) < TEXTS or min(map(len, ends)) <= ALONE:
        await asyncio.sleep(0.01)
    began = time.perf_counter()
    async with engines.using(second.name):
        loaded = time.perf_counter()
    await asyncio.gather(*texts)
    engines.close()
    gaps = [(after - before, after) for one in ends for before, after in pairwise(one[1:])]
    alone = median(gap for gap, after in gaps if after < began)
    longest = max(gap for gap, after in gaps if began <= after <= loaded)
    note = f"a step alone takes {1000 * alone:.0f} ms, and the load took {loaded - began:.1f} s"
    what = f"{TEXTS} texts while another model is loaded: longest time between two steps"
    return iter([at_most(what, 1000 * longest, " ms", LONGEST_GAP_MS, note)])


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
