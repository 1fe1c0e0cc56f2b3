"""Tests that the page's JavaScript computes what transformers computes: stages, kept tokens, probabilities.

The oracle applies transformers' own classes, in `generate`'s order, to float32 logits. Its probabilities are the
float64 softmax of the float32 scores that remain. The JavaScript runs in Node, which computes with V8 as Chromium does.

torch's default sort is not stable on every machine, so it is random which of several equal logits at the edge of top-p
transformers keeps. The oracle sorts stably and so keeps the higher ids, as everywhere in the playground.
"""

import base64
import functools
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from transformers.generation import logits_process as hf

from playground.decoding.orders import ORDERS, names_in
from playground.decoding.processors import values_of
from playground.decoding.settings import MAX_SEED, Settings
from playground.decoding.stages import BY_NAME, BY_SETTING, PARAMETERS, STAGES
from playground.decoding.stages.mirostat import highest_surprise
from playground.decoding.stages.stage import Moment
from tests.javascript import node
from tests.stage_values import OFF, PLAIN, inside
from tests.words import Numbered


@dataclass(frozen=True, eq=False)
class Case:
    logits: np.ndarray
    """The raw float32 logits, (vocab,)."""
    ids: list[int]
    """The ids of the prompt and the completion up to the step."""
    settings: dict
    prompt_length: int | None = None
    surprises: tuple[float, ...] = ()
    """Of the tokens after the prompt, in bits."""

    @property
    def moment(self) -> Moment:
        return Moment(self.ids, self.prompt_length, seed=self.settings.get("seed", 0), surprises=self.surprises)

    @property
    def vocabulary(self) -> Numbered:
        return Numbered(len(self.logits), [0, len(self.logits) - 1])

    @property
    def words(self) -> dict:
        """What the server tells of the words of the settings."""
        settings = Settings.from_dict(self.settings)
        resolved = {name: one.resolve for name, one in PARAMETERS.items() if one.resolve}
        ids = {name: resolve(getattr(settings, name), self.vocabulary) for name, resolve in resolved.items()}
        return ids | {"end_ids": self.vocabulary.end_ids}


@dataclass(frozen=True, eq=False)
class Answer:
    stages: list[dict]
    entropy_bits: float
    order: np.ndarray
    raw: np.ndarray
    probability: np.ndarray
    removed_by: np.ndarray


@pytest.fixture
def stable_sort(monkeypatch):
    monkeypatch.setattr(torch, "sort", functools.partial(torch.sort, stable=True))


def reshape(cases: list[Case]) -> list[Answer]:
    starts = np.cumsum([0] + [len(case.logits) for case in cases]).tolist()
    sent = [
        {
            "start": start,
            "size": len(case.logits),
            "ids": case.ids,
            "moment": {
                "promptLength": len(case.ids) if case.prompt_length is None else case.prompt_length,
                "surprises": case.surprises,
                "seed": case.moment.seed,
            },
            "words": case.words,
            "settings": case.settings,
        }
        for start, case in zip(starts, cases, strict=False)
    ]
    logits = base64.b64encode(np.concatenate([case.logits for case in cases]).astype("<f4").tobytes()).decode()
    told = node.answer("reshape.js", {"logits": logits, "cases": sent})
    dtypes = {"order": "<u2", "raw": "<f4", "probability": "<f4", "removedBy": "i1"}
    columns = [
        np.split(np.frombuffer(base64.b64decode(told[name]), dtype), starts[1:-1]) for name, dtype in dtypes.items()
    ]
    return [Answer(*facts, *tokens) for facts, *tokens in zip(told["facts"], *columns, strict=True)]


def reshape_one(logits, ids=(), **settings) -> Answer:
    case = Case(np.asarray(logits, np.float32), list(ids), {"strategy": "sample"} | PLAIN | settings)
    return reshape([case])[0]


def kept(answer: Answer) -> list[int]:
    return np.flatnonzero(answer.probability).tolist()


def told_of(answer: Answer, stage: str) -> dict:
    return next(one for one in answer.stages if one["name"] == stage)


def probabilities(*values: float) -> np.ndarray:
    """Returns logits whose softmax is `values`."""
    return np.log(np.array(values))


# --- Every stage, against transformers ---


