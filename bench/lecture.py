"""Lets visitors work as a class does: they write texts, look at steps, fork, compare and leave, again and again.

They speak the protocol without a browser. Every text is compared with the same text written while nothing else runs.
Does not know how the server is started, or what is printed.
"""

import asyncio
import json
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx
import numpy as np

from bench.classroom import KEPT_SECONDS
from playground.decoding.settings import PRESETS
from tests.plain_visitor import PlainVisitor, visiting

PATIENCE_SECONDS = 300
NEW_TOKENS, GRID_TOKENS = 40, 20
FORK_TOKEN = 284
LOOKS, TEXTS = 4, 3
"""The steps that a visitor looks at in a text, and the texts that a visitor writes before the page is closed."""
THOUGHT_SECONDS = (6, 20)
"""How long a visitor looks at the page before pressing something."""
GLANCE_SECONDS = (0.3, 2)
COMPARING = 0.3
"""The share of texts after which a visitor compares settings. After the others comes a fork."""
NEAR = 1e-3
"""Another token under the same draw is the result of rounding where no logit before it differs by more."""
PROMPTS = (
    "Once upon a time",
    "The capital of France is",
    "A lecture hall fills slowly, and the first question is",
    "Two plus two is four. Three plus three is",
    "My grandmother always said that",
    "The experiment failed because",
)
SEEDS = (1, 2)
TRACE_ID = re.compile(r'"trace_id": "([^"]+)"')


class Asked(NamedTuple):
    """What a visitor asks for: a prompt under a seed, and whether it is the fork of this text."""

    prompt: str
    seed: int
    is_fork: bool = False


class Text(NamedTuple):
    """A text as the server tells it: its tokens, the draw of each, and the row of logits before each."""

    token_ids: list[int]
    draws: list[float | None]
    rows: list[np.ndarray]


@dataclass(frozen=True)
class Alone:
    """What visitors ask for, made while nothing else runs: texts, and the grid of each prompt."""

    texts: dict[Asked, Text]
    grids: dict[str, list[list[int]]]


@dataclass
class Seen:
    """What was observed: the seconds to each first token, what was done, and what was wrong."""

    first_seconds: list[float] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)


