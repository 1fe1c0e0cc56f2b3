"""Finds what a person would type to get a prompt's ids, for a link or a script that makes the same text again.

Knows models. Does not know traces or pages.
"""

from collections.abc import Sequence
from typing import NamedTuple

from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel

MARK = "playground"
"""The user's turn in a conversation that is written only to find the template's text before and after that turn."""


class Written(NamedTuple):
    """A prompt, and whether the chat template is put around it."""

    prompt: str
    chat: bool


def written(model: LanguageModel, prompt_ids: Sequence[int]) -> Written:
    """Returns a prompt that encodes to exactly `prompt_ids`. It is encoded to check this.

    Raises:
        PlaygroundError: no such prompt was found, which is possible for ids that a program made.
    """
    ids = tuple(prompt_ids)
    text = model.tokenizer.decode(ids)
    if model.tokenizer.has_chat_template:
        before, _, after = model.tokenizer.chat_prompt(MARK).partition(MARK)
        prompt = text.removeprefix(before).removesuffix(after)
        if model.tokenizer.encode(model.tokenizer.chat_prompt(prompt), templated=True) == ids:
            return Written(prompt, True)
    plain = [text, model.tokenizer.decode(ids[1:]), ""]  # with its special tokens, without a start token, empty
    for prompt in plain:
        if _encodes_to(model, prompt, ids):
            return Written(prompt, False)
    raise PlaygroundError(
        "No text gives exactly this prompt's tokens, so there is no link to it. Save the trace as a file.",
        status=422,
    )


def _encodes_to(model: LanguageModel, prompt: str, ids: tuple[int, ...]) -> bool:
    try:
        return model.tokenizer.encode(prompt) == ids
    except PlaygroundError:  # an empty prompt, for a model without a start token
        return False
