"""Tests `--quantize`: weights that are packed while they are read compute as transformers' own quantised model does."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, LlamaConfig, LlamaForCausalLM, TorchAoConfig

from playground import options
from playground.engine.engine import Engine
from playground.engine.first_check import texts_may_share
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.models import preparing, quantizing
from playground.models.loading import load, load_any
from playground.models.masked_model import MaskedModel
from playground.models.offering import Asked, offers
from playground.models.parts import is_packed, matrix
from playground.models.preparing import DTYPES
from playground.models.ranks import Ranks
from playground.traces.store import TraceStore
from playground.web.messages.models import note
from tests import adapters, encoder_decoders, encoders, fakes
from tests.many_text_parts import save
from tests.test_loading import write_gguf
from tests.test_quantization import pack_in_fp8
from tests.test_script import PENALISED, SAMPLED, check, make

PROMPTS = [fakes.prompt(5 + number) for number in range(4)]
SIZES = {
    "vocab_size": fakes.VOCABULARY,
    "eos_token_id": fakes.EOS,
    "initializer_range": 0.25,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 96,
}
BOTH = pytest.mark.parametrize("scheme", ["int8", "nf4"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A tiny Llama whose matrices both packages can pack."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("models") / "tiny"
    save(LlamaForCausalLM(LlamaConfig(**SIZES)), path)
    return path


def asked(scheme: str):
    """Returns what a person gives to transformers for the same weights."""
    if scheme == "nf4":
        return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    from torchao.quantization import Int8WeightOnlyConfig

    return TorchAoConfig(Int8WeightOnlyConfig())


def theirs(folder: Path, scheme: str):
    """Returns the quantised model as transformers loads it."""
    dtype = torch.bfloat16 if scheme == "nf4" else torch.float32
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, quantization_config=asked(scheme)).eval()


def written_by(model, prompts) -> list:
    """Returns the traces of texts that run at the same time."""
    engine = Engine(model, TraceStore(50_000_000)).start()

    async def together():
        return await asyncio.gather(*(fakes.trace(engine, Request(ids, fakes.greedy(12))) for ids in prompts))

    traces = [trace for _, trace in asyncio.run(together())]
    engine.close()
    return traces


@BOTH
def test_the_logits_are_exactly_those_of_transformers(folder, scheme):
    ours, ids = load(str(folder), "cpu", quantize=scheme), torch.tensor([fakes.prompt(9)])
    with torch.inference_mode():
        assert torch.equal(ours.hf(ids).logits, theirs(folder, scheme)(ids).logits)
        assert not torch.equal(ours.hf(ids).logits.float(), load(str(folder), "cpu").hf(ids).logits)
    assert (ours.is_packed, ours.dtype) == (True, "bfloat16" if scheme == "nf4" else "float32")
    assert texts_may_share(ours)


def test_texts_beside_each_other_are_those_of_generate(folder):
    model = theirs(folder, "int8")
    for ids, trace in zip(PROMPTS, written_by(load(str(folder), "cpu", quantize="int8"), PROMPTS), strict=True):
        expected = fakes.generate(model, ids, fakes.greedy(12), output_logits=True)
        assert list(trace.token_ids) == expected.sequences[0, len(ids) :].tolist()
        for step, row in zip(trace.steps, expected.logits, strict=True):
            torch.testing.assert_close(step.logits, row[0], rtol=1e-5, atol=1e-5)


def test_a_text_alone_is_that_of_generate(folder):
    model, ours = theirs(folder, "nf4"), load(str(folder), "cpu", quantize="nf4")
    for ids in PROMPTS:
        [trace] = written_by(ours, [ids])
        expected = fakes.generate(model, ids, fakes.greedy(12), output_logits=True)
        for step, row in zip(trace.steps, expected.logits, strict=False):
            found, wanted = step.logits.float().log_softmax(-1), row[0].float().log_softmax(-1)
            assert (wanted.exp() * (wanted - found)).sum() < 0.005
            if step.token_id != int(row[0].argmax()):
                break  # both texts are right up to a rounding in 16 bits


def test_an_encoder_decoder_and_an_encoder_are_quantised_too(tmp_path):
    seq2seq = load(save(encoder_decoders.tiny("t5"), tmp_path / "t5"), "cpu", quantize="int8")
    assert is_packed(seq2seq.hf.encoder.block[0].layer[0].SelfAttention.q)
    masked = load_any(encoders.folder(tmp_path / "bert", "bert"), "cpu", quantize="int8")
    assert isinstance(masked, MaskedModel)
    assert is_packed(masked.hf.bert.encoder.layer[0].attention.self.query)


@BOTH
def test_the_weights_take_what_the_plan_says(folder, scheme):
    [offer] = offers(Asked([str(folder)], device="cpu", quantize=scheme))
    taken = 0
    for weight in offer.load().hf.parameters():
        scales = weight.quant_state.absmax.nbytes if hasattr(weight, "quant_state") else 0
        taken += weight.qdata.nbytes + weight.scale.nbytes if hasattr(weight, "qdata") else weight.nbytes + scales
    assert offer.weights == taken


@BOTH
def test_views_into_the_model_read_the_packed_numbers(folder, scheme):
    packed, plain = load(str(folder), "cpu", quantize=scheme), load(str(folder), "cpu")
    layers = [model.hf.model.layers[1].mlp.down_proj for model in (packed, plain)]
    assert [is_packed(layer) for layer in layers] == [True, False]
    largest = layers[1].weight.abs().max()
    off = (matrix(layers[0], packed.hf).float() - layers[1].weight).abs().max()
    assert 0 < off < largest * (0.16 if scheme == "nf4" else 0.005)


@BOTH
def test_the_script_quantises_too(folder, scheme):
    model = load(str(folder), "cpu", quantize=scheme)
    for settings in (PENALISED, SAMPLED) if scheme == "int8" else ():
        check(model, make(model, "the 12 in", settings), 2)
    check(model, make(model, "on a", PENALISED), 0, tolerance=1e-6 if scheme == "int8" else 0.02)


@BOTH
def test_the_page_says_that_the_numbers_are_those_of_the_quantised_model(folder, scheme):
    engine = Engine(load(str(folder), "cpu", quantize=scheme), TraceStore(50_000_000))
    assert f"Its weights are quantised ({scheme}), and all numbers are those of the quantised model." in note(engine)
    assert ("In bfloat16, a seed may give another text" in note(engine)) == (scheme == "nf4")


def test_what_cannot_be_quantised_is_a_sentence(tmp_path, tiny_models, tokenizer):
    llama = save(tiny_models["llama"], tmp_path / "llama")
    with pytest.raises(PlaygroundError, match=r"--quantize is 'int3'. Choose one of int8, nf4\."):
        load(llama, "cpu", quantize="int3")
    with pytest.raises(
        PlaygroundError, match=r"--quantize nf4 computes in bfloat16 or float16, and --dtype is 'float3"
    ):
        load(llama, "cpu", "float32", quantize="nf4")
    with pytest.raises(PlaygroundError, match=r"torchao packs no matrix of gpt2 \(gpt2\)"):
        load(save(tiny_models["gpt2"], tmp_path / "gpt2"), "cpu", quantize="int8")
    with pytest.raises(
        PlaygroundError, match="multiples of 32 outputs and 64 inputs, and llama has one with 32 and 32"
    ):
        load(llama, "cpu", quantize="nf4")
    pack_in_fp8(tmp_path / "llama")
    with pytest.raises(PlaygroundError, match=r"those of llama are quantised in its files \(fp8\)"):
        load(llama, "cpu", quantize="int8")
    write_gguf(tmp_path / "tiny.gguf", tokenizer)
    with pytest.raises(PlaygroundError, match=r"those of tiny.gguf are quantised in its files \(GGUF\)"):
        load(str(tmp_path / "tiny.gguf"), "cpu", quantize="int8")


@BOTH
def test_a_missing_package_is_named_with_its_remedy(folder, scheme, monkeypatch):
    monkeypatch.setattr(quantizing, "find_spec", lambda _package: None)
    with pytest.raises(PlaygroundError, match=r"needs the package \w+. Install it: pip install -r requirements-quan"):
        load(str(folder), "cpu", quantize=scheme)


def test_a_model_of_several_processes_is_not_quantised(folder, monkeypatch):
    monkeypatch.setattr(preparing, "ranks", lambda: Ranks(0, 2, 0, None))
    with pytest.raises(PlaygroundError, match="whose weights are not quantised can be"):
        load(str(folder), quantize="int8")


def test_an_adapter_needs_plain_weights(tmp_path):
    base, tuned = adapters.saved("llama", tmp_path / "tiny"), adapters.adapter(tmp_path / "tuned")
    with pytest.raises(PlaygroundError, match="an adapter shares plain weights only"):
        offers(Asked([str(base)], adapters=[str(tuned)], device="cpu", quantize="int8"))


def test_the_options_name_the_schemes():
    assert tuple(one.name for one in quantizing.SCHEMES) == options.SCHEMES
    assert {dtype for one in quantizing.SCHEMES for dtype in one.dtypes} <= set(DTYPES)


def test_bitsandbytes_fetches_no_compiled_code(tmp_path):
    """It would, at its import, where the package `kernels` is installed."""
    (tmp_path / "kernels.py").write_text(
        "from pathlib import Path\ndef get_kernel(*_named, **_options):\n    Path('asked').touch()\n    raise OSError\n"
    )
    code = (
        "from playground.models.quantizing import import_bitsandbytes\n"
        "import_bitsandbytes()\n"
        "import bitsandbytes, kernels\n"
        "assert kernels.get_kernel\n"
    )
    root = Path(__file__).parent.parent
    path = {"PYTHONPATH": f"{tmp_path}:{root}", "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=path, timeout=300)
    assert not (tmp_path / "asked").exists()
