"""The one column type that the library does not have."""

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
