"""Tests the engines of several models: which is loaded, which is let go, and what becomes of who asks meanwhile."""

import asyncio
import gc
import threading
import time
import weakref

import pytest

from playground.engine import engines as engines_module
from playground.engine import gate
from playground.engine.device_faults import DeviceLost
from playground.engine.peers import Peers
from playground.engine.place import Place
from playground.engine.request import Limits, Request
from playground.engine.starting import Bounds, start_engines
from playground.errors import PlaygroundError, tells_path
from playground.models.loading import load as load_model
from playground.models.offer import Offer, room_for_texts
from playground.prompts.labels import Scorer
from tests import fakes
from tests.shelf import NAMES, shelf, tiny_language_models


@pytest.fixture
def loaders(tiny_models):
    return tiny_language_models(tiny_models)


@pytest.fixture
def closing():
    """Closes the engines that a test makes."""
    made = []
    yield lambda engines: made.append(engines) or engines
    for engines in made:
        engines.close()


def loaded(engines) -> list[str]:
    return [engine.model.name for engine in engines.running()]


async def use(engines, name: str | None) -> str:
    async with engines.using(name) as engine:
        return engine.model.name


async def test_the_first_model_is_used_where_none_is_named(loaders, closing):
    engines = closing(shelf(loaders))
    assert await use(engines, None) == "first"
    assert await use(engines, "third") == "third"
    assert loaded(engines) == ["first", "third"]


@pytest.mark.parametrize("name", ["fourth", "", 7, ["first"], {"model": "first"}])
async def test_an_unknown_model_is_refused_with_those_that_there_are(name, loaders, closing):
    engines = closing(shelf(loaders))
    with pytest.raises(PlaygroundError, match=r"There is no model .* Choose one of: first, second, third") as refusal:
        await use(engines, name)
    assert refusal.value.status == 422
    assert loaded(engines) == []


async def test_a_model_is_loaded_once_for_all_who_ask_and_goes_on_if_one_of_them_leaves(loaders, closing):
    begun, may_end, count = threading.Event(), threading.Event(), []

    def load():
        count.append(1)
        begun.set()
        may_end.wait(fakes.PATIENCE_SECONDS)
        return loaders["second"]()

    engines = closing(shelf(loaders | {"second": load}))
    asked = [asyncio.create_task(use(engines, "second")) for _ in range(5)]
    await asyncio.to_thread(begun.wait, fakes.PATIENCE_SECONDS)
    progress = engines.progress("second")
    assert progress is not None
    assert progress.seconds >= 0
    asked[0].cancel()
    may_end.set()
    assert await asyncio.gather(*asked[1:]) == ["second"] * 4
    assert len(count) == 1
    assert engines.progress("second") is None


async def test_the_model_unused_for_longest_makes_room(loaders, closing):
    engines = closing(shelf(loaders, room=2))
    for name in ("first", "second", "first", "third"):
        await use(engines, name)
    assert loaded(engines) == ["first", "third"]
    await use(engines, "second")
    assert loaded(engines) == ["second", "third"]


async def test_a_model_that_was_let_go_leaves_nothing_and_its_texts_are_computed_again(loaders, closing):
    engines = closing(shelf(loaders, room=1))
    async with engines.using("first") as engine:
        _, written = await fakes.trace(engine, Request(fakes.prompt(5), fakes.greedy(4)))
        trace_id = next(iter(engine.store._held))
        rows = [(await engine.lookups.at(trace_id, index)).row for index in range(4)]
        gone = [weakref.ref(engine), weakref.ref(engine.model), weakref.ref(engine.beside(Scorer))]
    del engine
    await use(engines, "second")
    gc.collect()
    assert [reference() for reference in gone] == [None, None, None]
    assert engines.store.on_gone == [engines.running()[0]._tell_gone]
    engines.store._make_room()
    async with engines.of_trace(trace_id) as again:
        assert again.model.name == "first"
        for index, row in enumerate(rows):
            seen = await again.lookups.after(written.ids_before(index))
            assert abs(seen.row - row).max() < 1e-5


async def test_a_model_in_use_is_not_let_go_and_who_waits_is_told_for_what(loaders, closing):
    engines = closing(shelf(loaders, room=1))
    async with engines.using("first") as engine:
        waiting = asyncio.create_task(use(engines, "second"))
        while (progress := engines.progress("second")) is None or not progress.waits_for:
            await asyncio.sleep(0)
        assert progress.waits_for == ("first",)
        _, written = await fakes.trace(engine, Request(fakes.prompt(5), fakes.greedy(6)))
        assert len(written.steps) == 6
        assert not waiting.done()
    assert await waiting == "second"
    assert loaded(engines) == ["second"]


