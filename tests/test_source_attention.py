"""Tests that the attention of an encoder, and cross-attention, equal transformers' own, and how they are measured."""

import asyncio

import numpy as np
import pytest
import torch

from playground.attention import maps, source_views
from playground.attention.opened import open_pair, opened
from playground.attention.source_maps import Sides
from playground.attention.source_measures import ends, measured
from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.web.inside.attention import attention
from tests import encoder_decoders, fakes
from tests.encoder_decoders import END, SHAPES, START

SOURCE = (*fakes.prompt(11), END)
TARGET = (START, *fakes.prompt(6, seed=4))
KINDS = {"encoder": "encoder_attentions", "cross": "cross_attentions", "self": "decoder_attentions"}


def true_attention(hf, source=SOURCE, target=TARGET) -> dict[str, np.ndarray]:
    """Returns what one plain forward in eager attention gives, (layer, head, query, key) for each kind."""
    hf.set_attn_implementation("eager")
    with torch.inference_mode():
        found = hf(
            torch.tensor([source]), decoder_input_ids=torch.tensor([target]), output_attentions=True, use_cache=False
        )
    return {kind: torch.stack(getattr(found, name))[:, 0].numpy() for kind, name in KINDS.items()}


@pytest.fixture(autouse=True)
def short_slices(monkeypatch):
    """Makes slices so short that the texts here have several, and the last one is shorter."""
    monkeypatch.setattr(maps, "SLICE_TOKENS", 4)


@pytest.fixture(params=SHAPES)
def kind_of_model(request):
    return request.param


@pytest.fixture
def engine(kind_of_model, tokenizer):
    hf = encoder_decoders.tiny(kind_of_model)
    running = Engine(LanguageModel(hf, tokenizer, kind_of_model), TraceStore(50_000_000)).start()
    yield running
    running.close()


@pytest.fixture
def expected(kind_of_model):
    return true_attention(encoder_decoders.tiny(kind_of_model))


@pytest.fixture
def trace_id(engine):
    return open_pair(engine, SOURCE, TARGET)


def fetch(client, trace_id, path) -> np.ndarray:
    answer = client.get(f"/playground/traces/{trace_id}/attention/{path}")
    assert answer.status_code == 200, answer.text
    return maps.weights_of(np.frombuffer(answer.content, "<u2"))


@pytest.mark.parametrize("kind", ["encoder", "cross"])
async def test_each_layer_is_that_of_output_attentions_and_each_row_sums_to_one(engine, expected, kind):
    sides = Sides(kind, SOURCE if kind == "encoder" else TARGET, SOURCE)
    for layer, whole in enumerate(expected[kind]):
        found = await source_views.layer_weights(engine, sides, layer)
        np.testing.assert_allclose(found, whole, atol=1e-6)
        np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)


async def test_the_attention_is_the_same_after_other_attention_was_computed(engine, expected, trace_id):
    """The texts of the engine are written in another attention than the maps are made with."""
    await fakes.trace(engine, encoder_request())
    sides = Sides("cross", TARGET, SOURCE)
    np.testing.assert_allclose(await source_views.layer_weights(engine, sides, 1), expected["cross"][1], atol=1e-6)


def encoder_request():
    from playground.engine.request import Request

    return Request((START,), fakes.greedy(4), source_ids=SOURCE)


@pytest.mark.parametrize("kind", KINDS)
def test_maps_and_rows_of_every_kind_reach_the_page(client, trace_id, expected, kind):
    whole = expected[kind]
    layers, heads, queries, keys = whole.shape
    told = client.get(f"/playground/attention.json?kind={kind}").json()
    assert (told["layers"], told["heads"], told["reason"]) == (layers, heads, None)
    for layer in range(layers):
        found = fetch(client, trace_id, f"maps/{layer}/2?kind={kind}")
        wanted = maps.triangle(whole[layer, 2]) if kind == "self" else whole[layer, 2].ravel()
        np.testing.assert_allclose(found, wanted, atol=maps.MAX_ERROR + 1e-5)
    for position in range(1, queries + 1):
        seen = position if kind == "self" else keys
        found = fetch(client, trace_id, f"rows/{position}?kind={kind}").reshape(layers, heads, seen)
        np.testing.assert_allclose(found, whole[:, :, position - 1, :seen], atol=2**-12 + 2e-5)
    mean = fetch(client, trace_id, f"rows/3?kind={kind}&layer=1&head=mean")
    np.testing.assert_allclose(mean, whole[1, :, 2].mean(0)[: len(mean)], atol=2**-12 + 2e-5)


