"""Puts a model on several devices where there is only a CPU: pretended cards, or the CPU and the disk.

The hooks that bring tensors to the right device are accelerate's own. The pretended cards show where a tensor of one
card meets a tensor of another, and the disk shows where weights are read that have no numbers between two forwards.
"""

from pathlib import Path
from typing import Any

import torch
from accelerate.hooks import attach_align_device_hook_on_blocks
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves
from transformers import PreTrainedModel

from playground.models.parts import parts
from tests.device_side import BETWEEN

HOST, FIRST, SECOND = torch.device("cpu"), torch.device("hpu", 0), torch.device("hpu", 1)
"""Nothing asks whether hardware of the kind "hpu" is there."""


class TwoCards(TorchFunctionMode):
    """Pretends that tensors are on the cards that hold a model, on the thread that enters it.

    A tensor is where its device was named, or where the tensors are of which it is made. An operation on tensors of two
    devices fails, as it does on real ones, except for single numbers and for an index that is on the host.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if name == "__get__" and getattr(func, "__self__", None) is torch.Tensor.device:
            return place_of(args[0])
        if name in ("to", "cpu"):
            return moved(func, args, kwargs, HOST if name == "cpu" else None)
        asked = kwargs.get("device")
        if asked is not None and torch.device(asked).type != "meta":
            kwargs["device"] = HOST
        given = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
        places = {place_of(one) for one in given if one.dim() > 0}
        if name == "__getitem__":
            places = {place_of(args[0])} | {one for one in places if one != HOST}
        if asked is None and len(places) > 1 and (name not in BETWEEN or name == "__getitem__"):
            raise RuntimeError(f"{name} reads tensors on {', '.join(sorted(map(str, places)))}")
        result = func(*args, **kwargs)
        found = [place_of(args[0])] if name in BETWEEN else [place_of(one) for one in given]
        place = torch.device(asked) if asked is not None else next((one for one in found if one != HOST), HOST)
        for one in tree_leaves(result):
            if isinstance(one, torch.Tensor):
                one.place = place
        return result


def moved(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], place: torch.device | None) -> torch.Tensor:
    """Returns a tensor at another place, or with another dtype."""
    named = [one for one in (*args[1:], *kwargs.values()) if isinstance(one, str | torch.device)]
    like = [place_of(one) for one in args[1:] if isinstance(one, torch.Tensor)]
    place = place or next((torch.device(one) for one in named), next(iter(like), place_of(args[0])))
    if place.type == "meta":
        return func(*args, **kwargs)
    on_host = [HOST if isinstance(one, str | torch.device) else one for one in args]
    result = func(*on_host, **{key: HOST if value in named else value for key, value in kwargs.items()})
    if result is args[0] and place != place_of(result):
        result = result.view_as(result)  # another tensor, through which gradients flow
    result.place = place
    return result


def place_of(tensor: torch.Tensor) -> torch.device:
    return torch.device("meta") if tensor.is_meta else getattr(tensor, "place", HOST)


def halves(hf: PreTrainedModel, first: Any, second: Any) -> dict[str, Any]:
    """Returns a map from modules to devices: the later half of the blocks and the final norm are on the second."""
    found = parts(hf, "a model")
    blocks = [block.module for block in found.check_blocks()]
    is_tied = found.unembedding.weight is found.embedding.weight
    late: set[nn.Module | None] = {*blocks[len(blocks) // 2 :], found.norm, None if is_tied else found.unembedding}
    places: dict[str, Any] = {}
    for path, module in hf.named_modules():
        is_inside = any(path.startswith(f"{above}.") for above in places)
        if not is_inside and (module in late or module in blocks or not list(module.children())):
            places[path] = second if module in late else first
    return places


def on_two_cards(hf: PreTrainedModel) -> PreTrainedModel:
    """Puts a model on two pretended cards, of which `TwoCards` knows."""
    places = halves(hf, str(FIRST), str(SECOND))

    def put() -> None:
        for path, place in places.items():
            module = hf.get_submodule(path)
            for tensor in (*module.parameters(), *module.buffers()):
                tensor.place = torch.device(place)

    put()
    with TwoCards():
        attach_align_device_hook_on_blocks(
            hf,
            execution_device=places | {"": str(FIRST)},
            offload=dict.fromkeys(places, False),
            skip_keys=list(hf._skip_keys_device_placement),
        )
    put()  # the hooks have made parameters of their own
    hf.hf_device_map = places
    return hf


def half_on_disk(hf: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """Returns a model half of which is left on the disk, as `--device auto` leaves a part on the host."""
    hf.save_pretrained(folder)
    places = halves(hf, "cpu", "disk")
    return type(hf).from_pretrained(folder, device_map=places, offload_folder=folder / "left").eval()
