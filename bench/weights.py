"""Compares the forms that a model's weights can have on a CPU, and llama.cpp on the default model's own file.

Each form is a copy of the default model whose linear maps compute in their own way; the rest of the forward is the
playground's. A time is the shortest of all rounds, in which the forms take turns. The steps leave out the choice of the
tokens, and llama.cpp's figures hold its greedy choice.
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from bench.engine import PROMPT
from bench.llama_cpp import speeds
from bench.packed_linear import Dynamic, Int4, Int8, Packed
from bench.table import Row, UnmeasurableError, at_least
from playground.engine.batch import Batch
from playground.models.language_model import LanguageModel
from playground.models.loading import load

TEXTS = (1, 4, 8, 32)
TOKENS, STEPS, PROMPT_TOKENS = 50, 6, 512
AGAINST_LLAMA_CPP = {1: 0.8, 4: 1.0}
"""The least tokens a second for each that llama.cpp writes, by the number of texts."""
LARGEST_BITS = 0.5
"""A form whose probabilities differ by more is another model, and its speed counts for nothing."""


def weights(rounds: int) -> Iterator[Row]:
    """Measures each form: a step of several texts, the bytes of the weights, and how far its probabilities are off."""
    models = {}
    for name, make in FORMS.items():
        try:
            models[name] = make()
        except UnmeasurableError as reason:
            yield Row(f"A step with {name}", f"not measured: {reason}")
    shortest: dict[tuple[str, int], float] = {}
    prompts: dict[str, float] = {}
    theirs: dict[int, float] = {}
    refusal = None
    for _ in range(rounds):
        for texts in TEXTS:
            for name, model in models.items():
                taken = _step_seconds(model, texts)
                shortest[name, texts] = min(taken, shortest.get((name, texts), taken))
        for name, model in models.items():
            taken = _prompt_seconds(model)
            prompts[name] = min(taken, prompts.get(name, taken))
        try:
            theirs = {texts: max(speed, theirs.get(texts, 0)) for texts, speed in speeds(TEXTS).items()}
        except UnmeasurableError as reason:
            refusal = reason
    expected = _shares(models["float32"])
    off = {name: _bits(expected, _shares(model)) for name, model in models.items()}
    for name, model in models.items():
        milliseconds = ", ".join(f"{shortest[name, texts] * 1000:.0f}" for texts in TEXTS)
        yield Row(f"A step of {_counts()} texts, {name}", f"{milliseconds} ms ({_megabytes(model):.0f} MB of weights)")
        yield Row(f"- a prompt of {PROMPT_TOKENS} tokens", f"{prompts[name] * 1000:.0f} ms")
        yield Row("- its probabilities against those of float32", f"{off[name]:.1e} bits off")
        yield Row(
            f"- a text with {max(TEXTS) - 1} others in its step against the text alone", f"{_moved(model):.1e} bits off"
        )
    if refusal is not None:
        yield Row(f"llama.cpp on the same file, {_counts()} texts", f"not measured: {refusal}")
        return
    written = ", ".join(f"{speed:.0f}" for speed in theirs.values())
    yield Row(f"llama.cpp on the same file, {_counts()} texts", f"{written} tokens/s")
    for texts in TEXTS:
        name = min((name for name in models if off[name] < LARGEST_BITS), key=lambda name: shortest[name, texts])
        what = f"The fastest form against llama.cpp, {texts} {'text' if texts == 1 else 'texts'}"
        ratio = texts / shortest[name, texts] / theirs[texts]
        yield at_least(what, ratio, " ×", AGAINST_LLAMA_CPP.get(texts, 1.0), name)


def _counts() -> str:
    return ", ".join(map(str, TEXTS))


def _with(linear: Callable[[nn.Linear], nn.Module], dtype: str = "bfloat16") -> LanguageModel:
    """Returns the default model with other linear maps. The embedding stays as it is."""
    model = load(device="cpu", dtype=dtype)
    for module in list(model.hf.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, linear(child))
    gc.collect()
    return model


def _by_torchao(module: str, config: str, options: Mapping[str, Any]) -> LanguageModel:
    _check_installed("torchao")
    model = load(device="cpu", dtype="bfloat16")
    asked = getattr(import_module(module), config)(**options)
    quantize = import_module("torchao.quantization").quantize_
    quantize(model.hf, asked, filter_fn=lambda one, _: isinstance(one, nn.Linear))
    return model


def _by_quanto() -> LanguageModel:
    _check_installed("optimum.quanto", "optimum")
    quanto = import_module("optimum.quanto")
    model = load(device="cpu", dtype="bfloat16")
    quanto.quantize(model.hf, weights=quanto.qint8)
    quanto.freeze(model.hf)
    return model


def _check_installed(module: str, package: str | None = None) -> None:
    if find_spec(package or module) is None or find_spec(module) is None:
        raise UnmeasurableError(f"{module} is not installed")


def _batch(model: LanguageModel, prompts: list[list[int]]) -> Batch:
    batch = Batch()
    batch.join(model.prefill_together(prompts))
    return batch


def _step_seconds(model: LanguageModel, texts: int) -> float:
    """Returns the seconds of the shortest step of several texts of `TOKENS` tokens, after a first one."""
    [word] = model.tokenizer.encode(" word")
    batch = _batch(model, [[word] * TOKENS] * texts)
    taken = []
    for _ in range(1 + STEPS):
        began = time.perf_counter()
        batch.step(model, [word] * texts)
        taken.append(time.perf_counter() - began)
    return min(taken[1:])


def _prompt_seconds(model: LanguageModel) -> float:
    """Returns the seconds in which a prompt of `PROMPT_TOKENS` tokens is read."""
    [word] = model.tokenizer.encode(" word")
    began = time.perf_counter()
    model.prefill([word] * PROMPT_TOKENS, model.new_cache())
    return time.perf_counter() - began


def _shares(model: LanguageModel) -> torch.Tensor:
    """Returns the logarithms of the model's probabilities after each token of the prompt: (position, vocab)."""
    return model.read(model.tokenizer.encode(PROMPT), model.new_cache()).double().log_softmax(-1)


