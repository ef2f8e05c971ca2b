"""The operator's list of unused invitations, and how to revoke one.

Only the HMAC of a code under the pepper is stored, so no code can be listed. An invitation is named by the first bytes
of its HMAC, which help nobody to guess the code without the pepper.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Final

from diary.errors import BadRequest, NotFound
from diary.ids import id_text
from diary.services.instance import Instance
from diary.storage.accounts import invitations
from diary.storage.sharing import organisations
from diary.storage.writer import Transaction

PAGE_ROWS: Final = 500
KIND_ACCOUNT: Final = "account"
KIND_LEAD: Final = "lead"
KIND_MEMBER: Final = "member"
_MAC_BYTES: Final = 32
_NAMING_BYTES: Final = 8
_ID_PATTERN: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An open invitation. `expires_at` is in ms. `kind`: for a keeper's account, or for a lead or a member."""

    id: str
    kind: str
    expires_at: int
    organisation: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return the invitation as one object."""
        return asdict(self)


async def list_open(instance: Instance) -> AsyncIterator[OpenInvitation]:
    """Yield every invitation that can still be used: those for keepers first. They are read in pages."""
    db, now = instance.db, instance.clock.now_ms()
    after = b""
    while page := await db.run_read(partial(invitations.list_open, after=after, now=now, limit=PAGE_ROWS)):
        for mac, expires_at in page:
            yield OpenInvitation(_invitation_id(mac), KIND_ACCOUNT, expires_at)
        after = bytes(page[-1][0])
    after = b""
    while member_page := await db.run_read(
        partial(organisations.list_open_invitations, after=after, now=now, limit=PAGE_ROWS)
    ):
        for mac, expires_at, organisation, leads in member_page:
            kind = KIND_LEAD if leads else KIND_MEMBER
            yield OpenInvitation(_invitation_id(mac), kind, expires_at, id_text(bytes(organisation)))
        after = bytes(member_page[-1][0])


async def revoke(instance: Instance, invitation_id: str) -> None:
    """Delete an open invitation, so that nobody can use it.

    Raise BadRequest for a text that is no id, and NotFound if no open invitation has it.
    """
    if not _ID_PATTERN.fullmatch(invitation_id):
        raise BadRequest("That is not the id of an invitation. `invites` prints the ids.")
    prefix, now = bytes.fromhex(invitation_id), instance.clock.now_ms()
    rest_bytes = _MAC_BYTES - _NAMING_BYTES
    first, last = prefix + bytes(rest_bytes), prefix + b"\xff" * rest_bytes

    def delete(tx: Transaction) -> bool:
        return invitations.revoke(tx, first, last, now) or organisations.revoke_invitation(tx, first, last, now)

    if not await instance.db.writer.run(delete):
        raise NotFound("There is no open invitation with that id. It may have been used, revoked or expired.")


def _invitation_id(mac: bytes) -> str:
    """Return the id by which the operator names an invitation."""
    return bytes(mac)[:_NAMING_BYTES].hex()
