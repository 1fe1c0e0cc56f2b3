"""Builds the JSON messages about the models of the server: what each is, and what the page must know to use it.

Knows engines and offers. Does not know Gradio or requests.
"""

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from playground.engine.engines import Engines
from playground.engine.place import Loading
from playground.engine.worker import Worker
from playground.models.language_model import LanguageModel
from playground.models.languages import prefixes_of
from playground.models.loaded_model import LoadedModel
from playground.models.masked_model import MaskedModel
from playground.models.offer import Offer
from playground.web.example_text import example_text
from playground.web.routes.files import Words


def models_message(engines: Engines) -> list[dict[str, Any]]:
    """Returns all models, the first one first."""
    return [model_message(engines, offer) for offer in engines.offers]


def model_message(engines: Engines, offer: Offer) -> dict[str, Any]:
    """Returns one model. What only a loaded model knows is missing for another."""
    engine = engines.loaded(offer.name)
    told = {
        "model": offer.name,
        "family": offer.family,
        "task": offer.task,
        "parameters": offer.parameters,
        "size": size(offer.parameters),
        "dtype": offer.dtype,
        "device": offer.device,
        "loaded": engine is not None,
        "built_in": offer.is_built_in,
        "pipelines": dict(offer.pipelines),
    }
    return told if engine is None else told | _loaded(engines, engine)


def size(parameters: int) -> str:
    """Returns a number of parameters as a person says it: "1.5 B", "135 M", "38 k"."""
    if parameters >= 1e9:
        return f"{parameters / 1e9:.1f} B"
    return f"{parameters / 1e6:.0f} M" if parameters >= 1e6 else f"{parameters / 1e3:.0f} k"


def details(engine: Worker[Any]) -> str:
    """Returns what the page's first line says of a model after its size and dtype."""
    facts = engine.model.facts()
    layers, heads, vocabulary, window = (facts[name] for name in ("layers", "heads", "vocabulary", "window"))
    return f"{layers} × {heads} heads · vocabulary {vocabulary:,} · window {window:,}"


def note(engine: Worker[Any]) -> str:
    """Returns what a reader must know about the texts of a model, or an empty text."""
    notes, dtype = [], engine.model.dtype
    if engine.limits.rows == 1:
        notes.append("This server writes one text at a time.")
    if quantised := engine.model.changes.quantised:
        notes.append(f"Its weights are quantised ({quantised}), and all numbers are those of the quantised model.")
    if dtype != "float32":
        others = "" if engine.limits.rows == 1 else "while other texts are generated, or "
        notes.append(f"In {dtype}, a seed may give another text {others}after a text that begins alike.")
    return " ".join(notes)


def loading_message(loading: Loading) -> dict[str, Any]:
    """Returns how far the loading of a model is."""
    return {"seconds": loading.seconds, "expected": loading.expected, "waits_for": list(loading.waits_for)}


def _loaded(engines: Engines, engine: Worker[Any]) -> dict[str, Any]:
    """Returns what only a loaded model knows. `mask_token` is null for a model that fills no blanks."""
    tokenizer, limits = engine.model.tokenizer, engine.limits
    name = engine.model.name
    which = "" if name == engines.first else f"?model={quote(name, safe='')}"
    return {
        "details": details(engine),
        "note": note(engine),
        "mask_token": engine.model.mask_token if isinstance(engine.model, MaskedModel) else None,
        "words": engine.beside(Words).file.address + which,
        "prompt_tokens": limits.prompt_tokens,
        "new_tokens": limits.new_tokens,
        "no_chat": tokenizer.no_chat,
        "switches": [asdict(switch) for switch in tokenizer.switches],
        "reads_tool_calls": tokenizer.reads_tool_calls,
        **_of_writer(engine.model),
    }


def _of_writer(model: LoadedModel) -> dict[str, Any]:
    """Returns what the page shows of a model that writes: the prompt of its example.

    If it has an encoder, also the width of the encoder's output, the special ids, languages, and prefixes of its tasks.
    """
    if not isinstance(model, LanguageModel):
        return {}
    told: dict[str, Any] = {"example": example_text(model)}
    if model.takes_source:
        told |= {
            "source_width": model.source_width,
            "special_ids": model.tokenizer.hf.all_special_ids,
            "languages": list(model.languages.ids),
            "only_target": model.languages.only_target,
            "prefixes": prefixes_of(model.hf.config),
        }
    return told
