"""A trace out to a file and in again: the same numbers, bit for bit; and every file that is none is a sentence."""

import base64
import gzip
import io
import json
import math
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from playground import trace_file
from playground.errors import PlaygroundError
from playground.measures import RawFacts, raw_measures
from playground.request import Request
from playground.settings import Settings
from playground.trace_file import Writer, read
from playground.traces.trace import Origin, Step, Trace
from tests import fakes

HOSTILE = "<img src=x onerror=alert(1)> ${7*7} \ud83d"
WIDE = 1500
"""A vocabulary larger than what a light file holds."""


def packed(trace: Trace, tokens=None, kind="full") -> bytes:
    tokens = tokens or [f"t{number}" for number in range(WIDE)]
    writer = Writer(trace, trace.steps[0], tokens, ["suppress"], kind)
    return b"".join([writer.begin(), *map(writer.step, trace.steps), writer.end()])


def opened(content: bytes) -> trace_file.Saved:
    return read(io.BytesIO(content))


def sample(dtype=torch.float32, steps=2, size=WIDE) -> Trace:
    generator = torch.Generator().manual_seed(5)
    rows = [(4 * torch.randn(size, generator=generator)).to(dtype) for _ in range(steps)]
    attention = torch.rand(2, 3, 4, generator=generator).half()
    raw = RawFacts(0.2, 3.4, 5)
    made = [
        Step(index, row, 7 + index, 0.1 + index / 7, 1 / 3, 40, attention, 0.02, raw=raw)
        for index, row in enumerate(rows)
    ]
    made[0] = replace(made[0], settings=Settings(top_k=5))
    made[-1] = replace(made[-1], forced=True, draw=None)
    settings = Settings(temperature=0.7, stop_strings=("a",), seed=3)
    return Trace("tiny", (1, 2, size - 1), settings, tuple(made), "length", Origin("a secret", 1))


def test_what_a_search_found_is_a_file_too():
    search = Settings(strategy="beam", num_beams=4, length_penalty=2)
    trace = replace(sample(), settings=search)
    assert opened(packed(trace)).trace.settings == search


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_every_number_comes_back_bit_for_bit(dtype):
    trace = sample(dtype)
    trace.steps[0].logits[3] = -torch.inf
    saved = opened(packed(trace))
    for field in fields(Trace):
        if field.name not in ("steps", "origin"):
            assert getattr(saved.trace, field.name) == getattr(trace, field.name)
    assert saved.trace.origin is None
    assert b"a secret" not in gzip.decompress(packed(trace))
    assert len(saved.trace.steps) == len(trace.steps)
    for ours, theirs in zip(saved.trace.steps, trace.steps, strict=True):
        for field in fields(Step):
            mine, its = getattr(ours, field.name), getattr(theirs, field.name)
            if isinstance(its, torch.Tensor):
                assert mine.dtype == its.dtype
                assert torch.equal(mine, its)
            else:
                assert mine == its
    assert (saved.kind, saved.vocabulary_size, saved.stage_notes) == ("full", WIDE, ("suppress",))
    assert saved.tokens == {number: f"t{number}" for number in range(WIDE)}


def test_a_generated_trace_comes_back(engine):
    _, trace = fakes.run(engine, Request(fakes.prompt(5), Settings(max_new_tokens=6, top_k=9, seed=2)))
    saved = opened(packed(trace, engine.model.vocabulary))
    assert saved.trace.token_ids == trace.token_ids
    assert [step.draw for step in saved.trace.steps] == [step.draw for step in trace.steps]
    for ours, theirs in zip(saved.trace.steps, trace.steps, strict=True):
        assert torch.equal(ours.logits, theirs.logits)
        assert torch.equal(ours.attention, theirs.attention)


