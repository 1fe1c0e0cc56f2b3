"""Reads a LoRA adapter in the format of the package peft, and joins it with the model that it was trained on.

Knows models and peft, which is imported when an adapter is loaded. Does not know offers. The base's weights stay as
they are: peft's layers add their product to what the base's layers return, and both models use the same numbers.
"""

import copy
import importlib.util
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from safetensors import safe_open
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from playground.errors import PlaygroundError, first_sentence
from playground.models.language_model import LanguageModel
from playground.models.preparing import UNREADABLE, quiet
from playground.models.shared_weights import twin
from playground.models.source import Source
from playground.models.tokenizer_files import check_tokenizer, read_tokenizer
from playground.models.weights import check_header, read_json
from playground.values import shown

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

PACKAGE = "peft==0.21.2"
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
TASKS = ("CAUSAL_LM", "SEQ_2_SEQ_LM")
"""The tasks of peft whose adapters belong to models that write texts: decoder-only models and encoder–decoders."""
ITEM_BYTES = 4
"""peft keeps the numbers of an adapter in float32, also beside a model in 16 bits."""
MERGE = "Merge it into its model (merge_and_unload of peft), and give the folder with the result to --model."
PLAIN: dict[str, tuple[object, ...]] = {
    "init_lora_weights": (True, False, None, "gaussian", "orthogonal", "eva"),
    "bias": ("none", None),
    "lora_bias": (False, None),
}
"""Values of a config with which an adapter leaves the base's weights as they are. Others would change them."""
MORE = (
    "alora_invocation_tokens",
    "arrow_config",
    "kasa_config",
    "layer_replication",
    "megatron_config",
    "monteclora_config",
    "target_parameters",
    "trainable_token_indices",
    "use_bdlora",
    "use_qalora",
    "velora_config",
)
"""Names of a config that ask for more than LoRA layers beside linear maps."""
LORA = re.compile(r"base_model\.model\.(?P<path>.+)\.lora_(?P<side>A|B)\.weight")
DORA = re.compile(r"base_model\.model\..+\.lora_magnitude_vector(\.weight)?")
SAVED = re.compile(r"base_model\.model\.(?P<path>.+)")


@dataclass(frozen=True)
class Adapter:
    """An adapter's files, looked at and not loaded.

    Attributes:
        name: the name of the model that base and adapter make together.
        folder: holds the files.
        base: the model that it was trained on, as its config names it; may be "".
        shapes: the shape of each tensor in its file, by its key there.
    """

    name: str
    folder: Path
    base: str
    shapes: dict[str, tuple[int, ...]]

    @property
    def parameters(self) -> int:
        """The number of its parameters."""
        return sum(torch.Size(shape).numel() for shape in self.shapes.values())

    @property
    def nbytes(self) -> int:
        """The bytes that it adds to the base's weights in memory."""
        return self.parameters * ITEM_BYTES


def read_adapter(folder: Path, name: str) -> Adapter:
    """Returns an adapter of the kind LoRA, from its config and the header of its weights.

    Raises:
        PlaygroundError: peft is missing, the folder is not an adapter, it is of another kind, or a file is broken.
    """
    if importlib.util.find_spec("peft") is None:
        raise PlaygroundError(
            f"--adapter {folder} needs the package peft, which is not installed. Run 'pip install {PACKAGE}' in the "
            "playground's environment."
        )
    for file in (CONFIG, WEIGHTS):
        if not (folder / file).is_file():
            raise PlaygroundError(
                f"The folder {folder} holds no {file}, so it is not an adapter that can be loaded. Give --adapter a "
                "folder that peft's save_pretrained has written, with safetensors."
            )
    stated = read_json(folder / CONFIG, name)
    _check_kind(stated, name)
    check_header(folder / WEIGHTS, name)
    with safe_open(folder / WEIGHTS, "pt") as file:
        shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118  # it is no dict
    return Adapter(name, folder, str(stated.get("base_model_name_or_path") or ""), shapes)


def _check_kind(stated: dict[str, Any], name: str) -> None:
    kind, task = stated.get("peft_type"), stated.get("task_type")
    if kind != "LORA":
        raise PlaygroundError(
            f"{name} is an adapter of the kind {shown(kind)} (peft_type in its {CONFIG}), and the playground loads "
            f"'LORA' only. {MERGE}"
        )
    if task not in (None, *TASKS):
        raise PlaygroundError(
            f"{name} was trained for the task {shown(task)} (task_type in its {CONFIG}), and a model that writes texts "
            f"needs {' or '.join(map(repr, TASKS))}. Choose another adapter."
        )
    asked = [key for key, usual in PLAIN.items() if key in stated and stated[key] not in usual]
    asked += [key for key in MORE if stated.get(key)]
    if asked:
        raise PlaygroundError(
            f"{name} asks for {asked[0]} {shown(stated[asked[0]])} in its {CONFIG}, which does more than add LoRA "
            f"layers to a shared base. {MERGE}"
        )


