"""Tests that cosines, ranks and principal components of the embedding matrices equal plain products and SVDs."""

import asyncio
import itertools

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.inside import embeddings, matrices
from playground.inside.embeddings import word_ids
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from tests import fakes
from tests.test_parts import FAMILIES, SIZES

ROUNDED = 2e-6
"""The error of numbers that are sent with six decimals."""


def finished(job):
    """Returns what a job returns, and the number of its pieces."""
    for pieces in itertools.count(1):
        try:
            next(job)
        except StopIteration as end:
            return end.value, pieces
    raise AssertionError


def plain(weight: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    """Returns the cosines as one plain product in float64."""
    unit = torch.nn.functional.normalize(weight.detach().double(), dim=1)
    return torch.nn.functional.normalize(vectors.detach().double(), dim=1) @ unit.T


@pytest.fixture
def small_slices(monkeypatch):
    monkeypatch.setattr(matrices, "SLICE_BYTES", 4 * 32 * 7)  # seven rows of the tiny models


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("space", matrices.SPACES)
def test_the_cosines_are_those_of_a_plain_product(kind, space, tokenizer, small_slices):
    torch.manual_seed(0)
    hf = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **(SIZES | FAMILIES[kind]))).eval()
    model = LanguageModel(hf, tokenizer, kind)
    weight = (hf.get_input_embeddings() if space == "input" else hf.get_output_embeddings()).weight
    lengths, pieces = finished(matrices.norms(model, space))
    assert pieces > 2, "it is read in slices"
    vectors = matrices.rows(model, space, [3, 9])
    found, _ = finished(matrices.cosines(model, space, lengths, vectors))
    assert torch.allclose(found.double(), plain(weight, weight[[3, 9]]), atol=1e-6)
    shape = matrices.shape(model)
    assert shape.tokens == 64
    assert shape.widths[space] == weight.shape[1]
    assert shape.is_tied == bool(hf.get_input_embeddings().weight is hf.get_output_embeddings().weight)


def test_in_16_bits_the_cosines_are_those_of_the_16_bit_weights(tokenizer):
    hf = fakes.tiny("llama").bfloat16()
    model = LanguageModel(hf, tokenizer, "llama")
    lengths, _ = finished(matrices.norms(model, "output"))
    assert lengths.dtype == torch.float32
    found, _ = finished(matrices.cosines(model, "output", lengths, matrices.rows(model, "output", [5])))
    weight = hf.get_output_embeddings().weight
    assert torch.allclose(found.double(), plain(weight, weight[[5]]), atol=1e-6)


def test_a_row_of_zeros_has_the_cosine_0_with_all(tokenizer):
    hf = fakes.tiny("llama")
    hf.get_input_embeddings().weight.data[7] = 0
    model = LanguageModel(hf, tokenizer, "llama")
    lengths, _ = finished(matrices.norms(model, "input"))
    found, _ = finished(matrices.cosines(model, "input", lengths, matrices.rows(model, "input", [7, 8])))
    assert not found[0].any()
    assert found[1, 7] == 0
    assert found.isfinite().all()


def test_equal_cosines_stand_in_the_order_of_their_ids():
    found = torch.tensor([0.5, 1.0, 0.5, -1.0, 0.5])
    assert matrices.best(found, 3) == [1, 0, 2]
    assert matrices.best(found, 99) == [1, 0, 2, 4, 3]
    assert matrices.best(found, 0) == []
    assert [matrices.rank(found, token_id) for token_id in range(5)] == [2, 1, 3, 5, 4]


def test_points_are_the_principal_components_of_the_shown_rows():
    torch.manual_seed(0)
    vectors = torch.randn(9, 20)
    found = matrices.projected(vectors)
    centred = vectors.double() - vectors.double().mean(0)
    values, directions = torch.linalg.eigh(centred.T @ centred)
    expected = centred @ directions.flip(1)[:, :3]
    assert torch.allclose(found.places.abs(), expected.abs(), atol=1e-9)
    assert found.explained == pytest.approx((values.flip(0)[:3] / values.sum()).tolist())
    from_zero = vectors.double() @ directions.flip(1)[:, :3]
    assert torch.allclose((found.places - found.zero).square().sum(1), from_zero.square().sum(1))


def test_two_points_have_one_component_and_equal_ones_none():
    two = matrices.projected(torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0]]))
    assert two.explained == pytest.approx((1, 0, 0))
    assert two.places.shape == (2, 3)
    equal = matrices.projected(torch.ones(3, 4))
    assert equal.explained == (0, 0, 0)
    assert not equal.places.any()


@pytest.mark.parametrize(("cosine", "angle"), [(1, 0), (0, 90), (-1, 180), (0.5, 60), (1.0000001, 0)])
def test_an_angle_is_that_of_the_cosine(cosine, angle):
    assert matrices.degrees(cosine) == pytest.approx(angle)


def test_neighbours_are_the_best_of_a_plain_product_without_the_token(engine):
    weight = engine.model.hf.get_input_embeddings().weight
    found = asyncio.run(embeddings.neighbours(engine, 40, 12, "input"))
    expected = plain(weight, weight[[40]])[0]
    order = [token_id for token_id in expected.sort(descending=True).indices.tolist() if token_id != 40][:12]
    assert [one["token_id"] for one in found] == order
    assert [one["cosine"] for one in found] == pytest.approx(expected[order].tolist(), abs=1e-6)


