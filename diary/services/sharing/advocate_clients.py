"""An advocate at work: the clients they have, what each gave, and letters to them. Nothing here changes a diary."""

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

__all__ = ["MemberRow"]  # web knows it from here
# What an advocate may say they did, for the keeper to read.
ADVOCATE_ACTIONS: Final = ("pack",)
LETTER_LIMIT_BYTES: Final = 64 << 10
MARKS_LIMIT_BYTES: Final = 256 << 10


async def list_clients(instance: Instance, member: MemberRow) -> list[dict[str, object]]:
    """The grants of this advocate that stand, with the sealed summary of each."""
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
    """The end of a grant that stands, in ms, and the newest number it gives, 0 for none. Raises NotFound."""
    row = await _require_active_grant(instance, member, grant)
    return {"newest": await advocate_clients.find_newest_seq(instance.db, row.id), "not_after": row.not_after}


async def list_versions(instance: Instance, member: MemberRow, grant: bytes, after_seq: int) -> list[GrantedVersion]:
    """The versions given above number `after`, in order. A look, written down. Raises NotFound."""
    row = await _require_active_grant(instance, member, grant)
    await _record_look(instance, row, "read")
    return await advocate_clients.read_page(instance.db, row.id, after_seq)


async def get_part(instance: Instance, member: MemberRow, grant: bytes, blob: bytes, i: int) -> bytes:
    """One sealed part of a file that a given version names. A look, written down. Raises NotFound, Erased and DigestMismatch."""
    row, place = await _require_granted_file(instance, member, grant, blob)
    await _record_look(instance, row, "file")
    return await blobs.get_part(instance, place, i)


async def blob_state(instance: Instance, member: MemberRow, grant: bytes, blob: bytes) -> dict[str, object]:
    """How many parts such a file has and whether all are here. Raises NotFound and Erased."""
    _, place = await _require_granted_file(instance, member, grant, blob)
    state = await blobs.state(instance, place)
    return {"complete": state.is_complete, "parts": state.part_count}


async def record_action(instance: Instance, member: MemberRow, grant: bytes, action: str) -> int:
    """The advocate says what they are about to do; how many packs that makes of this diary. Raises BadRequest and NotFound."""
    if action not in ADVOCATE_ACTIONS:
        raise BadRequest
    row = await _require_active_grant(instance, member, grant)
    await _record_look(instance, row, action)
    return await advocate_clients.count_packs(instance.db, member.account, row.diary)


async def send_letter(instance: Instance, member: MemberRow, grant: bytes, letter: bytes, envelope: bytes) -> None:
    """Leave a letter for a keeper. Safe to repeat. Raises NotFound, BadRequest, Conflict and OverQuota."""
    row = await _require_active_grant(instance, member, grant)
    header = {"diary": id_text(row.diary), "grant": id_text(grant), "letter": id_text(letter), "t": "letter"}
    if len(envelope) > LETTER_LIMIT_BYTES or not envelope.startswith(
        envelope_prefix(EnvelopeKind.LETTER, header, SUITE_PUBLIC_KEY)
    ):
        raise BadRequest("That letter belongs to another place, or is too long.")
    letter_row = LetterRow(letter, grant, instance.clock.now_ms(), envelope)
    await instance.db.writer.run(lambda tx: letters.add_letter(tx, letter_row))


async def get_review_marks(instance: Instance, member: MemberRow, grant: bytes) -> bytes | None:
    """What this advocate has looked through, sealed; None for nothing. Raises NotFound."""
    return await review_marks.find_marks(instance.db, (await _require_active_grant(instance, member, grant)).id)


async def put_review_marks(instance: Instance, member: MemberRow, grant: bytes, envelope: bytes) -> None:
    """Keep newer marks. Safe to repeat. Raises NotFound and BadRequest."""
    row = await _require_active_grant(instance, member, grant)
    check_review_marks(row.diary, grant, envelope)
    await instance.db.writer.run(lambda tx: review_marks.replace_marks(tx, grant, envelope))


def check_review_marks(diary: bytes, grant: bytes, envelope: bytes) -> None:
    """Raises BadRequest for what cannot be the marks of this grant."""
    header = {"diary": id_text(diary), "grant": id_text(grant), "t": "marks"}
    if len(envelope) > MARKS_LIMIT_BYTES or not envelope.startswith(envelope_prefix(EnvelopeKind.SUMMARY, header)):
        raise BadRequest("Those marks belong to another place, or are too many.")


async def require_member(instance: Instance, account: bytes) -> MemberRow:
    """The member of a session. Raises NotFound: for everyone else there is nothing at an advocate's addresses."""
    member = await organisations.find(instance.db, account)
    if member is None:
        raise NotFound
    return member


def advocate_payload(instance: Instance, member: MemberRow) -> dict[str, object]:
    """An advocate as they see themselves: what to read out to a keeper comes from the keys on their own device."""
    return {
        "fingerprint": b64(member.fingerprint),
        "leads": bool(member.leads),
        "name": member_name(instance, member),
        "organisation": member.organisation_name,
    }


async def _require_active_grant(instance: Instance, member: MemberRow, grant: bytes) -> GrantRow:
    """A grant of this advocate's that stands. Raises NotFound."""
    return await advocate_clients.find_active(instance.db, member.account, grant, instance.clock.now_ms())


async def _require_granted_file(
    instance: Instance, member: MemberRow, grant: bytes, blob: bytes
) -> tuple[GrantRow, BlobReference]:
    """A file that a version of this grant names, and the grant. Raises NotFound."""
    row = await _require_active_grant(instance, member, grant)
    owner = await instance.db.fetch_one("SELECT account_id FROM diary WHERE id = ?", (row.diary,))
    if owner is None or not await advocate_clients.is_file_referenced(instance.db, row.id, blob):
        raise NotFound
    return row, file_reference(owner[0], row.diary, blob)


async def _record_look(instance: Instance, row: GrantRow, action: str) -> None:
    """Write a look down; within one minute once, so that a page of pictures is one line."""
    now = instance.clock.now_ms()
    await instance.db.writer.run(lambda tx: advocate_clients.record_look(tx, row.id, now, action))