def misfit(adapter: Adapter, outline: PreTrainedModel, base: str) -> str | None:
    """Returns a sentence about why an adapter does not belong to a model, or None if its tensors fit.

    Args:
        outline: the model, with weights or on the meta device.
        base: its name.
    """
    modules, parameters = dict(outline.named_modules()), dict(outline.named_parameters(remove_duplicate=False))
    ends = (outline.get_input_embeddings(), outline.get_output_embeddings())
    for key, shape in adapter.shapes.items():
        if DORA.fullmatch(key):
            continue
        lora, saved = LORA.fullmatch(key), SAVED.fullmatch(key)
        if lora is not None:
            module, side = modules.get(lora["path"]), lora["side"]
            if module is not None and module in ends:
                return f"{adapter.name} adapts {lora['path']}, which the views read as plain numbers. {MERGE}"
            wanted = None if module is None else _sizes(module)
            fits = wanted is not None and len(shape) == 2 and (shape[1] if side == "A" else shape[0]) in wanted[side]
        else:
            own = None if saved is None else parameters.get(saved["path"])
            wanted, fits = own, own is not None and tuple(own.shape) == shape
        if not fits:
            has = "has no such part" if wanted is None else "has another width there"
            return (
                f"{adapter.name} does not fit {base}: its tensor {key} has the shape {' × '.join(map(str, shape))}, "
                f"and {base} {has}. It was trained on {shown(adapter.base) if adapter.base else 'another model'}: "
                "give that one to --model as well."
            )
    return None


def _sizes(module: nn.Module) -> dict[str, tuple[int]] | None:
    """Returns what goes in (A) and out (B) of a linear map; None for other modules."""
    if isinstance(module, Conv1D):
        return {"A": (module.weight.shape[0],), "B": (module.weight.shape[1],)}
    return {"A": (module.in_features,), "B": (module.out_features,)} if isinstance(module, nn.Linear) else None


def adapted(adapter: Adapter, base: LanguageModel) -> LanguageModel:
    """Returns the model of a base and an adapter. It shares the base's weights and has modules of its own.

    Raises:
        PlaygroundError: peft cannot load the adapter, or tensors are missing in its file.
    """
    from peft import LoraConfig, PeftModel

    hf = twin(base.hf)
    try:
        with quiet(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            config = LoraConfig.from_pretrained(str(adapter.folder))
            config.inference_mode = True
            joined = PeftModel(hf, config)
            told = joined.load_adapter(str(adapter.folder), "default", torch_device=base.device)
    except (*UNREADABLE, TypeError) as error:
        raise PlaygroundError(
            f"{adapter.name} could not be read as an adapter of {base.name}: {first_sentence(error)}. Save it again "
            "with peft's save_pretrained."
        ) from error
    for keys, fault in ((told.missing_keys, f"{WEIGHTS} lacks"), (told.unexpected_keys, f"{CONFIG} does not name")):
        if keys:
            raise PlaygroundError(
                f"{adapter.name}'s {fault} {len(keys)} of its tensors, such as {keys[0]}. Save it again with peft's "
                "save_pretrained."
            )
    hf = cast("CausalModel", joined.get_base_model())
    _unwrap(hf)
    has_own = (adapter.folder / "tokenizer_config.json").is_file()
    tokenizer = read_tokenizer(Source(adapter.name, adapter.folder)) if has_own else copy.deepcopy(base.tokenizer.hf)
    check_tokenizer(tokenizer, hf, adapter.name)
    changes = replace(base.changes, files=base.changes.files or base.name, adapter=adapter.folder.name)
    return LanguageModel(hf, tokenizer, adapter.name, changes, base)


def _unwrap(hf: PreTrainedModel) -> None:
    """Puts the modules that were trained as a whole (`modules_to_save`) in the place of peft's wrappers."""
    from peft.utils.other import ModulesToSaveWrapper

    for path, module in list(hf.named_modules()):
        if isinstance(module, ModulesToSaveWrapper):
            hf.set_submodule(path, module.modules_to_save["default"])
