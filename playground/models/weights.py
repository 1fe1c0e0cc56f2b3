"""Finds the files of a model's weights and checks, from their headers, that they are there and whole.

Knows the safetensors format. Does not know architectures, and reads no weights.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.errors import PlaygroundError

ONE, INDEX = "model.safetensors", "model.safetensors.index.json"
LONGEST_HEADER = 100_000_000
"""The most bytes of a header. The safetensors library has the same limit."""


@dataclass(frozen=True)
class Weights:
    """The files of a model's weights. `nbytes`: the bytes of all tensors in them."""

    files: tuple[Path, ...]
    nbytes: int


def check_weights(folder: Path, name: str) -> Weights:
    """Returns the safetensors files that transformers reads from a model's folder.

    Raises:
        PlaygroundError: there are none, one of them is missing, or one is cut off or not a safetensors file.
    """
    files = [folder / ONE] if (folder / ONE).exists() else _sharded(folder, name)
    return Weights(tuple(files), sum(check_header(file, name) for file in files))


def named_by_index(folder: Path, name: str) -> list[str]:
    """Returns the names of the files that the index of a model in several files names.

    Raises:
        PlaygroundError: there is no index, or it names none.
    """
    index = folder / INDEX
    if not index.exists():
        raise PlaygroundError(
            f"{name} has no .safetensors weights: neither {ONE} nor {INDEX} is there. Other formats can run code when "
            "they are opened, so they are not: choose a model with safetensors, or a .gguf file."
        )
    named = read_json(index, name).get("weight_map")
    if not isinstance(named, dict) or not named:
        raise PlaygroundError(f"{name}'s {INDEX} names no files of weights (weight_map). Fetch the model again.")
    return sorted(set(named.values()))


def check_header(file: Path, name: str) -> int:
    """Returns the bytes of the tensors of one safetensors file.

    The file begins with eight bytes of length and a JSON object of the tensors, with the places of their bytes.

    Raises:
        PlaygroundError: the file is cut off or not a safetensors file.
    """
    size = file.stat().st_size
    with file.open("rb") as content:
        beginning = content.read(8)
        if beginning == b"version ":
            raise PlaygroundError(
                f"{name}'s {file.name} is a pointer of Git LFS, without the weights. Run 'git lfs pull' in its folder."
            )
        length = int.from_bytes(beginning, "little")
        if size < 8 or length > size - 8:
            raise _cut_off(file, name, f"it ends in its header, after {size:,} bytes")
        try:
            header = json.loads(content.read(min(length, LONGEST_HEADER)))
            tensors = [value for key, value in header.items() if key != "__metadata__"]
            end = max((tensor["data_offsets"][1] for tensor in tensors), default=0)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PlaygroundError(
                f"{name}'s {file.name} does not begin as a safetensors file does. Fetch the model again."
            ) from error
    if size < 8 + length + end:
        raise _cut_off(file, name, f"it has {size:,} bytes and its header names {8 + length + end:,}")
    return end


def _sharded(folder: Path, name: str) -> list[Path]:
    files = [folder / file for file in named_by_index(folder, name)]
    if missing := [file.name for file in files if not file.exists()]:
        raise PlaygroundError(
            f"{name} lacks {len(missing)} of the {len(files)} files that {INDEX} names: {_some(missing)}. Fetch the "
            "model again, or copy what is missing."
        )
    return files


def read_json(file: Path, name: str) -> dict[str, Any]:
    """Returns the object in a JSON file of a model.

    Raises:
        PlaygroundError: the file is not JSON, or not an object.
    """
    try:
        found = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise PlaygroundError(f"{name}'s {file.name} is not JSON ({error}). Fetch the model again.") from error
    if not isinstance(found, dict):
        raise PlaygroundError(f"{name}'s {file.name} is not a JSON object. Fetch the model again.")
    return found


def _cut_off(file: Path, name: str, how: str) -> PlaygroundError:
    return PlaygroundError(f"{name}'s {file.name} is cut off: {how}. Fetch the model again.")


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
