"""Tests that every request of a page or client is answered with its result or a sentence, and disturbs no other text.

The tests find every event of the built page, every server function, every endpoint of the API and every route, so that
new ones are tested too. They send examples of what the page sends, with random changes in one or two places. An event
without an example here fails.
"""

import asyncio
import copy
import inspect
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import gradio as gr
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from gradio.helpers import special_args
from hypothesis import given, note, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from playground import visitor
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Limits, Request
from playground.lessons.faults import Faults
from playground.lessons.reading import Name, parse
from playground.traces.store import TraceStore
from playground.web.page import build_page
from playground.web.panels.messages import BROKEN
from playground.web.routes.beside_gradio import add_routes
from playground.web.routes.lessons import add_lesson_routes
from tests import fakes
from tests.edge_examples import BODIES, ENDPOINTS, EVENTS, PARAMETERS, SERVER_FUNCTIONS, TRACE_ID
from tests.lesson_texts import SMALL

EXAMPLES = 30
LIMITS = Limits(rows=6, waiting=20, prompt_tokens=80, new_tokens=4)
NEIGHBOUR = Request(fakes.prompt(4), fakes.greedy(4))

numbers = st.sampled_from([-1, 0, 1, 1.5, 3, 10**9, 2**63, -(2**63), 10**30, 1e308, float("nan"), float("inf")])
letters = st.text(st.characters(exclude_categories=()), max_size=8)
large = st.sampled_from(["x" * 3000, "x" * 60_000, "\ud800", "../../etc/passwd", "</script>", ""])
plain = st.none() | st.booleans() | numbers | st.integers() | st.floats() | letters | large
anything = st.recursive(plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(letters, inner, max_size=4))


@st.composite
def spoilt(draw, example: Any) -> Any:
    """Draws the example with up to two of its values, outer or inner ones, replaced, repeated or left out."""
    value = [copy.deepcopy(example)]
    for _ in range(draw(st.integers(0, 2))):
        holder, key = value, 0
        while isinstance(holder[key], dict | list) and holder[key] and draw(st.integers(0, 3)):
            holder = holder[key]
            key = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
        deed = draw(st.sampled_from(["replace", "replace", "leave out", "repeat"]))
        if deed == "leave out" and isinstance(holder, dict):
            del holder[key]
        elif deed == "repeat":
            holder[key] = [holder[key]] * draw(st.sampled_from([0, 5, 1200]))
        else:
            holder[key] = draw(anything)
    return value[0]


@dataclass(eq=False)
class Site:
    """A page and its routes on one tiny model, the event loop for requests, and the errors in the log."""

    engine: Engine
    page: gr.Blocks
    app: FastAPI
    runner: asyncio.Runner
    trace_id: str
    alone: tuple[int, ...]
    faults: list[str] = field(default_factory=list)

    def fill(self, example: Any) -> Any:
        """Returns the example with the id of a trace of this site."""
        return json.loads(json.dumps(example).replace(TRACE_ID, self.trace_id))

    def check(self, work: Any) -> None:
        """Does `work` beside another visitor's text, and checks that this text is as when it is written alone."""

        async def beside() -> None:
            neighbour = self.engine.trace(NEIGHBOUR)
            async with asyncio.timeout(fakes.PATIENCE_SECONDS):
                await work()
                async for _ in neighbour:
                    pass
            assert self.engine.store.get(neighbour.trace_id).token_ids == self.alone
            self.engine.store.drop([neighbour.trace_id])

        self.runner.run(beside())
        self.has_no_fault()

    def has_no_fault(self) -> None:
        faults, self.faults[:] = self.faults[:], []
        assert faults == []


