"""Makes the offers of a server from what the command line names: models, folders of models, variants and adapters.

Knows models and offers. Does not know engines, nor how options are written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from playground.errors import PlaygroundError
from playground.models import loading
from playground.models.adapter import Adapter, adapted, misfit, read_adapter
from playground.models.below import models_below, parts_of_name, unlike_names
from playground.models.device_choice import AUTO
from playground.models.device_memory import free_bytes, gib
from playground.models.language_model import LanguageModel
from playground.models.loaded_model import writes_nothing
from playground.models.offer import Offer, of_prepared, offer
from playground.models.preparing import DTYPES, Prepared, prepared
from playground.models.shared_weights import SharedWeights


@dataclass(frozen=True)
class Asked:
    """What a server is asked to offer.

    Attributes:
        models: ids, folders and `.gguf` files, of which the first is used where none is named.
        below: folders; every model below them is offered. Without `models` and `below` there is the default model.
        variants: dtypes in which each of `models` is offered too, or schemes to which its weights are quantised.
        adapters: folders of LoRA adapters.
        built_in: the folders of the models that come with the playground. They are offered last, each in the precision
            that it has by itself, and not quantised.
        device, dtype, quantize: as for `playground.models.loading.load_any`.
    """

    models: Sequence[str] = ()
    below: Sequence[str] = ()
    variants: Sequence[str] = ()
    adapters: Sequence[str] = ()
    built_in: Sequence[Path] = ()
    device: str | None = None
    dtype: str | None = None
    quantize: str | None = None

    @property
    def form(self) -> tuple[str | None, str | None, None, str | None]:
        """Device, dtype and scheme, as `prepared` takes them after the model."""
        return self.device, self.dtype, None, self.quantize


class _Found(NamedTuple):
    """A model that was looked at: as it was named, and with the name that tells it from others."""

    given: str | None
    prepared: Prepared
    name: str


def offers(asked: Asked) -> list[Offer]:
    """Returns the offers in the order in which they were asked for, each followed by its variants and adapters.

    The built-in models come last. One that is asked for as well is offered once, as asked for.

    Raises:
        PlaygroundError: a model, a folder, a variant or an adapter cannot be used, or nothing below the folders can.
    """
    named = list(asked.models) or ([] if asked.below else [None])
    looked_at = [(given, prepared(given, *asked.form)) for given in named]
    paths = {found.source.path for _, found in looked_at}
    for given, found in _below(asked):
        if found.source.path not in paths:  # a model may be named twice, and links may lead to one folder
            looked_at.append((given, found))
            paths.add(found.source.path)
    if not looked_at:
        raise PlaygroundError(
            f"No model below {' or '.join(asked.below)} can be used. Name a folder with models in --models, or one "
            "model in --model."
        )
    if asked.variants and not named:
        raise PlaygroundError(
            f"--variant {asked.variants[0]} is for models that --model names, and none is named. Name one in --model."
        )
    asked_for = len(looked_at)
    looked_at += [(given, found) for given, found in _built_in(asked) if found.source.path not in paths]
    folders = [Path(folder).resolve() for folder in asked.adapters]
    parts = [_parts(given, found) for given, found in looked_at] + [folder.parts for folder in folders]
    names = unlike_names(parts)
    models = [_Found(given, found, name) for (given, found), name in zip(looked_at, names, strict=False)]
    adapters = [read_adapter(folder, name) for folder, name in zip(folders, names[len(models) :], strict=True)]
    bases = [_base(adapter, models) for adapter in adapters]
    made: list[Offer] = []
    plain = replace(asked, dtype=None, quantize=None)
    for number, model in enumerate(models):
        own = [adapter for adapter, base in zip(adapters, bases, strict=True) if base is model]
        if number >= asked_for:
            made += [replace(one, is_built_in=True) for one in _with_adapters(model, own, plain)]
            continue
        made += _with_adapters(model, own, asked)
        if number < len(named):
            made += _variants(model, asked)
    return made


def _built_in(asked: Asked) -> list[tuple[str, Prepared]]:
    """Returns the built-in models that can be used. Says in one line why another cannot."""
    found = []
    for path in asked.built_in:
        try:
            found.append((str(path), prepared(str(path), asked.device, None)))
        except PlaygroundError as refusal:
            print(f"{path.name}, which comes with the playground, is left out: {refusal}", flush=True)
    return found


def _below(asked: Asked) -> list[tuple[str, Prepared]]:
    """Returns the models below the folders that can be used. Says in one line why each of the others cannot."""
    found = []
    for path in dict.fromkeys(path for folder in asked.below for path in models_below(Path(folder))):
        try:
            one = prepared(str(path), *asked.form)
            if not one.cards and (free := free_bytes(one.device)) < one.wanted.weights:
                raise PlaygroundError(
                    f"{one.wanted.name} takes {gib(one.wanted.weights)}, and {one.device.type} has {gib(free)} free."
                )
            found.append((str(path), one))
        except PlaygroundError as refusal:
            print(f"{path} is left out: {refusal}", flush=True)
    return found


def _parts(given: str | None, found: Prepared) -> tuple[str, ...]:
    is_path = given is not None and Path(given).exists()
    return parts_of_name(found.source.path) if is_path else (found.source.name,)


def _with_adapters(model: _Found, adapters: Sequence[Adapter], asked: Asked) -> list[Offer]:
    """Returns the offer of a model, and those of its adapters, which share its weights on one device."""
    device = None if adapters and asked.device == AUTO else asked.device
    given = (model.given, device, asked.dtype, model.name, asked.quantize)
    found = model.prepared._replace(cards=()) if adapters else model.prepared
    plain = replace(of_prepared(found, partial(loading.load_any, *given)), name=model.name)
    if not adapters:
        return [plain]
    shared = SharedWeights(plain.weights, partial(loading.load, *given))
    return [
        replace(plain, load=shared.load, shared=shared),
        *(
            replace(
                plain,
                name=adapter.name,
                parameters=plain.parameters + adapter.parameters,
                weights=plain.weights + adapter.nbytes,
                load=partial(_load_adapter, adapter, shared),
                shared=shared,
            )
            for adapter in adapters
        ),
    ]


def _load_adapter(adapter: Adapter, shared: SharedWeights) -> LanguageModel:
    return adapted(adapter, shared.take())


def _base(adapter: Adapter, models: Sequence[_Found]) -> _Found:
    """Returns the model that an adapter belongs to: the one that its config names, or else the first that fits.

    Raises:
        PlaygroundError: it fits none of the models.
    """
    stated = adapter.base.rstrip("/")
    last = stated.rpartition("/")[2]
    named = [one for one in models if stated and (one.name == stated or one.name.rpartition("/")[2] == last)]
    refusals = []
    for model in named or models:
        found = model.prepared
        if found.part.task is not None:
            refusals.append(str(writes_nothing(model.name)))
            continue
        refusal = misfit(adapter, found.outline, model.name)
        if refusal is None and found.wanted.is_packed:
            refusal = (
                f"{adapter.name} belongs to {model.name}, whose weights stay quantised, and an adapter shares plain "
                "weights only. Give a version of the model that is not quantised."
            )
        if refusal is None:
            print(f"{adapter.name} is an adapter of {model.name}.", flush=True)
            return model
        refusals.append(refusal)
    raise PlaygroundError(refusals[0])


def _variants(model: _Found, asked: Asked) -> list[Offer]:
    """Returns the offers of a model in other precisions. Says so if one is that of the model itself."""
    made = []
    for variant in dict.fromkeys(asked.variants):
        name = f"{model.name} ({variant})"
        if variant == (asked.quantize or model.prepared.wanted.dtype):
            print(f"{model.name} is in {variant} anyway, so that --variant {variant} adds no model.", flush=True)
        elif variant in DTYPES:
            made.append(offer(model.given, asked.device, variant, name))
        else:
            made.append(offer(model.given, asked.device, asked.dtype, name, variant))
    return made
