"""Tests that a fork has the parent's steps, the chosen token, and then the model's continuation."""

import asyncio
from dataclasses import replace

import pytest
import torch

from playground.attention.views import AttentionViews
from playground.conversation import Conversation, Message
from playground.decoding.chance import uniform
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.fork import fork
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.traces.trace import Origin, Trace
from tests import fakes

SAMPLED = Settings(temperature=1.3, top_k=40, max_new_tokens=16, seed=11)
UNLIMITED = 10_000_000
CONVERSATION = Conversation((Message("user", "the"),))


@pytest.fixture(params=fakes.KINDS)
def engine(request, tiny_models, tokenizer):
    model = fakes.PacedModel(tiny_models[request.param], tokenizer, request.param)
    model.eos_token_ids = frozenset()
    engine = Engine(model, TraceStore(UNLIMITED), Limits(waiting=1)).start()
    yield engine
    model.free()
    engine.close()


async def parent_of(engine: Engine, settings: Settings = SAMPLED, length: int = 9) -> tuple[str, Trace]:
    run = engine.trace(Request(fakes.prompt(length), settings, conversation=CONVERSATION))
    await fakes.collect(run)
    return run.trace_id, engine.store.get(run.trace_id)


async def forked(engine: Engine, parent_id: str, index: int, forced: list[int], settings: Settings) -> Trace:
    run = fork(engine, Origin(parent_id, index), forced, settings)
    await fakes.collect(run)
    return engine.store.get(run.trace_id)


@pytest.mark.parametrize("settings", [SAMPLED, fakes.greedy(16)], ids=["sample", "greedy"])
@pytest.mark.parametrize("forced", [[250], [250, 3, 251]], ids=["one", "several"])
@pytest.mark.parametrize("index", [0, 6, 12])
async def test_a_fork_is_the_text_without_a_cache(engine, settings, forced, index):
    """A fork equals what a new engine writes after the prompt, the parent's tokens and the forced ones."""
    parent_id, parent = await parent_of(engine, settings)
    branch = await forked(engine, parent_id, index, forced, settings)
    assert branch.token_ids[: index + len(forced)] == (*parent.token_ids[:index], *forced)
    assert (branch.origin, branch.conversation) == ((parent_id, index), CONVERSATION)
    assert [step.index for step in branch.steps] == list(range(16))
    assert [step.forced for step in branch.steps] == [index <= i < index + len(forced) for i in range(16)]

    cold = Engine(engine.model, TraceStore(UNLIMITED), cache_bytes=0).start()
    rest = Request(parent.prompt_ids, settings, branch.token_ids[: index + len(forced)])
    _, expected = await fakes.trace(cold, rest)
    await asyncio.to_thread(cold.close)
    assert branch.token_ids[index + len(forced) :] == expected.token_ids
    for ours, theirs in zip(branch.steps[index + len(forced) :], expected.steps, strict=True):
        torch.testing.assert_close(ours.logits, theirs.logits, rtol=0, atol=1e-5)
        assert ours.draw == theirs.draw
    logits, _ = fakes.full_forward(engine.model.hf, branch.prompt_ids + branch.token_ids)
    for step in branch.steps:
        torch.testing.assert_close(step.logits, logits[8 + step.index], rtol=0, atol=1e-5)


async def test_a_warm_fork_reads_nothing_and_a_cold_one_reads_once(engine):
    parent_id, _ = await parent_of(engine)
    forwards = engine.model.forwards
    forwards.clear()
    branch = await forked(engine, parent_id, 6, [250], SAMPLED)
    assert forwards == [("step", 1)] * (16 - 7), "one step for every token after the chosen one"
    await engine.call(lambda model: engine.caches.keep_only(lambda name: False))
    forwards.clear()
    again = await forked(engine, parent_id, 6, [250], SAMPLED)
    assert forwards == [("prefill", 9 + 6)] + [("step", 1)] * (16 - 7)
    assert again.token_ids == branch.token_ids


async def test_a_forced_token_has_its_step(engine):
    parent_id, parent = await parent_of(engine)
    least = int(parent.steps[4].logits.argmin())
    branch = await forked(engine, parent_id, 4, [least, least], SAMPLED)
    first, second, drawn = branch.steps[4:7]
    assert first.logits is parent.steps[4].logits
    assert first.attention is parent.steps[4].attention
    assert (first.token_id, first.draw, first.probability, first.kept) == (least, None, 0.0, 40)
    assert second.draw is None
    assert drawn.draw == uniform(SAMPLED.seed, 6) == parent.steps[6].draw, "the number its parent's step saw"


