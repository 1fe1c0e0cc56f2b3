"""Tests that stages equal those of `generate`, run in its order, and remove what their names say."""

import copy
import math

import numpy as np
import pytest
import torch
from transformers import LogitsProcessorList

from playground.decoding.draws import COMPACT_TOKENS
from playground.decoding.processors import batch_stages, stages
from playground.decoding.settings import RULES, Settings
from playground.decoding.stages import STAGES
from playground.models.language_model import LanguageModel
from playground.models.prompt_ids import PromptIds
from tests import fakes
from tests.fakes import from_probabilities, kept_ids
from tests.stage_values import GENERATES, NUMBERS, end_of, inside
from tests.words import Numbered

INF = math.inf
ALL_ON = Settings(
    temperature=0.7,
    top_h=0.9,
    top_k=200,
    top_p=0.9,
    min_p=0.001,
    typical_p=0.95,
    epsilon_cutoff=1e-4,
    eta_cutoff=1e-4,
    repetition_penalty=1.3,
    no_repeat_ngram_size=2,
)


def oracle(hf, settings: Settings, ids: torch.Tensor) -> LogitsProcessorList:
    """Returns the processors that `generate` builds for these settings and the prompts `ids`, (rows, length)."""
    config = copy.deepcopy(hf.generation_config)
    config.update(**settings.generate_kwargs())
    hf._prepare_special_tokens(config, True, device="cpu")
    return hf._get_logits_processor(config, ids.shape[1], encoder_input_ids=ids, device="cpu")


def last_scores(logits: torch.Tensor, ids, settings: Settings, extras=()) -> torch.Tensor:
    """Returns the (rows, vocab) scores after all stages. `ids` are those of prompts."""
    *_, last = batch_stages(logits, ids, settings, extras, Numbered(logits.shape[-1], [fakes.EOS]))
    return last.scores


# equal to transformers


def random_settings(rng: np.random.Generator, vocabulary: int) -> Settings:
    on = [name for name in GENERATES if rng.random() < 0.4 and (vocabulary > 5 or name != "no_repeat_ngram_size")]
    strategy = "greedy" if rng.random() < 0.1 else "sample"
    return Settings(strategy=strategy, **{name: inside(name, rng, vocabulary) for name in on})


def random_logits(kind: str, rows: int, vocabulary: int, generator: torch.Generator) -> torch.Tensor:
    logits = torch.randn(rows, vocabulary, generator=generator) * 3
    match kind:
        case "tied":
            return (logits * 2).round() / 2
        case "bfloat16":
            return logits.bfloat16()
        case "removed":
            return logits.masked_fill(torch.rand(logits.shape, generator=generator) < 0.3, -INF).index_fill(
                1, torch.tensor([vocabulary - 1]), 1.0
            )
    return logits


@pytest.mark.parametrize("kind", ["distinct", "tied", "bfloat16", "removed"])
@pytest.mark.parametrize(
    ("vocabulary", "rounds", "rows"), [(5, 60, 24), (50, 40, 24), (400, 30, 24), (COMPACT_TOKENS + 2000, 15, 4)]
)
def test_last_scores_equal_transformers_on_random_cases(tiny_models, kind, vocabulary, rounds, rows):
    """Compares 12,720 rows in all.

    Among equal scores at a top-p cut transformers' sort chooses, so only the values are compared there. A cumulative
    sum on the threshold may fall to either side.
    """
    rng, generator = np.random.default_rng(vocabulary), torch.Generator().manual_seed(vocabulary)
    on_the_edge = 0
    for _ in range(rounds):
        settings = random_settings(rng, vocabulary)
        logits = random_logits(kind, rows, vocabulary, generator)
        ids = torch.randint(vocabulary, (rows, 12), generator=generator)
        before = logits.clone()
        ours = last_scores(logits, ids.tolist(), settings)
        theirs = oracle(tiny_models["llama"], settings, ids)(ids, logits.float())
        assert torch.equal(logits, before), "the input was changed in place"
        same = (ours.sort().values == theirs.sort().values).all(-1)
        if kind == "distinct":
            same &= (ours == theirs).all(-1)
        on_the_edge += int((~same).sum())
    assert on_the_edge <= 0.001 * rounds * rows


