"""Measures a fleet of real replicas, whose forward is a timed wait so that few cores can stand for many machines.

The simulation of `bench.simulate` has to predict what is measured. Needs the package ray.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.simulate import Plan, simulate
from bench.table import Row, at_least, at_most
from playground.decoding.settings import Settings
from playground.decoding.word_rules import BAN
from playground.engine.any_engine import AnyEngine
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Limits, Request
from playground.engine.starting import Bounds
from playground.fleet.cluster import LOCAL, Cluster, start_fleet
from playground.models.forward import Observation
from playground.models.offering import Asked
from playground.places import ASSETS
from playground.traces.trace import Step

MODEL = str(ASSETS / "built_in" / "french-english")
WAIT_SECONDS = 0.08
ROWS, VISITORS, TOKENS = 4, 30, 40
ROUND_SECONDS = 20
MOST = 3


@dataclass(frozen=True)
class Timed(Cluster):
    """A cluster whose replicas wait in each step, as a large model would compute."""

    def start(self) -> Engines:
        engines = super().start()
        [engine] = engines.running()
        assert isinstance(engine, Engine)
        step = engine.model.step

        def timed(ids: Sequence[int], *others: Any) -> Observation:
            time.sleep(WAIT_SECONDS)
            return step(ids, *others)

        engine.model.step = timed
        return engines


def fleet(rounds: int) -> Iterator[Row]:
    """Compares one, two and three replicas with each other and with the simulation of them."""
    tokens: dict[int, float] = {}
    step = 0.0
    for replicas in range(1, MOST + 1):
        bounds = Bounds(Limits(rows=ROWS), 64 * 2**20, 256 * 2**20)
        engines = start_fleet(Timed(LOCAL, replicas, replicas, 0, 1, Asked((MODEL,), device="cpu"), bounds))
        [running] = engines.running()
        assert isinstance(running, AnyEngine)
        try:
            step = step or asyncio.run(_step_seconds(running))
            tokens[replicas] = median(asyncio.run(_tokens_per_second(running)) for _ in range(rounds))
        finally:
            engines.close()
    for replicas, measured in tokens.items():
        plan = Plan(replicas, ROWS, lambda rows: step, VISITORS, TOKENS)
        told = simulate(plan, 600).tokens_per_second
        note = f"{measured:.0f} tokens/s, simulated {told:.0f}"
        what = f"Simulation against {replicas} {'replica' if replicas == 1 else 'replicas'} whose step is a timed wait"
        yield at_most(what, abs(told / measured - 1) * 100, " %", 15, note)
    note = f"{tokens[MOST]:.0f} against {tokens[1]:.0f} tokens/s"
    yield at_least(f"Throughput of {MOST} replicas against one", tokens[MOST] / tokens[1], " ×", 2.7, note)


def _request(number: int, model: Any) -> Request:
    prompt = model.encode_prompt("un chien est dans la maison")
    ends = tuple((token_id, BAN) for token_id in model.eos_token_ids)  # so that every text reaches its full length
    settings = Settings(strategy="sample", temperature=1.5, seed=number, max_new_tokens=TOKENS, logit_bias=ends)
    return Request(prompt.ids, settings, source_ids=prompt.source_ids)


async def _step_seconds(running: AnyEngine) -> float:
    """Returns the time of a step of a text that is alone."""
    return median([step.seconds async for step in running.trace(_request(0, running.model)) if isinstance(step, Step)])


async def _tokens_per_second(running: AnyEngine) -> float:
    """Lets visitors write text after text, and counts their tokens when all places are taken."""
    made, number, until = 0, 0, time.perf_counter() + ROUND_SECONDS

    async def visit() -> None:
        nonlocal made, number
        while time.perf_counter() < until:
            number += 1
            run = running.trace(_request(number, running.model))
            async for news in run:
                made += isinstance(news, Step)
            running.store.drop([run.trace_id])

    visits = [asyncio.create_task(visit()) for _ in range(VISITORS)]
    await asyncio.sleep(ROUND_SECONDS / 4)
    before, began = made, time.perf_counter()
    await asyncio.sleep(ROUND_SECONDS / 2)
    found = (made - before) / (time.perf_counter() - began)
    await asyncio.gather(*visits)
    return found
