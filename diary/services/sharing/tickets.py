"""Tickets: whoever had the right words goes on with the one thing they named, for a time, with no account.

Nothing is stored for a ticket. It names its thing and its end, under a MAC of the pepper that is another one for each use, so
that a ticket of one use is none of another.
"""

import hmac
from typing import Final

from diary.encoding import unb64
from diary.errors import BadRequest, NoMatch
from diary.services.instance import Instance

ID_BYTES: Final = 16
TICKET_BYTES: Final = ID_BYTES + 8 + 32


def issue(instance: Instance, use: bytes, named: bytes, until: int) -> bytes:
    """What lets somebody go on with `named` (16 bytes) until `until`, in ms."""
    told = named + until.to_bytes(8, "big")
    return told + instance.pepper.handover_mac(use, told)


def read(instance: Instance, use: bytes, ticket: str) -> bytes:
    """What a ticket, as base64url, is for. Raises NoMatch for one that is altered, of another use, or over."""
    try:
        raw = unb64(ticket)
    except BadRequest:
        raise NoMatch from None
    named, until = raw[:ID_BYTES], int.from_bytes(raw[ID_BYTES : ID_BYTES + 8], "big")
    if len(raw) != TICKET_BYTES or not hmac.compare_digest(raw, issue(instance, use, named, until)):
        raise NoMatch
    if instance.clock.now_ms() >= until:
        raise NoMatch
    return named
