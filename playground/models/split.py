"""Splits the blocks of a model over ranks, as transformers' plan of its family says, and makes forwards on all of them.

Each rank has some heads of each attention and some neurons of each feed-forward. Everything else, such as embeddings,
norms and the output matrix, is whole on every rank, and so is the vector of each token between two blocks: what looks
at these alone needs no other rank. What looks into a block is refused.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import torch
from torch import nn
from transformers import DynamicCache, PreTrainedModel
from transformers.distributed.configuration_utils import DistributedConfig

from playground.errors import PlaygroundError
from playground.models.forward import Forward, Output
from playground.models.mirror import Mirror
from playground.models.parts import ATTENTION, parts
from playground.models.ranks import Ranks
from playground.models.spread import bytes_on, is_spread

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

WHOLE = "replicated_with_grad_allreduce"
"""transformers' name for a part that every rank has, and computes alone."""
KNOWN = {"colwise", "rowwise", WHOLE}
"""What a plan may say about a block. Experts and compressed keys and values are split in other ways."""


BY_HEADS = {"q_proj", "k_proj", "v_proj"}
"""The matrices that are split by heads. Where one matrix makes all three, it is split in another order."""


def plan_for(outline: PreTrainedModel, count: int, name: str) -> DistributedConfig:
    """Returns how transformers splits a model over `count` ranks.

    Args:
        outline: the model on the meta device.

    Raises:
        PlaygroundError: the model's family has no plan, or its heads cannot be divided.
    """
    plan: dict[str, str] = outline.tp_plan
    within = {path for path in plan if ".*." in path}
    by_heads = {path.rpartition(".")[2] for path in within if plan[path] == "colwise"} >= BY_HEADS
    is_one_stack = len({path.partition(".*.")[0] for path in within}) == 1
    if not by_heads or not is_one_stack or not {plan[path] for path in within} <= KNOWN:
        raise PlaygroundError(
            f"{name} ({outline.config.model_type}) cannot be split over processes: transformers has no plan for it "
            "that splits heads and neurons alone. Start it without torchrun, on one card or with --device auto."
        )
    config = outline.config.get_text_config(decoder=True)
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    neurons = max(weight.shape[-1] for weight in _split_weights(outline, "rowwise"))
    if heads % count or neurons % count:
        raise PlaygroundError(
            f"{name} has {heads} heads of keys and {neurons:,} neurons in each block, which cannot be shared out to "
            f"{count} processes. Give torchrun another --nproc-per-node."
        )
    return DistributedConfig(tp_size=count, tp_plan=plan | dict.fromkeys(plan.keys() - within, WHOLE))


def parameters_of_one(outline: PreTrainedModel, count: int) -> int:
    """Returns the number of parameters that one of `count` ranks has."""
    within = sum(weight.numel() for style in ("colwise", "rowwise") for weight in _split_weights(outline, style))
    return outline.num_parameters() - within + within // count


def _split_weights(outline: PreTrainedModel, style: str) -> Iterator[torch.Tensor]:
    """Yields the matrices of all blocks that the plan splits in this way, with their biases if these are split too."""
    ends = {path.rpartition(".*.")[2] for path, one in outline.tp_plan.items() if ".*." in path and one == style}
    for path, weight in outline.named_parameters():
        _, _, within = re.sub(r"\.\d+\.", ".*.", path, count=1).partition(".*.")
        matrix, _, name = within.rpartition(".")
        if matrix in ends and (name == "weight" or style == "colwise"):
            yield weight


def is_split(hf: PreTrainedModel) -> bool:
    """Returns whether this process has only a part of a model."""
    return hf in _splits


def check_whole(hf: PreTrainedModel, name: str) -> None:
    """Refuses work that looks into the blocks of a model, or changes what they give, where it is split.

    Raises:
        PlaygroundError: the model is split.
    """
    if is_split(hf):
        raise PlaygroundError(
            f"{name} is split over several processes, and this view looks into its blocks, of which each process has a "
            "part. The other views work. Start the model without torchrun to see this one.",
            status=422,
        )


class Split:
    """A split model on one rank.

    Attributes:
        ranks: the processes that have the parts.
        name: the model's name, for sentences.
        mirror: its caches.
    """

    def __init__(self, hf: "CausalModel", ranks: Ranks, name: str) -> None:
        self._hf = hf
        self._forward = Forward(hf)
        self._gathers = False
        self.ranks, self.name = ranks, name
        self.mirror = Mirror(ranks, {"new_cache": self._forward.new_cache, "forward": self.forward})
        for block in parts(hf, "").blocks:
            attention = next(one for name, one in block.module.named_children() if name in ATTENTION)
            attention.register_forward_hook(self._gathered)

    def forward(
        self,
        cache: DynamicCache,
        attention: str,
        rows: int | Sequence[int],
        tensors: dict[str, torch.Tensor | None],
        options: dict[str, Any],
    ) -> Output:
        """Makes this rank's part of a forward. The arguments are those of `Forward`, with the name of the attention."""
        if self._hf.config._attn_implementation != attention:
            self._hf.set_attn_implementation(attention)
        here = {name: None if one is None else one.to(self._hf.device) for name, one in tensors.items()}
        ids, places, mask = (here.pop(name) for name in ("input_ids", "position_ids", "mask"))
        self._gathers = bool(options.get("output_attentions")) or attention == "eager"
        with torch.inference_mode():
            return self._forward(ids, cast(torch.Tensor, places), mask, cache, rows, **here, **options)

    def _gathered(self, module: nn.Module, inputs: object, output: Any) -> Any:
        """Puts the weights of all heads in the place of those of this rank's heads, where they are asked for."""
        if not self._gathers or not isinstance(output, tuple) or output[1] is None:
            return None
        return output[0], self.ranks.joined(output[1], 1), *output[2:]


_splits: WeakKeyDictionary[PreTrainedModel, Split] = WeakKeyDictionary()


def split(hf: PreTrainedModel) -> Split:
    """Returns this rank's part of a model that `is_split`."""
    return _splits[hf]


def places_of(hf: PreTrainedModel) -> str:
    """Returns where the parts of a model are, as "4 × cuda" or "cuda:0 + cpu"; "" for a model on one device."""
    if is_split(hf):
        return f"{split(hf).ranks.count} × {hf.device.type}"
    return " + ".join(bytes_on(hf)) if is_spread(hf) else ""


def note_split(hf: "CausalModel", ranks: Ranks, name: str) -> None:
    """Makes a model that was loaded with `plan_for` on all ranks ready for forwards."""
    _splits[hf] = Split(hf, ranks, name)


class SplitForward(Forward):
    """The forwards of a split model, made on all ranks."""

    def __init__(self, hf: "CausalModel") -> None:
        super().__init__(hf)
        self._split = split(hf)
        self.new_cache = self._split.mirror.new_cache

    def _once(
        self,
        input_ids: torch.Tensor | None,
        position_ids: torch.Tensor,
        mask: torch.Tensor | None,
        cache: DynamicCache,
        rows: int | Sequence[int],
        inputs_embeds: torch.Tensor | None = None,
        **options: Any,
    ) -> Output:
        if torch.is_grad_enabled():
            check_whole(self._hf, self._split.name)
        tensors = {"input_ids": input_ids, "position_ids": position_ids, "mask": mask}
        if inputs_embeds is not None:
            tensors["inputs_embeds"] = inputs_embeds
        attention = self._hf.config._attn_implementation
        return self._split.mirror.call("forward", cache, attention, rows, tensors, options)
