"""Simulates a fleet: visitors who ask for texts, replicas whose texts share steps, and replicas that die.

It says what more replicas, more places or faster steps would do, from step times that were measured. `bench.fleet`
checks it against replicas that run. `python -m bench.simulate` prints the table of `docs/scale.md`.
"""

import random
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any, NamedTuple

import simpy

from playground.engine.request import Limits

Waits = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Plan:
    """What is simulated.

    Attributes:
        replicas: how many there are.
        rows: the places of each: the texts that share its steps.
        step_seconds: the time of a step by the number of texts that share it.
        visitors: how many there are.
        tokens: the tokens of each text.
        thought_seconds: the mean time between the end of a visitor's text and the next one, which is exponential.
        death_seconds: the mean time between two deaths of a replica; None if none dies.
        start_seconds: the time until a new replica takes the place of one that died.
    """

    replicas: int
    rows: int
    step_seconds: Callable[[int], float]
    visitors: int
    tokens: int
    thought_seconds: float = 0.0
    death_seconds: float | None = None
    start_seconds: float = 15.0


class Outcome(NamedTuple):
    """What came of it: the tokens of a second, and the seconds from request to first token, in their order."""

    tokens_per_second: float
    first_seconds: list[float]

    @property
    def first_p95(self) -> float:
        """The 95th percentile of the wait for a first token, in seconds."""
        return quantiles(self.first_seconds, n=20)[-1] if len(self.first_seconds) > 1 else float("nan")


@dataclass(eq=False)
class _Text:
    asked: float
    left: int
    over: simpy.Event
    is_new: bool = True


@dataclass(eq=False)
class _Replica:
    """A replica: the texts that share its steps, and those that wait for a place."""

    news: simpy.Event
    running: list[_Text] = field(default_factory=list)
    waiting: list[_Text] = field(default_factory=list)
    lives: bool = True

    @property
    def load(self) -> int:
        return len(self.running) + len(self.waiting)


class _Fleet:
    def __init__(self, plan: Plan, seed: int) -> None:
        self.env = simpy.Environment()
        self.plan = plan
        self.luck = random.Random(seed)
        self.tokens = 0
        self.first: list[float] = []
        self.replicas: list[_Replica] = []
        for _ in range(plan.replicas):
            self.start()
        for _ in range(plan.visitors):
            self.env.process(self.visit())
        if plan.death_seconds is not None:
            self.env.process(self.die(plan.death_seconds))

    def start(self) -> None:
        replica = _Replica(self.env.event())
        self.replicas.append(replica)
        self.env.process(self.run(replica))

    def visit(self) -> Waits:
        """Asks for one text after the other."""
        yield self.env.timeout(self.luck.uniform(0, self.plan.step_seconds(1) * self.plan.tokens))
        while True:
            text = _Text(self.env.now, self.plan.tokens, self.env.event())
            self.give(text)
            yield text.over
            if self.plan.thought_seconds:
                yield self.env.timeout(self.luck.expovariate(1 / self.plan.thought_seconds))

    def give(self, text: _Text) -> None:
        """Gives a text to the less busy one of two replicas, as Ray Serve does."""
        two = self.luck.sample(self.replicas, min(2, len(self.replicas)))
        replica = min(two, key=lambda one: one.load)
        replica.waiting.append(text)
        if not replica.news.triggered:
            replica.news.succeed()

    def run(self, replica: _Replica) -> Waits:
        """Makes steps. A text joins between two of them."""
        while replica.lives:
            free = self.plan.rows - len(replica.running)
            replica.running += replica.waiting[:free]
            del replica.waiting[:free]
            if not replica.running:
                replica.news = self.env.event()
                yield replica.news
                continue
            yield self.env.timeout(self.plan.step_seconds(len(replica.running)))
            if replica.lives:
                self.step(replica)

    def step(self, replica: _Replica) -> None:
        self.tokens += len(replica.running)
        for text in replica.running:
            if text.is_new:
                self.first.append(self.env.now - text.asked)
                text.is_new = False
            text.left -= 1
            if not text.left:
                text.over.succeed()
        replica.running = [text for text in replica.running if text.left]

    def die(self, mean: float) -> Waits:
        """Lets replicas die, whose texts go on elsewhere, and new ones take their places."""
        while True:
            yield self.env.timeout(self.luck.expovariate(1 / mean))
            if len(self.replicas) == 1:
                continue
            dead = self.replicas.pop(self.luck.randrange(len(self.replicas)))
            dead.lives = False
            for text in (*dead.running, *dead.waiting):
                self.give(text)
            self.env.process(self.replace())

    def replace(self) -> Waits:
        yield self.env.timeout(self.plan.start_seconds)
        self.start()


def simulate(plan: Plan, seconds: float, seed: int = 1) -> Outcome:
    """Returns what comes of a plan in this time. The first fifth of it does not count, in which the fleet fills."""
    fleet = _Fleet(plan, seed)
    fleet.env.run(until=seconds / 5)
    tokens, first = fleet.tokens, len(fleet.first)
    fleet.env.run(until=seconds)
    return Outcome((fleet.tokens - tokens) / (seconds * 4 / 5), fleet.first[first:])


def needed(plan: Callable[[int], Plan], most_first: float = 1.5, counts: Sequence[int] = (1, 2, 3, 4)) -> int | None:
    """Returns the least of these numbers of replicas with which 95 % of first tokens come in time, or None."""
    return next((count for count in counts if simulate(plan(count), 300).first_p95 <= most_first), None)


def main() -> None:
    """Prints how many replicas a number of learners needs, of whom each asks for 40 tokens every 40 seconds."""
    steps = {
        "135 M, two cores, float32 (measured)": lambda rows: 0.045 + 0.0022 * rows,
        "7 B, one H100, bfloat16 (arithmetic)": lambda rows: 0.008 + 0.0001 * rows,
        "70 B, four H100, bfloat16 (arithmetic)": lambda rows: 0.020 + 0.0002 * rows,
    }
    for model, step in steps.items():
        for visitors in (30, 300, 3000):
            counts = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
            found = needed(lambda count: Plan(count, Limits().rows, step, visitors, 40, 40), counts=counts)  # noqa: B023
            print(f"{model}: {visitors:,} learners need {found or f'more than {counts[-1]}'}", flush=True)


if __name__ == "__main__":
    main()
