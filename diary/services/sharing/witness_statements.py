"""Statements of people who saw it: a keeper gives somebody nine words, and one sealed statement may come back.

[Note: what a wrong word learns] Words that name nothing are NoMatch, whatever they are, after the same work; nobody can
ask whether there is a code. Whoever has the right words is told kindly when they were used or have run out, in one
answer for both. The name is made by Argon2id from 40 random bits, so the rows of a stolen
database cannot be tried against a list of words.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.crypto.file_parts import part_count
from diary.crypto.public_key_sealing import SEALED_KEY_BYTES
from diary.crypto.sealing import SUITE_KEY, SUITE_PERSON, Kind, prefix
from diary.encoding import b64
from diary.errors import BadRequest, NoMatch, NotFound, TooLarge, Unavailable
from diary.ids import id_text
from diary.ledger.sharing.witness_statements import asking_header, statement_header
from diary.services.accounts.sign_in_proofs import prove
from diary.services.accounts.throttle import Bound, counted
from diary.services.instance import Instance
from diary.services.sharing import tickets
from diary.services.sync import blobs, purge
from diary.storage.accounts.sessions import Signed
from diary.storage.sharing import witness_statements
from diary.storage.sharing.witness_statements import WitnessRow
from diary.storage.sync.blobs import BlobPlace, statement_place

LASTS_MS: Final = constants.WITNESS_CODE_DAYS * 86_400_000
TICKET_MS: Final = 2 * 3_600_000
ASKING_BYTES: Final = 8 << 10
STATEMENT_BYTES: Final = 256 << 10
FILES_BYTES: Final = 100_000_000
# The use of a ticket: sending one statement.
SENDING: Final = b"witness-ticket"


@dataclass(frozen=True, slots=True)
class Asking:
    """What a phone leaves for a witness: ids, the code's name, what is asked, sealed."""

    diary: bytes
    witness: bytes
    name: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """What the right words give: what is asked and a ticket; nothing of either when the code is over."""

    witness: bytes
    sealed: bytes | None
    ticket: bytes | None


async def ask(instance: Instance, signed: Signed, proof: bytes, asking: Asking) -> WitnessRow:
    """Leave what is asked, for fourteen days. Safe to repeat. Raises NoMatch, BadRequest, NotFound, Conflict and OverQuota."""
    await prove(instance, signed, proof)
    if len(asking.sealed) > ASKING_BYTES or not asking.sealed.startswith(
        prefix(Kind.ASKING, asking_header(id_text(asking.witness)), SUITE_KEY)
    ):
        raise BadRequest("What is asked belongs to another place.")
    now = instance.clock.now_ms()
    mac = instance.pepper.handover_mac(b"witness", asking.name)
    row = WitnessRow(asking.witness, asking.diary, mac, asking.sealed, now, now + LASTS_MS)
    return await instance.db.writer.run(
        lambda hand: witness_statements.add(hand, signed.account, row), of=signed.account
    )


async def list_for(instance: Instance, signed: Signed, diary: bytes, *, taken: bool = False) -> list[dict[str, object]]:
    """The codes of a diary with what came; with `taken`, what was taken in too, for 30 days. Raises NotFound."""
    rows = await witness_statements.list_for(instance.db, signed.account, diary, taken=taken)
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


async def take_in(instance: Instance, signed: Signed, diary: bytes, witness: bytes) -> None:
    """What came has become the keeper's own; it stays for 30 days. Raises NotFound where nothing came."""
    now = instance.clock.now_ms()
    await instance.db.writer.run(
        lambda hand: witness_statements.take_in(hand, signed.account, diary, witness, now), of=signed.account
    )


async def remove(instance: Instance, signed: Signed, proof: bytes, diary: bytes, witness: bytes) -> None:
    """End a code, or drop what came, at once. Raises NoMatch and NotFound."""
    await prove(instance, signed, proof)
    await instance.db.writer.run(
        lambda hand: witness_statements.remove(hand, signed.account, diary, witness), of=signed.account
    )
    with suppress(Unavailable):  # what cannot be removed now is removed by the hour
        await purge.bury(instance, signed.account)


