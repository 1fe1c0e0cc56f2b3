"""Tests that a trace in a file keeps its numbers bit for bit, and that any other file is refused with a sentence."""

import base64
import gzip
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from playground.conversation import Conversation, Message
from playground.decoding.measures import RawFacts, raw_measures
from playground.decoding.settings import Settings
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.traces import file as trace_file
from playground.traces.file import Writer
from playground.traces.trace import Origin, Step, Trace
from tests import fakes
from tests.saved_trace import attention, logits, open_on_the_page, refusals, told

CONVERSATION = Conversation((Message("user", "Hi"),), {"enable_thinking": False})
HOSTILE = "<img src=x onerror=alert(1)> ${7*7} \ud83d"
WIDE = 1500
"""A vocabulary that is larger than what a light file holds."""


def packed(trace: Trace, tokens=None, kind="full") -> bytes:
    tokens = tokens or [f"t{number}" for number in range(WIDE)]
    writer = Writer(trace, trace.steps[0], tokens, ["suppress"], kind)
    return b"".join([writer.begin(), *map(writer.step, trace.steps), writer.end()])


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
    return Trace("tiny", (1, 2, size - 1), settings, tuple(made), "length", Origin("a secret", 1), CONVERSATION)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_every_number_is_written_bit_for_bit(dtype):
    trace = sample(dtype)
    trace.steps[0].logits[3] = -torch.inf
    file = told(packed(trace))
    assert (file["kind"], file["vocabulary_size"], file["stage_notes"]) == ("full", WIDE, ["suppress"])
    assert (file["model"], file["prompt_ids"], file["stop_reason"]) == ("tiny", [1, 2, WIDE - 1], "length")
    assert file["conversation"] == CONVERSATION.to_dict()
    assert open_on_the_page(packed(trace)).message["header"]["conversation"] == file["conversation"]
    assert Settings.from_dict(file["settings"]) == trace.settings
    assert file["tokens"] == {str(number): f"t{number}" for number in range(WIDE)}
    assert len(file["steps"]) == len(trace.steps)
    for written, step in zip(file["steps"], trace.steps, strict=True):
        for name in ("token_id", "draw", "probability", "kept", "seconds", "forced"):
            assert written[name] == getattr(step, name)
        assert (written["settings"] and Settings.from_dict(written["settings"])) == step.settings
        assert torch.equal(logits(file, step.index), step.logits)
        assert logits(file, step.index).dtype == dtype
        assert torch.equal(attention(file, step.index), step.attention)
    assert b"a secret" not in gzip.decompress(packed(trace)), "a parent's id is the right to read it"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_the_page_reads_what_was_written(dtype):
    trace = sample(dtype)
    special = [0.0, -0.0, 1.5, -3.3e-5, 6e-8, 300.25, -torch.inf, 1 / 3]
    trace.steps[0].logits[: len(special)] = torch.tensor(special)
    opened = open_on_the_page(packed(trace))
    for row, step in zip(opened.rows, trace.steps, strict=True):
        assert torch.equal(row.view(torch.int32), step.logits.float().view(torch.int32)), "bit for bit, -0 too"
    header = opened.message["header"]
    assert (header["model"], header["prompt_ids"], header["vocabulary_size"]) == ("tiny", [1, 2, WIDE - 1], WIDE)
    assert (header["stage_notes"], opened.message["stop_reason"]) == (["suppress"], "length")
    assert header["words"] == {str(number): f"t{number}" for number in range(WIDE)}
    assert (header["settings"]["temperature"], header["settings"]["strategy"]) == (0.7, "sample")
    for told_of, step in zip(opened.message["steps"], trace.steps, strict=True):
        assert (told_of["index"], told_of["token_id"], told_of["forced"]) == (step.index, step.token_id, step.forced)
        assert (told_of["draw"], told_of["probability"], told_of["kept"]) == (step.draw, step.probability, step.kept)
        assert RawFacts(told_of["raw_probability"], told_of["entropy_bits"], told_of["rank"]) == step.raw
    assert opened.message["steps"][0]["settings"]["top_k"] == 5
    assert opened.message["steps"][1]["settings"] is None


def test_what_a_search_found_is_a_file_too():
    search = Settings(strategy="beam", num_beams=4, length_penalty=2)
    content = packed(replace(sample(), settings=search))
    assert Settings.from_dict(told(content)["settings"]) == search
    settings = open_on_the_page(content).message["header"]["settings"]
    assert (settings["strategy"], settings["num_beams"], settings["length_penalty"]) == ("beam", 4, 2)


def test_a_generated_trace_comes_back(engine):
    _, trace = fakes.run(engine, Request(fakes.prompt(5), Settings(max_new_tokens=6, top_k=9, seed=2)))
    content = packed(trace, engine.model.vocabulary)
    file, opened = told(content), open_on_the_page(content)
    assert opened.token_ids == trace.token_ids
    assert [step["draw"] for step in opened.message["steps"]] == [step.draw for step in trace.steps]
    for row, step in zip(opened.rows, trace.steps, strict=True):
        assert torch.equal(row, step.logits.float())
        assert torch.equal(attention(file, step.index), step.attention)