@pytest.mark.parametrize("name", [name for name in GENERATES if name in NUMBERS])
@pytest.mark.parametrize("end", ["low", "high"])
def test_at_the_ends_of_every_range_scores_equal_those_of_generate(tiny_models, name, end):
    """For example epsilon and eta are off at 1 as at 0: `generate` makes no processor for them."""
    settings = Settings(**{name: end_of(RULES[name], end)})
    logits, ids = random_logits("distinct", 4, 300, torch.Generator().manual_seed(2)), torch.tensor([[7, 8, 7, 9]] * 4)
    theirs = oracle(tiny_models["llama"], settings, ids)(ids, logits)
    assert torch.equal(last_scores(logits, ids.tolist(), settings), theirs)


def test_there_are_ten_thousand_random_cases():
    shapes = test_last_scores_equal_transformers_on_random_cases.pytestmark[0].args[1]
    assert 4 * sum(rounds * rows for _, rounds, rows in shapes) >= 10_000


def test_stages_come_in_the_order_of_generate(tiny_models):
    ids = fakes.prompt(9)
    names = [stage.name for stage in stages(torch.randn(300), ids, ALL_ON, vocabulary=Numbered(300))]
    in_generate = [type(one).__name__ for one in oracle(tiny_models["llama"], ALL_ON, torch.tensor([ids]))]
    assert names == ["raw", *GENERATES]
    assert in_generate == [stage.transformers for stage in STAGES if stage.is_generate]


def test_each_stage_equals_the_list_of_transformers_up_to_it(tiny_models):
    logits, ids = torch.randn(300, generator=torch.Generator().manual_seed(1)) * 3, fakes.prompt(9)
    processors = oracle(tiny_models["llama"], ALL_ON, torch.tensor([ids]))
    for count, stage in enumerate(stages(logits, ids, ALL_ON, vocabulary=Numbered(300, [fakes.EOS]))):
        expected = LogitsProcessorList(processors[:count])(torch.tensor([ids]), logits[None])[0]
        assert torch.equal(stage.logits, expected), stage.name


@pytest.mark.parametrize("top_k", [1, 100, COMPACT_TOKENS, COMPACT_TOKENS + 1])
def test_looking_at_few_tokens_only_changes_no_cut(tiny_models, top_k):
    logits = torch.randn(3, 20_000, generator=torch.Generator().manual_seed(2)) * 4
    logits[1, 50:] = -INF
    settings = Settings(top_k=top_k, top_p=0.9, min_p=0.001, typical_p=0.9, epsilon_cutoff=1e-4, eta_cutoff=1e-3)
    ids = [[1], [2, 3], [4]]
    nothing = torch.tensor([[0]] * 3)
    expected = oracle(tiny_models["llama"], settings, nothing)(nothing, logits)
    assert torch.equal(last_scores(logits, ids, settings), expected)


def test_rows_of_different_lengths_are_penalised_for_their_own_ids():
    logits = torch.ones(2, 6)
    scores = last_scores(logits, [[0], [1, 2, 1]], Settings(repetition_penalty=2.0, no_repeat_ngram_size=2))
    assert scores.tolist() == [[0.5, 1, 1, 1, 1, 1], [1, 0.5, -INF, 1, 1, 1]]


def test_greedy_keeps_penalties_and_ignores_the_rest():
    logits, ids = torch.tensor([2.0, 1.8, 1.0, 0.0]), [0, 3]
    greedy = Settings(
        strategy="greedy", temperature=0.1, top_k=1, top_p=0.1, min_p=0.9, typical_p=0.1, repetition_penalty=2.0
    )
    found = stages(logits, ids, greedy)
    assert [stage.name for stage in found] == ["raw", "repetition_penalty"]
    assert found[-1].logits.tolist() == pytest.approx([1.0, 1.8, 1.0, 0.0])
    assert fakes.most_probable(found[-1].logits).token_id == 1


BRINGS = [
    ({"suppress_tokens": [5, 6]}, "suppress_tokens"),
    ({"begin_suppress_tokens": [7, 8, 9]}, "suppress_tokens_at_begin"),
    ({"bad_words_ids": [[8], [9, 10]]}, "no_bad_words"),
    ({"min_new_tokens": 3}, "min_new_tokens_length"),
    ({"min_length": 20}, "min_length"),
    ({"exponential_decay_length_penalty": (1, 1.5)}, "exponential_decay_length_penalty"),
    ({"sequence_bias": [[[11], 4.0], [[12, 13], -3.0]]}, "sequence_bias"),
    ({"renormalize_logits": True}, "logit_normalization"),
    ({"suppress_tokens": [5], "sequence_bias": [[[5], 9.0]], "renormalize_logits": True}, "sequence_bias"),
]


