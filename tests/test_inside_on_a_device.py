"""Tests that every request of the tab Inside the model is answered by a model on a pretended device.

On a real one, no array is made of a device's tensor, and no operation reads tensors of both sides.
"""

import asyncio

import pytest

from playground.attention.views import open_text
from playground.engine.engine import Engine
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from tests import fakes
from tests.device_side import DeviceSide, no_arrays_of_the_device
from tests.test_inside_bfloat16 import ANSWERS, LINES, POSTS, TEXT, finite

ATTENTION = [
    "/attention.json",
    "/traces/{trace_id}/logits/-2",
    "/traces/{trace_id}/prompt",
    "/traces/{trace_id}/attention/rows/6",
    "/traces/{trace_id}/attention/maps/1/mean",
    "/traces/{trace_id}/attention/rollout",
    "/traces/{trace_id}/attention/thumbnails",
    "/traces/{trace_id}/attention/measures.json",
    "/traces/{trace_id}/attention/without/1/0?position=6",
]


@pytest.fixture(params=fakes.KINDS)
def engine(request, tokenizer, monkeypatch):
    monkeypatch.setattr("playground.decoding.draws.looks_are_free", lambda _: False)
    model = LanguageModel(fakes.tiny(request.param), tokenizer, request.param)
    engine = Engine(model, TraceStore(50_000_000)).start()
    side = DeviceSide(model.hf, is_strict=True)
    asyncio.run(engine.call(lambda _: side.__enter__()))
    with no_arrays_of_the_device():
        yield engine
    asyncio.run(engine.call(lambda _: side.__exit__(None, None, None)))
    engine.close()


def test_every_request_of_the_panes_is_answered(client, engine, subtests):
    trace_id = asyncio.run(open_text(engine, TEXT))
    gets = [("GET", path.format(trace_id=trace_id), None) for path in ANSWERS + LINES + ATTENTION]
    for method, path, body in gets + [("POST", path, body) for path, body in POSTS.items()]:
        with subtests.test(path):
            answer = client.request(method, f"/playground{path}", json=body)
            assert answer.status_code == 200, answer.text
            if "json" in answer.headers["content-type"]:
                for line in answer.text.splitlines():
                    told = finite(line)
                    assert not (isinstance(told, dict) and "error" in told), told
