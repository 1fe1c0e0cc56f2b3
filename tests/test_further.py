"""Tests that a text is written further from its end, under any settings, and that a text is written again."""

from dataclasses import replace

import pytest

from playground.conversation import Conversation, Message
from playground.decoding.chance import uniform
from playground.decoding.settings import Settings
from playground.engine.fork import fork, write_again
from playground.engine.found import found
from playground.engine.further import write_further
from playground.engine.reopening import reopened
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.traces.trace import Origin
from playground.web.messages.trace import trace_message
from tests import fakes

SAMPLED = Settings(temperature=1.3, top_k=40, max_new_tokens=8, seed=11)
COLD = replace(SAMPLED, temperature=0.4)


@pytest.fixture(autouse=True)
def without_end_token(engine):
    engine.model.eos_token_ids = frozenset()


async def written(engine, settings=SAMPLED, **request) -> str:
    run = engine.trace(Request(fakes.prompt(5), settings, **request))
    await fakes.collect(run)
    return run.trace_id


async def further(engine, trace_id, settings=SAMPLED, *, one_step=True, in_place=True) -> str:
    run = write_further(engine, trace_id, settings, one_step=one_step, in_place=in_place)
    await fakes.collect(run)
    return run.trace_id


async def stepped(engine, trace_id, count, settings=SAMPLED) -> str:
    for _ in range(count):
        trace_id = await further(engine, trace_id, settings)
    return trace_id


@pytest.mark.parametrize("settings", [SAMPLED, fakes.greedy(8)], ids=["sample", "greedy"])
async def test_steps_write_the_text_that_generate_writes(engine, settings):
    """They do so from the first token, and beyond the limit of new tokens as well as before it."""
    whole = engine.store.get(await written(engine, replace(settings, max_new_tokens=12)))
    first = await written(engine, settings, max_steps=1)
    last = engine.store.get(await stepped(engine, first, 11, settings))
    assert last.token_ids == whole.token_ids
    assert [step.draw for step in last.steps] == [step.draw for step in whole.steps]
    assert all(last.settings_at(index).chooses_as(settings) for index in range(12))


async def test_a_finished_text_stays_and_what_follows_is_listed_below_it(engine):
    parent = await written(engine)
    child = await further(engine, parent)
    assert child != parent
    assert len(engine.store.get(parent).steps) == 8
    trace = engine.store.get(child)
    assert (len(trace.steps), trace.stop_reason, trace.origin) == (9, "stopped", Origin(parent, 8))
    assert await further(engine, child) == child, "a text that was only paused grows"
    assert len(engine.store.get(child).steps) == 10


async def test_a_text_of_others_does_not_grow(engine):
    paused = await written(engine, max_steps=3)
    child = await further(engine, paused, in_place=False)
    assert [len(engine.store.get(trace_id).steps) for trace_id in (paused, child)] == [3, 4]
    engine.store.adopt(paused)
    assert engine.store.is_shared(paused)
    assert not engine.store.is_shared(child)
    engine.store.pin(child)
    assert engine.store.is_shared(child)


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("changed", [COLD, replace(SAMPLED, seed=12), fakes.greedy(8)], ids=["cold", "seed", "greedy"])
async def test_a_step_under_other_settings_names_them(engine, changed, in_place):
    paused = await written(engine, max_steps=3)
    trace = engine.store.get(await further(engine, paused, changed, in_place=in_place))
    assert [trace.settings_at(index).chooses_as(SAMPLED) for index in range(3)] == [True] * 3
    assert trace.settings_at(3).chooses_as(changed)
    assert trace.newest_settings.chooses_as(changed)
    assert trace.given_ids == trace.token_ids[:3]
    drawn = uniform(changed.seed, 3) if changed.strategy == "sample" else None
    assert trace.steps[3].draw == drawn


async def test_going_on_writes_the_limit_of_new_tokens_further(engine):
    longer = engine.store.get(await written(engine, replace(SAMPLED, max_new_tokens=16)))
    trace = engine.store.get(await further(engine, await written(engine), one_step=False))
    assert (trace.token_ids, trace.stop_reason) == (longer.token_ids, "length")
    paused = await written(engine, max_steps=3)
    assert await further(engine, paused, one_step=False) == paused
    assert engine.store.get(paused).token_ids == longer.token_ids[:11]


