"""A job for the writer of either database that adds one number to a table of one column."""

from collections.abc import Callable

from diary.storage.writer import Transaction


def add_number_job(n: int) -> Callable[[Transaction], int]:
    """Return a job that adds a number and returns it."""

    def work(tx: Transaction) -> int:
        tx.execute("INSERT INTO t VALUES (?)", (n,))
        return n

    return work
