"""What a keeper lets an advocate see: made, renewed and ended with the words. docs/formats.md, section 8.

[Note: blind] Of a grant the server learns whose diary, which advocate, until when, and which versions have a wrap for it.
What was chosen, why, and who the keeper is to the advocate is sealed. It enforces the end by its own clock, and the
advocate's device does so by the signed grant: neither needs the other to be honest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from diary.crypto.keys import grant_header
from diary.crypto.sealing import SUITE_KEY, SUITE_PERSON, Kind, prefix
from diary.encoding import b64, read_frames
from diary.errors import BadRequest, NotFound
from diary.ids import id_text
from diary.ledger.push import PARTS
from diary.ledger.sharing.grants import LONGEST_MS
from diary.services.accounts.organisation_members import name_of
from diary.services.accounts.sign_in_proofs import prove
from diary.services.instance import Instance
from diary.services.sharing.advocate_clients import check_marks
from diary.storage.accounts import access_log
from diary.storage.accounts.sessions import Signed
from diary.storage.sharing import grants, letters, organisations, review_marks
from diary.storage.sharing.grants import GrantRow
from diary.storage.sharing.organisations import MemberRow
from diary.storage.writer import Hand

MOST_AT_ONCE: Final = 500
# A phone's clock is not the server's.
CLOCK_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant as a phone makes it; `to`: the advocate's fingerprint, `kept`: the keeper's copy."""

    grant: bytes
    diary: bytes
    to: bytes
    not_after: int
    sealed: bytes
    kept: bytes


async def find_advocate(instance: Instance, fingerprint: bytes) -> dict[str, object]:
    """Whom nine words name: keys, name, organisation. Raises NotFound. The phone checks that the keys are the words'."""
    member = await organisations.find_by_fingerprint(instance.db, fingerprint)
    if member is None:
        raise NotFound("Nobody here has these words. Ask for them again.")
    return _told_of(instance, member)


async def make(instance: Instance, signed: Signed, proof: bytes, new: NewGrant) -> GrantRow:
    """Keep a grant. Safe to repeat. Raises NoMatch, TryLater, BadRequest, NotFound, Conflict and OverQuota."""
    await prove(instance, signed, proof)
    now = instance.clock.now_ms()
    if not now < new.not_after <= now + LONGEST_MS + CLOCK_MS:
        raise BadRequest("Nobody can be let in for longer than half a year.")
    place = {"diary": id_text(new.diary), "grant": id_text(new.grant), "t": "grant", "to": b64(new.to)}
    for envelope, suite in ((new.sealed, SUITE_PERSON), (new.kept, SUITE_KEY)):
        if not envelope.startswith(prefix(Kind.GRANT, place, suite)):
            raise BadRequest("That grant belongs to another place.")
    member = await organisations.find_by_fingerprint(instance.db, new.to)
    if member is None:
        raise NotFound
    row = GrantRow(new.grant, new.diary, member.account, new.not_after, now, None, new.sealed, new.kept)

    def job(hand: Hand) -> GrantRow:
        made = grants.add(hand, signed.account, row)
        access_log.note(hand, signed.account, signed.session, "let_in", now)
        return made

    return await instance.db.writer.run(job)


async def give(instance: Instance, signed: Signed, diary: bytes, grant: bytes, body: bytes) -> int:
    """Take in wraps for versions that are there; how many were new. Raises BadRequest and NotFound.

    `body`: one frame a version, of its id and its wraps.
    """
    now = instance.clock.now_ms()
    await grants.owned(instance.db, signed.account, diary, grant)
    read = [_read_wraps(frame, diary, grant) for frame in read_frames(body, at_most=MOST_AT_ONCE)]
    return await instance.db.writer.run(lambda hand: grants.give(hand, diary, grant, read, now), of=signed.account)


async def summarise(instance: Instance, signed: Signed, diary: bytes, grant: bytes, envelope: bytes) -> None:
    """Keep a newer summary. Raises BadRequest and NotFound."""
    await grants.owned(instance.db, signed.account, diary, grant)
    place = {"diary": id_text(diary), "grant": id_text(grant), "t": "summary"}
    if not envelope.startswith(prefix(Kind.SUMMARY, place)):
        raise BadRequest("That summary belongs to another place.")
    await instance.db.writer.run(
        lambda hand: grants.summarise(hand, signed.account, grant, envelope), of=signed.account
    )


