"""Upload tickets: each allows a locked phone to finish sending one file, and nothing else. docs/formats.md, section 6.

The phone makes tickets itself while the diary is open, online or offline, with a key that the server issues with the
session and can derive again. A ticket states what it allows; only a phone in that session could compute its MAC.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from diary.crypto.subkeys import derive_subkey
from diary.encoding import b64, unb64
from diary.errors import BadRequest, SealError

MAC_LABEL: Final = b"kept/upload\0"
DIGEST_BYTES: Final = 32
_ID_BYTES: Final = 16
_NUMBER_BYTES: Final = 8
_MAC_BYTES: Final = 32
_CLAIMS_BYTES: Final = 3 * _ID_BYTES + 3 * _NUMBER_BYTES + DIGEST_BYTES


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """Claims of a ticket. Ids have 16 bytes.

    `expires_at_ms` is in UTC; `size_bytes` is the total of all sealed parts; `digest` is over the digests of the parts,
    and the request that completes the upload must have it.
    """

    session: bytes
    diary: bytes
    blob: bytes
    expires_at_ms: int
    part_count: int
    size_bytes: int
    digest: bytes

    def sign(self, key: bytes) -> str:
        """Return the ticket as text with its MAC. `key` is the session's 32-byte ticket key."""
        claims = self._claims()
        return b64(claims + derive_subkey(key, MAC_LABEL + claims))

    def matches(self, key: bytes, ticket_text: str) -> bool:
        """Return whether `ticket_text` is this ticket, signed with `key`. Compare in constant time."""
        return hmac.compare_digest(self.sign(key).encode(), ticket_text.encode())

    def _claims(self) -> bytes:
        """Return the ticket's bytes without the MAC."""
        numbers = b"".join(
            number.to_bytes(_NUMBER_BYTES, "big") for number in (self.expires_at_ms, self.part_count, self.size_bytes)
        )
        return self.session + self.diary + self.blob + numbers + self.digest


def parse_ticket(ticket_text: str) -> UploadTicket:
    """Return a ticket's claims without checking its MAC. Raise SealError for a malformed ticket."""
    try:
        raw = unb64(ticket_text)
    except BadRequest:
        raise SealError from None
    if len(raw) != _CLAIMS_BYTES + _MAC_BYTES:
        raise SealError
    session, diary, blob = (raw[i * _ID_BYTES : (i + 1) * _ID_BYTES] for i in range(3))
    offset = 3 * _ID_BYTES
    expires_at_ms, part_count, size_bytes = (
        int.from_bytes(raw[offset + i * _NUMBER_BYTES : offset + (i + 1) * _NUMBER_BYTES], "big") for i in range(3)
    )
    return UploadTicket(
        session, diary, blob, expires_at_ms, part_count, size_bytes, raw[offset + 3 * _NUMBER_BYTES : _CLAIMS_BYTES]
    )
