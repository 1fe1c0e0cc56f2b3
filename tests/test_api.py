"""Tests the documented API: its numbers are those of transformers, and it refuses with sentences."""

import json
import math

import pytest
import torch

from playground.decoding.processors import batch_stages
from playground.decoding.settings import Settings
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.prompts.labels import Scorer
from playground.web import api
from playground.web.inside.attention import attention
from tests import fakes
from tests.test_chat_template import CALLED, THINKING, TOOLS

SAMPLED = {"temperature": 0.7, "top_k": 30, "top_p": 0.9, "repetition_penalty": 1.2, "max_new_tokens": 6, "seed": 11}


async def test_a_trace_has_the_documented_fields(engine):
    answer = await api.trace(engine, "the tin", SAMPLED)
    assert set(answer) == {"model", "dtype", "prompt_ids", "text", "stop_reason", "steps"}
    step_fields = {"index", "token_id", "token", "probability", "raw_probability", "rank", "draw", "kept"}
    step_fields |= {"stages", "candidates"}
    candidate_fields = {"token_id", "token", "logit", "raw_probability", "probability", "removed_by"}
    for place, step in enumerate(answer["steps"]):
        assert set(step) == step_fields
        assert step["index"] == place
        assert len(step["candidates"]) == 20
        assert all(set(candidate) == candidate_fields for candidate in step["candidates"])
    assert answer["prompt_ids"] == list(engine.model.tokenizer.encode("the tin"))
    assert answer["text"] == engine.model.tokenizer.decode([step["token_id"] for step in answer["steps"]])


async def test_every_number_is_that_of_a_plain_forward(engine):
    answer = await api.trace(engine, "the tin", SAMPLED)
    settings, prompt = Settings.from_dict(SAMPLED), answer["prompt_ids"]
    ids = prompt + [step["token_id"] for step in answer["steps"]]
    logits, _ = fakes.full_forward(engine.model.hf, ids)
    for step in answer["steps"]:
        before = ids[: len(prompt) + step["index"]]
        raw = logits[len(before) - 1]
        *_, final = batch_stages(raw[None], [before], settings)
        raw_probabilities = raw.double().softmax(-1)
        probabilities = final.scores[0].double().softmax(-1)
        assert step["raw_probability"] == pytest.approx(raw_probabilities[step["token_id"]].item(), abs=1e-6)
        assert step["probability"] == pytest.approx(probabilities[step["token_id"]].item(), abs=1e-6)
        assert step["kept"] == int((probabilities > 0).sum())
        assert step["rank"] == int((raw > raw[step["token_id"]]).sum()) + 1
        assert 0 <= step["draw"] < 1
        best = raw.argsort(descending=True)[:20].tolist()
        assert [candidate["token_id"] for candidate in step["candidates"]] == best
        for candidate in step["candidates"]:
            token_id = candidate["token_id"]
            assert candidate["logit"] == pytest.approx(raw[token_id].item(), abs=1e-5)
            assert candidate["raw_probability"] == pytest.approx(raw_probabilities[token_id].item(), abs=1e-6)
            assert candidate["probability"] == pytest.approx(probabilities[token_id].item(), abs=1e-6)
            assert (candidate["removed_by"] is None) == (candidate["probability"] > 0)


async def test_removed_by_names_the_stage(engine):
    answer = await api.trace(engine, "the", {"top_k": 3, "top_p": 0.5, "max_new_tokens": 1})
    removed = [candidate["removed_by"] for candidate in answer["steps"][0]["candidates"]]
    assert removed[0] is None
    assert set(removed[1:3]) <= {None, "top_p"}
    assert set(removed[3:]) == {"top_k"}


async def test_greedy_draws_nothing_and_keeps_the_penalties(engine):
    answer = await api.trace(engine, "the tin", {"strategy": "greedy", "repetition_penalty": 1.5, "temperature": 0.1})
    assert all(step["draw"] is None for step in answer["steps"])
    assert all(step["kept"] == fakes.VOCABULARY for step in answer["steps"])
    assert any(step["probability"] != pytest.approx(step["raw_probability"], rel=1e-3) for step in answer["steps"])


