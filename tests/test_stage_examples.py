"""Tests that each stage's example shows on the default model what its sentence says, in a step's bars and in the text.

The page compares the bars with those without the stage on the same row, and so do these tests.
"""

import asyncio
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pytest
import torch

from playground.decoding.green_list import detected
from playground.decoding.processors import stages
from playground.decoding.settings import Settings
from playground.decoding.stages import BY_NAME, STAGES
from playground.decoding.stages.stage import Moment
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.models.language_model import LanguageModel
from playground.models.word_ids import words_of
from playground.traces.store import TraceStore
from playground.traces.trace import Trace

pytestmark = pytest.mark.model

LEAST = 0.05
"""The least total variation between the bars with a stage and those without it."""


@dataclass(frozen=True, eq=False)
class Seen:
    """An example's text with its stage, or without it, and the step that the example shows.

    `row` holds the logits of that step in the text with the stage: (vocab,).
    """

    model: LanguageModel
    trace: Trace
    row: torch.Tensor
    moment: Moment

    @property
    def settings(self) -> Settings:
        return self.trace.settings

    @cached_property
    def probabilities(self) -> torch.Tensor:
        return stages(self.row, self.moment, self.settings, (), words_of(self.model))[-1].logits.double().softmax(-1)

    @property
    def kept(self) -> int:
        return int((self.probabilities > 0).sum())

    @property
    def ids(self) -> tuple[int, ...]:
        return self.trace.token_ids

    @property
    def text(self) -> str:
        return self.model.tokenizer.decode(self.ids)

    @property
    def first(self) -> str:
        """The first token of the text in quotation marks."""
        return self.quoted(self.ids[0])

    @property
    def surprise(self) -> float:
        """The mean surprise of the text's tokens in bits."""
        return sum(-math.log2(step.probability) for step in self.trace.steps) / len(self.trace.steps)

    def quoted(self, token_id: int) -> str:
        return f"“{self.model.tokenizer.decode([token_id]).strip()}”"

    def best(self, place: int = 0) -> str:
        """The token of the highest bar, or of one below it."""
        return self.quoted(int(self.probabilities.topk(place + 1).indices[place]))

    def id_of(self, word: str) -> int:
        (token_id,) = self.model.tokenizer.encode(f" {word}")
        return token_id

    def of(self, word: str) -> float:
        """The probability of a word."""
        return float(self.probabilities[self.id_of(word)])

    def percent(self, word: str) -> str:
        return f"{100 * self.of(word):.0f} %"

    def green(self) -> tuple[int, float]:
        """How many tokens of the text are green, and the detector's z-score."""
        settings, prompt_ids = self.settings, self.trace.prompt_ids
        ratio, key = settings.watermark_ratio, int(settings.watermark_key)
        found = detected((*prompt_ids, *self.ids), len(prompt_ids), self.model.vocabulary_size, ratio, key)
        assert found.z_score is not None
        return sum(found.is_green), found.z_score


def is_drawn(on: Seen, off: Seen) -> list[str]:
    return [f"Without it {off.first} is drawn; with it {on.first}"]


def is_drawn_of_few(on: Seen, off: Seen) -> list[str]:
    assert off.probabilities[on.probabilities == 0].sum() > LEAST
    return [*is_drawn(on, off), f"{on.kept} tokens are left"]


def constraint(on: Seen, off: Seen) -> list[str]:
    assert "-" not in off.text
    return [f"the text is “{on.model.tokenizer.decode(on.ids[:-1]).strip()}”"]


def logit_bias(on: Seen, off: Seen) -> list[str]:
    assert on.text.count("London") > 2
    assert "London" not in off.text
    ((_, value),) = on.settings.logit_bias
    return [f"{off.percent('London')}; with {value:g} added", f"{on.percent('London')}, and the text"]


def encoder_repetition_penalty(on: Seen, off: Seen) -> list[str]:
    assert on.text.count("cats") > 2
    assert "cats" not in off.text
    return [f"Without it {off.best()} comes first", f"{off.percent('cats')} to {on.percent('cats')}"]


def repetition_penalty(on: Seen, off: Seen) -> list[str]:
    assert off.first == "“blue”"
    return [f"“blue” has {off.percent('blue')}; with it {on.percent('blue')}", f"the river is {on.first}"]


