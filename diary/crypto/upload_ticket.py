"""Tickets for one file: a locked phone goes on sending it and can do nothing else. docs/formats.md, section 6.

The phone makes them itself, while the diary is open and with or without a network, under a key that the server gave it with
its session and can compute again. A ticket says what it is for; its MAC says that a phone in that session made it.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from diary.crypto.subkeys import subkey
from diary.encoding import b64, unb64
from diary.errors import BadRequest, SealError

LABEL: Final = b"kept/upload\0"
DIGEST_BYTES: Final = 32
_ID: Final = 16
_NUMBER: Final = 8
_MAC: Final = 32
_TOLD: Final = 3 * _ID + 3 * _NUMBER + DIGEST_BYTES


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """What a ticket is for. Ids are 16 bytes; `until` in ms; `size` of all sealed parts in bytes; `digest` completes the file."""

    session: bytes
    diary: bytes
    blob: bytes
    until: int
    parts: int
    size: int
    digest: bytes

    def sign(self, key: bytes) -> str:
        """The ticket as it is sent. `key`: the session's, 32 bytes."""
        told = self._told()
        return b64(told + subkey(key, LABEL + told))

    def is_of(self, key: bytes, sent: str) -> bool:
        """Whether this is how `sent` reads under the session's key."""
        return hmac.compare_digest(self.sign(key).encode(), sent.encode())

    def _told(self) -> bytes:
        """The ticket without its MAC."""
        numbers = b"".join(one.to_bytes(_NUMBER, "big") for one in (self.until, self.parts, self.size))
        return self.session + self.diary + self.blob + numbers + self.digest


def read(sent: str) -> UploadTicket:
    """What stands in a ticket; its MAC is not looked at. Raises SealError for what is no ticket."""
    try:
        raw = unb64(sent)
    except BadRequest:
        raise SealError from None
    if len(raw) != _TOLD + _MAC:
        raise SealError
    session, diary, blob = (raw[i * _ID : (i + 1) * _ID] for i in range(3))
    at = 3 * _ID
    until, parts, size = (int.from_bytes(raw[at + i * _NUMBER : at + (i + 1) * _NUMBER], "big") for i in range(3))
    return UploadTicket(session, diary, blob, until, parts, size, raw[at + 3 * _NUMBER : _TOLD])
