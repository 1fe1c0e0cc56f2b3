"""Tests texts under a constraint: sampling, greedy and beam search, alone and beside others, forked and continued."""

import asyncio
import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList

from playground.decoding.constraints.constraint import compiled
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.models.word_ids import words_of
from playground.prompts.labels import Query, Scorer, encode_labels, rescaled
from playground.strategies.beams import search
from playground.traces.store import TraceStore
from playground.traces.trace import Step
from tests import fakes

PATTERN = "[ab]{2,6}( the| on)"
KINDS = {
    "regex": {"regex": PATTERN},
    "choices": {"choices": ["in the", "on a", "then"]},
    "json_schema": {"json_schema": '{"type": "array", "items": {"enum": [1, 2]}, "maxItems": 2}'},
    "grammar": {"grammar": 'start: "(" start ")" | "x"'},
}


class Masks(LogitsProcessor):
    """The constraint as `generate` takes one of the caller's own processors."""

    def __init__(self, model, kind: str, value, prompt_length: int) -> None:
        self.constraint, self.prompt_length = compiled((kind, value), words_of(model)), prompt_length

    def __call__(self, input_ids, scores):
        masks = np.stack([self.constraint.mask(ids[self.prompt_length :]) for ids in input_ids.tolist()])
        return scores.masked_fill(~torch.from_numpy(masks), -torch.inf)


def masks_of(engine: Engine, prompt, **kind) -> LogitsProcessorList:
    [(name, value)] = kind.items()
    return LogitsProcessorList([Masks(engine.model, name, value, len(prompt))])


def text_of(engine: Engine, ids) -> str:
    return engine.model.tokenizer.decode(ids).removesuffix("</s>")


@pytest.mark.parametrize("strategy", ["sample", "greedy"])
def test_a_text_ends_with_the_end_token_where_it_meets_the_constraint(engine, strategy):
    for seed in range(8):
        settings = Settings(strategy, seed=seed, regex=PATTERN)
        _, trace = fakes.run(engine, Request(fakes.prompt(5), settings))
        assert trace.stop_reason == "end_token"
        assert re.fullmatch(PATTERN, text_of(engine, trace.token_ids))
        assert all(step.probability > 0 for step in trace.steps)


def test_greedy_equals_generate_with_the_same_masks(engine):
    prompt = fakes.prompt(5)
    _, trace = fakes.run(engine, Request(prompt, fakes.greedy(regex=PATTERN)))
    own = masks_of(engine, prompt, regex=PATTERN)
    theirs = fakes.generate(engine.model.hf, prompt, fakes.greedy(), logits_processor=own).sequences[0]
    assert trace.token_ids == tuple(theirs[len(prompt) :].tolist())


async def test_beam_search_equals_generate_with_the_same_masks(engine):
    prompt = fakes.prompt(5)
    settings = Settings("beam", num_beams=3, max_new_tokens=12, regex=PATTERN)
    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        tree = [one async for one in search(engine, prompt, settings)][-1]
    ours = [hypothesis for hypothesis in tree.hypotheses if hypothesis.returned]
    own = masks_of(engine, prompt, regex=PATTERN)
    options = {"num_return_sequences": 3, "output_scores": True, "logits_processor": own}
    theirs = fakes.generate(engine.model.hf, prompt, replace(settings, regex=None), **options)
    assert [one.score for one in ours] == pytest.approx(theirs.sequences_scores.tolist(), abs=1e-5)
    for hypothesis, sequence in zip(ours, theirs.sequences[:, len(prompt) :].tolist(), strict=True):
        assert list(hypothesis.token_ids) == sequence[: len(hypothesis.token_ids)]
        assert re.fullmatch(PATTERN, text_of(engine, hypothesis.token_ids))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_text_is_the_same_alone_beside_others_and_continued_from_any_step(engine, kind):
    def asked(seed: int) -> Request:
        return Request(fakes.prompt(5), Settings(seed=seed, max_new_tokens=12, **KINDS[kind]))

    alone = [(await fakes.trace(engine, asked(seed)))[1].token_ids for seed in range(6)]
    together = await asyncio.gather(*(fakes.trace(engine, asked(seed)) for seed in range(6)))
    assert [trace.token_ids for _, trace in together] == alone
    for seed, ids in enumerate(alone[:2]):
        for length in range(len(ids)):
            _, rest = await fakes.trace(engine, replace(asked(seed), completion_ids=ids[:length]))
            assert rest.token_ids[-len(ids) + length :] == ids[length:]


def test_a_token_that_breaks_the_constraint_ends_the_text_in_a_sentence(engine):
    wrong = engine.model.tokenizer.encode("the", templated=True)
    request = Request(fakes.prompt(5), Settings(regex=PATTERN), forced_ids=wrong)
    with pytest.raises(PlaygroundError, match="^No token is left after constraint"):
        fakes.run(engine, request)


