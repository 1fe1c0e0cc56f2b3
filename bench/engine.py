"""Measures the cost of the engine: against plain `generate`, as sessions join, and until the first token.

It measures in this process, without a page. The machine may be shared and noisy, so the things that are compared run in
turns, and a ratio is the median of the ratios of all rounds. The model runs on the engine's thread only, because a
second thread that computes with torch would slow down the first one.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from statistics import median

import torch

from bench.table import Row, at_least, at_most
from playground.decoding.draws import drawn, standing, told
from playground.decoding.processors import batch_stages
from playground.decoding.settings import PRESETS, Settings
from playground.engine.engine import Engine
from playground.engine.fork import fork
from playground.engine.request import Limits, Request
from playground.models.language_model import LanguageModel
from playground.models.loading import load
from playground.traces.store import TraceStore
from playground.traces.trace import Origin, Step, Trace

PROMPT = (
    "A bench measures what a reader of the page waits for: how long a token takes, how soon the first one comes, "
    "and what it costs to"
)
"""This prompt has 30 tokens in the default model."""
NEW_TOKENS = 64
SESSIONS = (1, 4, 16, 32)
MEGABYTE = 1_000_000


def start(device: str, dtype: str = "float32") -> Engine:
    """Returns a running engine on the default model, without an end token: every text has the requested length."""
    model = load(device=device, dtype=dtype)
    model.hf.generation_config.eos_token_id = None
    model.eos_token_ids = frozenset()
    engine = Engine(model, TraceStore(2**31), Limits(rows=max(SESSIONS))).start()
    speed(engine, replace(PRESETS["Balanced"], max_new_tokens=8), 1)  # the first run is slower than all others
    return engine


def traced(engine: Engine, rounds: int) -> Iterator[Row]:
    """Compares one greedy text of the engine, which records every step, with `model.generate` for the same prompt."""
    settings = replace(PRESETS["Greedy"], max_new_tokens=NEW_TOKENS)
    ratios, speeds = [], []
    for _ in range(rounds):
        plain = asyncio.run(engine.call(partial(_plain_speed, settings=settings)))
        speeds.append(speed(engine, settings, 1))
        ratios.append(speeds[-1] / plain)
    note = f"{median(speeds):.1f} tokens/s traced"
    yield at_least("Traced decoding against plain generate, Greedy", median(ratios), " ×", 0.95, note)


def sessions(engine: Engine, rounds: int) -> Iterator[Row]:
    """Measures 1, 4, 16 and 32 texts at once: all tokens over the time from the first request to the last token."""
    for preset in ("Greedy", "Balanced"):
        settings = replace(PRESETS[preset], max_new_tokens=NEW_TOKENS)
        taken = [[speed(engine, settings, count) for count in SESSIONS] for _ in range(rounds)]
        yield Row(f"One session, {preset}", f"{median(speeds[0] for speeds in taken):.1f} tokens/s")
        for place, count in enumerate(SESSIONS[1:], start=1):
            ratio = median(speeds[place] / speeds[0] for speeds in taken)
            note = f"{median(speeds[place] for speeds in taken):.0f} tokens/s in all"
            what = f"{count} sessions together against one, {preset}"
            if (preset, count) == ("Balanced", 16):
                yield at_least(what, ratio, " ×", 6, note)
            else:
                yield Row(what, f"{ratio:.3g} × ({note})")


def processors(engine: Engine, rounds: int) -> Iterator[Row]:
    """Compares the time to choose 16 tokens (processors and draws) with the rest of a step that 16 rows share."""
    settings = replace(PRESETS["Balanced"], max_new_tokens=NEW_TOKENS)
    ratios = []
    for _ in range(rounds):
        step_seconds = 16 / speed(engine, settings, 16)
        [trace_id] = asyncio.run(_trace(engine, replace(settings, max_new_tokens=16), 1))
        trace = engine.store.get(trace_id)
        choosing_seconds = asyncio.run(engine.call(partial(_choosing_seconds, trace)))
        engine.store.drop([trace_id])
        ratios.append(choosing_seconds / (step_seconds - choosing_seconds))
    note = f"{choosing_seconds * 1000:.1f} ms of a step of {step_seconds * 1000:.0f} ms"
    yield at_most("Processors and draws against the rest of a step, 16 rows, Balanced", median(ratios), " ×", 1, note)


def chains(engine: Engine, rounds: int) -> Iterator[Row]:
    """Compares 32 texts with ten stages with 32 texts with three of these."""
    three = Settings(temperature=0.9, top_k=200, top_p=0.95, max_new_tokens=NEW_TOKENS)
    others = {"repetition_penalty": 1.1, "frequency_penalty": 0.1, "presence_penalty": 0.1, "no_repeat_ngram_size": 4}
    ten = replace(three, **others, dry_multiplier=0.8, min_p=0.01, xtc_probability=0.5)
    ratios = [speed(engine, three, 32) / speed(engine, ten, 32) for _ in range(rounds)]
    yield at_most("A step of 32 sessions with ten stages against three", median(ratios), " ×", 1.15)


def first_token(engine: Engine, rounds: int) -> Iterator[Row]:
    """Measures the time from a request until its reader receives the first step."""
    ids = engine.model.tokenizer.encode(PROMPT)
    request = Request(ids, replace(PRESETS["Balanced"], max_new_tokens=1), keeps_cache=False)

    async def seconds() -> float:
        began = time.perf_counter()
        async for _ in engine.trace(request):
            break
        return time.perf_counter() - began

    taken = median(asyncio.run(seconds()) for _ in range(2 * rounds))
    yield at_most(f"First token in the engine, prompt of {len(ids)} tokens", taken, " s", 0.5)


def forks(engine: Engine, rounds: int) -> Iterator[Row]:
    """Compares the time until a fork at step 150 of 200 draws its first token with the time of one step of the text."""
    settings = replace(PRESETS["Balanced"], max_new_tokens=200)
    warm, cold, mean = [], [], []
    for _ in range(rounds):
        [trace_id] = asyncio.run(_trace(engine, settings, 1))
        step_seconds = median(step.seconds for step in engine.store.get(trace_id).steps[1:])
        warm.append(asyncio.run(_fork_seconds(engine, trace_id, settings)) / step_seconds)
        asyncio.run(engine.call(lambda _: engine.caches.keep_only(lambda name: False)))
        cold.append(asyncio.run(_fork_seconds(engine, trace_id, settings)) / step_seconds)
        engine.store.drop([trace_id])
        mean.append(step_seconds)
    note = f"a step takes {median(mean) * 1000:.0f} ms"
    yield at_most("Fork of 200 tokens at step 150, cache warm, to its first token", median(warm), " steps", 3, note)
    yield Row("The same without a cache", f"{median(cold):.3g} steps")


async def _fork_seconds(engine: Engine, trace_id: str, settings: Settings) -> float:
    """Returns the seconds from the request until its reader receives the first token that is not forced."""
    began = time.perf_counter()
    run = fork(engine, Origin(trace_id, 150), [engine.store.get(trace_id).token_ids[100]], settings)
    try:
        async for news in run:
            if isinstance(news, Step) and not news.forced:
                return time.perf_counter() - began
    finally:
        run.close()
        engine.store.drop([run.trace_id])
    raise AssertionError("the fork drew no token")


def leaving(engine: Engine, rounds: int) -> Iterator[Row]:
    """Compares 16 texts that end at once and whose caches are kept with 16 texts whose caches are not."""
    settings = replace(PRESETS["Balanced"], max_new_tokens=NEW_TOKENS)
    ratios = []
    for _ in range(rounds):
        without = speed(engine, settings, 16, keeps_cache=False)
        ratios.append(speed(engine, settings, 16) / without)
    yield at_least("16 texts whose caches are kept against 16 whose are not", median(ratios), " ×", 0.95)


def trace_bytes(engine: Engine, _rounds: int) -> Iterator[Row]:
    """Measures the tensors in the store of a trace of 200 tokens, and those that remain after its release."""
    before = engine.store.nbytes
    [trace_id] = asyncio.run(_trace(engine, replace(PRESETS["Balanced"], max_new_tokens=200), 1))
    held = engine.store.nbytes - before
    engine.store.release([trace_id])
    left = engine.store.nbytes - before
    yield at_most("Store: a trace of 200 tokens adds", held / MEGABYTE, " MB", 60)
    yield at_most("Store: left of it after its release", left / MEGABYTE, " MB", 0)


def speed(engine: Engine, settings: Settings, count: int, *, keeps_cache: bool = True) -> float:
    """Returns the tokens per second of `count` texts at once. The time includes the prompts, which no cache holds."""
    asyncio.run(engine.call(lambda _: engine.caches.keep_only(lambda name: False)))
    began = time.perf_counter()
    trace_ids = asyncio.run(_trace(engine, settings, count, keeps_cache=keeps_cache))
    seconds = time.perf_counter() - began
    tokens = sum(len(engine.store.get(trace_id).steps) for trace_id in trace_ids)
    engine.store.drop(trace_ids)
    return tokens / seconds


async def _trace(engine: Engine, settings: Settings, count: int, *, keeps_cache: bool = True) -> list[str]:
    """Runs `count` traces at once, each with its own seed, and returns their ids."""
    ids = engine.model.tokenizer.encode(PROMPT)

    async def one(seed: int) -> str:
        run = engine.trace(Request(ids, replace(settings, seed=seed), keeps_cache=keeps_cache))
        async for _ in run:
            pass
        return run.trace_id

    return await asyncio.gather(*(one(seed) for seed in range(count)))


def _plain_speed(model: LanguageModel, settings: Settings) -> float:
    """Returns the tokens per second of `model.generate` with sdpa, the attention that transformers uses by default."""
    ids = torch.tensor([model.tokenizer.encode(PROMPT)], device=model.hf.device)
    model.hf.set_attn_implementation("sdpa")
    began = time.perf_counter()
    texts = model.hf.generate(ids, attention_mask=torch.ones_like(ids), **settings.generate_kwargs())
    tokens = texts.shape[1] - ids.shape[1]
    return tokens / (time.perf_counter() - began)


def _choosing_seconds(trace: Trace, _model: LanguageModel) -> float:
    """Returns the seconds to choose one token for each of as many rows as the trace has steps."""
    logits = torch.stack([step.logits for step in trace.steps])
    ids = [trace.ids_before(step.index) for step in trace.steps]
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        *_, (_, scores) = batch_stages(logits, ids, trace.settings.processing())
        chosen = drawn(scores, [step.draw for step in trace.steps])
        told(chosen, standing(logits, chosen.token_ids))
        taken.append(time.perf_counter() - began)
    return median(taken)
