"""Tests that a GGUF file loads as the model that it was written from, or is refused in a sentence."""

import gguf
import numpy as np
import pytest
import torch

from playground.engine.first_check import texts_may_share
from playground.errors import PlaygroundError
from playground.models.loading import load
from tests import fakes
from tests.gguf_files import FAMILIES, VOCABULARY, build, write

IDS = torch.tensor([[place % VOCABULARY for place in range(5, 45)]])
"""More tokens than a sliding window holds."""
LARGEST_ERRORS = {"F16": 0.003, "Q8_0": 0.05, "Q4_0": 0.6}
"""Root mean squares, in standard deviations of the logits. Random weights make large errors of few bits."""


@pytest.mark.parametrize("family", FAMILIES)
def test_a_file_gives_the_logits_of_the_model_that_it_was_written_from(tmp_path, family):
    published = build(family)
    path = tmp_path / "tiny.gguf"
    write(published, family, path)
    model = load(str(path), "cpu")
    with torch.inference_mode():
        expected, found = published(IDS).logits, model.hf(IDS).logits
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert model.facts()["parameters"] == published.num_parameters()
    assert model.eos_token_ids == {fakes.EOS}
    assert texts_may_share(model)


@pytest.mark.parametrize("kind", LARGEST_ERRORS)
@pytest.mark.parametrize("family", ["llama 3", "qwen3", "gemma3"])
def test_quantised_matrices_give_nearly_the_same_logits(tmp_path, family, kind):
    published = build(family)
    path = tmp_path / "tiny.gguf"
    write(published, family, path, kind)
    with torch.inference_mode():
        expected, found = published(IDS).logits, load(str(path), "cpu").hf(IDS).logits
    assert 0 < (found - expected).square().mean().sqrt() < LARGEST_ERRORS[kind] * expected.std()


def rewritten(source, target, changed: dict, more: dict[str, np.ndarray] | None = None) -> None:
    """Copies a GGUF file with other text values of its metadata, and with more tensors."""
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, reader.get_field("general.architecture").contents())
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        kind, inner = field.types[0], field.types[-1]
        value = changed.get(name, field.contents())
        writer.add_key_value(name, value, gguf.GGUFValueType.STRING if name in changed else kind, inner)
    for name in changed.keys() - reader.fields.keys():
        writer.add_string(name, changed[name])
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data)
    for name, array in (more or {}).items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize(
    ("family", "changed", "more", "sentence"),
    [
        (
            "llama",
            {},
            {"blk.0.attn_q.bias": np.ones(64, np.float32)},
            "^odd.gguf holds 64 more numbers than transformers reads of the architecture 'llama', such as biases or",
        ),
        (
            "llama",
            {},
            {"rope_freqs.weight": np.arange(1, 9, dtype=np.float32)},
            r"^odd.gguf scales its rotary positions by factors \(rope_freqs.weight\) that are not those of Llama 3's",
        ),
        ("llama", {"tokenizer.ggml.model": "bert"}, {}, "^odd.gguf's tokenizer cannot be read .*'bert'"),
        ("qwen2 with yarn", {"qwen2.rope.scaling.type": "bent"}, {}, "^odd.gguf scales its rotary positions by 'bent'"),
    ],
)
def test_a_file_that_transformers_would_read_wrongly_is_a_sentence(tmp_path, family, changed, more, sentence):
    write(build(family), family, tmp_path / "plain.gguf")
    rewritten(tmp_path / "plain.gguf", tmp_path / "odd.gguf", changed, more)
    with pytest.raises(PlaygroundError, match=sentence):
        load(str(tmp_path / "odd.gguf"), "cpu")


def test_a_file_without_a_tensor_is_a_sentence(tmp_path):
    """Mixtral's files have Llama's architecture, and experts in place of its feed-forward."""
    model = build("llama")
    del model.model.layers[0].mlp.up_proj
    write(model, "llama", tmp_path / "tiny.gguf")
    with pytest.raises(
        PlaygroundError, match="lack 1 of the model's tensors, such as .*up_proj.*Choose the same model"
    ):
        load(str(tmp_path / "tiny.gguf"), "cpu")


def test_a_width_that_is_not_the_files_is_a_sentence(tmp_path):
    write(build("stablelm"), "stablelm", tmp_path / "plain.gguf")
    reader = gguf.GGUFReader(tmp_path / "plain.gguf", "r+")
    reader.get_field("stablelm.feed_forward_length").parts[-1][0] = 128
    del reader
    with pytest.raises(PlaygroundError, match="has the shape .* and .* by its metadata"):
        load(str(tmp_path / "plain.gguf"), "cpu")


@pytest.mark.parametrize(("pre", "tokens"), [("smollm", ["Ġ", "1", "2"]), ("gpt-2", ["Ġ12"])])
def test_numbers_are_divided_as_the_file_says(tmp_path, pre, tokens):
    write(build("llama"), "llama", tmp_path / "plain.gguf")
    rewritten(tmp_path / "plain.gguf", tmp_path / "tiny.gguf", {"tokenizer.ggml.pre": pre})
    tokenizer = load(str(tmp_path / "tiny.gguf"), "cpu").tokenizer.hf
    assert [piece for piece, _ in tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str(" 12")] == tokens
