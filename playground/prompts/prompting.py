"""Builds a prompt from a task, worked examples and an input: zero-shot, one-shot or few-shot, plain or as a chat.

Knows errors. Does not know models: callers pass functions that count a text's tokens and write a conversation. An
example that does not fit is left out and listed, never cut.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise, takewhile

from playground.errors import PlaygroundError
from playground.values import CHARACTERS_A_TOKEN

FORMS = ("plain", "turn", "turns")
"""The forms of a prompt. "plain" uses no chat template. "turn" makes the whole prompt one user's turn of it. "turns"
makes each example's input a user's turn and its answer an assistant's turn."""
GAP = "\n\n"
"""The text between two examples."""
SLACK = 4
"""The number of tokens by which an example's words may differ, at their ends, on their own and in a prompt."""

Turns = list[dict[str, str]]


@dataclass(frozen=True)
class Example:
    """An input and its answer."""

    input: str
    answer: str


@dataclass(frozen=True)
class Task:
    """A task for the model, with worked examples.

    Attributes:
        instruction: the text before the input; may be empty.
        input_cue: a word before the input ("Review:"); may be empty.
        cue: the text after which the answer begins ("Sentiment:"); may be empty.
        examples: the examples, in the order in which they are given.
        labels: the possible answers of a classification; empty for other tasks.
        repeats: whether every example repeats the instruction; otherwise the prompt has it once.
        stop: the text at which the completion ends. Without it a small model goes on to invent the next example.
        input: the first input to answer.
        tries: inputs that the page offers instead of it.
        pipeline: the name of transformers' pipeline for models that are trained for this task, such as
            "summarization" or "translation_fr_to_en"; empty for none. Such a model needs the input alone.
    """

    name: str
    instruction: str
    cue: str
    examples: tuple[Example, ...]
    input: str
    labels: tuple[str, ...] = ()
    input_cue: str = ""
    repeats: bool = True
    stop: str = GAP
    tries: tuple[str, ...] = ()
    pipeline: str = ""


@dataclass(frozen=True)
class Part:
    """A part of a prompt's text.

    `kind` is "instruction", "example", "input", "template" or "free". `example` counts from 0; -1 stands for none.
    """

    kind: str
    text: str
    example: int = -1


@dataclass(frozen=True)
class Prompt:
    """A prompt as the model reads it.

    Attributes:
        parts: the parts, whose texts in order make up the prompt.
        shots: the indices of the task's examples that are in it.
        left_out: the indices of the examples that were wanted and did not fit.
        turns: the turns of which the chat template wrote the text, special tokens included; none for a plain prompt.
    """

    parts: tuple[Part, ...]
    shots: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    turns: Turns = field(default_factory=list)

    @property
    def templated(self) -> bool:
        """Whether the chat template wrote the text."""
        return bool(self.turns)

    @property
    def text(self) -> str:
        """The whole text of the prompt."""
        return "".join(part.text for part in self.parts)


def build(
    task: Task,
    text: str,
    shots: int,
    *,
    budget: int,
    count: Callable[[str, bool], int],
    form: str = "plain",
    chat: Callable[[Turns], str] | None = None,
) -> Prompt:
    """Builds the prompt that asks for the answer to `text` after those of the first `shots` examples that fit.

    Args:
        budget: the number of tokens that the prompt may have.
        count: returns the number of tokens of a text; its second argument says whether the chat template wrote it.
        form: one of `FORMS`.
        chat: returns the text that the chat template makes of turns; needed unless `form` is "plain".

    Raises:
        PlaygroundError: the form is unknown, or the instruction and the input alone do not fit.
    """
    most_characters = budget * CHARACTERS_A_TOKEN
    if form not in FORMS:
        raise PlaygroundError(f"The prompt's form is {form!r}. Choose one of {', '.join(FORMS)}.")

    def written(chosen: Sequence[int]) -> Prompt:
        if form == "plain":
            return _plain(task, text, chosen)
        assert chat is not None, "a form that is not plain comes with its chat template"
        return _chat(task, text, chosen, form, chat)

    def size(prompt: Prompt) -> float:
        return count(prompt.text, prompt.templated) if len(prompt.text) <= most_characters else math.inf

    def fits(prompt: Prompt) -> bool:
        return size(prompt) <= budget

    wanted = list(range(min(shots, len(task.examples))))
    whole = written(wanted)
    if fits(whole):
        return whole
    bare = written([])
    if len(bare.text) > most_characters:
        raise PlaygroundError(
            f"The instruction and the input have {len(bare.text):,} characters, and only {budget:,} "
            f"tokens fit beside the answer, which are at most {most_characters:,} characters. Shorten them.",
            status=413,
        )
    if not fits(bare):
        raise PlaygroundError(
            f"The instruction and the input have {size(bare):,} tokens, and only {budget:,} fit beside the "
            "answer. Shorten them, or ask for fewer new tokens."
        )

    def own(number: int) -> float:
        said = task.instruction if task.repeats else ""
        words = f"{said} {task.examples[number].input}\n{task.examples[number].answer}"
        return count(words, True) if len(words) <= most_characters else math.inf

    chosen = _fitting(wanted, budget, lambda numbers: size(written(numbers)), own)
    left_out = tuple(number for number in wanted if number not in chosen)
    return replace(written(chosen), left_out=left_out)


