"""Upload tickets: a locked phone may declare, send and complete one file. docs/api.md, Tickets for uploads.

[Note: limits of a ticket] Nothing is stored for a ticket. Its session is looked up each time, so it ends with the
session. It expires after at most 24 hours (phones use two), so a copy of a locked phone's memory is soon worthless. It
allows no reading, and it only allows writing the one file whose digest it contains.
"""

from typing import Final

from diary.crypto import upload_ticket
from diary.crypto.upload_ticket import UploadTicket
from diary.encoding import b64
from diary.errors import BadRequest, NotSignedIn, SealError, SessionRevoked
from diary.services.instance import Instance
from diary.storage.accounts import sessions
from diary.storage.accounts.sessions import AuthenticatedSession

__all__ = ["UploadTicket"]  # imported by web

# Phones issue tickets for two hours (static/src/diary/sync/locked_upload.ts), but their clocks may be wrong.
MAX_TICKET_LIFETIME_MS: Final = 24 * 3_600_000


def derive_upload_key(instance: Instance, session_id: bytes) -> str:
    """Return the session's key for upload tickets (b64). It is derived again for each ticket, not stored."""
    return b64(instance.pepper.upload_key(session_id))


async def authenticate_ticket(
    instance: Instance, encoded_ticket: str, diary: bytes, blob: bytes
) -> tuple[AuthenticatedSession, UploadTicket]:
    """Return the session in which a ticket was made, and its claims. Raise NotSignedIn and SessionRevoked."""
    try:
        ticket = upload_ticket.parse_ticket(encoded_ticket)
    except SealError:
        raise NotSignedIn from None
    now = instance.clock.now_ms()
    is_authentic = ticket.matches(instance.pepper.upload_key(ticket.session), encoded_ticket)
    if (
        not is_authentic
        or (ticket.diary, ticket.blob) != (diary, blob)
        or not now < ticket.expires_at_ms <= now + MAX_TICKET_LIFETIME_MS
    ):
        raise NotSignedIn
    session = await sessions.find_by_id(instance.db, ticket.session)
    if session is None or session.expires_at <= now:
        raise NotSignedIn
    if session.ended_at is not None:
        raise SessionRevoked
    return session, ticket


def check_declaration(ticket: UploadTicket | None, parts: int, size: int) -> None:
    """Raise BadRequest if there is a ticket and its numbers differ."""
    if ticket and (parts, size) != (ticket.part_count, ticket.size_bytes):
        raise BadRequest("This ticket is for a file of another size.")


def check_digest(ticket: UploadTicket | None, digest: bytes) -> None:
    """Raise BadRequest if there is a ticket and its digest differs."""
    if ticket and digest != ticket.digest:
        raise BadRequest("This ticket is for a file with another digest.")
