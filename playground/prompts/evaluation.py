"""Measures a prompt's accuracy and label share over a labelled set, for several numbers of shots and orders.

Knows prompts, columns and label probabilities. Does not know pages.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from playground.errors import PlaygroundError
from playground.models.prompt_ids import PromptIds
from playground.prompts.columns import Columns
from playground.prompts.label_words import SPELLINGS
from playground.prompts.labels import Query, Scorer, calibrated, encode_labels, share
from playground.prompts.prompting import Example, Task
from playground.prompts.statistics import Z95, wilson
from playground.prompts.tasks import CONTENT_FREE, NONSENSE

MOST_ITEMS = 1000
MOST_PROMPTS = 20_000
MOST_SHOTS = 8
MOST_ORDERS = 5
WORDINGS = 2


@dataclass(frozen=True)
class Switches:
    """Changes to the examples, and to the way in which answers are read.

    Attributes:
        orders: the number of orders of the examples. The first is their own; each other one is a different shuffle (Lu
            et al. 2022).
        flip: whether every example gets the next label, which is wrong (Min et al. 2022; Wei et al. 2023).
        one_class: whether only examples with the first label are used (majority label bias, Zhao et al. 2021).
        nonsense: whether words without meaning replace the labels, in examples and answers (Wei et al. 2023).
        calibrate: whether probabilities are divided by those after a content-free input (Zhao et al. 2021).
    """

    orders: int = 1
    flip: bool = False
    one_class: bool = False
    nonsense: bool = False
    calibrate: bool = False


@dataclass(frozen=True)
class Case:
    """One prompt to try on all items: a task, the number of its examples to give, and the number of their order."""

    task: Task
    shots: int
    order: int = 0


@dataclass(eq=False)
class Evaluation:
    """An evaluation and its results so far.

    `answers[case][item]` holds the labels' probabilities. `preferred[case][item]` holds the same, calibrated if
    `calibrates`. `began` is when it began to run.
    """

    cases: Sequence[Case]
    items: Sequence[Example]
    labels: tuple[str, ...]
    form: str
    spelling: str
    calibrates: bool
    answers: list[dict[int, list[float]]] = field(init=False)
    preferred: list[dict[int, list[float]]] = field(init=False)
    began: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.answers = [{} for _ in self.cases]
        self.preferred = [{} for _ in self.cases]

    @property
    def total(self) -> int:
        """The number of prompts to try."""
        return len(self.cases) * len(self.items)

    @property
    def done(self) -> int:
        """The number of prompts that have been tried."""
        return sum(map(len, self.answers))

    @property
    def seconds_left(self) -> float | None:
        """The time that the remaining prompts need at the speed so far, or None before the first answer."""
        done = self.done
        return (time.perf_counter() - self.began) * (self.total - done) / done if done else None

    def predicted(self, case: int, item: int) -> int:
        """Returns the index of the preferred label, the first one if several are equal."""
        found = self.preferred[case][item]
        return found.index(max(found))

    def is_right(self, case: int, item: int) -> bool:
        """Returns whether the preferred label is the item's own."""
        return self.labels[self.predicted(case, item)] == self.items[item].answer

    def right(self, case: int) -> dict[int, bool]:
        """Returns, for each item that a case was tried on, whether its preferred label is its own."""
        return {item: self.is_right(case, item) for item in self.answers[case]}

    def first_orders(self) -> dict[int, int]:
        """Returns the number of the case with the first order of the examples, for each number of shots."""
        return {case.shots: number for number, case in enumerate(self.cases) if case.order == 0}

    async def run(self, scorer: Scorer, columns: Columns) -> AsyncGenerator[None]:
        """Tries all cases on all items and yields after each answer. If it is stopped, the answers so far remain."""
        self.began = time.perf_counter()
        words = [SPELLINGS[self.spelling](label) for label in self.labels]
        label_ids = encode_labels(columns.model, words)
        room = max(map(len, label_ids))
        for number, case in enumerate(self.cases):
            texts = [item.input for item in self.items]
            prompts = await asyncio.to_thread(self._prompts, columns, case, [CONTENT_FREE, *texts], room)
            bare, *queries = [Query(read.ids, label_ids, read.source_ids) for read in prompts]
            bias = (await scorer.probabilities([bare]))[0] if self.calibrates else None
            async with aclosing(scorer.each(queries)) as answers:
                async for item, nats in answers:
                    found = [math.exp(one) for one in nats]
                    self.answers[number][item] = found
                    self.preferred[number][item] = found if bias is None else calibrated(found, bias)
                    yield

    def _prompts(self, columns: Columns, case: Case, texts: Sequence[str], room: int) -> list[PromptIds]:
        prompts = [columns.prompt(case.task, text, case.shots, self.form, room) for text in texts]
        return [columns.model.before_given(columns.read(prompt.text, prompt.templated)) for prompt in prompts]

    def by_shots(self) -> list[dict[str, Any]]:
        """Returns one summary in plain numbers for each number of shots, over its orders."""
        return [self._summary(shots) for shots in sorted({case.shots for case in self.cases})]

    def _summary(self, shots: int) -> dict[str, Any]:
        numbers = [number for number, case in enumerate(self.cases) if case.shots == shots and self.answers[number]]
        right = [[self.is_right(number, item) for item in self.answers[number]] for number in numbers]
        shares = [share(found) for number in numbers for found in self.answers[number].values()]
        tried = len({item for number in numbers for item in self.answers[number]})
        accuracy = _mean([one for order in right for one in order])
        low, high = wilson(accuracy * tried, tried)
        spread = float(np.std(shares, ddof=1)) if len(shares) > 1 else 0.0
        margin = Z95 * spread / math.sqrt(max(1, tried))
        mean_share = _mean(shares)
        confusion = [[0] * len(self.labels) for _ in self.labels]
        for number in numbers:
            for item in self.answers[number]:
                true = self.labels.index(self.items[item].answer)
                confusion[true][self.predicted(number, item)] += 1
        return {
            "shots": shots,
            "items": tried,
            "accuracy": accuracy,
            "low": low,
            "high": high,
            "by_order": [_mean(order) for order in right],
            "share": mean_share,
            "share_low": max(0.0, mean_share - margin),
            "share_high": min(1.0, mean_share + margin),
            "confusion": confusion,
        }

    def by_item(self) -> list[dict[str, Any]]:
        """Returns every item with its preferred labels, one for each number of shots, in the first order.

        Each preferred label is [shots, label, probability, whether it is right].
        """
        rows, first = [], self.first_orders()
        for place, item in enumerate(self.items):
            found = []
            for shots, number in first.items():
                if place in self.answers[number]:
                    chosen = self.predicted(number, place)
                    probability = self.answers[number][place][chosen]
                    found.append([shots, self.labels[chosen], probability, self.is_right(number, place)])
            rows.append({"input": item.input, "answer": item.answer, "found": found})
        return rows