def test_a_constraint_that_leaves_no_token_after_another_stage_names_that_stage(engine):
    settings = Settings(choices=["on"], min_new_tokens=3)
    with pytest.raises(PlaygroundError, match="^No token is left after min_new_tokens"):
        fakes.run(engine, Request(fakes.prompt(5), settings))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"regex": ""}, "The regular expression is empty"),
        ({"choices": []}, "The list of choices is empty"),
        ({"regex": "a", "grammar": 'start: "a"'}, "regex and grammar are given together"),
    ],
)
def test_settings_refuse_a_wrong_constraint(settings, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        Settings.from_dict(settings)


def test_settings_keep_a_constraint_as_json_has_it():
    for kind in KINDS.values():
        assert Settings.from_dict(json.loads(json.dumps(Settings(**kind).to_dict()))) == Settings(**kind)
    assert Settings(json_schema={"type": "object"}).json_schema == '{"type": "object"}'


def test_what_no_text_meets_is_refused_before_anything_runs(engine):
    with pytest.raises(PlaygroundError, match="no text meets it"):
        engine.trace(Request(fakes.prompt(5), Settings(grammar="start: start")))


def test_a_mask_is_sent_for_any_text(engine, client):
    ids = engine.model.tokenizer.encode("ab", templated=True)
    answer = client.post("/playground/mask", json={"completion_ids": list(ids), "regex": PATTERN})
    assert answer.content == compiled(("regex", PATTERN), words_of(engine.model)).packed(ids)
    for asked, sentence in (
        ({"completion_ids": []}, "The request has no constraint. Give one of choices, regex, json_schema, grammar."),
        ({"regex": "a"}, "The request has no completion_ids. Give one."),
        ({"completion_ids": [999], "regex": "a"}, "999 is no token of tiny"),
        ({"completion_ids": [], "regex": "("}, "The regular expression '(' has an error at character 1"),
    ):
        refused = client.post("/playground/mask", json=asked)
        assert refused.status_code == 400
        assert refused.json()["detail"].startswith(sentence)


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 16},
        "age": {"type": "integer", "minimum": 0, "maximum": 120},
        "member": {"type": "boolean"},
        "tags": {"type": "array", "items": {"enum": ["red", "green", "blue"]}, "maxItems": 2},
    },
    "required": ["name", "age", "member", "tags"],
    "additionalProperties": False,
}


def fits(person: object) -> bool:
    """Returns whether a value follows the schema `PERSON`."""
    if not isinstance(person, dict) or list(person) != list(PERSON["properties"]):
        return False
    name, age, member, tags = person.values()
    is_name = isinstance(name, str) and 1 <= len(name) <= 16
    is_age = isinstance(age, int) and not isinstance(age, bool) and 0 <= age <= 120
    are_tags = isinstance(tags, list) and len(tags) <= 2 and set(tags) <= {"red", "green", "blue"}
    return is_name and is_age and isinstance(member, bool) and are_tags


@pytest.fixture(scope="module")
def default_engine(default_model):
    engine = Engine(default_model, TraceStore(50_000_000)).start()
    yield engine
    engine.close()


@pytest.mark.model
@pytest.mark.parametrize("count", [16, pytest.param(100, marks=pytest.mark.long)])
async def test_texts_by_a_schema_parse_and_follow_it(default_engine, count):
    tokenizer = default_engine.model.tokenizer
    prompt = tuple(tokenizer.encode(tokenizer.chat_prompt("Describe a person as JSON."), templated=True))
    requests = [
        Request(prompt, Settings(seed=seed, max_new_tokens=200, json_schema=PERSON), background=True)
        for seed in range(count)
    ]
    texts = await asyncio.gather(*(_completion(default_engine, request) for request in requests))
    assert sum(fits(json.loads(text)) for text in texts) == count
    assert len(set(texts)) > 0.9 * count


async def _completion(engine: Engine, request: Request) -> str:
    ids = [step.token_id async for step in engine.trace(request) if isinstance(step, Step)]
    assert ids[-1] in engine.model.eos_token_ids
    return engine.model.tokenizer.decode(ids[:-1])


@pytest.mark.model
async def test_a_schema_that_takes_too_much_to_follow_fails_its_own_text_alone(default_engine):
    properties = {f"k{number}": {"type": "string"} for number in range(600)}
    wide = {"type": "object", "properties": properties}
    tokenizer = default_engine.model.tokenizer
    prompt, begun = tokenizer.encode("A list:"), tokenizer.encode("{")
    of_schema = Request(prompt, Settings(max_new_tokens=6, json_schema=wide), forced_ids=begun)
    runs = [fakes.trace(default_engine, one) for one in (of_schema, Request(prompt, fakes.greedy(6)))]
    refused, (_, other) = await asyncio.gather(*runs, return_exceptions=True)
    assert isinstance(refused, PlaygroundError)
    sentence = "^The JSON schema takes too much to follow after this text: .* max is 2000. Make it simpler.$"
    assert re.match(sentence, str(refused))
    assert len(other.steps) == 6


@pytest.mark.model
async def test_choices_of_one_token_are_the_label_probabilities_rescaled(default_engine):
    labels, model = [" Positive", " Negative", " Neutral"], default_engine.model
    prompt = model.tokenizer.encode("Review: A dull film.\nSentiment:")
    first_ids = [ids[0] for ids in encode_labels(model, labels)]
    found, rows = {}, []
    for ids in encode_labels(model, labels):
        assert len(ids) == 1
        _, trace = await fakes.trace(default_engine, Request(prompt, Settings(choices=labels), forced_ids=ids))
        found[ids] = trace.steps[0].probability
        rows.append(trace.steps[0].logits)
        assert trace.steps[0].kept == len(labels)
        assert (trace.steps[1].probability, trace.stop_reason) == (1, "end_token")
    assert all(torch.equal(row, rows[0]) for row in rows)
    of_row = rescaled(rows[0].double().softmax(-1)[first_ids].tolist())
    assert list(found.values()) == pytest.approx(of_row, rel=1e-12, abs=0), "of one forward they are the same numbers"
    [own] = await Scorer(default_engine).probabilities([Query(prompt, encode_labels(model, labels))])
    assert rescaled(own) == pytest.approx(of_row, abs=1e-5), "labels have a forward of their own, without a cache"
