"""Organisations of advocates: begun by the operator, led by one of their own, joined by invitation.

[Note: no key of the organisation's] Nothing is sealed to an organisation. Each grant is sealed to one person, so whoever
leaves takes nothing along, and no lead can read what was given to somebody else.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.crypto.fingerprints import fingerprint
from diary.crypto.totp import find_step
from diary.errors import BadRequest, Conflict, NotFound, NotInvited, SecondStep
from diary.ids import id_text, new_id
from diary.services.accounts import sessions
from diary.services.accounts.authentication import NewAccount, account_row, check_account
from diary.services.accounts.enrolment import ALPHABET, grouped
from diary.services.accounts.organisation_members import NAME, SECRET, name_of
from diary.services.accounts.sessions import Device, Entry
from diary.services.accounts.sign_in_proofs import prove
from diary.services.instance import Instance
from diary.storage.accounts import account_rows
from diary.storage.accounts.sessions import Signed
from diary.storage.sharing import organisations
from diary.storage.sharing.organisations import MemberRow, Numbers
from diary.storage.writer import Hand

DAY_MS: Final = 86_400_000
INVITE_DAYS: Final = constants.INVITE_DAYS
SOON_DAYS: Final = 7
_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Joining:
    """All that an advocate's device sends to join: the account, the invitation, a name for people, the second step."""

    new: NewAccount
    invite: str
    name: str
    secret: bytes
    digits: str


async def begin(instance: Instance, name: str) -> tuple[str, str]:
    """A new organisation: its id, and the invitation of whoever leads it. Raises BadRequest."""
    if not name.strip():
        raise BadRequest("An organisation needs a name.")
    organisation, code, now = new_id(), _code(), instance.clock.now_ms()
    mac = _mac(instance, code)

    def job(hand: Hand) -> None:
        organisations.add(hand, organisation, name.strip(), now)
        organisations.invite(hand, mac, organisation, leads=True, now=now, until=now + INVITE_DAYS * DAY_MS)

    await instance.db.writer.run(job)
    return id_text(organisation), grouped(code)


@dataclass(frozen=True, slots=True)
class Listed:
    """An organisation as the operator sees it; `ended_at` in ms."""

    id: str
    name: str
    members: int
    ended_at: int | None


async def list_all(instance: Instance) -> list[Listed]:
    """Every organisation, the earliest first."""
    rows = await instance.db.page(organisations.list_all)
    return [Listed(id_text(bytes(row)), name, members, ended) for row, name, _, ended, members in rows]


async def invite_lead(instance: Instance, organisation: bytes) -> str:
    """Another invitation for whoever leads an organisation. Raises NotFound."""
    return await _invite(instance, organisation, leads=True)


async def invite(instance: Instance, signed: Signed, proof: bytes, member: MemberRow) -> str:
    """Make an invitation into the lead's own organisation. Raises NotFound for a member who is not a lead, and NoMatch."""
    _check_lead(member)
    await prove(instance, signed, proof)
    return await _invite(instance, member.organisation, leads=False)


async def join(instance: Instance, joining: Joining, device: Device) -> tuple[Entry, dict[str, object]]:
    """Make an advocate's account and sign in: the session and the answer of a sign-in.

    The digits are asked for now: a second step that does not work would lock the account at its next sign-in. Raises
    BadRequest, SecondStep, NotInvited, Conflict and Unavailable.
    """
    new, now = joining.new, instance.clock.now_ms()
    check_account(instance, new)
    step = find_step(joining.secret, joining.digits, now, 0)
    if step is None:
        raise SecondStep
    row = await account_row(instance, new)
    mac = _mac(instance, joining.invite)

    def job(hand: Hand) -> Entry:
        if account_rows.is_taken(hand, account=row.id, login_mac=row.login_mac):
            raise Conflict
        instance.disk.admit_account()
        into = organisations.use_up(hand, mac, now)
        if into is None:
            raise NotInvited
        account_rows.add(hand, row)
        member = MemberRow(
            account=row.id,
            organisation=into[0],
            organisation_name="",
            leads=into[1],
            fingerprint=fingerprint(row.ecdsa_pub, row.hpke_pub),
            name=instance.pepper.seal(NAME, row.id, joining.name.encode()),
            secret=instance.pepper.seal(SECRET, row.id, joining.secret),
            step=step,
            ecdsa_pub=row.ecdsa_pub,
            hpke_pub=row.hpke_pub,
        )
        organisations.join(hand, member, now)
        return sessions.begin(instance, hand, row, device)

    entry = await instance.db.writer.run(job)
    return entry, await sessions.describe(instance, row, entry.session)