def test_the_lengths_are_computed_once(engine, monkeypatch):
    made = []
    norms = matrices.norms
    monkeypatch.setattr(matrices, "norms", lambda model, space: made.append(space) or norms(model, space))

    async def ask():
        for token_id in (3, 4):
            await embeddings.neighbours(engine, token_id, 2, "input")
        await embeddings.total(engine, ["#3"], ["#4"], "input")

    asyncio.run(ask())
    assert made == ["input"]
    assert engine.memory["embeddings"]() == 4 * fakes.VOCABULARY


@pytest.mark.parametrize(("token_id", "sentence"), [(300, "from 0 to 299"), (-1, "token_id is -1")])
def test_a_token_that_is_not_there_is_refused(engine, token_id, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        asyncio.run(embeddings.neighbours(engine, token_id, 2, "input"))


def test_a_word_is_read_as_inside_a_text(engine):
    tokenizer = engine.model.tokenizer
    inside = tokenizer.encode_continuation(" the")
    assert len(inside) == 1
    assert word_ids(tokenizer, " the ", 300) == inside
    assert word_ids(tokenizer, "éü", 300) == tokenizer.encode_continuation("éü"), "it is one token without the space"
    assert len(word_ids(tokenizer, "xyz", 300)) > 1
    assert word_ids(tokenizer, "#42", 300) == (42,)
    assert len(word_ids(tokenizer, "#a", 300)) > 1


@pytest.mark.parametrize(
    ("word", "sentence"), [("  ", "empty"), ("#300", "out of range"), ("#" + 40 * "9", "not the id of a token")]
)
def test_a_word_that_cannot_be_is_refused(engine, word, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        word_ids(engine.model.tokenizer, word, 300)


def test_words_become_points_with_their_neighbours(engine):
    weight = engine.model.hf.get_output_embeddings().weight.detach()
    told = asyncio.run(embeddings.points(engine, ["#40", "xyz", "#50", "#40"], 2, "output"))
    assert [len(ids) for ids in told["words"]] == [1, 4, 1, 1]
    assert [(one["word"], one["of"]) for one in told["points"][:2]] == [(0, None), (2, None)]
    ids = [one["token_id"] for one in told["points"]]
    cosines = plain(weight, weight)
    for word, token_id in ((0, 40), (2, 50)):
        order = cosines[token_id].sort(descending=True).indices.tolist()
        near = [other for other in order if other not in (40, 50)][:2]
        beside = [one["token_id"] for one in told["points"] if one["of"] == word]
        assert set(beside) <= set(near), "a neighbour of both words is told once"
        assert set(near) <= set(ids)
    assert told["explained"] == pytest.approx(matrices.projected(weight[ids]).explained, abs=ROUNDED)
    for number, row in enumerate(told["cosines"]):
        assert row == pytest.approx(cosines[ids[number], ids[:number]].tolist(), abs=ROUNDED)
    assert told["points"][0]["length"] == pytest.approx(weight[40].norm().item(), abs=1e-4)
    assert told["width"] == 32


@pytest.mark.parametrize(
    ("words", "beside", "sentence"),
    [
        (["the"], 0, "at least two different words"),
        (["the", "the"], 0, "at least two different words"),
        (["the", "xyz"], 0, "'xyz' is 4 tokens .*“·”, “x”, “y”, “z”"),
        ([f"#{token_id}" for token_id in range(60)], 5, "60 words with 5 neighbours each are 360 points"),
    ],
)
def test_words_without_a_picture_are_refused(engine, words, beside, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        asyncio.run(embeddings.points(engine, words, beside, "input"))


def test_a_sum_has_honest_ranks(engine):
    weight = engine.model.hf.get_input_embeddings().weight.detach()
    told = asyncio.run(embeddings.total(engine, ["#40", "#60"], ["#50"], "input"))
    cosines = plain(weight, (weight[40] + weight[60] - weight[50])[None])[0]
    order = cosines.sort(descending=True).indices.tolist()
    assert [one["token_id"] for one in told["ranked"]] == order[:13]
    assert [one["rank"] for one in told["ranked"]] == list(range(1, 14))
    assert [one["is_input"] for one in told["ranked"]] == [token_id in (40, 50, 60) for token_id in order[:13]]
    assert [(one["token_id"], one["rank"]) for one in told["inputs"]] == [(i, order.index(i) + 1) for i in (40, 60, 50)]
    assert told["inputs"][0]["cosine"] == pytest.approx(cosines[40].item(), abs=1e-6)


@pytest.mark.parametrize(
    ("plus", "minus", "sentence"),
    [(["the"], ["the"], "zeros"), (["xyz"], [], "'xyz' is 4 tokens"), (["the", "the"], ["xyz"], "Choose another word")],
)
def test_a_sum_without_a_direction_is_refused(engine, plus, minus, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        asyncio.run(embeddings.total(engine, plus, minus, "input"))


@pytest.mark.model
def test_in_the_default_model_queen_is_nearest_to_king_minus_man_plus_woman(default_model):
    engine = Engine(default_model, TraceStore(2**20)).start()
    try:
        told = asyncio.run(embeddings.total(engine, ["king", "woman"], ["man"], "input"))
        beside = asyncio.run(embeddings.neighbours(engine, told["inputs"][0]["token_id"], 5, "output"))
        facts = asyncio.run(embeddings.facts(engine))
    finally:
        engine.close()
    names = [[default_model.vocabulary[one["token_id"]] for one in found] for found in (told["ranked"], beside)]
    assert names[0][:2] == ["·queen", "·king"]
    assert names[1] == ["·King", "King", "·kings", "·queen", "·Queen"]
    assert facts["tied"]
