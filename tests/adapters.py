"""Tiny models and LoRA adapters in folders, for tests."""

import warnings
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel

from tests import fakes


def saved(kind: str, folder: Path) -> Path:
    """Writes a tiny model of one of `fakes.KINDS` with its tokenizer into a folder, which it returns."""
    fakes.tiny(kind).save_pretrained(folder)
    fakes.byte_level_tokenizer().save_pretrained(folder)
    return folder


def adapter(folder: Path, kind: str = "llama", base: str = "", **options) -> Path:
    """Writes a LoRA adapter with random numbers for a tiny model into a folder, which it returns.

    Args:
        base: the name of the model that it was trained on, as its config states it.
        options: for `LoraConfig`.
    """
    torch.manual_seed(5)
    asked = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear", "init_lora_weights": False} | options
    made = joined(get_peft_model, fakes.tiny(kind), LoraConfig(task_type="CAUSAL_LM", **asked))
    made.peft_config["default"].base_model_name_or_path = base
    made.save_pretrained(folder, save_embedding_layers=False)  # otherwise peft asks the Hub about the base
    return folder


def published(kind: str, folder: Path) -> PeftModel:
    """Returns what peft itself makes of a tiny model and an adapter."""
    return joined(PeftModel.from_pretrained, fakes.tiny(kind), folder).eval()


def joined(join, hf: PreTrainedModel, *given) -> PeftModel:
    """Calls a function of peft, without transformers' warning about how peft asks for checkpoints of gradients."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        return join(hf, *given)