def test_the_row_of_a_text_that_was_written_is_the_recorded_one(client, engine):
    _, trace = asyncio.run(fakes.trace(engine, encoder_request()))
    [trace_id] = list(engine.store._held)
    found = fetch(client, trace_id, "rows/2?kind=cross").reshape(3, 4, len(SOURCE))
    np.testing.assert_allclose(found, trace.steps[1].source_attention.float().numpy(), atol=maps.MAX_ERROR)
    assert "x-recomputed" not in client.get(f"/playground/traces/{trace_id}/attention/rows/2?kind=cross").headers


def test_maps_that_are_too_large_are_made_a_layer_at_a_time(client, trace_id, expected, monkeypatch):
    monkeypatch.setattr(source_views, "LARGEST_SHARE", 0)
    found = fetch(client, trace_id, "maps/1/3?kind=cross")
    np.testing.assert_allclose(found, expected["cross"][1, 3].ravel(), atol=maps.MAX_ERROR + 1e-5)
    told = client.get(f"/playground/traces/{trace_id}/attention/measures.json?kind=cross").json()
    np.testing.assert_allclose(told["end"], expected["cross"][..., -1].mean(-1), atol=1e-5)
    rows = fetch(client, trace_id, "rows/2?kind=cross").reshape(3, 4, len(SOURCE))
    np.testing.assert_allclose(rows, expected["cross"][:, :, 1], atol=maps.MAX_ERROR + 1e-5)


def test_rollout_of_the_encoder_is_the_product_of_its_layers(client, trace_id, expected):
    rolled = np.eye(len(SOURCE))
    for weights in expected["encoder"]:
        rolled = (weights.mean(0) + np.eye(len(SOURCE))) / 2 @ rolled
    found = fetch(client, trace_id, "rollout?kind=encoder").reshape(rolled.shape)
    np.testing.assert_allclose(found, rolled, atol=1e-4)


def test_a_head_of_any_attention_is_switched_off(client, trace_id, kind_of_model):
    told = {
        kind: client.get(f"/playground/traces/{trace_id}/attention/without/1/2?position=5&kind={kind}").json()
        for kind in ("self", "cross", "encoder")
    }
    hf = encoder_decoders.tiny(kind_of_model)
    name = {"self": ("SelfAttention.o", "self_attn.out_proj"), "cross": ("EncDecAttention.o", "encoder_attn.out_proj")}
    name["encoder"] = name["self"]
    for kind, answer in told.items():
        stack = hf.get_encoder() if kind == "encoder" else hf.get_decoder()
        [projection] = [
            module for path, module in stack.named_modules() if path.endswith(name[kind]) and path.split(".")[1] == "1"
        ]

        def zero(module, inputs):
            changed = inputs[0].clone()
            changed.unflatten(-1, (4, -1))[..., 2, :] = 0
            return (changed,)

        handle = projection.register_forward_pre_hook(zero)
        with torch.inference_mode():
            off = hf(torch.tensor([SOURCE]), decoder_input_ids=torch.tensor([TARGET[:5]])).logits[0, -1].softmax(-1)
        handle.remove()
        after = {one["token_id"]: one["after"] for one in answer["candidates"]}
        assert list(after.values()) == pytest.approx([off[token_id].item() for token_id in after], abs=1e-5)
        assert answer["kl_bits"] > 1e-7, "the head does something"


def test_a_head_that_the_stack_does_not_have_is_a_sentence(client, trace_id, kind_of_model):
    layers = 3 if kind_of_model == "t5" else 2
    answer = client.get(f"/playground/traces/{trace_id}/attention/without/{layers}/0?position=5&kind=encoder")
    assert (answer.status_code, f"layer is {layers}" in answer.json()["detail"]) == (400, True)


# measures