def frequency_penalty(on: Seen, off: Seen) -> list[str]:
    times = on.trace.prompt_ids.count(on.id_of("blue"))
    return [f"“blue” has {off.percent('blue')}", f"lowered {times} times", f"{on.percent('blue')} are left"]


def presence_penalty(on: Seen, off: Seen) -> list[str]:
    assert not {on.best(), on.best(1)} & {"“mat”", "“cat”"}
    return [f"Without it {off.best()} and {off.best(1)}", f"with it {on.best()} and {on.best(1)} do"]


def no_repeat_ngram_size(on: Seen, off: Seen) -> list[str]:
    assert on.of("blue") == 0
    assert off.first == "“blue”"
    return [f"“blue” has {off.percent('blue')}"]


def dry(on: Seen, off: Seen) -> list[str]:
    assert off.first == "“boat”"
    return [f"“boat” has {off.percent('boat')}", f"“boat” has {on.percent('boat')}", f"goes on with {on.first}"]


def bad_words(on: Seen, off: Seen) -> list[str]:
    assert on.of("Paris") == 0
    assert "Paris" not in on.text
    return [f"“Paris” has {off.percent('Paris')}", f"{on.best()} comes first"]


def min_new_tokens(on: Seen, off: Seen) -> list[str]:
    (end_id,) = on.model.eos_token_ids
    assert off.ids == (end_id,)
    assert len(on.ids) >= 20
    assert end_id not in on.ids[:20]
    return [f"with {100 * float(off.probabilities[end_id]):.0f} %", f"before {on.settings.min_new_tokens} tokens"]


def exponential_decay_length_penalty(on: Seen, off: Seen) -> list[str]:
    (end_id,) = on.model.eos_token_ids
    assert on.ids[-1] == end_id == int(on.probabilities.argmax()) != int(off.probabilities.argmax())
    assert BY_NAME["exponential_decay_length_penalty"].example.step == len(on.ids) - 1
    start, _ = on.settings.exponential_decay_length_penalty
    return [f"{len(off.ids)} tokens", f"after the first {start}", f"at step {len(on.ids)}"]


def temperature(on: Seen, off: Seen) -> list[str]:
    return [
        f"“cat” has {off.percent('cat')}, and {off.first} is drawn",
        f"{on.first} has {on.percent('cat')} and is drawn",
    ]


def smoothing_factor(on: Seen, off: Seen) -> list[str]:
    gained = on.probabilities > off.probabilities
    assert off.probabilities[~gained].max() < off.of("elephant") / 2
    words = ("cat", "elephant")
    (few, less), (many, more) = ([seen.percent(word) for word in words] for seen in (off, on))
    return [f"“cat” has {few} and “elephant” {less}", f"they have {many} and {more}"]


def top_p(on: Seen, off: Seen) -> list[str]:
    mass = float(off.probabilities[on.probabilities > 0].sum())
    return [*is_drawn(on, off), f"{on.kept} tokens are left", f"had {100 * mass:.0f} %"]


def top_k(on: Seen, off: Seen) -> list[str]:
    return [*is_drawn(on, off), f"the {on.kept} most probable tokens"]


def min_p(on: Seen, off: Seen) -> list[str]:
    share = on.settings.min_p
    assert off.probabilities[on.probabilities == 0].max() < share * off.of("cat")
    return [*is_drawn(on, off), f"all but {on.kept} tokens", f"less than {100 * share:.0f} %"]


def typical_p(on: Seen, off: Seen) -> list[str]:
    assert on.of("cat") == 0
    assert off.best() == "“cat”"
    return [f"“cat” comes first with {off.percent('cat')}", f"{on.kept} rarer tokens are left"]


def epsilon_cutoff(on: Seen, off: Seen) -> list[str]:
    return [*is_drawn(on, off), f"{on.kept} tokens are left", f"had {100 * on.settings.epsilon_cutoff:.0f} % or more"]


def eta_cutoff(on: Seen, off: Seen) -> list[str]:
    above = int((off.probabilities >= on.settings.eta_cutoff).sum())
    return [*is_drawn_of_few(on, off), f"the {above} above {100 * on.settings.eta_cutoff:.0f} %"]


def top_a(on: Seen, off: Seen) -> list[str]:
    return [*is_drawn_of_few(on, off), f"the {off.percent('cat')} of “cat”"]


def tfs_z(on: Seen, off: Seen) -> list[str]:
    assert on.ids[0] != off.ids[0]
    return [f"Without it {off.first} is drawn", f"{on.kept} tokens are left"]


