"""Tests that encoder-only models are offered, loaded and served, and that their numbers are those of transformers."""

import math

import pytest
import torch
from transformers import ModernBertConfig, ModernBertForMaskedLM, pipeline

from playground.attention import source_views
from playground.attention.source_maps import Sides
from playground.decoding.settings import Settings
from playground.encoders import blanks, labels, likelihood, views
from playground.encoders.texts import read
from playground.engine.reader import Reader
from playground.errors import PlaygroundError
from playground.models import loading
from playground.models.masked_model import MaskedModel
from playground.models.offer import offer
from playground.traces.store import TraceStore
from tests import encoders

KINDS = tuple(encoders.SHAPES)
SEVERAL = "the [MASK] of france is [MASK] [MASK]."


@pytest.fixture
def run():
    """Returns a function that starts the reader of a tiny model; all workers end after the test."""
    workers = []

    def started(kind, task="fill-mask", **changes):
        workers.append(Reader(encoders.named(kind, task, **changes), TraceStore(1_000_000)).start())
        return workers[-1]

    yield started
    for worker in workers:
        worker.close()


@pytest.mark.parametrize("task", ["fill-mask", "text-classification", "token-classification"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_is_offered_and_loaded_with_its_task(tmp_path, kind, task):
    name = encoders.folder(tmp_path / kind, kind, task)
    offered = offer(name, "cpu")
    assert (offered.family, offered.task) == ("encoder", task)
    model = offered.load()
    assert (model.task, model.window) == (task, encoders.WINDOW)
    expected = encoders.tiny(kind, task)(input_ids=torch.tensor([[2, 5, 6, 3]])).logits
    assert torch.allclose(model.logits([[2, 5, 6, 3]]), expected, atol=1e-6)


def test_a_model_that_must_write_is_refused_if_it_is_encoder_only(tmp_path):
    with pytest.raises(
        PlaygroundError, match="bert is encoder-only: it reads a whole text at once, and does not write"
    ):
        loading.load(encoders.folder(tmp_path / "bert", "bert"), "cpu")


@pytest.mark.parametrize("text", [encoders.TEXT, SEVERAL])
@pytest.mark.parametrize("kind", KINDS)
async def test_blanks_are_filled_as_the_pipeline_fills_them(run, kind, text):
    worker = run(kind)
    size = worker.model.vocabulary_size
    filler = pipeline("fill-mask", model=encoders.tiny(kind), tokenizer=encoders.tokenizer(), device="cpu", top_k=size)
    expected = filler(text)
    if text == encoders.TEXT:
        expected = [expected]
    found = await blanks.filled(worker, await read(worker, text), Settings())
    assert [one.kept for one in found] == [size] * len(expected)
    for one, rows in zip(found, expected, strict=True):
        assert [token_id for token_id, _ in one.candidates] == [row["token"] for row in rows[: blanks.CANDIDATES]]
        for (_, probability), row in zip(one.candidates, rows, strict=False):
            assert probability == pytest.approx(row["score"], abs=1e-6)


async def test_underscores_are_a_blank_and_settings_cut_it(run):
    worker = run("bert")
    text = await read(worker, "the capital of ____ is paris.")
    assert text == await read(worker, encoders.TEXT)
    assert text.ids[text.masks[0]] == worker.model.mask_id
    assert text.special == (0, len(text.ids) - 1)
    [whole] = await blanks.filled(worker, text, Settings())
    [cut] = await blanks.filled(worker, text, blanks.settings_of({"top_k": 3}))
    assert cut.kept == len(cut.candidates) == 3
    total = math.fsum(probability for _, probability in whole.candidates[:3])
    for (token_id, probability), (other_id, before) in zip(cut.candidates, whole.candidates, strict=False):
        assert token_id == other_id
        assert probability == pytest.approx(before / total)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_pseudo_log_likelihood_is_that_of_each_token_masked_alone(run, kind):
    worker, hf = run(kind), encoders.tiny(kind)
    text = await read(worker, "the capital of france is paris. a red cat sleeps.")
    scored = await likelihood.scored(worker, text)
    assert scored.logprobs_nats[0] is None
    assert scored.logprobs_nats[-1] is None
    for place in range(1, len(text.ids) - 1):
        ids = torch.tensor([text.ids])
        ids[0, place] = worker.model.mask_id
        alone = hf(input_ids=ids).logits[0, place].log_softmax(-1)[text.ids[place]]
        assert scored.logprobs_nats[place] == pytest.approx(alone.item(), abs=1e-5)
    assert scored.sum_nats == pytest.approx(sum(scored.logprobs_nats[1:-1]))


@pytest.mark.parametrize("kind", KINDS)
async def test_the_head_reads_only_the_places_that_are_asked_for(run, kind):
    """A vocabulary of 30,000 makes the head dearer than the encoder: a text of 500 tokens would take minutes."""
    worker = run(kind)
    text = await read(worker, "the capital of [MASK] is paris.")
    read_by_head = []
    head = worker.model.hf.get_output_embeddings()
    hook = head.register_forward_hook(lambda _, inputs, __: read_by_head.append(inputs[0].shape[:2].numel()))
    try:
        scored = await likelihood.scored(worker, text)
        assert sum(read_by_head) == len([one for one in scored.logprobs_nats if one is not None])
        read_by_head.clear()
        found = await blanks.rows(worker, text.ids, [text.masks[0], 1])
        assert read_by_head == [2]
    finally:
        hook.remove()
    whole = encoders.tiny(kind)(torch.tensor([text.ids])).logits[0]
    torch.testing.assert_close(found, whole[[text.masks[0], 1]], atol=1e-5, rtol=0)


async def test_many_tokens_are_scored_in_several_slices(run, monkeypatch):
    worker = run("bert")
    text = await read(worker, "the capital of france is paris.")
    whole = await likelihood.scored(worker, text)
    monkeypatch.setattr(likelihood, "SLICE_TOKENS", len(text.ids) + 1)
    assert (await likelihood.scored(worker, text)).logprobs_nats[1:-1] == pytest.approx(whole.logprobs_nats[1:-1])


@pytest.mark.parametrize(
    "changes",
    [
        {"num_labels": 3},
        {"num_labels": 1},
        {"num_labels": 3, "problem_type": "multi_label_classification"},
        {"num_labels": 1, "problem_type": "regression"},
    ],
)
@pytest.mark.parametrize("kind", KINDS)
async def test_labels_of_a_text_are_those_of_the_pipeline(run, kind, changes):
    worker = run(kind, "text-classification", **changes)
    hf = encoders.tiny(kind, "text-classification", **changes)
    expected = pipeline("text-classification", model=hf, tokenizer=encoders.tokenizer(), device="cpu")
    found = await labels.labels_of_text(worker, await read(worker, "a red cat sleeps"))
    rows = expected("a red cat sleeps", top_k=None)
    assert [label for label, _ in found] == [row["label"] for row in rows]
    assert [probability for _, probability in found] == pytest.approx([row["score"] for row in rows], abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
async def test_labels_of_tokens_are_those_of_the_pipeline(run, kind):
    worker = run(kind, "token-classification", num_labels=3)
    hf = encoders.tiny(kind, "token-classification", num_labels=3)
    tagger = pipeline("token-classification", model=hf, tokenizer=encoders.tokenizer(), device="cpu", ignore_labels=[])
    found = await labels.labels_of_tokens(worker, await read(worker, "a red cat sleeps"))
    rows = tagger("a red cat sleeps")
    assert len(found) == len(rows) + 2  # with [CLS] and [SEP]
    for row in rows:
        label, probability = found[row["index"]][0]
        assert label == row["entity"]
        assert probability == pytest.approx(row["score"], abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
async def test_attention_goes_in_both_directions_as_transformers_returns_it(run, kind):
    worker, hf = run(kind), encoders.tiny(kind)
    hf.set_attn_implementation("eager")
    text = await read(worker, encoders.TEXT)
    expected = hf(input_ids=torch.tensor([text.ids]), output_attentions=True).attentions
    for layer, weights in enumerate(expected):
        found = await source_views.layer_weights(worker, Sides("encoder", text.ids, text.ids), layer)
        assert torch.allclose(torch.from_numpy(found), weights[0], atol=1e-6)
        assert found[:, 0, -1].min() > 0  # the first token sees the last one
        assert found.sum(-1) == pytest.approx(1, abs=1e-5)
    [row] = await blanks.rows(worker, text.ids, text.masks)  # and the model's own attention is back
    assert torch.allclose(
        row, encoders.tiny(kind)(input_ids=torch.tensor([text.ids])).logits[0, text.masks[0]], atol=1e-5
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_layers_are_read_through_the_head(run, kind):
    worker, hf = run(kind), encoders.tiny(kind)
    text = await read(worker, encoders.TEXT)
    place, ids = text.masks[0], torch.tensor([text.ids])
    found = await views.layers(worker, text, place, 3)
    whole = hf(input_ids=ids, output_hidden_states=True)
    own = whole.logits[0, place].softmax(-1)
    assert len(found) == len(whole.hidden_states) == 4
    assert found[-1].kl_nats == pytest.approx(0, abs=1e-9)
    assert (found[-1].rank_of_final, found[-1].top[0][0]) == (1, own.argmax().item())
    for layer, states in zip(found, whole.hidden_states, strict=True):
        early = through_head(hf, kind, states[:, place]).softmax(-1)[0]
        for token_id, probability in layer.top:
            assert probability == pytest.approx(early[token_id].item(), abs=1e-6)
        assert layer.kl_nats == pytest.approx((own * (own / early).log()).sum().item(), abs=1e-5)


def through_head(hf, kind, vectors):
    """Returns the logits of vectors by the head's own modules, called by their names."""
    if kind == "bert":
        return hf.cls(vectors)
    if kind == "roberta":
        return hf.lm_head(vectors)
    return hf.vocab_projector(hf.vocab_layer_norm(hf.activation(hf.vocab_transform(vectors))))


def test_a_norm_behind_the_last_layer_is_applied_to_the_vectors_of_each():
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4}
    sizes |= {"vocab_size": 18, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
    torch.manual_seed(0)
    hf = ModernBertForMaskedLM(ModernBertConfig(**sizes)).eval()
    torch.nn.init.normal_(hf.model.final_norm.weight)
    model, ids = MaskedModel(hf, encoders.tokenizer(), "modernbert", "fill-mask"), [2, 5, 4, 6, 3]
    *before, last = hf(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states
    states = model.states(ids)
    for own, expected in zip(states, [*map(hf.model.final_norm, before), last], strict=True):
        assert torch.allclose(own, expected[0], atol=1e-5)
    assert torch.allclose(model.read_out(states[-1:])[0], model.logits([ids])[0], atol=1e-6)


async def test_a_window_ends_where_the_positions_end():
    tokenizer = encoders.tokenizer()
    tokenizer.model_max_length = 10**30
    hf = encoders.tiny("roberta", pad_token_id=2)
    model = MaskedModel(hf, tokenizer, "roberta", "fill-mask")
    assert model.window == encoders.WINDOW + 1 - 3
    model.logits([[5] * model.window])
    with pytest.raises(PlaygroundError, match="has a window of 22. Shorten it"):
        model.logits([[5] * (model.window + 1)])
    with pytest.raises(RuntimeError, match="out of bounds"):
        hf(input_ids=torch.tensor([[5] * (model.window + 1)]))
