"""Tests that each measure is what `generate` and transformers' processors give, and what the page marks and shows."""

import asyncio
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
)

from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.lessons.expressions import Scope, read
from playground.lessons.lesson import VIEWS, State
from playground.lessons.looking import Look
from playground.lessons.measures import MEASURES
from playground.lessons.texts import Texts
from playground.lessons.views.table import ALL
from tests import fakes

ROOT = Path(__file__).parent.parent
PROMPT = "the tin on"
STATE = State(1, prompt=PROMPT, step=3, settings=Settings("sample", temperature=0.7, seed=4, max_new_tokens=12))


def look(engine, state: State = STATE, **changes) -> Look:
    """Returns what the page shows of a state after changes."""
    return asyncio.run(Texts(engine.model, engine).after(state, changes))


def value(seen: Look, source: str, before: Look | None = None):
    return seen.value(read(source, Scope("decode", in_reveal=before is not None)).tree, before)


@pytest.fixture
def reference(tiny_models):
    """The logits of the step in view, (vocab,), computed by one forward of transformers over the text before it."""

    def row(seen: Look) -> np.ndarray:
        ids = seen.trace.ids_before(seen.step - 1)
        return tiny_models["llama"](torch.tensor([ids])).logits[0, -1].detach().float().numpy()

    return row


def softmax(row: np.ndarray) -> np.ndarray:
    weights = np.exp(row.astype(np.float64) - row.max())
    return weights / weights.sum()


def bits(probabilities: np.ndarray) -> float:
    some = probabilities[probabilities > 0]
    return float(-(some * np.log2(some)).sum())


def test_a_greedy_text_is_that_of_generate(engine, tiny_models, tokenizer):
    state = State(1, prompt=PROMPT, settings=fakes.greedy(12))
    seen = look(engine, state)
    ids = tokenizer(PROMPT, return_tensors="pt").input_ids
    told = tiny_models["llama"].generate(
        ids, do_sample=False, max_new_tokens=12, output_logits=True, output_scores=True, return_dict_in_generate=True
    )
    new = told.sequences[0, ids.shape[1] :].tolist()
    assert list(seen.trace.token_ids) == new
    assert value(seen, "tokens()") == len(new)
    assert value(seen, "text()") == tokenizer.decode(new[:-1] if new[-1] == fakes.EOS else new, errors="replace")
    for step in range(1, len(new) + 1):
        at = look(engine, state, step=step)
        row = told.logits[step - 1][0].numpy()
        expected = softmax(row)
        chosen = value(at, "chosen()")
        assert value(at, "most_likely()") == chosen
        assert value(at, "surprise()") == pytest.approx(-math.log2(expected[new[step - 1]]), abs=1e-5)
        assert value(at, "raw_entropy()") == pytest.approx(bits(expected), abs=1e-5)
        assert value(at, "entropy()") == pytest.approx(bits(expected), abs=1e-5)


def test_a_token_s_measures_are_those_of_its_row(engine, reference):
    seen = look(engine)
    row = reference(seen)
    for token in (" the", "t", " a"):
        token_id = next(one for one, text in enumerate(engine.model.vocabulary) if text == token.replace(" ", "·"))
        assert value(seen, f'logit("{token}")') == pytest.approx(float(row[token_id]), abs=1e-4)
        assert value(seen, f'raw_probability("{token}")') == pytest.approx(softmax(row)[token_id], rel=1e-4)
        assert value(seen, f'probability("{token}")') == pytest.approx(softmax(row / 0.7)[token_id], rel=1e-4)
        assert value(seen, f'rank("{token}")') == int((row > row[token_id]).sum()) + 1


@pytest.mark.parametrize(
    ("changes", "processors"),
    [
        ({"temperature": 0.3}, [TemperatureLogitsWarper(0.3)]),
        ({"top_k": 5}, [TemperatureLogitsWarper(0.7), TopKLogitsWarper(5)]),
        (
            {"repetition_penalty": 1.8, "temperature": 1, "top_k": 20},
            [RepetitionPenaltyLogitsProcessor(1.8), TopKLogitsWarper(20)],
        ),
    ],
)
def test_changed_settings_reshape_the_step_of_the_text_that_is_there(engine, changes, processors):
    before, after = look(engine), look(engine, **changes)
    assert after.trace.token_ids == before.trace.token_ids
    ids = torch.tensor([after.trace.ids_before(2)])
    scores = LogitsProcessorList(processors)(ids, torch.from_numpy(after.trace.steps[2].row)[None])[0]
    expected = scores.double().softmax(-1).numpy()
    assert value(after, "entropy()") == pytest.approx(bits(expected), abs=1e-9)
    assert value(after, "kept()") == int((expected > 0).sum())
    assert value(after, 'probability(" the")') == pytest.approx(expected[look_up(engine, " the")], abs=1e-12)
    assert value(after, "raw_entropy()") == value(before, "raw_entropy()")
    assert value(after, "chosen()") == value(before, "chosen()")
    assert value(after, "entropy() != before(entropy())", before)
    (name, _), *_ = changes.items()
    assert value(after, f'setting("{name}")') == changes[name]


def look_up(engine, token: str) -> int:
    return engine.model.vocabulary.index(token.replace(" ", "·"))


