"""Tests that long texts are tokenised few times, with the same result as with many tokenisations."""

import logging
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.engine.engine import Engine
from playground.engine.request import Limits, Request
from playground.models import loaded_model
from playground.models.language_model import LanguageModel
from playground.models.prompt_ids import PromptIds
from playground.models.tokenizer import Tokenizer
from playground.prompts.columns import Columns, task_json
from playground.prompts.label_words import Joint, label_words
from playground.prompts.labels import Scorer
from playground.prompts.prompting import FORMS, Example, Task, build
from playground.traces.store import TraceStore
from playground.web.panels import decode
from tests import fakes

WORDS = ["the", "tin", "on", "a", "in", "he", "at", "this", "is", "not", "one", "of", "them", "and", "all"]


@pytest.fixture(scope="module")
def model(tiny_models, tokenizer) -> LanguageModel:
    return LanguageModel(tiny_models["llama"], tokenizer, "tiny")


def chat(turns) -> str:
    return "".join(f"<s>{turn['role']}\n{turn['content']}</s>\n" for turn in turns) + "<s>assistant\n"


def task_of(sizes: list[int], *, repeats: bool = True) -> Task:
    """Returns a task with an example for each size, which has this number of words."""
    texts = [" ".join(WORDS[(place + word) % len(WORDS)] for word in range(size)) for place, size in enumerate(sizes)]
    examples = tuple(Example(text, "On" if place % 2 else "A") for place, text in enumerate(texts))
    return Task("t", "Say:", ":", examples, "the", ("On", "A"), repeats=repeats)


def one_by_one(model: LanguageModel, task: Task, shots: int, budget: int, form: str) -> tuple[int, ...]:
    """Returns the examples that fit, found by tokenising the prompt again for each further example."""

    def size(numbers: list[int]) -> int:
        some = Task(**{**vars(task), "examples": tuple(task.examples[number] for number in numbers)})
        prompt = build(
            some, task.input, len(numbers), budget=10**6, count=Columns(model, Limits()).count, form=form, chat=chat
        )
        return len(model.tokenizer.encode(prompt.text, templated=prompt.templated))

    chosen: list[int] = []
    for number in range(min(shots, len(task.examples))):
        if size([*chosen, number]) <= budget:
            chosen.append(number)
    return tuple(chosen)


@settings(deadline=None, derandomize=True, database=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 25), min_size=1, max_size=12),
    budget=st.integers(60, 700),
    form=st.sampled_from(FORMS),
    repeats=st.booleans(),
)
def test_the_examples_that_fit_are_those_found_one_by_one(model, sizes, budget, form, repeats):
    task = task_of(sizes, repeats=repeats)
    prompt = build(task, task.input, 12, budget=budget, count=Columns(model, Limits()).count, form=form, chat=chat)
    assert prompt.shots == one_by_one(model, task, 12, budget, form)
    assert len(model.tokenizer.encode(prompt.text, templated=prompt.templated)) <= budget


def count_long(model: LanguageModel, monkeypatch, characters: int) -> list[int]:
    """Returns a list that records the length of each text of at least this many characters when it is tokenised."""
    seen: list[int] = []
    tokenizer = model.tokenizer.hf

    class Counting:
        def __call__(self, text, **options):
            if len(text) >= characters:
                seen.append(len(text))
            return tokenizer(text, **options)

        def __getattr__(self, name):
            return getattr(tokenizer, name)

    monkeypatch.setattr(model.tokenizer, "hf", Counting())
    return seen


@pytest.mark.parametrize("form", FORMS)
def test_two_hundred_examples_of_which_half_fit_are_tokenised_few_times(model, monkeypatch, form):
    """Trying the examples one by one tokenised them 202 times."""
    task = task_of([20 + number % 7 for number in range(200)])
    budget = len(
        model.tokenizer.encode(build(task, "the", 100, budget=10**6, count=lambda *_: 0, form=form, chat=chat).text)
    )
    long = count_long(model, monkeypatch, 1000)
    prompt = build(task, "the", 200, budget=budget, count=Columns(model, Limits()).count, form=form, chat=chat)
    assert len(prompt.shots) > 90
    assert len(prompt.left_out) == 200 - len(prompt.shots)
    assert len(long) <= 40


def test_examples_far_beyond_the_budget_are_not_tokenised_together(model, monkeypatch):
    task = task_of([8000] * 20)
    seen = count_long(model, monkeypatch, 20_000)
    assert build(task, "the", 20, budget=500, count=Columns(model, Limits()).count).shots == ()
    assert seen == []


