"""Tests that a draw follows the shown distribution and depends only on the seed and the step."""

import math
import random

import numpy as np
import pytest
import torch

from playground.decoding import draws, measures
from playground.decoding.chance import uniform
from playground.decoding.draws import COMPACT_TOKENS, PREFIX_TOKENS, Few, drawn
from playground.decoding.measures import raw_facts
from playground.decoding.processors import batch_stages, stages
from playground.decoding.settings import Settings
from playground.decoding.stages import warper
from tests.fakes import draw, from_probabilities, kept_ids, most_probable
from tests.test_processors import ALL_ON

INF = math.inf


@pytest.mark.parametrize(
    ("probabilities", "u", "token_id"),
    [
        ((0.1, 0.6, 0.3), 0.0, 1),
        ((0.1, 0.6, 0.3), 0.59, 1),
        ((0.1, 0.6, 0.3), 0.61, 2),
        ((0.1, 0.6, 0.3), 0.89, 2),
        ((0.1, 0.6, 0.3), 0.91, 0),
        ((0.1, 0.6, 0.3), 1 - 2**-53, 0),
        ((0.5, 0.5), 0.49, 1),  # among ties the higher id comes first
        ((0.5, 0.5), 0.5, 0),
        ((0.25, 0.25, 0.25, 0.25), 0.3, 2),
        ((0.25, 0.25, 0.25, 0.25), 0.8, 0),
        ((0.0, 0.7, 0.0, 0.3), 1 - 2**-53, 3),  # a removed token is never drawn
        ((0.0, 0.0, 1.0), 0.0, 2),
    ],
)
def test_a_draw_walks_from_the_most_probable_token(probabilities, u, token_id):
    choice = draw(from_probabilities(*probabilities), u)
    assert choice.token_id == token_id
    assert choice.probability == pytest.approx(probabilities[token_id])
    assert choice.kept == sum(p > 0 for p in probabilities)


@pytest.mark.parametrize("levels", [4, 100_000], ids=["tied", "distinct"])
def test_sorting_a_prefix_draws_what_sorting_all_would(levels):
    generator = torch.Generator().manual_seed(5)
    scores = torch.randint(levels, (6 * PREFIX_TOKENS,), generator=generator) / levels * 8
    ids = sorted(range(len(scores)), key=lambda token_id: (-float(scores[token_id]), -token_id))
    cumulative = scores[ids].double().softmax(-1).cumsum(0)
    inside = total = 0
    for u in [*torch.rand(60, generator=generator).tolist(), 0.0, 1 - 2**-53]:
        place = min(int((cumulative <= u).sum()), len(ids) - 1)
        assert draw(scores, u).token_id == ids[place]
        inside, total = inside + (place < PREFIX_TOKENS), total + 1
    assert 0 < inside < total, "both ways are taken"


def test_draws_do_not_overflow_on_large_scores():
    assert draw(torch.tensor([1e38, -1e38, 1e38]), 0.7).token_id == 0


def chi_square(counts: list[int], probabilities: list[float]) -> float:
    draws = sum(counts)
    return sum((n - draws * p) ** 2 / (draws * p) for n, p in zip(counts, probabilities, strict=True))


def test_draws_follow_the_displayed_distribution():
    """The draws fit: chi-square with 4 degrees exceeds 18.5 once in a thousand, and the seeds are fixed."""
    scores = stages(from_probabilities(0.3, 0.2, 0.15, 0.15, 0.12, 0.08), [0], Settings(top_k=5, temperature=1.4))
    probabilities = scores[-1].logits.double().softmax(-1)[:5].tolist()
    counts = [0] * 5
    for seed in range(6000):
        counts[draw(scores[-1].logits, uniform(seed, 3)).token_id] += 1
    assert chi_square(counts, probabilities) < 18.5


@pytest.mark.parametrize("along", ["seeds", "steps"])
def test_uniform_is_uniform(along):
    """The numbers are uniform: chi-square with 19 degrees of freedom exceeds 43.8 once in a thousand."""
    numbers = [uniform(n, 0) if along == "seeds" else uniform(7, n) for n in range(20_000)]
    assert all(0 <= number < 1 for number in numbers)
    counts = [0] * 20
    for number in numbers:
        counts[int(number * 20)] += 1
    assert chi_square(counts, [1 / 20] * 20) < 43.8


def test_uniform_depends_on_seed_and_step_alone():
    first = [[uniform(seed, step) for step in range(50)] for seed in (0, 1, 2**32 - 1)]
    torch.manual_seed(1)
    random.seed(1)
    assert first == [[uniform(seed, step) for step in range(50)] for seed in (0, 1, 2**32 - 1)]
    assert len({number for numbers in first for number in numbers}) == 150


