"""A job for a writer, over either database: it adds one number to a table of one column."""

from collections.abc import Callable

from diary.storage.writer import Transaction


def add_number_job(n: int) -> Callable[[Transaction], int]:
    """A job that adds a number and answers with it."""

    def work(transaction: Transaction) -> int:
        transaction.execute("INSERT INTO t VALUES (?)", (n,))
        return n

    return work