def xtc(on: Seen, off: Seen) -> list[str]:
    limit = on.settings.xtc_threshold
    *removed, last = (off.best(place) for place in range(int((off.probabilities >= limit).sum())))
    assert [one for one in removed if on.of(one[1:-1]) == 0] == removed
    assert on.best() == last
    one, two, three = removed
    return [f"Without it {one}, {two} and {three} come first", f"and {last}, the last token above {100 * limit:.0f} %"]


def mirostat(on: Seen, off: Seen) -> list[str]:
    return [
        f"by {off.surprise:.1f} bits",
        f"by {on.surprise:.1f} bits",
        f"the target of {on.settings.mirostat_tau:.0f}",
    ]


def watermark(on: Seen, off: Seen) -> list[str]:
    (few, low), (many, high) = off.green(), on.green()
    return [f"{few} of the {len(off.ids)} tokens", f"{many} are", f"from {low:.1f} to {high:.1f}"]


FACTS: dict[str, Callable[[Seen, Seen], list[str]]] = {
    one.__name__: one
    for one in (
        constraint,
        logit_bias,
        encoder_repetition_penalty,
        repetition_penalty,
        frequency_penalty,
        presence_penalty,
        no_repeat_ngram_size,
        dry,
        bad_words,
        min_new_tokens,
        exponential_decay_length_penalty,
        temperature,
        smoothing_factor,
        top_k,
        top_p,
        min_p,
        typical_p,
        epsilon_cutoff,
        eta_cutoff,
        top_a,
        tfs_z,
        xtc,
        mirostat,
        watermark,
    )
} | {"top_n_sigma": is_drawn_of_few, "top_h": is_drawn_of_few}
"""What each sentence must say, from the text with the stage and that without it."""


@pytest.fixture(scope="module")
def seen(default_model) -> dict[str, tuple[Seen, Seen]]:
    """Each example's text with its stage and without it, all written together."""
    engine = Engine(default_model, TraceStore(2**30)).start()
    asked = {}
    for stage in STAGES:
        assert stage.example is not None
        on = Settings.from_dict(stage.example.settings)
        others = {name: value for name, value in stage.example.settings.items() if name not in stage.names}
        ids = default_model.tokenizer.encode(stage.example.prompt)
        asked[stage.name] = [Request(ids, settings) for settings in (on, Settings.from_dict(others))]

    async def written(request: Request) -> Trace:
        run = engine.trace(request)
        async for _ in run:
            pass
        return engine.store.get(run.trace_id)

    async def all_written() -> dict[Request, Trace]:
        requests = list(dict.fromkeys(request for pair in asked.values() for request in pair))
        return dict(zip(requests, await asyncio.gather(*map(written, requests)), strict=True))

    traces = asyncio.run(all_written())
    engine.close()
    return {name: _pair(default_model, name, *(traces[request] for request in pair)) for name, pair in asked.items()}


def _pair(model: LanguageModel, name: str, on: Trace, off: Trace) -> tuple[Seen, Seen]:
    step = BY_NAME[name].example.step
    row = on.steps[step].logits
    surprises = [-math.log2(one.probability) for one in on.steps[:step]]
    ids = (*on.prompt_ids, *on.token_ids[:step])
    moment = Moment(ids, len(on.prompt_ids), seed=on.settings.seed, surprises=surprises)
    return Seen(model, on, row, moment), Seen(model, off, row, moment)


NAMES = [stage.name for stage in STAGES]


def test_each_stage_has_an_example_whose_sentence_is_checked():
    assert set(FACTS) == set(NAMES)
    assert all(stage.is_on(Settings.from_dict(stage.example.settings).values_of(stage)) for stage in STAGES)


@pytest.mark.parametrize("name", NAMES)
def test_the_bars_and_the_text_are_others_without_the_stage(seen, name):
    on, off = seen[name]
    assert (on.probabilities - off.probabilities).abs().sum() / 2 >= LEAST
    assert on.text != off.text


@pytest.mark.parametrize("name", NAMES)
def test_the_sentence_says_what_is_seen(seen, name):
    said = BY_NAME[name].example.says
    for fact in FACTS[name](*seen[name]):
        assert fact in said, fact
        said = said.replace(fact, "", 1)
    assert not re.search(r"\d", said), f"no test has proven {said!r}"