class Lecture:
    """Visitors of one server."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self.seen = Seen()
        self._client = client
        self._url = url

    async def alone(self) -> Alone:
        """Makes everything that visitors ask for. Call it while nothing else runs."""
        made = Alone({}, {})
        async with visiting(self._client, self._url) as visitor:
            for prompt in PROMPTS:
                for seed in SEEDS:
                    trace_id, _ = await _write(visitor, prompt, seed)
                    text = made.texts[Asked(prompt, seed)] = await self._text(trace_id)
                    forked = await _fork(visitor, trace_id, len(text.token_ids) // 2)
                    made.texts[Asked(prompt, seed, is_fork=True)] = await self._text(forked)
                made.grids[prompt] = await _grid(visitor, prompt)
        return made

    async def work(self, alone: Alone, visitors: int, seconds: float, thought: tuple[float, float]) -> None:
        """Lets visitors work until the time is over. They come one after the other, within the longest `thought`."""
        until = time.perf_counter() + seconds
        await asyncio.gather(*(self._come_often(alone, number, until, thought) for number in range(visitors)))

    async def _come_often(self, alone: Alone, number: int, until: float, thought: tuple[float, float]) -> None:
        """Opens the page again and again until the time is over."""
        luck = random.Random(number)
        await asyncio.sleep(luck.uniform(0, thought[1]))
        while time.perf_counter() < until:
            try:
                async with visiting(self._client, self._url) as visitor:
                    for _ in range(TEXTS):
                        await asyncio.sleep(luck.uniform(*thought))
                        if time.perf_counter() > until:
                            return
                        await self._work(alone, visitor, luck, thought)
            except (httpx.HTTPError, TimeoutError, AssertionError) as error:
                self.seen.faults[f"{type(error).__name__}: {error}"[:100]] += 1
            await asyncio.sleep(luck.uniform(*thought))

    async def _work(
        self, alone: Alone, visitor: PlainVisitor, luck: random.Random, thought: tuple[float, float]
    ) -> None:
        """Writes a text, looks at steps, and forks or compares."""
        asked = Asked(luck.choice(PROMPTS), luck.choice(SEEDS))
        trace_id, first = await _write(visitor, asked.prompt, asked.seed)
        self.seen.first_seconds.append(first)
        self.seen.done["texts"] += 1
        length = await self._compare(trace_id, alone.texts[asked])
        for _ in range(LOOKS):
            await asyncio.sleep(luck.uniform(*GLANCE_SECONDS))
            await self._row(trace_id, luck.randrange(length))
        await asyncio.sleep(luck.uniform(*thought))
        if luck.random() < COMPARING:
            self.seen.done["grids"] += 1
            if await _grid(visitor, asked.prompt) != alone.grids[asked.prompt]:
                self.seen.faults["a grid has other texts than alone"] += 1
            return
        forked = await _fork(visitor, trace_id, len(alone.texts[asked].token_ids) // 2)
        self.seen.done["forks"] += 1
        await self._compare(forked, alone.texts[asked._replace(is_fork=True)])

    async def _compare(self, trace_id: str, alone: Text) -> int:
        """Counts a text that is not the one that was written alone, as a fault unless it begins to differ at a near
        tie. Returns its length."""
        ids, draws = await self._steps(trace_id)
        if ids == alone.token_ids:
            return len(ids)
        at = next((at for at, pair in enumerate(zip(ids, alone.token_ids, strict=False)) if pair[0] != pair[1]), None)
        if at is None:
            self.seen.faults["a text has another length than alone"] += 1
        elif draws[at] == alone.draws[at] and np.allclose(
            await self._row(trace_id, at), alone.rows[at], rtol=0, atol=NEAR
        ):
            self.seen.done["ties"] += 1
        else:
            self.seen.faults["a text has other tokens than alone"] += 1
        return len(ids)

    async def _text(self, trace_id: str) -> Text:
        ids, draws = await self._steps(trace_id)
        return Text(ids, draws, [await self._row(trace_id, index) for index in range(len(ids))])

    async def _steps(self, trace_id: str) -> tuple[list[int], list[float | None]]:
        answer = await self._client.get(f"{self._url}/playground/traces/{trace_id}")
        answer.raise_for_status()
        steps = answer.json()["steps"]
        return [step["token_id"] for step in steps], [step["draw"] for step in steps]

    async def _row(self, trace_id: str, index: int) -> np.ndarray:
        answer = await self._client.get(f"{self._url}/playground/traces/{trace_id}/logits/{index}")
        answer.raise_for_status()
        return np.frombuffer(answer.content, dtype=np.float32)


def new_client() -> httpx.AsyncClient:
    """Returns a client for as many visitors as come."""
    limits = httpx.Limits(max_connections=None, keepalive_expiry=KEPT_SECONDS)
    return httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=limits)


async def _write(visitor: PlainVisitor, prompt: str, seed: int) -> tuple[str, float]:
    """Returns the id of the text that Generate writes, and the seconds until its first token came."""
    began, first, found = time.perf_counter(), None, None
    async for message in visitor.click("Generate", prompt=prompt, max_new_tokens=NEW_TOKENS, seed=seed, lock=True):
        if first is None:
            told = json.dumps(message.get("output"))
            found = found or TRACE_ID.search(told)
            if '"token_id"' in told:
                first = time.perf_counter() - began
    assert found is not None, "no text was begun"
    assert first is not None, "no token came"
    return found[1], first


async def _fork(visitor: PlainVisitor, trace_id: str, index: int) -> str:
    """Returns the id of a text that goes on with another token from a step on."""
    asked = {"trace_id": trace_id, "index": index, "token_id": FORK_TOKEN, "settings": PRESETS["Balanced"].to_dict()}
    told = [json.dumps(one.get("output")) async for one in visitor.trigger("pg-decode", "fork", asked)]
    found = [one for message in told for one in TRACE_ID.findall(message) if one != trace_id]
    assert found, "no fork was begun"
    return found[0]


async def _grid(visitor: PlainVisitor, prompt: str) -> list[list[int]]:
    """Returns the texts of a small comparison of settings."""
    rows = [PRESETS[name].to_dict() for name in ("Greedy", "Creative")]
    asked = {"prompts": [prompt], "rows": rows, "first_seed": 1, "seeds": 1, "new_tokens": GRID_TOKENS, "chat": False}
    last: dict[str, Any] = {}
    async for message in visitor.trigger("pg-compare", "grid_run", asked):
        last = message
    told = last["output"]["data"][0]
    assert "cells" in told, told
    return [cell["token_ids"] for cell in sorted(told["cells"], key=lambda cell: cell["row"])]
