"""A job for a writer, over either database: it adds one number to a table of one column."""

from collections.abc import Callable

from diary.storage.writer import Hand


def adder(n: int) -> Callable[[Hand], int]:
    """A job that adds a number and answers with it."""

    def work(hand: Hand) -> int:
        hand.execute("INSERT INTO t VALUES (?)", (n,))
        return n

    return work