class Listener(logging.Handler):
    """Collects what the playground logs as errors. Each of them is a bug."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._faults = faults

    def emit(self, record: logging.LogRecord) -> None:
        self._faults.append(self.format(record))


@pytest.fixture(scope="module")
def site(tiny_models, tokenizer) -> Iterator[Site]:
    engine = Engine(fakes.PacedModel(tiny_models["llama"], tokenizer), TraceStore(50_000_000), LIMITS).start()
    page, app = build_page(Engines.only(engine)), FastAPI()
    add_routes(app, Engines.only(engine))
    add_lesson_routes(app, [parse(SMALL, Name(6, "temperature", ""), Faults("06-temperature.md"))])
    _, alone = fakes.run(engine, NEIGHBOUR)
    example = next(block.value for block in page.blocks.values() if block.elem_id == "pg-decode")
    runner = asyncio.Runner()
    built = Site(engine, page, app, runner, example["trace_id"], alone.token_ids)
    listener, log = Listener(built.faults), logging.getLogger("playground")
    log.addHandler(listener)
    yield built
    log.removeHandler(listener)
    runner.close()
    engine.close()


def fuzz(strategy: st.SearchStrategy, work: Any) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
    @given(strategy)
    def once(asked: Any) -> None:
        work(asked)

    once()


async def answer(function: Any, inputs: list[Any], data: Any = None, request: Any = None) -> None:
    """Calls a function as Gradio does, and reads the first messages of a stream. A refusal must be a sentence."""
    request = request or gr.Request(session_hash="somebody", client=SimpleNamespace(host="here"))
    try:
        arguments, *_ = special_args(function, inputs, request, gr.EventData(None, data))
    except (gr.Error, OSError):  # Gradio takes a value with a `path` for a file, and refuses it itself
        return
    told = function(*arguments)
    try:
        if inspect.isasyncgen(told):
            messages = [await anext(told, None) for _ in range(3)]
            await told.aclose()
        else:
            messages = [await told]
    except gr.Error as refusal:
        messages = [refusal.message]
    text = str(messages)
    assert BROKEN not in text
    text.encode()  # the sentence can be sent


def test_every_event(site, subtests):
    tried = set()
    for number, event in site.page.fns.items():
        names = {name for _, name in event.targets}
        if event.fn is None or not (event.inputs or event.collects_event_data) or not names:
            continue
        [name] = names
        tried.add(name)
        assert name in EVENTS, f"Give an example of what the page sends with {name!r}."
        held = {part: part.value for part in event.inputs}
        components = list(held)
        together = st.tuples(spoilt(site.fill(EVENTS[name])), spoilt([held[part] for part in components]))

        def work(asked: Any, event=event, components=components) -> None:
            data, values = asked
            values = values if isinstance(values, list) else []
            padded = dict(zip(components, [*values, *[None] * len(components)], strict=False))
            inputs = [padded] if event.inputs_as_dict else list(padded.values())
            note(f"{inputs} {data!r:.2000}")
            site.check(lambda: answer(event.fn, inputs, data))

        with subtests.test(event=f"{name} ({number})"):
            fuzz(together, work)
    assert tried == set(EVENTS), "an event has gone"


def test_every_server_function(site, subtests):
    functions = {one.__name__: one for block in site.page.blocks.values() for one in getattr(block, "server_fns", [])}
    assert set(functions) == set(SERVER_FUNCTIONS), "Give an example of what the page sends."
    for name, function in functions.items():

        def work(asked: Any, function=function) -> None:
            site.check(lambda: answer(function, [asked], request=Posted({"session_hash": "somebody", "data": asked})))

        with subtests.test(function=name):
            fuzz(spoilt(SERVER_FUNCTIONS[name]), work)


class Posted:
    """A request whose body was already read, as Gradio passes it to a server function."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.headers = {"content-type": "application/json"}
        self.scope: dict[str, Any] = {}
        self._body = body

    async def json(self) -> dict[str, Any]:
        return self._body


def test_every_endpoint(site, subtests):
    endpoints = {event.api_name: event for event in site.page.fns.values() if event.api_visibility == "public"}
    assert set(endpoints) == set(ENDPOINTS), "Give an example of what a client sends."
    for name, event in endpoints.items():

        def work(values: Any, event=event) -> None:
            count = len(event.inputs)
            padded = [*(values if isinstance(values, list) else []), *[None] * count][:count]
            site.check(lambda: answer(event.fn, padded))

        with subtests.test(endpoint=name):
            fuzz(spoilt(ENDPOINTS[name]), work)