def test_a_light_file_keeps_the_most_probable_and_the_sum_of_the_rest():
    trace = sample()
    content = packed(trace, kind="light")
    opened = open_on_the_page(content)
    for row, step in zip(opened.rows, trace.steps, strict=True):
        exact = [*torch.topk(step.logits, 1000).indices.tolist(), step.token_id, *trace.ids_before(step.index)]
        assert torch.equal(row[exact], step.logits[exact])
        rest = np.delete(row.numpy(), exact)
        assert len(set(rest.tolist())) == 1, "the rest is spread evenly"
        for token_id in exact[:3]:
            mine, its = (raw_measures(logits, token_id).probability for logits in (row.numpy(), step.row))
            assert mine == pytest.approx(its, rel=1e-6), "the whole is the same, so each share is"
    assert not any("attention" in step for step in told(content)["steps"])
    assert {"1", "2", str(WIDE - 1), "7", "8"} <= opened.message["header"]["words"].keys()
    assert "this light file" in opened.message["header"]["caption"]


def test_a_light_file_whose_rest_is_impossible():
    row = torch.full((WIDE,), -torch.inf)
    row[:5] = 1.0
    trace = Trace(
        "tiny", (1,), Settings(), (Step(0, row, 2, 0.5, 0.2, 5, None, 0.1, raw=RawFacts(0.2, 2.3, 3)),), "length"
    )
    assert torch.equal(open_on_the_page(packed(trace, kind="light")).rows[0], row)


def test_hostile_tokens_stay_text_and_half_a_character_breaks_nothing():
    opened = open_on_the_page(packed(sample(), [HOSTILE] * WIDE))
    assert opened.message["header"]["words"]["0"] == HOSTILE.encode("utf-8", "replace").decode()


def test_a_file_that_was_unpacked_opens_too():
    trace = sample()
    assert open_on_the_page(gzip.decompress(packed(trace))).token_ids == trace.token_ids


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
    trace = sample()
    with pytest.raises(PlaygroundError, match="a page opens a file with at most 100,000 and 20,000"):
        Writer(replace(trace, steps=trace.steps[:1] * 20_001), trace.steps[0], [])
    with pytest.raises(PlaygroundError, match="The text has 100,001 prompt tokens and 2 steps"):
        Writer(replace(trace, prompt_ids=(1,) * 100_001), trace.steps[0], [])
    monkeypatch.setattr(trace_file, "MOST_UNPACKED_BYTES", 10_000)
    with pytest.raises(PlaygroundError, match="light file"):
        packed(trace)


NO_FILES = [
    (b"", "no JSON"),
    (b"hello", "no JSON"),
    (b"\xff\xfe\x00", "no text"),
    (b"[" * 200_000, "no JSON"),
    (b"{}", "not a trace"),
    (b"[1]", "not a trace"),
    (b"null", "not a trace"),
    (packed(sample())[:-20], "cut off"),
    (packed(sample())[:2000], "cut off"),
    (b"\x1f\x8bnothing", "cut off"),
]


def test_what_is_no_file_of_ours_is_a_sentence():
    said = refusals(*(content for content, _ in NO_FILES))
    for sentence, (_, expected) in zip(said, NO_FILES, strict=True):
        assert expected in sentence


def encoded(*numbers: float, dtype: str = "<f4") -> str:
    return base64.b64encode(np.array(numbers, dtype).tobytes()).decode()


def first(told: dict) -> dict:
    return told["steps"][0]


