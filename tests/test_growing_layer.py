"""Tests that the rows of a batch grow, join and leave in place, with the numbers that copies would have."""

import random
from unittest.mock import Mock

import pytest
import torch
from torch.nn.functional import pad
from transformers.cache_utils import DynamicLayer

from playground.models.growing_layer import SPARE_POSITIONS, Buffer, GrowingLayer, growing, tensors_of

HEADS, WIDTH = 2, 3


def tensor(rows: int, length: int) -> torch.Tensor:
    return torch.randn(rows, HEADS, length, WIDTH)


def layer(keys: torch.Tensor) -> DynamicLayer:
    made = DynamicLayer()
    made.update(keys, -keys)
    return made


def keys_of(ours: DynamicLayer) -> torch.Tensor:
    return tensors_of(ours)[0]


def memory(ours: GrowingLayer) -> int:
    return keys_of(ours).untyped_storage().data_ptr()


def expect(ours: GrowingLayer, rows: list[torch.Tensor]) -> None:
    """Expects these rows, (head, position, width) each, padded with zeros on the left."""
    longest = max(row.shape[1] for row in rows)
    expected = torch.stack([pad(row, (0, 0, longest - row.shape[1], 0)) for row in rows])
    keys, values = tensors_of(ours)
    assert torch.equal(keys, expected)
    assert torch.equal(values, -expected)
    assert ours.get_seq_length() == longest


def test_rows_that_step_join_and_leave_at_random_are_those_of_copies():
    chance = random.Random(3)
    rows = [tensor(1, 5)[0]]
    ours = growing(layer(rows[0][None]))
    for _ in range(400):
        deed = chance.random()
        if deed < 0.6:
            states = tensor(len(rows), 1)
            ours.update(states, -states)
            rows = [torch.cat([row, state], dim=1) for row, state in zip(rows, states, strict=True)]
        elif deed < 0.8 and len(rows) < 12:
            new = [tensor(1, chance.randint(1, 90)) for _ in range(chance.randint(1, 3))]
            rows += [one[0] for one in new]
            ours.join([layer(one) for one in new], max(row.shape[1] for row in rows))
        elif len(rows) > 1:
            count = chance.randint(1, len(rows) - 1)
            stay = sorted(chance.sample(range(len(rows)), count))
            moved = [row for row in stay if row >= count]
            order = [place if place in stay else moved.pop() for place in range(count)]
            rows = [rows[row] for row in order]
            ours.keep(order, max(row.shape[1] for row in rows))
        expect(ours, rows)


def test_steps_joins_and_leaves_do_not_copy_the_other_rows():
    ours = growing(layer(tensor(16, 10)))
    ours.update(*[tensor(16, 1)] * 2)
    before = memory(ours)
    for _ in range(SPARE_POSITIONS - 1):
        ours.update(*[tensor(16, 1)] * 2)
    ours.join([layer(tensor(1, 40))], 74)
    ours.keep([0, 1, 16, *range(3, 16)], 74)
    ours.update(*[tensor(16, 1)] * 2)
    assert memory(ours) == before
    ours.update(*[tensor(16, 1)] * 2)
    assert memory(ours) != before, "the memory was full"


def test_a_text_longer_than_the_others_leaves_room_for_the_next_one_that_is():
    ours = growing(layer(tensor(16, 10)))
    ours.join([layer(tensor(1, 30))], 30)
    before = memory(ours)
    ours.join([layer(tensor(1, 50))], 50)
    assert memory(ours) == before


def test_the_tensors_that_a_cache_has_kept_do_not_change():
    kept = layer(tensor(3, 10))
    before = keys_of(kept).clone()
    ours = growing(kept)
    ours.update(*[tensor(3, 1)] * 2)
    ours.keep([0, 2], 5)
    ours.join([kept], 10)
    other = growing(kept)
    other.keep([2], 10)
    assert torch.equal(keys_of(kept), before)
    assert torch.equal(keys_of(other), before[2:])


def test_the_numbers_of_a_row_that_left_do_not_reach_one_that_joins():
    """A weight of 0 times a value that is not a number is not a number."""
    ours = growing(layer(tensor(9, 20)))
    ours.join([layer(torch.full((1, HEADS, 20, WIDTH), torch.nan))], 20)
    ours.keep(range(9), 5)
    short = tensor(1, 3)
    ours.join([layer(short)], 15)
    assert not keys_of(ours).isnan().any()
    assert torch.equal(keys_of(ours)[9, :, -3:], short[0])


def test_memory_is_given_back_when_most_rows_have_left():
    ours = growing(layer(tensor(32, 300)))
    ours.update(*[tensor(32, 1)] * 2)
    large = keys_of(ours).untyped_storage().nbytes()
    last = keys_of(ours)[31].clone()
    ours.keep([31], 301)
    assert keys_of(ours).untyped_storage().nbytes() < large / 16
    assert torch.equal(keys_of(ours)[0], last)


def test_rows_leave_where_the_device_has_no_room_to_move_the_others(monkeypatch):
    ours = growing(layer(tensor(32, 300)))
    ours.update(*[tensor(32, 1)] * 2)
    before, last = memory(ours), keys_of(ours)[31].clone()
    with monkeypatch.context() as full:
        full.setattr(Buffer, "_move", Mock(side_effect=MemoryError("no room")))
        ours.keep([31], 301)
    assert memory(ours) == before
    assert torch.equal(keys_of(ours)[0], last)
    ours.update(*[tensor(1, 1)] * 2)
    assert torch.equal(keys_of(ours)[0, :, :301], last)


def test_a_row_may_not_be_copied_over_one_that_stays():
    ours = growing(layer(tensor(3, 4)))
    with pytest.raises(AssertionError, match="takes the place of one that leaves"):
        ours.keep([1, 0], 4)
