"""Tests LoRA adapters: exactly peft's model, with the base's weights and nothing of the base changed; or a sentence."""

import asyncio
import gc
import json
import shutil
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.first_check import texts_may_share
from playground.engine.peers import Peers
from playground.engine.request import Request
from playground.engine.speed import Speed
from playground.errors import PlaygroundError
from playground.inside import contributions, word
from playground.inside.attribution import Target, gradient_x_input
from playground.inside.drawing import drawing
from playground.inside.reading import reading
from playground.models import adapter as adapter_module
from playground.models.language_model import LanguageModel
from playground.models.offer import Offer, weights_of
from playground.models.offering import Asked, offers
from playground.models.parts import matrix
from playground.traces.store import TraceStore
from tests import adapters, fakes
from tests.many_models import done

PROMPT = fakes.prompt(10)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folder of a tiny Llama, and that of an adapter for it."""
    place = tmp_path_factory.mktemp("adapters")
    return adapters.saved("llama", place / "tiny"), adapters.adapter(place / "tuned")


@pytest.fixture
def pair(folders) -> list[Offer]:
    """The offers of the base and of the adapter."""
    base, tuned = folders
    return offers(Asked([str(base)], adapters=[str(tuned)], device="cpu"))


@torch.inference_mode()
def logits(hf) -> torch.Tensor:
    return hf(torch.tensor([PROMPT])).logits


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("llama", {}),
        ("llama", {"use_dora": True, "target_modules": ["q_proj", "down_proj"]}),
        ("llama", {"use_rslora": True, "rank_pattern": {"o_proj": 2}, "target_modules": ["o_proj", "v_proj"]}),
        ("llama", {"target_modules": ["q_proj"], "modules_to_save": ["lm_head", "norm"]}),
        ("gpt2", {"target_modules": ["c_attn", "c_proj"], "fan_in_fan_out": True}),
        ("qwen2", {"target_modules": ["k_proj", "up_proj"], "layers_to_transform": [1]}),
    ],
)
def test_the_logits_are_exactly_those_of_peft(tmp_path, kind, options):
    base = adapters.saved(kind, tmp_path / "base")
    tuned = adapters.adapter(tmp_path / "tuned", kind, **options)
    plain, both = (offer.load() for offer in offers(Asked([str(base)], adapters=[str(tuned)], device="cpu")))
    expected = adapters.published(kind, tuned)
    torch.testing.assert_close(logits(both.hf), logits(expected), rtol=0, atol=0)
    torch.testing.assert_close(logits(plain.hf), logits(fakes.tiny(kind)), rtol=0, atol=0)
    assert (logits(both.hf) - logits(plain.hf)).abs().max() > 0.1
    assert texts_may_share(both)


def test_texts_of_both_at_the_same_time_are_those_of_generate(pair, folders):
    """Eight texts of each model run together, and each is what transformers and peft write alone."""
    peers, speed, store = Peers(), Speed(), TraceStore(50_000_000)
    engines = [Engine(offer.load(), store, peers=peers, speed=speed).start() for offer in pair]
    prompts = [fakes.prompt(5 + number) for number in range(8)]
    settings = fakes.greedy(16)

    async def all_texts():
        runs = [fakes.trace(engine, Request(ids, settings)) for ids in prompts for engine in engines]
        return [trace for _, trace in await asyncio.gather(*runs)]

    texts = asyncio.run(all_texts())
    for engine in engines:
        engine.close()
    published = fakes.tiny("llama"), adapters.published("llama", folders[1])
    for number, ids in enumerate(prompts):
        for model, trace in zip(published, texts[2 * number : 2 * number + 2], strict=True):
            written = fakes.generate(model, ids, settings, output_logits=True)
            assert list(trace.token_ids) == written.sequences[0, len(ids) :].tolist()
            for step, row in zip(trace.steps, written.logits, strict=True):
                torch.testing.assert_close(step.logits, row[0], rtol=1e-5, atol=1e-5)


def test_the_adapter_adds_only_its_own_bytes(pair):
    base, tuned = pair
    plain, both = base.load(), tuned.load()
    own = dict(plain.hf.named_parameters())
    shared = {name.replace(".base_layer", ""): one for name, one in both.hf.named_parameters() if "lora_" not in name}
    assert shared.keys() == own.keys()
    assert all(one.data_ptr() == own[name].data_ptr() for name, one in shared.items())
    added = sum(one.nbytes for name, one in both.hf.named_parameters() if "lora_" in name)
    assert tuned.weights - base.weights == added > 0
    assert weights_of(pair) == base.weights + added
    assert weights_of([tuned]) == tuned.weights
    assert tuned.parameters == both.outline.num_parameters()


@pytest.mark.parametrize(
    ("texts", "left"), [(3, ["tiny", "tuned", "other"]), (2, ["tuned", "other"]), (1, ["other"])], ids=str
)
async def test_the_weights_count_once_while_both_are_loaded_and_as_long_as_one_is(
    pair, tiny_models, tokenizer, texts, left
):
    """There is room for the weights of base and adapter together, for those of another model, and for some texts."""
    mib = 2**20
    shared = pair[0].shared
    shared.nbytes = 1000 * mib
    base, tuned = (replace(one, weights=1000 * mib + more) for one, more in zip(pair, (0, 10 * mib), strict=True))
    other = Offer(
        "other", 1, "float32", "cpu", 1000 * mib, lambda: LanguageModel(tiny_models["gpt2"], tokenizer, "other")
    )
    kept = TraceStore(50_000_000)
    memory = weights_of([base, tuned, other] if texts > 1 else [base, tuned]) + max(texts, 2) * 300 * mib

    def start(offer: Offer, most_bytes: int) -> tuple[Engine, int]:
        return Engine(offer.load(), kept).start(), 300 * mib

    engines = Engines([base, tuned, other], kept, Speed(), start, memory)
    for name in ("tiny", "tuned", "other"):
        async with engines.using(name) as engine:
            assert engine.model.name == name
    assert [engine.model.name for engine in engines.running()] == left
    engines.close()


def test_what_one_model_is_told_does_not_change_the_other(pair):
    plain, both = (offer.load() for offer in pair)
    plain.hf.set_attn_implementation("eager")
    assert both.hf.config._attn_implementation == "sdpa"
    before = logits(plain.hf)
    with torch.no_grad():
        next(one for name, one in both.hf.named_parameters() if "lora_B" in name).add_(1)
    torch.testing.assert_close(logits(plain.hf), before, rtol=0, atol=0)


@pytest.mark.parametrize("last", [0, 1])
def test_the_weights_live_as_long_as_one_of_the_models(pair, last):
    models = [offer.load() for offer in pair]
    weights = weakref.ref(models[0].shared)
    kept = models[last]
    del models
    gc.collect()
    assert weights() is kept.shared
    assert pair[1 - last].load().shared is kept.shared
    del kept
    gc.collect()
    assert weights() is None


def test_its_views_read_the_product_and_not_the_bases_numbers(pair, folders):
    both = pair[1].load()
    merged = adapters.published("llama", folders[1]).merge_and_unload()
    for path in ("model.layers.0.self_attn.o_proj", "model.layers.1.mlp.down_proj"):
        expected = merged.get_submodule(path).weight
        torch.testing.assert_close(matrix(both.hf.get_submodule(path), both.hf), expected, rtol=1e-5, atol=1e-5)
    told = []
    for model in (both, LanguageModel(merged, both.tokenizer.hf, "merged")):
        seen = done(reading(model, PROMPT))
        neurons = done(word.writings(model, seen, 7))
        pushed = done(word.pushed(model, seen, 1, 5))
        heads = contributions.contributions(model, done(contributions.written(model, PROMPT)), 7).heads
        scores = done(gradient_x_input(model, PROMPT, [(0, 4), (4, 10)], Target(7, None, "logit"))).scores
        told.append([*map(torch.tensor, (*neurons.values, *neurons.pushes, pushed, heads, scores))])
    for found, expected in zip(*told, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert drawing(both).parameters == sum(part.parameters for part in drawing(both).parts) == pair[1].parameters


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"peft_type": "IA3"},
            r"^broken is an adapter of the kind 'IA3' .* loads 'LORA' only\. Merge it into",
        ),
        ({"peft_type": None}, "of the kind None"),
        ({"task_type": "SEQ_CLS"}, "trained for the task 'SEQ_CLS' .* Choose another adapter"),
        ({"init_lora_weights": "pissa"}, "asks for init_lora_weights 'pissa' .* Merge it"),
        ({"bias": "all"}, "asks for bias 'all'"),
        ({"trainable_token_indices": [3]}, r"asks for trainable_token_indices \[3\]"),
        ({"target_modules": ["q_proj"]}, r"adapter_config.json does not name \d+ of its tensors, such as"),
        ({"r": 2}, "could not be read as an adapter of tiny: .*size mismatch"),
        ({"lora_alpha": "much"}, "could not be read as an adapter of tiny"),
    ],
)
def test_a_config_that_cannot_be_used_is_a_sentence(folders, tmp_path, changed, sentence):
    base, tuned = folders
    folder = tmp_path / "broken"
    shutil.copytree(tuned, folder)
    stated = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(stated | changed))
    with pytest.raises(PlaygroundError, match=sentence):
        offers(Asked([str(base)], adapters=[str(folder)], device="cpu"))[1].load()


@pytest.mark.parametrize("file", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_missing_or_broken_file_is_a_sentence(folders, tmp_path, file):
    base, tuned = folders
    folder = tmp_path / "broken"
    shutil.copytree(tuned, folder)
    (folder / file).write_bytes((folder / file).read_bytes()[:-40])
    with pytest.raises(PlaygroundError, match=r"adapter_config.json is not JSON|adapter_model.safetensors is cut off"):
        offers(Asked([str(base)], adapters=[str(folder)], device="cpu"))
    (folder / file).unlink()
    with pytest.raises(PlaygroundError, match=f"holds no {file}, so it is not an adapter"):
        offers(Asked([str(base)], adapters=[str(folder)], device="cpu"))


def test_a_tensor_that_is_missing_is_a_sentence(folders, tmp_path):
    base, tuned = folders
    shutil.copytree(tuned, tmp_path / "broken")
    file = tmp_path / "broken" / "adapter_model.safetensors"
    tensors = load_file(file)
    gone = min(tensors)
    save_file({key: tensor for key, tensor in tensors.items() if key != gone}, file)
    with pytest.raises(PlaygroundError, match=r"adapter_model.safetensors lacks 1 of its tensors, such as"):
        offers(Asked([str(base)], adapters=[str(tmp_path / "broken")], device="cpu"))[1].load()


def test_the_base_is_the_model_that_its_config_names_or_the_first_that_fits(folders, tmp_path):
    other, twin = adapters.saved("gpt2", tmp_path / "other"), adapters.saved("llama", tmp_path / "twin")
    named = adapters.adapter(tmp_path / "named", base="someone/twin")
    made = offers(Asked([str(other), str(folders[0]), str(twin)], adapters=[str(named), str(folders[1])], device="cpu"))
    assert [offer.name for offer in made] == ["other", "tiny", "tuned", "twin", "named"]
    shared = [offer.shared for offer in made]
    assert shared[0] is None
    assert shared[1] is shared[2] is not shared[3]
    assert shared[3] is shared[4]


def test_an_adapter_of_another_model_is_a_sentence(folders, tmp_path):
    other = adapters.saved("gpt2", tmp_path / "other")
    stranger = adapters.adapter(tmp_path / "stranger", base="someone/large")
    with pytest.raises(
        PlaygroundError,
        match="^stranger does not fit other: its tensor .* It was trained on 'someone/large': give",
    ):
        offers(Asked([str(other)], adapters=[str(stranger)], device="cpu"))
    ends = adapters.adapter(tmp_path / "ends", target_modules=["lm_head"])
    with pytest.raises(PlaygroundError, match="^ends adapts lm_head, which the views read as plain numbers. Merge it"):
        offers(Asked([str(folders[0])], adapters=[str(ends)], device="cpu"))


def test_the_remedy_names_the_version_that_is_tested():
    assert f'"{adapter_module.PACKAGE}"' in (Path(__file__).parent.parent / "pyproject.toml").read_text()


def test_without_peft_the_remedy_is_named(folders, monkeypatch):
    monkeypatch.setattr(adapter_module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PlaygroundError, match="needs the package peft, which is not installed. Run 'pip install"):
        offers(Asked([str(folders[0])], adapters=[str(folders[1])], device="cpu"))