async def test_a_scored_text_gets_its_first_token(engine):
    run = engine.trace(Request(fakes.prompt(5), SAMPLED, max_steps=1))
    await fakes.collect(run)
    first = engine.store.get(run.trace_id)
    scored = engine.store.open(replace(first, steps=(), stop_reason="scored"))
    trace = engine.store.get(await further(engine, scored))
    assert (trace.token_ids, trace.origin) == (first.token_ids, Origin(scored, 0))


async def test_a_text_that_a_page_sent_again_goes_on_as_before(engine):
    """After a restart of the server the text has no rows. The next tokens are the same."""
    parent = await written(engine)
    expected = engine.store.get(await stepped(engine, parent, 3)).token_ids
    trace = engine.store.get(parent)
    told = trace_message(parent, trace, None, engine.model.vocabulary_size, [])
    again = reopened({**told, **told["header"]}, engine.model, engine.limits)
    known = engine.store.open(again)
    assert engine.store.get(await stepped(engine, known, 3)).token_ids == expected


async def test_after_the_end_token_a_sentence_says_how_to_go_on(engine):
    trace_id = await written(engine)
    engine.model.eos_token_ids = frozenset([engine.store.get(trace_id).token_ids[-1]])
    for one_step in (True, False):
        with pytest.raises(PlaygroundError, match="has ended: .*click a candidate.*or write a text") as refusal:
            await further(engine, trace_id, one_step=one_step)
        assert refusal.value.status == 409
    assert len(engine.store.get(trace_id).steps) == 8


async def test_a_text_is_never_longer_than_the_server_writes(engine):
    engine.limits = Limits(new_tokens=10)
    longest = await further(engine, await written(engine), one_step=False)
    trace = engine.store.get(longest)
    assert (len(trace.steps), trace.stop_reason) == (10, "length")
    with pytest.raises(PlaygroundError, match="has 10 new tokens, and this server writes at most 10"):
        await further(engine, longest)


async def test_a_running_text_is_not_written_further(engine):
    engine.model.hold()
    run = engine.trace(Request(fakes.prompt(5), SAMPLED))
    with pytest.raises(PlaygroundError, match="still being generated"):
        await further(engine, run.trace_id)
    engine.model.free()
    await fakes.collect(run)


async def again(engine, trace_id, settings):
    run = write_again(engine, trace_id, settings)
    await fakes.collect(run)
    return engine.store.get(run.trace_id)


async def test_a_text_is_written_again_with_its_own_seed(engine):
    trace_id = await written(engine)
    expected = engine.store.get(await written(engine, COLD))
    trace = await again(engine, trace_id, replace(COLD, seed=99))
    assert (trace.token_ids, trace.settings.seed, trace.origin) == (expected.token_ids, 11, None)


async def test_a_fork_is_written_again_with_what_was_chosen(engine):
    parent = await written(engine)
    run = fork(engine, Origin(parent, 2), [250, 251], SAMPLED)
    await fakes.collect(run)
    expected = fork(engine, Origin(parent, 2), [250, 251], COLD)
    await fakes.collect(expected)
    continued = await further(engine, run.trace_id)
    for trace_id in (run.trace_id, continued):
        trace = await again(engine, trace_id, COLD)
        assert trace.token_ids == engine.store.get(expected.trace_id).token_ids
        assert trace.origin == (parent, 2)
    engine.store.drop([parent])
    trace = await again(engine, run.trace_id, COLD)
    assert (trace.origin, [step.forced for step in trace.steps]) == (None, [False] * 8)


async def test_what_follows_a_text_keeps_its_conversation(engine):
    told = Conversation((Message("user", "the"),))
    parent = await written(engine, conversation=told)
    anew = write_again(engine, parent, replace(SAMPLED, temperature=0.5))
    await fakes.collect(anew)
    search = found(engine, fakes.prompt(5), replace(SAMPLED, strategy="beam", num_beams=2), [7], told)
    await fakes.collect(search)
    texts = [parent, await further(engine, parent, in_place=False), anew.trace_id, search.trace_id]
    assert [engine.store.get(trace_id).conversation for trace_id in texts] == [told] * 4
