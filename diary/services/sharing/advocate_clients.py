"""An advocate's clients: their grants, the content these give, and letters to them. Nothing here changes a diary."""

from typing import Final

from diary.crypto.sealing import SUITE_PUBLIC_KEY, EnvelopeKind, envelope_prefix
from diary.encoding import b64
from diary.errors import BadRequest, NotFound
from diary.ids import id_text
from diary.services.accounts.organisation_members import member_name
from diary.services.instance import Instance
from diary.services.sync import blobs
from diary.storage.sharing import advocate_clients, letters, organisations, review_marks
from diary.storage.sharing.advocate_clients import GrantedVersion
from diary.storage.sharing.grants import GrantRow
from diary.storage.sharing.letters import LetterRow
from diary.storage.sharing.organisations import MemberRow
from diary.storage.sync.blobs import BlobReference, file_reference
from diary.storage.sync.diaries import find_account

__all__ = ["MemberRow"]  # imported by web
# Actions that an advocate's device reports for the keeper's list.
ADVOCATE_ACTIONS: Final = ("pack",)
# The largest size class of a version, and the envelope around it.
LETTER_LIMIT_BYTES: Final = 65 << 10
MARKS_LIMIT_BYTES: Final = 256 << 10


async def list_clients(instance: Instance, member: MemberRow) -> list[dict[str, object]]:
    """Return the advocate's active grants as JSON, with the sealed summary of each."""
    rows = await advocate_clients.list_active(instance.db, member.account, instance.clock.now_ms())
    return [
        {
            "diary": id_text(row.diary),
            "grant": id_text(row.id),
            "looked_at": row.looked_at,
            "not_after": row.not_after,
            "sealed": b64(row.sealed),
            "summary": b64(row.summary) if row.summary else None,
        }
        for row in rows
    ]


async def grant_status(instance: Instance, member: MemberRow, grant: bytes) -> dict[str, object]:
    """Return the end of an active grant (ms UTC) and the newest number it gives, 0 for none. Raise NotFound."""
    row = await _require_active_grant(instance, member, grant)
    return {"newest": await advocate_clients.find_newest_seq(instance.db, row.id), "not_after": row.not_after}


async def list_versions(instance: Instance, member: MemberRow, grant: bytes, after_seq: int) -> list[GrantedVersion]:
    """Return the granted versions above number `after_seq`, in order, and record the access. Raise NotFound."""
    row = await _require_active_grant(instance, member, grant)
    await _record_look(instance, row, "read")
    return await advocate_clients.read_page(instance.db, row.id, after_seq)


async def get_part(instance: Instance, member: MemberRow, grant: bytes, blob: bytes, i: int) -> bytes:
    """Return one sealed part of a file that a granted version references, and record the access.

    Raise NotFound, ContentErased and DigestMismatch.
    """
    row, reference = await _require_granted_file(instance, member, grant, blob)
    await _record_look(instance, row, "file")
    return await blobs.get_part(instance, reference, i)


async def blob_state(instance: Instance, member: MemberRow, grant: bytes, blob: bytes) -> dict[str, object]:
    """Return the number of parts of a granted file, and whether its upload is complete.

    Raise NotFound and ContentErased.
    """
    _, reference = await _require_granted_file(instance, member, grant, blob)
    state = await blobs.find_upload_state(instance, reference)
    return {"complete": state.is_complete, "parts": state.part_count}


async def record_action(instance: Instance, member: MemberRow, grant: bytes, action: str) -> int:
    """Record an action the advocate is about to take. Return the number of packs of this diary.

    Raise BadRequest and NotFound.
    """
    if action not in ADVOCATE_ACTIONS:
        raise BadRequest
    row = await _require_active_grant(instance, member, grant)
    await _record_look(instance, row, action)
    return await advocate_clients.count_packs(instance.db, member.account, row.diary)


async def send_letter(instance: Instance, member: MemberRow, grant: bytes, letter: bytes, envelope: bytes) -> None:
    """Store a letter for a keeper. Idempotent. Raise NotFound, BadRequest, Conflict and QuotaExceeded."""
    row = await _require_active_grant(instance, member, grant)
    header = {"diary": id_text(row.diary), "grant": id_text(grant), "letter": id_text(letter), "t": "letter"}
    if len(envelope) > LETTER_LIMIT_BYTES or not envelope.startswith(
        envelope_prefix(EnvelopeKind.LETTER, header, SUITE_PUBLIC_KEY)
    ):
        raise BadRequest("That letter belongs to another place, or is too long.")
    letter_row = LetterRow(letter, grant, instance.clock.now_ms(), envelope)
    await instance.db.writer.run(lambda tx: letters.add_letter(tx, letter_row))


async def get_review_marks(instance: Instance, member: MemberRow, grant: bytes) -> bytes | None:
    """Return the advocate's sealed review marks, or None. Raise NotFound."""
    return await review_marks.find_marks(instance.db, (await _require_active_grant(instance, member, grant)).id)


async def put_review_marks(instance: Instance, member: MemberRow, grant: bytes, envelope: bytes) -> None:
    """Replace the advocate's review marks. Idempotent. Raise NotFound and BadRequest."""
    row = await _require_active_grant(instance, member, grant)
    check_review_marks(row.diary, grant, envelope)
    await instance.db.writer.run(lambda tx: review_marks.replace_marks(tx, grant, envelope))


def check_review_marks(diary: bytes, grant: bytes, envelope: bytes) -> None:
    """Raise BadRequest unless the envelope is one of this grant's marks and within the limit."""
    header = {"diary": id_text(diary), "grant": id_text(grant), "t": "marks"}
    if len(envelope) > MARKS_LIMIT_BYTES or not envelope.startswith(envelope_prefix(EnvelopeKind.SUMMARY, header)):
        raise BadRequest("Those marks belong to another place, or are too many.")


async def require_member(instance: Instance, account: bytes) -> MemberRow:
    """Return the session's membership. Raise NotFound, so that an advocate's paths do not exist for other accounts."""
    member = await organisations.find_member(instance.db, account)
    if member is None:
        raise NotFound
    return member


def advocate_payload(instance: Instance, member: MemberRow) -> dict[str, object]:
    """Return an advocate's own data as JSON.

    The words that an advocate reads out to a keeper are computed from the keys on their own device, not from this.
    """
    return {
        "fingerprint": b64(member.fingerprint),
        "leads": bool(member.leads),
        "name": member_name(instance, member),
        "organisation": member.organisation_name,
    }


async def _require_active_grant(instance: Instance, member: MemberRow, grant: bytes) -> GrantRow:
    """Return an active grant of this advocate. Raise NotFound."""
    return await advocate_clients.find_active(instance.db, member.account, grant, instance.clock.now_ms())


async def _require_granted_file(
    instance: Instance, member: MemberRow, grant: bytes, blob: bytes
) -> tuple[GrantRow, BlobReference]:
    """Return the grant, and the reference to a file that a granted version names. Raise NotFound."""
    row = await _require_active_grant(instance, member, grant)
    owner = await find_account(instance.db, row.diary)
    if owner is None or not await advocate_clients.is_file_referenced(instance.db, row.id, blob):
        raise NotFound
    return row, file_reference(owner, row.diary, blob)


async def _record_look(instance: Instance, row: GrantRow, action: str) -> None:
    """Record an access. Equal accesses within a minute are recorded once, so that a page of pictures is one entry."""
    now = instance.clock.now_ms()
    await instance.db.writer.run(lambda tx: advocate_clients.record_look(tx, row.id, now, action))
