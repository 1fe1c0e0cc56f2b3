"""Tests that rows which continue one text get the logits of whole texts, whether the text is kept once or copied."""

import pytest
import torch
from transformers import DynamicCache

from playground.engine import continuing
from playground.engine.continuing import Continuing
from playground.models.language_model import LanguageModel
from tests import fakes

TEXT = fakes.prompt(30)
SHARING = ["llama", "gemma3", "qwen2"]
"""The models whose rows can share what they continue. Gemma 3 has a sliding window, which is shorter than the text."""


@pytest.fixture
def model(request, tiny_models, tokenizer) -> LanguageModel:
    return LanguageModel(tiny_models[request.param], tokenizer, request.param)


def read(model: LanguageModel) -> DynamicCache:
    cache = DynamicCache()
    model.prefill(TEXT, cache)
    return cache


@pytest.mark.parametrize("model", fakes.KINDS, indirect=True)
@pytest.mark.parametrize("least_saved", [1, continuing.LEAST_SAVED])
def test_rows_get_the_logits_of_whole_texts(model, monkeypatch, least_saved):
    monkeypatch.setattr(continuing, "LEAST_SAVED", least_saved)
    cache = read(model)
    rows, texts = Continuing(model, cache, 3), [TEXT] * 3
    for new, order in [
        ([[1, 2], [3, 4], [5, 6]], [2, 0, 0]),
        ([[7], [8], [9]], [1, 1, 2]),
        ([[4], [4], [2]], [0, 1, 2]),
    ]:
        found = rows.extend(new)
        texts = [[*text, *ids] for text, ids in zip(texts, new, strict=True)]
        for text, logits in zip(texts, found, strict=True):
            torch.testing.assert_close(logits, fakes.full_forward(model.hf, text)[0][-1], rtol=0, atol=1e-4)
        rows.reorder(order)
        texts = [texts[row] for row in order]
        assert rows.length == len(texts[0])
    assert cache.get_seq_length() == len(TEXT)


@pytest.mark.parametrize("model", SHARING, indirect=True)
def test_the_text_is_kept_once_where_this_saves_much(model, monkeypatch):
    monkeypatch.setattr(continuing, "LEAST_SAVED", 2 * len(TEXT))
    cache = read(model)
    for count, copies in [(2, True), (3, False)]:
        rows = Continuing(model, cache, count)
        rows.extend([[1]] * count)
        rows.reorder([0] * count)
        held = rows._cache.layers[0].keys
        assert held.shape[2] == (len(TEXT) + 1 if copies else 1)
    ((keys, _),) = rows._cache.layers[0].beginnings
    assert keys.data_ptr() == cache.layers[0].keys.data_ptr()
