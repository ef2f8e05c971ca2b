"""Documents sealed under a grant's key for its two parties: client summaries and review marks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from diary.crypto.padding import pad_version, unpad
from diary.crypto.sealing import EnvelopeKind, open_envelope, seal_envelope
from diary.encoding import canonical_json, parse_canonical_json
from diary.errors import KeptError, SealError
from diary.ledger.sharing.grants import OpenedGrant
from diary.ledger.signed_objects import JsonObject


@dataclass(frozen=True)
class GrantDocument:
    """Type of document.

    `name` is in the header, `type` is the plaintext's `t`, and `is_valid` checks a whole plaintext.
    """

    name: str
    type: str
    is_valid: Callable[[Mapping[str, Any]], bool]

    def header(self, opened_grant: OpenedGrant) -> JsonObject:
        """Return the header of this document's envelope."""
        return {"diary": str(opened_grant.statement["diary"]), "grant": opened_grant.id, "t": self.name}

    def seal(self, opened_grant: OpenedGrant, fields: Mapping[str, object]) -> bytes:
        """Seal `fields` (without `t`) for keeper and advocate. Raise SealError if they are not valid."""
        document = dict(fields) | {"t": self.type}
        if not self.is_valid(document):
            raise SealError
        return seal_envelope(
            opened_grant.key, EnvelopeKind.SUMMARY, self.header(opened_grant), pad_version(canonical_json(document))
        )

    def open(self, opened_grant: OpenedGrant, envelope: bytes) -> Mapping[str, Any]:
        """Return the document in an envelope. Raise SealError if it cannot be opened or is not valid."""
        try:
            document = parse_canonical_json(
                unpad(open_envelope(opened_grant.key, envelope, EnvelopeKind.SUMMARY, self.header(opened_grant)))
            )
        except KeptError:
            raise SealError from None
        if not isinstance(document, dict) or not self.is_valid(document):
            raise SealError
        return document
