"""Tests that the measures of Beams, Compare prompts and the weights over a source are what transformers gives."""

import asyncio
import math

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.lessons.expressions import Scope, read
from playground.lessons.faults import Faults
from playground.lessons.lesson import State
from playground.lessons.looking import Look
from playground.lessons.states import read_state
from playground.lessons.texts import Texts
from playground.models.built_in import BUILT_IN
from playground.models.loading import load
from playground.traces.store import TraceStore

PROMPT = "the tin on"
BEAMS = State(1, view="beams", prompt=PROMPT, settings=Settings(num_beams=3, max_new_tokens=6, seed=2, temperature=0.8))


def look(engine: Engine, state: State, **changes) -> Look:
    return asyncio.run(Texts(engine.model, engine).after(state, changes))


def value(seen: Look, source: str, view: str):
    return seen.value(read(source, Scope(view)).tree)


def in_prompts(fields: str) -> State:
    """Returns the state of a block of Compare prompts."""
    faults = Faults("lesson.md")
    state = read_state(["view: compare/prompts", "max_new_tokens: 4", *fields.split("\n")], 1, faults)
    assert not faults.found, faults.found
    return state


@torch.inference_mode()
def logprobs(hf, ids: list[int]) -> torch.Tensor:
    """Returns (position, vocab) log-probabilities of what follows each token."""
    return hf(torch.tensor([ids])).logits[0].double().log_softmax(-1)


def test_the_winner_is_generates_and_its_log_probability_the_sum_of_its_tokens(engine, tiny_models, tokenizer):
    hf, seen = tiny_models["llama"], look(engine, BEAMS)
    ids = tokenizer(PROMPT, return_tensors="pt").input_ids
    for row, options in (("winner", {"num_beams": 3}), ("greedy", {})):
        [told] = hf.generate(ids, do_sample=False, max_new_tokens=6, **options).tolist()
        start = ids.shape[1]
        of_all = logprobs(hf, told)
        expected = sum(float(of_all[place - 1, told[place]]) for place in range(start, len(told)))
        assert value(seen, f'path_text("{row}")', "beams") == tokenizer.decode(told[start:])
        assert value(seen, f'path_logprob("{row}")', "beams") == pytest.approx(expected, abs=1e-4)
        assert value(seen, f'path_probability("{row}")', "beams") == pytest.approx(math.exp(expected), rel=1e-4)


def test_the_sampled_text_has_the_seed_and_the_sampling_settings(engine):
    as_text = State(1, prompt=PROMPT, settings=Settings("sample", max_new_tokens=6, seed=2, temperature=0.8))
    written = look(engine, as_text)
    assert look(engine, BEAMS).value(read('path_text("sampled")', Scope("beams")).tree) == written.text()
    other = value(look(engine, BEAMS, seed=3), 'path_logprob("sampled")', "beams")
    assert other != value(look(engine, BEAMS), 'path_logprob("sampled")', "beams")


def test_another_row_is_refused(engine):
    with pytest.raises(PlaygroundError, match="The row is 'best'. Choose one of winner, greedy, sampled"):
        value(look(engine, BEAMS), 'path_text("best")', "beams")


def test_a_label_s_share_is_the_product_of_its_tokens(engine, tiny_models, tokenizer):
    seen = look(engine, in_prompts("prompt: bad\nshots: [0]"))
    prompt = tokenizer("Classify this review: bad\nSentiment:").input_ids
    for label in ("Positive", "Negative"):
        own = tokenizer(f" {label}").input_ids
        of_all = logprobs(tiny_models["llama"], [*prompt, *own])
        expected = math.exp(sum(float(of_all[len(prompt) - 1 + at, token]) for at, token in enumerate(own)))
        assert value(seen, f'label_share(1, "{label}")', "compare/prompts") == pytest.approx(expected, rel=1e-3)
    assert value(seen, "prompt_tokens(1)", "compare/prompts") == len(prompt)
    assert value(seen, "window()", "compare/prompts") == engine.model.window


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('label_share(2, "Positive")', "The column is 2"),
        ('label_share(1, " Positive")', "' Positive' is not a label word. The label words are Positive, Negative."),
        ("prompt_tokens(0)", "The column is 0"),
    ],
)
def test_a_column_or_label_that_is_not_there_is_refused(engine, source, told):
    with pytest.raises(PlaygroundError, match=told):
        value(look(engine, in_prompts("prompt: bad\nshots: [0]")), source, "compare/prompts")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("task: Poems", "task is 'Poems'. Choose one of Sentiment of a review"),
        ("shots: [9]", "A number of shots is 9"),
        ("shots: []", "shots is empty"),
        ("shots: 4", "shots must be a list"),
    ],
)
def test_a_task_or_shots_that_the_view_does_not_have_are_refused(fields, told):
    faults = Faults("lesson.md")
    read_state(["view: compare/prompts", fields], 1, faults)
    assert told in str(faults.found[0])


def test_a_weight_over_the_source_is_that_of_transformers():
    folder = str(BUILT_IN / "french-english")
    model, plain = load(folder), AutoModelForSeq2SeqLM.from_pretrained(folder, attn_implementation="eager")
    engine = Engine(model, TraceStore(50_000_000)).start()
    try:
        state = State(1, prompt="Le chat noir dort.", step=2, settings=Settings("greedy", max_new_tokens=8))
        seen = look(engine, state)
        read_ids, begun = seen.trace.source_ids, seen.trace.ids_before(1)
        with torch.inference_mode():
            told = plain(
                input_ids=torch.tensor([read_ids]), decoder_input_ids=torch.tensor([begun]), output_attentions=True
            )
        expected = told.cross_attentions[-1][0, :, -1].mean(0)
        assert value(seen, "chosen()", "decode") == " black"
        for place, token in enumerate((" Le", " chat", " noir", " dort")):
            assert value(seen, f'cross_attention("{token}")', "decode") == pytest.approx(
                float(expected[place]), abs=1e-3
            )
        with pytest.raises(PlaygroundError, match="' blanc' is not among the tokens that can be looked at"):
            value(seen, 'cross_attention(" blanc")', "decode")
    finally:
        engine.close()


def test_a_text_without_a_source_has_no_weights_over_one(engine):
    with pytest.raises(PlaygroundError, match="has no encoder"):
        value(look(engine, State(1, prompt=PROMPT)), 'cross_attention(" the")', "decode")
