"""Reads the texts that the documented API is asked about, and names their tokens.

Knows the engine. A model with an encoder reads the text with it, and its decoder has written the target.
"""

from collections.abc import Sequence

from playground.attention.opened import source_ids, target_ids
from playground.attention.views import text_ids
from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.models.prompt_ids import PromptIds


async def asked_texts(engine: Engine, text: str, target: object) -> PromptIds:
    """Returns the ids of a text to look at, and of what the decoder has written.

    Args:
        target: for a model with an encoder: a text; None or an empty one for a decoder that has read its start token.

    Raises:
        PlaygroundError: a text is empty, too long or not valid Unicode, or the model has no encoder and there is a
            target.
    """
    if engine.model.takes_source:
        return PromptIds(await target_ids(engine, "" if target is None else target), await source_ids(engine, text))
    if target:
        raise PlaygroundError(
            f"{engine.model.name} has no encoder, so that it has no target. Leave target out.", status=422
        )
    return PromptIds(await text_ids(engine, text))


def tokens_of(engine: Engine, read: PromptIds) -> dict[str, list[str]]:
    """Returns `{tokens}` of the text, and for a model with an encoder `target_tokens` of what its decoder has read."""
    told = {"tokens": texts_of(engine, read.read_ids)}
    return told | ({"target_tokens": texts_of(engine, read.ids)} if read.source_ids else {})


def texts_of(engine: Engine, ids: Sequence[int]) -> list[str]:
    """Returns the text of each token alone."""
    return [engine.model.tokenizer.decode([token_id]) for token_id in ids]
