"""Organisations of advocates, who is in them, and invitations into them."""

from dataclasses import dataclass
from typing import Final

from diary.errors import NotFound
from diary.storage.accounts import renewal_tokens
from diary.storage.database_interface import Database
from diary.storage.writer import Transaction

_SELECT_MEMBER: Final = (
    "SELECT m.id, m.organisation_id, o.name, m.leads, m.fingerprint, m.name, m.secret, m.step, a.ecdsa_pub, a.hpke_pub"
    " FROM member m JOIN organisation o ON o.id = m.organisation_id JOIN account a ON a.id = m.id"
    " WHERE m.ended_at IS NULL AND o.ended_at IS NULL"
)
MAX_LOOKS: Final = 20_000
_COUNT_FROM: Final = "SELECT count(*) FROM"


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member who has not left. `name` and `secret` are sealed; the keys are their account's, 65 bytes."""

    account: bytes
    organisation: bytes
    organisation_name: str
    leads: bool
    fingerprint: bytes
    name: bytes
    secret: bytes
    step: int
    ecdsa_pub: bytes
    hpke_pub: bytes


@dataclass(frozen=True, slots=True)
class OrganisationStatistics:
    """An organisation as its lead sees it: numbers and no names of anybody's clients."""

    name: str
    members: int
    grants: int
    ending_grants: int
    packs: int


@dataclass(frozen=True, slots=True)
class OrganisationLooks:
    """Looks as (advocate, grant, ms, what), and who is in the organisation now."""

    looks: list[tuple[bytes, bytes, int, str]]
    members: list[MemberRow]


def add_organisation(tx: Transaction, organisation: bytes, name: str, now: int) -> None:
    """A new organisation."""
    tx.execute("INSERT INTO organisation (id, name, made_at) VALUES (?, ?, ?)", (organisation, name, now))


def list_all(tx: Transaction) -> list[tuple[bytes, str, int, int | None, int]]:
    """Id, name, beginning, end and members of every organisation, for the operator."""
    return tx.execute(
        "SELECT o.id, o.name, o.made_at, o.ended_at,"
        " (SELECT count(*) FROM member m WHERE m.organisation_id = o.id AND m.ended_at IS NULL) FROM organisation o"
        " ORDER BY o.made_at"
    ).fetchall()


def is_active(tx: Transaction, organisation: bytes) -> bool:
    """Whether there is such an organisation and it has not ended."""
    return bool(tx.execute("SELECT 1 FROM organisation WHERE id = ? AND ended_at IS NULL", (organisation,)).fetchone())


def end_organisation(tx: Transaction, organisation: bytes, now: int) -> None:
    """End an organisation, and with it all that its members could reach. Raises NotFound."""
    if (
        tx.execute(
            "UPDATE organisation SET ended_at = ? WHERE id = ? AND ended_at IS NULL", (now, organisation)
        ).rowcount
        != 1
    ):
        raise NotFound
    tx.execute("DELETE FROM member_invite WHERE organisation_id = ?", (organisation,))
    for (account,) in tx.execute("SELECT id FROM member WHERE organisation_id = ?", (organisation,)).fetchall():
        _end_membership(tx, account, now)


def add_invitation(tx: Transaction, mac: bytes, organisation: bytes, *, leads: bool, now: int, expires_at: int) -> None:
    """Store an invitation that is good until `until` ms; those that are over go."""
    tx.execute("DELETE FROM member_invite WHERE until < ?", (now,))
    tx.execute(
        "INSERT INTO member_invite (id, organisation_id, leads, until) VALUES (?, ?, ?, ?)",
        (mac, organisation, leads, expires_at),
    )


def use_invitation(tx: Transaction, mac: bytes, now: int) -> tuple[bytes, bool] | None:
    """Take an invitation, once: its organisation, and whether it is for a lead. None when there is none that is good."""
    row = tx.execute(
        "SELECT i.organisation_id, i.leads FROM member_invite i JOIN organisation o ON o.id = i.organisation_id"
        " WHERE i.id = ? AND i.until >= ? AND o.ended_at IS NULL",
        (mac, now),
    ).fetchone()
    tx.execute("DELETE FROM member_invite WHERE id = ?", (mac,))
    return (row[0], bool(row[1])) if row else None


def add_member(tx: Transaction, row: MemberRow, now: int) -> None:
    """A new member; the account is there already."""
    tx.execute(
        "INSERT INTO member (id, organisation_id, leads, fingerprint, name, secret, step, made_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (row.account, row.organisation, row.leads, row.fingerprint, row.name, row.secret, row.step, now),
    )