async def list_members(instance: Instance, member: MemberRow) -> list[dict[str, object]]:
    """A lead's colleagues. Raises NotFound for whoever does not lead."""
    _check_lead(member)
    rows = await instance.db.page(lambda hand: organisations.members_of(hand, member.organisation))
    return [
        {
            "here": row.account == member.account,
            "leads": bool(row.leads),
            "member": id_text(row.account),
            "name": name_of(instance, row),
        }
        for row in rows
    ]


async def list_looks(instance: Instance, member: MemberRow) -> list[dict[str, object]]:
    """Every look that is still written down, for the organisation's own audit. Raises NotFound for whoever does not lead.

    `client` tells one client from another and names nobody: it is made of the grant's id and the organisation's, so two
    organisations cannot compare their lists.
    """
    _check_lead(member)
    rows = await instance.db.page(lambda hand: organisations.looks_of(hand, member.organisation))
    names = {row.account: name_of(instance, row) for row in rows.members}
    return [
        {
            "at": at,
            "client": hashlib.sha256(b"kept/client\0" + member.organisation + grant).hexdigest()[:8],
            "name": names.get(advocate, ""),
            "what": what,
        }
        for advocate, grant, at, what in rows.looks
    ]


async def numbers(instance: Instance, member: MemberRow) -> Numbers:
    """What a lead may know of the work: numbers. Raises NotFound for whoever does not lead."""
    _check_lead(member)
    now = instance.clock.now_ms()
    return await instance.db.page(
        lambda hand: organisations.numbers(hand, member.organisation, now, now + SOON_DAYS * DAY_MS)
    )


async def leave(instance: Instance, signed: Signed, proof: bytes, member: MemberRow, who: bytes) -> None:
    """A colleague leaves, or the member themselves. All they could reach ends at once. Raises NotFound and NoMatch."""
    if who != member.account:
        _check_lead(member)
    await prove(instance, signed, proof)
    now = instance.clock.now_ms()
    await instance.db.writer.run(lambda hand: organisations.leave(hand, member.organisation, who, now))


async def end(instance: Instance, organisation: bytes) -> None:
    """End an organisation. Raises NotFound."""
    now = instance.clock.now_ms()
    await instance.db.writer.run(lambda hand: organisations.end(hand, organisation, now))


async def _invite(instance: Instance, organisation: bytes, *, leads: bool) -> str:
    """A fresh invitation. Raises NotFound."""
    code, now = _code(), instance.clock.now_ms()
    mac = _mac(instance, code)

    def job(hand: Hand) -> None:
        if not organisations.stands(hand, organisation):
            raise NotFound
        organisations.invite(hand, mac, organisation, leads=leads, now=now, until=now + INVITE_DAYS * DAY_MS)

    await instance.db.writer.run(job)
    return grouped(code)


def _check_lead(member: MemberRow) -> None:
    """Raises NotFound: what is not one's own to see is not there."""
    if not member.leads:
        raise NotFound


def _code() -> str:
    """Sixteen characters, 79 bits, none of them like another."""
    return "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))


def _mac(instance: Instance, code: str) -> bytes:
    """What an invitation is stored as; a keeper's invitation is another thing with another digest."""
    return instance.pepper.invite_mac("member " + "".join(one for one in code.lower() if one.isalnum()))
