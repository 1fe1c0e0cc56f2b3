"""Builds the prompts of the Compare prompts tab's columns from a task, as plain JSON.

Knows prompting and models' limits, and parses what the page sends. Does not know gradio or how a prompt is run.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from playground.engine.request import Limits, checked_text
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.languages import USUAL, Pair
from playground.models.prompt_ids import PromptIds
from playground.prompts.labels import LONGEST_LABEL, MOST_LABELS
from playground.prompts.prompting import FORMS, Example, Part, Prompt, Task, build, part_tokens
from playground.prompts.tasks import CONTENT_FREE
from playground.values import MOST_NUMBER, Values, items, text
from playground.values import texts as check_texts

MOST_EXAMPLES = 200
MOST_COLUMNS = 4
MOST_TRIES = 20
LONGEST_TEXT, LONGEST_TASK = 50_000, 500_000
"""The most characters that one text of a task may have, and that all of them may have together."""
ALL_SHOTS = 1_000_000
"""The number of shots that stands for all examples that fit."""
TEXTS = ("name", "instruction", "input_cue", "cue", "stop", "input", "pipeline")


def parse_task(given: object) -> Task:
    """Checks a task that the page sent and returns it.

    Raises:
        PlaygroundError: a value is missing or wrong. The message names it.
    """
    if not isinstance(given, Mapping):
        raise PlaygroundError("This is not a task. A task is an object with an instruction, examples and labels.")
    values = Values("The task", given)
    texts = {name: _text(f"The task's {name.replace('_', ' ')}", given.get(name, "")) for name in TEXTS}
    shown_examples = items("The task's list of examples", given.get("examples", []), MOST_EXAMPLES)
    labels = given.get("labels", [])
    task = Task(
        **texts,
        examples=examples("Example", shown_examples),
        labels=check_texts("The task's list of labels", labels, MOST_LABELS, LONGEST_LABEL),
        tries=check_texts("The task's list of inputs to try", given.get("tries", []), MOST_TRIES, LONGEST_TEXT),
        repeats=values.boolean("repeats") if "repeats" in values else True,
    )
    own = [*texts.values(), *task.tries, *(text for one in task.examples for text in (one.input, one.answer))]
    characters = sum(map(len, own))
    if characters > LONGEST_TASK:
        raise PlaygroundError(
            f"The task has {characters:,} characters with its examples. Keep at most {LONGEST_TASK:,}.", status=413
        )
    return task


def examples(what: str, given: Sequence[object]) -> tuple[Example, ...]:
    """Checks examples that the page sent and returns them.

    Raises:
        PlaygroundError: an entry is not an example. The message names it by `what` and its number.
    """
    return tuple(_example(f"{what} {number}", one) for number, one in enumerate(given, start=1))


def task_json(task: Task) -> dict[str, Any]:
    """Returns a task as plain JSON values, from which `parse_task` makes it again."""
    return {
        "name": task.name,
        "instruction": task.instruction,
        "input_cue": task.input_cue,
        "cue": task.cue,
        "stop": task.stop,
        "input": task.input,
        "pipeline": task.pipeline,
        "tries": list(task.tries),
        "repeats": task.repeats,
        "labels": list(task.labels),
        "examples": [{"input": example.input, "answer": example.answer} for example in task.examples],
    }


class Columns:
    """Builds the prompts of a task for one model, its server's limits, and the languages of a translation."""

    def __init__(self, model: LanguageModel, limits: Limits, languages: Pair = USUAL) -> None:
        self.model = model
        self.limits = limits
        self.languages = languages

    def read(self, text: str, templated: bool) -> PromptIds:
        """Returns a prompt's text as the model reads it, in the chosen languages."""
        return self.model.encode_prompt(text, templated=templated, languages=self.languages)

    def count(self, text: str, templated: bool) -> int:
        """Returns the number of tokens of a prompt's text, with the one that names its language."""
        is_named = self.model.languages.only_target and self.languages.target is not None
        return len(self.model.tokenizer.encode(text, templated=templated)) + is_named

    def tokens_until(self, text: str, templated: bool, places: Sequence[int]) -> list[int]:
        """Returns, for each place in the text, how many of its tokens end at or before that place."""
        return self.model.tokenizer.tokens_until(text, places, templated=templated)

    @property
    def window(self) -> int:
        """The most tokens of the window that holds the prompt."""
        return self.model.source_window if self.model.takes_source else self.model.window

    def budget(self, answer_tokens: int) -> int:
        """Returns how many tokens a prompt may have if the answer needs `answer_tokens`.

        An encoder's window holds the prompt alone: the answer is in the decoder's.
        """
        return min(self.window - self._beside(answer_tokens), self.limits.prompt_tokens)

    def _beside(self, answer_tokens: int) -> int:
        return 0 if self.model.takes_source else answer_tokens

    def prompt(self, task: Task, text: str, shots: int, form: str, answer_tokens: int) -> Prompt:
        """Calls `prompting.build` for this model."""
        budget, chat = self.budget(answer_tokens), self.model.tokenizer.conversation
        return build(task, text, shots, budget=budget, count=self.count, form=form, chat=chat)

    def show(self, given: object) -> dict[str, Any]:
        """Returns the columns' prompts: their text, its turns if it is a chat, ids, and the tokens of each part.

        An error of one column is shown in that column.

        Args:
            given: {task, form, answer_tokens, columns: [{shots} or {free}]}, as the page sent it.

        Raises:
            PlaygroundError: the task, or another value that all columns share, is wrong.
        """
        asked = Values("The request", given)
        task, form = parse_task(asked.get("task")), asked.choice("form", FORMS)
        answer_tokens = asked.whole("answer_tokens", 1, MOST_NUMBER) if "answer_tokens" in asked else 1
        columns = asked.items("columns", 1000)
        if not 1 <= len(columns) <= MOST_COLUMNS:
            raise PlaygroundError(f"There are {len(columns)} columns. Use 1 to {MOST_COLUMNS}.")
        shown = []
        for column in columns:
            try:
                shown.append(self._column(task, Values("A column", column), form, answer_tokens))
            except PlaygroundError as refusal:
                shown.append({"error": str(refusal)})
        told = {"window": self.window, "budget": self.budget(answer_tokens)}
        return told | {"columns": shown, "answer_tokens": self._beside(answer_tokens)}

    def _column(self, task: Task, column: Values, form: str, answer_tokens: int) -> dict[str, Any]:
        if "free" in column:
            prompt, bare = self._free(column, form, answer_tokens), None
        else:
            shots = column.whole("shots", 0, ALL_SHOTS)
            prompt = self.prompt(task, task.input, shots, form, answer_tokens)
            bare = self.prompt(task, CONTENT_FREE, shots, form, answer_tokens).text if task.labels else None
        usual = self.model.encode_prompt(prompt.text, templated=prompt.templated)
        ids = self.model.in_languages(usual, self.languages).read_ids
        sizes = self._sizes(prompt, len(ids), len(ids) - len(usual.read_ids))
        return {
            "text": prompt.text,
            "templated": prompt.templated,
            "turns": prompt.turns,
            "content_free": bare,
            "ids": list(ids),
            "parts": [
                {"kind": part.kind, "example": part.example, "tokens": size}
                for part, size in zip(prompt.parts, sizes, strict=True)
            ],
            "shots": list(prompt.shots),
            "left_out": list(prompt.left_out),
        }

    def _sizes(self, prompt: Prompt, tokens: int, before: int) -> list[int]:
        """Returns the number of tokens of each part. The first has those `before` the text, which name a language.

        An empty prompt has one part, which holds what the model reads for it, such as its start token.
        """
        if not prompt.text:
            return [tokens]
        first, *others = part_tokens(prompt, self.tokens_until)
        return [first + before, *others]

    def _free(self, column: Values, form: str, answer_tokens: int) -> Prompt:
        written = checked_text("This prompt", column.get("free"), self.limits)
        turns = [] if form == "plain" else [{"role": "user", "content": written}]
        text = self.model.tokenizer.conversation(turns) if turns else written
        size = self.count(text, bool(turns))
        if size > self.budget(answer_tokens):
            raise PlaygroundError(
                f"This prompt has {size:,} tokens, and only {self.budget(answer_tokens):,} fit beside the "
                "answer. Shorten it, or ask for fewer new tokens."
            )
        return Prompt((Part("free", text),), turns=turns)


def _text(name: str, value: object) -> str:
    return text(name, value, LONGEST_TEXT)


def _example(name: str, given: object) -> Example:
    if not isinstance(given, Mapping) or not all(isinstance(given.get(key), str) for key in ("input", "answer")):
        raise PlaygroundError(f"{name} should have an input and an answer, both texts.")
    return Example(_text(f"{name}'s input", given["input"]), _text(f"{name}'s answer", given["answer"]))