async def find(instance: Instance, name: bytes, network: str) -> Found:
    """What the words name. Raises NoMatch for words that name nothing, and TryLater. `network`: counts tries by it."""
    mac, now = instance.pepper.handover_mac(b"witness", name), instance.clock.now_ms()
    # By name and network together; how many names one network may try is the limit of posts.
    async with counted(instance.throttle, Bound(("witness", mac, network))):
        row = await witness_statements.find_by_name(instance.db, mac)
        if row is None:
            raise NoMatch
    if row.is_over(now):
        return Found(row.id, None, None)
    return Found(row.id, row.sealed, tickets.issue(instance, SENDING, row.id, now + TICKET_MS))


async def declare(instance: Instance, ticket: str, upload: bytes, parts: int, size: int) -> None:
    """Announce the files of a statement. Raises NoMatch, NotFound, TooLarge, BadRequest, Conflict and OverQuota."""
    row, place = await _open(instance, ticket, upload)
    if parts > part_count(FILES_BYTES) + 1 or size > parts * blobs.PART_LIMIT:
        raise TooLarge(
            "These files are larger than can be sent here. Leave the largest out, or give it to them another way."
        )
    if parts < 2 or size < parts:
        raise BadRequest("The numbers of these files do not add up.")
    asked = blobs.asked(instance, parts, size)
    writer, account = instance.db.writer, place.account
    await writer.run(lambda hand: witness_statements.give_up(hand, row.id, upload, asked.now), of=account)
    await purge.bury(instance, account)
    await writer.run(lambda hand: witness_statements.declare(hand, row.id, place, asked), of=account)
    await blobs.clear(instance, account)


async def put_part(instance: Instance, ticket: str, upload: bytes, i: int, raw: bytes) -> None:
    """Store one sealed part. Raises NoMatch and as blobs.put_part."""
    row, place = await _open(instance, ticket, upload)
    if row.upload != upload:
        raise NotFound
    await blobs.put_part(instance, place, i, raw)


async def send(instance: Instance, ticket: str, envelope: bytes, upload: bytes | None, digest: bytes) -> None:
    """Leave the one statement; then the code is used. The same again is no fault.

    `upload` and `digest`: its files, None and b"" where there are none. Raises NoMatch, NotFound, BadRequest, Incomplete
    and DigestMismatch.
    """
    witness = tickets.read(instance, SENDING, ticket)
    head = prefix(Kind.LETTER, statement_header(id_text(witness)), SUITE_PERSON)
    if len(envelope) > STATEMENT_BYTES or len(envelope) < len(head) + SEALED_KEY_BYTES or not envelope.startswith(head):
        raise BadRequest("That statement belongs to another place, or is too long.")
    now = instance.clock.now_ms()
    known = await witness_statements.find(instance.db, witness)
    if known is not None and bytes(known[0].statement or b"") == envelope:
        return  # its answer was lost on the way
    if upload is not None:
        row, place = await _open(instance, ticket, upload)
        if row.upload != upload:
            raise NotFound
        await blobs.complete(instance, place, digest)
    await instance.db.writer.run(lambda hand: witness_statements.answer(hand, witness, upload, envelope, now))


async def _open(instance: Instance, ticket: str, upload: bytes) -> tuple[WitnessRow, BlobPlace]:
    """The code of a ticket while it takes something, and where this upload lies. Raises NoMatch and NotFound."""
    found = await witness_statements.find(instance.db, tickets.read(instance, SENDING, ticket))
    if found is None or found[0].is_over(instance.clock.now_ms()):
        raise NotFound
    return found[0], statement_place(found[1].account, found[1].diary, found[0].id, upload)
