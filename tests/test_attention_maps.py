"""Tests that maps computed in slices equal one plain forward, and that kept maps keep the stated error."""

import numpy as np
import pytest
import torch

from playground.attention import head_off, maps
from playground.attention.head_probes import Head
from playground.errors import PlaygroundError
from playground.models.forward import Observation
from playground.models.language_model import LanguageModel
from tests import fakes

EXACT = 1e-5


@pytest.fixture(params=fakes.KINDS)
def model(request, tiny_models, tokenizer) -> LanguageModel:
    return LanguageModel(tiny_models[request.param], tokenizer, request.param)


@pytest.fixture(autouse=True)
def short_slices(monkeypatch):
    """Makes slices so short that the short texts here have several, and the last one is shorter."""
    monkeypatch.setattr(maps, "SLICE_TOKENS", 8)


def done(job):
    """Runs a job and returns its result."""
    try:
        while True:
            next(job)
    except StopIteration as end:
        return end.value


def plain(model, ids) -> np.ndarray:
    return fakes.full_forward(model.hf, ids)[1].numpy()


@pytest.mark.parametrize("length", [1, 2, 8, 9, 30])
def test_every_layer_is_that_of_a_plain_forward(model, length):
    ids = fakes.prompt(length)
    expected = plain(model, ids)
    for layer, weights in enumerate(expected):
        found = done(maps.one_layer(model, ids, layer))
        np.testing.assert_allclose(found, weights, atol=EXACT)
        assert not np.triu(found, 1).any()


def test_what_is_kept_of_all_heads_is_off_by_no_more_than_stated(model):
    ids = fakes.prompt(30)
    expected = plain(model, ids)
    found = done(maps.record(model, ids, keep_layers=True))
    kept = maps.weights_of(found.layers)
    np.testing.assert_allclose(kept, maps.triangle(expected), atol=maps.MAX_ERROR + EXACT)
    for layer, own in enumerate(found.layers):
        # Quantising alone keeps the stated error.
        exact = maps.triangle(done(maps.one_layer(model, ids, layer)))
        assert np.abs(maps.weights_of(own) - exact).max() <= maps.MAX_ERROR


def test_measures_and_thumbnails_are_those_of_a_plain_forward(model):
    ids = fakes.prompt(30)
    expected = plain(model, ids)
    found = done(maps.record(model, ids, keep_layers=False))
    assert found.layers is None
    rows = np.arange(1, 30)
    np.testing.assert_allclose(found.measures["previous"], expected[:, :, rows, rows - 1].mean(-1), atol=EXACT)
    np.testing.assert_allclose(found.measures["first"], expected[:, :, 1:, 0].mean(-1), atol=EXACT)
    np.testing.assert_allclose(found.measures["self"], expected[:, :, rows, rows].mean(-1), atol=EXACT)
    np.testing.assert_allclose((found.thumbnails / 255) ** 2, expected, atol=4e-3)


def test_rollout_is_the_product_of_the_layers(model):
    ids = fakes.prompt(30)
    expected = np.eye(30)
    for weights in plain(model, ids):
        expected = (weights.mean(0) + np.eye(30)) / 2 @ expected
    found = maps.weights_of(done(maps.rollout(model, ids)))
    np.testing.assert_allclose(found, maps.triangle(expected), atol=1e-4)


def test_logits_with_and_without_a_head_are_those_of_the_whole_text_at_once(model, monkeypatch):
    ids = fakes.prompt(30)
    before, after = done(head_off.logits_without(model, ids, Head(0, 3)))
    np.testing.assert_allclose(before, fakes.full_forward(model.hf, ids)[0][-1].numpy(), atol=2e-5)
    monkeypatch.setattr(maps, "SLICE_TOKENS", 100)
    at_once = done(head_off.logits_without(model, ids, Head(0, 3)))
    np.testing.assert_allclose(after, at_once[1], atol=2e-5)
    assert np.abs(after - before).max() > 0.01


def test_a_head_that_cannot_be_reached_is_a_sentence(model, monkeypatch):
    monkeypatch.setattr(head_off, "HEAD_OFF", "sdpa")
    with pytest.raises(PlaygroundError, match="has its own implementation of attention") as refusal:
        done(head_off.logits_without(model, fakes.prompt(5), Head(0, 0)))
    assert refusal.value.status == 422