@pytest.mark.parametrize(
    ("seed", "step", "number"),
    [(0, 0, 0.011546754286331562), (7, 3, 0.43900223090044976), (2**32 - 1, 511, 0.5780038491367238)],
)
def test_a_seed_gives_the_same_numbers_in_every_version(seed, step, number):
    """These numbers must not change, because a text is generated again from its seed."""
    assert uniform(seed, step) == number


def test_each_stream_has_numbers_of_its_own():
    """Stream 0 is the draw's, so a stage that needs chance changes no draw."""
    numbers = [uniform(seed, step, stream) for seed in range(10) for step in range(10) for stream in range(4)]
    assert len(set(numbers)) == 400
    assert uniform(5, 2, 0) == uniform(5, 2)


def test_streams_are_not_correlated():
    """Of 20,000 independent pairs a correlation above 0.0233 comes once in a thousand."""
    draws, chances = ([uniform(seed, 0, stream) for seed in range(20_000)] for stream in (0, 1))
    assert abs(np.corrcoef(draws, chances)[0, 1]) < 0.0233


@pytest.mark.parametrize(("scores", "token_id"), [([1.0, 3.0, 2.0], 1), ([1.0, 3.0, 3.0], 1), ([-INF, -5.0, -INF], 1)])
def test_greedy_takes_the_lower_id_of_a_tie_as_generate_does(scores, token_id):
    scores = torch.tensor(scores)
    choice = most_probable(scores)
    assert choice.token_id == token_id
    assert choice.probability == pytest.approx(float(scores.softmax(-1)[token_id]))
    assert choice.kept == len(kept_ids(scores))


# on a device


def by_one_and_one(scores: torch.Tensor, u: float) -> tuple[int, float, int]:
    """Draws from (vocab,) scores in the plainest way: it sorts all that are left, and adds them up one by one."""
    kept = (scores > -torch.inf).nonzero()[:, 0]
    values = scores[kept].double()
    order = sorted(range(len(kept)), key=lambda place: (-float(values[place]), -int(kept[place])))
    weights = (values - values.max()).exp()[order]
    place = min(int((weights.cumsum(0) <= u * float(weights.sum())).sum()), len(order) - 1)
    return int(kept[order[place]]), float(weights[place] / weights.sum()), len(kept)


@pytest.fixture(params=[True, False], ids=["looking is free", "looking waits"])
def looks(request, monkeypatch):
    """Both ways to choose: on the host, and as on a device, where no number may be looked at meanwhile."""
    for module in (draws, warper):
        monkeypatch.setattr(module, "looks_are_free", lambda _: request.param)


