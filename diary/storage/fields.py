"""The column types that the library does not have."""

from typing import Any

from tortoise.fields.base import Field


class Bytes(Field[bytes], bytes):  # type: ignore[misc] # so the library's own fields are typed
    """A column of bytes that may be a key or stand in an index, which the library's own may not."""

    SQL_TYPE = "BLOB"

    class _db_postgres:  # noqa: N801 - the library looks for this name
        SQL_TYPE = "BYTEA"

    def to_db_value(self, value: Any, instance: Any) -> Any:  # noqa: ARG002
        """Bytes go in as they are."""
        return value


class Place(Field[int], int):
    """A whole number allotted by us that is the row's own address.

    SQLite makes a key the row's address only when it is spelt INTEGER; as BIGINT it would have an index
    beside the table, one more page to write with each push.
    """

    SQL_TYPE = "INTEGER"

    class _db_postgres:  # noqa: N801 - as above
        SQL_TYPE = "BIGINT"
