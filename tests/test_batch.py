"""Tests that rows in a shared forward do not affect each other when others join, leave or fail."""

import pytest
import torch
from transformers import DynamicCache

from playground.engine.batch import Batch
from playground.models.language_model import LanguageModel
from tests import encoder_decoders, fakes
from tests.test_model import ATTENTION_TOLERANCE


@pytest.fixture(params=fakes.KINDS)
def model(request, tiny_models, tokenizer) -> LanguageModel:
    return LanguageModel(tiny_models[request.param], tokenizer, request.param)


def read(model: LanguageModel, ids: tuple[int, ...]) -> DynamicCache:
    cache = DynamicCache()
    model.prefill(ids, cache)
    return cache


def step_and_compare(model: LanguageModel, batch: Batch, rows: list[list[int]]) -> None:
    """Feeds each row's last token and compares every row with a plain forward of its ids alone."""
    seen = batch.step(model, [ids[-1] for ids in rows])
    for place, ids in enumerate(rows):
        logits, attention = fakes.full_forward(model.hf, ids)
        torch.testing.assert_close(seen.logits[place], logits[-1], rtol=0, atol=1e-5)
        ours = seen.attention[:, place].float()
        torch.testing.assert_close(ours[:, :, -len(ids) :], attention[:, :, -1], rtol=0, atol=ATTENTION_TOLERANCE)
        assert not ours[:, :, : -len(ids)].any(), "padding is not attended to"


def test_rows_join_and_leave_unseen_by_the_others(model):
    a, b, c = (list(fakes.prompt(length)) for length in (12, 3, 25))
    batch = Batch()
    batch.join([read(model, a[:-1])])
    step_and_compare(model, batch, [a])
    a.append(7)
    batch.join([read(model, b[:-1])])
    step_and_compare(model, batch, [a, b])
    a.append(8), b.append(9)
    batch.join([read(model, c[:-1])])
    step_and_compare(model, batch, [a, b, c])
    assert (batch.lengths, batch.columns) == ([14, 4, 25], 25)
    a.append(10), b.append(11), c.append(12)
    assert batch.keep([1, 2]) == [2, 1], "the last row takes the place of the one that leaves"
    assert batch.lengths == [25, 4]
    step_and_compare(model, batch, [c, b])
    b.append(13), c.append(14)
    batch.join([read(model, a[:-1])])
    step_and_compare(model, batch, [c, b, a])
    a.append(15), b.append(16)
    assert batch.keep([1, 2]) == [2, 1]
    assert (batch.lengths, batch.columns) == ([15, 6], 15), "the columns of the longest row go with it"
    step_and_compare(model, batch, [a, b])
    assert batch.keep([]) == []
    assert (batch.lengths, batch.columns) == ([], 0)
    batch.join([read(model, c[:-1])])
    step_and_compare(model, batch, [c])


def test_a_failed_forward_leaves_the_rows_as_they_were(llama):
    a, b = list(fakes.prompt(12)), list(fakes.prompt(5))
    batch = Batch()
    batch.join([read(llama, a[:-1]), read(llama, b[:-1])])

    def fail(ids, seen):
        raise MemoryError("no room")

    llama.spoil, as_it_is = fail, llama.spoil
    with pytest.raises(MemoryError, match="no room"):
        batch.step(llama, [a[-1], b[-1]])
    llama.spoil = as_it_is
    assert batch.lengths == [11, 4]
    step_and_compare(llama, batch, [a, b])


@pytest.mark.parametrize("length", [4, 30])
def test_a_failed_join_leaves_the_rows_as_they_were(llama, length):
    a = list(fakes.prompt(12))
    batch = Batch()
    batch.join([read(llama, a[:-1])])
    newcomer = read(llama, fakes.prompt(length))
    newcomer.layers[-1].values = torch.zeros(1, 99, length, 8)  # heads that do not fit; only the last layer notices
    with pytest.raises(RuntimeError, match="size of the tensor"):
        batch.join([newcomer])
    assert batch.lengths == [11]
    step_and_compare(llama, batch, [a])


@pytest.mark.parametrize("kind", encoder_decoders.SHAPES)
@pytest.mark.parametrize("lengths", [(3, 1, 1), (1, 1, 4), (1, 2, 1), (1, 1)])
def test_decoders_begin_beside_rows_that_are_further_in_any_order(tokenizer, kind, lengths):
    model = LanguageModel(encoder_decoders.tiny(kind), tokenizer, kind)
    rows = [[encoder_decoders.START, *fakes.prompt(length - 1)] for length in lengths]
    sources = [(*fakes.prompt(5 + 2 * place), encoder_decoders.END) for place in range(len(lengths))]
    batch = Batch()
    for ids, source in zip(rows, sources, strict=True):
        batch.join([begun(model, ids[:-1], source)])
    for _ in range(2):
        seen = batch.step(model, [ids[-1] for ids in rows])
        for place, (ids, source) in enumerate(zip(rows, sources, strict=True)):
            expected = encoder_decoders.forced(model.hf, source, ids)
            torch.testing.assert_close(seen.logits[place], expected[-1], rtol=0, atol=1e-5)
            ids.append(7)


@pytest.mark.parametrize("filled", [0, 1])
def test_a_failed_join_leaves_a_decoder_that_has_not_begun_as_it_was(tokenizer, filled):
    """Either the row that is there or the one that joins has tokens, and the other one has none."""
    model = LanguageModel(encoder_decoders.tiny("bart"), tokenizer, "bart")
    rows = [[encoder_decoders.START, *(fakes.prompt(3) if place == filled else ())] for place in range(2)]
    source = (*fakes.prompt(5), encoder_decoders.END)
    batch = Batch()
    batch.join([begun(model, rows[0][:-1], source)])
    newcomer = begun(model, rows[1][:-1], source)
    newcomer.layers[-1].source_keys = torch.zeros(1, 99, 6, 8)  # heads that do not fit; only the last layer notices
    with pytest.raises(RuntimeError, match="Sizes of tensors must match"):
        batch.join([newcomer])
    batch.join([begun(model, rows[1][:-1], source)])
    seen = batch.step(model, [ids[-1] for ids in rows])
    for place, ids in enumerate(rows):
        expected = encoder_decoders.forced(model.hf, source, ids)
        torch.testing.assert_close(seen.logits[place], expected[-1], rtol=0, atol=1e-5)


def begun(model: LanguageModel, ids: list[int], source: tuple[int, ...]) -> DynamicCache:
    """Returns the cache of a decoder that has read these ids, of which there may be none."""
    reading = model.reading(source)
    cache = reading.new_cache()
    if ids:
        reading.prefill(ids, cache)
    return cache
