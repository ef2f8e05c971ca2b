"""Counting failures, by the clock."""

from __future__ import annotations

import pytest

from diary.clock import FixedClock
from diary.errors import TryLater
from diary.services.accounts.throttle import FAILURES, NAMES_LIMIT, Throttle
from tests.keepers import NOON

HOUR = 3_600_000


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands."""
    return FixedClock(NOON)


async def test_ten_failures_an_hour_and_not_one_more(clock: FixedClock) -> None:
    """Over a day of tries every second, no hour holds more than ten that were let in."""
    throttle = Throttle(clock)
    let_in: list[int] = []
    for _ in range(5_000):
        clock.advance(17_000)
        try:
            let_in.append(int(str(await throttle.enter("name"))))
        except TryLater as error:
            assert 1 <= error.retry_after <= 900
    for start in let_in:
        assert sum(start <= time < start + HOUR for time in let_in) <= FAILURES
    assert len(let_in) > FAILURES


async def test_a_try_that_turned_out_well_does_not_count(clock: FixedClock) -> None:
    """A keeper who signs in all day is never told to wait."""
    throttle = Throttle(clock)
    for _ in range(100):
        await throttle.leave("name", await throttle.enter("name"))
    await throttle.enter("name")


async def test_tries_sent_at_once_count_before_they_are_answered(clock: FixedClock) -> None:
    """Ten may be under way, the eleventh is not let in."""
    throttle = Throttle(clock)
    for _ in range(FAILURES):
        await throttle.enter("name")
    with pytest.raises(TryLater):
        await throttle.enter("name")
    await throttle.enter("another name")


async def test_a_clock_set_back_does_not_lock_anybody_out(clock: FixedClock) -> None:
    """Failures from a time that has not come yet are forgotten."""
    throttle = Throttle(clock)
    for _ in range(FAILURES):
        await throttle.enter("name")
    clock.advance(-10 * HOUR)
    await throttle.enter("name")


async def test_names_are_counted_within_bounds(clock: FixedClock) -> None:
    """A flood of made-up names does not fill the memory."""
    throttle = Throttle(clock)
    for number in range(NAMES_LIMIT + 50):
        await throttle.enter(number)
    assert len(throttle._counts) == NAMES_LIMIT
