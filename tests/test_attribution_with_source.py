"""Tests attributions to a source and to a decoder's text against captum, and leaving out against changed texts."""

import json

import pytest
import torch
from captum.attr import FeatureAblation, InputXGradient, IntegratedGradients

from playground.attention.opened import open_pair
from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.inside import attribution as jobs
from playground.inside import gradients
from playground.inside.attribution import Target, gradient_x_input, integrated_gradients, leave_one_out
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.web.inside import layers as layers_api
from playground.web.inside import why as api
from tests import encoder_decoders, fakes
from tests.encoder_decoders import END, SHAPES, START
from tests.test_attribution import done

SOURCE = (*fakes.prompt(7), END)
WRITTEN = (START, *fakes.prompt(4, seed=4))
OF_SOURCE = [(place, place + 1) for place in range(len(SOURCE))]
OF_TEXT = [(place, place + 1) for place in range(1, len(WRITTEN))]
TARGETS = [Target(7), Target(7, against=19, scale="log_probability")]


@pytest.fixture(params=SHAPES)
def kind(request):
    return request.param


@pytest.fixture
def model(kind, tokenizer) -> LanguageModel:
    return LanguageModel(encoder_decoders.tiny(kind), tokenizer, kind).reading(SOURCE)


def vectors_of(model: LanguageModel) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the embeddings of the decoder's text and of the source. No tiny model here scales them afterwards."""
    return tuple(model.hf.get_input_embeddings()(torch.tensor([ids])).detach() for ids in (WRITTEN, SOURCE))


