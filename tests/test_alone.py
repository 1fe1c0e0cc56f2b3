"""Tests that the parts of a load that keep the interpreter busy take turns with the steps of other models."""

from contextlib import contextmanager

import pytest

from playground.models.alone import alone, in_turn
from playground.models.loading import load
from playground.models.tokens import PART, readable_vocabulary


@pytest.fixture
def turns():
    """Gives the list that gets an entry for each turn of the work in the test."""
    taken: list[str] = []

    @contextmanager
    def turn():
        taken.append("begun")
        yield
        taken[-1] = "ended"

    with in_turn(turn):
        yield taken


def test_a_load_reads_its_tokenizer_in_a_turn(tmp_path, tiny_models, tokenizer, turns, monkeypatch):
    tiny_models["llama"].save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    during = []

    def read(source):
        during.extend(turns)
        return tokenizer

    monkeypatch.setattr("playground.models.loading.read_tokenizer", read)
    load(str(tmp_path), "cpu")
    assert (during, turns) == (["begun"], ["ended", "ended"])


def test_a_vocabulary_is_read_in_several_turns(tokenizer, turns):
    readable_vocabulary(tokenizer, 2 * PART + 1)
    assert turns == ["ended"] * 3


def test_other_work_runs_at_once(turns):
    with alone():
        pass
    assert turns == ["ended"]
    with in_turn(lambda: pytest.fail("the block has ended")):
        pass
    with alone():
        pass
    assert turns == ["ended"] * 2
