"""Tests that a text's scores equal one plain forward in any number of slices, and that each text is scored once."""

import asyncio

import pytest
import torch

from playground.engine import scoring as scoring_module
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.engine.scoring import Scores, TokenScore
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.web.messages.prompt import prompt_message
from tests import fakes

POEM = "Shall I compare thee to a summer's day? Thou art more lovely and more temperate:\nRough winds do shake"


def assert_equals_a_full_forward(hf, ids: tuple[int, ...], scores: list[TokenScore]) -> None:
    hf.set_attn_implementation("sdpa")  # transformers' default; eager differs from it by 3e-5 in float32
    with torch.inference_mode():
        logits = hf(torch.tensor([ids])).logits[0, :-1]
    logprobs = logits.double().log_softmax(-1)
    entropies = -(logprobs.exp() * logprobs).sum(-1) / torch.log(torch.tensor(2.0))
    assert [score.token_id for score in scores] == list(ids[1:])
    for row, logprob, entropy, score in zip(logits, logprobs, entropies, scores, strict=True):
        own = row[score.token_id]
        assert score.logprob_nats == pytest.approx(logprob[score.token_id].item(), abs=1e-5)
        assert score.probability == pytest.approx(logprob[score.token_id].exp().item(), abs=1e-5)
        assert score.entropy_bits == pytest.approx(entropy.item(), abs=1e-4)
        assert score.rank == 1 + (row > own).sum() + (row[score.token_id + 1 :] == own).sum()


@pytest.mark.parametrize("kind", fakes.KINDS)
@pytest.mark.parametrize("length", [1, 2, 8, 9, 10, 40])
async def test_scores_equal_one_forward(tiny_models, tokenizer, monkeypatch, kind, length):
    monkeypatch.setattr(scoring_module, "SLICE_TOKENS", 8)
    engine = Engine(fakes.PacedModel(tiny_models[kind], tokenizer), TraceStore(10**6)).start()
    ids = fakes.prompt(length)
    assert_equals_a_full_forward(tiny_models[kind], ids, await Scores(engine).of(ids))
    engine.close()


@pytest.mark.model
async def test_the_default_models_scores_equal_one_forward(default_model):
    engine = Engine(default_model, TraceStore(10**6)).start()
    ids = default_model.tokenizer.encode(POEM * 2)
    assert len(ids) > scoring_module.SLICE_TOKENS
    assert_equals_a_full_forward(default_model.hf, ids, await Scores(engine).of(ids))
    engine.close()


def test_of_equal_logits_the_higher_id_ranks_first(llama):
    llama.read = lambda ids, cache: torch.tensor([[1.0, 5, 3, 5, 0]] * len(ids))
    *_, scores = drain(scoring_module.scoring((0, 1, 3), llama))
    assert [score.rank for score in scores] == [2, 1]


def drain(job):
    """Returns what a generator yields and, last, returns."""
    while True:
        try:
            yield next(job)
        except StopIteration as end:
            yield end.value
            return


async def test_others_go_on_between_the_slices(engine, monkeypatch):
    monkeypatch.setattr(scoring_module, "SLICE_TOKENS", 8)
    model, read = engine.model, []
    own_read = model.read
    model.read = lambda ids, cache: (model.forwards.append(("read", len(ids))), own_read(ids, cache))[1]
    model.eos_token_ids = frozenset()
    model.hold()
    run = engine.trace(Request(fakes.prompt(3), fakes.greedy(20)))
    await model.arrived()
    read = asyncio.create_task(Scores(engine).of(fakes.prompt(30)))
    await asyncio.sleep(0)
    model.free()
    await asyncio.gather(fakes.collect(run), read)
    kinds = "".join(kind[0] for kind, _ in model.forwards)
    assert "rr" not in kinds
    assert [tokens for kind, tokens in model.forwards if kind == "read"] == [8, 8, 8, 5]


def test_a_slice_of_a_large_vocabulary_is_shorter(llama, monkeypatch):
    monkeypatch.setattr(scoring_module, "SLICE_BYTES", 4 * fakes.VOCABULARY * 3)
    sizes = []
    read = llama.read
    llama.read = lambda ids, cache: (sizes.append(len(ids)), read(ids, cache))[1]
    list(drain(scoring_module.scoring(fakes.prompt(9), llama)))
    assert sizes == [3, 3, 2]


async def test_a_text_is_scored_once_for_all_who_ask(engine):
    scores, ids = Scores(engine), fakes.prompt(9)
    jobs = []
    work = engine.work
    engine.work = lambda job, source: (jobs.append(job), work(job, source))[1]
    impatient = asyncio.create_task(scores.of(ids))
    await asyncio.sleep(0)
    impatient.cancel()
    first, second = await asyncio.gather(scores.of(ids), scores.of(ids))
    assert first is second is await scores.of(ids)
    assert len(jobs) == 1


async def test_remembered_scores_are_bounded(engine):
    scores = Scores(engine, kept_tokens=20)
    first = await scores.of(fakes.prompt(9))
    await scores.of(fakes.prompt(10))
    assert await scores.of(fakes.prompt(9)) is first
    await scores.of(fakes.prompt(8))  # the text of ten tokens is forgotten
    assert await scores.of(fakes.prompt(9)) is first
    await scores.of(fakes.prompt(30))
    assert await scores.of(fakes.prompt(9)) is not first


async def test_what_failed_is_tried_again(engine):
    scores, ids = Scores(engine), fakes.prompt(9)
    read, engine.model.read = engine.model.read, None
    with pytest.raises(TypeError):
        await scores.of(ids)
    engine.model.read = read
    assert len(await scores.of(ids)) == 8


async def test_a_closed_engine_says_so(engine):
    engine.close()
    with pytest.raises(PlaygroundError, match="shutting down"):
        await Scores(engine).of(fakes.prompt(9))


def test_the_message_has_a_step_a_token_and_no_number_json_lacks():
    impossible = TokenScore(2, 0.0, float("-inf"), 5, 1.0)
    told = prompt_message((1, 2, 2), [impossible, TokenScore(2, 0.5, -0.7, 1, 1.5)])
    assert [step["index"] for step in told["steps"]] == [-2, -1]
    assert told["score"] == {"logprob_nats": None, "mean_logprob_nats": None, "perplexity": None}
    assert prompt_message((1,), []) == {"steps": [], "score": None}