def test_every_route(site, subtests):
    routes = list(routes_of(site.app))
    assert len(routes) >= 15
    assert {route.path.split("/")[1] for route in routes} == {"playground"}
    with TestClient(site.app) as client:
        for route in routes:
            places = [one.name for one in route.dependant.path_params]
            queries = [one.name for one in route.dependant.query_params]
            body = next((example for name, example in BODIES.items() if route.path.endswith(name)), None)
            assert (body is not None) == bool(route.dependant.body_params), f"Give an example body of {route.path}."

            def work(asked: Any, route=route, client=client) -> None:
                path, query, sent = asked
                address = route.path.format(**{name: quote(value, safe="") for name, value in path.items()})
                asked_for = {name: value for name, value in query.items() if value is not None}
                method = next(iter(route.methods - {"HEAD"}))
                content = None if sent is None else json.dumps(sent)
                answered = client.request(method, address, params=asked_for, content=content)
                assert answered.status_code < 500, answered.text
                if answered.status_code >= 400:
                    assert isinstance(answered.json()["detail"], str)
                site.has_no_fault()

            good = {"trace_id": [site.trace_id], **PARAMETERS}
            word = {name: st.sampled_from(good[name]) | letters.map(sendable) for name in [*places, *queries]}
            strategy = st.tuples(
                st.fixed_dictionaries({name: word[name] for name in places}),
                st.fixed_dictionaries({name: st.none() | word[name] for name in queries}),
                st.none() if body is None else spoilt(body),
            )
            with subtests.test(route=route.path):
                fuzz(strategy, work)
    site.check(nothing)


@dataclass(frozen=True)
class Route:
    """One route: its whole path, and what FastAPI knows of its methods and parameters."""

    path: str
    methods: set[str]
    dependant: Any


def routes_of(holder: Any, prefix: str = "") -> Iterator[Route]:
    """Yields the routes of an app or a router, and of the routers that it includes, each under its whole path."""
    for route in holder.routes:
        if isinstance(route, APIRoute):
            yield Route(prefix + route.path, route.methods, route.dependant)
        elif (included := getattr(route, "original_router", None)) is not None:
            yield from routes_of(included, prefix + route.include_context.prefix)


def sendable(text: str) -> str:
    """Returns the text without characters that no address can hold."""
    return text.encode("utf-8", "replace").decode()


async def nothing() -> None:
    """Does no work, so that only the neighbour's text is written."""


@pytest.mark.parametrize("token_id", [-1, 300, 10**9, 1.5, "7", True, None, [7], "missing"])
def test_a_fork_at_what_is_no_token_harms_nobody(site, token_id):
    fork = next(event.fn for event in site.page.fns.values() if ("fork" in {name for _, name in event.targets}))
    max_new_tokens = next(part for event in site.page.fns.values() if event.fn is fork for part in event.inputs)
    asked = site.fill(EVENTS["fork"]) | {"token_id": token_id}
    if token_id == "missing":
        del asked["token_id"]
    told = []

    async def ask() -> None:
        request = gr.Request(session_hash="somebody")
        told.extend([message async for message in fork({max_new_tokens: 4}, gr.EventData(None, asked), request)])

    site.check(ask)
    [message] = told
    sentence = "The fork has no token_id" if token_id == "missing" else "is no token of tiny. Give a whole number from"
    assert sentence in message["error"]


async def test_each_piece_of_a_handler_runs_for_its_visitor():
    """Each message of a stream runs for its visitor, although Gradio may fetch each in another context."""
    from playground.web.panels.events import Call, stream

    seen, connected = [], []

    async def work(call: Call):
        for _ in range(3):
            seen.append(visitor.current.get())
            yield call.session

    stream(lambda function, *_, **__: connected.append(function), work, None, str)
    messages = connected[0](gr.EventData(None, {}), gr.Request(session_hash="alice"))
    for _ in range(3):
        visitor.current.set("bob")
        assert await anext(messages) == "alice"
    assert seen == ["alice"] * 3


def test_a_server_function_runs_for_the_visitor_whose_page_calls_it(site):
    from playground.web.panels.events import server_function

    async def whose(call) -> str:
        return visitor.current.get()

    with gr.Blocks(analytics_enabled=False) as page:
        view = gr.HTML(server_functions=[server_function("whose", whose)])
    with TestClient(gr.mount_gradio_app(FastAPI(), page, path="/")) as client:
        call = {"component_id": view._id, "fn_name": "whose", "session_hash": "alice", "data": {}}
        assert client.post("/gradio_api/component_server", json=call).json() == {"answer": "alice"}