def many_rows(rows: int, vocabulary: int, seed: int) -> torch.Tensor:
    """Returns rows of every kind: distinct scores, many ties, tokens that are removed, and few that are left."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(rows, vocabulary, generator=generator) * 3
    scores[1::4] = (scores[1::4] * 2).round() / 2
    scores[2::4] = scores[2::4].masked_fill(torch.rand(scores[2::4].shape, generator=generator) < 0.5, -INF)
    best = scores[3::4].topk(5).values[:, -1:]
    scores[3::4] = scores[3::4].masked_fill(scores[3::4] < best, -INF)
    return scores


def test_rows_that_are_drawn_together_get_what_each_gets_alone(looks):
    """Ten thousand rows, ties included, by a walk of all tokens."""
    generator = torch.Generator().manual_seed(1)
    for seed in range(10):
        scores = many_rows(1000, 50, seed)
        u = torch.rand(1000, generator=generator, dtype=torch.float64).tolist()
        for found, row, own in zip(draws.told(draws.drawn(scores, u), None), scores, u, strict=True):
            token_id, probability, kept = by_one_and_one(row, own)
            assert found[0] == (token_id, pytest.approx(probability, rel=1e-12), kept)
            assert found[2] == [True]


def test_rows_with_few_tokens_left_of_a_large_vocabulary_do_not_mix(looks):
    """Where few are left, only these are sorted. A row with fewer of them than another has gaps, which are no token."""
    generator = torch.Generator().manual_seed(8)
    scores = torch.randn(60, 2 * COMPACT_TOKENS, generator=generator) * 2
    for place, row in enumerate(scores):
        row[0] = 9.0 - place % 3  # the first token is often the best one
        least = row.topk(1 + place % 40).values[-1]
        row[row < least] = -INF
    u = torch.rand(60, generator=generator, dtype=torch.float64).tolist()
    for found, row, own in zip(draws.told(draws.drawn(scores, u), None), scores, u, strict=True):
        token_id, probability, kept = by_one_and_one(row, own)
        assert found[0] == (token_id, pytest.approx(probability, rel=1e-12), kept)


@pytest.mark.parametrize("prefix", [2, 7, 20])
def test_a_draw_beyond_what_is_sorted_says_so(looks, prefix):
    scores, u = many_rows(400, 50, 3), torch.linspace(0, 1 - 2**-53, 400, dtype=torch.float64).tolist()
    found = draws.told(draws.drawn(scores, u, prefix), None)
    for (one, _, [is_found]), row, own in zip(found, scores, u, strict=True):
        if is_found:
            assert one.token_id == by_one_and_one(row, own)[0]
    assert 0 < sum(one[2][0] for one in found) < 400, "both happen"


def test_the_most_probable_and_given_tokens_of_rows_are_those_of_each(looks):
    scores = many_rows(200, 50, 4)
    greedy = draws.told(draws.most_probable(scores), None)
    given = draws.told(draws.given(scores, [place % 50 for place in range(200)]), None)
    on_host = [draws.most_probable_on_host(row) for row in scores.numpy()]
    for place, row in enumerate(scores):
        shares = row.double().softmax(-1)
        best = int(row.argmax())
        kept = int((row > -INF).sum())
        assert greedy[place][0] == (best, pytest.approx(float(shares[best])), kept)
        assert on_host[place] == (best, pytest.approx(greedy[place][0].probability, rel=1e-6), kept)
        assert given[place][0] == (place % 50, pytest.approx(float(shares[place % 50]), rel=1e-12), kept)


def test_the_best_ids_of_a_row_are_those_found_on_the_host():
    """Most values are equal to others, also to the smallest one that is taken."""
    for seed, count in enumerate([1, 5, 20, 60, 99]):
        logits = torch.randint(-3, 4, (60,), generator=torch.Generator().manual_seed(seed)).float()
        logits[:10] = -INF
        assert draws.best_ids(logits, count).tolist() == measures.most_probable(logits.numpy(), count)


def test_facts_of_rows_are_those_of_each(looks):
    logits = many_rows(200, 50, 5)
    token_ids = torch.arange(200) % 50
    chosen = draws.given(logits, token_ids.tolist())
    for (_, raw, _), row, token_id in zip(
        draws.told(chosen, draws.standing(logits, token_ids)), logits, token_ids.tolist(), strict=True
    ):
        expected = raw_facts(row.numpy(), token_id)
        assert raw.rank == expected.rank
        assert raw.probability == pytest.approx(expected.probability, rel=1e-6)
        assert raw.entropy_bits == pytest.approx(expected.entropy_bits, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "settings", [ALL_ON, Settings(top_p=0.7), Settings(top_h=0.5, top_k=30)], ids=["all", "top-p", "top-h"]
)
def test_stages_cut_the_same_where_looking_waits(monkeypatch, settings):
    """The short cuts of the host change nothing: fewer tokens to cut, and no look for ties."""
    logits, ids = many_rows(40, 300, 6), [[place, 5, place, 5] for place in range(40)]
    for row in range(2, 40, 4):
        logits[row] = logits[row].clamp(min=-30)
    on_host = [one.scores for one in batch_stages(logits, ids, settings)]
    for module in (draws, warper):
        monkeypatch.setattr(module, "looks_are_free", lambda _: False)
    for one, scores in zip(batch_stages(logits, ids, settings), on_host, strict=True):
        assert torch.equal(one.scores, scores), one.name


def test_what_is_left_of_rows_is_looked_at_alone_where_it_is_little(monkeypatch):
    scores = many_rows(4, 300, 6).masked_fill(torch.arange(300) % 3 > 0, -torch.inf)
    scores[1, 30:] = scores[2, 1:] = -torch.inf
    few = Few.among(scores)
    assert few is not None
    assert few.values.shape == (4, 100)
    assert torch.equal(few.whole(), scores)
    assert torch.equal(few.of(torch.tensor([2, 1])).whole(), scores[[2, 1]])
    u = [0.1, 0.5, 0.9, 0.99]
    alone = [torch.stack(list(chosen)[:3]) for chosen in (drawn(few, u), drawn(scores, u))]
    assert torch.equal(*alone)
    monkeypatch.setattr(draws, "COMPACT_TOKENS", 99)
    assert Few.among(scores) is None
    torch.testing.assert_close(torch.stack(list(drawn(scores, u))[:3]), alone[0], rtol=1e-12, atol=0)
    assert Few.among(many_rows(4, 300, 6)) is None