async def test_the_same_seed_repeats_the_text(engine):
    first, again = [await api.trace(engine, "on", SAMPLED) for _ in range(2)]
    assert first == again


async def test_nothing_is_kept_after_an_answer(engine):
    await api.trace(engine, "on", SAMPLED)
    assert engine.store.nbytes == 0


async def test_a_logit_the_model_rules_out_is_null(engine, llama):
    def rule_out(ids, seen):
        seen.logits[:, 5:] = -torch.inf
        return seen

    llama.spoil = rule_out
    answer = await api.trace(engine, "on", {"max_new_tokens": 1})
    logits = [candidate["logit"] for candidate in answer["steps"][0]["candidates"]]
    assert all(math.isfinite(logit) for logit in logits[:5])
    assert logits[5:] == [None] * 15


@pytest.mark.parametrize(
    ("prompt", "settings", "sentence"),
    [
        (5, {}, "prompt must be a text, but is 5"),
        ("x", [1], "settings must be an object of names and values"),
        ("x", None, "settings must be an object of names and values"),
        ("x", {"temprature": 1}, "'temprature' is not a setting"),
        ("x", {"temperature": "hot"}, "temperature must be a number, but is 'hot'"),
        ("x", {"temperature": math.nan}, "temperature must be a number, but is nan"),
        ("x", {"num_beams": 2.7}, "num_beams must be a whole number, but is 2.7"),
        ("x", {"strategy": "beam"}, "Choose greedy or sample"),
        ("x", {"max_new_tokens": 100_000}, "at most 512"),
        ("\ud800", {}, "half of a surrogate pair"),
        ("x" * 200, {}, "has a window of 96"),
    ],
)
async def test_bad_input_is_a_sentence(engine, prompt, settings, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await api.trace(engine, prompt, settings)
    assert engine.store.nbytes == 0
    assert (await api.trace(engine, "the", {"max_new_tokens": 1}))["stop_reason"] == "length"


async def test_labels_have_the_documented_fields(engine):
    answer = await api.label_probabilities(Scorer(engine), "the tin", ["a", "éü", "xyz"])
    assert set(answer) == {"n_tokens", "labels", "label_share"}
    assert answer["n_tokens"] == len(engine.model.tokenizer.encode("the tin"))
    prompt = list(engine.model.tokenizer.encode("the tin"))
    for label, text in zip(answer["labels"], ["a", "éü", "xyz"], strict=True):
        assert label["label"] == text
        assert label["token_ids"] == list(engine.model.tokenizer.encode(text))
        logits, _ = fakes.full_forward(engine.model.hf, prompt + label["token_ids"])
        softmax = logits.double().softmax(-1)
        parts = [softmax[len(prompt) - 1 + place, token] for place, token in enumerate(label["token_ids"])]
        assert label["probability"] == pytest.approx(math.prod(map(float, parts)), abs=1e-6)
    assert answer["label_share"] == pytest.approx(sum(label["probability"] for label in answer["labels"]))


@pytest.mark.parametrize(
    ("prompt", "labels", "sentence"),
    [
        (5, ["a"], "prompt must be a text, but is 5"),
        ("x", "a", "labels must be a list, but is 'a'"),
        ("x", ["a", None], "labels, number 2, must be a text, but is None"),
        ("x", ["xy", "x"], "The tokens of the label 'x' begin those of 'xy'"),
    ],
)
async def test_bad_labels_are_a_sentence(engine, prompt, labels, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await api.label_probabilities(Scorer(engine), prompt, labels)


async def test_prompts_compared_equal_single_traces(engine):
    prompts = ["the tin", "on", "a the in on the tin"]
    together = await api.compare_prompts(engine, prompts, SAMPLED)
    for prompt, answer in zip(prompts, together, strict=True):
        alone = await api.trace(engine, prompt, SAMPLED)
        assert answer["text"] == alone["text"]
        for step, expected in zip(answer["steps"], alone["steps"], strict=True):
            assert step["raw_probability"] == pytest.approx(expected["raw_probability"], abs=1e-6)
            assert step["draw"] == expected["draw"]


@pytest.mark.parametrize(
    ("prompts", "sentence"),
    [
        ("the", "prompts must be a list, but is 'the'"),
        ([], "prompts is empty. Give 1 to 16 texts."),
        (["x"] * 17, "prompts has 17 values. Give at most 16."),
        (["x", 3], "prompt 2 must be a text, but is 3"),
        (["the", "x" * 200], "has a window of 96"),
    ],
)
async def test_bad_prompts_are_a_sentence_and_none_is_traced(engine, prompts, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await api.compare_prompts(engine, prompts, {"max_new_tokens": 2})
    assert engine.store.nbytes == 0


def test_facts_are_those_of_the_model_line(engine):
    facts = api.facts(engine)
    assert facts["vocabulary"] == fakes.VOCABULARY
    assert (facts["layers"], facts["heads"], facts["window"]) == (2, 4, fakes.WINDOW)
    assert (facts["device"], facts["dtype"]) == ("cpu", "float32")


# attention


@pytest.mark.parametrize("text", ["the tin on the tin", "a"])
async def test_attention_is_that_of_a_plain_forward(engine, text):
    answer = await attention(engine, text, 1, 2)
    ids = engine.model.tokenizer.encode(text)
    assert answer["token_ids"] == list(ids)
    assert answer["tokens"] == [engine.model.tokenizer.decode([token_id]) for token_id in ids]
    _, expected = fakes.full_forward(engine.model.hf, ids)
    torch.testing.assert_close(torch.tensor(answer["weights"]), expected[1, 2], atol=1e-5, rtol=0)
    json.dumps(answer, allow_nan=False)


async def test_attention_looks_at_no_later_token(engine):
    weights = (await attention(engine, "the tin on the tin", 0, 0))["weights"]
    assert all(later == 0 for place, row in enumerate(weights) for later in row[place + 1 :])
    assert [sum(row) for row in weights] == pytest.approx([1] * len(weights), abs=1e-5)


@pytest.mark.parametrize(
    ("text", "layer", "head", "sentence"),
    [
        ("a", 2, 0, "layer is 2, and tiny has 2 of them. Choose one from 0 to 1."),
        ("a", -1, 0, "layer is -1"),
        ("a", 0, 4, "head is 4, and tiny has 4 of them. Choose one from 0 to 3."),
        ("a", "0", 0, "layer must be a whole number, but is '0'."),
        ("a", 0, 1.5, "head must be a whole number, but is 1.5."),
        ("a", True, 0, "layer must be a whole number, but is True."),
        ("", 0, 0, "The text is empty. Write or paste one."),
        (None, 0, 0, "text must be a text, but is None."),
        ("a" * 97, 0, 0, "The text has 97 tokens, and tiny has a window of 96. Shorten it."),
        (
            "a" * 5000,
            0,
            0,
            "The text has 5,000 tokens, and a text to look at has at most 512. Shorten it by 4,488.",
        ),
        ("\ud800", 0, 0, "U\\+D800"),
    ],
)
async def test_attention_refuses_in_sentences(engine, text, layer, head, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await attention(engine, text, layer, head)


async def test_beams_tells_the_sequences_of_generate(engine, tiny_models):
    answer = await api.beams(engine, "the tin", {"num_beams": 3, "max_new_tokens": 6, "length_penalty": 2})
    settings = Settings(strategy="beam", num_beams=3, max_new_tokens=6, length_penalty=2)
    ids = engine.model.tokenizer.encode("the tin")
    expected = fakes.generate(tiny_models["llama"], ids, settings, num_return_sequences=3, output_scores=True)
    for ours, theirs in zip(answer["sequences"], expected.sequences[:, len(ids) :].tolist(), strict=True):
        assert ours["token_ids"] == theirs[: len(ours["token_ids"])]
        assert ours["text"] == engine.model.tokenizer.decode(ours["token_ids"])
    scores = [one["score"] for one in answer["sequences"]]
    assert scores == pytest.approx(expected.sequences_scores.tolist(), abs=1e-5)


@pytest.mark.parametrize(("prompt", "settings"), [(7, {}), ("the", {"num_beams": 0}), ("the", {"beams": 3})])
async def test_beams_refuses_in_a_sentence(engine, prompt, settings):
    with pytest.raises(PlaygroundError):
        await api.beams(engine, prompt, settings)


async def test_grid_tells_the_table(engine):
    rows = [{"strategy": "greedy", "max_new_tokens": 6}, {"top_k": 5, "max_new_tokens": 6}]
    answer = await api.grid(Engines.only(engine), ["the tin"], rows, [1, 2, 3])
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    greedy, sampled = answer["rows"]
    assert [(row["name"], row["texts"], row["failed"]) for row in answer["rows"]] == [
        ("Greedy", 1, 0),
        ("top-k 5", 3, 0),
    ]
    assert set(greedy["measures"]) == set(answer["measures"])
    assert greedy["measures"]["length"]["error"] is None
    assert sampled["settings"]["top_k"] == 5
    assert sampled["measures"]["logprob_nats"]["error"] > 0


@pytest.mark.parametrize(
    ("prompts", "rows", "seeds"),
    [("the", [{}], [1]), ([7], [{}], [1]), (["the"], [], [1]), (["the"], [{"k": 1}], [1]), (["the"], [{}], ["x"])],
)
async def test_grid_refuses_in_a_sentence(engine, prompts, rows, seeds):
    with pytest.raises(PlaygroundError):
        await api.grid(Engines.only(engine), prompts, rows, seeds)


@pytest.fixture
def chatting(engine):
    """An engine whose model has a chat template with switches."""
    engine.model.tokenizer.hf = fakes.byte_level_tokenizer()
    engine.model.tokenizer.hf.chat_template = THINKING
    return engine


async def test_messages_are_what_the_chat_template_makes_of_them(chatting):
    messages = [{"role": "system", "content": "on"}, {"role": "user", "content": "the tin"}]
    options = {"enable_thinking": False}
    asked = {"strategy": "greedy", "max_new_tokens": 3, "messages": messages, "template_options": options}
    answer = await api.trace(chatting, "", asked)
    hf = chatting.model.tokenizer.hf
    text = hf.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, **options)
    assert answer["prompt_ids"] == hf(text, add_special_tokens=False).input_ids
    found = await api.beams(chatting, "", asked | {"num_beams": 2})
    assert len(found["sequences"]) == 2
    assert set(asked) == {"strategy", "max_new_tokens", "messages", "template_options"}, "the caller's object stays"


async def test_messages_may_hold_calls_of_tools(chatting):
    chatting.model.tokenizer.hf.chat_template = TOOLS
    answer = await api.trace(chatting, "", {"strategy": "greedy", "max_new_tokens": 2, "messages": CALLED})
    text = chatting.model.tokenizer.hf.apply_chat_template(CALLED, tokenize=False, add_generation_prompt=True)
    assert answer["prompt_ids"] == chatting.model.tokenizer.hf(text, add_special_tokens=False).input_ids


@pytest.mark.parametrize(
    ("prompt", "settings", "sentence"),
    [
        (
            "the",
            {"messages": [{"role": "user", "content": "on"}]},
            "prompt is 'the', and settings has messages. Give an",
        ),
        ("", {"messages": []}, "messages is empty"),
        ("", {"messages": CALLED}, "The chat template of tiny does not read tool_calls. Write the call into the conte"),
        ("the", {"template_options": {"tools": []}}, "template_options belong to settings.messages"),
        ("", {"messages": [{"role": "user", "content": "on"}], "template_options": {"date": ""}}, "not know 'date'"),
        ("", {"messages": [{"role": "user", "content": "x" * 100_000}]}, "content of message 1 has 100,000 characters"),
    ],
)
async def test_messages_that_cannot_be_used_are_a_sentence(chatting, prompt, settings, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await api.trace(chatting, prompt, settings)


async def test_messages_need_a_chat_template(engine):
    with pytest.raises(PlaygroundError, match="tiny has no chat template"):
        await api.trace(engine, "", {"messages": [{"role": "user", "content": "on"}]})
