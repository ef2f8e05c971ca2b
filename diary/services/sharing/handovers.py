"""Hand-overs: a sealed pack that whoever has the eight words can open, for fourteen days and at most five times.

[Note: one response for all failures] A wrong word, unknown words, and a hand-over that was ended, used up or has
expired all raise InvalidCredentials after the same work. An unknown name has its own constant salt, derived from the
pepper. Only a correct proof counts as an opening; every other attempt counts against the name, by network and over all
networks.
"""

import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from diary import constants
from diary.crypto import handover as words
from diary.crypto.kdf import DEFAULT_PROFILE
from diary.crypto.padding import part_count
from diary.encoding import b64, canonical_json, parse_canonical_json
from diary.errors import BadRequest, InvalidCredentials, NotFound, TooLarge, Unavailable
from diary.services.accounts.sign_in_proofs import verify_proof
from diary.services.accounts.throttle import FAILURES_PER_NAME_LIMIT, AttemptLimit, limit_attempts
from diary.services.instance import Instance
from diary.services.sharing import tickets
from diary.services.sync import blobs, purge
from diary.storage.accounts.sessions import AuthenticatedSession
from diary.storage.sharing import handovers
from diary.storage.sharing.handovers import HandoverRow, HandoverSummary
from diary.storage.sync.blobs import BlobReference, handover_reference
from diary.storage.sync.diaries import find_account

HANDOVER_LIFETIME_MS: Final = constants.HANDOVER_DAYS * 86_400_000
OPENINGS_LIMIT: Final = constants.HANDOVER_OPENINGS_LIMIT
TICKET_LIFETIME_MS: Final = 6 * 3_600_000
# Purpose of a ticket: fetching the parts after one opening.
FETCH_TICKET_PURPOSE: Final = b"ticket"


@dataclass(frozen=True, slots=True)
class NewHandover:
    """A hand-over as a phone announces it. `kdf` is as received; `size_bytes` is the total of all sealed parts."""

    diary_id: bytes
    handover_id: bytes
    name: bytes
    auth: bytes
    kdf: dict[str, Any]
    part_count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class OpenedHandover:
    """Result of an opening: the hand-over's id, its number of parts, and the ticket to fetch them."""

    handover_id: bytes
    part_count: int
    ticket: bytes


async def create_handover(
    instance: Instance, session: AuthenticatedSession, proof: bytes, new_handover: NewHandover
) -> HandoverRow:
    """Announce a hand-over and reserve its space. Idempotent.

    Raise InvalidCredentials, NotSignedIn, BadRequest, KdfPolicyViolation, TooLarge, NotFound, Conflict and
    QuotaExceeded.
    """
    await verify_proof(instance, session, proof)
    settings, now = instance.settings, instance.clock.now_ms()
    words.check_kdf_params(new_handover.kdf, instance.kdf_policy)
    if (
        new_handover.part_count > part_count(settings.handover_bytes) + 1
        or new_handover.size_bytes > new_handover.part_count * blobs.PART_LIMIT_BYTES
    ):
        raise TooLarge("This pack is larger than this server takes for a hand-over.")
    if new_handover.part_count < 2 or new_handover.size_bytes < new_handover.part_count:
        raise BadRequest("The numbers of this hand-over do not add up.")
    row = HandoverRow(
        new_handover.handover_id,
        new_handover.diary_id,
        instance.pepper.sharing_mac(b"name", new_handover.name),
        instance.pepper.sharing_mac(b"auth", new_handover.auth),
        canonical_json(new_handover.kdf),
        now,
        now + HANDOVER_LIFETIME_MS,
    )
    upload = blobs.new_upload(instance, new_handover.part_count, new_handover.size_bytes)
    created = await instance.db.writer.run(
        lambda tx: handovers.add_handover(tx, session.account, row, upload), account=session.account
    )
    await blobs.remove_dropped_bytes(instance, session.account)
    return created


async def put_part(instance: Instance, session: AuthenticatedSession, handover: bytes, i: int, raw: bytes) -> None:
    """Store one sealed part. Raise the errors of `blobs.put_part`."""
    await blobs.put_part(instance, await _handover_place(instance, session, handover), i, raw)


async def complete_handover(instance: Instance, session: AuthenticatedSession, handover: bytes, digest: bytes) -> None:
    """Complete a hand-over, which can be opened only then. Raise the errors of `blobs.complete_file`."""
    await blobs.complete_file(instance, await _handover_place(instance, session, handover), digest)


async def list_handovers(instance: Instance, session: AuthenticatedSession) -> tuple[HandoverSummary, ...]:
    """Return the keeper's hand-overs with their openings."""
    return await handovers.list_for_account(instance.db, session.account)


