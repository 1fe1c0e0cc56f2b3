"""Tests that a model is found, checked and loaded, and that an unusable one is refused with its cause and a remedy."""

import copy
import json
import logging
from pathlib import Path

import gguf
import numpy as np
import psutil
import pytest
import torch
from transformers import MambaConfig, MambaForCausalLM
from transformers.utils import logging as transformers_logging

from playground.errors import PlaygroundError
from playground.models.loading import check_traceable, load
from tests import fakes
from tests.many_text_parts import save, whole


def test_a_folder_loads_as_it_was_saved(folder, tiny_models):
    model = load(str(folder), "cpu")
    assert model.name == "tiny-llama"
    assert (model.device, model.dtype) == ("cpu", "float32")
    ids = fakes.prompt(6)
    expected, _ = fakes.full_forward(tiny_models["llama"], ids)
    torch.testing.assert_close(fakes.next_logits(model, ids), expected[-1])


@pytest.mark.parametrize("path", [".", "../tiny-llama", "../tiny-llama/"])
def test_a_path_that_is_written_otherwise_has_the_folders_name(folder, monkeypatch, path):
    monkeypatch.chdir(folder)
    assert load(path, "cpu").name == "tiny-llama"


@pytest.mark.parametrize("bytes_kept", [0, 5, 8, 100, -1000])
def test_weights_that_are_cut_off_are_a_sentence(tmp_path, folder, bytes_kept):
    for file in folder.iterdir():
        content = file.read_bytes()
        (tmp_path / file.name).write_bytes(content[:bytes_kept] if file.suffix == ".safetensors" else content)
    with pytest.raises(PlaygroundError, match=r"model.safetensors is cut off: it .*\. Fetch the model again."):
        load(str(tmp_path), "cpu")


@pytest.mark.parametrize("bytes_kept", [0, 3, 100, -1000])
def test_a_gguf_file_that_is_cut_off_is_a_sentence(tmp_path, tokenizer, bytes_kept):
    path = tmp_path / "tiny.gguf"
    write_gguf(path, tokenizer)
    path.write_bytes(path.read_bytes()[:bytes_kept])
    with pytest.raises(PlaygroundError, match=r"could not be read as a model: .*\. Check --model, or fetch"):
        load(str(path), "cpu")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_dtype_can_be_asked_for(folder, dtype):
    assert load(str(folder), "cpu", dtype).dtype == dtype


def test_no_hints_at_kernels_for_a_gpu_on_another_device(tmp_path, monkeypatch):
    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())
    model = load(save(whole("qwen3_5"), tmp_path), "cpu")
    monkeypatch.setattr(transformers_logging.get_logger(), "handlers", [handler])
    logging.Logger.warning_once.cache_clear()
    model.prefill(fakes.prompt(6), model.new_cache())
    assert told == []
    kernels = logging.getLogger("transformers.integrations.hub_kernels")
    monkeypatch.setattr(kernels, "filters", [])
    logging.Logger.warning_once.cache_clear()
    model.prefill(fakes.prompt(6), model.new_cache())
    assert told
    assert all("falling back to its reference PyTorch implementation" in text for text in told)


def test_other_warnings_about_kernels_are_told(folder, caplog):
    load(str(folder), "cpu")
    kernels = logging.getLogger("transformers.integrations.hub_kernels")
    kernels.warning("this kernel is broken")
    assert [record.getMessage() for record in caplog.records] == ["this kernel is broken"]


def test_a_model_over_a_billion_parameters_gets_bfloat16(folder, monkeypatch):
    monkeypatch.setattr("playground.models.preparing.FLOAT32_UP_TO", 1000)
    assert load(str(folder), "cpu").dtype == "bfloat16"


def test_a_gguf_file_loads(tmp_path, tokenizer):
    path = tmp_path / "tiny.gguf"
    write_gguf(path, tokenizer)
    model = load(str(path), "cpu")
    assert (model.name, model.dtype) == ("tiny.gguf", "float32")
    logits = fakes.next_logits(model, model.tokenizer.encode("the tin"))
    assert logits.shape == (len(tokenizer) - 1,)
    assert bool(logits.isfinite().all())


@pytest.mark.parametrize(
    ("architecture", "sentence"),
    [
        (
            "gpt-oss",
            "^tiny.gguf has the architecture 'gpt-oss', of which transformers 5.* cannot read GGUF files. Choose",
        ),
        ("clip", "tiny.gguf could not be read as a model: GGUF model with architecture clip is not supported yet."),
        (
            "qwen3",
            "tiny.gguf's files of weights lack 2 of the model's tensors, such as model.layers.0.self_attn.k_norm",
        ),
    ],
)
def test_a_gguf_file_of_another_architecture_is_a_sentence(tmp_path, tokenizer, architecture, sentence):
    write_gguf(tmp_path / "tiny.gguf", tokenizer, architecture)
    with pytest.raises(PlaygroundError, match=sentence):
        load(str(tmp_path / "tiny.gguf"), "cpu")


