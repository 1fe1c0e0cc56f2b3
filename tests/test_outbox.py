"""Tests that what the engine's thread tells is sent in order, with one call for each event loop."""

import asyncio

from playground.engine.outbox import Outbox


async def test_letters_arrive_in_order_with_one_call():
    loop, calls, found = asyncio.get_running_loop(), [], []
    call = loop.call_soon_threadsafe
    loop.call_soon_threadsafe = lambda *what: (calls.append(1), call(*what))[1]
    outbox = Outbox()
    for number in range(5):
        outbox.put(loop, found.append, number)
    await asyncio.to_thread(outbox.send)
    await asyncio.sleep(0)
    del loop.call_soon_threadsafe
    assert found == [0, 1, 2, 3, 4]
    assert len(calls) == 2, "one for the letters, and one for the end of the thread's work"


async def test_nothing_is_sent_before_it_is_told_to_and_nothing_twice():
    loop, found = asyncio.get_running_loop(), []
    outbox = Outbox()
    outbox.put(loop, found.append, 1)
    await asyncio.sleep(0)
    assert found == []
    outbox.send()
    outbox.send()
    await asyncio.sleep(0)
    assert found == [1]


async def test_a_loop_that_is_closed_does_not_keep_letters_from_others():
    loop, other, found = asyncio.get_running_loop(), asyncio.new_event_loop(), []
    other.close()
    outbox = Outbox()
    outbox.put(other, found.append, "lost")
    outbox.put(loop, found.append, "kept")
    outbox.send()
    await asyncio.sleep(0)
    assert found == ["kept"]
