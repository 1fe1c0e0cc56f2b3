"""Tests that the panes of "Inside the model" read an encoder–decoder's decoder as exactly as any other model."""

import pytest
import torch

from playground.attention.opened import open_pair
from playground.engine.engine import Engine
from playground.inside import attribution, decoder_written, lens
from playground.inside.contributions import contributions
from playground.inside.drawing import drawing
from playground.inside.reading import reading
from playground.inside.word import writings
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from tests import encoder_decoders, fakes
from tests.encoder_decoders import END, SHAPES, START

SOURCE = (*fakes.prompt(11), END)
TARGET = (START, *fakes.prompt(6, seed=4))


def done(job):
    """Runs a job and returns its result."""
    try:
        while True:
            next(job)
    except StopIteration as end:
        return end.value


@pytest.fixture(params=SHAPES)
def kind(request):
    return request.param


@pytest.fixture
def hf(kind):
    """A model whose norms have weights and biases, and whose logits have a bias, so that nothing cancels by chance."""
    made = encoder_decoders.tiny(kind)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for module in made.modules():
            if "norm" in type(module).__name__.lower():
                for name, parameter in module.named_parameters(recurse=False):
                    parameter.copy_((name == "weight") + 0.2 * torch.randn(parameter.shape, generator=generator))
        if hasattr(made, "final_logits_bias"):
            made.final_logits_bias.copy_(torch.randn(made.final_logits_bias.shape, generator=generator))
    return made


@pytest.fixture
def model(hf, tokenizer, kind):
    return LanguageModel(hf, tokenizer, kind).reading(SOURCE)


def true_logits(hf, target=TARGET, source=SOURCE) -> torch.Tensor:
    """Returns the logits of a plain forward, (position, vocab)."""
    with torch.inference_mode():
        return hf(torch.tensor([source]), decoder_input_ids=torch.tensor([target]), use_cache=False).logits[0]


def test_the_last_layer_of_the_lens_is_the_model_itself(model, hf):
    vectors = done(lens.streams(model, TARGET))
    assert vectors.shape[:2] == (4, len(TARGET))
    expected = true_logits(hf)
    for position in (0, 3, 6):
        found = torch.tensor(lens.row(model, vectors[-1, position]))
        torch.testing.assert_close(found, expected[position], atol=1e-4, rtol=1e-4)


def test_the_logit_is_the_sum_of_what_three_writers_of_each_block_and_their_heads_wrote(model, hf):
    seen = done(decoder_written.written(model, TARGET))
    found = contributions(model, seen, 7, 9)
    expected = true_logits(hf)[-1]
    if getattr(hf.config, "scale_decoder_outputs", False):
        expected = expected * hf.config.d_model**0.5
    assert found.logit == pytest.approx(float(expected[7] - expected[9]), abs=2e-4)
    assert abs(found.remainder) < 1e-3 * max(1.0, abs(found.logit))
    assert found.cross_attention is not None
    assert len(found.attention) == len(found.cross_attention) == len(found.feed_forward) == 3
    assert any(abs(one) > 1e-3 for one in found.cross_attention)
    assert found.heads is not None
    assert found.cross_heads is not None
    assert [len(heads) for heads in (*found.heads, *found.cross_heads)] == [4] * 6


def test_the_heads_of_a_block_write_what_its_attention_writes_but_for_its_bias(model, hf):
    with torch.no_grad():
        for name, parameter in hf.get_decoder().named_parameters():
            if name.endswith("out_proj.bias"):
                parameter.zero_()
    found = contributions(model, done(decoder_written.written(model, TARGET)), 7)
    assert [sum(heads) for heads in found.heads or ()] == pytest.approx(found.attention, abs=1e-3)
    assert [sum(heads) for heads in found.cross_heads or ()] == pytest.approx(found.cross_attention, abs=1e-3)


