"""Counting failures over time."""

from __future__ import annotations

import pytest

from diary.clock import FixedClock
from diary.errors import TooManyRequests
from diary.services.accounts.throttle import FAILURES_LIMIT, TRACKED_KEYS_LIMIT, MemoryFailureThrottle
from tests.server_fixture import NOON_MS

HOUR_MS = 3_600_000


@pytest.fixture
def clock() -> FixedClock:
    """Return a clock that stands still."""
    return FixedClock(NOON_MS)


async def test_ten_failures_an_hour_and_not_one_more(clock: FixedClock) -> None:
    """With tries every second over a day, no hour has more than ten accepted ones."""
    throttle = MemoryFailureThrottle(clock)
    let_in: list[int] = []
    for _ in range(5_000):
        clock.advance(17_000)
        try:
            let_in.append(int(str(await throttle.begin_attempt("name"))))
        except TooManyRequests as error:
            assert 1 <= error.retry_after_seconds <= 900
    for start in let_in:
        assert sum(start <= time < start + HOUR_MS for time in let_in) <= FAILURES_LIMIT
    assert len(let_in) > FAILURES_LIMIT


async def test_a_successful_try_is_not_counted(clock: FixedClock) -> None:
    """A keeper who signs in all day is never throttled."""
    throttle = MemoryFailureThrottle(clock)
    for _ in range(100):
        await throttle.forgive_attempt("name", await throttle.begin_attempt("name"))
    await throttle.begin_attempt("name")


async def test_tries_sent_at_once_count_before_they_are_answered(clock: FixedClock) -> None:
    """Ten tries may be in progress, the eleventh is refused."""
    throttle = MemoryFailureThrottle(clock)
    for _ in range(FAILURES_LIMIT):
        await throttle.begin_attempt("name")
    with pytest.raises(TooManyRequests):
        await throttle.begin_attempt("name")
    await throttle.begin_attempt("another name")


async def test_a_clock_set_back_does_not_lock_anybody_out(clock: FixedClock) -> None:
    """Failures with a future time are forgotten."""
    throttle = MemoryFailureThrottle(clock)
    for _ in range(FAILURES_LIMIT):
        await throttle.begin_attempt("name")
    clock.advance(-10 * HOUR_MS)
    await throttle.begin_attempt("name")


async def test_names_are_counted_within_bounds(clock: FixedClock) -> None:
    """A flood of invented names does not fill the memory."""
    throttle = MemoryFailureThrottle(clock)
    for number in range(TRACKED_KEYS_LIMIT + 50):
        await throttle.begin_attempt(number)
    assert len(throttle._failures) == TRACKED_KEYS_LIMIT
