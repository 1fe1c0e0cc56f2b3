"""Records what the view Compare prompts shows in a lesson: its columns, and the label words after each prompt.

Each column is recorded alone, so that the page can put any of them beside each other. `assets/site/prompts.js` asks for
what is written here. Knows tasks and prompts. Does not know pages of a lesson.
"""

import json
from collections.abc import Iterable
from typing import Any

from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.errors import PlaygroundError
from playground.lessons.lesson import State
from playground.lessons.texts import Texts
from playground.lessons.views import prompts
from playground.prompts.columns import task_json
from playground.prompts.label_words import SPELLINGS, label_words
from playground.prompts.labels import Scorer
from playground.sharing.recorded import question

COLUMN, LABELS = "prompts/column.json", "prompts/labels.json"


class Prompts:
    """What was recorded of the view.

    Attributes:
        tasks: those of the menu that the lesson opens, as they come with the playground.
        answers: each answer by its path.
    """

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, bytes] = {}

    async def take(self, state: State, texts: Texts, shots: Iterable[int]) -> list[tuple[str, Settings]]:
        """Records columns of a state with so many examples each.

        Returns:
            What a run of these columns writes: each prompt, with the settings.
        """
        asked, task = texts.asked(state), prompts.BY_NAME[state.fields["task"]]
        engine = asked.reader
        assert isinstance(engine, AnyEngine), "Texts has none but engines"
        self.tasks[task.name] = task_json(task)
        stop = {"stop_strings": [task.stop]} if task.stop else {}
        runs = []
        for number in shots:
            told = await prompts.shown(asked, engine, [number])
            [column] = told.pop("columns")
            key = [engine.model.name, task.name, state.prompt or task.input, number, state.settings.max_new_tokens]
            self.answers[question(COLUMN, key)] = _json(told | {"column": column})
            if "error" not in column:
                await self._labels(engine, task.labels, column)
                runs.append((column["text"], Settings.from_dict(state.settings.to_dict() | stop)))
        return runs

    async def _labels(self, engine: AnyEngine, labels: tuple[str, ...], column: dict[str, Any]) -> None:
        for free in dict.fromkeys([None, column["content_free"]]):
            key = question(LABELS, [engine.model.name, column["text"], free])
            if labels and key not in self.answers:
                prompt = {"text": column["text"], "templated": column["templated"], "content_free": free}
                wanted = {"labels": list(labels), "spellings": list(SPELLINGS), "prompts": [prompt]}
                try:
                    [answer] = await label_words(engine.beside(Scorer), wanted)
                except PlaygroundError as refusal:  # the prompt fills the window; the view says so
                    answer = {"error": str(refusal)}
                self.answers[key] = _json(answer)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
