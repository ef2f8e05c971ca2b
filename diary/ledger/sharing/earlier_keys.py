"""Statements about a keeper's earlier keys, which a grant contains under its signature. docs/formats.md, section 8."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from diary import constants
from diary.encoding import b64, canonical_json
from diary.ledger.signed_objects import JsonObject

EARLIER_KEYS_MEMBER: Final = "earlier"
EARLIER_KEYS_LIMIT: Final = constants.GRANT_EARLIER_KEYS_LIMIT


def newest_statements(statements: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Return the newest of these statements, as many as a grant may contain."""
    return tuple(statements[-EARLIER_KEYS_LIMIT:])


def earlier_keys_binding(earlier_statements: Sequence[Mapping[str, Any]]) -> JsonObject:
    """Return the grant's signed member for these statements; empty if there are none.

    The current key signs this member too. Otherwise an attacker could sign a statement that presents the attacker's key
    as an earlier key of the keeper.
    """
    return (
        {
            EARLIER_KEYS_MEMBER: b64(
                sha256(canonical_json([dict(statement) for statement in earlier_statements])).digest()
            )
        }
        if earlier_statements
        else {}
    )