def test_the_parts_of_a_column_are_counted_in_one_tokenisation(model, monkeypatch):
    task = task_json(task_of([15] * 60))
    columns = Columns(model, Limits(prompt_tokens=10_000))
    monkeypatch.setattr(model, "window", 10_000)
    long = count_long(model, monkeypatch, 2000)
    [column] = columns.show({"task": task, "form": "plain", "answer_tokens": 1, "columns": [{"shots": 60}]})["columns"]
    assert len(column["parts"]) > 60
    assert sum(part["tokens"] for part in column["parts"]) == len(column["ids"])
    assert len(long) <= 4, "the prompt's size, the one without content, its ids, and its parts"


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.text(max_size=12), max_size=6))
def test_tokens_until_a_place_are_those_that_end_there(model, parts):
    text, places = "".join(parts), list(accumulate(map(len, parts)))
    found = model.tokenizer.tokens_until(text, places)
    sizes = [end - before for before, end in pairwise([0, *found])]
    assert all(size >= 0 for size in sizes)
    if text:
        assert sum(sizes) == len(model.tokenizer.encode(text))


@settings(deadline=None, derandomize=True, database=None)
@given(
    text=st.lists(st.sampled_from([*WORDS, "\n", "  ", "éü", "ab", "</s>", "☺"]), min_size=1, max_size=150).map(
        " ".join
    ),
    end=st.sampled_from(["", " ", "t", "\n", ":"]),
    word=st.sampled_from(["he", " the", "in", " On", "", "☺", "  "]),
)
def test_a_word_is_tried_behind_the_last_words_with_the_result_of_the_whole(model, text, end, word):
    prompt, ids = text + end, model.tokenizer.encode(word, templated=True) if word else ()
    joint = Joint(model, prompt, templated=False)
    assert joint.prompt.ids == model.tokenizer.encode(prompt)
    assert joint.differs(word, ids) == (model.tokenizer.encode(prompt + word) != joint.prompt.ids + ids)


async def test_label_words_in_every_spelling_tokenise_a_long_prompt_once(tiny_models, tokenizer, monkeypatch):
    """Before, each of five spellings of each of twenty words tokenised the prompt."""
    model = fakes.PacedModel(tiny_models["llama"], tokenizer)
    monkeypatch.setattr(model, "window", 10_000)
    monkeypatch.setattr("playground.prompts.label_words._probabilities", zero)
    engine = Engine(model, TraceStore(10_000_000), Limits(prompt_tokens=5000))
    long = count_long(model, monkeypatch, 1000)
    prompt = {"text": " ".join(WORDS * 50), "templated": False, "content_free": "a " * 1000}
    labels = [f"{first}{second}" for first in "bcde" for second in "fghij"]
    spellings = ["space", "bare", "space lower", "lower", "space upper"]
    [answer] = await label_words(Scorer(engine), {"labels": labels, "spellings": spellings, "prompts": [prompt]})
    assert [len(answer[name]["labels"]) for name in spellings] == [20] * 5
    assert len(long) == 2, "the prompt, and the one that calibrates"


async def zero(scorer, ids, label_ids):
    """Replaces the model, whose window is too short for this prompt."""
    return dict.fromkeys(label_ids, 0.0)


async def test_a_models_own_processors_are_looked_for_once(engine, monkeypatch):
    """The names are looked up once; doing so for each token's message took a tenth of the event loop's time."""
    made, make = [], loaded_model.extra_processors
    monkeypatch.setattr(loaded_model, "extra_processors", lambda *given: (made.append(given), make(*given))[1])
    run = engine.trace(Request(fakes.prompt(5), fakes.greedy(5)))
    async for news in run:
        decode._news(engine, run.trace_id, news)
    await fakes.trace(engine, Request(fakes.prompt(9), fakes.greedy(2)))
    assert len(made) == 1


@pytest.mark.parametrize("length", [1, 2, 7, 90])
def test_which_processors_a_model_brings_does_not_depend_on_the_prompt(tiny_models, tokenizer, length):
    hf = fakes.tiny("gpt2")
    hf.generation_config.update(
        suppress_tokens=[3], begin_suppress_tokens=[4], forced_bos_token_id=5, forced_eos_token_id=1, min_length=4,
        min_new_tokens=3, exponential_decay_length_penalty=(2, 1.1), bad_words_ids=[[7]], renormalize_logits=True,
        sequence_bias=[[[8], 1.0]], top_h=0.5, remove_invalid_values=True,
    )  # fmt: skip
    model = LanguageModel(hf, tokenizer, "tiny")
    assert tuple(extra.name for extra in model.extra_processors(PromptIds((5,) * length), 20)) == model.extra_names
    assert len(model.extra_names) >= 8


def test_a_text_longer_than_the_window_says_nothing_in_the_log(caplog):
    """The request is refused with a sentence. transformers would warn of indexing errors, which cannot come."""
    hf = fakes.byte_level_tokenizer()
    hf.model_max_length = 4
    tokenizer = Tokenizer(hf, "tiny", fakes.VOCABULARY)
    transformers_logging = logging.getLogger("transformers")
    transformers_logging.addHandler(caplog.handler)
    try:
        tokenizer.encode("a long text")
        tokenizer.encode_continuation("a long text")
        tokenizer.tokens_until("a long text", [3])
    finally:
        transformers_logging.removeHandler(caplog.handler)
    assert caplog.records == []
