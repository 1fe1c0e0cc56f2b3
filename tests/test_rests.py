"""Tests that the load of a model rests between its parts, so that the texts of other models go on."""

import threading

import pytest

from playground.engine.peers import Peers
from playground.models.loading import load
from playground.models.rests import resting, take_rest
from playground.models.tokens import PART, readable_vocabulary
from tests import fakes


@pytest.fixture
def rests():
    """Gives the list that gets an entry for each rest of the work in the test."""
    taken: list[None] = []
    with resting(lambda: taken.append(None)):
        yield taken


def test_a_load_rests_after_its_config_its_tokenizer_and_its_weights(tmp_path, tiny_models, tokenizer, rests):
    tiny_models["llama"].save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    load(str(tmp_path), "cpu")
    assert len(rests) == 3


def test_a_vocabulary_is_read_with_rests(tokenizer, rests):
    readable_vocabulary(tokenizer, 2 * PART + 1)
    assert len(rests) == 3


def test_work_that_is_not_told_to_rest_goes_on():
    with resting(lambda: pytest.fail("the block has ended")):
        pass
    take_rest()


def test_a_rest_lasts_until_the_engines_that_ask_have_had_their_turn():
    peers, order = Peers(), []

    def work() -> None:
        with peers.turn():
            order.append("step")

    def rest() -> None:
        peers.let_pass()
        order.append("load")

    with peers.turn():
        threads = []
        for number, one in enumerate((work, rest, work)):
            threads.append(threading.Thread(target=one))
            threads[-1].start()
            while peers._next_number < number + 2:
                threading.Event().wait(0.001)
    for thread in threads:
        thread.join(fakes.PATIENCE_SECONDS)
    assert order[0] == "step"
    assert sorted(order) == ["load", "step", "step"]
