"""The statements about a keeper's keys before, as a grant carries and binds them. docs/formats.md, section 8."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from diary import constants
from diary.encoding import b64, canon
from diary.ledger.signed_objects import Fields

EARLIER: Final = "earlier"
EARLIER_LIMIT: Final = constants.GRANT_EARLIER_KEYS_LIMIT


def newest_of(statements: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The statements about a keeper's keys before that a grant carries."""
    return tuple(statements[-EARLIER_LIMIT:])


def binding(earlier: Sequence[Mapping[str, Any]]) -> Fields:
    """What a grant's signature says of such statements; nothing where there are none.

    Signed by the key that came as well: else anyone could have a key of their own hand over to the keeper's.
    """
    return {EARLIER: b64(sha256(canon([dict(one) for one in earlier])).digest())} if earlier else {}
