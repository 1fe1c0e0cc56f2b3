"""Takes a model that somebody has loaded with transformers, and leaves it as it is.

The modules are copied and the numbers are shared, so that which attention computes, the mode and the config of the
model that was given do not change. Knows models. Does not know files.
"""

import copy
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, cast

from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.loaded_model import writes_nothing
from playground.models.loading import check_traceable
from playground.models.preparing import part_of
from playground.models.shared_weights import twin
from playground.models.tokenizer_files import check_tokenizer

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel


def taken_over(hf: object, tokenizer: object) -> LanguageModel:
    """Returns a model with modules of its own, which share the weights of `hf`.

    Args:
        hf: a model of transformers that writes texts, with plain weights on one device.
        tokenizer: its tokenizer, which is copied.

    Raises:
        PlaygroundError: one of the two is something else, or the model cannot be recorded.
    """
    if not isinstance(hf, PreTrainedModel):
        raise PlaygroundError(
            f"model is a {type(hf).__name__}. Give a model of transformers, as AutoModelForCausalLM.from_pretrained "
            "returns it; of a model of peft, its get_base_model()."
        )
    if not isinstance(tokenizer, PreTrainedTokenizerBase):
        raise PlaygroundError(
            f"tokenizer is a {type(tokenizer).__name__}. Give the model's tokenizer, as AutoTokenizer.from_pretrained "
            "returns it; of a processor, its tokenizer."
        )
    name = PurePath(hf.name_or_path or "").name or type(hf).__name__
    _check_weights(hf, name)
    own = twin(cast("CausalModel", hf))
    own.config.architectures = [_class_of(hf)]
    if part_of(own.config, name).task is not None:
        raise writes_nothing(name)
    check_tokenizer(tokenizer, own, name)
    check_traceable(own, name)
    return LanguageModel(own, copy.deepcopy(tokenizer), name)


def standing(model: LanguageModel) -> dict[str, Any]:
    """Returns what `generate` takes where nothing is given: the generation_config over transformers' own defaults."""
    config, _ = model.hf._prepare_generation_config(None)  # pyright: ignore[reportAttributeAccessIssue]  # declares a `self` that no model is
    return cast(GenerationConfig, config).to_dict()


def _class_of(hf: PreTrainedModel) -> str:
    """Returns the name of the model's class in transformers, of which its own class may be a further one."""
    return next(one.__name__ for one in type(hf).__mro__ if one.__module__.startswith("transformers."))


def _check_weights(hf: PreTrainedModel, name: str) -> None:
    """Refuses a model whose modules cannot be copied while its numbers are shared.

    Raises:
        PlaygroundError: its weights are quantised or on several devices, or a module's forward was replaced, which
            would run the modules of `hf` itself.
    """
    if getattr(hf, "is_quantized", False):
        raise PlaygroundError(
            f"{name}'s weights are quantised, and only plain weights can be shared. Load it without "
            "quantization_config, or show it with the command decoding-playground."
        )
    devices = sorted({str(one.device) for one in hf.parameters()})
    if len(devices) != 1 or devices == ["meta"]:
        raise PlaygroundError(
            f"{name}'s weights are on {' and '.join(devices)}, and they have to be on one device. Load a smaller "
            "model, or the model without device_map."
        )
    replaced = next((path for path, module in hf.named_modules() if "forward" in vars(module)), None)
    if replaced is not None:
        raise PlaygroundError(
            f"The forward of {f'{name}, module {replaced},' if replaced else name} was replaced, as torch.compile and "
            "accelerate do, so that it cannot be recorded without changing it. Load the model again."
        )