@pytest.mark.parametrize("strategy", ["greedy", "sample"])
@pytest.mark.parametrize(("brought", "name"), BRINGS)
def test_what_a_model_brings_is_applied_named_and_in_place(tiny_models, tokenizer, brought, name, strategy):
    hf = copy.deepcopy(tiny_models["llama"])
    hf.generation_config.update(**brought)
    settings = Settings(
        strategy=strategy,
        temperature=0.7,
        top_k=90,
        top_p=0.95,
        repetition_penalty=1.3,
        no_repeat_ngram_size=2,
        max_new_tokens=8,
    )
    prompt = fakes.prompt(17)
    torch.manual_seed(3)
    generated = fakes.generate(hf, prompt, settings, output_scores=True, output_logits=True)
    extras = LanguageModel(hf, tokenizer, "tiny").extra_processors(PromptIds(prompt), 20)
    for index, (logits, scores) in enumerate(zip(generated.logits, generated.scores, strict=True)):
        ids = generated.sequences[0, : len(prompt) + index].tolist()
        found = stages(logits[0], ids, settings, extras)
        torch.testing.assert_close(found[-1].logits, scores[0], rtol=0, atol=1e-6)
        names = [stage.name for stage in found]
        assert name in names


def test_a_model_that_brings_nothing_adds_no_stage(llama):
    assert llama.extra_processors(PromptIds((5,)), 20) == ()


def test_a_models_own_sampling_defaults_add_no_stage(tiny_models, tokenizer):
    hf = copy.deepcopy(tiny_models["llama"])
    hf.generation_config.update(do_sample=True, temperature=0.6, top_k=50, top_p=0.9, min_p=0.1, repetition_penalty=1.1)
    assert LanguageModel(hf, tokenizer, "tiny").extra_processors(PromptIds((5,)), 20) == ()


# what a stage removes, by hand

FIVE = from_probabilities(0.4, 0.3, 0.15, 0.1, 0.05)


@pytest.mark.parametrize(
    ("probabilities", "settings", "kept"),
    [
        (FIVE, Settings(), [0, 1, 2, 3, 4]),
        (FIVE, Settings(top_k=2), [0, 1]),
        (FIVE, Settings(top_k=99), [0, 1, 2, 3, 4]),
        (FIVE, Settings(top_p=0.0), [0]),
        (FIVE, Settings(top_p=0.39), [0]),
        (FIVE, Settings(top_p=0.41), [0, 1]),
        (FIVE, Settings(top_p=0.86), [0, 1, 2, 3]),
        (FIVE, Settings(min_p=0.3), [0, 1, 2]),
        (FIVE, Settings(min_p=1), [0]),
        (FIVE, Settings(epsilon_cutoff=0.12), [0, 1, 2]),
        (FIVE, Settings(epsilon_cutoff=0.99), [0]),
        # the entropy is 1.39 nats; id 1 with surprisal 1.20 is the most typical, then id 0, then id 2
        (FIVE, Settings(typical_p=0.2), [1]),
        (FIVE, Settings(typical_p=0.6), [0, 1]),
        (FIVE, Settings(typical_p=0.75), [0, 1, 2]),
        # sqrt(0.2) * exp(-1.39) = 0.11
        (FIVE, Settings(eta_cutoff=0.2), [0, 1, 2]),
        # ties: top-k keeps them all, top-p the higher ids
        (from_probabilities(0.4, 0.2, 0.2, 0.2), Settings(top_k=2), [0, 1, 2, 3]),
        (from_probabilities(0.25, 0.25, 0.25, 0.25), Settings(top_p=0.3), [2, 3]),
        (from_probabilities(0.1, 0.25, 0.25, 0.4), Settings(top_p=0.5), [2, 3]),
        (from_probabilities(0.25, 0.25, 0.25, 0.25), Settings(min_p=1), [0, 1, 2, 3]),
        (from_probabilities(0.5, 0.5, 0, 0), Settings(top_p=0.99), [0, 1]),
    ],
)
def test_a_stage_keeps_these_tokens(probabilities, settings, kept):
    assert kept_ids(stages(probabilities, [0], settings)[-1].logits) == kept


