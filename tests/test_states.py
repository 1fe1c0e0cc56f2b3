"""Tests models whose layers keep a state: they equal `generate` in shared batches, after forks, in beams and scores."""

import asyncio

import pytest
import torch

from playground.decoding.settings import Settings
from playground.engine import batch, running
from playground.engine.batch import Batch
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.engine.scoring import scoring
from playground.models.cache_layers import kept, part
from playground.models.language_model import LanguageModel
from playground.prompts.labels import Query, Scorer
from playground.strategies.beams import searched
from playground.traces.store import TraceStore
from tests import fakes
from tests.hybrids import KINDS, hybrid

LENGTHS = (6, 21, 1, 11)
"""Four prompts of unequal length. One is a single token, which has no state before its first step."""


@pytest.fixture(scope="module", params=KINDS)
def model(request, tokenizer):
    return LanguageModel(hybrid(request.param), tokenizer, request.param)


@pytest.fixture
def engine(model):
    engine = Engine(model, TraceStore(200_000_000)).start()
    yield engine
    engine.close()


def expected(model: LanguageModel, ids, settings: Settings):
    """Returns the new ids of transformers' own `generate`, and the logits that it chose them from."""
    told = fakes.generate(model.hf, ids, settings, output_logits=True)
    return told.sequences[0, len(ids) :].tolist(), [step[0] for step in told.logits]


def assert_equal(model: LanguageModel, trace, told) -> None:
    ids, logits = told
    assert list(trace.token_ids) == ids
    for step, row in zip(trace.steps, logits, strict=True):
        torch.testing.assert_close(step.logits, row, rtol=0, atol=2e-4 * float(row.std()))


async def test_unequal_prompts_in_one_batch_equal_generate(engine, model):
    settings = fakes.greedy(9)
    prompts = [fakes.prompt(length) for length in LENGTHS]
    told = [expected(model, ids, settings) for ids in prompts]
    traces = await asyncio.gather(*(fakes.trace(engine, Request(ids, settings)) for ids in prompts))
    for (_, trace), own in zip(traces, told, strict=True):
        assert_equal(model, trace, own)


async def test_a_text_goes_on_and_forks_as_if_it_was_written_at_once(engine, model):
    ids, settings = fakes.prompt(12), fakes.greedy(10)
    whole = expected(model, ids, settings)[0]
    _, first = await fakes.trace(engine, Request(ids, fakes.greedy(4)))
    assert list(first.token_ids) == whole[:4]
    _, further = await fakes.trace(engine, Request((*ids, *whole[:4]), fakes.greedy(6)))
    assert list(further.token_ids) == whole[4:]
    beginning = (*ids, *whole[:2], 17)
    _, fork = await fakes.trace(engine, Request(beginning, fakes.greedy(5)))
    assert_equal(model, fork, expected(model, beginning, fakes.greedy(5)))


async def test_a_kept_state_does_not_change_while_a_text_goes_on_from_it(engine, model):
    ids = fakes.prompt(9)
    _, first = await fakes.trace(engine, Request(ids, fakes.greedy(4)))
    beginning = (*ids, *first.token_ids)
    await engine.call(lambda _: None)  # the thread has put the cache away when it answers
    held = engine.caches.beginning_of(beginning)
    before = [one.tensor.clone() for one in kept(held)]
    assert held.get_seq_length() == len(beginning) - 1
    told = [whole[4:] for whole in expected(model, ids, fakes.greedy(10))]
    for _ in range(2):
        _, further = await fakes.trace(engine, Request(beginning, fakes.greedy(6)))
        assert_equal(model, further, told)
    assert all(torch.equal(one.tensor, old) for one, old in zip(kept(held), before, strict=True))


async def test_a_text_shares_the_kept_beginning_that_it_goes_on_from(engine, model, monkeypatch):
    ids, copied = fakes.prompt(9), []
    run = engine.trace(Request(ids, fakes.greedy(4)))
    await fakes.collect(run)
    await engine.call(lambda _: None)  # the thread has put the cache away when it answers
    begun = (*ids, *engine.store.get(run.trace_id).token_ids)
    length = engine.caches.beginning_of(begun).get_seq_length()
    assert length == len(begun) - 1

    def watched(cache, row, start, stop, **others):
        copied.append(stop)
        return part(cache, row, start, stop, **others)

    monkeypatch.setattr(running, "part", watched)
    monkeypatch.setattr(batch, "part", watched)
    request = Request((*begun, 17), fakes.greedy(1))
    _, first = await fakes.trace(engine, request)
    await engine.call(lambda _: None)
    assert copied
    assert length not in copied
    before, held = copied.copy(), engine.caches.nbytes
    _, again = await fakes.trace(engine, request)
    await engine.call(lambda _: None)
    assert copied == before
    assert engine.caches.nbytes == held, "what two texts share counts once"
    assert again.token_ids == first.token_ids == tuple(expected(model, request.prompt_ids, fakes.greedy(1))[0])
    engine.store.drop([run.trace_id])
    await engine.call(lambda _: None)
    assert engine.caches.beginning_of((*request.prompt_ids, 5)).get_seq_length() == length + 2


