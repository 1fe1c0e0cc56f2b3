"""Lists the models that can run on this machine: `python -m playground.models FOLDER ...`. No weights are read.

It looks at the default model, the models that come with the playground, Hugging Face's cache and the folders that are
given.
"""

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from playground.errors import PlaygroundError
from playground.models.below import models_below, parts_of_name, unlike_names
from playground.models.built_in import BUILT_IN
from playground.models.device_memory import free_bytes, gib
from playground.models.fitting import bytes_for_texts
from playground.models.preparing import prepared


class Row(NamedTuple):
    """What is known of one model. `needs` are the bytes of its weights and of a few texts; a refused one has none."""

    name: str
    parameters: str
    family: str
    dtype: str
    needs: str
    fits: str


HEADING = Row("model", "parameters", "family", "dtype", "needs", "fits")


def main(given: Sequence[str] | None = None) -> None:
    """Prints the table. Exits with a sentence if a folder does not exist."""
    parser = argparse.ArgumentParser(
        prog="python -m playground.models", description="Lists the models that can run on this machine."
    )
    parser.add_argument("folders", metavar="FOLDER", nargs="*", type=Path, help="a folder with models below it")
    parser.add_argument("--device", help="as for app.py: cpu, cuda, cuda:1, mps or auto (default: the first available)")
    parser.add_argument("--dtype", help="float32, bfloat16 or float16 (default: float32 up to a billion parameters)")
    options = parser.parse_args(given)
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        paths = found([*_known(), *options.folders])
        for line in table([HEADING, *rows(paths, options.device, options.dtype)]):
            print(line, flush=True)
    except PlaygroundError as refusal:
        raise SystemExit(str(refusal)) from None


def _known() -> list[Path]:
    """Returns the folders where models are kept without being asked: the playground's own two and Hugging Face's."""
    from huggingface_hub.constants import HF_HUB_CACHE

    from playground.models.default_model import cache_folder

    return [folder for folder in (cache_folder(), BUILT_IN, Path(HF_HUB_CACHE)) if folder.is_dir()]


def found(folders: Iterable[Path]) -> list[Path]:
    """Returns the models below the folders, each once."""
    return list(dict.fromkeys(path for folder in folders for path in models_below(folder.resolve())))


def rows(paths: Sequence[Path], device: str | None, dtype: str | None) -> Iterator[Row]:
    """Looks at each model."""
    for path, name in zip(paths, unlike_names([parts_of_name(path) for path in paths]), strict=True):
        try:
            one = prepared(str(path), device, dtype, name)
        except PlaygroundError as refusal:
            yield Row(name, "", "", "", "", f"no: {refusal}")
            continue
        wanted, where = one.wanted, one.device.type
        free = free_bytes(one.device)
        if one.cards:
            where, free = "all cards and the CPU", sum(map(free_bytes, (*one.cards, torch.device("cpu"))))
        needs = wanted.weights + bytes_for_texts(one.outline, wanted.itemsize)
        fits = "yes" if needs <= free else "no"
        told = f"{fits}: {gib(free)} free on {where}"
        yield Row(name, f"{wanted.parameters:,}", one.part.config.model_type, wanted.dtype, gib(needs), told)


def table(rows: Sequence[Row]) -> list[str]:
    """Returns the rows as lines with columns of equal width."""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    return ["  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in rows]


if __name__ == "__main__":
    main()
