"""Measures one way to use the cores, in a process of its own. Prints tokens per second in each situation as JSON."""

import argparse
import asyncio
import json
import random
import sys
import time
from dataclasses import replace
from statistics import quantiles

from playground.models.threads import bound_spinning


def main() -> None:
    """Measures with `--adapts` what the server does: it bounds spinning and chooses its number of threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adapts", action="store_true")
    adapts = parser.parse_args().adapts
    if adapts:
        bound_spinning()
    print(json.dumps(_measure(adapts)))


def _measure(adapts: bool) -> dict[str, float]:
    from bench import engine as speeds
    from bench.cores import busy
    from playground.decoding.settings import Settings
    from playground.models.threads import ThreadCount

    running = speeds.start("cpu")
    if not adapts:
        running.threads = ThreadCount(1, lambda count: None)
    found = {}
    settings = Settings(temperature=0.8, top_k=40, top_p=0.9, max_new_tokens=150)
    found["alone, 1 row"] = speeds.speed(running, settings, 1)
    found["alone, 32 rows"] = speeds.speed(running, settings, 32)
    with busy():
        found["one core taken, 1 row"] = speeds.speed(running, replace(settings, max_new_tokens=80), 1)
    found |= asyncio.run(_class(running))
    running.close()
    return found


async def _class(engine, visitors: int = 30, seconds: float = 20) -> dict[str, float]:
    """Measures thirty visitors who generate, look for a moment and generate again.

    Each token becomes a message, as for the page, on an event loop beside the engine's thread.
    """
    from playground.decoding.settings import Settings
    from playground.engine.request import Request
    from playground.engine.run import Step
    from playground.web.messages.trace import trace_message

    prompt = engine.model.tokenizer.encode("At night the sky is full of")
    end = time.perf_counter() + seconds
    firsts: list[float] = []
    tokens = 0

    async def visit(number: int) -> None:
        nonlocal tokens
        luck = random.Random(number)
        while time.perf_counter() < end:
            await asyncio.sleep(2 * luck.random())
            start, is_first = time.perf_counter(), True
            run = engine.trace(Request(prompt, Settings(top_k=40, max_new_tokens=40, seed=luck.getrandbits(30))))
            async for news in run:
                if isinstance(news, Step):
                    trace = engine.store.get(run.trace_id)
                    json.dumps(trace_message(run.trace_id, trace, [news], engine.model.vocabulary_size, []))
                    if is_first:
                        firsts.append(time.perf_counter() - start)
                    is_first = False
                    tokens += 1
            engine.store.drop([run.trace_id])

    began = time.perf_counter()
    await asyncio.gather(*(visit(number) for number in range(visitors)))
    speed = tokens / (time.perf_counter() - began)
    return {"30 visitors": speed, "30 visitors, first token p95": quantiles(firsts, n=20)[-1]}


if __name__ == "__main__":
    sys.exit(main())