async def test_a_model_that_nobody_waits_for_any_more_takes_no_room(loaders, closing):
    engines = closing(shelf(loaders, room=1))
    async with engines.using("first"):
        leaving = asyncio.create_task(use(engines, "second"))
        while (progress := engines.progress("second")) is None or not progress.waits_for:
            await asyncio.sleep(0)
        leaving.cancel()
        async with asyncio.timeout(engines_module.PATIENCE_SECONDS / 3):
            while engines.progress("second") is not None:
                await asyncio.sleep(0)
    assert loaded(engines) == ["first"]
    assert await use(engines, "second") == "second", "who asks later gets it"


async def test_who_cannot_be_served_in_time_gets_a_sentence(loaders, closing, monkeypatch):
    monkeypatch.setattr(engines_module, "PATIENCE_SECONDS", 0.05)
    engines = closing(shelf(loaders, room=1))
    async with engines.using("first"):
        with pytest.raises(PlaygroundError, match=r"second needs 1.23 GiB, and the models in use .* first\. Use") as no:
            await use(engines, "second")
    assert no.value.status == 503
    assert await use(engines, "second") == "second"


async def test_who_waits_behind_others_gets_the_sentence_as_soon_as_they(loaders, closing, monkeypatch):
    monkeypatch.setattr(engines_module, "PATIENCE_SECONDS", 0.4)
    engines = closing(shelf(loaders, room=1))
    async with engines.using("first"):
        began = time.monotonic()
        refusals = await asyncio.gather(use(engines, "second"), use(engines, "third"), return_exceptions=True)
        assert time.monotonic() - began < 0.75, "each waits from when it was asked for, and not one after the other"
    assert ["leave no room for it: first" in str(refusal) for refusal in refusals] == [True, True]


async def test_a_model_that_is_always_in_use_makes_room_all_the_same(loaders, closing, monkeypatch):
    monkeypatch.setattr(gate, "GRACE_SECONDS", 0.05)
    engines = closing(shelf(loaders, room=1))
    used = dict.fromkeys(("first", "second"), 0)

    async def go_on(name: str) -> None:
        while min(used.values()) < 5:
            async with engines.using(name):
                used[name] += 1
                await asyncio.sleep(0.01)

    async def later(seconds: float, name: str) -> None:
        await asyncio.sleep(seconds)
        await go_on(name)

    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        await asyncio.gather(*(later(number / 300, name) for name in used for number in range(3)))


async def test_a_model_in_use_for_long_is_kept_from_others_only_for_a_time(loaders, closing, monkeypatch):
    monkeypatch.setattr(gate, "GRACE_SECONDS", 0.02)
    monkeypatch.setattr(gate, "CLOSED_SECONDS", 0.1)
    engines = closing(shelf(loaders, room=1))
    async with engines.using("first"):
        waiting = asyncio.create_task(use(engines, "second"))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        assert await use(engines, "first") == "first"
        assert time.monotonic() - began > 0.01
        assert not waiting.done()
    assert await waiting == "second"


async def test_a_model_too_large_for_the_memory_is_refused_at_once(loaders, closing):
    engines = closing(shelf(loaders, room=1))
    large = Offer("large", 10**10, "bfloat16", "cpu", 20 * 2**30, loaders["first"])
    engines.offers = (*engines.offers, large)
    engines._places["large"] = Place(large)
    async with engines.using("first"):
        with pytest.raises(PlaygroundError, match=r"large needs 20.25 GiB, .* 1.27 GiB .* first, second, third"):
            await use(engines, "large")


async def test_a_model_that_fails_while_it_loads_leaves_the_others_as_they_are(loaders, closing):
    attempts = []

    def load():
        attempts.append(1)
        if len(attempts) == 1:
            raise PlaygroundError("second's weights are broken. Fetch the model again.")
        return loaders["second"]()

    engines = closing(shelf(loaders | {"second": load}))
    async with engines.using("first") as engine:
        with pytest.raises(PlaygroundError, match="weights are broken") as refusal:
            await use(engines, "second")
        assert refusal.value.status == 503, "the server cannot do it, and the request is no worse than another"
        _, written = await fakes.trace(engine, Request(fakes.prompt(5), fakes.greedy(4)))
        assert len(written.steps) == 4
    assert await use(engines, "second") == "second", "another visit tries again"


async def test_an_unexpected_error_while_a_model_loads_is_a_sentence(loaders, closing, caplog):
    def load():
        raise OSError("The disk is full. Sorry")

    engines = closing(shelf(loaders | {"second": load}))
    with pytest.raises(PlaygroundError, match=r"second could not be loaded: The disk is full\. Sorry\. Choose") as no:
        await use(engines, "second")
    assert no.value.status == 503
    assert "second could not be loaded" in caplog.text


