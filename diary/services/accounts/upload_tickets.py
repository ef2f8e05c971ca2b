"""What a ticket for one file lets a locked phone do: declare it, send its parts, complete it. docs/api.md, Tickets for uploads.

[Note: what a ticket is worth] Nothing is stored for a ticket. Its session is looked up each time, so it ends with it, and
its end is at most a few hours away, so a copy of a locked phone's memory is soon worth nothing. It reads nothing, and what it
writes has to be the one file whose digest stands in it.
"""

from typing import Final

from diary.crypto import upload_ticket
from diary.crypto.upload_ticket import UploadTicket
from diary.encoding import b64
from diary.errors import BadRequest, SealError, SessionEnded, SignedOut
from diary.services.instance import Instance
from diary.storage.accounts import sessions
from diary.storage.accounts.sessions import Signed

__all__ = ["UploadTicket"]  # web knows it from here

# Phones give theirs two hours (static/src/diary/sync/locked_upload.ts); their clocks may be wrong.
LONGEST_MS: Final = 24 * 3_600_000


def key_of(instance: Instance, session: bytes) -> str:
    """What a device makes tickets with, b64; it belongs to the session and is computed again for each ticket."""
    return b64(instance.pepper.upload_key(session))


async def admit(instance: Instance, sent: str, diary: bytes, blob: bytes) -> tuple[Signed, UploadTicket]:
    """The session a ticket was made in, and what it is for. Raises SignedOut and SessionEnded."""
    try:
        ticket = upload_ticket.read(sent)
    except SealError:
        raise SignedOut from None
    now = instance.clock.now_ms()
    is_ours = ticket.is_of(instance.pepper.upload_key(ticket.session), sent)
    if not is_ours or (ticket.diary, ticket.blob) != (diary, blob) or not now < ticket.until <= now + LONGEST_MS:
        raise SignedOut
    signed = await sessions.find_by_id(instance.db, ticket.session)
    if signed is None or signed.expires_at <= now:
        raise SignedOut
    if signed.ended_at is not None:
        raise SessionEnded
    return signed, ticket


def must_declare(ticket: UploadTicket | None, parts: int, size: int) -> None:
    """Return when there is no ticket, or these are the numbers in it. Raises BadRequest."""
    if ticket and (parts, size) != (ticket.parts, ticket.size):
        raise BadRequest("This ticket is for a file of another size.")


def must_complete(ticket: UploadTicket | None, digest: bytes) -> None:
    """Return when there is no ticket, or this is the digest in it. Raises BadRequest."""
    if ticket and digest != ticket.digest:
        raise BadRequest("This ticket is for other bytes.")
