"""Tests the script that trains an adapter on the bundled reviews, on a tiny model."""

import re
import sys

from docs import train_adapter
from playground.models.offering import Asked, offers
from playground.prompts.labelled_csv import read_examples
from playground.prompts.reviews import REVIEWS
from tests import adapters


def test_the_held_out_reviews_are_not_learned_and_have_as_many_of_each_class():
    training, held_out = train_adapter.split(REVIEWS)
    assert (len(training), len(held_out)) == (40, 20)
    assert not set(training) & set(held_out)
    assert set(training) | set(held_out) == set(REVIEWS)
    for part in (training, held_out):
        assert 2 * sum(review.answer == "Positive" for review in part) == len(part)


def test_the_adapter_that_it_writes_is_offered_and_has_learned(tmp_path, monkeypatch, capsys):
    base = adapters.saved("llama", tmp_path / "tiny")
    folder = tmp_path / "reviews"
    monkeypatch.setattr(sys, "argv", ["train_adapter", str(folder), "--model", str(base), "--epochs", "3"])
    train_adapter.main()
    told = capsys.readouterr().out
    losses = [float(number) for number in re.findall(r"([\d.]+) nats a label", told)]
    assert len(losses) == 3
    assert losses[-1] < 0.9 * losses[0]
    assert re.search(r"before the training: \d+% .*\n(.*\n)+Zero-shot, after the training: \d+% of the held-out", told)
    held_out = read_examples((folder / "held-out.csv").read_bytes(), 100).rows
    assert list(held_out) == train_adapter.split(REVIEWS)[1]
    made = offers(Asked([str(base)], adapters=[str(folder)], device="cpu"))
    assert [offer.name for offer in made] == ["tiny", "reviews"]
    assert made[1].load().name == "reviews"