async def end_handover(instance: Instance, session: AuthenticatedSession, proof: bytes, handover: bytes) -> None:
    """End a hand-over at once, so that no further part is served.

    Raise InvalidCredentials, NotSignedIn and NotFound.
    """
    await verify_proof(instance, session, proof)
    now = instance.clock.now_ms()
    await instance.db.writer.run(
        lambda tx: handovers.end_handover(tx, session.account, handover, now), account=session.account
    )
    with suppress(Unavailable):  # the hourly purge removes the rest; it is no longer served
        await purge.delete_unserved_files(instance, session.account)


async def kdf_for_name(instance: Instance, name: bytes) -> dict[str, Any]:
    """Return salt and cost of the five words for a name. For an unknown name it is a constant decoy."""
    name_mac = instance.pepper.sharing_mac(b"name", name)
    decoy_kdf = words.new_kdf_params(DEFAULT_PROFILE, instance.pepper.sharing_mac(b"salt", name)[: words.SALT_BYTES])
    # An expired hand-over keeps its salt: a change on that day would reveal that it had existed. Both are stored or
    # sent to the database, and parsed, so that both take the same time.
    encoded = await handovers.find_kdf_by_name(instance.db, name_mac, canonical_json(decoy_kdf))
    kdf = parse_canonical_json(encoded)
    return kdf if isinstance(kdf, dict) else decoy_kdf


async def open_handover(instance: Instance, name: bytes, auth: bytes, network_key: str) -> OpenedHandover:
    """Open a hand-over with a proof of its words. Raise InvalidCredentials and TooManyRequests.

    `network_key` is a pseudonym of the client's network address, for counting attempts.
    """
    pepper, now = instance.pepper, instance.clock.now_ms()
    mac, proof = pepper.sharing_mac(b"name", name), pepper.sharing_mac(b"auth", auth)
    # By name and network together, so that guesses behind a shared address do not block other names.
    limits = (AttemptLimit(("handover", mac, network_key)), AttemptLimit(("handover", mac), FAILURES_PER_NAME_LIMIT))
    async with limit_attempts(instance.throttle, *limits):
        return await _open_by_name_mac(instance, name, mac, proof, now)


async def _open_by_name_mac(instance: Instance, name: bytes, name_mac: bytes, proof: bytes, now: int) -> OpenedHandover:
    """Open the hand-over with this name digest. `open_handover` limits the attempts."""
    pepper = instance.pepper
    row = await handovers.find_by_name(instance.db, name_mac)
    # The decoy is made and the parts are counted in every case, so that every refusal takes the same time.
    decoy_row = HandoverRow(name, b"", name_mac, pepper.sharing_mac(b"nothing", name), b"", 0, 0)
    candidate = row or decoy_row
    parts = await handovers.count_parts(instance.db, candidate)
    opening_count = await handovers.count_openings(instance.db, candidate.id)
    proof_matches = hmac.compare_digest(candidate.auth_mac, proof)
    if not proof_matches or not parts or candidate.has_ended(now) or opening_count >= OPENINGS_LIMIT:
        raise InvalidCredentials
    if not await instance.db.writer.run(lambda tx: handovers.record_opening(tx, candidate.id, now, OPENINGS_LIMIT)):
        raise InvalidCredentials
    return OpenedHandover(
        candidate.id,
        parts,
        tickets.issue_ticket(instance, FETCH_TICKET_PURPOSE, candidate.id, now + TICKET_LIFETIME_MS),
    )


async def get_part(instance: Instance, ticket: str, i: int) -> bytes:
    """Return one sealed part of a hand-over opened within the last six hours.

    Raise InvalidCredentials, NotFound, ContentErased and DigestMismatch.
    """
    handover = tickets.read_ticket(instance, FETCH_TICKET_PURPOSE, ticket)
    found = await handovers.find_parts(instance.db, handover)
    if found is None or found[0].has_ended(instance.clock.now_ms()):
        raise InvalidCredentials
    owner = await find_account(instance.db, found[0].diary)
    if owner is None:
        raise NotFound
    return await blobs.get_part(instance, handover_reference(owner, found[0].diary, handover), i)


async def _handover_place(instance: Instance, session: AuthenticatedSession, handover: bytes) -> BlobReference:
    """Return the reference to the parts of the keeper's hand-over. Raise NotFound."""
    row = await handovers.find_handover(instance.db, session.account, handover)
    if row is None:
        raise NotFound
    return handover_reference(session.account, row.diary, row.id)


def handover_payload(listed: HandoverSummary) -> dict[str, object]:
    """Return a hand-over as JSON for its keeper."""
    row = listed.row
    return {
        "complete": listed.complete,
        "ended_at": row.ended_at,
        "expires_at": row.expires_at,
        "handover": b64(row.id),
        "made_at": row.made_at,
        "openings": list(listed.openings),
        "openings_most": OPENINGS_LIMIT,
        "size": listed.size,
    }