def _fitting(
    wanted: Sequence[int], budget: int, size: Callable[[Sequence[int]], float], own: Callable[[int], float]
) -> list[int]:
    """Returns the examples that fit, in order. An example is taken if the prompt with it and those before it fits.

    Long prompts take long to tokenise, so only few are tried. In a run of examples that fit, the last one is found by
    bisection. An example whose own words are already too long is not tried.

    Args:
        size: returns the number of tokens of the whole prompt with these examples.
        own: returns the number of tokens of one example's words, without the text around them.
    """
    sizes = {number: own(number) for number in wanted}
    chosen: list[int] = []
    taken, around, place = size(chosen), 0.0, 0
    while place < len(wanted):
        room = budget - taken
        if sizes[wanted[place]] + around - SLACK > room:
            place += 1
            continue
        most = _count_up_to(room, [sizes[number] - SLACK for number in wanted[place:]])
        tried = {0: taken}
        low, high, next_ = 0, most, most
        while low < high:
            tried[next_] = size([*chosen, *wanted[place : place + next_]])
            low, high = (next_, high) if tried[next_] <= budget else (low, next_ - 1)
            next_ = (low + high + 1) // 2
        chosen += wanted[place : place + low]
        taken, place = tried[low], place + low
        if low < most:  # the next example was tried, so the tokens around its words are known now
            if math.isfinite(tried[low + 1]):
                around = tried[low + 1] - taken - sizes[wanted[place]]
            place += 1
    return chosen


def _count_up_to(room: float, sizes: Sequence[float]) -> int:
    """Returns how many of the first sizes have a sum of at most `room`."""
    return sum(1 for _ in takewhile(lambda total: total <= room, accumulate(sizes)))


def part_tokens(prompt: Prompt, until: Callable[[str, bool, Sequence[int]], Sequence[int]]) -> list[int]:
    """Returns the number of tokens of each part. A token across two parts counts for the later one.

    `until(text, templated, places)` returns, for each place in a text, how many of its tokens end at or before it.
    """
    places = list(accumulate(len(part.text) for part in prompt.parts))
    ends = [0, *accumulate(until(prompt.text, prompt.templated, places), max)]
    return [end - before for before, end in pairwise(ends)]


def _plain(task: Task, text: str, chosen: Sequence[int]) -> Prompt:
    parts = [] if task.repeats or not task.instruction else [Part("instruction", task.instruction + GAP)]
    for number in chosen:
        example = task.examples[number]
        parts.append(Part("example", _solved(task, example) + GAP, number))
    head, rest = _question(task, text, says_instruction=task.repeats)
    parts += [Part("instruction", head)] if head else []
    parts.append(Part("input", rest))
    return Prompt(tuple(parts), tuple(chosen))


def _chat(task: Task, text: str, chosen: Sequence[int], form: str, chat: Callable[[Turns], str]) -> Prompt:
    """Builds a prompt through the chat template. The text that the template adds becomes parts of its own.

    It is found by searching for the turns' contents in order.
    """
    contents: list[tuple[str, list[Part]]] = []
    if form == "turn":
        parts = list(_plain(task, text, chosen).parts)
        contents.append(("user", parts))
    else:
        for number in chosen:
            says = task.repeats or not contents
            question = "".join(_question(task, task.examples[number].input, says_instruction=says))
            contents.append(("user", [Part("example", question, number)]))
            contents.append(("assistant", [Part("example", task.examples[number].answer, number)]))
        head, rest = _question(task, text, says_instruction=task.repeats or not contents)
        contents.append(("user", [*([Part("instruction", head)] if head else []), Part("input", rest)]))
    turns = [{"role": role, "content": "".join(part.text for part in parts)} for role, parts in contents]
    return Prompt(tuple(_located(chat(turns), [parts for _, parts in contents])), tuple(chosen), (), turns)


def _located(text: str, contents: Sequence[Sequence[Part]]) -> list[Part]:
    """Cuts `text` into parts where each of `contents` occurs in it.

    If the template has changed one of them, the whole text becomes one template part.
    """
    found, place = [], 0
    for parts in contents:
        content = "".join(part.text for part in parts)
        start = text.find(content, place)
        if start < 0:
            return [Part("template", text)]
        found += [Part("template", text[place:start]), *parts]
        place = start + len(content)
    found.append(Part("template", text[place:]))
    return [part for part in found if part.text]


def _question(task: Task, text: str, *, says_instruction: bool) -> tuple[str, str]:
    """Returns the instruction with the gap after it, and the input with its cues."""
    gap = "\n" if "\n" in text else " "
    head = task.instruction + gap if says_instruction and task.instruction else ""
    shown = f"{task.input_cue}{gap}{text}" if task.input_cue else text
    return head, f"{shown}\n{task.cue}" if task.cue else f"{shown}\n"


def _solved(task: Task, example: Example) -> str:
    question = "".join(_question(task, example.input, says_instruction=task.repeats))
    gap = "\n" if "\n" in example.answer else " "
    return f"{question}{gap}{example.answer}" if task.cue else f"{question}{example.answer}"
