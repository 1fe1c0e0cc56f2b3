"""Tests that the model does nothing for pupils while their class is paused, whichever way they ask.

The tests find every route, every event of the built page, every server function and every endpoint of the API, so that
a new one is tested too.
"""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlencode

import gradio as gr
import pytest
from torch.nn.modules.module import register_module_forward_pre_hook

from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.web.guards.class_rules import WHY_NO_PLAY, WHY_PAUSED
from playground.web.page import build_page
from tests import fakes
from tests.classes import TEACHER, Site
from tests.edge_examples import BODIES, ENDPOINTS, EVENTS, PARAMETERS, SERVER_FUNCTIONS, TRACE_ID
from tests.test_edge import Posted, answer, routes_of

ONCE = "/playground/inside/drawing.json"
"""What it answers is computed once for a model, and is about no text."""
PAUSED = "The teacher has paused the class. Wait until it goes on."


@pytest.fixture
def layers() -> Iterator[list[str]]:
    """Holds the name of each layer of any model that has run."""
    ran: list[str] = []
    hook = register_module_forward_pre_hook(lambda layer, _: ran.append(type(layer).__name__))
    yield ran
    hook.remove()


@pytest.fixture
def site(engine) -> Site:
    return Site(engine)


@pytest.fixture
def page(engine) -> gr.Blocks:
    return build_page(Engines.only(engine))


async def written(site: Site, tokens: int = 4) -> str:
    """Returns a text that one visitor holds."""
    run = site.engine.trace(Request(fakes.prompt(tokens), fakes.greedy(4)))
    async for _ in run:
        pass
    return run.trace_id


def addresses(site: Site, trace_id: str) -> list[tuple[str, str, Any]]:
    """Returns the method, the address and the body of a request to each route."""
    found = []
    for route in routes_of(site.routes):
        if route.path.endswith("/class/events"):
            continue  # a stream does not end
        good = {name: values[0] for name, values in PARAMETERS.items()} | {"trace_id": trace_id}
        path = route.path.format(**{one.name: good[one.name] for one in route.dependant.path_params})
        query = urlencode({one.name: good[one.name] for one in route.dependant.query_params})
        body = next((example for name, example in BODIES.items() if route.path.endswith(name)), None)
        filled = json.loads(json.dumps(body).replace(TRACE_ID, trace_id))
        found.append((next(iter(route.methods - {"HEAD"})), f"{path}?{query}", filled))
    return found


async def test_no_route_lets_the_model_work_while_the_class_is_paused(site, layers):
    await site.teach("scene", {"view": "decode", "face": "simple", "guess": False})
    pupil = await site.join()
    await site.ask("GET", ONCE, headers=TEACHER)
    await site.teach("mode", {"paused": True})
    forgotten = await written(site)
    site.engine.store.release([forgotten])  # so that its logits are not kept
    asked = addresses(site, forgotten)
    assert len(asked) > 60
    layers.clear()
    refused = []
    for method, address, body in asked:
        told = await site.ask(method, address, body, pupil)
        assert layers == [], f"{address} lets the model work"
        if told.status == 409 and told.sentence == PAUSED:
            refused.append((method, address, body))
    worked = set()
    for method, address, body in refused:
        layers.clear()
        assert (await site.ask(method, address, body, TEACHER)).status != 409
        worked |= {address.partition("?")[0].removeprefix("/playground/")} if layers else set()
    assert len(worked) > 15, "the teacher goes on"


async def test_a_text_that_the_class_looks_at_is_still_looked_at_while_it_is_paused(site):
    trace_id = await written(site)
    await site.teach("scene", {"view": "decode", "face": "simple", "guess": False, "trace": trace_id, "index": 0})
    await site.teach("mode", {"paused": True})
    pupil = await site.join()
    for path in ("logits/1", "logits/-1", "head/1", "prompt", "inside/lens", "attention/rows/1"):
        assert (await site.ask("GET", f"/playground/traces/{trace_id}/{path}", headers=pupil)).status == 200, path
    other = await written(site, tokens=5)
    statuses = [
        (await site.ask("GET", f"/playground/traces/{other}/{path}", headers=pupil)).status
        for path in ("logits/1", "logits/-1", "inside/lens")
    ]
    assert statuses == [200, 409, 409], "what is recorded of another text costs nothing"


async def test_nobody_draws_with_the_class_or_takes_a_turn_in_its_text_while_it_is_paused(site, layers):
    trace_id = await written(site)
    shown = {"view": "decode", "face": "simple", "guess": False, "trace": trace_id, "index": 1}
    settings = fakes.greedy(4).to_dict() | {"strategy": "sample"}
    await site.teach("scene", shown | {"settings": settings})
    pupil = await site.join()
    async with site.reading(pupil) as reader:
        await reader.has(here=1)
        await site.teach("draw")
        await reader.until(lambda: reader.state["draw"])
        draw = {"draw": reader.state["draw"]["id"]}
        await site.teach("text")
        await site.teach("mode", {"paused": True})
        layers.clear()
        for path, given in (("draw/one", draw), ("text/turn", None)):
            told = await site.post(path, given, pupil)
            assert (told.status, told.sentence, layers) == (409, PAUSED, [])
        await site.teach("mode", {"paused": False})
        assert (await site.post("draw/one", draw, pupil)).status == 200
        assert (await site.post("text/turn", None, pupil)).status == 200


def asking(why: str | None) -> gr.Request:
    """Returns Gradio's request of a pupil, whose scope says what the class does not allow now."""
    request = gr.Request(session_hash="ada", client=SimpleNamespace(host="here"))
    request.request = Mock(scope={WHY_NO_PLAY: why, WHY_PAUSED: why})
    request.request.app.get_blocks()._queue.active_jobs = []
    return request


async def test_no_event_and_no_endpoint_lets_the_model_work_while_the_class_is_paused(page, layers):
    trace_id = next(block.value for block in page.blocks.values() if block.elem_id == "pg-decode")["trace_id"]
    fill = lambda example: json.loads(json.dumps(example).replace(TRACE_ID, trace_id))  # noqa: E731
    layers.clear()

    async def each(why: str | None) -> set[str]:
        """Asks for everything, and returns the names of what let the model work."""
        worked = set()
        for event in page.fns.values():
            names = {name for _, name in event.targets}
            if event.fn is None or not names <= set(EVENTS):
                continue
            held = {part: part.value for part in event.inputs}
            inputs = [held] if event.inputs_as_dict else list(held.values())
            for name in names:
                await answer(event.fn, inputs, fill(EVENTS[name]), asking(why))
                worked |= {name} if layers else set()
                layers.clear()
        for event in page.fns.values():
            if event.api_visibility == "public":
                values = [*ENDPOINTS[event.api_name], *[None] * len(event.inputs)][: len(event.inputs)]
                await answer(event.fn, values, request=asking(why))
                worked |= {event.api_name} if layers else set()
                layers.clear()
        for block in page.blocks.values():
            for function in getattr(block, "server_fns", []):
                name = function.__name__
                posted = Posted({"session_hash": "ada", "data": SERVER_FUNCTIONS[name]})
                posted.scope |= {WHY_NO_PLAY: why, WHY_PAUSED: why}
                await answer(function, [SERVER_FUNCTIONS[name]], request=posted)
                worked |= {name} if layers else set()
                layers.clear()
        return worked

    assert await each(PAUSED) == set()
    assert await each(None) >= {"trace", "beams", "lens", "ask_labels"}
