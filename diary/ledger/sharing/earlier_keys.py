"""The statements about a keeper's keys before, as a grant carries and binds them. docs/formats.md, section 8."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from diary import constants
from diary.encoding import b64, canonical_json
from diary.ledger.signed_objects import JsonObject

EARLIER_KEYS_MEMBER: Final = "earlier"
EARLIER_KEYS_LIMIT: Final = constants.GRANT_EARLIER_KEYS_LIMIT


def newest_statements(statements: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The statements about a keeper's keys before that a grant carries."""
    return tuple(statements[-EARLIER_KEYS_LIMIT:])


def earlier_keys_binding(earlier_statements: Sequence[Mapping[str, Any]]) -> JsonObject:
    """What a grant's signature says of such statements; nothing where there are none.

    Signed by the key that came as well: else anyone could have a key of their own hand over to the keeper's.
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
