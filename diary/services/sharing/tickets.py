"""Tickets: whoever had the right words goes on with the one thing they named, for a time, with no account.

Nothing is stored for a ticket. It names its thing and its end, under a MAC of the pepper that is another one for each use, so
that a ticket of one use is none of another.
"""

import hmac
from typing import Final

from diary.encoding import unb64
from diary.errors import BadRequest, InvalidCredentials
from diary.services.instance import Instance

ID_BYTES: Final = 16
TICKET_BYTES: Final = ID_BYTES + 8 + 32


def issue_ticket(instance: Instance, purpose: bytes, subject_id: bytes, expires_at_ms: int) -> bytes:
    """What lets somebody go on with `named` (16 bytes) until `until`, in ms."""
    payload = subject_id + expires_at_ms.to_bytes(8, "big")
    return payload + instance.pepper.sharing_mac(purpose, payload)


def read_ticket(instance: Instance, purpose: bytes, ticket: str) -> bytes:
    """What a ticket, as base64url, is for. Raises NoMatch for one that is altered, of another use, or over."""
    try:
        raw = unb64(ticket)
    except BadRequest:
        raise InvalidCredentials from None
    subject_id, expires_at_ms = raw[:ID_BYTES], int.from_bytes(raw[ID_BYTES : ID_BYTES + 8], "big")
    if len(raw) != TICKET_BYTES or not hmac.compare_digest(
        raw, issue_ticket(instance, purpose, subject_id, expires_at_ms)
    ):
        raise InvalidCredentials
    if instance.clock.now_ms() >= expires_at_ms:
        raise InvalidCredentials
    return subject_id
