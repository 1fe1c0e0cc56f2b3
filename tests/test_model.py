"""Tests ids, logits and attention: a prompt read in pieces gives what one plain forward gives."""

import copy

import pytest
import torch
from tokenizers import processors
from transformers import DynamicCache

from playground.errors import PlaygroundError
from playground.models.cache_layers import for_rows, part
from playground.models.language_model import LanguageModel
from tests import fakes

ATTENTION_TOLERANCE = 2**-11
"""Half the spacing of float16 below 1. Attention is kept in float16."""


@pytest.fixture(params=fakes.KINDS)
def model(request, tiny_models, tokenizer) -> LanguageModel:
    return LanguageModel(tiny_models[request.param], tokenizer, request.param)


# forwards


@pytest.mark.parametrize("slices", [[20], [1, 19], [7, 7, 6], [10] + [1] * 10])
def test_a_prompt_read_in_slices_equals_one_forward(model, slices):
    ids = fakes.prompt(21)
    logits, attention = fakes.full_forward(model.hf, ids)
    cache, start = DynamicCache(), 0
    for length in slices:
        model.prefill(ids[start : start + length], cache)
        start += length
    seen = model.step(ids[-1:], [20], None, cache)
    torch.testing.assert_close(seen.logits[0], logits[-1], rtol=0, atol=1e-5)
    torch.testing.assert_close(seen.attention[:, 0].float(), attention[:, :, -1], rtol=0, atol=ATTENTION_TOLERANCE)
    assert seen.attention.dtype == torch.float16


@pytest.mark.parametrize("length", [1, 2, fakes.SLIDING_WINDOW + 1, 40])
def test_next_logits_equal_one_forward(model, length):
    ids = fakes.prompt(length)
    expected, _ = fakes.full_forward(model.hf, ids)
    torch.testing.assert_close(fakes.next_logits(model, ids), expected[-1], rtol=0, atol=1e-5)


def test_the_sliding_window_is_shorter_than_the_prompts_here(tiny_models):
    """The prompts are longer than the window, so that the tests above test a layer that sees nothing before it."""
    _, attention = fakes.full_forward(tiny_models["gemma3"], fakes.prompt(21))
    assert attention[0, :, -1, : -fakes.SLIDING_WINDOW].max() == 0
    assert attention[1, :, -1, : -fakes.SLIDING_WINDOW].max() > 0


def test_a_model_remembers_nothing_between_calls(model):
    alone = fakes.next_logits(model, fakes.prompt(9))
    fakes.next_logits(model, fakes.prompt(30))
    assert torch.equal(fakes.next_logits(model, fakes.prompt(9)), alone)


def every_read(model: LanguageModel, ids, window: int):
    """Yields each way to give ids to the model, as a function."""
    cache = model.new_cache()
    model.prefill(fakes.prompt(window), cache)
    yield lambda: model.prefill(ids, cache)
    yield lambda: model.read(ids, cache)
    yield lambda: model.step(ids[:1], [window], None, cache)
    yield lambda: model.extend([ids, ids], for_rows(cache, 2))
    yield lambda: model.go_on([ids], cache, [0])
    yield lambda: model.begin(ids[:1], cache)
    yield lambda: model.prefill_together([(*fakes.prompt(window), *ids), ids])


@pytest.mark.parametrize("wrong", [fakes.VOCABULARY, -1])
def test_an_id_without_an_embedding_never_reaches_the_device(model, wrong):
    """On a CUDA device such an id would end the device for everybody."""
    for read in every_read(model, (wrong, 3), 5):
        with pytest.raises(PlaygroundError, match=f"^{wrong} is no token of {model.name}, which has embeddings for 0"):
            read()


def test_a_position_past_the_window_never_reaches_the_device(model):
    for read in every_read(model, (7, 3), fakes.WINDOW):
        with pytest.raises(PlaygroundError, match=rf"and {model.name} has a window of {fakes.WINDOW}\. Shorten it"):
            read()


# what it is


@pytest.mark.parametrize(
    ("device", "name"), [("cuda:1", "cuda:1"), ("cuda:0", "cuda"), ("mps:0", "mps"), ("cpu", "cpu")]
)
def test_the_device_is_named_with_its_number(llama, monkeypatch, device, name):
    """A script that names another card than the one that was used runs on the wrong one."""
    monkeypatch.setattr(type(llama.hf), "device", torch.device(device))
    assert llama.device == llama.facts()["device"] == name


def test_facts_are_those_of_the_model_line(llama):
    facts = llama.facts()
    assert {name: facts[name] for name in ("model", "layers", "heads", "vocabulary", "window")} == {
        "model": "tiny",
        "layers": 2,
        "heads": 4,
        "vocabulary": fakes.VOCABULARY,
        "window": fakes.WINDOW,
    }
    assert (facts["device"], facts["dtype"], facts["parameters"]) == ("cpu", "float32", llama.hf.num_parameters())
    assert len(llama.vocabulary) == fakes.VOCABULARY


