"""Tests that the text part of a model that also sees or hears is loaded, and computes what the whole model does."""

import psutil
import pytest
import torch
from transformers import AutoConfig, Llama4ForCausalLM, PreTrainedModel

from playground.engine.engine import Engine
from playground.engine.first_check import texts_may_share
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.inside.positions import positions
from playground.models.language_model import LanguageModel
from playground.models.loading import load
from playground.models.parts import parts
from playground.models.text_part import text_part
from playground.traces.store import TraceStore
from tests import fakes
from tests.many_text_parts import config, save, whole

ALONE = {
    "gemma3": "Gemma3ForCausalLM",
    "gemma4": "Gemma4ForCausalLM",
    "mistral3": "MistralForCausalLM",
    "llava": "LlamaForCausalLM",
    "smolvlm": "LlamaForCausalLM",
    "cohere2_vision": "Cohere2ForCausalLM",
    "voxtral": "LlamaForCausalLM",
    "qwen3_5": "Qwen3_5ForCausalLM",
}
TOGETHER = {
    "qwen2_5_vl": "Qwen2_5_VLForConditionalGeneration",
    "qwen3_vl": "Qwen3VLForConditionalGeneration",
}


@pytest.mark.parametrize(("kind", "loaded"), (ALONE | TOGETHER).items())
def test_the_text_part_computes_what_the_whole_model_does(tmp_path, kind, loaded):
    published = whole(kind)
    model = load(save(published, tmp_path), "cpu")
    assert type(model.hf).__name__ == loaded
    ids = fakes.prompt(12)
    expected = published(torch.tensor([ids])).logits[0]
    torch.testing.assert_close(model.hf(torch.tensor([ids])).logits[0], expected)
    assert torch.allclose(fakes.next_logits(model, ids), expected[-1], atol=1e-4 * float(expected.std()))
    assert _written(model, ids) == _generated(published, ids)


@pytest.mark.parametrize("kind", TOGETHER)
def test_positions_never_count_on_from_an_earlier_text(tmp_path, kind):
    """Such a model keeps `rope_deltas` of the last text that `generate` has written, one for each of its rows."""
    folder = save(whole(kind), tmp_path)
    fresh, used = load(folder, "cpu"), load(folder, "cpu")
    first, second = fakes.prompt(20), fakes.prompt(9)
    rows = torch.tensor([fakes.prompt(7, seed) for seed in range(4)])
    used.hf.generate(rows, max_new_tokens=3, do_sample=False, pad_token_id=fakes.EOS)
    assert used.hf.model.rope_deltas.shape == (4, 1)
    used.hf.model.rope_deltas += 5  # as a picture before them would leave it
    assert texts_may_share(used)
    assert torch.equal(fakes.next_logits(used, first), fakes.next_logits(fresh, first))
    assert torch.equal(fakes.next_logits(used, second), fakes.next_logits(load(folder, "cpu"), second))
    assert torch.equal(used.read(second, used.new_cache()), fresh.read(second, fresh.new_cache()))
    assert _written(used, second) == _written(fresh, second)


@pytest.mark.parametrize("kind", ALONE)
def test_the_weights_of_a_tower_are_not_in_memory(tmp_path, kind):
    published = whole(kind)
    folder = save(published, tmp_path)
    model = load(folder, "cpu")
    text = published.get_decoder().num_parameters()
    untied = 0 if model.hf.config.tie_word_embeddings else fakes.VOCABULARY * 32
    assert model.facts()["parameters"] == text + untied < published.num_parameters()
    part = text_part(AutoConfig.from_pretrained(folder))
    assert part.outline().num_parameters() == model.hf.num_parameters()


@pytest.mark.parametrize("kind", ["gemma3", "mistral3", *TOGETHER])
def test_views_and_facts_read_the_text_part(tmp_path, kind):
    model = load(save(whole(kind), tmp_path), "cpu")
    facts = model.facts()
    assert (facts["layers"], facts["heads"], facts["window"]) == (4, 4, fakes.WINDOW)
    assert model.vocabulary_size == fakes.VOCABULARY
    found = parts(model.hf, model.name)
    assert len(found.blocks) == 4
    assert found.norm is not None
    assert all(block.attention.last.out_features == 32 for block in found.blocks)
    turning = positions(model).turning
    assert {len(one.frequencies) for one in turning} == {4}, "the pairs of a head of 8, not those of the tower"


def test_the_text_part_of_llama_4_has_the_weights_of_the_whole(tmp_path):
    """The whole Llama 4 of this transformers version cannot read a text without a picture, so there are no logits."""
    published = whole("llama4")
    model = load(save(published, tmp_path), "cpu")
    assert type(model.hf) is Llama4ForCausalLM
    theirs, ours = published.language_model.state_dict(), model.hf.state_dict()
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[key], ours[key]) for key in theirs)


def test_the_text_part_of_qwen_3_5_is_its_own_class():
    part = text_part(config("qwen3_5"))
    assert part.model_class.__name__ == "Qwen3_5ForCausalLM"
    assert part.config.model_type == "qwen3_5_text"


def test_only_the_text_part_has_to_fit_into_memory(tmp_path, monkeypatch):
    published = whole("llava")
    folder = save(published, tmp_path)
    part = text_part(AutoConfig.from_pretrained(folder)).outline().num_parameters()
    needed = 4 * part
    assert needed < 4 * published.num_parameters()
    free = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free._replace(available=needed))
    monkeypatch.setattr("playground.models.fitting.bytes_for_texts", lambda *_: 0)
    assert load(folder, "cpu").hf.num_parameters() == part
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free._replace(available=needed - 1))
    with pytest.raises(PlaygroundError, match="GiB in float32"):
        load(folder, "cpu")


def test_a_model_that_reads_its_prompt_in_both_directions_is_refused(tmp_path):
    with pytest.raises(PlaygroundError, match=r"\(gemma\) reads its prompt in both directions"):
        load(save(whole("paligemma"), tmp_path), "cpu")


def _generated(hf: PreTrainedModel, ids: tuple[int, ...]) -> list[int]:
    return fakes.generate(hf, ids, fakes.greedy()).sequences[0, len(ids) :].tolist()


def _written(model: LanguageModel, ids: tuple[int, ...]) -> list[int]:
    engine = Engine(model, TraceStore(50_000_000)).start()
    try:
        _, trace = fakes.run(engine, Request(ids, fakes.greedy()))
    finally:
        engine.close()
    return list(trace.token_ids)