async def test_a_fork_reads_only_what_follows_the_nearest_kept_state(engine, model, monkeypatch):
    """States are kept at the end of the prompt and along the text."""
    monkeypatch.setattr("playground.engine.running.STATE_EVERY", 8)
    ids = fakes.prompt(13)
    whole, _ = expected(model, ids, fakes.greedy(20))
    await fakes.trace(engine, Request(ids, fakes.greedy(20)))
    await engine.call(lambda _: None)
    text = (*ids, *whole)
    for length, nearest in ((14, 13), (15, 13), (18, 16), (29, 24), (33, 32)):
        beginning = (*text[:length], 17)
        assert engine.caches.beginning_of(beginning).get_seq_length() == nearest
        _, fork = await fakes.trace(engine, Request(beginning, fakes.greedy(3)))
        forked, _ = expected(model, beginning, fakes.greedy(3))
        assert list(fork.token_ids) == forked
    assert all(
        one.tensor.untyped_storage().nbytes() == one.tensor.nbytes for one in kept(engine.caches.beginning_of(text))
    )


async def test_a_long_prompt_that_is_read_in_slices_is_exact(engine, model, monkeypatch):
    monkeypatch.setattr("playground.engine.prompt_line.SLICE_TOKENS", 8)
    ids, settings = fakes.prompt(21, seed=2), fakes.greedy(5)
    told = expected(model, ids, settings)
    _, trace = await fakes.trace(engine, Request(ids, settings))
    assert_equal(model, trace, told)


async def test_beams_equal_generate(engine, model):
    settings = Settings(strategy="beam", num_beams=3, max_new_tokens=6)
    told = fakes.generate(model.hf, fakes.prompt(8), settings, num_return_sequences=3).sequences[:, 8:]
    tree = await searched(engine, fakes.prompt(8), settings)
    found = [one.token_ids for one in tree.hypotheses if one.returned]
    padded = [[*ids, *[fakes.EOS] * (told.shape[1] - len(ids))] for ids in found]
    assert padded == told.tolist()


async def test_scores_and_labels_are_those_of_whole_forwards(engine, model):
    ids = fakes.prompt(14)
    whole = model.hf(torch.tensor([ids]), use_cache=False).logits[0].double().log_softmax(-1)
    scores = await engine.work(lambda own: scoring(ids, own))
    for place, score in enumerate(scores):
        assert score.logprob_nats == pytest.approx(float(whole[place, ids[place + 1]]), abs=1e-3)
    labels = (ids[10:11], ids[10:12])
    [found] = await Scorer(engine).log_probabilities([Query(ids[:10], labels)])
    for label, nats in zip(labels, found, strict=True):
        rows = model.hf(torch.tensor([ids[:10] + label]), use_cache=False).logits[0].double().log_softmax(-1)
        assert nats == pytest.approx(sum(float(rows[9 + at, one]) for at, one in enumerate(label)), abs=1e-3)


def test_a_failed_step_leaves_states_as_they_were(model):
    rows_of_batch, rows = Batch(), [list(fakes.prompt(length)) for length in (7, 4)]
    for ids in rows:
        cache = model.new_cache()
        model.prefill(ids[:-1], cache)
        rows_of_batch.join([cache])
    before = [one.tensor.clone() for row in range(2) for one in kept(rows_of_batch.cache_of(row))]

    def fail(*_):
        raise MemoryError("no room")

    hook = model.hf.get_output_embeddings().register_forward_hook(fail)
    with pytest.raises(MemoryError, match="no room"):
        rows_of_batch.step(model, [ids[-1] for ids in rows])
    hook.remove()
    after = [one.tensor for row in range(2) for one in kept(rows_of_batch.cache_of(row))]
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