@pytest.mark.parametrize("stated", [7, [7], [7, 9, 11]])
def test_every_end_token_of_the_generation_config_counts(tiny_models, tokenizer, stated):
    hf = copy.deepcopy(tiny_models["llama"])
    hf.generation_config.eos_token_id = stated
    assert LanguageModel(hf, tokenizer, "tiny").eos_token_ids == frozenset([stated] if stated == 7 else stated)


def test_without_a_stated_end_token_the_tokenizers_counts(tiny_models, tokenizer):
    hf = copy.deepcopy(tiny_models["llama"])
    hf.generation_config.eos_token_id = None
    assert LanguageModel(hf, tokenizer, "tiny").eos_token_ids == {fakes.EOS}


# text and ids


@pytest.mark.parametrize(
    "text",
    ["the cat", " ", "\n\t", "a\0b", "🙂👩‍👩‍👧", "שלום\u200f", "中文", "e\u0301", "<b>${1}{{2}}</b>", "the " * 500],
)
def test_a_prompt_comes_back_from_its_ids(llama, text):
    assert llama.tokenizer.decode(llama.tokenizer.encode(text)) == text


def test_an_empty_prompt_begins_at_the_start_token(llama):
    assert llama.tokenizer.encode("") == (fakes.BOS,)


def test_an_empty_prompt_without_a_start_token_is_refused(tiny_models):
    tokenizer = fakes.byte_level_tokenizer()
    tokenizer.bos_token = None
    with pytest.raises(PlaygroundError, match="^The prompt is empty, and tiny has no start token.*Write a prompt.$"):
        LanguageModel(tiny_models["llama"], tokenizer, "tiny").tokenizer.encode("")


@pytest.mark.parametrize(("text", "place"), [("\ud800", 1), ("ab\udfffc", 3)])
def test_half_a_surrogate_pair_is_refused(llama, text, place):
    with pytest.raises(PlaygroundError, match=rf"U\+D[8F].. at character {place}, half of a surrogate.*Remove it.$"):
        llama.tokenizer.encode(text)


def test_a_templated_prompt_gets_no_second_start_token(tiny_models):
    tokenizer = fakes.byte_level_tokenizer()
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", fakes.BOS)]
    )
    tokenizer.chat_template = "<s>{% for turn in messages %}{{ turn.content }}{% endfor %}:"
    model = LanguageModel(tiny_models["llama"], tokenizer, "tiny")
    templated = model.tokenizer.chat_prompt("the cat")
    assert templated == "<s>the cat:"
    assert model.tokenizer.encode("the cat").count(fakes.BOS) == 1
    assert model.tokenizer.encode(templated, templated=True).count(fakes.BOS) == 1


def test_a_model_without_chat_template_says_so(llama):
    assert not llama.tokenizer.has_chat_template
    with pytest.raises(PlaygroundError, match="tiny has no chat template. Switch the chat template off."):
        llama.tokenizer.chat_prompt("hello")


@pytest.mark.model
def test_the_default_model_answers_a_templated_question(default_model):
    templated = default_model.tokenizer.chat_prompt("What is the capital of France?")
    assert templated.endswith("<|im_start|>assistant\n")
    ids = default_model.tokenizer.encode(templated, templated=True)
    assert default_model.tokenizer.decode(ids) == templated


@pytest.mark.model
def test_the_default_model_knows_the_capital_of_france(default_model):
    logits = fakes.next_logits(default_model, default_model.tokenizer.encode("The capital of France is"))
    assert default_model.vocabulary[int(logits.argmax())] == "·Paris"


@pytest.mark.parametrize("kind", fakes.KINDS)
def test_prompts_read_together_leave_the_caches_of_each_alone(tiny_models, tokenizer, kind):
    model = LanguageModel(tiny_models[kind], tokenizer, kind)
    prompts = [fakes.prompt(length) for length in (3, 17, 1, 9, 17)]
    caches = model.prefill_together(prompts)
    assert caches[1].layers[0].keys.data_ptr() == caches[4].layers[0].keys.data_ptr(), "alike, and in memory once"
    model.prefill(fakes.prompt(5), part(caches[1], 0, 0, 17))  # a text goes on, and the other is as it was
    for ids, together in zip(prompts, caches, strict=True):
        alone = DynamicCache()
        model.prefill(ids, alone)
        for ours, expected in zip(together.layers, alone.layers, strict=True):
            torch.testing.assert_close(ours.keys, expected.keys, rtol=0, atol=1e-5)
            torch.testing.assert_close(ours.values, expected.values, rtol=0, atol=1e-5)