async def test_the_probability_of_a_forced_token_is_that_of_the_stages(engine):
    parent_id, parent = await parent_of(engine)
    second = int(parent.steps[3].logits.topk(2).indices[1])
    branch = await forked(engine, parent_id, 3, [second], SAMPLED)
    kept = (parent.steps[3].logits / 1.3).topk(40)
    expected = kept.values.double().softmax(-1)[1]
    assert branch.steps[3].probability == pytest.approx(float(expected), rel=1e-6)


async def test_shared_steps_count_once(engine):
    parent_id, parent = await parent_of(engine)
    held = engine.store.nbytes
    branch = await forked(engine, parent_id, 10, [250], SAMPLED)
    assert all(ours is theirs for ours, theirs in zip(branch.steps[:10], parent.steps, strict=False))
    assert engine.store.nbytes == held + sum(step.nbytes for step in branch.steps[11:])
    engine.store.drop([parent_id])
    assert engine.store.nbytes == sum(step.nbytes for step in branch.steps)


async def test_other_settings_hold_from_the_fork_on(engine):
    parent_id, _ = await parent_of(engine)
    other = fakes.greedy(16)
    branch = await forked(engine, parent_id, 5, [250], other)
    assert [branch.settings_at(index) for index in (0, 4, 5, 15)] == [SAMPLED, SAMPLED, other, other]
    back = engine.store.open(branch)
    again = await forked(engine, back, 8, [250], SAMPLED)
    assert [again.settings_at(index) for index in (4, 5, 7, 8)] == [SAMPLED, other, other, SAMPLED]
    assert again.steps[0].settings is None


async def test_an_end_token_or_the_limit_ends_a_fork_at_once(engine):
    parent_id, _ = await parent_of(engine)
    engine.model.eos_token_ids = frozenset([fakes.EOS])
    ended = await forked(engine, parent_id, 4, [fakes.EOS], SAMPLED)
    assert (len(ended.steps), ended.stop_reason) == (5, "end_token")
    full = await forked(engine, parent_id, 14, [250, 251], SAMPLED)
    assert (len(full.steps), full.stop_reason) == (16, "length")
    inside = await forked(engine, parent_id, 4, [fakes.EOS, 250], SAMPLED)
    assert inside.token_ids[4:6] == (fakes.EOS, 250), "an end token inside of what was chosen is a token"


async def test_a_fork_can_be_forked_and_stepped(engine):
    parent_id, parent = await parent_of(engine)
    run = fork(engine, Origin(parent_id, 3), [250], SAMPLED)
    await fakes.collect(run)
    grandchild = await forked(engine, run.trace_id, 5, [251], SAMPLED)
    assert grandchild.token_ids[:4] == (*parent.token_ids[:3], 250)
    assert [step.forced for step in grandchild.steps[3:7]] == [True, False, True, False]


async def test_at_the_first_step_of_a_prompt_of_one_token(engine):
    parent_id, _ = await parent_of(engine, length=1)
    branch = await forked(engine, parent_id, 0, [250], SAMPLED)
    assert (branch.token_ids[0], len(branch.steps)) == (250, 16)


async def test_forks_run_together_as_they_do_alone(engine):
    parent_id, _ = await parent_of(engine)
    engine.limits = Limits()
    alone = [await forked(engine, parent_id, index, [token], SAMPLED) for index, token in ((2, 20), (9, 30), (9, 31))]
    engine.model.hold()
    runs = [fork(engine, Origin(parent_id, index), [token], SAMPLED) for index, token in ((2, 20), (9, 30), (9, 31))]
    engine.model.free()
    await asyncio.gather(*(fakes.collect(run) for run in runs))
    assert [engine.store.get(run.trace_id).token_ids for run in runs] == [trace.token_ids for trace in alone]


# refusals


@pytest.mark.parametrize(
    ("index", "forced", "settings", "sentence"),
    [
        (16, [5], SAMPLED, "Step 17 does not exist: this text has 16 steps."),
        (-1, [5], SAMPLED, "Step 0 does not exist"),
        (
            14,
            [5, 6, 7],
            SAMPLED,
            "With this choice the text would have 17 new tokens, and max_new_tokens is 16. Choose",
        ),
        (
            3,
            [5] * 90,
            Settings(max_new_tokens=200),
            "would have 102 tokens, prompt included, and .* has a window of 96",
        ),
    ],
)
async def test_a_fork_that_cannot_be_is_a_sentence_and_leaves_nothing(engine, index, forced, settings, sentence):
    parent_id, parent = await parent_of(engine)
    held = engine.store.nbytes
    with pytest.raises(PlaygroundError, match=sentence) as refusal:
        fork(engine, Origin(parent_id, index), forced, settings)
    assert (refusal.value.status == 404) == ("does not exist" in sentence)
    assert engine.store.nbytes == held
    assert engine.store.get(parent_id).token_ids == parent.token_ids


