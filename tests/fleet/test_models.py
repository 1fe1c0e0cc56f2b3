"""A fleet has several models: each replica loads a model when it is first used, within its own memory."""

import asyncio
import os
import subprocess
import sys
import threading
from functools import partial

import pytest

from playground.decoding import own_files
from playground.decoding.settings import Settings
from playground.engine.request import Limits, Request
from playground.engine.starting import Bounds, start_engines
from playground.errors import PlaygroundError
from playground.fleet.far_engines import far_engines
from playground.fleet.fleet import Fleet
from playground.fleet.replica import Replica
from playground.fleet.replicas import ReplicaLostError
from playground.models.offer import offer
from playground.models.offering import Asked, offers
from playground.traces.store import TraceStore
from tests import adapters, encoders, fakes, your_own_stage
from tests.fleet.near_replicas import NearReplicas, far
from tests.fleet.words import list_of_one, written
from tests.shelf import BROKEN, NAMES, client_of, shelf, tiny_language_models

PROMPT = (5, 9, 200)
SAMPLED = Settings(strategy="sample", temperature=1.3, seed=5, max_new_tokens=24)


@pytest.fixture
def near(tiny_models):
    """The engines of two replicas that have room for one model, of which the first is loaded."""
    loaders = tiny_language_models(tiny_models)

    def broken():
        raise PlaygroundError(BROKEN)

    made = {name: shelf({**loaders, "broken": broken}, room=1) for name in ("one", "two")}
    for engines in made.values():
        engines.hold("first", *engines._start(engines.offers[0], 0))
    yield made
    for engines in made.values():
        engines.close()


@pytest.fixture
def fleet(near):
    fleet = Fleet(NearReplicas(near), TraceStore(0)).start()
    yield fleet
    fleet.close()


@pytest.fixture
def engines(fleet, near):
    return far_engines(fleet, near["one"].offers)


async def test_each_model_writes_on_replicas_what_it_writes_here(engines, near):
    assert [offer.name for offer in engines.offers] == [*NAMES, "broken"]
    assert engines.loaded("second") is None
    for name in NAMES:
        async with engines.using(name) as there, near["one"].using(name) as here:
            assert there.model.facts() == here.model.facts()
            assert there.model.vocabulary == here.model.vocabulary
            found, _ = await written(there, Request(PROMPT, SAMPLED))
            expected, _ = await written(here, Request(PROMPT, SAMPLED))
            assert (found.model, found.token_ids) == (name, expected.token_ids)


async def test_a_replica_that_has_the_model_is_asked_while_it_has_a_place(engines, fleet, near, monkeypatch):
    async with near["two"].using("second"):
        pass
    await fleet.status()
    assert (fleet.having("first"), fleet.having("second"), fleet.having("third")) == ("one", "two", None)
    async with engines.using("second") as second:
        for seed in range(4):
            _ = await written(second, Request(PROMPT, SAMPLED))
            assert [*fleet.texts.places.values()] == ["two"] * (seed + 1)
    monkeypatch.setitem(fleet.replicas()[1], "running", fleet.replicas()[1]["places"])
    assert fleet.having("second") is None


async def test_a_model_that_all_replicas_have_is_asked_for_at_the_less_busy_one(engines, fleet):
    await fleet.status()
    assert fleet.having("first") is None


async def test_a_model_that_is_in_use_is_not_let_go(engines, near, monkeypatch):
    monkeypatch.setattr("playground.engine.engines.PATIENCE_SECONDS", 0.05)
    del near["two"]
    engines.others._replicas.kill("two")
    async with engines.using("first") as first, first.held(list_of_one):
        with pytest.raises(PlaygroundError, match="leave no room for it: first"):
            async with engines.using("second"):
                pass
    while near["one"]._places["first"].users:
        await asyncio.sleep(0)
    async with engines.using("second") as second:
        assert (await written(second, Request(PROMPT, SAMPLED)))[0].model == "second"
    assert near["one"].loaded("first") is None
    async with engines.using("first") as first:
        assert (await written(first, Request(PROMPT, SAMPLED)))[0].model == "first"


