"""Indexes over the few rows that wait for something, and the size of one step of work on them.

[Note: partial indexes] What the hourly purge looks for is rare: of ten million files a handful are incomplete. An index
of these rows alone stays small and costs nothing to the writes of other rows. A database uses it only if it can prove
that the statement asks for no row outside it. So the statement repeats the condition of the index, with `literal`
values (storage/statements.py): a parameter could have any value. tests/storage/test_plans.py checks every plan.
"""

from typing import Final

from tortoise.indexes import Index

# Rows that one statement of the purge may delete or change. See [Note: small steps], services/sync/purge.py.
STEP_ROWS: Final = 200
# Rows that a job of the purge handles one by one: over PostgreSQL each of them takes several round trips.
LOOP_ROWS: Final = 25


class PartialIndex(Index):
    """Index of the rows that meet a condition. The library's own allows only `column = value`.

    `where`: the condition as SQL that both databases accept.
    """

    def __init__(self, *fields: str, name: str, where: str) -> None:
        """Store columns, name and condition."""
        super().__init__(fields=fields, name=name)
        self.extra = f" WHERE {where}"