def test_gradients_and_leave_one_out_are_those_of_the_text_of_the_decoder(model, hf):
    target = attribution.Target(7)
    spans = [(place, place + 1) for place in range(len(TARGET))]
    left = done(attribution.leave_one_out(model, TARGET, spans, target))
    whole = true_logits(hf)[-1, 7]
    assert left.value == pytest.approx(float(whole), abs=1e-4)
    without = [float(true_logits(hf, TARGET[:place] + TARGET[place + 1 :])[-1, 7]) for place in range(len(TARGET))]
    assert left.scores == pytest.approx([float(whole) - value for value in without], abs=2e-4)
    steep = done(attribution.integrated_gradients(model, TARGET, spans, target, steps=200))
    assert steep.completeness_error == pytest.approx(0, abs=0.05 * max(1.0, abs(steep.value - steep.baseline_value)))


@pytest.fixture
def engine(hf, tokenizer, kind):
    running = Engine(LanguageModel(hf, tokenizer, kind), TraceStore(50_000_000)).start()
    yield running
    running.close()


def test_every_pane_answers_for_a_text_with_a_source(client, engine, hf, kind):
    trace_id = open_pair(engine, SOURCE, TARGET)
    here = f"/playground/traces/{trace_id}/inside"
    for path in (
        "lens/3",
        "lens/3/1",
        "contributions/3?token_id=7",
        "attribution/3/candidates.json",
        "attribution/3?token_id=7&method=gradient_x_input",
        "word/3",
        "word/3/row",
        "word/3/products/7?count=3",
        "lengths/3",
    ):
        answer = client.get(f"{here}/{path}")
        assert answer.status_code == 200, (path, answer.text)


def test_the_drawing_has_both_stacks_and_counts_each_parameter_once(hf, tokenizer, kind):
    found = drawing(LanguageModel(hf, tokenizer, kind))
    assert sum(part.parameters for part in found.parts) == found.parameters
    assert found.encoder is not None
    assert (found.encoder.layers, found.encoder.heads, found.encoder.width) == (3 if kind == "t5" else 2, 4, 32)
    assert found.encoder.neurons == 64
    assert found.encoder.shares_embedding
    assert found.norms_in_stream == (kind in ("bart", "marian"))
    [blocks] = found.kinds
    writers = ("attention", "cross_attention", "feed_forward")
    assert tuple(writer.name for writer in blocks.shape.writers) == writers
    assert not any(writer.is_borrowing for writer in blocks.shape.writers)
    before = () if found.norms_in_stream else ("norm",)
    assert blocks.shape.steps == tuple(step for writer in writers for step in (*before, writer, "add"))


def test_the_way_to_know_the_order_is_that_of_the_decoder(client, engine, kind):
    told = client.get("/playground/inside/positions.json").json()
    own = {"marian": "sinusoidal", "m2m_100": "sinusoidal", "t5": "relative"}
    assert told["kind"] == own.get(kind, "learned")
    assert [one["name"] for one in told["biases"]] == (["encoder", "decoder"] if kind == "t5" else [])
    here = f"/playground/traces/{open_pair(engine, SOURCE, TARGET)}/inside"
    assert client.get(f"{here}/order/5").json()["token_ids"] == list(TARGET[:6])


def test_neurons_are_what_each_feed_forward_wrote(client, engine, model, kind):
    here = f"/playground/traces/{open_pair(engine, SOURCE, TARGET)}/inside"
    assert client.get(f"{here}/word/3/neurons/7?count=3").status_code == 200
    seen = done(reading(model, TARGET))
    for against in (None, 9):
        told = done(writings(model, seen, 7, against))
        assert [len(values) for values in told.values] == [64] * 3
        sums = [float(values.sum()) + bias for values, bias in zip(told.values, told.biases, strict=True)]
        expected = contributions(model, done(decoder_written.written(model, TARGET)), 7, against).feed_forward
        assert sums == pytest.approx(expected, abs=1e-3)
        assert any(abs(one) > 1e-2 for one in expected)