def plan(
    task: Task,
    items: Sequence[Example],
    shots: Sequence[int],
    switches: Switches,
    *,
    form: str = "plain",
    spelling: str = "space",
) -> Evaluation:
    """Returns an evaluation of one task that has not run yet.

    Raises:
        PlaygroundError: there are fewer than two labels or no items, an item has another label, or a number is out of
            range.
    """
    _check(task, items, shots, switches.orders)
    task, items = _switched(task, items, switches)
    cases = []
    for count in sorted(set(shots)):
        for order in range(switches.orders if count else 1):
            cases.append(Case(shuffled(task, order), count, order))
    return Evaluation(cases, items, task.labels, form, spelling, switches.calibrate)


def plan_wordings(
    task: Task, wordings: Sequence[str], items: Sequence[Example], shots: int, *, form: str, spelling: str
) -> Evaluation:
    """Returns an evaluation of two instructions over the same items with the same examples, one case each.

    Raises:
        PlaygroundError: there are not two wordings, or for the same reasons as in `plan`.
    """
    if len(wordings) != WORDINGS:
        raise PlaygroundError(f"The number of wordings is {len(wordings)}. Compare {WORDINGS}.")
    _check(task, items, [shots], 1)
    cases = [Case(replace(task, instruction=wording), shots) for wording in wordings]
    return Evaluation(cases, items, task.labels, form, spelling, calibrates=False)


def shuffled(task: Task, order: int) -> Task:
    """Returns the task with its examples in another order. Order 0 is its own."""
    if order == 0:
        return task
    places = np.random.Generator(np.random.Philox(key=order)).permutation(len(task.examples))
    return replace(task, examples=tuple(task.examples[place] for place in places))


def _switched(task: Task, items: Sequence[Example], switches: Switches) -> tuple[Task, Sequence[Example]]:
    labels, examples = task.labels, task.examples
    if switches.one_class:
        examples = tuple(example for example in examples if example.answer == labels[0])
    if switches.flip:
        after = dict(zip(labels, [*labels[1:], labels[0]], strict=True))
        examples = tuple(replace(example, answer=after.get(example.answer, example.answer)) for example in examples)
    if switches.nonsense:
        if len(labels) > len(NONSENSE):
            raise PlaygroundError(
                f"There are {len(labels)} labels and {len(NONSENSE)} nonsense words. Use fewer labels."
            )
        words = dict(zip(labels, NONSENSE, strict=False))
        examples = tuple(replace(example, answer=words.get(example.answer, example.answer)) for example in examples)
        items = [replace(item, answer=words[item.answer]) for item in items]
        labels = tuple(words.values())
    return replace(task, examples=examples, labels=labels), items


def _check(task: Task, items: Sequence[Example], shots: Sequence[int], orders: int) -> None:
    if len(task.labels) < 2:
        raise PlaygroundError("An evaluation needs at least two label words. Write them into Label words.")
    if not items:
        raise PlaygroundError("There are no items to try. Choose the bundled reviews or a CSV file.")
    if len(items) > MOST_ITEMS:
        raise PlaygroundError(f"There are {len(items):,} items. Try at most {MOST_ITEMS:,}.")
    for number, item in enumerate(items, start=1):
        if item.answer not in task.labels:
            raise PlaygroundError(
                f"Item {number} has the answer {item.answer[:40]!r}, which is none of the label words "
                f"{', '.join(task.labels)}. Change the label words or the item."
            )
    if not shots or not all(0 <= count <= MOST_SHOTS for count in shots):
        raise PlaygroundError(f"The numbers of shots are {list(shots)}. Give one or more from 0 to {MOST_SHOTS}.")
    if not 1 <= orders <= MOST_ORDERS:
        raise PlaygroundError(f"The number of orders is {orders}. Give one from 1 to {MOST_ORDERS}.")
    prompts = len(items) * len(set(shots)) * orders
    if prompts > MOST_PROMPTS:
        raise PlaygroundError(
            f"This asks for {prompts:,} prompts. Ask for at most {MOST_PROMPTS:,}: fewer items or orders."
        )


def _mean(numbers: Sequence[float]) -> float:
    return float(sum(numbers) / len(numbers)) if numbers else 0.0
