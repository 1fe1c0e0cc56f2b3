"""Computes the exact probabilities of the label words, in several spellings, after the Compare prompts tab's prompts.

Knows models and labels, and parses what the page sends. Does not know gradio, tasks or how a prompt is made. Results
are plain JSON.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.engine.request import Limits, checked_text
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.languages import USUAL, Pair
from playground.models.prompt_ids import PromptIds
from playground.prompts.columns import MOST_COLUMNS
from playground.prompts.constrained import beginnings, constrained, total_variation
from playground.prompts.labels import (
    LONGEST_LABEL,
    MOST_LABELS,
    Query,
    Scorer,
    calibrated,
    encode_labels,
    rescaled,
    share,
)
from playground.values import Values, choice

TAIL_CHARACTERS = 200
"""The number of a prompt's last characters behind which a label word is tokenised. The text before them is included
back to a space or a line break."""

SPELLINGS = {
    "space": lambda word: " " + word,
    "bare": lambda word: word,
    "space lower": lambda word: " " + word.lower(),
    "lower": lambda word: word.lower(),
    "space upper": lambda word: " " + word.upper(),
}
"""How a label word may be written after the answer cue, by the page's name for the spelling."""


async def label_words(scorer: Scorer, given: object) -> list[dict[str, Any]]:
    """Returns, for every prompt and spelling, the label words' exact probabilities, their share and the preferred one.

    A spelling whose labels cannot be compared, because two are equal or one begins another, has a sentence that says
    why instead. `constrained` are the labels under a constraint that allows nothing else, and `variation` is the total
    variation distance between these and `prefers`.

    Args:
        given: {labels, spellings, prompts: [{text, templated, content_free}], languages}, as the page sent it. If
            `content_free` is None, there is no calibration.

    Raises:
        PlaygroundError: a value is missing or wrong, or a prompt is over a limit.
    """
    engine = scorer.engine
    asked = Values("The request", given)
    labels = [label.strip() for label in asked.texts("labels", MOST_LABELS, LONGEST_LABEL)]
    names = [choice("A spelling", name, SPELLINGS) for name in asked.items("spellings", len(SPELLINGS))]
    prompts = [_Prompt.of(prompt, engine.limits) for prompt in asked.items("prompts", MOST_COLUMNS)]
    languages = engine.model.languages.chosen_in(asked)
    found = await asyncio.to_thread(_spellings, engine.model, labels, names)
    usable = [spelling for spelling in found.values() if isinstance(spelling, _Spelling)]
    label_ids = beginnings([ids for spelling in usable for ids in spelling.ids])
    answers = []
    for prompt in prompts:
        joint = await asyncio.to_thread(
            Joint, engine.model, prompt.text, templated=prompt.templated, languages=languages
        )
        own, bare = await _probabilities(scorer, joint.prompt, label_ids), None
        if prompt.content_free is not None:
            free = await asyncio.to_thread(_read, engine.model, prompt.content_free, prompt.templated, languages)
            bare = await _probabilities(scorer, free, label_ids)
        answers.append(await asyncio.to_thread(_told, joint, found, own, bare))
    return answers


@dataclass(frozen=True)
class _Prompt:
    """A prompt that label words follow. `content_free` is the prompt that calibrates them, or None."""

    text: str
    templated: bool
    content_free: str | None

    @classmethod
    def of(cls, given: object, limits: Limits) -> "_Prompt":
        asked = Values("A prompt", given)
        text, bare = checked_text("The prompt", asked.get("text"), limits), None
        if "content_free" in asked:
            bare = checked_text("The prompt without content", asked.get("content_free"), limits)
        return cls(text, asked.boolean("templated"), bare)


@dataclass(frozen=True)
class _Spelling:
    """The label words in one spelling, and their ids."""

    words: tuple[str, ...]
    ids: tuple[tuple[int, ...], ...]


class Joint:
    """A prompt, with a test whether a label word behind it has the same tokens as on its own.

    The prompt is tokenised once. A word is then tokenised behind the prompt's last words only, provided that these have
    the same tokens as in the whole prompt. Text far before a word does not change how the word is tokenised. If an
    encoder reads the prompt, a word is not behind it: it begins the decoder's text.
    """

    def __init__(self, model: LanguageModel, text: str, *, templated: bool, languages: Pair = USUAL) -> None:
        self._model, self._text, self._templated = model, text, templated
        self.prompt = _read(model, text, templated, languages)
        self._ids = self.prompt.ids
        space = max(text.rfind(mark, 0, -TAIL_CHARACTERS) for mark in " \n")
        for start in (space, space + 1) if space > 0 and not self.prompt.source_ids else ():
            tail = model.tokenizer.encode(text[start:], templated=True)
            if self._ids[-len(tail) :] == tail:
                self._text, self._ids, self._templated = text[start:], tail, True
                break

    def differs(self, word: str, ids: tuple[int, ...]) -> bool:
        """Returns whether the prompt with `word` behind it has other tokens than the prompt's own followed by `ids`."""
        if self.prompt.source_ids:
            return False
        return self._model.tokenizer.encode(self._text + word, templated=self._templated) != self._ids + ids


def _read(model: LanguageModel, text: str, templated: bool, languages: Pair) -> PromptIds:
    return model.before_given(model.encode_prompt(text, templated=templated, languages=languages))


def _spellings(model: LanguageModel, labels: Sequence[str], names: Sequence[str]) -> dict[str, _Spelling | str]:
    """Returns each spelling by name, or the sentence that says why it cannot be used."""
    encode_labels(model, labels)
    found: dict[str, _Spelling | str] = {}
    for name in names:
        words = tuple(SPELLINGS[name](label) for label in labels)
        try:
            found[name] = _Spelling(words, encode_labels(model, words))
        except PlaygroundError as refusal:
            found[name] = str(refusal)
    return found


def _told(
    joint: Joint,
    found: Mapping[str, _Spelling | str],
    own: Mapping[tuple[int, ...], float],
    bare: Mapping[tuple[int, ...], float] | None,
) -> dict[str, Any]:
    return {
        name: {"error": spelling} if isinstance(spelling, str) else _spelling(joint, spelling, own, bare)
        for name, spelling in found.items()
    }


def _spelling(
    joint: Joint,
    spelling: _Spelling,
    own: Mapping[tuple[int, ...], float],
    bare: Mapping[tuple[int, ...], float] | None,
) -> dict[str, Any]:
    probabilities = [own[ids] for ids in spelling.ids]
    prefers, masked = rescaled(probabilities), constrained(spelling.ids, own)
    return {
        "labels": [
            {"label": word, "token_ids": list(ids), "probability": probability, "differs": joint.differs(word, ids)}
            for word, ids, probability in zip(spelling.words, spelling.ids, probabilities, strict=True)
        ],
        "share": share(probabilities),
        "prefers": prefers,
        "constrained": masked,
        "variation": total_variation(prefers, masked),
        "calibrated": None if bare is None else calibrated(probabilities, [bare[ids] for ids in spelling.ids]),
    }


async def _probabilities(
    scorer: Scorer, prompt: PromptIds, label_ids: tuple[tuple[int, ...], ...]
) -> dict[tuple[int, ...], float]:
    if not label_ids:
        return {}
    [found] = await scorer.probabilities([Query(prompt.ids, label_ids, prompt.source_ids)])
    return dict(zip(label_ids, found, strict=True))
