"""Organisations of advocates: created by the operator, led by a member, joined by invitation.

[Note: no key for an organisation] Nothing is sealed to an organisation. Each grant is sealed to one person, so
somebody who leaves takes nothing along, and no lead can read what was given to somebody else.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.crypto.fingerprints import fingerprint
from diary.crypto.totp import find_step
from diary.errors import BadRequest, Conflict, InvalidInvitation, NotFound, SecondFactorFailed
from diary.ids import id_text, new_id
from diary.services.accounts import sessions
from diary.services.accounts.authentication import NewAccount, build_account_row, check_account
from diary.services.accounts.enrolment import INVITATION_ALPHABET, format_code
from diary.services.accounts.organisation_members import MEMBER_NAME_PURPOSE, TOTP_SECRET_PURPOSE, member_name
from diary.services.accounts.sessions import Device, StartedSession
from diary.services.accounts.sign_in_proofs import verify_proof
from diary.services.instance import Instance
from diary.storage.accounts import account_rows
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.sharing import organisations
from diary.storage.sharing.organisations import MemberRow, OrganisationStatistics
from diary.storage.writer import Transaction

DAY_MS: Final = 86_400_000
INVITATION_DAYS: Final = constants.INVITE_DAYS
ENDING_SOON_DAYS: Final = 7
_CODE_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Everything an advocate's device sends to join: account, invitation, display name, second factor."""

    new_account: NewAccount
    invitation_code: str
    display_name: str
    totp_secret: bytes
    totp_code: str


async def create_organisation(instance: Instance, name: str) -> tuple[str, str]:
    """Create an organisation. Return its id and the invitation for its lead. Raise BadRequest for a blank name."""
    if not name.strip():
        raise BadRequest("An organisation needs a name.")
    organisation_id, code, now = new_id(), _generate_code(), instance.clock.now_ms()
    mac = _invitation_mac(instance, code)

    def write(tx: Transaction) -> None:
        organisations.add_organisation(tx, organisation_id, name.strip(), now)
        organisations.add_invitation(
            tx, mac, organisation_id, leads=True, now=now, expires_at=now + INVITATION_DAYS * DAY_MS
        )

    await instance.db.writer.run(write)
    return id_text(organisation_id), format_code(code)


@dataclass(frozen=True, slots=True)
class OrganisationSummary:
    """An organisation in the operator's list. `ended_at` is in ms UTC."""

    id: str
    name: str
    member_count: int
    ended_at: int | None


async def list_organisations(instance: Instance) -> list[OrganisationSummary]:
    """Return every organisation, oldest first."""
    rows = await instance.db.run_read(organisations.list_all)
    return [OrganisationSummary(id_text(bytes(row)), name, members, ended) for row, name, _, ended, members in rows]


async def create_lead_invitation(instance: Instance, organisation: bytes) -> str:
    """Return a new invitation for a lead of an organisation. Raise NotFound."""
    return await _create_invitation(instance, organisation, leads=True)


async def create_member_invitation(
    instance: Instance, session: AuthenticatedSession, proof: bytes, member: MemberRow
) -> str:
    """Return a new invitation into the lead's own organisation.

    Raise NotFound if the member is not a lead, InvalidCredentials and NotSignedIn.
    """
    _check_lead(member)
    await verify_proof(instance, session, proof)
    return await _create_invitation(instance, member.organisation, leads=False)


async def join(instance: Instance, request: JoinRequest, device: Device) -> tuple[StartedSession, dict[str, object]]:
    """Create an advocate's account and sign in. Return the session and the response of a sign-in.

    The six digits are checked now, because a wrong second factor would lock the account at its next sign-in. Raise
    BadRequest, BadSignature, SecondFactorFailed, InvalidInvitation, Conflict and Unavailable.
    """
    new_account, now = request.new_account, instance.clock.now_ms()
    check_account(instance, new_account)
    time_step = find_step(request.totp_secret, request.totp_code, now, 0)
    if time_step is None:
        raise SecondFactorFailed
    row = await build_account_row(instance, new_account)
    mac = _invitation_mac(instance, request.invitation_code)

    def write(tx: Transaction) -> StartedSession:
        if account_rows.is_taken(tx, account=row.id, login_mac=row.login_mac):
            raise Conflict
        instance.disk_space.check_room_for_account()
        invitation = organisations.use_invitation(tx, mac, now)
        if invitation is None:
            raise InvalidInvitation
        account_rows.add_account(tx, row)
        member = MemberRow(
            account=row.id,
            organisation=invitation[0],
            organisation_name="",
            leads=invitation[1],
            fingerprint=fingerprint(row.ecdsa_pub, row.hpke_pub),
            name=instance.pepper.seal(MEMBER_NAME_PURPOSE, row.id, request.display_name.encode()),
            secret=instance.pepper.seal(TOTP_SECRET_PURPOSE, row.id, request.totp_secret),
            step=time_step,
            ecdsa_pub=row.ecdsa_pub,
            hpke_pub=row.hpke_pub,
        )
        organisations.add_member(tx, member, now)
        return sessions.create_session(instance, tx, row, device)

    entry = await instance.db.writer.run(write)
    return entry, await sessions.session_payload(instance, row, entry.session_id)


