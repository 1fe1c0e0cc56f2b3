"""Pauses the model, or a page's requests, so that what happens meanwhile is in time on any machine."""

import re
import threading
from collections.abc import Callable

from playwright.sync_api import Page

from playground.engine.engine import Engine


def hold_until_stopped(engine: Engine, monkeypatch, steps: int, traces: int = 1) -> None:
    """Lets no token end a text, and pauses the model after `steps` steps until `traces` running texts are stopped."""
    step, stop = engine.model.step, engine.stop
    left, stopped, released = [steps], set(), threading.Event()

    def held(*observed):
        left[0] -= 1
        assert left[0] >= 0 or released.wait(timeout=60), "nobody pressed Stop"
        return step(*observed)

    def told(trace_id: str) -> None:
        stop(trace_id)
        if engine.store.get(trace_id).stop_reason is None:
            stopped.add(trace_id)
        if len(stopped) == traces:
            released.set()

    monkeypatch.setattr(engine.model, "eos_token_ids", frozenset())
    monkeypatch.setattr(engine.model, "step", held)
    monkeypatch.setattr(engine, "stop", told)


def hold_requests(page: Page, part: str | re.Pattern[str]) -> Callable[[], None]:
    """Holds the requests of a page to some addresses. Returns a function that lets all of them pass."""
    held, released = [], []

    def hold(route) -> None:
        if released:
            route.continue_()
        else:
            held.append(route)

    def release() -> None:
        released.append(True)
        for route in held:
            route.continue_()
        page.unroute(part, hold)

    page.route(part, hold)
    return release
