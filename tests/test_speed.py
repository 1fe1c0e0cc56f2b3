"""Tests the recorder of generation speed, with a clock that the test controls."""

import pytest

from playground.engine.speed import LATEST, MINUTE, Speed


@pytest.fixture
def now() -> list[float]:
    return [100.25]


@pytest.fixture
def speed(now) -> Speed:
    return Speed(clock=lambda: now[0])


def test_nothing_was_written_yet(speed):
    assert speed.tokens_per_second() == 0
    assert speed.first_token(0.5) is None


def test_tokens_a_second_are_those_of_the_last_minute(speed, now):
    for _ in range(2 * MINUTE):
        for _ in range(30):
            speed.record()
        now[0] += 1
    assert speed.tokens_per_second() == 30
    now[0] += MINUTE / 2
    assert speed.tokens_per_second() == 15
    now[0] += MINUTE
    assert speed.tokens_per_second() == 0
    assert speed.tokens == 2 * MINUTE * 30


def test_at_first_the_minute_is_as_long_as_the_server_runs(speed, now):
    for _ in range(50):
        speed.record()
    assert speed.tokens_per_second() == 50
    now[0] += 10
    assert speed.tokens_per_second() == 5


def test_quantiles_of_the_first_tokens(speed):
    for hundredth in range(100, 0, -1):
        speed.record(hundredth / 100)
        speed.record()
    assert speed.first_token(0.5) == 0.51
    assert speed.first_token(0.95) == 0.96
    assert speed.first_token(1.0) == 1.0
    assert (speed.texts, speed.tokens) == (100, 200)


def test_it_takes_constant_memory(speed, now):
    for number in range(5 * LATEST):
        speed.record(float(number))
        now[0] += 1
    assert len(speed._first) == LATEST
    assert len(speed._seconds) <= MINUTE
    assert speed.first_token(0) == 4 * LATEST, "the oldest went"
