"""Tests that the vectors of two tokens are those of a plain forward with hidden states, whatever the slices."""

import asyncio

import pytest
import torch

from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.inside import contexts
from playground.inside.contexts import Place, Progress, check_place, compared
from playground.models.language_model import LanguageModel
from playground.models.parts import parts
from playground.traces.store import TraceStore
from tests import fakes

ONE, OTHER = Place(fakes.prompt(23), 9), Place(fakes.prompt(11, seed=1), 10)


def answer(engine, *places):
    """Returns everything that the comparison of two places tells, the answer last."""

    async def told():
        return [news async for news in compared(engine, places)]

    *progress, [pair] = asyncio.run(told())
    return [*progress, pair]


@torch.inference_mode()
def hidden(hf, ids) -> list[torch.Tensor]:
    """Returns the hidden states of a plain forward by layer: (position, width)."""
    return [one[0].double() for one in hf(torch.tensor([ids]), output_hidden_states=True).hidden_states]


@pytest.mark.parametrize("kind", fakes.KINDS)
@pytest.mark.parametrize("slice_tokens", [4, 128])
def test_the_cosines_are_those_of_the_models_hidden_states(kind, slice_tokens, tiny_models, tokenizer, monkeypatch):
    monkeypatch.setattr(contexts, "SLICE_TOKENS", slice_tokens)
    hf = tiny_models[kind]
    model = LanguageModel(hf, tokenizer, kind)
    engine = Engine(model, TraceStore(2**20)).start()
    try:
        *_, told = answer(engine, ONE, OTHER)
    finally:
        engine.close()
    first, second = hidden(hf, ONE.ids), hidden(hf, OTHER.ids)
    layers = len(first)
    assert len(told["cosines"]) == len(told["others"]) == layers
    unit = torch.nn.functional.normalize
    for layer in range(layers - 1):  # transformers gives the last one after the final norm
        one, other = unit(first[layer], dim=1), unit(second[layer], dim=1)
        assert told["cosines"][layer] == pytest.approx((one[9] @ other[10]).item(), abs=1e-5)
        pairs = one[[at for at in range(1, 23) if at != 9]] @ other[[at for at in range(1, 11) if at != 10]].T
        assert told["others"][layer] == pytest.approx(pairs.mean().item(), abs=1e-5)


@pytest.mark.parametrize("kind", fakes.KINDS)
def test_the_last_vector_with_the_final_norm_is_the_last_hidden_state(kind, tiny_models, tokenizer):
    hf = tiny_models[kind]
    model = LanguageModel(hf, tokenizer, kind)
    reading = contexts.Reading(ONE)
    list(reading.go_on(model))
    with torch.inference_mode():
        normed = parts(hf, kind).check_norm()(reading.vectors().chosen[-1])
    assert torch.allclose(normed.double(), hidden(hf, ONE.ids)[-1][9], atol=1e-4)


def test_the_same_place_has_the_cosine_1_and_one_token_has_no_others(engine):
    *_, told = answer(engine, ONE, ONE)
    assert told["cosines"] == pytest.approx([1, 1, 1])
    assert told["others"] is not None
    *_, told = answer(engine, Place((5,), 0), ONE)
    assert told["others"] is None
    assert len(told["cosines"]) == 3


def test_every_further_place_is_compared_with_the_first(engine):
    third = Place(ONE.ids, 3)

    async def told():
        return [news async for news in compared(engine, [ONE, OTHER, third])][-1]

    assert asyncio.run(told()) == [answer(engine, ONE, OTHER)[-1], answer(engine, ONE, third)[-1]]


def test_the_progress_counts_slices_and_a_text_is_read_once(engine, monkeypatch):
    monkeypatch.setattr(contexts, "SLICE_TOKENS", 8)
    *progress, _ = answer(engine, ONE, OTHER)
    assert progress == [Progress(done, 5) for done in range(5)]
    engine.model.forwards.clear()
    *progress, _ = answer(engine, ONE, Place(OTHER.ids, 2))
    assert progress == [Progress(0, 2), Progress(1, 2)]
    assert engine.model.forwards == [("prefill", 8), ("prefill", 3)]


def hooks_of(hf) -> int:
    """Returns the number of hooks on a model; transformers has some of its own."""
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in hf.modules())


def test_no_hook_is_left_after_an_error(engine):
    def fail():
        raise PlaygroundError("no forward now")

    before = hooks_of(engine.model.hf)
    engine.model.on_prefill = fail
    with pytest.raises(PlaygroundError, match="no forward"):
        answer(engine, ONE, OTHER)
    assert hooks_of(engine.model.hf) == before


@pytest.mark.parametrize(
    ("ids", "position", "sentence"),
    [((), 0, "empty"), ((5, 6), 2, "from 0 to 1"), ((5,), -1, "position is -1"), ((5,) * 97, 0, "Shorten it by 1")],
)
def test_a_place_that_is_not_there_is_refused(engine, ids, position, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        check_place(engine, ids, position)


@pytest.mark.model
def test_in_the_default_model_two_banks_come_apart(default_model):
    texts = "The boat lay at the river bank", "She put the money into the bank", "He took the money to the bank"
    ids = [default_model.tokenizer.encode(text) for text in texts]
    engine = Engine(default_model, TraceStore(2**20)).start()
    try:
        apart, alike = (answer(engine, *(Place(one, len(one) - 1) for one in pair))[-1] for pair in (ids[:2], ids[1:]))
    finally:
        engine.close()
    assert apart["cosines"][0] == pytest.approx(1, abs=1e-5), "the same token begins as the same vector"
    assert min(apart["cosines"]) < 0.75
    middle = range(5, 25)
    assert all(apart["cosines"][layer] < alike["cosines"][layer] for layer in middle)
