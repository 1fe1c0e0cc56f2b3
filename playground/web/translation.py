"""Answers the documented API about translations: an encoder reads a text, and a decoder writes another one.

Knows the engine and `api`, whose answers these are with a source. Does not know Gradio: `endpoints.py` gives it its
endpoint.
"""

import asyncio
from typing import Any

from playground import values
from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Request, checked_text
from playground.engine.traced import traced
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.languages import USUAL, Pair
from playground.models.prompt_ids import PromptIds
from playground.on_host import on_host
from playground.traces.trace import Step
from playground.web import api


async def translate(engine: AnyEngine, text: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Writes the text that an encoder–decoder makes of another one, and describes how every token was chosen.

    Args:
        text: what the encoder reads, as it is; not empty.
        settings: as for `api.trace`. With `cross_attention`, a layer and a head that are numbered from 0, each step
            also has `cross_attention`: the recorded float16 weights of that head over the source's tokens. With
            `source_language` and `target_language`, codes of a model that has tokens for languages, these stand in
            the source and at the beginning of the decoder's text.

    Returns:
        As `api.trace`, with the `source_ids` and the `source_tokens` of the text, and `unknown_words`: those that the
        model was not trained on, None for a model without a list. `prompt_ids` is the beginning of the decoder's text.

    Raises:
        PlaygroundError: a value of the wrong type or out of range, or a model without an encoder.
    """
    given = values.mapping("settings", settings)
    shown = given.pop("cross_attention", None)
    languages = Pair.taken_from(given)
    chosen = Settings.from_dict(given)
    model = engine.model
    at = None if shown is None else _head(shown, model)
    start, source = await asyncio.to_thread(source_prompt, engine, text, languages)
    request = Request(
        start,
        chosen,
        source_ids=source,
        keeps_cache=False,
        keeps_attention=shown is not None,
        reads_tensors=shown is not None,
    )
    found = await traced(engine, request)
    answer = await api.answer(engine, found)
    if at is not None:
        for told, step in zip(answer["steps"], found.steps, strict=True):
            told["cross_attention"] = _weights(step, *at)
    return answer | {
        "source_ids": list(source),
        "source_tokens": [model.tokenizer.decode([token_id]) for token_id in source],
        "unknown_words": await asyncio.to_thread(model.unknown_words, text),
    }


def source_prompt(engine: AnyEngine, text: object, languages: Pair = USUAL) -> PromptIds:
    """Returns what the encoder reads of a text, and the beginning of the decoder's.

    Raises:
        PlaygroundError: it is no text, or empty, or the model has no encoder, or not the languages.
    """
    model = engine.model
    if not model.takes_source:
        raise PlaygroundError(
            f"{model.name} has no encoder, so that it does not translate. Choose a model of the family "
            "encoder-decoder.",
            status=422,
        )
    given = checked_text("text", text, engine.limits)
    return model.encode_prompt(given, languages=languages)


def _head(shown: object, model: LanguageModel) -> tuple[int, int]:
    if not isinstance(shown, list | tuple) or len(shown) != 2:
        raise PlaygroundError(f"cross_attention is {values.shown(shown)}. Give a layer and a head, such as [0, 0].")
    config = model.hf.config.get_text_config(decoder=True)
    most = (config.num_hidden_layers, config.num_attention_heads)
    names = ("The layer of cross_attention", "The head of cross_attention")
    layer, head = (values.whole(name, one, 0, count - 1) for name, one, count in zip(names, shown, most, strict=True))
    return layer, head


def _weights(step: Step, layer: int, head: int) -> list[float]:
    if step.source_attention is None:
        raise PlaygroundError("This model does not return its cross-attention. Leave cross_attention out.", status=422)
    return on_host(step.source_attention[layer, head]).double().numpy().round(7).tolist()
