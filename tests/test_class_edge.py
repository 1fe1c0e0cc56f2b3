"""Tests that every request to a class is answered with its result or a sentence, whatever stands in it."""

import json
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.lessons.faults import Faults
from playground.lessons.reading import Name, parse
from playground.web.classroom.room import PUPIL_HEADER, TEACHER_HEADER, Room
from playground.web.routes.beside_gradio import add_routes
from playground.web.routes.classroom import add_class_routes
from tests import fakes
from tests.classes import SECRET
from tests.edge_examples import BODIES, TRACE_ID
from tests.lesson_texts import SMALL
from tests.test_edge import fuzz, routes_of, spoilt

PREFIX = "/playground"


def test_every_route_of_the_class(engine, subtests):
    _, trace = fakes.run(engine, Request(fakes.prompt(4), fakes.greedy(4)))
    held = engine.store.open(trace)
    app, room = FastAPI(), Room(engine.store, SECRET)
    add_routes(app, Engines.only(engine))
    add_class_routes(
        app, Engines.only(engine), room, [parse(SMALL, Name(6, "temperature", ""), Faults("06-temperature.md"))]
    )
    routes = [route for route in routes_of(app) if route.path.startswith(f"{PREFIX}/class/")]
    with TestClient(app) as client:
        for route in routes:
            if route.path.endswith("/events"):
                continue  # a stream does not end
            body = BODIES.get(route.path.removeprefix(PREFIX))
            assert (body is not None) == bool(route.dependant.body_params), f"Give an example body of {route.path}."
            filled = json.loads(json.dumps(body).replace(TRACE_ID, held))

            def work(given: Any, route=route) -> None:
                content = None if given is None else json.dumps(given)
                joined = client.post(f"{PREFIX}/class/join", json={})
                token = joined.json()["token"]
                for headers in ({}, {PUPIL_HEADER: token}, {TEACHER_HEADER: SECRET}):
                    method = next(iter(route.methods - {"HEAD"}))
                    answered = client.request(method, route.path, content=content, headers=headers)
                    assert answered.status_code < 500, answered.text
                    if answered.status_code >= 400:
                        assert isinstance(answered.json()["detail"], str)
                room.classroom.news.whole()
                room.classroom.news.desk()

            with subtests.test(route=route.path):
                if body is None:
                    work(None)
                else:
                    fuzz(spoilt(filled), work)