@pytest.mark.parametrize(
    ("kind", "key_value_heads", "windows"),
    [
        ("gpt2", 4, (None, None)),
        ("llama", 2, (None, None)),
        ("qwen2", 2, (None, None)),
        ("gemma3", 2, (fakes.SLIDING_WINDOW, None, fakes.SLIDING_WINDOW)),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_facts(tokenizer, kind, key_value_heads, windows, dtype):
    known = maps.facts(LanguageModel(fakes.tiny(kind).to(dtype), tokenizer, kind))
    assert known == maps.Facts(len(windows), 4, key_value_heads, windows, (None,) * len(windows), None)


def test_a_model_that_returns_no_attention_has_a_reason(llama):
    llama.spoil = lambda ids, seen: Observation(seen.logits, None)
    assert maps.facts(llama).reason == "tiny does not return its attention weights."


def test_a_step_that_returns_other_weights_is_seen_in_16_bits(tokenizer):
    model = fakes.PacedModel(fakes.tiny("llama").bfloat16(), tokenizer)
    model.spoil = lambda ids, seen: Observation(seen.logits, seen.attention.roll(1, 2))
    assert maps.facts(model).reason == "tiny does not return its attention weights."


def test_a_window_shows_in_the_map(tiny_models, tokenizer):
    model = LanguageModel(tiny_models["gemma3"], tokenizer, "gemma3")
    weights = done(maps.one_layer(model, fakes.prompt(30), 0))
    assert not np.tril(weights, -fakes.SLIDING_WINDOW).any()
    assert np.tril(weights, 1 - fakes.SLIDING_WINDOW).any()


def test_quantising_keeps_zero_one_and_small_weights():
    weights = np.array([0, 1, 1e-6, 1e-4, 0.3], np.float32)
    kept = maps.weights_of(maps.quantised(weights))
    assert kept[:2].tolist() == [0, 1]
    assert np.abs(kept - weights)[2] < 2e-8


def test_every_weight_is_quantised_within_the_stated_error():
    weights = np.linspace(0, 1, 200_001, dtype=np.float32)
    error = np.abs(maps.weights_of(maps.quantised(weights)).astype(float) - weights)
    assert error.max() <= maps.MAX_ERROR
    assert error.max() > maps.MAX_ERROR / 1.1, "the statement is not larger than it need be"


def test_a_triangle_is_its_rows_one_after_the_other():
    weights = np.array([[1, 0, 0], [2, 3, 0], [4, 5, 6]])
    assert maps.triangle(weights).tolist() == [1, 2, 3, 4, 5, 6]
    assert maps.triangle(weights[1:]).tolist() == [2, 3, 4, 5, 6]


# the default model


@pytest.mark.model
def test_the_default_models_maps_are_those_of_a_plain_forward(default_model):
    ids = default_model.tokenizer.encode(
        "The teacher taught the students with the book, and the students thanked the teacher."
    )
    expected = plain(default_model, ids)
    found = done(maps.record(default_model, ids, keep_layers=True))
    assert len(found.layers) == 30
    kept = maps.weights_of(found.layers)
    np.testing.assert_allclose(kept, maps.triangle(expected), atol=maps.MAX_ERROR + EXACT)
    np.testing.assert_allclose(done(maps.one_layer(default_model, ids, 17)), expected[17], atol=EXACT)


@pytest.mark.model
def test_the_strongest_induction_head_is_the_one_a_direct_computation_finds(default_model):
    """On random tokens, twice: each token of the second half attends to the successor of its first occurrence."""
    half = 24
    ids = fakes.prompt(half) * 2
    expected = plain(default_model, ids)
    rows = np.arange(half, 2 * half)
    direct = expected[:, :, rows, rows - half + 1].mean(-1)
    found = done(maps.record(default_model, ids, keep_layers=False)).measures["induction"]
    assert found.argmax() == direct.argmax()
    assert direct.max() > 0.5, "there is an induction head"


@pytest.mark.model
def test_the_default_models_attention_is_shown_in_bfloat16_as_a_plain_forward_has_it(default_in_16_bits):
    assert maps.facts(default_in_16_bits).reason is None
    ids = default_in_16_bits.tokenizer.encode("The teacher taught the students with the book.")
    expected = fakes.full_forward(default_in_16_bits.hf, ids)[1].float().numpy()
    found = done(maps.one_layer(default_in_16_bits, ids, 0))
    np.testing.assert_allclose(found, expected[0], atol=2**-8)  # the rounding error of bfloat16 near 1
    assert done(maps.rollout(default_in_16_bits, ids)).dtype == np.uint16
