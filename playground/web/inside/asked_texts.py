"""Reads the texts that the documented API is asked about, and names their tokens.

Knows the engine. A model with an encoder reads the text with it, and its decoder has written the target.
"""

from collections.abc import Sequence

from playground.attention.opened import no_target, source_ids, target_ids
from playground.attention.views import text_ids
from playground.engine.any_engine import AnyEngine
from playground.errors import PlaygroundError
from playground.inside.why import PATCHING_TOKENS
from playground.models.prompt_ids import PromptIds


async def asked_texts(engine: AnyEngine, text: str, target: object) -> PromptIds:
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
        raise no_target(engine.model.name)
    return PromptIds(await text_ids(engine, text))


async def patched_target(engine: AnyEngine, target: object) -> tuple[int, ...]:
    """Returns the ids that a decoder has read where the sources of two texts are patched; none without an encoder.

    Raises:
        PlaygroundError: the text is none or too long, or the model has no encoder and there is a target.
    """
    if engine.model.takes_source:
        ids = await target_ids(engine, "" if target is None else target)
        if len(ids) > PATCHING_TOKENS:
            raise PlaygroundError(
                f"target has {len(ids):,} tokens, and patching takes at most {PATCHING_TOKENS}. Shorten it.", status=413
            )
        return ids
    if target:
        raise no_target(engine.model.name)
    return ()


def tokens_of(engine: AnyEngine, read: PromptIds) -> dict[str, list[str]]:
    """Returns `{tokens}` of the text, and for a model with an encoder `target_tokens` of what its decoder has read."""
    told = {"tokens": texts_of(engine, read.read_ids)}
    return told | ({"target_tokens": texts_of(engine, read.ids)} if read.source_ids else {})


def texts_of(engine: AnyEngine, ids: Sequence[int]) -> list[str]:
    """Returns the text of each token alone."""
    return [engine.model.tokenizer.decode([token_id]) for token_id in ids]
