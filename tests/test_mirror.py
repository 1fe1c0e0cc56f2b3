"""Tests that the caches of another rank follow those of rank 0 through all that can be done with a cache."""

import contextlib
import gc
import pickle
import random
from collections import deque
from typing import Any

import pytest
import torch
from transformers import DynamicCache

from playground.models.cache_layers import cut_back, for_rows, part, reorder, unchanged_on_error
from playground.models.cache_rows import join, keep
from playground.models.mirror import Mirror
from playground.models.ranks import RankError

LAYERS, HEADS, WIDTH = 2, 3, 4
OTHER = 1000.0
"""What the other rank adds to each key: its heads are others."""


class Commands:
    """Stands for two ranks: what one sends is pickled, and the other receives it later."""

    def __init__(self) -> None:
        self.sent: deque[bytes] = deque()
        self.have_failed = False

    def send(self, command: Any) -> None:
        self.sent.append(pickle.dumps(command))

    def receive(self) -> Any:
        return pickle.loads(self.sent.popleft())


def reader(beside: float):
    def read(cache: DynamicCache, rows: int, tokens: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        for layer in range(LAYERS):
            keys = torch.rand((rows, HEADS, tokens, WIDTH), generator=generator) + 1 + beside
            cache.update(keys, -keys, layer)

    return read


@pytest.fixture
def mirrors():
    commands = Commands()
    leading, other = (Mirror(commands, {"new_cache": DynamicCache, "read": reader(beside)}) for beside in (0.0, OTHER))
    return commands, leading, other


def text(leading: Mirror, choice: random.Random) -> DynamicCache:
    cache = leading.new_cache()
    leading.call("read", cache, 1, choice.randint(1, 9), choice.randint(0, 10**6))
    return cache


def rows_of(cache: DynamicCache) -> int:
    return cache.layers[0].keys.shape[0]


def changed(leading: Mirror, batch: DynamicCache, choice: random.Random) -> list[DynamicCache]:
    """Does one thing with a batch, and returns the caches that were made of it."""
    rows, length = rows_of(batch), batch.get_seq_length()
    match choice.randint(0, 5):
        case 0:
            others = [text(leading, choice) for _ in range(choice.randint(1, 3))]
            join(batch, others, max(length, *(one.get_seq_length() for one in others)))
            return others
        case 1:
            count = choice.randint(1, rows)
            keep(batch, [place if place < count else rows - 1 for place in range(count)], choice.randint(1, length))
        case 2:
            leading.call("read", batch, rows, 1, choice.randint(0, 10**6))
        case 3:
            return [part(batch, choice.randrange(rows), 0, length, owned=choice.random() < 0.5)]
        case 4:
            several = for_rows(part(batch, 0, 0, length), 3)
            leading.call("read", several, 3, 1, 5)
            reorder(several, [2, 0, 0])
            return [several]
        case 5:
            with contextlib.suppress(InterruptedError), unchanged_on_error(batch):
                leading.call("read", batch, rows, 1, 7)
                raise InterruptedError
    return []


@pytest.mark.parametrize("seed", range(8))
def test_another_ranks_caches_have_the_same_rows_and_positions_and_its_own_keys(mirrors, seed):
    commands, leading, other = mirrors
    choice = random.Random(seed)
    batch = text(leading, choice)
    join(batch, [], batch.get_seq_length())
    made = [batch]
    for _ in range(60):
        made += changed(leading, batch, choice)
    commands.send(None)
    other.follow()
    assert len(made) > 10
    for cache in made:
        copy = other._caches[cache.number]
        for ours, theirs in zip(cache.layers, copy.layers, strict=True):
            assert torch.equal(theirs.keys, torch.where(ours.keys == 0, 0.0, ours.keys + OTHER))
            assert torch.equal(theirs.values, torch.where(ours.values == 0, 0.0, ours.values - OTHER))


def test_a_cache_that_nobody_has_any_more_is_given_up_on_the_other_rank(mirrors):
    commands, leading, other = mirrors
    choice = random.Random(1)
    first, second = text(leading, choice), text(leading, choice)
    number = first.number
    del first
    gc.collect()
    cut_back(second, 1)
    commands.send(None)
    other.follow()
    assert number not in other._caches
    assert list(other._caches) == [second.number]
    assert other._caches[second.number].get_seq_length() == 1


def test_what_fails_in_the_midst_is_told_and_nothing_more_is_sent(mirrors):
    commands, leading, _ = mirrors
    cache = leading.new_cache()
    leading.call("read", cache, 1, 2, 0)
    sent = len(commands.sent)
    with (
        pytest.raises(RankError, match="has failed, so that the server stops"),
        unchanged_on_error(cache),
    ):
        leading.call("read", cache, 4, 1, 0)
    assert commands.have_failed
    assert cache.get_seq_length() == 2
    cut_back(cache, 1)
    assert cache.get_seq_length() == 1
    assert len(commands.sent) == sent + 1


def test_caches_of_other_models_are_not_sent(mirrors):
    commands, _, _ = mirrors
    cache = DynamicCache()
    reader(0.0)(cache, 1, 5, 3)
    assert part(cache, 0, 0, 2).get_seq_length() == 2
    assert not commands.sent
