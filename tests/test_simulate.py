"""The simulation of a fleet, against cases that can be reckoned by hand."""

import pytest

from bench.simulate import Plan, needed, simulate


def even(rows: int) -> float:
    return 0.1


def test_one_visitor_gets_a_token_a_step():
    found = simulate(Plan(1, 8, even, visitors=1, tokens=20), 100)
    assert found.tokens_per_second == pytest.approx(10, rel=0.01)
    assert max(found.first_seconds) == pytest.approx(0.1)


def test_a_full_replica_writes_as_many_texts_as_it_has_places():
    found = simulate(Plan(1, 4, even, visitors=12, tokens=20), 400)
    assert found.tokens_per_second == pytest.approx(40, rel=0.01)
    assert found.first_p95 == pytest.approx(4, abs=0.3)  # two rounds of texts of two seconds stand before it


def test_three_replicas_write_three_times_as_much_when_all_are_full():
    one, three = (simulate(Plan(count, 4, even, visitors=60, tokens=20), 400).tokens_per_second for count in (1, 3))
    assert three / one == pytest.approx(3, rel=0.02)


def test_steps_that_grow_with_their_texts_take_longer():
    found = simulate(Plan(1, 8, lambda rows: 0.1 * rows, visitors=8, tokens=20), 400)
    assert found.tokens_per_second == pytest.approx(10, rel=0.01)


def test_thought_leaves_places_free():
    found = simulate(Plan(1, 32, even, visitors=10, tokens=20, thought_seconds=8), 2000)
    assert found.tokens_per_second == pytest.approx(10 * 20 / (2 + 8), rel=0.05)


def test_no_text_is_lost_when_replicas_die():
    calm = Plan(3, 8, even, visitors=12, tokens=20)
    deadly = Plan(3, 8, even, visitors=12, tokens=20, death_seconds=5, start_seconds=10)
    found = simulate(deadly, 1000)
    assert 0.7 * simulate(calm, 1000).tokens_per_second < found.tokens_per_second <= 120
    assert len(found.first_seconds) == pytest.approx(found.tokens_per_second * 800 / 20, rel=0.03)


def test_the_least_number_of_replicas_is_found():
    assert needed(lambda count: Plan(count, 4, even, visitors=12, tokens=20), most_first=1.0) == 4
    assert needed(lambda count: Plan(count, 1, even, visitors=99, tokens=20), most_first=1.0) is None