async def list_members(instance: Instance, member: MemberRow) -> list[dict[str, object]]:
    """Return the lead's colleagues as JSON, the lead included. Raise NotFound if the member is not a lead."""
    _check_lead(member)
    rows = await instance.db.run_read(lambda tx: organisations.list_members(tx, member.organisation))
    return [
        {
            "here": row.account == member.account,
            "leads": bool(row.leads),
            "member": id_text(row.account),
            "name": member_name(instance, row),
        }
        for row in rows
    ]


async def list_looks(instance: Instance, member: MemberRow) -> list[dict[str, object]]:
    """Return every recorded access by the organisation's members, for its own audit.

    Raise NotFound if the member is not a lead. `client` distinguishes clients without naming them: it is derived from
    the grant's id and the organisation's, so that two organisations cannot compare their lists.
    """
    _check_lead(member)
    rows = await instance.db.run_read(lambda tx: organisations.list_looks(tx, member.organisation))
    names = {row.account: member_name(instance, row) for row in rows.members}
    return [
        {
            "at": at,
            "client": hashlib.sha256(b"kept/client\0" + member.organisation + grant).hexdigest()[:8],
            "name": names.get(advocate, ""),
            "what": what,
        }
        for advocate, grant, at, what in rows.looks
    ]


async def organisation_statistics(instance: Instance, member: MemberRow) -> OrganisationStatistics:
    """Return the numbers that a lead may see. Raise NotFound if the member is not a lead."""
    _check_lead(member)
    now = instance.clock.now_ms()
    return await instance.db.run_read(
        lambda tx: organisations.read_statistics(tx, member.organisation, now, now + ENDING_SOON_DAYS * DAY_MS)
    )


async def remove_member(
    instance: Instance, session: AuthenticatedSession, proof: bytes, member: MemberRow, member_account: bytes
) -> None:
    """Remove a colleague, or the member themselves. All their access ends at once.

    Raise NotFound, InvalidCredentials and NotSignedIn.
    """
    if member_account != member.account:
        _check_lead(member)
    await verify_proof(instance, session, proof)
    now = instance.clock.now_ms()
    await instance.db.writer.run(lambda tx: organisations.end_membership(tx, member.organisation, member_account, now))


async def end_organisation(instance: Instance, organisation: bytes) -> None:
    """End an organisation. Raise NotFound."""
    now = instance.clock.now_ms()
    await instance.db.writer.run(lambda tx: organisations.end_organisation(tx, organisation, now))


async def _create_invitation(instance: Instance, organisation: bytes, *, leads: bool) -> str:
    """Store and return a new invitation. Raise NotFound."""
    code, now = _generate_code(), instance.clock.now_ms()
    mac = _invitation_mac(instance, code)

    def write(tx: Transaction) -> None:
        if not organisations.is_active(tx, organisation):
            raise NotFound
        organisations.add_invitation(
            tx, mac, organisation, leads=leads, now=now, expires_at=now + INVITATION_DAYS * DAY_MS
        )

    await instance.db.writer.run(write)
    return format_code(code)


def _check_lead(member: MemberRow) -> None:
    """Raise NotFound if the member is not a lead. The response is the same as for unknown paths."""
    if not member.leads:
        raise NotFound


def _generate_code() -> str:
    """Return sixteen random characters (79 bits) from an alphabet without similar ones."""
    return "".join(secrets.choice(INVITATION_ALPHABET) for _ in range(_CODE_LENGTH))


def _invitation_mac(instance: Instance, code: str) -> bytes:
    """Return the digest under which an invitation is stored. A keeper's invitation has another one."""
    return instance.pepper.invitation_mac(
        "member " + "".join(character for character in code.lower() if character.isalnum())
    )
