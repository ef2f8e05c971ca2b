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
from diary.crypto.kdf import DEFAULT
from diary.encoding import b64, canon, parse
from diary.errors import BadRequest, NoMatch, NotFound, TooLarge, Unavailable
from diary.services.accounts.sign_in_proofs import prove
from diary.services.accounts.throttle import FAILURES_BY_NAME, Bound, counted
from diary.services.instance import Instance
from diary.services.sharing import tickets
from diary.services.sync import blobs, purge
from diary.storage.accounts.sessions import Signed
from diary.storage.sharing import handovers
from diary.storage.sharing.handovers import HandoverRow, HandoverTold
from diary.storage.sync.blobs import BlobPlace, handover_place

LASTS_MS: Final = constants.HANDOVER_DAYS * 86_400_000
OPENINGS: Final = constants.HANDOVER_OPENINGS_LIMIT
TICKET_MS: Final = 6 * 3_600_000
# The use of a ticket: fetching the parts of one opening.
FETCHING: Final = b"ticket"


@dataclass(frozen=True, slots=True)
class Offered:
    """What a phone wants to leave: ids and proofs as bytes, `kdf` as given, `parts` and sealed `size` in bytes."""

    diary: bytes
    handover: bytes
    name: bytes
    auth: bytes
    kdf: dict[str, Any]
    parts: int
    size: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opening gives: which hand-over, how many parts, and the ticket they are fetched with."""

    handover: bytes
    parts: int
    ticket: bytes


async def leave(instance: Instance, signed: Signed, proof: bytes, offered: Offered) -> HandoverRow:
    """Announce a hand-over and take its room. Safe to repeat.

    Raises NoMatch, BadRequest, KdfRefused, TooLarge, NotFound, Conflict and OverQuota.
    """
    await prove(instance, signed, proof)
    settings, now = instance.settings, instance.clock.now_ms()
    words.check_kdf(offered.kdf, instance.policy)
    if offered.parts > part_count(settings.handover_bytes) + 1 or offered.size > offered.parts * blobs.PART_LIMIT:
        raise TooLarge("This pack is larger than this server takes for a hand-over.")
    if offered.parts < 2 or offered.size < offered.parts:
        raise BadRequest("The numbers of this hand-over do not add up.")
    row = HandoverRow(
        offered.handover,
        offered.diary,
        instance.pepper.handover_mac(b"name", offered.name),
        instance.pepper.handover_mac(b"auth", offered.auth),
        canon(offered.kdf),
        now,
        now + LASTS_MS,
    )
    asked = blobs.asked(instance, offered.parts, offered.size)
    made = await instance.db.writer.run(lambda hand: handovers.add(hand, signed.account, row, asked), of=signed.account)
    await blobs.clear(instance, signed.account)
    return made


async def put_part(instance: Instance, signed: Signed, handover: bytes, i: int, raw: bytes) -> None:
    """Store one sealed part. Raises as blobs.put_part."""
    await blobs.put_part(instance, await _place(instance, signed, handover), i, raw)


async def complete(instance: Instance, signed: Signed, handover: bytes, digest: bytes) -> None:
    """Declare a hand-over whole; only then can it be opened. Raises as blobs.complete."""
    await blobs.complete(instance, await _place(instance, signed, handover), digest)


async def list_for(instance: Instance, signed: Signed) -> tuple[HandoverTold, ...]:
    """The keeper's hand-overs with their openings."""
    return await handovers.list_for(instance.db, signed.account)


async def end(instance: Instance, signed: Signed, proof: bytes, handover: bytes) -> None:
    """End one at once; nobody gets another part. Raises NoMatch and NotFound."""
    await prove(instance, signed, proof)
    now = instance.clock.now_ms()
    await instance.db.writer.run(lambda hand: handovers.end(hand, signed.account, handover, now), of=signed.account)
    with suppress(Unavailable):  # what cannot be removed now is removed by the hour; nobody is given it any more
        await purge.bury(instance, signed.account)


