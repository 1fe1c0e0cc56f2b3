"""Tests that quantised weights are unpacked as they were packed, or refused before they are read."""

import json
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, GptOssConfig, GptOssForCausalLM, LlamaConfig

from playground.errors import PlaygroundError
from playground.models import quantization
from playground.models.loading import load
from tests import fakes
from tests.many_text_parts import save, whole

BLOCK = 16
FP8 = {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [BLOCK, BLOCK]}
FOUR_BITS = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])
"""The values of the sixteen codes of MXFP4 (Open Compute Project, Microscaling Formats, 2023)."""


def state(folder: Path, **values) -> None:
    """Writes values into a model's config.json."""
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def pack_in_fp8(folder: Path) -> dict[str, torch.Tensor]:
    """Packs the matrices of a model's blocks, as DeepSeek's are packed. Returns what unpacking them gives."""
    file = folder / "model.safetensors"
    packed, unpacked = {}, {}
    for name, weight in load_file(file).items():
        if not name.endswith("_proj.weight") or "layers" not in name or "tower" in name:
            packed[name] = weight
            continue
        tiles = weight.unfold(0, BLOCK, BLOCK).unfold(1, BLOCK, BLOCK)
        scale = tiles.abs().amax((2, 3)) / torch.finfo(torch.float8_e4m3fn).max
        spread = scale.repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)
        packed[name] = (weight / spread).to(torch.float8_e4m3fn)
        packed[name + "_scale_inv"] = scale
        unpacked[name] = packed[name].float() * spread
    save_file(packed, file, metadata={"format": "pt"})
    state(folder, quantization_config=FP8)
    return unpacked


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_weights_in_fp8_are_unpacked(tmp_path, tiny_models, dtype):
    published = tiny_models["llama"]
    folder = save(published, tmp_path)
    expected = pack_in_fp8(tmp_path)
    model = load(folder, "cpu", dtype)
    assert model.dtype == dtype
    assert model.facts()["parameters"] == published.num_parameters()
    ours = model.hf.state_dict()
    assert len(expected) == 14
    for name, weight in expected.items():
        torch.testing.assert_close(ours[name].float(), weight, rtol=1e-6 if dtype == "float32" else 1e-2, atol=1e-6)
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
    ids = torch.tensor([fakes.prompt(8)])
    assert torch.equal(model.hf(ids).logits, theirs(ids).logits)


def test_the_text_part_of_a_model_in_fp8_is_unpacked(tmp_path):
    folder = save(whole("mistral3"), tmp_path)
    expected = pack_in_fp8(tmp_path)
    ours = load(folder, "cpu").hf.state_dict()
    assert len(expected) == 28
    for name, weight in expected.items():
        torch.testing.assert_close(ours[name.removeprefix("language_model.")], weight, rtol=1e-6, atol=1e-6)


def test_the_experts_of_gpt_oss_in_mxfp4_are_unpacked(tmp_path):
    torch.manual_seed(0)
    experts, hidden, inner = 4, 64, 32
    config = GptOssConfig(
        vocab_size=fakes.VOCABULARY,
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        num_local_experts=experts,
        num_experts_per_tok=2,
        pad_token_id=fakes.EOS,
    )
    folder = save(GptOssForCausalLM(config), tmp_path)
    file = tmp_path / "model.safetensors"
    stored, expected = load_file(file), {}
    for name in [name for name in stored if name.endswith(("gate_up_proj", "down_proj"))]:
        _, read, written = stored.pop(name).shape
        codes = torch.randint(0, 16, (experts, written, read // 32, 32))
        scales = torch.randint(120, 126, (experts, written, read // 32))
        stored[name + "_blocks"] = (codes[..., ::2] | codes[..., 1::2] << 4).to(torch.uint8)
        stored[name + "_scales"] = scales.to(torch.uint8)
        values = FOUR_BITS[codes] * 2.0 ** (scales[..., None] - 127)
        expected[name] = values.reshape(experts, written, read).transpose(1, 2)
    save_file(stored, file, metadata={"format": "pt"})
    state(tmp_path, quantization_config={"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]})
    model = load(folder, "cpu")
    ours = model.hf.state_dict()
    assert len(expected) == 4
    assert all(torch.equal(ours[name], weight) for name, weight in expected.items())
    assert model.facts()["parameters"] == GptOssForCausalLM(config).num_parameters()


def test_unpacked_weights_have_to_fit_into_memory(tmp_path, tiny_models, monkeypatch):
    published = tiny_models["llama"]
    folder = save(published, tmp_path)
    pack_in_fp8(tmp_path)
    needed = 4 * published.num_parameters()
    assert (tmp_path / "model.safetensors").stat().st_size < needed
    free = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free._replace(available=needed - 1))
    with pytest.raises(PlaygroundError, match="GiB in float32"):
        load(folder, "cpu")


@pytest.mark.parametrize(
    ("quantised", "sentence"),
    [
        ({"quant_method": "gptq", "bits": 4}, r"\(gptq\), and cannot be used on cpu here: .* requires optimum"),
        ({"quant_method": "awq", "bits": 4}, r"\(awq\), and cannot be used on cpu here: .* requires gptqmodel"),
        ({"quant_method": "compressed-tensors"}, r"\(compressed-tensors\), .*compressed-tensors>=.* is required"),
        ({"quant_method": "exl9"}, "quantised by the method 'exl9', which transformers 5.* does not know"),
        ("fp8", "quantization_config is 'fp8' in its config.json, and must be an object"),
        ([4], r"quantization_config is \[4\] in its config.json, and must be an object"),
        ({"bits": 4}, "quantised by the method None, which transformers 5.* does not know"),
    ],
)
def test_weights_that_need_a_package_are_refused_before_they_are_read(tmp_path, tiny_models, quantised, sentence):
    folder = save(tiny_models["llama"], tmp_path)
    (tmp_path / "model.safetensors").unlink()
    state(tmp_path, quantization_config=quantised)
    with pytest.raises(PlaygroundError, match=sentence):
        load(folder, "cpu")


def test_four_bits_need_bitsandbytes(monkeypatch):
    monkeypatch.setattr("transformers.quantizers.quantizer_bnb_4bit.is_bitsandbytes_available", lambda: False)
    with pytest.raises(
        PlaygroundError, match=r"\(bitsandbytes\), and cannot be used on cpu here: .* requires bitsandb"
    ):
        quantization.prepare(LlamaConfig(quantization_config={"load_in_4bit": True}), torch.device("cpu"), "tiny")


class Available:
    """Stands for a quantizer whose package is there."""

    def validate_environment(self, **_options) -> None:
        pass


@pytest.mark.parametrize(("stated", "after_reading"), [({"load_in_8bit": True}, True), ({"load_in_4bit": True}, False)])
def test_only_eight_bits_of_bitsandbytes_are_unpacked_after_reading(monkeypatch, stated, after_reading):
    monkeypatch.setattr(quantization.AutoHfQuantizer, "from_config", lambda *_args, **_options: Available())
    config = LlamaConfig(quantization_config=stated)
    found = quantization.prepare(config, torch.device("cpu"), "tiny")
    assert found == quantization.Quantization("bitsandbytes", after_reading, after_reading)