@pytest.mark.parametrize("count", [2_500, pytest.param(10_000, marks=pytest.mark.long)])
def test_random_cases_agree_with_transformers(stable_sort, count):
    """Half of the cases run their stages in an order of an engine or in one that is shuffled."""
    rng = np.random.default_rng(2)
    cases = [random_case(rng, int(rng.integers(2, 400))) for _ in range(count)]
    borderline = sum(map(differs_at_a_threshold, cases, reshape(cases)))
    assert borderline < len(cases) / 50  # for example typical-p, where logits are a few float32 steps apart


def test_the_default_models_vocabulary_agrees_with_transformers(stable_sort):
    rng = np.random.default_rng(3)
    cases = [random_case(rng, 49_152) for _ in range(12)]
    borderline = sum(map(differs_at_a_threshold, cases, reshape(cases)))
    assert borderline < len(cases) / 4


def test_at_the_edge_of_top_p_as_many_equal_logits_are_kept_as_in_transformers():
    logits = np.random.default_rng(4).integers(0, 3, 500).astype(np.float32)
    theirs = hf.TopPLogitsWarper(0.7)(None, torch.tensor(logits)[None])[0].isfinite().numpy()
    ours = kept(reshape_one(logits, top_p=0.7))
    assert sorted(logits[ours]) == sorted(logits[theirs])


def random_case(rng: np.random.Generator, size: int) -> Case:
    logits = rng.normal(size=size) * rng.choice([0.1, 1, 3, 10]) + rng.choice([-20, 0, 20])
    match rng.integers(5):
        case 0:
            logits = np.round(logits)
        case 1:
            logits = torch.tensor(logits).bfloat16().float().numpy()
        case 2:
            logits = np.nextafter(np.float32(logits.max()), np.float32(99), dtype=np.float32) - rng.integers(
                0, 5, size
            ) * np.float32(2e-6)
    logits = logits.astype(np.float32)
    if rng.random() < 0.3:
        logits[rng.random(size) < rng.choice([0.1, 0.9])] = -np.inf
        logits[rng.integers(size)] = 1.0
    ids = rng.integers(0, size + 2, rng.integers(1, 40)).tolist()
    ids += ids[: rng.integers(0, 5)]
    start = int(rng.integers(len(ids) + 1))
    surprises = tuple(rng.gamma(2, 2, len(ids) - start).tolist())
    return Case(logits, ids, random_settings(rng, size), start, surprises)


def random_settings(rng: np.random.Generator, size: int) -> dict:
    share_on = rng.choice([0.2, 0.5, 1.0])
    free = [name for name in OFF if BY_SETTING[name].kind != "constraint"]  # its mask comes from a tokenizer
    on = {name: inside(name, rng, size) for name in free if rng.random() < share_on}
    others = {"order": random_order(rng), "seed": int(rng.integers(MAX_SEED))}
    return {"strategy": "greedy" if rng.random() < 0.05 else "sample"} | others | PLAIN | on


def random_order(rng: np.random.Generator) -> str | list[str]:
    match rng.integers(4):
        case 0:
            return str(rng.choice(list(ORDERS)))
        case 1:
            return rng.permutation(list(BY_NAME))[: rng.integers(len(BY_NAME) + 1)].tolist()
        case _:
            return "transformers"


def differs_at_a_threshold(case: Case, answer: Answer) -> bool:
    """Returns whether a token at a threshold was judged otherwise. The later stages are then not compared.

    Raises:
        AssertionError: the stages of `case` and the `answer` differ in another way.
    """
    scores = torch.tensor(case.logits)[None]
    settings = Settings.from_dict(case.settings)
    assert np.abs(answer.raw - softmax(case.logits)).max() <= 1e-6
    assert [stage["name"] for stage in answer.stages] == list(names_in(settings.order))
    told = {stage["name"]: stage for stage in answer.stages}
    in_force = settings.in_force()
    assert [stage["name"] for stage in answer.stages if not stage["off"]] == [stage.name for stage in in_force]
    for stage in in_force:
        values = values_of(stage, settings, case.vocabulary)
        after = stage.make(values)(case.moment, scores)
        if not torch.isfinite(after).any():
            return False  # everything is banned: transformers continues with NaN
        removed = (torch.isfinite(scores) & ~torch.isfinite(after))[0].numpy()
        different = np.flatnonzero(removed != (answer.removed_by == STAGES.index(stage)))
        if len(different):
            allowed = at_threshold(stage.name, case, scores[0].numpy())
            assert allowed[different].all(), (stage.name, case.settings, different, case.logits[different])
            return True
        assert told[stage.name]["kept"] == torch.isfinite(after).sum()
        mass = softmax(scores[0].numpy())[removed].sum()
        assert told[stage.name]["removedMass"] == pytest.approx(mass, abs=1e-6), stage.name
        scores = after
    left = scores[0].numpy()
    ranks = np.lexsort((np.arange(len(left)), left))[::-1][: np.isfinite(left).sum()]
    assert (answer.order[np.isin(answer.order, ranks)] == ranks).all(), case.settings
    p = softmax(left)
    assert np.abs(answer.probability - p).max() <= 1e-6
    assert answer.entropy_bits == pytest.approx(-(p * np.log2(np.where(p > 0, p, 1))).sum(), abs=1e-5)
    return False