@pytest.mark.parametrize("cause", [OSError, PlaygroundError])
async def test_where_the_files_of_a_model_are_is_told_to_the_log_only(loaders, closing, caplog, cause):
    def load():
        raise cause("second could not be read: no file '/srv/home/kim/second/config.json'. Check --model.")

    engines = closing(shelf(loaders | {"second": load}))
    with pytest.raises(PlaygroundError) as refusal:
        await use(engines, "second")
    told = "second could not be loaded. Choose another model. The server's log says where it failed."
    assert (str(refusal.value), refusal.value.status) == (told, 503)
    assert "/srv/home/kim/second/config.json" in caplog.text


async def test_a_folder_that_is_gone_when_its_model_is_loaded_is_not_named(loaders, closing, caplog, tmp_path):
    engines = closing(shelf(loaders | {"second": lambda: load_model(str(tmp_path / "second"), "cpu")}))
    with pytest.raises(PlaygroundError, match="second could not be loaded. Choose another model") as refusal:
        await use(engines, "second")
    assert str(tmp_path) not in str(refusal.value)
    assert str(tmp_path) in caplog.text


@pytest.mark.parametrize(
    ("sentence", "tells"),
    [
        ("No such file: '/srv/a'.", True),
        ("~/models/a is not there.", True),
        ("Read C:\\models\\a first.", True),
        ("\\\\host\\models is away.", True),
        ("/srv/a is empty.", True),
        ("See https://huggingface.co/models, and/or fetch org/name again: 3 / 4 is there.", False),
        ("second's weights are broken. Choose another model.", False),
    ],
)
def test_a_path_in_a_sentence_is_found(sentence, tells):
    assert tells_path(sentence) == tells


def die(error: BaseException):
    def work(model):
        raise error

    return work


async def test_a_model_that_dies_is_loaded_again_and_the_others_go_on(loaders, closing):
    engines = closing(shelf(loaders))
    async with engines.using("first") as first, engines.using("second") as second:
        with pytest.raises(PlaygroundError):
            await second.call(die(KeyboardInterrupt()))
        second._thread.join(fakes.PATIENCE_SECONDS)
        assert engines.failure is None
        _, written = await fakes.trace(first, Request(fakes.prompt(5), fakes.greedy(4)))
        assert len(written.steps) == 4
    assert first._peers.members == (first,), "what died is kept by nothing"
    assert engines.store.on_gone == [first._tell_gone]
    async with engines.using("second") as again:
        assert again is not second
        _, written = await fakes.trace(again, Request(fakes.prompt(5), fakes.greedy(4)))
        assert len(written.steps) == 4


@pytest.mark.parametrize(("names", "error"), [(NAMES, DeviceLost("assert")), (NAMES[:1], KeyboardInterrupt())])
async def test_a_lost_device_or_the_death_of_the_only_model_ends_the_server(names, error, loaders, closing):
    engines, ended = closing(shelf({name: loaders[name] for name in names})), threading.Event()
    engines.on_failure = ended.set
    async with engines.using("first") as engine:
        with pytest.raises(PlaygroundError):
            await engine.call(die(error))
        assert await asyncio.to_thread(ended.wait, fakes.PATIENCE_SECONDS)
    assert engines.failure is error


def test_room_is_shared_equally_where_all_models_fit_and_given_whole_where_they_do_not(loaders):
    gib = 2**30
    offers = [Offer(str(size), 1, "float32", "cpu", size * gib, loaders["first"]) for size in (2, 6)]
    assert room_for_texts(offers, offers[0], 20 * gib) == room_for_texts(offers, offers[1], 20 * gib) == 6 * gib
    assert room_for_texts(offers, offers[0], 7 * gib) == 5 * gib
    assert room_for_texts(offers, offers[1], 7 * gib) == 1 * gib


def test_engines_of_a_device_work_one_at_a_time_in_the_order_in_which_they_ask():
    peers, order, inside = Peers(), [], []

    def work(number: int) -> None:
        with peers.turn():
            inside.append(number)
            assert len(inside) == 1
            order.append(number)
            inside.remove(number)

    with peers.turn():
        threads = []
        for number in range(4):
            threads.append(threading.Thread(target=work, args=(number,)))
            threads[-1].start()
            while peers._next_number < number + 2:
                threading.Event().wait(0.001)
    for thread in threads:
        thread.join(fakes.PATIENCE_SECONDS)
    assert order == [0, 1, 2, 3]


async def test_models_take_turns_also_where_recorded_steps_may_take_more_than_all_models(loaders, closing):
    """The plan gives recorded steps less then, and the models may have the rest."""
    offers = [Offer(name, 1000, "float32", "cpu", 40_000, load) for name, load in loaders.items()]
    engines = closing(start_engines(offers, Bounds(Limits(), 0, 2 * 2**30), memory=700 * 2**20))
    assert loaded(engines) == ["first"]
    assert [await use(engines, name) for name in ("second", "third", "first")] == ["second", "third", "first"]