def test_alignment_counts_a_word_only_for_the_token_that_gives_it_most():
    weights = torch.tensor([[[0.7, 0.1, 0.2], [0.6, 0.3, 0.1], [0.0, 0.1, 0.9]]])
    found = dict(zip(("alignment", "order", "end", "entropy_bits"), measured(weights, "cross", [2])[:, 0], strict=True))
    # The first token joins word 0. The second looks most at it too, but gives it less. The third has 0.1 for word 1,
    # to which the second gives more. The end token in the last place is no word.
    assert found["alignment"] == pytest.approx(0.7 / 3)
    assert found["order"] == pytest.approx((0.8 + 1.0 + 1.0) / 3)
    assert found["end"] == pytest.approx((0.2 + 0.1 + 0.9) / 3)


def test_the_measures_of_the_encoder_are_means_along_its_diagonals():
    weights = torch.softmax(torch.randn(2, 5, 5, generator=torch.Generator().manual_seed(1)), -1)
    own, before, after, end, _ = measured(weights, "encoder", [4])
    rows = range(5)
    assert own[1] == pytest.approx(np.mean([weights[1, i, i] for i in rows]))
    assert before[1] == pytest.approx(np.mean([weights[1, i, i - 1] for i in rows if i]))
    assert after[1] == pytest.approx(np.mean([weights[1, i, i + 1] for i in rows if i < 4]))
    assert end[1] == pytest.approx(weights[1, :, 4].mean())


def test_the_end_tokens_are_found_or_the_last_place_is_taken():
    assert ends((3, 4, 1), {1}) == [2]
    assert ends((3, 1, 9), {1}) == [1]
    assert ends((3, 4, 9), {1}) == [2]


# the API


@pytest.mark.parametrize("kind", KINDS)
async def test_the_api_returns_the_weights_of_every_kind(engine, kind_of_model, kind):
    target = None if kind == "encoder" else "on a tin"
    told = await attention(engine, "the tin", 1, 2, kind, target)
    source = engine.model.tokenizer.encode("the tin")
    assert told["token_ids"] == list(source)
    ids = (START, *engine.model.tokenizer.encode("on a tin"))
    if target:
        assert told["target_ids"] == list(ids)
        assert "".join(told["target_tokens"][1:]) == "on a tin"
    wanted = true_attention(encoder_decoders.tiny(kind_of_model), source, ids)[kind][1, 2]
    np.testing.assert_allclose(told["weights"], wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (("a", 0, 0, "encoder", "a"), "The encoder reads no target"),
        (("a", 0, 0, "both", "a"), "kind is 'both'. Choose one of self, encoder, cross"),
        (("a", 7, 0, "cross", "a"), "layer is 7, and"),
        (("a", 0, 9, "encoder"), "head is 9, and"),
        (("", 0, 0, "encoder"), "The text is empty"),
        (("a", 0, 0, "cross", 5), "target must be a text"),
        (("a" * 600, 0, 0, "encoder"), "has 600 tokens, and a text to look at has at most 512"),
        (("a" * 100, 0, 0, "encoder"), "has 100 tokens, and the encoder of bart reads at most 96"),
        (("a", 0, 0, "cross", "a" * 100), "The target has 101 tokens, and bart has a window of 96"),
    ],
)
async def test_what_cannot_be_looked_at_is_a_sentence(tokenizer, values, sentence):
    engine = Engine(LanguageModel(encoder_decoders.tiny("bart"), tokenizer, "bart"), TraceStore(50_000_000)).start()
    with pytest.raises(PlaygroundError, match=sentence):
        await attention(engine, *values)
    engine.close()


async def test_a_decoder_only_model_has_one_kind(llama):
    engine = Engine(llama, TraceStore(50_000_000)).start()
    with pytest.raises(PlaygroundError, match="kind is 'cross', and tiny has no encoder. Choose the kind 'self'"):
        await attention(engine, "a", 0, 0, "cross", "b")
    with pytest.raises(PlaygroundError, match="tiny has no encoder, so that it has no target"):
        await attention(engine, "a", 0, 0, "self", "b")
    engine.close()


async def test_a_text_to_look_at_is_what_the_encoder_reads_and_what_the_model_writes_of_it(engine, kind_of_model):
    trace = engine.store.get(await opened(engine, "the tin"))
    source = engine.model.tokenizer.encode("the tin")
    wanted = encoder_decoders.generate(encoder_decoders.tiny(kind_of_model), source, fakes.greedy(64))
    written = wanted.sequences[0].tolist()
    assert trace.source_ids == source
    assert list(trace.prompt_ids) == (written[:-1] if written[-1] == END else written)
    assert not trace.steps
