"""Grants: creation, renewal and end by the keeper. docs/formats.md, section 8.

[Note: what the server cannot see in a grant] The server has a grant's diary, advocate and end, and the versions with a
wrap for it. The choice, the purpose and the keeper's identity are sealed. The server enforces the end by its own clock,
and the advocate's device enforces it by the signed grant, so neither relies on the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from diary.crypto.keys import grant_wrap_header
from diary.crypto.sealing import SUITE_PUBLIC_KEY, SUITE_SYMMETRIC, EnvelopeKind, envelope_prefix
from diary.encoding import b64, decode_frames
from diary.errors import BadRequest, NotFound
from diary.ids import id_text
from diary.ledger.push import PARTS
from diary.ledger.sharing.grants import MAX_DURATION_MS
from diary.services.accounts.organisation_members import member_name
from diary.services.accounts.sign_in_proofs import verify_proof
from diary.services.instance import Instance
from diary.services.sharing.advocate_clients import check_review_marks
from diary.storage.accounts import access_log
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.sharing import grants, letters, organisations, review_marks
from diary.storage.sharing.grants import GrantRow
from diary.storage.sharing.organisations import MemberRow
from diary.storage.writer import Transaction

MAX_VERSIONS_PER_REQUEST: Final = 500
# The phone's clock may differ from the server's.
MAX_CLOCK_SKEW_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant as a phone creates it. `sealed` is for the advocate, `keeper_copy` for the keeper."""

    grant_id: bytes
    diary_id: bytes
    advocate_fingerprint: bytes
    not_after: int
    sealed: bytes
    keeper_copy: bytes


async def find_advocate(instance: Instance, fingerprint: bytes) -> dict[str, object]:
    """Return the keys, name and organisation of the advocate with this fingerprint. Raise NotFound.

    The phone checks that the keys match the nine words.
    """
    member = await organisations.find_by_fingerprint(instance.db, fingerprint)
    if member is None:
        raise NotFound("Nobody here has these words. Ask for them again.")
    return _advocate_payload(instance, member)


async def create_grant(
    instance: Instance, session: AuthenticatedSession, proof: bytes, new_grant: NewGrant
) -> GrantRow:
    """Store a grant. Idempotent.

    Raise InvalidCredentials, NotSignedIn, BadRequest, NotFound, Conflict and QuotaExceeded.
    """
    await verify_proof(instance, session, proof)
    now = instance.clock.now_ms()
    if not now < new_grant.not_after <= now + MAX_DURATION_MS + MAX_CLOCK_SKEW_MS:
        raise BadRequest("A grant cannot last longer than half a year.")
    header = {
        "diary": id_text(new_grant.diary_id),
        "grant": id_text(new_grant.grant_id),
        "t": "grant",
        "to": b64(new_grant.advocate_fingerprint),
    }
    for envelope, suite in ((new_grant.sealed, SUITE_PUBLIC_KEY), (new_grant.keeper_copy, SUITE_SYMMETRIC)):
        if not envelope.startswith(envelope_prefix(EnvelopeKind.GRANT, header, suite)):
            raise BadRequest("That grant belongs to another place.")
    member = await organisations.find_by_fingerprint(instance.db, new_grant.advocate_fingerprint)
    if member is None:
        raise NotFound
    row = GrantRow(
        new_grant.grant_id,
        new_grant.diary_id,
        member.account,
        new_grant.not_after,
        now,
        None,
        new_grant.sealed,
        new_grant.keeper_copy,
    )

    def write(tx: Transaction) -> GrantRow:
        grant_row = grants.add_grant(tx, session.account, row)
        access_log.record_access(tx, session.account, session.session, "let_in", now)
        return grant_row

    return await instance.db.writer.run(write)


async def add_wraps(instance: Instance, session: AuthenticatedSession, diary: bytes, grant: bytes, body: bytes) -> int:
    """Store wraps of existing versions. Return the number of new ones. Raise BadRequest and NotFound.

    `body` has one frame for each version, with its id and its wraps.
    """
    now = instance.clock.now_ms()
    await grants.check_owned(instance.db, session.account, diary, grant)
    version_wraps = [
        _read_wraps(frame, diary, grant) for frame in decode_frames(body, frames_limit=MAX_VERSIONS_PER_REQUEST)
    ]
    return await instance.db.writer.run(
        lambda tx: grants.add_wraps(tx, diary, grant, version_wraps, now), account=session.account
    )


async def put_summary(
    instance: Instance, session: AuthenticatedSession, diary: bytes, grant: bytes, envelope: bytes
) -> None:
    """Replace a grant's summary. Raise BadRequest and NotFound."""
    await grants.check_owned(instance.db, session.account, diary, grant)
    header = {"diary": id_text(diary), "grant": id_text(grant), "t": "summary"}
    if not envelope.startswith(envelope_prefix(EnvelopeKind.SUMMARY, header)):
        raise BadRequest("That summary belongs to another place.")
    await instance.db.writer.run(
        lambda tx: grants.replace_summary(tx, session.account, grant, envelope), account=session.account
    )