def at_threshold(name: str, case: Case, scores: np.ndarray) -> np.ndarray:
    """Returns which tokens float32 rounding may judge either way, (vocab,) bool.

    These are the tokens whose cumulative sum is within 2e-6 of the threshold, whose probability is within 1e-5 of it
    relatively, or whose distance from the entropy is within a few float32 steps of the farthest one kept.
    `scores` are the float32 scores before the stage, (vocab,).
    """
    value = case.settings[BY_NAME[name].setting]
    p = softmax(scores)
    surprise = -np.log(np.where(p > 0, p, 1))
    entropy = (p * surprise).sum()
    match name:
        case "top_p":
            ascending = np.lexsort((np.arange(len(p)), scores))
            below = np.empty_like(p)
            below[ascending] = p[ascending].cumsum()
            return np.abs(below - (1 - value)) <= 2e-6
        case "top_h":
            best = np.lexsort((np.arange(len(p)), p))[::-1][:100]
            q = p[best] / p[best].sum()
            terms = -q * np.log(np.where(q > 0, q, 1))
            near = np.zeros(len(p), bool)
            step = np.spacing(np.float32(np.abs(scores.max())))  # transformers takes logarithms without a shift
            near[best] = np.abs(terms.cumsum() - value * terms.sum()) <= 1e-5 * max(1, terms.sum()) + step
            return near
        case "typical_p":
            distance = np.where(p > 0, np.abs(surprise - entropy), np.inf)
            nearest = np.argsort(distance, kind="stable")
            held = p[nearest].cumsum()
            reach = distance[nearest[np.searchsorted(held, value)]]
            is_ambiguous = (np.abs(held - value) <= 1e-6).any()
            return is_ambiguous | (np.abs(distance - reach) <= 2e-6 * max(1, entropy))
        case "min_p":
            threshold = value * p.max()
        case "epsilon_cutoff":
            threshold = value
        case "top_a":
            threshold = value * p.max() ** 2
        case "xtc":
            threshold = case.settings["xtc_threshold"]
        case "mirostat":
            threshold = 2 ** -max(highest_surprise(case.settings, case.moment), 0)
        case "eta_cutoff":
            threshold = min(value, np.sqrt(value) * np.exp(-entropy))
        case _:
            return np.zeros(len(p), bool)
    return np.abs(p - threshold) <= 1e-5 * threshold


def softmax(scores: np.ndarray) -> np.ndarray:
    weights = np.exp(scores.astype(np.float64) - scores.max())
    return weights / weights.sum()


# --- What other tools get wrong ---


def test_the_token_that_crosses_p_is_kept():
    assert kept(reshape_one(probabilities(0.5, 0.3, 0.2), top_p=0.6)) == [0, 1]


def test_the_nucleus_is_measured_over_the_whole_vocabulary():
    flat = np.zeros(1_000)  # a softmax over only the first 50 would keep 25
    assert len(kept(reshape_one(flat, top_p=0.5005))) == 501


def test_top_p_measures_what_top_k_left_renormalised():
    logits = probabilities(0.4, 0.3, 0.2, 0.1)  # after top-k 2: 4/7 and 3/7, so that the first one crosses .55
    assert kept(reshape_one(logits, top_k=2, top_p=0.55)) == [0]


def test_temperature_comes_before_the_cuts():
    logits = probabilities(0.5, 0.3, 0.2)  # at T = 0.5: .66, .24, .11
    assert kept(reshape_one(logits, top_p=0.6)) == [0, 1]
    assert kept(reshape_one(logits, top_p=0.6, temperature=0.5)) == [0]


def test_top_k_keeps_k_tokens_and_all_that_tie_with_the_last():
    logits = [3, 1, 2, 1, 0]
    assert kept(reshape_one(logits, top_k=2)) == [0, 2]
    assert kept(reshape_one(logits, top_k=3)) == [0, 1, 2, 3]
    assert kept(reshape_one(logits, top_k=99)) == [0, 1, 2, 3, 4]


