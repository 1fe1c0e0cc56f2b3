"""Helpers: what the tests of a fleet ask for, and how they look at what came."""

from collections.abc import AsyncIterator, Generator

import pytest

from playground.decoding.settings import Settings
from playground.engine.request import Request
from playground.engine.run import Run
from playground.traces.trace import Step, Trace
from tests.fleet.near_replicas import NearReplicas

SAMPLED = Settings(strategy="sample", temperature=1.3, top_k=20, seed=5, max_new_tokens=24)
PROMPTS = [(5, 9, 200), (7, 7, 7, 30, 31), (90,)]


async def written(engine, request: Request, onto: str | None = None) -> tuple[Trace, list[Step]]:
    run = engine.trace(request, onto)
    steps = [news async for news in run if isinstance(news, Step)]
    return engine.store.get(run.trace_id), steps


async def held_up(far, engines) -> tuple[Run, AsyncIterator]:
    """Returns a text that stops growing after three steps, and what its reader hears next. `go_on` lets it grow."""
    for one in engines.values():
        one.model.hold()
        one.model.allow(3)
    run = far.trace(Request(PROMPTS[0], SAMPLED))
    news = aiter(run)
    for _ in range(3):
        await anext(news)
    return run, news


def go_on(engines) -> None:
    for one in engines.values():
        one.model.free()


def facts(trace: Trace) -> list[tuple]:
    """Returns what must be equal of a text's steps. Probabilities differ in the last bits by who shares a forward."""
    return [
        (step.index, step.token_id, step.draw, pytest.approx(step.probability, abs=1e-5), step.kept, step.forced)
        for step in trace.steps
    ]


async def killed(replicas: NearReplicas, name: str) -> None:
    replicas.kill(name)


def vocabulary_of(model) -> int:
    return model.vocabulary_size


def list_of_one(model) -> list[int]:
    return [1]


def appended(model, numbers: list[int]) -> list[int]:
    numbers.append(1)
    return numbers


def appended_slowly(model, numbers: list[int]) -> Generator[None, None, list[int]]:
    yield
    numbers.append(2)
    return numbers
