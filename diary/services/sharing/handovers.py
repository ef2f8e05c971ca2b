"""Hand-overs: a sealed pack left for fourteen days and five openings, for whoever has the eight words.

[Note: one answer] A wrong word, words nobody has, a hand-over that was ended, used up or has run out: all are NoMatch,
after the same work. A name that nothing has gets a salt of its own, always the same, made from the pepper. Only a proof
that holds counts as an opening; every other try counts against the name, by the network it came from and over all.
"""

import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from diary import constants
from diary.crypto import handover as words
from diary.crypto.file_parts import part_count
from diary.crypto.kdf import DEFAULT_PROFILE
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

HANDOVER_LIFETIME_MS: Final = constants.HANDOVER_DAYS * 86_400_000
OPENINGS_LIMIT: Final = constants.HANDOVER_OPENINGS_LIMIT
TICKET_LIFETIME_MS: Final = 6 * 3_600_000
# The use of a ticket: fetching the parts of one opening.
FETCH_TICKET_PURPOSE: Final = b"ticket"


@dataclass(frozen=True, slots=True)
class NewHandover:
    """What a phone wants to leave: ids and proofs as bytes, `kdf` as given, `parts` and sealed `size` in bytes."""

    diary_id: bytes
    handover_id: bytes
    name: bytes
    auth: bytes
    kdf: dict[str, Any]
    part_count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class OpenedHandover:
    """What an opening gives: which hand-over, how many parts, and the ticket they are fetched with."""

    handover_id: bytes
    part_count: int
    ticket: bytes


async def create_handover(
    instance: Instance, session: AuthenticatedSession, proof: bytes, new_handover: NewHandover
) -> HandoverRow:
    """Announce a hand-over and take its room. Safe to repeat.

    Raises NoMatch, BadRequest, KdfRefused, TooLarge, NotFound, Conflict and OverQuota.
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
    """Store one sealed part. Raises as blobs.put_part."""
    await blobs.put_part(instance, await _handover_place(instance, session, handover), i, raw)


async def complete(instance: Instance, session: AuthenticatedSession, handover: bytes, digest: bytes) -> None:
    """Declare a hand-over whole; only then can it be opened. Raises as blobs.complete."""
    await blobs.complete(instance, await _handover_place(instance, session, handover), digest)


async def list_handovers(instance: Instance, session: AuthenticatedSession) -> tuple[HandoverSummary, ...]:
    """The keeper's hand-overs with their openings."""
    return await handovers.list_for_account(instance.db, session.account)


async def end_handover(instance: Instance, session: AuthenticatedSession, proof: bytes, handover: bytes) -> None:
    """End one at once; nobody gets another part. Raises NoMatch and NotFound."""
    await verify_proof(instance, session, proof)
    now = instance.clock.now_ms()
    await instance.db.writer.run(lambda tx: handovers.end(tx, session.account, handover, now), account=session.account)
    with suppress(Unavailable):  # what cannot be removed now is removed by the hour; nobody is given it any more
        await purge.bury(instance, session.account)


async def kdf_for_name(instance: Instance, name: bytes) -> dict[str, Any]:
    """Salt and cost of the five words behind a name; made up, the same each time, where there is nothing."""
    row = await handovers.find_by_name(instance.db, instance.pepper.sharing_mac(b"name", name))
    decoy_kdf = words.new_kdf_params(DEFAULT_PROFILE, instance.pepper.sharing_mac(b"salt", name)[: words.SALT_BYTES])
    # Also when it is over: a salt that changed on the day would say that there had been something. Both are made and
    # read as stored, so that one takes as long as the other.
    encoded_decoy = canonical_json(decoy_kdf)
    kdf = parse_canonical_json(row.kdf if row else encoded_decoy)
    return kdf if isinstance(kdf, dict) else decoy_kdf


async def open_handover(instance: Instance, name: bytes, auth: bytes, network_key: str) -> OpenedHandover:
    """Take a proof of the words; when it holds, that is an opening. Raises NoMatch for every other case, and TryLater.

    `network`: a stand-in for where it comes from, to count tries by.
    """
    pepper, now = instance.pepper, instance.clock.now_ms()
    mac, proof = pepper.sharing_mac(b"name", name), pepper.sharing_mac(b"auth", auth)
    # By name and network together: whoever guesses behind an address that many share holds up their own guesses only.
    limits = (AttemptLimit(("handover", mac, network_key)), AttemptLimit(("handover", mac), FAILURES_PER_NAME_LIMIT))
    async with limit_attempts(instance.throttle, *limits):
        return await _open_by_name_mac(instance, name, mac, proof, now)


async def _open_by_name_mac(instance: Instance, name: bytes, name_mac: bytes, proof: bytes, now: int) -> OpenedHandover:
    """One opening of the hand-over behind `mac`; see `open_`, which counts."""
    pepper = instance.pepper
    row = await handovers.find_by_name(instance.db, name_mac)
    # Made in every case, and parts are counted in every case, so that one kind of refusal takes as long as another.
    decoy_row = HandoverRow(name, b"", name_mac, pepper.sharing_mac(b"nothing", name), b"", 0, 0)
    candidate = row or decoy_row
    parts = await handovers.count_parts(instance.db, candidate)
    opening_count = await handovers.count_openings(instance.db, candidate.id)
    proof_matches = hmac.compare_digest(candidate.auth_mac, proof)
    if not proof_matches or not parts or candidate.is_over(now) or opening_count >= OPENINGS_LIMIT:
        raise InvalidCredentials
    if not await instance.db.writer.run(lambda tx: handovers.record_opening(tx, candidate.id, now, OPENINGS_LIMIT)):
        raise InvalidCredentials
    return OpenedHandover(
        candidate.id,
        parts,
        tickets.issue_ticket(instance, FETCH_TICKET_PURPOSE, candidate.id, now + TICKET_LIFETIME_MS),
    )


async def get_part(instance: Instance, ticket: str, i: int) -> bytes:
    """One sealed part for whoever opened it within six hours. Raises NoMatch, NotFound and DigestMismatch."""
    handover = tickets.read_ticket(instance, FETCH_TICKET_PURPOSE, ticket)
    found = await handovers.find_parts(instance.db, handover)
    if found is None or found[0].is_over(instance.clock.now_ms()):
        raise InvalidCredentials
    owner = await instance.db.fetch_one("SELECT account_id FROM diary WHERE id = ?", (found[0].diary,))
    if owner is None:
        raise NotFound
    return await blobs.get_part(instance, handover_reference(owner[0], found[0].diary, handover), i)


async def _handover_place(instance: Instance, session: AuthenticatedSession, handover: bytes) -> BlobReference:
    """Where the parts of a hand-over of this keeper lie. Raises NotFound."""
    row = await handovers.find(instance.db, session.account, handover)
    if row is None:
        raise NotFound
    return handover_reference(session.account, row.diary, row.id)


def handover_payload(listed: HandoverSummary) -> dict[str, object]:
    """A hand-over as its keeper is told of it."""
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
