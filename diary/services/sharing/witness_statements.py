"""Witness statements: a keeper gives somebody nine words, and one sealed statement may come back.

[Note: what a guess reveals] Unknown words raise InvalidCredentials after the same work, so nobody can find out
whether a code exists. With the right words a witness is told that the code was used or has expired, in one response for
both. The name is derived from 40 random bits by Argon2id, so a word list is of little use against the rows of a stolen
database.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.crypto.padding import part_count
from diary.crypto.public_key_sealing import SEALED_KEY_BYTES
from diary.crypto.sealing import SUITE_PUBLIC_KEY, SUITE_SYMMETRIC, EnvelopeKind, envelope_prefix
from diary.encoding import b64
from diary.errors import BadRequest, InvalidCredentials, NotFound, TooLarge, Unavailable
from diary.ids import id_text
from diary.ledger.sharing.witness_statements import request_header, statement_header
from diary.services.accounts.sign_in_proofs import verify_proof
from diary.services.accounts.throttle import AttemptLimit, limit_attempts
from diary.services.instance import Instance
from diary.services.sharing import tickets
from diary.services.sync import blobs, purge
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.sharing import witness_statements
from diary.storage.sharing.witness_statements import WitnessCodeRow
from diary.storage.sync.blobs import BlobReference, statement_reference

WITNESS_CODE_LIFETIME_MS: Final = constants.WITNESS_CODE_DAYS * 86_400_000
TICKET_LIFETIME_MS: Final = 2 * 3_600_000
QUESTION_LIMIT_BYTES: Final = 8 << 10
STATEMENT_LIMIT_BYTES: Final = 256 << 10
FILES_LIMIT_BYTES: Final = 100_000_000
# Purpose of a ticket: sending one statement.
SEND_TICKET_PURPOSE: Final = b"witness-ticket"


@dataclass(frozen=True, slots=True)
class NewWitnessRequest:
    """A request that a phone leaves for a witness: ids, the code's name, and the sealed question."""

    diary_id: bytes
    witness_id: bytes
    name: bytes
    sealed_question: bytes


@dataclass(frozen=True, slots=True)
class WitnessRequestLookup:
    """Result of the right words: the sealed question and a ticket, both None if the code has ended."""

    witness_id: bytes
    sealed_question: bytes | None
    ticket: bytes | None


async def create_request(
    instance: Instance, session: AuthenticatedSession, proof: bytes, request: NewWitnessRequest
) -> WitnessCodeRow:
    """Store a request for fourteen days. Idempotent.

    Raise InvalidCredentials, NotSignedIn, BadRequest, NotFound, Conflict and QuotaExceeded.
    """
    await verify_proof(instance, session, proof)
    if len(request.sealed_question) > QUESTION_LIMIT_BYTES or not request.sealed_question.startswith(
        envelope_prefix(EnvelopeKind.WITNESS_REQUEST, request_header(id_text(request.witness_id)), SUITE_SYMMETRIC)
    ):
        raise BadRequest("That request belongs to another place.")
    now = instance.clock.now_ms()
    mac = instance.pepper.sharing_mac(b"witness", request.name)
    row = WitnessCodeRow(
        request.witness_id, request.diary_id, mac, request.sealed_question, now, now + WITNESS_CODE_LIFETIME_MS
    )
    return await instance.db.writer.run(
        lambda tx: witness_statements.add_code(tx, session.account, row), account=session.account
    )


async def list_requests(
    instance: Instance, session: AuthenticatedSession, diary: bytes, *, include_taken: bool = False
) -> list[dict[str, object]]:
    """Return the codes of a diary with their statements. Raise NotFound.

    `include_taken` adds those taken in within the last 30 days.
    """
    rows = await witness_statements.list_for_diary(instance.db, session.account, diary, include_taken=include_taken)
    return [
        {
            "answered_at": row.answered_at,
            "expires_at": row.expires_at,
            "made_at": row.made_at,
            "sealed": b64(row.sealed),
            "statement": b64(row.statement) if row.statement else None,
            "taken_at": row.taken_at,
            "witness": id_text(row.id),
        }
        for row in rows
    ]


async def mark_statement_taken(instance: Instance, session: AuthenticatedSession, diary: bytes, witness: bytes) -> None:
    """Mark a statement as taken into the keeper's diary. It is kept for 30 days. Raise NotFound if there is none."""
    now = instance.clock.now_ms()
    await instance.db.writer.run(
        lambda tx: witness_statements.mark_taken(tx, session.account, diary, witness, now), account=session.account
    )