def test_top_h_adds_terms_of_the_entropy_from_the_top():
    logits = probabilities(0.5, 0.25, 0.125, 0.125)  # terms in bits: .5, .5, .375, .375; their sum is 1.75
    assert kept(reshape_one(logits, top_h=0.2)) == [0]  # the first stays, though .5 > .35
    assert kept(reshape_one(logits, top_h=0.6)) == [0, 1]
    assert kept(reshape_one(logits, top_h=0.8)) == [0, 1, 3]
    assert len(kept(reshape_one(np.zeros(300), top_h=1.0))) == 100


def test_of_equal_logits_top_p_keeps_the_higher_ids():
    assert kept(reshape_one(np.zeros(4), top_p=0.3)) == [2, 3]


def test_sums_are_compared_in_float32():
    theirs = hf.TopPLogitsWarper(0.9)(None, torch.zeros(1, 10))[0].isfinite().sum()
    assert len(kept(reshape_one(np.zeros(10), top_p=0.9))) == theirs == 9  # exact sums would keep ten


def test_top_p_zero_keeps_one_token():
    assert kept(reshape_one([1, 2, 0], top_p=0.0)) == [1]


def test_scores_that_become_equal_under_the_temperature_are_ordered_by_id():
    close = np.nextafter(np.float32(7), np.float32(8), dtype=np.float32)
    logits = np.array([close, 7, 0], np.float32)
    assert np.float32(close / np.float32(1.6)) == np.float32(7 / np.float32(1.6))
    assert reshape_one(logits).order.tolist() == [0, 1, 2]
    assert reshape_one(logits, temperature=1.6).order.tolist() == [1, 0, 2]


def test_greedy_keeps_the_penalties_and_ignores_the_rest():
    settings = {"strategy": "greedy", "repetition_penalty": 2.0, "temperature": 0.1, "top_k": 1, "top_p": 0.1}
    answer = reshape_one([4, 3, 0], ids=[0, 0], **settings)
    assert answer.order.tolist() == [1, 0, 2]
    assert answer.probability == pytest.approx(softmax(np.array([2, 3, 0])))
    assert [stage["name"] for stage in answer.stages if not stage["off"]] == ["repetition_penalty"]


def test_a_repetition_penalty_counts_a_token_once_and_lowers_negative_logits():
    answer = reshape_one([2, -1, 0], ids=[0, 1, 1, 0, 2, 7], repetition_penalty=2.0)
    assert answer.probability == pytest.approx(softmax(np.array([1, -2, 0])))
    assert told_of(answer, "repetition_penalty")["moved"] == 2  # a logit of zero does not change


def test_a_banned_token_tells_its_stage_and_its_mass():
    answer = reshape_one(probabilities(0.5, 0.3, 0.2), ids=[2, 0, 1, 2], no_repeat_ngram_size=2)
    assert kept(answer) == [1, 2]
    assert told_of(answer, "no_repeat_ngram_size")["removedMass"] == pytest.approx(0.5)
    assert answer.removed_by.tolist() == [list(BY_NAME).index("no_repeat_ngram_size"), -1, -1]


def test_each_cut_tells_the_mass_it_removed():
    answer = reshape_one(probabilities(0.4, 0.3, 0.2, 0.1), top_k=3, min_p=0.6)
    masses = {stage["name"]: stage["removedMass"] for stage in answer.stages if not stage["off"]}
    assert masses == pytest.approx({"top_k": 0.1, "min_p": 2 / 9})


def test_entropy_is_in_bits_and_of_what_is_kept():
    assert reshape_one(np.zeros(8)).entropy_bits == pytest.approx(3)
    assert reshape_one(np.zeros(8), top_p=0.45).entropy_bits == pytest.approx(2)


def test_an_impossible_token_stays_impossible_and_no_stage_takes_the_blame():
    answer = reshape_one([1, -np.inf, 0], temperature=2.0, top_k=3)
    assert answer.order.tolist() == [0, 2, 1]
    assert answer.probability[1] == answer.raw[1] == 0
    assert answer.removed_by.tolist() == [-1, -1, -1]


def test_a_value_that_nobody_can_draw_is_ignored():
    typed = {"temperature": None, "top_k": 2.5, "top_p": "", "min_p": 7, "repetition_penalty": 0, "seed": 3}
    assert node.call("distribution/settings.js", "usable", [typed | {"typical_p": 0.5}]) == [{"typical_p": 0.5}]
