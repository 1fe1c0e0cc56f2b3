"""What lessons know of the view Compare prompts: a task of its menu, the shots of its columns, and the label words.

The prompt of a state is the input of the task.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from playground import values
from playground.engine.any_engine import AnyEngine
from playground.errors import PlaygroundError
from playground.lessons.views.view import Asked, Measure, Measured, View, ViewField
from playground.models.loaded_model import writes_nothing
from playground.prompts.columns import MOST_COLUMNS, Columns, task_json
from playground.prompts.evaluation import MOST_SHOTS
from playground.prompts.label_words import label_words
from playground.prompts.labels import Scorer
from playground.prompts.tasks import TASKS

ID = "compare/prompts"
FORM = "plain"
BY_NAME = {task.name: task for task in TASKS}


def _task(value: Any) -> str:
    return values.choice("task", value, tuple(BY_NAME))


def _shots(value: Any) -> list[int]:
    given = values.items("shots", value, MOST_COLUMNS)
    if not given:
        raise PlaygroundError(f"shots is empty. Write 1 to {MOST_COLUMNS} numbers, one for each column.")
    return [values.whole("A number of shots", one, 0, MOST_SHOTS) for one in given]


async def shown(asked: Asked, engine: AnyEngine, shots: Sequence[int]) -> dict[str, Any]:
    """Returns columns with so many examples each, as the view gets them from the server."""
    task = BY_NAME[asked.fields["task"]]
    wanted = {
        "task": task_json(task) | {"input": asked.prompt or task.input},
        "form": FORM,
        "answer_tokens": asked.settings.max_new_tokens,
        "columns": [{"shots": one} for one in shots],
    }
    return await asyncio.to_thread(Columns(engine.model, engine.limits).show, wanted)


async def measured(asked: Asked) -> Measured:
    """Returns the measures of the columns that the state asks for.

    Raises:
        PlaygroundError: the model writes no texts, or a prompt does not fit.
    """
    engine = asked.reader
    if not isinstance(engine, AnyEngine):
        raise writes_nothing(engine.model.name)
    task = BY_NAME[asked.fields["task"]]
    told = await shown(asked, engine, asked.fields["shots"])
    columns = told["columns"]
    for column in columns:
        if "error" in column:
            raise PlaygroundError(column["error"])
    found = await _labels(engine, task.labels, columns) if task.labels else []

    def place(column: int, most: int = len(columns)) -> int:
        return values.whole("The column", column, 1, most) - 1

    def label_share(column: int, label: str) -> float:
        if label not in task.labels:
            told = f"The label words are {', '.join(task.labels)}." if task.labels else "The task has none."
            raise PlaygroundError(f"{values.shown(label)} is not a label word. {told}")
        return found[place(column)][task.labels.index(label)]

    return {
        "label_share": label_share,
        "prompt_tokens": lambda column: len(columns[place(column)]["ids"]),
        "window": lambda: told["window"],
    }


async def _labels(engine: AnyEngine, labels: tuple[str, ...], columns: list[dict[str, Any]]) -> list[list[float]]:
    """Returns the probability of each label word after each column's prompt, spelled as the view opens."""
    spelling = "bare" if engine.model.takes_source else "space"
    prompts = [{"text": column["text"], "templated": column["templated"], "content_free": None} for column in columns]
    answers = await label_words(
        engine.beside(Scorer), {"labels": list(labels), "spellings": [spelling], "prompts": prompts}
    )
    chosen = [answer[spelling] for answer in answers]
    for answer in chosen:
        if "error" in answer:
            raise PlaygroundError(answer["error"])
    return [[label["probability"] for label in answer["labels"]] for answer in chosen]


VIEW = View(
    ID,
    (
        ViewField("task", _task, TASKS[0].name, "a task of the view's menu; the first one", is_sentence=True),
        ViewField("shots", _shots, [0, 1, 4], "the number of examples in each column, 0 to 8; `[0, 1, 4]`"),
    ),
    (
        Measure(
            "label_share",
            ("number", "text"),
            "number",
            "percent",
            "the probability of a label word after the prompt of a column, which is counted from 1",
            ID,
            '1, "Negative"',
        ),
        Measure("prompt_tokens", ("number",), "number", "count", "how many tokens the prompt of a column has", ID, "1"),
        Measure("window", (), "number", "count", "how many tokens the model's window has", ID),
    ),
    measured,
)