FULL_EDITS = [
    (lambda told: told.update(version=2), "version 2, and this playground reads version 1"),
    (lambda told: told.update(version="<b>"), 'version "<b>"'),
    (lambda told: told.update(kind="heavy"), 'kind is "heavy"'),
    (lambda told: told.update(dtype="float8"), 'dtype is "float8"'),
    (lambda told: told.update(dtype=["float32"]), 'dtype is ["float32"]'),
    (lambda told: told.update(model=5), "model is 5"),
    (lambda told: told.update(vocabulary_size=10**12), "vocabulary_size is 1000000000000"),
    (lambda told: told.update(vocabulary_size=WIDE + 1), "logits are 1500 and not 1501"),
    (lambda told: told.update(vocabulary_size=True), "vocabulary_size is true"),
    (lambda told: told.update(vocabulary_size=1.5), "vocabulary_size is 1.5"),
    (lambda told: told.update(prompt_ids=[]), "prompt_ids is not a list or is empty"),
    (lambda told: told.update(prompt_ids=[1] * 100_001), "prompt_ids has 100001 entries, and the page shows at most"),
    (lambda told: told.update(prompt_ids=[WIDE]), "prompt_ids, token id is 1500"),
    (lambda told: told.update(prompt_ids=[-1]), "token id is -1"),
    (lambda told: told.update(prompt_ids=[1.5]), "token id is 1.5"),
    (lambda told: told.update(prompt_ids=["<b>"]), 'token id is "<b>"'),
    (lambda told: told.update(settings={"strategy": "sample", "temperature": 0}), "temperature is 0"),
    (lambda told: told["settings"].update(num_beams=65), "num_beams is 65"),
    (lambda told: told.update(settings=[]), "settings is not an object"),
    (lambda told: told["settings"].update(strategy="luck"), 'strategy is "luck"'),
    (lambda told: told.update(conversation=[]), "conversation is not an object with template_options"),
    (lambda told: told["conversation"].update(template_options=3), "conversation is not an object with template_opt"),
    (lambda told: told["conversation"].update(messages=[]), "messages of the conversation is not a list or is empty"),
    (lambda told: told["conversation"].update(messages=[{}] * 201), "messages of the conversation has 201 entries"),
    (lambda told: told["conversation"].update(messages=[{"role": "user", "content": 3}]), "conversation has a message"),
    (lambda told: told["conversation"]["messages"][0].update(content="x" * 10**6), "is longer than a million charact"),
    (lambda told: told.update(stop_reason="bored"), 'stop_reason is "bored"'),
    (lambda told: told.update(stop_reason=[]), "stop_reason is []"),
    (lambda told: told.update(stop_reason=None), "stop_reason is null"),
    (lambda told: told.update(stage_notes="x"), "stage_notes is not a list"),
    (lambda told: told.update(stage_notes=[5]), "stage_notes is 5"),
    (lambda told: told.update(tokens=[]), "tokens is not an object"),
    (lambda told: told.update(tokens={"01": "a"}), "tokens has an id"),
    (lambda told: told["tokens"].update(__proto__="x"), "tokens has an id"),
    (lambda told: told.update(tokens={"1": 5}), "tokens is 5"),
    (lambda told: told.update(steps={}), "steps is not a list"),
    (lambda told: told.update(steps=[]), "steps is not a list or is empty"),
    (lambda told: told.update(steps=[{}] * 20_001), "steps has 20001 entries, and the page shows at most 20000"),
    (lambda told: told.update(steps=[5]), "step 0 is not an object"),
    (lambda told: first(told).update(token_id="7"), 'step 0, token id is "7"'),
    (lambda told: told["steps"][1].update(token_id=999_999), "step 1, token id is 999999"),
    (lambda told: first(told).update(draw=1.5), "step 0, draw is 1.5"),
    (lambda told: first(told).update(draw=10**400), "draw is null"),
    (lambda told: first(told).update(probability=None), "step 0, probability is null"),
    (lambda told: first(told).update(kept=0), "kept is 0"),
    (lambda told: first(told).update(rank=0), "rank is 0"),
    (lambda told: first(told).update(draw=math.nan), "no JSON"),
    (lambda told: first(told).update(logits="!"), "logits is not base64"),
    (lambda told: first(told).update(logits="AAA="), "logits has the wrong length"),
    (lambda told: first(told).update(logits=encoded(1, 2)), "logits are 2 and not 1500"),
    (lambda told: first(told).update(logits=encoded(math.nan, *[0] * (WIDE - 1))), "NaN or infinity"),
    (lambda told: first(told).update(logits=encoded(math.inf, *[0] * (WIDE - 1))), "NaN or infinity"),
    (lambda told: first(told).update(logits=encoded(*[-math.inf] * WIDE)), "NaN or infinity"),
    (lambda told: first(told).update(forced=1), "step 0, forced is 1 and not one of true, false"),
    (lambda told: first(told).update(settings={"strategy": "sample", "top_k": -1}), "step 0, settings cannot be used"),
    (lambda told: told.update(kind="light"), "step 0, ids is missing"),
]
LIGHT_EDITS = [
    (lambda told: first(told).update(logits="AACAPw=="), "step 0, logits do not match their ids"),
    (lambda told: first(told).update(logits="AADAfw==", ids="AAAAAA=="), "NaN or infinity"),  # NaN
    (lambda told: first(told).update(ids="AAA="), "step 0, ids has the wrong length"),
    (lambda told: first(told).update(logits=encoded(1, 2), ids=encoded(3, 3, dtype="<u4")), "do not match their ids"),
    (lambda told: first(told).update(logits=encoded(1), ids=encoded(WIDE, dtype="<u4")), "do not match their ids"),
    (lambda told: first(told).update(rest_log_sum_exp="1"), 'rest_log_sum_exp is "1"'),
    (
        lambda told: first(told).update(logits=encoded(-math.inf), ids=encoded(3, dtype="<u4"), rest_log_sum_exp=None),
        "NaN or infinity",
    ),
]


@pytest.mark.parametrize(("kind", "edits"), [("full", FULL_EDITS), ("light", LIGHT_EDITS)])
def test_a_file_edited_by_hand_is_refused_by_name(kind, edits):
    plain = gzip.decompress(packed(sample(), kind=kind))
    contents = []
    for edit, _ in edits:
        file = json.loads(plain)
        edit(file)
        contents.append(json.dumps(file).encode())
    for sentence, (_, expected) in zip(refusals(*contents), edits, strict=True):
        assert sentence is not None, expected
        assert expected in sentence
        assert len(sentence) < 500