@pytest.mark.parametrize(
    "changes", [{"seed": 5}, {"prompt": "in the"}, {"max_new_tokens": 3}, {"strategy": "greedy", "temperature": 0.3}]
)
def test_other_changes_write_the_text_again(engine, changes):
    before, after = look(engine), look(engine, **changes)
    assert after.trace.token_ids != before.trace.token_ids
    assert after.trace.settings == Settings.from_dict(
        STATE.settings.to_dict() | {name: one for name, one in changes.items() if name != "prompt"}
    )


def test_the_same_text_is_written_once(llama, engine):
    texts = Texts(engine.model, engine)

    async def twice():
        first = await texts.look(STATE)
        count = len(llama.forwards)
        second = await texts.after(STATE, {"temperature": 2, "step": 1})
        return first, second, count

    first, second, count = asyncio.run(twice())
    assert first.trace is second.trace
    assert len(llama.forwards) == count
    assert engine.store.nbytes == 0


def test_pieces_counts_without_special_tokens(engine):
    seen = look(engine)
    assert value(seen, 'pieces("the in")') == len(engine.model.tokenizer.encode("the in", templated=True))
    assert value(seen, 'pieces("")') == 0


def test_repeated_counts_the_tokens_that_the_strip_marks(engine):
    state = State(1, prompt=PROMPT, settings=fakes.greedy(24))
    seen = look(engine, state)
    ids, prompt = seen.trace.ids_before(len(seen.trace.steps)), len(seen.trace.prompt_ids)
    marked = set()
    for end in range(prompt, len(ids)):
        earlier = [tuple(ids[start : start + 3]) for start in range(end - 2)]
        if tuple(ids[end - 2 : end + 1]) in earlier:
            marked |= {end - 2, end - 1, end}
    assert value(seen, "repeated()") == len({place for place in marked if place >= prompt}) > 0


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ('probability("stars")', r"'stars' is not a token of tiny. It is written as 's', 't', 'a', 'r', 's'."),
        ('rank("")', "'' is not a token of tiny."),
        ('logit("the t")', r"'the t' is not a token of tiny. It is written as"),
    ],
)
def test_a_text_that_is_not_one_token_has_no_value(engine, source, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        value(look(engine), source)


def test_a_step_that_the_text_does_not_have_is_told(engine):
    with pytest.raises(PlaygroundError, match="step is 13, and the text has 12 tokens."):
        look(engine, step=13)


def test_no_token_left_is_told(engine):
    seen = look(engine, logit_bias=dict.fromkeys(range(300), False))
    assert value(seen, "kept()") == 0
    with pytest.raises(PlaygroundError, match="No token is left after all stages."):
        value(seen, "entropy()")


def test_every_measure_of_the_table_has_a_value(engine):
    seen = look(engine)
    examples = {"setting": '"seed"'}
    kinds = {"number": (int, float), "text": str, "truth": bool}
    of_a_source = "cross_attention"  # this model reads none
    for measure in (one for one in MEASURES if one.view in (None, "decode") and one.name != of_a_source):
        given = examples.get(measure.name, '" the"') if measure.takes else ""
        assert isinstance(value(seen, f"{measure.name}({given})"), kinds[measure.gives]), measure.name


def test_the_views_of_lessons_are_those_of_the_page():
    source = (ROOT / "assets" / "common" / "navigation.js").read_text("utf-8")
    ids = re.findall(r'\{ id: "([^"]+)", tab:', source)
    assert [one for one in ids if one != "learn"] == list(VIEWS)  # a lesson does not open the list of lessons


def test_the_views_with_fields_and_measures_are_those_of_the_page():
    source = (ROOT / "assets" / "lesson" / "views" / "table.js").read_text("utf-8")
    assert set(re.findall(r'^  "?([^":]+)"?: [A-Z]+,$', source, re.MULTILINE)) == {view.id for view in ALL} < set(VIEWS)


@pytest.mark.model
def test_measures_on_the_default_model_are_those_of_generate(default_model):
    from playground.engine.engine import Engine
    from playground.traces.store import TraceStore

    engine = Engine(default_model, TraceStore(2**30)).start()
    state = State(1, prompt="At night the sky is full of", settings=fakes.greedy(4))
    seen = look(engine, state, temperature=0.5)
    engine.close()
    ids = default_model.tokenizer.hf(state.prompt, return_tensors="pt").input_ids
    told = default_model.hf.generate(
        ids, do_sample=False, max_new_tokens=4, output_logits=True, return_dict_in_generate=True, repetition_penalty=1.0
    )
    row = told.logits[0][0].numpy()
    (stars,) = default_model.tokenizer.hf(" stars", add_special_tokens=False).input_ids
    assert value(seen, "text()") == default_model.tokenizer.decode(told.sequences[0, ids.shape[1] :].tolist())
    assert value(seen, 'raw_probability(" stars")') == pytest.approx(softmax(row)[stars], abs=1e-5)
    assert value(seen, "most_likely()") == " stars"
    with pytest.raises(PlaygroundError, match="'zyx' is not a token of SmolLM2-135M-Instruct."):
        value(seen, 'rank("zyx")')
    with pytest.raises(PlaygroundError, match="'moonlight' is not a token of SmolLM2-135M-Instruct"):
        value(seen, 'rank("moonlight")')
