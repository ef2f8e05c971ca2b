"""When erasing last looked at the clock."""

from dataclasses import dataclass

from diary.storage.writer import Hand


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """The last look, and since when looks have followed one another evenly."""

    seen_at: int
    steady_since: int


def find_clock(hand: Hand) -> ClockSeen | None:
    """What was noted last; None before the first look."""
    row = hand.execute("SELECT seen_at, steady_since FROM purge_clock WHERE id = 0", ()).fetchone()
    return ClockSeen(*row) if row else None


def set_clock(hand: Hand, *, seen_at: int, steady_since: int) -> None:
    """Note a look."""
    hand.execute(
        "INSERT INTO purge_clock (id, seen_at, steady_since) VALUES (0, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, steady_since = excluded.steady_since",
        (seen_at, steady_since),
    )