def _moved(model: LanguageModel) -> float:
    """Returns how far the probabilities of a text are off when 31 others of the same length share its step, in bits."""
    ids = list(model.tokenizer.encode(PROMPT))
    prompts = [ids[turn % len(ids) :] + ids[: turn % len(ids)] for turn in range(max(TEXTS))]
    alone = _batch(model, prompts[:1]).step(model, ids[:1]).logits
    together = _batch(model, prompts).step(model, [prompt[0] for prompt in prompts]).logits[:1]
    return _bits(*(logits.double().log_softmax(-1) for logits in (alone, together)))


def _bits(expected: torch.Tensor, found: torch.Tensor) -> float:
    """Returns the mean Kullback–Leibler divergence of rows of log-probabilities, in bits."""
    return float((expected.exp() * (expected - found)).sum(-1).mean() / torch.log(torch.tensor(2.0)))


def _megabytes(model: LanguageModel) -> float:
    """Returns the megabytes of all different tensors of a model, packed ones included."""
    return sum(_bytes(one) for one in {id(one): one for one in _tensors(model.hf)}.values()) / 1e6


def _tensors(hf: nn.Module) -> Iterator[Any]:
    for module in hf.modules():
        for weight in module.parameters(recurse=False):
            yield weight
            if hasattr(weight, "quant_state"):  # of bitsandbytes
                yield weight.quant_state.absmax
        yield from module.buffers(recurse=False)
        yield from getattr(module, "packed", ())


def _bytes(tensor: torch.Tensor) -> int:
    """Returns the bytes of a tensor. One of a package's own kind is made of others; one of oneDNN's names no bytes."""
    if hasattr(tensor, "__tensor_flatten__"):
        return sum(_bytes(getattr(tensor, name)) for name in tensor.__tensor_flatten__()[0])
    return tensor.numel() * tensor.element_size()


FORMS: dict[str, Callable[[], LanguageModel]] = {
    "float32": partial(load, device="cpu", dtype="float32"),
    "bfloat16": partial(load, device="cpu", dtype="bfloat16"),
    "bfloat16 packed by oneDNN": partial(_with, Packed),
    "int8, torch's kernel": partial(_with, Int8),
    "int4, torch's kernel": partial(_with, Int4),
    "int8 with the inputs, quantize_dynamic": partial(_with, Dynamic, "float32"),
    "--quantize int8": partial(load, device="cpu", quantize="int8"),
    "--quantize int8 in bfloat16": partial(load, device="cpu", dtype="bfloat16", quantize="int8"),
    "--quantize nf4": partial(load, device="cpu", quantize="nf4"),
    "int8 with the inputs, torchao": partial(
        _by_torchao, "torchao.quantization", "Int8DynamicActivationInt8WeightConfig", {}
    ),
    "int4, torchao (prototype)": partial(
        _by_torchao,
        "torchao.prototype.quantization.int4",
        "PrototypeInt4WeightOnlyConfig",
        {"group_size": 32, "set_inductor_config": False},
    ),
    "int8, optimum-quanto": _by_quanto,
}
"""How each form of the default model is made."""
