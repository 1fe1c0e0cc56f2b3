"""Gives the documented API its endpoints in Gradio. Their docstrings are what clients and assistants read.

Knows which function answers each endpoint. Does not know what the answers are.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import gradio as gr
from gradio.events import api as add_endpoint

from playground import values
from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.models.encoder_part import Task
from playground.models.languages import Pair
from playground.models.offer import Family
from playground.prompts.labels import Scorer
from playground.web import api, filling, translation
from playground.web.families import first_of, using_encoder
from playground.web.inside import attention as inside_attention
from playground.web.inside import embeddings, layers, why
from playground.web.inside import tokens as inside_tokens
from playground.web.panels.events import endpoint


def add_endpoints(engines: Engines) -> None:
    """Adds the API's endpoints to the page that is being built."""

    async def trace(prompt: str, settings: dict, request: gr.Request) -> dict:
        """Generates a completion and tells how every token of it was chosen.

        Args:
            prompt: the text to continue, as it is, without a chat template
            settings: such as {"strategy": "greedy", "max_new_tokens": 20} or {"temperature": 0.7, "seed": 1}
        """
        async with _named(engines, settings) as (engine, others):
            return await api.trace(engine, prompt, others)

    async def attention(
        text: str,
        layer: int,
        head: int,
        request: gr.Request,
        model: str = "",
        kind: str = "self",
        target: str | None = "",
    ) -> dict:
        """How much one head looks at each token that it sees, for every token of a text.

        Args:
            text: as it is, without a chat template; not empty, at most 512 tokens. An encoder reads it, if there is one
            layer: counted from 0
            head: counted from 0
            model: a name that the tool models returns; empty for the first one of the family that has the kind
            kind: "self"; for a model with an encoder also "encoder", or "cross" for the decoder over the text
            target: for "self" and "cross" of a model with an encoder: what the decoder has written; else null or empty
        """
        name = _writing(engines, model, target or (kind if kind in ("encoder", "cross") else None))
        if engines.offer(name).task is not None:
            async with using_encoder(engines, name) as worker:
                return await filling.attention(worker, text, layer, head, kind, target)
        async with engines.using(name) as engine:
            return await inside_attention.attention(engine, text, layer, head, kind, target)

    async def neighbours(token_id: int, count: int, space: str, request: gr.Request, model: str = "") -> list:
        """The tokens whose vectors in an embedding matrix point most nearly where a token's vector points.

        Args:
            token_id: a token of the vocabulary
            count: how many tokens to return, 1 to 100
            space: "input" for the embedding of tokens that are read, "output" for that of tokens that are predicted
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using_any(model or None) as engine:
            return await embeddings.neighbours(engine, token_id, count, space)

    async def beams(prompt: str, settings: dict, request: gr.Request) -> dict:
        """The sequences that beam search finds, best first, with their scores.

        Args:
            prompt: the text to continue, as it is, without a chat template
            settings: such as {"num_beams": 4, "max_new_tokens": 20, "length_penalty": 1}
        """
        async with _named(engines, settings) as (engine, others):
            return await api.beams(engine, prompt, others)

    async def grid(prompts: list[str], rows: list[dict], seeds: list[int], request: gr.Request) -> dict:
        """A table of measures, a row of settings each, over the texts of all prompts and seeds.

        Args:
            prompts: the texts to continue
            rows: settings, such as [{"strategy": "greedy"}, {"temperature": 0.7}]
            seeds: whole numbers; each sampled row writes one text for each
        """
        return await api.grid(engines, prompts, rows, seeds)

    async def tokens(text: str, request: gr.Request, model: str = "") -> dict:
        """The tokens of a text with their ids, bytes and places, and the merges that led to them.

        Args:
            text: as it is
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using_any(model or None) as engine:
            return await inside_tokens.tokens(engine, text)

    async def model(request: gr.Request, model: str = "") -> dict:
        """The model's name, size, window, device and dtype.

        Args:
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using_any(model or None) as engine:
            return api.facts(engine)

    async def models(request: gr.Request) -> list:
        """The server's models: name, family, parameters, dtype, and whether each is loaded."""
        return api.models(engines)

    async def label_probabilities(
        prompt: str,
        labels: list,
        request: gr.Request,
        model: str = "",
        source_language: str | None = "",
        target_language: str | None = "",
    ) -> dict:
        """The exact probability of each label's whole token sequence after a prompt.

        Args:
            prompt: the text that a label follows, or that an encoder reads
            labels: texts, such as [" positive", " negative"]; a leading space counts
            model: a name that the tool models returns; empty for the first one
            source_language: the code of the prompt's language, for a model with tokens for languages; else empty
            target_language: the code of the labels' language, for such a model; else empty
        """
        async with engines.using(model or None) as engine:
            languages = Pair(source_language or None, target_language or None)
            return await api.label_probabilities(engine.beside(Scorer), prompt, labels, languages)

    async def compare_prompts(prompts: list, settings: dict, request: gr.Request) -> list:
        """What /trace returns for each of several prompts, made together with one seed.

        Args:
            prompts: 1 to 16 texts to continue
            settings: such as {"strategy": "greedy", "max_new_tokens": 20} or {"temperature": 0.7, "seed": 1}
        """
        async with _named(engines, settings) as (engine, others):
            return await api.compare_prompts(engine, prompts, others)

    async def lens(
        text: str, position: int, count: int, request: gr.Request, model: str = "", target: str | None = ""
    ) -> dict:
        """The most probable tokens after the embedding and each block, by the model's own norm and output matrix.

        Args:
            text: as it is, without a chat template; not empty, at most 512 tokens
            position: the index of the token that reads, from 0; below 0 from the end
            count: the number of tokens for each layer
            model: a name that the tool models returns; empty for the first one
            target: for a model with an encoder: what its decoder has written, to which the position belongs; else null
        """
        offer = engines.offer(_writing(engines, model, target))
        if offer.task is not None:
            async with using_encoder(engines, offer.name, ["fill-mask"]) as worker:
                return await filling.lens(worker, text, position, count, target)
        async with engines.using(offer.name) as engine:
            return await layers.lens(engine, text, position, count, target)

    async def contributions(
        text: str,
        position: int,
        token_id: int,
        against: int | None,
        request: gr.Request,
        model: str = "",
        target: str | None = "",
    ) -> dict:
        """A token's logit as a sum over what each attention, head and feed-forward wrote, all norms frozen.

        Args:
            text: as it is, without a chat template; not empty, at most 512 tokens
            position: the index of the token that reads, from 0; below 0 from the end
            token_id: the token whose logit after that position is taken apart
            against: a token whose logit is subtracted, or null
            model: a name that the tool models returns; empty for the first one
            target: for a model with an encoder: what its decoder has written, to which the position belongs; else null
        """
        async with engines.using(_writing(engines, model, target)) as engine:
            return await layers.contributions(engine, text, position, token_id, against, target)

    async def attribution(
        text: str,
        position: int,
        token_id: int,
        against: int | None,
        method: str,
        request: gr.Request,
        model: str = "",
        target: str | None = "",
    ) -> dict:
        """How much each token of a text added to the logit of a token after a position.

        Args:
            text: as it is, without a chat template; not empty, at most 512 tokens
            position: the index of the token that reads, from 0; below 0 from the end
            token_id: the token whose logit after that position is explained
            against: a token whose logit is subtracted, or null
            method: "gradient_x_input", "integrated_gradients" or "leave_one_out"
            model: a name that the tool models returns; empty for the first one
            target: for a model with an encoder: what its decoder has written, to which the position belongs; else null
        """
        async with engines.using(_writing(engines, model, target)) as engine:
            return await why.attribution(engine, text, position, token_id, against, method, target)

    async def patching(
        clean: str, corrupted: str, token_id: int, request: gr.Request, model: str = "", target: str | None = ""
    ) -> dict:
        """How much of a token's log-probability each vector of the clean text brings back in the corrupted one.

        Args:
            clean: a text of at most 64 tokens
            corrupted: a text with as many tokens as the clean one
            token_id: the token that may follow
            model: a name that the tool models returns; empty for the first one
            target: for a model with an encoder: what its decoder has written after both texts; else null
        """
        async with engines.using(_writing(engines, model, target)) as engine:
            return await why.patching(engine, clean, corrupted, token_id, target)

    async def translate(text: str, settings: dict, request: gr.Request) -> dict:
        """Writes what an encoder-decoder makes of a text, such as its translation, and tells how each token was chosen.

        Args:
            text: what the encoder reads
            settings: as for trace; {"cross_attention": [layer, head]} adds how each step looks at the text's tokens;
                {"source_language": code, "target_language": code} for a model with tokens for languages
        """
        async with _named(engines, settings, "encoder-decoder") as (engine, others):
            return await translation.translate(engine, text, others)

    async def fill(text: str, settings: dict, request: gr.Request) -> list:
        """What an encoder-only model puts into each blank of a text, most probable first.

        Args:
            text: with the model's mask token, such as [MASK], or ___ in the place of each missing word
            settings: such as {} or {"temperature": 0.7, "top_k": 5}
        """
        others = values.mapping("settings", settings)
        async with using_encoder(engines, others.pop("model", None), ["fill-mask"]) as worker:
            return await filling.fill(worker, text, others)

    async def classify(text: str, request: gr.Request, model: str = "") -> list:
        """The labels of a text, or of each of its tokens, by a model with a head for labels.

        Args:
            text: as it is
            model: a name that the tool models returns; empty for the first one with such a head
        """
        tasks: list[Task] = ["text-classification", "token-classification"]
        async with using_encoder(engines, model or None, tasks) as worker:
            return await filling.classify(worker, text)

    of_texts = (fill, classify, translate, label_probabilities, compare_prompts, trace, beams, grid, model, models)
    of_the_inside = (attention, tokens, neighbours, lens, contributions, attribution, patching)
    for answer in (*of_texts, *of_the_inside):
        add_endpoint(endpoint(answer), api_name=answer.__name__, concurrency_limit=None)


def _writing(engines: Engines, model: str, target: str | None) -> str | None:
    """Returns the model that is named, else the first one, or with a target the first one that has an encoder."""
    return model or (first_of(engines, "encoder-decoder") if target else None)


@asynccontextmanager
async def _named(
    engines: Engines, settings: object, family: Family | None = None
) -> AsyncIterator[tuple[AnyEngine, dict[str, Any]]]:
    """Gives the engine of the model that `settings.model` names, and the other settings.

    Without a name it is the first model; with a family, its first loaded one, or else the built-in or the first one.
    """
    others = values.mapping("settings", settings)
    name = others.pop("model", None)
    if name is None and family is not None:
        name = first_of(engines, family)
    async with engines.using(name) as engine:
        yield engine, others
