"""Column types that Tortoise does not have."""

from typing import Any

from tortoise.fields.base import Field


class Bytes(Field[bytes], bytes):  # type: ignore[misc] # Tortoise types its own fields this way
    """A column of bytes that may be a key or part of an index; Tortoise's own BinaryField may not."""

    SQL_TYPE = "BLOB"

    class _db_postgres:  # noqa: N801 - the name that Tortoise reads
        SQL_TYPE = "BYTEA"

    def to_db_value(self, value: Any, instance: Any) -> Any:  # noqa: ARG002
        """Return the bytes unchanged."""
        return value


class RowIdField(Field[int], int):
    """An integer key that the application allots and that is SQLite's row id.

    SQLite uses a key as the row id only if its type is INTEGER. As BIGINT it would need an index beside the table:
    another page to write with each push.
    """

    SQL_TYPE = "INTEGER"

    class _db_postgres:  # noqa: N801 - as above
        SQL_TYPE = "BIGINT"