def test_a_light_file_keeps_the_most_probable_and_the_sum_of_the_rest():
    trace = sample()
    saved = opened(packed(trace, kind="light"))
    for ours, theirs in zip(saved.trace.steps, trace.steps, strict=True):
        exact = [*torch.topk(theirs.logits, 1000).indices.tolist(), theirs.token_id, *trace.ids_before(theirs.index)]
        assert torch.equal(ours.logits[exact], theirs.logits[exact])
        rest = np.delete(ours.row, exact)
        assert len(set(rest.tolist())) == 1, "the rest is spread evenly"
        for token_id in exact[:3]:
            mine, its = (raw_measures(step.row, token_id).probability for step in (ours, theirs))
            assert mine == pytest.approx(its, rel=1e-6), "the whole is the same, so each share is"
        assert ours.attention is None
    assert {1, 2, WIDE - 1, 7, 8} <= saved.tokens.keys()


def test_a_light_file_whose_rest_is_impossible():
    row = torch.full((WIDE,), -torch.inf)
    row[:5] = 1.0
    trace = Trace(
        "tiny", (1,), Settings(), (Step(0, row, 2, 0.5, 0.2, 5, None, 0.1, raw=RawFacts(0.2, 2.3, 3)),), "length"
    )
    assert torch.equal(opened(packed(trace, kind="light")).trace.steps[0].logits, row)


def test_hostile_tokens_stay_text_and_half_a_character_breaks_nothing():
    saved = opened(packed(sample(), [HOSTILE] * WIDE))
    assert saved.tokens[0] == HOSTILE.encode("utf-8", "replace").decode()


def test_a_file_that_was_unpacked_opens_too():
    trace = sample()
    assert opened(gzip.decompress(packed(trace))).trace.token_ids == trace.token_ids


def test_a_too_large_trace_is_refused_also_if_its_rows_are_not_held(monkeypatch):
    trace = sample(steps=3)
    growing = [replace(step, attention=torch.zeros(2, 3, 4 + step.index).half()) for step in trace.steps]
    size = sum(step.nbytes for step in growing) * 4 / 3 / 0.95
    bare = replace(trace, steps=tuple(step.bare() for step in growing))
    monkeypatch.setattr(trace_file, "MOST_UNPACKED_BYTES", size + 10)
    Writer(bare, growing[0], [])
    monkeypatch.setattr(trace_file, "MOST_UNPACKED_BYTES", size - 10)
    with pytest.raises(PlaygroundError, match="light file"):
        Writer(bare, growing[0], [])
    Writer(bare, growing[0], [], kind="light")


def test_a_too_large_trace_is_refused(monkeypatch):
    monkeypatch.setattr(trace_file, "MOST_UNPACKED_BYTES", 10_000)
    with pytest.raises(PlaygroundError, match="light file"):
        packed(sample())