@pytest.mark.parametrize("vocabulary", [40, 4000, 60_000])
def test_of_equal_scores_top_p_keeps_the_higher_ids(vocabulary):
    """Of equal probabilities 0.3 keeps the highest three tenths of the ids, also where the library keeps others."""
    equal = stages(torch.zeros(vocabulary), [0], Settings(top_p=0.3 - 1e-4))[-1]
    assert kept_ids(equal.logits) == list(range(vocabulary - equal.kept, vocabulary))
    assert equal.kept == pytest.approx(0.3 * vocabulary, rel=1e-3)


def test_of_equal_scores_the_higher_ids_stay_also_among_the_few_that_top_k_left():
    tied = torch.randperm(20_000, generator=torch.Generator().manual_seed(6))[:100].sort().values
    logits = torch.zeros(20_000).index_fill(0, tied, 5.0)
    _, top_k, top_p = stages(logits, [0], Settings(top_k=10, top_p=0.295))
    assert kept_ids(top_k.logits) == tied.tolist()
    assert kept_ids(top_p.logits) == tied[-30:].tolist()


def test_a_stage_says_what_it_removed():
    raw, top_k, top_p = stages(FIVE, [0], Settings(top_k=3, top_p=0.7))
    assert not raw.removed.any()
    assert (top_k.removed.tolist(), top_k.kept) == ([False, False, False, True, True], 3)
    assert (top_p.removed.tolist(), top_p.kept) == ([False, False, True, False, False], 2)


def test_inputs_are_not_changed_in_place():
    logits = torch.randn(2, 300, generator=torch.Generator().manual_seed(4))
    before, ids = logits.clone(), [list(fakes.prompt(9)), list(fakes.prompt(5))]
    recorded = [(one.scores, one.scores.clone()) for one in batch_stages(logits, ids, ALL_ON)]
    assert torch.equal(logits, before)
    for scores, when_yielded in recorded:
        assert torch.equal(scores, when_yielded), "a later stage changed an earlier one's scores"


# the defects that other decoding tools have


def test_the_token_that_crosses_p_is_kept():
    assert kept_ids(stages(from_probabilities(0.6, 0.3, 0.1), [0], Settings(top_p=0.7))[-1].logits) == [0, 1]


def test_probabilities_are_of_the_whole_vocabulary():
    """The tail has half of the mass, so 0.55 needs more than 50 tokens. A softmax over the top 50 would need 28."""
    logits = torch.cat([torch.full((50,), 2.0), torch.full((950,), math.log(50 / 950) + 2.0)])
    assert stages(logits, [0], Settings(top_p=0.55))[-1].kept > 50


def test_probabilities_are_renormalised_between_top_k_and_top_p():
    """The first two of three tokens left have 0.70 / 0.85 = 0.82. Without renormalising, 0.75 keeps all three."""
    assert kept_ids(stages(FIVE, [0], Settings(top_k=3, top_p=0.75))[-1].logits) == [0, 1]


def test_temperature_comes_before_truncation():
    """At temperature 0.5 the first token has 0.16 / 0.285 = 0.56. At 1, two tokens are needed to reach 0.5."""
    assert kept_ids(stages(FIVE, [0], Settings(top_p=0.5))[-1].logits) == [0, 1]
    assert kept_ids(stages(FIVE, [0], Settings(top_p=0.5, temperature=0.5))[-1].logits) == [0]


@pytest.mark.parametrize("k", range(1, 6))
def test_top_k_keeps_k(k):
    assert stages(FIVE, [0], Settings(top_k=k))[-1].kept == k


@pytest.mark.parametrize("name", ["temperature", "repetition_penalty"])
@pytest.mark.parametrize("end", ["low", "high"])
def test_values_at_the_ends_of_their_range_leave_numbers(name, end):
    """No permitted value turns ordinary logits into infinities."""
    settings = Settings(**{name: getattr(RULES[name], end)})
    assert last_scores(torch.tensor([[80.0, -80.0, 1.0]]), [[0, 1]], settings).isfinite().all()
