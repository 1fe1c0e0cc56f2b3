"""Tests the page's chi-square test: sums worked by hand, and its tail against torch's incomplete gamma."""

import pytest
import torch

from tests.javascript import node


def fits(*cases: tuple[list[int], list[float]]) -> list[dict | None]:
    return node.call("distribution/chi_square.js", "chiSquare", *map(list, cases))


def test_chi_square_of_counts_worked_by_hand():
    """(12-10)²/10 + (8-10)²/10 = 0.8, one degree: p is 0.3711. Equal counts give 0. Groups below 5 are pooled."""
    fair, equal, pooled, lone = fits(
        ([12, 8], [10, 10]),
        ([10, 10, 10], [10, 10, 10]),
        ([50, 40, 6, 4], [50, 42, 4, 4]),
        ([3, 1], [3, 1]),
    )
    assert fair["statistic"] == pytest.approx(0.8)
    assert fair["pValue"] == pytest.approx(0.3711, abs=1e-4)
    assert (equal["statistic"], equal["degrees"], equal["pValue"]) == (0, 2, 1)
    assert (pooled["degrees"], pooled["statistic"]) == (2, pytest.approx(4 / 42 + 4 / 8))
    assert lone is None


def test_chi_square_has_the_right_tail():
    generator = torch.Generator().manual_seed(3)
    cases = []
    for groups in (2, 3, 10, 100, 1000):
        for spread in (0.2, 1, 3):
            expected = torch.full((groups,), 100.0, dtype=torch.float64)
            observed = expected + spread * 10 * torch.randn(groups, generator=generator, dtype=torch.float64)
            cases.append((observed.tolist(), expected.tolist()))
    for fit in fits(*cases):
        half = torch.tensor([fit["degrees"] / 2, fit["statistic"] / 2], dtype=torch.float64)
        assert fit["pValue"] == pytest.approx(float(torch.special.gammaincc(*half)), rel=1e-9, abs=1e-12)
