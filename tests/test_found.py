"""Tests the trace of a text that beam search found: given tokens, the model's distributions, the search's settings."""

from dataclasses import replace

import pytest

from playground.decoding.settings import Settings
from playground.engine.fork import fork
from playground.engine.found import found
from playground.errors import PlaygroundError
from playground.strategies.beams import search
from playground.traces.trace import Origin
from tests import fakes

SEARCH = Settings(strategy="beam", num_beams=3, max_new_tokens=8)


async def trees(engine, prompt, settings=SEARCH):
    return [tree async for tree in search(engine, prompt, settings)]


async def opened(engine, prompt, settings, token_ids):
    run = found(engine, prompt, settings, token_ids)
    await fakes.collect(run)
    return run.trace_id, engine.store.get(run.trace_id)


async def test_a_finished_text_is_a_trace_whose_steps_have_the_searchs_probabilities(engine, llama):
    prompt = fakes.prompt(6)
    tree = (await trees(engine, prompt))[-1]
    best = tree.hypotheses[0]
    _, trace = await opened(engine, prompt, SEARCH, best.token_ids)
    assert (trace.prompt_ids, trace.token_ids, trace.settings) == (prompt, best.token_ids, SEARCH)
    assert trace.stop_reason == ("end_token" if best.token_ids[-1] in llama.eos_token_ids else "length")
    logits, _ = fakes.full_forward(llama.hf, prompt + best.token_ids)
    expected = logits[len(prompt) - 1 : -1].double().softmax(-1)
    for step, row in zip(trace.steps, expected, strict=True):
        assert (step.forced, step.draw) == (True, None)
        assert step.probability == pytest.approx(float(row[step.token_id]), abs=1e-5)


async def test_a_text_the_search_left_is_stopped_where_it_left_it(engine, llama):
    llama.eos_token_ids = frozenset()
    prompt = fakes.prompt(6)
    tree = (await trees(engine, prompt))[-1]
    node = next(place for place, node in enumerate(tree.nodes) if (node.depth, node.fate) == (3, "dropped"))
    _, trace = await opened(engine, prompt, SEARCH, tree.token_ids(node))
    assert (trace.token_ids, trace.stop_reason) == (tree.token_ids(node), "stopped")


async def test_a_text_that_a_stop_string_ended_says_so(engine, llama):
    llama.eos_token_ids = frozenset()
    word = llama.tokenizer.decode([70])
    settings = replace(SEARCH, stop_strings=(word,))
    _, trace = await opened(engine, fakes.prompt(6), settings, (80, 70))
    assert trace.stop_reason == "stop_string"


async def test_what_goes_on_from_it_keeps_saying_what_chose_the_beginning(engine, llama):
    llama.eos_token_ids = frozenset()
    trace_id, _ = await opened(engine, fakes.prompt(6), SEARCH, (9, 8, 7))
    run = fork(engine, Origin(trace_id, 1), (5,), fakes.greedy(4))
    await fakes.collect(run)
    trace = engine.store.get(run.trace_id)
    assert [trace.settings_at(index).strategy for index in range(4)] == ["beam", "greedy", "greedy", "greedy"]
    assert trace.token_ids[:2] == (9, 5)


@pytest.mark.parametrize(
    ("prompt", "token_ids", "sentence"),
    [
        (fakes.prompt(6), (), "This node is the prompt"),
        (fakes.prompt(6), (fakes.VOCABULARY,), "is no token of tiny"),
        (fakes.prompt(6), "ab", "a list of ids"),
        ((-1,), (5,), "-1 is no token of tiny"),
        (fakes.prompt(6), (5,) * 9, "9 new tokens, and max_new_tokens is 8"),
        (fakes.prompt(96), (5,), "window of 96"),
    ],
)
async def test_what_no_search_of_this_model_found_is_refused(engine, prompt, token_ids, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        found(engine, prompt, SEARCH, token_ids)
    assert not engine.busy
    assert engine.store.nbytes == 0
