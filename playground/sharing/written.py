"""What a person would type to get a prompt's ids: for a link, or a script, that makes the same text again.

Knows models. Does not know traces or pages.
"""

from collections.abc import Sequence
from typing import NamedTuple

from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel

MARK = "playground"
"""Stands for the user's turn while the chat template is taken apart."""


class Written(NamedTuple):
    """A prompt, and whether the chat template goes around it."""

    prompt: str
    chat: bool


def written(model: LanguageModel, prompt_ids: Sequence[int]) -> Written:
    """What encodes to exactly `prompt_ids`, tried before it is returned.

    Raises:
        PlaygroundError: no text does, which ids made by a program can be.
    """
    ids = tuple(prompt_ids)
    text = model.decode(ids)
    if model.has_chat_template:
        before, _, after = model.chat_prompt(MARK).partition(MARK)
        prompt = text.removeprefix(before).removesuffix(after)
        if model.encode(model.chat_prompt(prompt), templated=True) == ids:
            return Written(prompt, True)
    plain = [text, model.decode(ids[1:]), ""]  # with the special tokens it may hold, without a start token, none
    for prompt in plain:
        if _encodes_to(model, prompt, ids):
            return Written(prompt, False)
    raise PlaygroundError(
        "No text gives exactly this prompt's tokens, so there is no link to it. Save the trace as a file.",
        status=422,
    )


def _encodes_to(model: LanguageModel, prompt: str, ids: tuple[int, ...]) -> bool:
    try:
        return model.encode(prompt) == ids
    except PlaygroundError:  # an empty prompt, for a model without a start token
        return False
