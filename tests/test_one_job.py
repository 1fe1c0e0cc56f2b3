"""Tests that attention jobs run one at a time, that visitors take turns, and that leaving affects nobody else."""

import asyncio

import pytest

from playground import visitor
from playground.engine.one_job import MOST_WAITING, OneJob
from playground.errors import PlaygroundError


class Jobs:
    """Jobs that end when the test says, and the number that runs."""

    def __init__(self) -> None:
        self.one = OneJob()
        self.begun: list[str] = []
        self.under_way = 0
        self.ends = asyncio.Semaphore(0)

    def ask(self, name: str) -> asyncio.Task[None]:
        visitor.current.set(name.partition("/")[0])
        return asyncio.create_task(self._do(name))

    async def _do(self, name: str) -> None:
        async with self.one.turn():
            self.begun.append(name)
            self.under_way += 1
            assert self.under_way == 1
            try:
                await self.ends.acquire()
            finally:
                self.under_way -= 1

    async def settled(self) -> None:
        """Lets every task run as far as it can."""
        for _ in range(10):
            await asyncio.sleep(0)


async def test_visitors_take_turns_and_each_ones_jobs_come_in_order():
    jobs = Jobs()
    asked = [jobs.ask(name) for name in ("a/1", "a/2", "a/3", "b/1", "c/1", "b/2")]
    await jobs.settled()
    assert jobs.begun == ["a/1"]
    for _ in asked:
        jobs.ends.release()
    await asyncio.gather(*asked)
    assert jobs.begun == ["a/1", "a/2", "b/1", "c/1", "a/3", "b/2"]
    assert await jobs_after(jobs) == "later"


async def jobs_after(jobs: Jobs) -> str:
    """Ends the job and returns the next one that begins, which shows that the place is free."""
    jobs.ends.release()
    await jobs.ask("later")
    return jobs.begun[-1]


async def test_who_leaves_the_line_is_passed_over():
    jobs = Jobs()
    asked = [jobs.ask(name) for name in ("a", "b", "c")]
    await jobs.settled()
    asked[1].cancel()
    jobs.ends.release()
    jobs.ends.release()
    await asyncio.gather(*asked, return_exceptions=True)
    assert jobs.begun == ["a", "c"]
    assert await jobs_after(jobs) == "later"


async def test_who_leaves_in_the_middle_of_a_job_makes_way():
    jobs = Jobs()
    asked = [jobs.ask(name) for name in ("a", "b")]
    await jobs.settled()
    asked[0].cancel()
    await asyncio.gather(asked[0], return_exceptions=True)
    jobs.ends.release()
    await asked[1]
    assert jobs.begun == ["a", "b"]


async def test_who_leaves_at_the_moment_of_being_called_passes_the_turn_on():
    jobs = Jobs()
    asked = [jobs.ask(name) for name in ("a", "b", "c")]
    await jobs.settled()
    async with asyncio.timeout(60):
        jobs.ends.release()
        while not asked[0].done():
            await asyncio.sleep(0)
        assert jobs.begun == ["a"], "the next one is called, and has not begun"
        asked[1].cancel()
        jobs.ends.release()
        await asked[2]
    assert jobs.begun == ["a", "c"]


async def test_a_failed_job_makes_way():
    one = OneJob()
    with pytest.raises(ZeroDivisionError):
        async with one.turn():
            _ = 1 / 0
    async with asyncio.timeout(60), one.turn():
        pass


async def test_one_visitor_has_a_bound_and_the_others_have_not_reached_theirs():
    jobs = Jobs()
    asked = [jobs.ask(f"a/{number}") for number in range(MOST_WAITING + 2)]
    other = jobs.ask("b")
    await jobs.settled()
    with pytest.raises(PlaygroundError, match="16 computations that you asked for are waiting") as refused:
        await asked.pop()
    assert refused.value.status == 429
    for _ in [*asked, other]:
        jobs.ends.release()
    await asyncio.gather(*asked, other)
    assert jobs.begun[:3] == ["a/0", "a/1", "b"]