def test_a_file_over_the_limits_is_refused_before_it_is_read_whole(monkeypatch):
    content = packed(sample())
    monkeypatch.setattr(trace_file, "MOST_PACKED_BYTES", 1000)
    file = io.BytesIO(content)
    with pytest.raises(PlaygroundError, match="larger than"):
        read(file)
    assert file.tell() == 1001
    monkeypatch.undo()
    monkeypatch.setattr(trace_file, "MOST_UNPACKED_BYTES", 1_000_000)
    with pytest.raises(PlaygroundError, match="unpacks to more than"):
        opened(gzip.compress(b" " * 50_000_000))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no JSON"),
        (b"hello", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[" * 200_000, "no JSON"),
        (b"{}", "not a trace"),
        (b"[1]", "not a trace"),
        (packed(sample())[:-20], "cut off"),
        (packed(sample())[:2000], "cut off"),
        (b"\x1f\x8bnothing", "cut off"),
    ],
)
def test_what_is_no_file_of_ours_is_a_sentence(content, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        opened(content)


def encoded(*numbers: float) -> str:
    return base64.b64encode(np.array(numbers, "<f4").tobytes()).decode()


def first(told: dict) -> dict:
    return told["steps"][0]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda told: told.update(version=2), "version 2.*reads version 1"),
        (lambda told: told.update(version="<b>"), "version '<b>'"),
        (lambda told: told.update(kind="heavy"), "kind is 'heavy'"),
        (lambda told: told.update(dtype="float8"), "dtype is 'float8'"),
        (lambda told: told.update(model=5), "model is 5"),
        (lambda told: told.update(vocabulary_size=10**12), "vocabulary_size is 1000000000000"),
        (lambda told: told.update(vocabulary_size=WIDE + 1), "logits are 1,500 and not 1,501"),
        (lambda told: told.update(vocabulary_size=True), "vocabulary_size is True"),
        (lambda told: told.update(prompt_ids=[]), "prompt_ids"),
        (lambda told: told.update(prompt_ids=[WIDE]), "prompt_ids, token id is 1500"),
        (lambda told: told.update(prompt_ids=[-1]), "token id is -1"),
        (lambda told: told.update(prompt_ids=[1.5]), "token id is 1.5"),
        (lambda told: told.update(settings={"temperature": 0}), "temperature is 0"),
        (lambda told: told.update(settings={"warmth": 1}), "'warmth' is not a setting"),
        (lambda told: told.update(settings=[]), "settings"),
        (lambda told: told.update(settings={"strategy": "luck"}), "strategy is 'luck'"),
        (lambda told: told.update(stop_reason="bored"), "stop_reason is 'bored'"),
        (lambda told: told.update(stop_reason=[]), "stop_reason"),
        (lambda told: told.update(stage_notes="x"), "stage_notes"),
        (lambda told: told.update(tokens=[]), "tokens"),
        (lambda told: told.update(tokens={"01": "a"}), "tokens has an id"),
        (lambda told: told.update(tokens={"1": 5}), "tokens is 5"),
        (lambda told: told.update(steps={}), "steps"),
        (lambda told: told.update(steps=[]), "steps is not a list with a step"),
        (lambda told: told.update(steps=[5]), "step 0 is not an object"),
        (lambda told: first(told).update(token_id="7"), "step 0, token id is '7'"),
        (lambda told: first(told).update(draw=1.5), "step 0, draw is 1.5"),
        (lambda told: first(told).update(draw=10**400), "draw is 1000"),
        (lambda told: first(told).update(probability=None), "step 0, probability is None"),
        (lambda told: first(told).update(kept=0), "kept is 0"),
        (lambda told: first(told).update(seconds=math.nan), "no JSON"),
        (lambda told: first(told).update(logits="!"), "logits is not base64"),
        (lambda told: first(told).update(logits="AAA="), "logits has the wrong length"),
        (lambda told: first(told).update(logits=encoded(1, 2)), "logits are 2 and not 1,500"),
        (lambda told: first(told).update(logits=encoded(math.nan, *[0] * (WIDE - 1))), "not a number"),
        (lambda told: first(told).update(logits=encoded(math.inf, *[0] * (WIDE - 1))), "infinity"),
        (lambda told: first(told).update(logits=encoded(*[-math.inf] * WIDE)), "or infinity"),
        (lambda told: first(told).update(forced=1), "step 0, forced is 1 and not true or false"),
        (lambda told: first(told).update(settings={"top_k": -1}), "step 0, settings cannot be used. top_k is -1"),
        (lambda told: first(told).update(attention=5), "attention has no shape"),
        (lambda told: first(told)["attention"].update(shape=[2, 3, 5]), "attention does not fit its shape"),
        (lambda told: told.update(kind="light"), "step 0, logits is None"),
    ],
)
def test_a_file_edited_by_hand_is_refused_by_name(edit, sentence):
    told = json.loads(gzip.decompress(packed(sample())))
    edit(told)
    with pytest.raises(PlaygroundError, match=sentence) as refusal:
        opened(json.dumps(told).encode())
    assert len(str(refusal.value)) < 500