async def delete_request(
    instance: Instance, session: AuthenticatedSession, proof: bytes, diary: bytes, witness: bytes
) -> None:
    """End a code and delete its statement at once. Raise InvalidCredentials, NotSignedIn and NotFound."""
    await verify_proof(instance, session, proof)
    await instance.db.writer.run(
        lambda tx: witness_statements.remove_code(tx, session.account, diary, witness), account=session.account
    )
    with suppress(Unavailable):  # the hourly purge removes the rest
        await purge.delete_unserved_files(instance, session.account)


async def look_up_request(instance: Instance, name: bytes, network_key: str) -> WitnessRequestLookup:
    """Return the request with this name. Raise InvalidCredentials and TooManyRequests.

    `network_key` is a pseudonym of the client's network address, for counting attempts.
    """
    mac, now = instance.pepper.sharing_mac(b"witness", name), instance.clock.now_ms()
    # By name and network together. The limit of requests restricts how many names one network may try.
    async with limit_attempts(instance.throttle, AttemptLimit(("witness", mac, network_key))):
        row = await witness_statements.find_by_name(instance.db, mac)
        if row is None:
            raise InvalidCredentials
    if row.has_ended(now):
        return WitnessRequestLookup(row.id, None, None)
    return WitnessRequestLookup(
        row.id, row.sealed, tickets.issue_ticket(instance, SEND_TICKET_PURPOSE, row.id, now + TICKET_LIFETIME_MS)
    )


async def declare_files(instance: Instance, ticket: str, upload: bytes, parts: int, size: int) -> None:
    """Announce the files of a statement.

    Raise InvalidCredentials, NotFound, TooLarge, BadRequest, Conflict, QuotaExceeded and Unavailable.
    """
    row, reference = await _require_open_request(instance, ticket, upload)
    if parts > part_count(FILES_LIMIT_BYTES) + 1 or size > parts * blobs.PART_LIMIT_BYTES:
        raise TooLarge(
            "These files are larger than can be sent here. Leave the largest out, or give it to them another way."
        )
    if parts < 2 or size < parts:
        raise BadRequest("The numbers of these files do not add up.")
    announced = blobs.new_upload(instance, parts, size)
    writer, account = instance.db.writer, reference.account
    await writer.run(
        lambda tx: witness_statements.abandon_other_upload(tx, row.id, upload, announced.now), account=account
    )
    await purge.delete_unserved_files(instance, account)
    await writer.run(lambda tx: witness_statements.announce_files(tx, row.id, reference, announced), account=account)
    await blobs.remove_dropped_bytes(instance, account)


async def put_part(instance: Instance, ticket: str, upload: bytes, i: int, raw: bytes) -> None:
    """Store one sealed part. Raise InvalidCredentials, NotFound, and what `blobs.put_part` raises."""
    row, reference = await _require_open_request(instance, ticket, upload)
    if row.upload != upload:
        raise NotFound
    await blobs.put_part(instance, reference, i, raw)


async def submit_statement(
    instance: Instance, ticket: str, envelope: bytes, upload: bytes | None, digest: bytes
) -> None:
    """Store the statement, which uses up the code. The same statement again is accepted.

    `upload` and `digest` are those of its files, None and b"" without files. Raise InvalidCredentials, NotFound,
    BadRequest, IncompleteUpload and DigestMismatch.
    """
    witness = tickets.read_ticket(instance, SEND_TICKET_PURPOSE, ticket)
    expected_prefix = envelope_prefix(EnvelopeKind.LETTER, statement_header(id_text(witness)), SUITE_PUBLIC_KEY)
    if (
        len(envelope) > STATEMENT_LIMIT_BYTES
        or len(envelope) < len(expected_prefix) + SEALED_KEY_BYTES
        or not envelope.startswith(expected_prefix)
    ):
        raise BadRequest("That statement belongs to another place, or is too long.")
    now = instance.clock.now_ms()
    existing = await witness_statements.find_code(instance.db, witness)
    if existing is not None and bytes(existing[0].statement or b"") == envelope:
        return  # a repeated request whose response was lost
    if upload is not None:
        row, reference = await _require_open_request(instance, ticket, upload)
        if row.upload != upload:
            raise NotFound
        await blobs.complete_file(instance, reference, digest)
    await instance.db.writer.run(lambda tx: witness_statements.store_statement(tx, witness, upload, envelope, now))


async def _require_open_request(instance: Instance, ticket: str, upload: bytes) -> tuple[WitnessCodeRow, BlobReference]:
    """Return the unused code of a ticket, and the reference to this upload. Raise InvalidCredentials and NotFound."""
    found = await witness_statements.find_code(instance.db, tickets.read_ticket(instance, SEND_TICKET_PURPOSE, ticket))
    if found is None or found[0].has_ended(instance.clock.now_ms()):
        raise NotFound
    return found[0], statement_reference(found[1].account, found[1].diary, found[0].id, upload)