async def find(db: Database, account: bytes) -> MemberRow | None:
    """The member with this account, when they have not left and their organisation stands."""
    row = await db.fetch_one(f"{_SELECT_MEMBER} AND m.id = ?", (account,))
    return MemberRow(*row) if row else None


async def was_member(db: Database, account: bytes) -> bool:
    """Whether an account is an advocate's, or was."""
    return await db.fetch_one("SELECT 1 FROM member WHERE id = ?", (account,)) is not None


async def find_by_fingerprint(db: Database, fingerprint: bytes) -> MemberRow | None:
    """The member whose nine words these are, when they have not left and their organisation stands."""
    row = await db.fetch_one(f"{_SELECT_MEMBER} AND m.fingerprint = ?", (fingerprint,))
    return MemberRow(*row) if row else None


def list_members(tx: Transaction, organisation: bytes) -> list[MemberRow]:
    """Those who have not left, the earliest first."""
    rows = tx.execute(
        f"{_SELECT_MEMBER} AND m.organisation_id = ? ORDER BY m.made_at, m.id", (organisation,)
    ).fetchall()
    return [MemberRow(*row) for row in rows]


def list_looks(tx: Transaction, organisation: bytes) -> OrganisationLooks:
    """Who of an organisation looked and when, the latest first; members who have left are among them."""
    looks = tx.execute(
        "SELECT g.advocate_id, g.id, l.at, l.what FROM grant_look l JOIN access_grant g ON g.id = l.grant_id"
        " JOIN member m ON m.id = g.advocate_id WHERE m.organisation_id = ? ORDER BY l.at DESC, l.id DESC LIMIT ?",
        (organisation, MAX_LOOKS),
    ).fetchall()
    return OrganisationLooks(
        [(bytes(advocate), bytes(grant), at, what) for advocate, grant, at, what in looks],
        list_members(tx, organisation),
    )


def use_totp_step(tx: Transaction, account: bytes, step: int) -> bool:
    """Note the digits of a step as used; False when they, or later ones, were used before."""
    return tx.execute("UPDATE member SET step = ? WHERE id = ? AND step < ?", (step, account, step)).rowcount == 1


def end_membership(tx: Transaction, organisation: bytes, account: bytes, now: int) -> None:
    """A member leaves: sessions and all they could reach end at once. Raises NotFound."""
    if not tx.execute(
        "SELECT 1 FROM member WHERE id = ? AND organisation_id = ? AND ended_at IS NULL", (account, organisation)
    ).fetchone():
        raise NotFound
    _end_membership(tx, account, now)


def read_statistics(tx: Transaction, organisation: bytes, now: int, ending_before: int) -> OrganisationStatistics:
    """What a lead may know. `soon`: grants ending before this ms are counted as ending."""
    organisation_row = tx.execute("SELECT name FROM organisation WHERE id = ?", (organisation,)).fetchone()
    if organisation_row is None:
        raise NotFound
    members_sql = "SELECT id FROM member WHERE organisation_id = ? AND ended_at IS NULL"
    active_grants_sql = f"access_grant WHERE ended_at IS NULL AND not_after > ? AND advocate_id IN ({members_sql})"
    return OrganisationStatistics(
        organisation_row[0],
        _count(tx, f"{_COUNT_FROM} ({members_sql}) AS m", (organisation,)),
        _count(tx, f"{_COUNT_FROM} {active_grants_sql}", (now, organisation)),
        _count(tx, f"{_COUNT_FROM} {active_grants_sql} AND not_after < ?", (now, organisation, ending_before)),
        _count(
            tx,
            "SELECT count(*) FROM grant_look l JOIN access_grant g ON g.id = l.grant_id JOIN member m ON m.id = g.advocate_id"
            " WHERE l.what = 'pack' AND m.organisation_id = ?",
            (organisation,),
        ),
    )


def _end_membership(tx: Transaction, account: bytes, now: int) -> None:
    """The end of a member."""
    tx.execute("UPDATE member SET ended_at = ? WHERE id = ? AND ended_at IS NULL", (now, account))
    tx.execute("UPDATE access_grant SET ended_at = ? WHERE advocate_id = ? AND ended_at IS NULL", (now, account))
    tx.execute(
        "DELETE FROM grant_wrap WHERE grant_id IN (SELECT id FROM access_grant WHERE advocate_id = ?)", (account,)
    )
    tx.execute("DELETE FROM session WHERE account_id = ?", (account,))
    renewal_tokens.delete_all(tx, account)


def _count(tx: Transaction, sql: str, parameters: tuple[object, ...]) -> int:
    """One number."""
    return int(tx.execute(sql, parameters).fetchone()[0])