async def test_a_fork_of_what_is_gone_is_a_sentence(engine):
    parent_id, _ = await parent_of(engine)
    engine.store.drop([parent_id])
    with pytest.raises(PlaygroundError, match="no longer kept"):
        fork(engine, Origin(parent_id, 1), [5], SAMPLED)


@pytest.mark.parametrize("index", [0, 3])
async def test_a_fork_of_a_text_that_gave_up_its_rows_is_the_same_fork(engine, index):
    parent_id, _ = await parent_of(engine)
    expected = await forked(engine, parent_id, index, [5, 9], SAMPLED)
    engine.store.release([parent_id])
    assert engine.store.step(parent_id, index) is None
    branch = await forked(engine, parent_id, index, [5, 9], SAMPLED)
    assert branch.token_ids == expected.token_ids
    for ours, theirs in zip(branch.steps[index:], expected.steps[index:], strict=True):
        torch.testing.assert_close(ours.logits, theirs.logits, rtol=0, atol=1e-5)
        assert (ours.forced, ours.draw, ours.kept) == (theirs.forced, theirs.draw, theirs.kept)
        assert (ours.probability, *ours.raw) == pytest.approx((theirs.probability, *theirs.raw), abs=1e-5)


async def test_a_fork_at_a_step_that_gave_up_its_attention_has_the_recorded_logits(tiny_models, tokenizer):
    model = fakes.PacedModel(tiny_models["llama"], tokenizer)
    model.eos_token_ids = frozenset()
    engine = Engine(model, TraceStore(UNLIMITED, max_attention_bytes=0)).start()
    parent_id, parent = await parent_of(engine)
    room = UNLIMITED - sum(step.logits.nbytes for step in parent.steps)
    filling = replace(parent.steps[0], logits=torch.empty(room, dtype=torch.uint8), attention=None)
    engine.store.drop([engine.store.open(Trace("tiny", (1,), SAMPLED, (filling,)))])
    assert engine.store.step(parent_id, 3).attention is None
    run = fork(engine, Origin(parent_id, 3), [5], SAMPLED)
    steps = await fakes.collect(run)
    assert steps[0].logits is parent.steps[3].logits
    branch = engine.store.get(run.trace_id)
    views = AttentionViews(engine)
    expected = fakes.full_forward(model.hf, branch.prompt_ids + branch.token_ids)[1]
    for step in branch.steps:
        position = 9 + step.index
        rows = await views.rows(run.trace_id, position)
        torch.testing.assert_close(
            torch.tensor(rows.weights), expected[:, :, position - 1, :position], rtol=0, atol=2**-11
        )
        assert rows.is_recomputed == (step.index <= 3)
    engine.close()


@pytest.mark.parametrize(("text", "expected"), [(" the", [264]), ("in</s>on", [265, 1, 267])])
def test_a_typed_text_is_taken_as_it_is(engine, text, expected):
    assert engine.model.tokenizer.decode(engine.model.tokenizer.encode_continuation(text)) == text
    assert len(engine.model.tokenizer.encode_continuation(text)) == len(expected)


@pytest.mark.parametrize(("text", "sentence"), [("", "no text to continue with"), ("a\ud800", "The text holds U.D800")])
def test_a_typed_text_that_is_none_is_a_sentence(engine, text, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        engine.model.tokenizer.encode_continuation(text)


@pytest.mark.model
@pytest.mark.parametrize("strategy", ["sample", pytest.param("greedy", marks=pytest.mark.long)])
async def test_on_the_default_model_a_warm_fork_equals_a_cold_one(default_model, strategy):
    settings = Settings(strategy=strategy, temperature=0.8, top_p=0.95, max_new_tokens=30, seed=3)
    prompt = default_model.tokenizer.encode("At night the sky is full of")
    warm = Engine(default_model, TraceStore(2**28)).start()
    run = warm.trace(Request(prompt, settings))
    await fakes.collect(run)
    forced = default_model.tokenizer.encode_continuation(" bright balloons")
    branch = await forked(warm, run.trace_id, 12, list(forced), settings)
    await asyncio.to_thread(warm.close)
    cold = Engine(default_model, TraceStore(2**28), cache_bytes=0).start()
    _, expected = await fakes.trace(cold, Request(prompt, settings, branch.token_ids[: 12 + len(forced)]))
    await asyncio.to_thread(cold.close)
    assert branch.token_ids[12 + len(forced) :] == expected.token_ids
    for ours, theirs in zip(branch.steps[12 + len(forced) :], expected.steps, strict=True):
        # Logits reach 25, where float32 has steps of 2e-6, and a prompt uses another kernel than a single token.
        torch.testing.assert_close(ours.logits, theirs.logits, rtol=0, atol=5e-5)
        torch.testing.assert_close(ours.logits.softmax(-1), theirs.logits.softmax(-1), rtol=0, atol=1e-5)