async def salt(instance: Instance, name: bytes) -> dict[str, Any]:
    """Salt and cost of the five words behind a name; made up, the same each time, where there is nothing."""
    row = await handovers.find_by_name(instance.db, instance.pepper.handover_mac(b"name", name))
    made_up = words.new_kdf(DEFAULT, instance.pepper.handover_mac(b"salt", name)[: words.SALT_BYTES])
    # Also when it is over: a salt that changed on the day would say that there had been something. Both are made and
    # read as stored, so that one takes as long as the other.
    stored = canon(made_up)
    told = parse(row.kdf if row else stored)
    return told if isinstance(told, dict) else made_up


async def open_(instance: Instance, name: bytes, auth: bytes, network: str) -> Opened:
    """Take a proof of the words; when it holds, that is an opening. Raises NoMatch for every other case, and TryLater.

    `network`: a stand-in for where it comes from, to count tries by.
    """
    pepper, now = instance.pepper, instance.clock.now_ms()
    mac, proof = pepper.handover_mac(b"name", name), pepper.handover_mac(b"auth", auth)
    # By name and network together: whoever guesses behind an address that many share holds up their own guesses only.
    bounds = (Bound(("handover", mac, network)), Bound(("handover", mac), FAILURES_BY_NAME))
    async with counted(instance.throttle, *bounds):
        return await _open(instance, name, mac, proof, now)


async def _open(instance: Instance, name: bytes, mac: bytes, proof: bytes, now: int) -> Opened:
    """One opening of the hand-over behind `mac`; see `open_`, which counts."""
    pepper = instance.pepper
    row = await handovers.find_by_name(instance.db, mac)
    # Made in every case, and parts are counted in every case, so that one kind of refusal takes as long as another.
    nothing = HandoverRow(name, b"", mac, pepper.handover_mac(b"nothing", name), b"", 0, 0)
    known = row or nothing
    parts = await handovers.count_parts(instance.db, known)
    used = await handovers.count_openings(instance.db, known.id)
    holds = hmac.compare_digest(known.auth_mac, proof)
    if not holds or not parts or known.is_over(now) or used >= OPENINGS:
        raise NoMatch
    if not await instance.db.writer.run(lambda hand: handovers.open_once(hand, known.id, now, OPENINGS)):
        raise NoMatch
    return Opened(known.id, parts, tickets.issue(instance, FETCHING, known.id, now + TICKET_MS))


async def get_part(instance: Instance, ticket: str, i: int) -> bytes:
    """One sealed part for whoever opened it within six hours. Raises NoMatch, NotFound and DigestMismatch."""
    handover = tickets.read(instance, FETCHING, ticket)
    whole = await handovers.find_parts(instance.db, handover)
    if whole is None or whole[0].is_over(instance.clock.now_ms()):
        raise NoMatch
    owner = await instance.db.look("SELECT account_id FROM diary WHERE id = ?", (whole[0].diary,))
    if owner is None:
        raise NotFound
    return await blobs.get_part(instance, handover_place(owner[0], whole[0].diary, handover), i)


async def _place(instance: Instance, signed: Signed, handover: bytes) -> BlobPlace:
    """Where the parts of a hand-over of this keeper lie. Raises NotFound."""
    row = await handovers.find(instance.db, signed.account, handover)
    if row is None:
        raise NotFound
    return handover_place(signed.account, row.diary, row.id)


def told(one: HandoverTold) -> dict[str, object]:
    """A hand-over as its keeper is told of it."""
    row = one.row
    return {
        "complete": one.complete,
        "ended_at": row.ended_at,
        "expires_at": row.expires_at,
        "handover": b64(row.id),
        "made_at": row.made_at,
        "openings": list(one.openings),
        "openings_most": OPENINGS,
        "size": one.size,
    }
