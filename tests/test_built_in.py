"""Tests the models that come with the playground, beside those that a server was asked for."""

import asyncio

import pytest

from playground.engine.engines import Engines
from playground.engine.request import Limits
from playground.engine.starting import Bounds, start_engines
from playground.models.offer import BUILT_IN_BYTES, Offer, room_for_texts
from playground.models.offering import Asked, built_in_folders, offers
from tests import adapters
from tests.shelf import WEIGHTS, shelf, tiny_language_models

GIB = 2**30


def model(name: str, gib: int, *, is_built_in: bool = False) -> Offer:
    def load():
        raise AssertionError("nobody loads it")

    return Offer(name, 1, "float32", "cpu", gib * GIB, load, is_built_in=is_built_in)


def test_the_models_asked_for_share_all_but_what_one_built_in_model_needs():
    one, two = model("one", 2), model("two", 6)
    small = [model(f"small {number}", 0, is_built_in=True) for number in range(3)]
    left = (20 - 8) * GIB - BUILT_IN_BYTES
    assert room_for_texts([one, two, *small], one, 20 * GIB) == left // 2
    assert room_for_texts([one, *small], one, 20 * GIB) == 18 * GIB - BUILT_IN_BYTES
    assert room_for_texts([one, *small], small[0], 20 * GIB) == BUILT_IN_BYTES


def test_nothing_is_kept_for_built_in_models_where_there_is_too_little():
    one, small = model("one", 2), model("small", 0, is_built_in=True)
    memory = 2 * GIB + BUILT_IN_BYTES
    assert room_for_texts([one, small], one, memory) == room_for_texts([one], one, memory) == BUILT_IN_BYTES


@pytest.fixture
def crowded(tiny_models):
    """Engines of three models of which two fit at once; the third comes with the playground."""
    engines = shelf(tiny_language_models(tiny_models), room=2)
    built_in = engines.offers[2]
    changed = Offer(built_in.name, 1000, "float32", "cpu", WEIGHTS - BUILT_IN_BYTES, built_in.load, is_built_in=True)
    again = Engines([*engines.offers[:2], changed], engines.store, engines.speed, engines._start, engines._memory)
    yield again
    again.close()


def test_a_built_in_model_makes_room_first_although_it_was_used_last(crowded):
    async def visit():
        for name in ("first", "third", "second"):
            async with crowded.using(name):
                pass

    asyncio.run(visit())
    assert [engine.model.name for engine in crowded.running()] == ["first", "second"]


async def test_choosing_a_built_in_model_lets_the_only_other_one_stay(tmp_path):
    adapters.saved("llama", tmp_path / "own")
    made = offers(Asked([str(tmp_path / "own")], built_in=built_in_folders(), device="cpu"))
    engines = start_engines(made, Bounds(Limits(), 0, 2**20))
    try:
        for offer in made[1:]:
            async with engines.using(offer.name) as engine:
                assert engine.model.name == offer.name
        assert [engine.model.name for engine in engines.running()] == [offer.name for offer in made]
    finally:
        engines.close()