def plain(model: LanguageModel, target: Target):
    """Returns the function that captum explains: one plain forward of two texts of embeddings."""

    def score(vectors: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        logits = model.hf(inputs_embeds=source, decoder_inputs_embeds=vectors, use_cache=False).logits[:, -1]
        return target.of(logits)

    return score


def baselines(model: LanguageModel) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns zero vectors in place of all but the start token's."""
    text, source = vectors_of(model)
    nothing = torch.zeros_like(text)
    nothing[:, 0] = text[:, 0]
    return nothing, torch.zeros_like(source)


@pytest.mark.parametrize("target", TARGETS)
def test_gradient_x_input_is_captums_for_both_texts(model, target):
    ours = done(gradient_x_input(model, WRITTEN, OF_TEXT, target, source_spans=OF_SOURCE))
    theirs = InputXGradient(plain(model, target)).attribute(tuple(one.requires_grad_() for one in vectors_of(model)))
    text, source = (one.sum(-1)[0] for one in theirs)
    torch.testing.assert_close(torch.tensor(ours.scores), text[1:], atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(torch.tensor(ours.source_scores), source, atol=1e-4, rtol=1e-3)
    assert source.abs().max() > 1e-3


@pytest.mark.parametrize("target", TARGETS)
def test_integrated_gradients_of_both_texts_are_captums_and_sum_to_the_difference(model, target, monkeypatch):
    monkeypatch.setattr(gradients, "PIECE_TOKENS", 60)  # the points come in several pieces
    ours = done(integrated_gradients(model, WRITTEN, OF_TEXT, target, steps=40, source_spans=OF_SOURCE))
    method = IntegratedGradients(plain(model, target))
    theirs, delta = method.attribute(
        vectors_of(model), baselines=baselines(model), n_steps=40, return_convergence_delta=True
    )
    text, source = (one.sum(-1)[0].float() for one in theirs)
    torch.testing.assert_close(torch.tensor(ours.scores), text[1:], atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(torch.tensor(ours.source_scores), source, atol=1e-3, rtol=1e-3)
    assert ours.completeness_error == pytest.approx(delta.item(), abs=1e-3)
    whole = sum(ours.scores) + sum(ours.source_scores)
    assert whole == pytest.approx(ours.value - ours.baseline_value + ours.completeness_error, abs=1e-3)
    assert ours.baseline == jobs.ZERO_AFTER_START


def test_more_points_make_the_completeness_error_small(model):
    few, many = (
        done(integrated_gradients(model, WRITTEN, OF_TEXT, TARGETS[0], steps=steps, source_spans=OF_SOURCE))
        for steps in (2, 100)
    )
    assert abs(many.completeness_error) < 0.05 * sum(map(abs, (*many.scores, *many.source_scores)))
    assert abs(many.completeness_error) < abs(few.completeness_error)


@pytest.mark.parametrize("target", TARGETS)
def test_parts_of_the_source_are_left_out_as_in_changed_sources(model, target):
    told: list = []
    ours = done(leave_one_out(model, WRITTEN, OF_TEXT, target, lambda *news: told.append(news), source_spans=OF_SOURCE))

    def score(source, text=WRITTEN) -> float:
        return target.of(encoder_decoders.forced(model.hf, source, text)[-1:]).item()

    whole = score(SOURCE)
    assert ours.value == pytest.approx(whole, abs=1e-4)
    alone = [whole - score(SOURCE[:place] + SOURCE[place + 1 :]) for place in range(len(SOURCE))]
    assert ours.source_scores == pytest.approx(alone, abs=1e-4)
    own = [whole - score(SOURCE, WRITTEN[:place] + WRITTEN[place + 1 :]) for place in range(1, len(WRITTEN))]
    assert ours.scores == pytest.approx(own, abs=1e-4)
    assert told[0] == (0, 12)
    assert told[-1] == (12, 12)


def test_zeroed_parts_of_both_texts_are_captums_ablation(model):
    ours = done(leave_one_out(model, WRITTEN, OF_TEXT, TARGETS[0], how="zero", source_spans=OF_SOURCE))
    texts = vectors_of(model)
    sizes = (0, len(WRITTEN))
    features = tuple(
        (size + torch.arange(one.shape[1]))[None, :, None].expand_as(one)
        for size, one in zip(sizes, texts, strict=True)
    )
    with torch.no_grad():
        text, source = FeatureAblation(plain(model, TARGETS[0])).attribute(texts, feature_mask=features)
    assert ours.scores == pytest.approx(text[0, 1:, 0].tolist(), abs=1e-4)
    assert ours.source_scores == pytest.approx(source[0, :, 0].tolist(), abs=1e-4)


def test_a_scaled_embedding_is_followed_as_the_model_scales_it(tokenizer):
    """Marian multiplies what the embedding returns. The sum of the parts still is the difference of the scores."""
    hf = encoder_decoders.tiny("marian", scale_embedding=True)
    model = LanguageModel(hf, tokenizer, "marian").reading(SOURCE)
    found = done(integrated_gradients(model, WRITTEN, OF_TEXT, TARGETS[0], steps=300, source_spans=OF_SOURCE))
    assert found.value == pytest.approx(encoder_decoders.forced(hf, SOURCE, WRITTEN)[-1, 7].item(), abs=1e-4)
    assert found.completeness_error == pytest.approx(0, abs=max(0.02, 0.1 * abs(found.value - found.baseline_value)))


# the page and the API


@pytest.fixture
def engine(kind, tokenizer):
    running = Engine(LanguageModel(encoder_decoders.tiny(kind), tokenizer, kind), TraceStore(50_000_000)).start()
    yield running
    running.close()


@pytest.mark.parametrize("method", jobs.METHODS)
@pytest.mark.parametrize("position", [0, 3])
def test_the_page_gets_the_parts_of_both_texts(client, engine, method, position):
    trace_id = open_pair(engine, SOURCE, WRITTEN)
    asked = {"token_id": 7, "method": method}
    answer = client.get(f"/playground/traces/{trace_id}/inside/attribution/{position}", params=asked)
    result = json.loads(answer.text.splitlines()[-1])["result"]
    assert result["source_spans"] == [list(span) for span in OF_SOURCE]
    assert result["spans"] == [list(span) for span in OF_TEXT[:position]]
    target = Target(7, scale="log_probability")
    alone = done(
        jobs.JOBS[method](
            engine.model.reading(SOURCE),
            WRITTEN[: position + 1],
            OF_TEXT[:position],
            target,
            source_spans=OF_SOURCE,
        )
    )
    assert result["scores"] == pytest.approx(alone.scores, abs=1e-4)
    assert result["source_scores"] == pytest.approx(alone.source_scores, abs=1e-4)


@pytest.mark.parametrize("kind", ["marian", "t5"], indirect=True)
async def test_the_api_names_the_tokens_of_both_texts(engine):
    text, written = "the tin on the tin", " a tin"
    source = engine.model.tokenizer.encode(text)
    ids = (START, *engine.model.tokenizer.encode_continuation(written))
    answer = await api.attribution(engine, text, 1, 7, 9, "leave_one_out", written)
    alone = done(
        leave_one_out(
            engine.model.reading(source),
            ids[:2],
            [(1, 2)],
            Target(7, 9),
            source_spans=[(place, place + 1) for place in range(len(source))],
        )
    )
    assert answer["tokens"] == [engine.model.tokenizer.decode([one]) for one in source]
    assert answer["scores"] == pytest.approx(alone.source_scores, abs=1e-5)
    assert answer["target_tokens"] == [engine.model.tokenizer.decode([one]) for one in ids]
    assert answer["target_scores"] == pytest.approx([0, *alone.scores, *[0] * (len(ids) - 2)], abs=1e-5)
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize("kind", ["bart", "t5"], indirect=True)
async def test_the_lens_and_the_contributions_of_a_target_are_those_of_its_decoder(engine):
    text, written = "the tin on the tin", " a tin"
    source = engine.model.tokenizer.encode(text)
    ids = (START, *engine.model.tokenizer.encode_continuation(written))
    logits = encoder_decoders.forced(engine.model.hf, source, ids)
    seen = await layers_api.lens(engine, text, -1, 3, written)
    assert seen["target_tokens"] == [engine.model.tokenizer.decode([one]) for one in ids]
    assert len(seen["tokens"]) == len(source)
    assert seen["layers"][-1]["top"][0]["token_id"] == int(logits[-1].argmax())
    terms = await layers_api.contributions(engine, text, 1, 7, None, written)
    scale = (
        engine.model.hf.config.d_model**0.5 if getattr(engine.model.hf.config, "scale_decoder_outputs", False) else 1
    )
    assert terms["logit"] == pytest.approx(scale * logits[1, 7].item(), abs=1e-3)
    assert len(terms["cross_attention"]) == 3


async def test_what_has_no_second_text_refuses_a_target(tiny_models, tokenizer):
    engine = Engine(LanguageModel(tiny_models["llama"], tokenizer, "tiny"), TraceStore(50_000_000))
    with pytest.raises(PlaygroundError, match="has no encoder, so that it has no target"):
        await layers_api.lens(engine, "a text", -1, 3, "a target")


@pytest.mark.parametrize("kind", ["bart"], indirect=True)
def test_a_source_of_one_part_cannot_be_left_out(client, engine):
    trace_id = open_pair(engine, (END,), WRITTEN)
    asked = {"token_id": 7, "method": "leave_one_out"}
    answer = client.get(f"/playground/traces/{trace_id}/inside/attribution/2", params=asked)
    assert (answer.status_code, "The source is one token" in answer.json()["detail"]) == (400, True)
