"""Tests the models that come with the playground: beside those that a server was asked for, and the words they know."""

import asyncio

import pytest

from playground.engine.engines import Engines
from playground.engine.request import Limits
from playground.engine.starting import Bounds, start_engines
from playground.models.built_in import BUILT_IN, built_in_folders, known_words, unknown_sentence, unknown_words
from playground.models.offer import BUILT_IN_BYTES, Offer, room_for_texts
from playground.models.offering import Asked, offers
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
            async with engines.using_any(offer.name) as engine:
                assert engine.model.name == offer.name
        assert [engine.model.name for engine in engines.running()] == [offer.name for offer in made]
    finally:
        engines.close()


KNOWN = frozenset(["j'", "l'", "qu'", "aujourd'", "hui", "aime", "est-ce", "chat", "été"])


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("J'aime l'été, est-ce qu'aujourd'hui ?", []),
        ("J’AIME LE CHAT 3 fois : été", ["LE", "fois"]),
        ("J'aime l'ordinateur, l’Ordinateur et ‘chat’", ["ordinateur", "et"]),
        ("aime-t-il", ["aime-t-il"]),
        ("e\u0301te\u0301 e\u0301tat", ["état"]),
        ("кот 猫 12 🙂 ?!", ["кот", "猫"]),
        ("", []),
    ],
)
def test_the_words_that_are_not_in_the_list_are_found_as_they_are_written(text, unknown):
    assert unknown_words(text, KNOWN) == unknown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], ""),
        (["ordinateur"], "‘ordinateur’ is not among the 9 words that this small model knows."),
        (["a", "b"], "‘a’ and ‘b’ are not among the 9 words that this small model knows."),
        (["a", "b", "c", "d", "e"], "‘a’, ‘b’, ‘c’ and 2 more are not among the 9 words that this small model knows."),
    ],
)
def test_one_sentence_names_the_unknown_words(words, sentence):
    assert unknown_sentence(words, KNOWN) == sentence


def test_a_list_with_capitals_counts_them_and_says_what_it_knows():
    known = frozenset(["The", "France", "cat", "teacher"])
    unknown = unknown_words("The france Cat teacher's", known)
    assert unknown == ["france", "Cat", "s"]
    told = "‘france’, ‘Cat’ and ‘s’ are not among the 4 words that this small model knows."
    assert unknown_sentence(unknown, known) == f"{told} Capital letters count: it knows ‘France’."


def test_only_a_built_in_model_has_a_list_of_words(tmp_path):
    (tmp_path / "words.txt").write_text("chat")
    assert known_words(str(tmp_path)) is None
    assert known_words("") is None
    known = known_words(str(BUILT_IN / "french-english"))
    assert known is not None
    assert unknown_words("J'aime l'apprentissage automatique", known) == []
    assert unknown_words("J'aime les montagnes quantiques.", known) == ["montagnes", "quantiques"]