def write_gguf(path: Path, tokenizer, architecture: str = "llama") -> None:
    """Writes a random one-layer Llama in the GGUF format, float32, with the tests' byte-level tokenizer."""
    width, vocabulary = 32, len(tokenizer) - 1  # without the added token
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(64)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(vocabulary)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokenizer.convert_ids_to_tokens(list(range(vocabulary))))
    writer.add_token_types([3, 3] + [1] * (vocabulary - 2))
    writer.add_token_merges(fakes.MERGES)
    writer.add_bos_token_id(fakes.BOS)
    writer.add_eos_token_id(fakes.EOS)
    shapes = {
        "token_embd": (vocabulary, width),
        "output": (vocabulary, width),
        "blk.0.attn_q": (width, width),
        "blk.0.attn_k": (width // 2, width),
        "blk.0.attn_v": (width // 2, width),
        "blk.0.attn_output": (width, width),
        "blk.0.ffn_gate": (2 * width, width),
        "blk.0.ffn_up": (2 * width, width),
        "blk.0.ffn_down": (width, 2 * width),
    }
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", random.normal(0, 0.2, shape).astype(np.float32))
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(width, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def config(tmp_path: Path, **values) -> str:
    """Makes a folder that contains only this config.json."""
    (tmp_path / "config.json").write_text(json.dumps(values))
    return str(tmp_path)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"model_type": "bert", "architectures": ["BertForMultipleChoice"]}, "does not continue a text token by token"),
        (
            {"model_type": "t5", "architectures": ["T5ForSequenceClassification"], "is_encoder_decoder": True},
            "does not continue a text token by token",
        ),
        ({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}, "has no .safetensors weights"),
        ({"model_type": "t5", "architectures": ["T5ForConditionalGeneration"]}, "has no .safetensors weights"),
        ({"model_type": "nonsense"}, "has the model_type 'nonsense', which transformers 5.* does not know"),
    ],
)
def test_a_folder_that_holds_no_text_generator_is_refused(tmp_path, values, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        load(config(tmp_path, **values), "cpu")


def test_a_broken_config_is_a_sentence(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(PlaygroundError, match=r"config.json is not JSON \(.*line 1.*\). Fetch the model again."):
        load(str(tmp_path), "cpu")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("./nowhere", "There is no file or folder ./nowhere. Check the path given to --model."),
        ("nowhere.gguf", "There is no file or folder nowhere.gguf."),
        ("two words", "'two words' is neither a path on this machine nor a Hugging Face id."),
        ("nobody/has-this-model", "nobody/has-this-model is not on this machine and could not be downloaded"),
    ],
)
def test_a_name_that_leads_nowhere_is_a_sentence(monkeypatch, name, sentence):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(PlaygroundError, match=sentence):
        load(name, "cpu")


def test_a_folder_without_config_and_a_file_of_another_kind_are_sentences(tmp_path):
    with pytest.raises(PlaygroundError, match=r"holds no config.json, so it is not a model"):
        load(str(tmp_path), "cpu")
    file = tmp_path / "model.bin"
    file.touch()
    with pytest.raises(PlaygroundError, match=r"is a file, but not a .gguf file"):
        load(str(file), "cpu")


def test_a_model_that_does_not_fit_is_told_before_it_is_loaded(folder, monkeypatch):
    free = psutil.virtual_memory()._replace(available=1000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    told = (
        r"tiny-llama takes 0.00 GiB in float32 and at least 0.\d\d GiB more to write texts, and cpu has 0.00 GiB free"
    )
    with pytest.raises(PlaygroundError, match=told):
        load(str(folder), "cpu")


def test_guidance_is_refused_rather_than_dropped(tmp_path, tiny_models, tokenizer):
    model = copy.deepcopy(tiny_models["llama"])
    model.generation_config.guidance_scale = 1.5
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(PlaygroundError, match=r"asks for classifier-free guidance \(guidance_scale 1.5\)"):
        load(str(tmp_path), "cpu")


def test_a_model_that_can_choose_a_token_without_embedding_is_refused():
    model = fakes.tiny("gemma3")  # its two matrices are not tied
    model.lm_head = torch.nn.Linear(32, fakes.VOCABULARY + 8, bias=False)
    with pytest.raises(PlaygroundError, match=f"can choose {fakes.VOCABULARY + 8} tokens and has embeddings for"):
        check_traceable(model, "tiny")


def test_a_recurrent_model_is_refused(tmp_path, tokenizer):
    config = MambaConfig(vocab_size=fakes.VOCABULARY, hidden_size=16, num_hidden_layers=1, state_size=4)
    MambaForCausalLM(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(PlaygroundError, match="keeps a recurrent state"):
        load(str(tmp_path), "cpu")


@pytest.mark.parametrize(
    ("device", "dtype", "sentence"),
    [
        ("abacus", None, "--device is 'abacus'. Choose cpu, cuda, cuda:1, mps or auto."),
        ("cuda:99", None, "--device is 'cuda:99', which this machine or this build of torch does not have."),
        ("cpu", "int8", "--dtype is 'int8'. Choose one of float32, bfloat16, float16."),
    ],
)
def test_a_device_or_dtype_there_is_not_is_a_sentence(folder, device, dtype, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        load(str(folder), device, dtype)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_gives_the_logits_of_the_cpu(folder):
    ids = fakes.prompt(20)
    on_cpu, on_cuda = load(str(folder), "cpu"), load(str(folder), "cuda")
    assert on_cuda.device == "cuda"
    torch.testing.assert_close(fakes.next_logits(on_cuda, ids), fakes.next_logits(on_cpu, ids), rtol=1e-4, atol=1e-4)