async def list_own(instance: Instance, signed: Signed) -> list[dict[str, object]]:
    """The keeper's grants, those that are over too: ids and times, and the keeper's own sealed copies.

    No name: somebody with a copied session would learn who helps the keeper. `to`: the fingerprint the advocate has now,
    None when they have left.
    """
    found = await grants.list_own(instance.db, signed.account)
    marked = await review_marks.numbers(instance.db, signed.account)
    told: list[dict[str, object]] = []
    for row, given in found:
        member = await organisations.find(instance.db, row.advocate)
        told.append(
            {
                "diary": id_text(row.diary),
                "ended_at": row.ended_at,
                "given": given,
                "grant": id_text(row.id),
                "kept": b64(row.kept),
                "looked_at": row.looked_at,
                "made_at": row.made_at,
                "marks": marked.get(row.id, 0),
                "not_after": row.not_after,
                "to": b64(member.fingerprint) if member else None,
            }
        )
    return told


async def get_marks(instance: Instance, signed: Signed, diary: bytes, grant: bytes) -> bytes | None:
    """What the advocate has looked through, sealed; None for nothing. Raises NotFound."""
    return await review_marks.owned(instance.db, signed.account, diary, grant)


async def carry_marks(instance: Instance, signed: Signed, diary: bytes, grant: bytes, envelope: bytes) -> None:
    """Keep the marks of the grant that this one takes the place of. Raises BadRequest and NotFound."""
    await grants.owned(instance.db, signed.account, diary, grant)
    check_marks(diary, grant, envelope)
    await instance.db.writer.run(lambda hand: review_marks.put(hand, grant, envelope), of=signed.account)


async def given(instance: Instance, signed: Signed, diary: bytes, grant: bytes) -> list[str]:
    """The versions a grant has wraps for. Raises NotFound."""
    await grants.owned(instance.db, signed.account, diary, grant)
    return [id_text(version) for version in await grants.given(instance.db, signed.account, grant)]


async def looks(instance: Instance, signed: Signed) -> list[dict[str, object]]:
    """Every look into the keeper's diaries, newest first."""
    rows = await grants.looks(instance.db, signed.account)
    return [{"at": at, "grant": id_text(bytes(grant)), "what": what} for grant, at, what in rows]


async def end(instance: Instance, signed: Signed, proof: bytes, diary: bytes, grant: bytes) -> None:
    """End a grant at once. Raises NoMatch and NotFound.

    Without a proof, somebody with a copied session could cut a keeper off from the people who help.
    """
    await prove(instance, signed, proof)
    await grants.owned(instance.db, signed.account, diary, grant)
    now = instance.clock.now_ms()

    def job(hand: Hand) -> None:
        grants.end(hand, signed.account, grant, now)
        access_log.note(hand, signed.account, signed.session, "let_out", now)

    await instance.db.writer.run(job, of=signed.account)


async def list_letters(
    instance: Instance, signed: Signed, diary: bytes, *, taken: bool = False
) -> list[dict[str, object]]:
    """What advocates sent and no device has taken in; with `taken`, what was taken in too, for 30 days. Raises NotFound."""
    rows = await letters.list_for(instance.db, signed.account, diary, taken=taken)
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


async def take_in(instance: Instance, signed: Signed, diary: bytes, letter: bytes) -> None:
    """A letter has become the keeper's own. Raises NotFound."""
    now = instance.clock.now_ms()
    await instance.db.writer.run(
        lambda hand: letters.take_in(hand, signed.account, diary, letter, now), of=signed.account
    )


async def drop_letter(instance: Instance, signed: Signed, proof: bytes, diary: bytes, letter: bytes) -> None:
    """A letter goes at once, taken in or not. Raises NoMatch and NotFound."""
    await prove(instance, signed, proof)
    await instance.db.writer.run(lambda hand: letters.drop(hand, signed.account, diary, letter), of=signed.account)


def _told_of(instance: Instance, member: MemberRow) -> dict[str, object]:
    """An advocate as a keeper is told of them."""
    return {
        "ecdsa_pub": b64(member.ecdsa_pub),
        "fingerprint": b64(member.fingerprint),
        "hpke_pub": b64(member.hpke_pub),
        "name": name_of(instance, member),
        "organisation": member.organisation_name,
    }


def _read_wraps(frame: bytes, diary: bytes, grant: bytes) -> tuple[bytes, Sequence[bytes]]:
    """One version's id and its wraps, each for its own place. Raises BadRequest."""
    version, *wraps = read_frames(frame, at_most=1 + len(PARTS)) or [b""]
    if len(version) != 16 or not wraps:
        raise BadRequest("The frames do not add up.")
    for part, envelope in zip(PARTS, wraps, strict=False):
        if not envelope.startswith(
            prefix(Kind.WRAP, grant_header(id_text(grant), id_text(diary), id_text(version), part))
        ):
            raise BadRequest("A wrap belongs to another place.")
    return version, wraps