async def list_grants(instance: Instance, session: AuthenticatedSession) -> list[dict[str, object]]:
    """Return the keeper's grants as JSON, ended ones included: ids, times, and the keeper's own sealed copies.

    There are no names, because a copied session would reveal who helps the keeper. `to` is the advocate's current
    fingerprint, None if they have left.
    """
    found = await grants.list_for_account(instance.db, session.account)
    marks_by_grant = await review_marks.list_numbers(instance.db, session.account)
    payload: list[dict[str, object]] = []
    for row, version_count in found:
        member = await organisations.find_member(instance.db, row.advocate)
        payload.append(
            {
                "diary": id_text(row.diary),
                "ended_at": row.ended_at,
                "given": version_count,
                "grant": id_text(row.id),
                "kept": b64(row.kept),
                "looked_at": row.looked_at,
                "made_at": row.made_at,
                "marks": marks_by_grant.get(row.id, 0),
                "not_after": row.not_after,
                "to": b64(member.fingerprint) if member else None,
            }
        )
    return payload


async def get_review_marks(
    instance: Instance, session: AuthenticatedSession, diary: bytes, grant: bytes
) -> bytes | None:
    """Return the advocate's sealed review marks, or None. Raise NotFound."""
    return await review_marks.find_owned_marks(instance.db, session.account, diary, grant)


async def carry_over_review_marks(
    instance: Instance, session: AuthenticatedSession, diary: bytes, grant: bytes, envelope: bytes
) -> None:
    """Store the review marks of an earlier grant for the grant that replaces it. Raise BadRequest and NotFound."""
    await grants.check_owned(instance.db, session.account, diary, grant)
    check_review_marks(diary, grant, envelope)
    await instance.db.writer.run(lambda tx: review_marks.replace_marks(tx, grant, envelope), account=session.account)


async def list_granted_versions(
    instance: Instance, session: AuthenticatedSession, diary: bytes, grant: bytes
) -> list[str]:
    """Return the ids of the versions for which a grant has wraps. Raise NotFound."""
    await grants.check_owned(instance.db, session.account, diary, grant)
    return [id_text(version) for version in await grants.list_wrapped_versions(instance.db, session.account, grant)]


async def list_looks(instance: Instance, session: AuthenticatedSession) -> list[dict[str, object]]:
    """Return every recorded access by advocates to the keeper's diaries, newest first."""
    rows = await grants.list_looks(instance.db, session.account)
    return [{"at": looked_at, "grant": id_text(bytes(grant)), "what": action} for grant, looked_at, action in rows]


async def end_grant(
    instance: Instance, session: AuthenticatedSession, proof: bytes, diary: bytes, grant: bytes
) -> None:
    """End a grant at once. Raise InvalidCredentials, NotSignedIn and NotFound.

    A proof is required: otherwise a copied session could cut a keeper off from the people who help.
    """
    await verify_proof(instance, session, proof)
    await grants.check_owned(instance.db, session.account, diary, grant)
    now = instance.clock.now_ms()

    def write(tx: Transaction) -> None:
        grants.end_grant(tx, session.account, grant, now)
        access_log.record_access(tx, session.account, session.session, "let_out", now)

    await instance.db.writer.run(write, account=session.account)


async def list_letters(
    instance: Instance, session: AuthenticatedSession, diary: bytes, *, include_taken: bool = False
) -> list[dict[str, object]]:
    """Return letters from advocates that no device has taken in. Raise NotFound.

    `include_taken` adds those taken in within the last 30 days.
    """
    rows = await letters.list_for_diary(instance.db, session.account, diary, include_taken=include_taken)
    return [
        {
            "envelope": b64(row.envelope),
            "grant": id_text(row.grant),
            "letter": id_text(row.id),
            "made_at": row.made_at,
            "taken_at": row.taken_at,
        }
        for row in rows
    ]


async def mark_letter_taken(instance: Instance, session: AuthenticatedSession, diary: bytes, letter: bytes) -> None:
    """Mark a letter as taken into the keeper's diary. Raise NotFound."""
    now = instance.clock.now_ms()
    await instance.db.writer.run(
        lambda tx: letters.mark_taken(tx, session.account, diary, letter, now), account=session.account
    )


async def delete_letter(
    instance: Instance, session: AuthenticatedSession, proof: bytes, diary: bytes, letter: bytes
) -> None:
    """Delete a letter at once, taken in or not. Raise InvalidCredentials, NotSignedIn and NotFound."""
    await verify_proof(instance, session, proof)
    await instance.db.writer.run(
        lambda tx: letters.delete_letter(tx, session.account, diary, letter), account=session.account
    )


def _advocate_payload(instance: Instance, member: MemberRow) -> dict[str, object]:
    """Return an advocate's data for a keeper as JSON."""
    return {
        "ecdsa_pub": b64(member.ecdsa_pub),
        "fingerprint": b64(member.fingerprint),
        "hpke_pub": b64(member.hpke_pub),
        "name": member_name(instance, member),
        "organisation": member.organisation_name,
    }


def _read_wraps(frame: bytes, diary: bytes, grant: bytes) -> tuple[bytes, Sequence[bytes]]:
    """Return one version's id and its wraps. Raise BadRequest unless each has the header for this grant and version."""
    version, *wraps = decode_frames(frame, frames_limit=1 + len(PARTS)) or [b""]
    if len(version) != 16 or not wraps:
        raise BadRequest("The frames do not add up.")
    for part, envelope in zip(PARTS, wraps, strict=False):
        if not envelope.startswith(
            envelope_prefix(
                EnvelopeKind.WRAP, grant_wrap_header(id_text(grant), id_text(diary), id_text(version), part)
            )
        ):
            raise BadRequest("A wrap belongs to another place.")
    return version, wraps
