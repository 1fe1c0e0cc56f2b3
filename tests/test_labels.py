"""Tests that a label's probability is the product of transformers' softmax values, also in shared forwards."""

import math
from itertools import pairwise

import pytest
import torch

from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.prompts.labels import Query, Scorer, calibrated, encode_labels, rescaled, share
from playground.traces.store import TraceStore
from tests import fakes

LABELS = ((7,), (8, 9), (8, 10, 11), (20, 21, 22, 23), (20, 24), (7 + 40,))


@pytest.fixture(params=fakes.KINDS)
def any_engine(request, tiny_models, tokenizer):
    engine = Engine(fakes.PacedModel(tiny_models[request.param], tokenizer), TraceStore(50_000_000)).start()
    yield engine
    engine.close()


@torch.inference_mode()
def expected(engine: Engine, prompt, label, attention: str = "eager") -> float:
    """Returns the product of the label's softmax values in one plain forward."""
    engine.model.hf.set_attn_implementation(attention)
    logits = engine.model.hf(torch.tensor([[*prompt, *label]])).logits[0]
    softmax = logits.double().softmax(-1)
    return math.prod(float(softmax[len(prompt) - 1 + place, token]) for place, token in enumerate(label))


@pytest.mark.parametrize("length", [1, 2, 9, 30])
async def test_one_prompt(any_engine, length):
    prompt = fakes.prompt(length)
    [found] = await Scorer(any_engine).probabilities([Query(prompt, LABELS)])
    assert found == pytest.approx([expected(any_engine, prompt, label) for label in LABELS], abs=1e-6)


async def test_many_prompts_with_a_shared_beginning(any_engine):
    prompts = [fakes.prompt(20) + fakes.prompt(length, seed=5) for length in (1, 3, 3, 12, 30)]
    found = await Scorer(any_engine).probabilities([Query(prompt, LABELS) for prompt in prompts])
    for prompt, probabilities in zip(prompts, found, strict=True):
        assert probabilities == pytest.approx([expected(any_engine, prompt, label) for label in LABELS], abs=1e-6)
    tokens = sum(count for kind, count in any_engine.model.forwards if kind == "prefill")
    assert tokens == 20, "what they share is read once"


async def test_a_long_prompt_is_read_in_slices(any_engine, monkeypatch):
    monkeypatch.setattr("playground.prompts.labels.SLICE_TOKENS", 16)
    prompts = [fakes.prompt(50), fakes.prompt(40, seed=1), fakes.prompt(5, seed=2)]
    found = await Scorer(any_engine).probabilities([Query(prompt, LABELS) for prompt in prompts])
    for prompt, probabilities in zip(prompts, found, strict=True):
        assert probabilities == pytest.approx([expected(any_engine, prompt, label) for label in LABELS], abs=1e-6)
    assert max(count for kind, count in any_engine.model.forwards if kind == "prefill") <= 16


async def test_what_was_asked_before_is_not_computed_again(engine, monkeypatch):
    first, second = [Query(fakes.prompt(10), LABELS)], [Query(fakes.prompt(11), LABELS)]
    room = 10 + sum(len(label) for label in LABELS) + 1  # room for only one prompt
    monkeypatch.setattr("playground.prompts.labels.REMEMBERED_IDS", room)
    scorer, work = Scorer(engine), []
    call = engine.call
    monkeypatch.setattr(engine, "call", lambda asked: work.append(asked) or call(asked))

    async def forwards(queries) -> int:
        work.clear()
        await scorer.probabilities(queries)
        return len(work)

    once = await scorer.probabilities(first)
    once[0].clear()  # the caller may change the answer
    assert await scorer.probabilities(first) == await Scorer(engine).probabilities(first)
    assert await forwards(first) == 0
    assert await forwards(second) > 0
    assert await forwards(second) == 0
    assert await forwards(first) > 0, "it had to give way"


async def test_no_query_is_no_work(any_engine):
    assert await Scorer(any_engine).probabilities([]) == []


