"""Tests that the shelf makes a value once, bounds its bytes, and drops it with its trace."""

import asyncio

import numpy as np
import pytest

from playground.engine.shelf import Shelf

HUNDRED = np.zeros(100, np.uint8)


def making(made: list, value=HUNDRED):
    async def make():
        made.append(1)
        await asyncio.sleep(0)
        return value

    return make


async def test_many_who_ask_at_once_have_it_made_once():
    shelf, made = Shelf(1000), []
    found = await asyncio.gather(*(shelf.get(("t", "maps"), making(made)) for _ in range(5)))
    assert made == [1]
    assert all(value is HUNDRED for value in [*found, await shelf.get(("t", "maps"), making(made))])
    assert made == [1]


async def test_the_one_asked_for_longest_ago_goes_first():
    shelf, made = Shelf(250), []
    for name in ("a", "b"):
        await shelf.get((name, "maps"), making(made))
    shelf.peek(("a", "maps"))
    await shelf.get(("c", "maps"), making(made))
    assert shelf.nbytes == 200
    assert [shelf.peek((name, "maps")) is not None for name in "abc"] == [True, False, True]


async def test_one_that_is_too_large_is_kept_alone_until_the_next():
    shelf, made = Shelf(50), []
    await shelf.get(("a", "maps"), making(made))
    assert shelf.nbytes == 100
    await shelf.get(("b", "maps"), making(made))
    assert (shelf.nbytes, shelf.peek(("a", "maps"))) == (100, None)


async def test_all_of_a_trace_goes_with_it():
    shelf, made = Shelf(1000), []
    for key in [("a", "maps"), ("a", "rollout"), ("b", "maps")]:
        await shelf.get(key, making(made))
    shelf.forget_unless(lambda trace_id: trace_id != "a")
    assert shelf.nbytes == 100
    assert shelf.peek(("b", "maps")) is HUNDRED


async def test_who_leaves_does_not_spoil_it_for_the_others():
    shelf, made, free = Shelf(1000), [], asyncio.Event()

    async def make():
        made.append(1)
        await free.wait()
        return HUNDRED

    leaving, staying = (asyncio.create_task(shelf.get(("a", "maps"), make)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    free.set()
    assert await staying is HUNDRED
    assert made == [1]


async def test_a_failure_reaches_all_who_wait_and_is_tried_again():
    shelf = Shelf(1000)

    async def fail():
        await asyncio.sleep(0)
        raise ValueError("no memory")

    both = await asyncio.gather(*(shelf.get(("a", "maps"), fail) for _ in range(2)), return_exceptions=True)
    assert [str(error) for error in both] == ["no memory", "no memory"]
    assert await shelf.get(("a", "maps"), making([])) is HUNDRED
    with pytest.raises(ValueError, match="no memory"):
        await shelf.get(("b", "maps"), fail)


async def test_when_all_have_left_it_is_not_made_any_more():
    shelf, cancelled, begun = Shelf(1000), [], asyncio.Event()

    async def make():
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(1)
            raise

    both = [asyncio.create_task(shelf.get(("a", "maps"), make)) for _ in range(2)]
    await begun.wait()
    both[0].cancel()
    await asyncio.sleep(0)
    assert cancelled == []
    both[1].cancel()
    again = asyncio.create_task(shelf.get(("a", "maps"), making([])))
    assert await again is HUNDRED, "who asks next does not wait for what was cancelled"
    await asyncio.gather(*both, return_exceptions=True)
    assert cancelled == [1]
