"""What the Compare prompts tab shows of a task: its columns' prompts, and the label words after them, as plain JSON.

Knows prompting, models' limits and labels; parses what the page sends. Does not know gradio or how a prompt is run.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from playground.errors import PlaygroundError
from playground.model import LanguageModel
from playground.prompts.labels import Query, Scorer, calibrated, encode_labels, rescaled, share
from playground.prompts.prompting import Example, Part, Prompt, Task, build, part_tokens
from playground.prompts.tasks import CONTENT_FREE
from playground.request import Limits

MOST_EXAMPLES = 200
MOST_COLUMNS = 4
LONGEST_TEXT = 50_000

SPELLINGS = {
    "space": lambda word: " " + word,
    "bare": lambda word: word,
    "space lower": lambda word: " " + word.lower(),
    "lower": lambda word: word.lower(),
    "space upper": lambda word: " " + word.upper(),
}
"""How a label word may stand after the answer cue, by the name the page has for it."""


def parse_task(values: object) -> Task:
    """A task as the page has it, checked.

    Raises:
        PlaygroundError: a missing or wrong value, named.
    """
    if not isinstance(values, Mapping):
        raise PlaygroundError("This is not a task: it should be an object with an instruction, examples and labels.")
    texts = {name: _text(values, name) for name in ("name", "instruction", "input_cue", "cue", "stop", "input")}
    examples = values.get("examples", [])
    if not isinstance(examples, Sequence) or isinstance(examples, str):
        raise PlaygroundError("The task's examples should be a list of objects with an input and an answer.")
    if len(examples) > MOST_EXAMPLES:
        raise PlaygroundError(f"The task has {len(examples):,} examples. Keep at most {MOST_EXAMPLES}.")
    labels = values.get("labels", [])
    if not isinstance(labels, Sequence) or isinstance(labels, str) or not all(isinstance(one, str) for one in labels):
        raise PlaygroundError("The task's labels should be a list of texts.")
    return Task(
        **texts,
        examples=tuple(_example(number, example) for number, example in enumerate(examples, start=1)),
        labels=tuple(labels),
        repeats=bool(values.get("repeats", True)),
    )


def task_json(task: Task) -> dict[str, Any]:
    """The same the other way round."""
    return {
        "name": task.name,
        "instruction": task.instruction,
        "input_cue": task.input_cue,
        "cue": task.cue,
        "stop": task.stop,
        "input": task.input,
        "repeats": task.repeats,
        "labels": list(task.labels),
        "examples": [{"input": example.input, "answer": example.answer} for example in task.examples],
    }


class Columns:
    """Builds the prompts of a task for one model and its server's limits."""

    def __init__(self, model: LanguageModel, limits: Limits) -> None:
        self.model = model
        self.limits = limits

    def count(self, text: str, templated: bool) -> int:
        """Tokens of a prompt's text."""
        return len(self.model.encode(text, templated=templated))

    def budget(self, answer_tokens: int) -> int:
        """Tokens a prompt may have when the answer needs its own."""
        return min(self.model.window - answer_tokens, self.limits.prompt_tokens)

    def prompt(self, task: Task, text: str, shots: int, form: str, answer_tokens: int) -> Prompt:
        """`prompting.build` for this model."""
        budget, chat = self.budget(answer_tokens), self.model.conversation
        return build(task, text, shots, budget=budget, count=self.count, form=form, chat=chat)

    def show(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The columns' prompts: their text, ids, and the tokens of each part; an error stands in its own column.

        Args:
            asked: {task, form, answer_tokens, columns: [{shots} or {free}]}.
        """
        task, form = parse_task(asked.get("task")), asked.get("form", "plain")
        answer_tokens, columns = int(asked.get("answer_tokens") or 1), list(asked.get("columns", []))
        if not 1 <= len(columns) <= MOST_COLUMNS:
            raise PlaygroundError(f"There are {len(columns)} columns. Show 1 to {MOST_COLUMNS}.")
        shown = []
        for column in columns:
            try:
                shown.append(self._column(task, column, form, answer_tokens))
            except PlaygroundError as refusal:
                shown.append({"error": str(refusal)})
        return {"columns": shown, "window": self.model.window, "budget": self.budget(answer_tokens)}

    def _column(self, task: Task, column: Mapping[str, Any], form: str, answer_tokens: int) -> dict[str, Any]:
        free = column.get("free")
        if isinstance(free, str):
            templated = form != "plain"
            text = self.model.chat_prompt(free) if templated else free
            prompt, bare = Prompt((Part("free", text),), templated=templated), None
            size = self.count(text, templated)
            if size > self.budget(answer_tokens):
                raise PlaygroundError(
                    f"This prompt has {size:,} tokens, and there is room for {self.budget(answer_tokens):,} beside the "
                    "answer. Shorten it, or ask for fewer new tokens."
                )
        else:
            shots = int(column.get("shots", 0))
            prompt = self.prompt(task, task.input, shots, form, answer_tokens)
            bare = self.prompt(task, CONTENT_FREE, shots, form, answer_tokens).text if task.labels else None
        sizes = part_tokens(prompt, self.count)
        return {
            "text": prompt.text,
            "templated": prompt.templated,
            "content_free": bare,
            "ids": list(self.model.encode(prompt.text, templated=prompt.templated)),
            "parts": [
                {"kind": part.kind, "example": part.example, "tokens": size}
                for part, size in zip(prompt.parts, sizes, strict=True)
            ],
            "shots": list(prompt.shots),
            "left_out": list(prompt.left_out),
        }


async def label_words(scorer: Scorer, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For every prompt and spelling the label words' exact probabilities, their share, and which is preferred.

    Args:
        asked: {labels, spellings, prompts: [{text, templated, content_free}]}; `content_free` None leaves calibration
            out. A spelling whose labels cannot stand beside each other carries the sentence that says why.
    """
    model, labels = scorer.engine.model, [str(label).strip() for label in asked["labels"]]
    encode_labels(model, labels)
    found: dict[str, Any] = {}
    for name in asked["spellings"]:
        words = [SPELLINGS[name](label) for label in labels]
        try:
            found[name] = (words, encode_labels(model, words))
        except PlaygroundError as refusal:
            found[name] = str(refusal)
    usable = {name: pair for name, pair in found.items() if not isinstance(pair, str)}
    label_ids = tuple(dict.fromkeys(ids for _, encoded in usable.values() for ids in encoded))
    answers = []
    for prompt in asked["prompts"]:
        own = await _probabilities(scorer, prompt["text"], prompt["templated"], label_ids)
        bare = None
        if prompt.get("content_free") is not None:
            bare = await _probabilities(scorer, prompt["content_free"], prompt["templated"], label_ids)
        answer: dict[str, Any] = {}
        for name, pair in found.items():
            if isinstance(pair, str):
                answer[name] = {"error": pair}
            else:
                answer[name] = _spelling(model, prompt, *pair, own, bare)
        answers.append(answer)
    return answers


def _spelling(
    model: LanguageModel,
    prompt: Mapping[str, Any],
    words: Sequence[str],
    encoded: Sequence[tuple[int, ...]],
    own: Mapping[tuple[int, ...], float],
    bare: Mapping[tuple[int, ...], float] | None,
) -> dict[str, Any]:
    probabilities = [own[ids] for ids in encoded]
    prompt_ids = model.encode(prompt["text"], templated=prompt["templated"])
    joined = [model.encode(prompt["text"] + word, templated=prompt["templated"]) for word in words]
    return {
        "labels": [
            {"label": word, "token_ids": list(ids), "probability": probability, "differs": whole != prompt_ids + ids}
            for word, ids, probability, whole in zip(words, encoded, probabilities, joined, strict=True)
        ],
        "share": share(probabilities),
        "prefers": rescaled(probabilities),
        "calibrated": None if bare is None else calibrated(probabilities, [bare[ids] for ids in encoded]),
    }


async def _probabilities(
    scorer: Scorer, text: str, templated: bool, label_ids: tuple[tuple[int, ...], ...]
) -> dict[tuple[int, ...], float]:
    if not label_ids:
        return {}
    prompt_ids = scorer.engine.model.encode(text, templated=templated)
    [found] = await scorer.probabilities([Query(prompt_ids, label_ids)])
    return dict(zip(label_ids, found, strict=True))


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name, "")
    if not isinstance(value, str):
        raise PlaygroundError(f"The task's {name.replace('_', ' ')} should be a text, but is {value!r}.")
    if len(value) > LONGEST_TEXT:
        raise PlaygroundError(
            f"The task's {name.replace('_', ' ')} has {len(value):,} characters. Keep at most {LONGEST_TEXT:,}."
        )
    return value


def _example(number: int, values: object) -> Example:
    if not isinstance(values, Mapping) or not all(isinstance(values.get(key), str) for key in ("input", "answer")):
        raise PlaygroundError(f"Example {number} should have an input and an answer, both texts.")
    return Example(_text(values, "input"), _text(values, "answer"))
