"""Tickets: after proving the right words, somebody without an account can continue with one thing for a time.

Nothing is stored for a ticket. It contains the id of its subject and its end, and a MAC under the pepper that depends
on the purpose, so that a ticket for one purpose is invalid for another.
"""

import hmac
from typing import Final

from diary.encoding import unb64
from diary.errors import BadRequest, InvalidCredentials
from diary.services.instance import Instance

ID_BYTES: Final = 16
TICKET_BYTES: Final = ID_BYTES + 8 + 32


def issue_ticket(instance: Instance, purpose: bytes, subject_id: bytes, expires_at_ms: int) -> bytes:
    """Return a ticket for a subject (16 bytes), valid until `expires_at_ms`."""
    payload = subject_id + expires_at_ms.to_bytes(8, "big")
    return payload + instance.pepper.sharing_mac(purpose, payload)


def read_ticket(instance: Instance, purpose: bytes, ticket: str) -> bytes:
    """Return the subject of a ticket (base64url).

    Raise InvalidCredentials if it is altered, for another purpose, or expired.
    """
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