async def test_others_get_a_step_between_two_slices(engine, llama, monkeypatch):
    monkeypatch.setattr("playground.prompts.labels.SLICE_TOKENS", 8)
    llama.eos_token_ids = frozenset()
    run = engine.trace(Request(fakes.prompt(3), fakes.greedy(60)))
    steps = aiter(run)
    await anext(steps)
    await Scorer(engine).probabilities([Query(fakes.prompt(40), LABELS)])
    run.close()
    kinds = [kind for kind, _ in llama.forwards[1:]]
    assert kinds.count("prefill") == 5
    assert ("prefill", "prefill") not in pairwise(kinds)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([], "no label words. Give at least one"),
        (["x", " "], "Label word 2 is ' '. Each one must be a text that is not empty"),
        (["x", ""], "Label word 2 is ''"),
        (["x", 5], "Label word 2 is 5"),
        (["xy", "z", "xy"], "The labels 'xy' and 'xy' are the same"),
        (["xyz", "xy"], "The tokens of the label 'xy' begin those of 'xyz'"),
        (["x" * 70], "has 70 tokens. Give labels of at most 64"),
        ([str(number) for number in range(21)], "There are 21 label words. Give at most 20"),
    ],
)
def test_bad_labels_are_refused(llama, labels, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        encode_labels(llama, labels)


def test_labels_that_share_their_first_token_are_fine(llama):
    assert encode_labels(llama, ["xa", "xb", "x" * 30]) == tuple(
        llama.tokenizer.encode(label, templated=True) for label in ("xa", "xb", "x" * 30)
    )


@pytest.mark.parametrize(("length", "sentence"), [(93, "has a window of 96"), (2049, "has 2,049 tokens")])
async def test_a_prompt_over_a_limit_is_refused(engine, length, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await Scorer(engine).probabilities([Query(fakes.prompt(length), LABELS)])


def test_share_and_preference_are_told_apart():
    assert share([0.1, 0.3]) == pytest.approx(0.4)
    assert rescaled([0.1, 0.3]) == pytest.approx([0.25, 0.75])
    assert rescaled([0.0, 0.0]) == [0.0, 0.0]


def test_calibration_divides_by_the_content_free_answer():
    """0.6 / 0.8 = 0.75 is less than 0.2 / 0.1 = 2, so the label that the prompt makes less probable wins."""
    assert calibrated([0.6, 0.2], [0.8, 0.1]) == pytest.approx([0.75 / 2.75, 2 / 2.75])
    assert calibrated([0.6, 0.2], [0.0, 0.1]) == pytest.approx([0, 1])


@pytest.mark.model
async def test_the_default_model_learns_the_format_from_examples(default_model):
    """Labels of one and several tokens equal transformers, and the label share rises with the shots."""
    from playground.prompts.prompting import build
    from playground.prompts.tasks import TASKS

    def count(text: str, templated: bool) -> int:
        return len(default_model.tokenizer.encode(text, templated=templated))

    engine = Engine(default_model, TraceStore(50_000_000)).start()
    labels = encode_labels(default_model, [" Positive", " Negative", " hard to say"])
    prompts = [
        default_model.tokenizer.encode(build(TASKS[0], TASKS[0].input, shots, budget=2000, count=count).text)
        for shots in (0, 1, 4)
    ]
    scorer = Scorer(engine)
    found = [(await scorer.probabilities([Query(prompt, labels)]))[0] for prompt in prompts]
    together = await scorer.probabilities([Query(prompt, labels) for prompt in prompts])
    engine.close()
    for prompt, probabilities, shared in zip(prompts, found, together, strict=True):
        exact = [expected(engine, prompt, label, "sdpa") for label in labels]
        # On some CPUs a plain float32 forward is 1.7e-6 off the float64 one, and ours is within 1e-6 of the latter.
        assert probabilities == pytest.approx(exact, abs=2e-6)
        assert shared == pytest.approx(exact, abs=5e-6), "eager and sdpa lie as far apart"
    shares = [share(probabilities[:2]) for probabilities in found]
    assert shares[0] < 0.3 < shares[1] < 0.7 < shares[2]