async def test_a_text_that_is_stopped_while_its_model_is_loaded_is_not_written(engines, near):
    async with engines.using("second") as second:
        for own in near.values():
            async with own.using("first"):  # there is room for one model
                pass
        loads = threading.Event()
        for own in near.values():
            own._start = partial(_when, loads, own._start)
        run = second.trace(Request(PROMPT, SAMPLED))
        while not any(own.progress("second") for own in near.values()):
            await asyncio.sleep(0)
        run.close()
        await engines.others.status()  # it comes to the replica after the stop
        loads.set()
        _ = [news async for news in run]
        trace = engines.store.get(run.trace_id)
        assert (trace.token_ids, trace.stop_reason) == ((), "stopped")
        assert not second.busy


def _when(loads, start, *asked):
    loads.wait()
    return start(*asked)


async def test_the_first_text_goes_to_the_replica_that_has_loaded_its_model(engines, near):
    for name in ("second", "third"):
        async with engines.using(name) as engine:
            [at] = [at for at, own in near.items() if own.loaded(name)]
            engines.others._replicas.texts[at] += 3  # so that another one would be asked where it does not matter
            _ = await written(engine, Request(PROMPT, SAMPLED))
        assert [at for at, own in near.items() if own.loaded(name)] == [at]


async def test_a_model_that_ends_the_replica_which_loads_it_ends_no_other_one(engines, fleet, monkeypatch):
    asked = []

    async def lost(self, name):
        asked.append(name)
        raise ReplicaLostError

    monkeypatch.setattr(Replica, "describe", lost)
    with pytest.raises(PlaygroundError, match="second could not be loaded, because its replica has ended"):
        async with engines.using("second"):
            pass
    assert asked == ["second"]
    async with engines.using("first") as first:
        assert (await written(first, Request(PROMPT, SAMPLED)))[0].model == "first"


async def test_a_model_that_replicas_cannot_load_is_told(engines):
    with pytest.raises(PlaygroundError, match=BROKEN):
        async with engines.using("broken"):
            pass
    async with engines.using("first") as first:
        await first.answers()


def test_an_encoder_only_model_fills_blanks_on_a_replica(tmp_path):
    fakes.tiny("llama").save_pretrained(tmp_path / "llama")
    fakes.byte_level_tokenizer().save_pretrained(tmp_path / "llama")
    names = [encoders.folder(tmp_path / "bert", "bert"), str(tmp_path / "llama")]
    here = start_engines([offer(name, "cpu") for name in names], Bounds(Limits(), 10_000_000, 10_000_000))
    there = far(here)
    assert [one.model.name for one in there.running()] == ["bert", "llama"]
    with client_of(here) as near, client_of(there) as client:
        for path in ("row", "likelihood"):
            asked = {"json": {"text": encoders.TEXT, "position": 4}, "params": {"model": "bert"}}
            answer = client.post(f"/playground/encoder/{path}", **asked)
            assert answer.status_code == 200, answer.text
            assert answer.content == near.post(f"/playground/encoder/{path}", **asked).content
        assert client.get("/playground/models.json").json() == near.get("/playground/models.json").json()
    there.close()
    assert here.running()[0]._closed


async def test_adapters_and_variants_write_on_replicas(tmp_path):
    base, tuned = adapters.saved("llama", tmp_path / "tiny"), adapters.adapter(tmp_path / "tuned")
    asked = Asked([str(base)], variants=["bfloat16"], adapters=[str(tuned)], device="cpu")
    here = start_engines(offers(asked), Bounds(Limits(), 10_000_000, 10_000_000))
    there = far(here)
    texts = {}
    for one in there.offers:
        async with there.using(one.name) as engine, here.using(one.name) as own:
            assert (engine.model.dtype, engine.model.facts()) == (one.dtype, own.model.facts())
            texts[one.name] = (await written(engine, Request(PROMPT, SAMPLED)))[0].token_ids
            assert texts[one.name] == (await written(own, Request(PROMPT, SAMPLED)))[0].token_ids
    assert texts.keys() == {"tiny", "tuned", "tiny (bfloat16)"}
    assert len({*texts.values()}) >= 2
    there.close()


def test_another_process_has_the_stages_of_the_server(tmp_path):
    path = your_own_stage.write(tmp_path)
    command = "from playground.decoding.stages import BY_NAME; print('my_top_a' in BY_NAME)"
    said = {
        given: subprocess.run(
            [sys.executable, "-c", command],
            env=os.environ | own_files.environment(given),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for given in ((), (str(path),))
    }
    assert said == {(): "False", (str(path),): "True"}
