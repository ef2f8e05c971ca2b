"""A keeper's side of letting an advocate in, without a screen: check the words, grant, give keys, shut the door."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from diary.client.accounts import Identity, new_key
from diary.client.journal import Said, names_of
from diary.client.transport import Server
from diary.crypto.fingerprints import read_words
from diary.crypto.keys import unwrap_any_epoch, version_header
from diary.encoding import b64, frames, unb64
from diary.errors import BadSignature, KeptError
from diary.ids import id_text, new_id
from diary.ledger.push import ForGrant, Push
from diary.ledger.sharing import client_summaries, earlier_keys, grants, letters, review_marks
from diary.ledger.sharing.grants import Granted, Person
from diary.ledger.versions import Place, open_with_keys
from diary.record import assisted

AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """What is granted: scope as in docs/formats.md 8, rights, whether restricted fields too, until when (ms), and why."""

    scope: Mapping[str, object]
    not_after: int
    purpose: str
    rights: tuple[str, ...] = ("view",)
    restricted: bool = False
    prev: str | None = None


async def meet(server: Server, words: str) -> Person:
    """The advocate of nine words. Raises BadRequest, NotFound, and BadSignature when the server gives other keys."""
    wanted = read_words(words)
    told = await server.json("GET", f"/v1/advocates/{b64(wanted)}")
    person = Person(unb64(str(told["ecdsa_pub"])), unb64(str(told["hpke_pub"])), str(told["name"]))
    if person.fingerprint != wanted:
        raise BadSignature("The server gave other keys than the nine words name. Let nobody in, and ask for help.")
    return person


async def let_in(server: Server, identity: Identity, person: Person, choice: Choice, name: str, now: int) -> Granted:
    """Grant, in the keeper's signature. `name`: what the keeper is called to this advocate. Raises BadSignature and NoMatch."""
    keeper = Person(identity.keyset.ecdsa_pub, identity.keyset.hpke_pub, name)
    earlier = earlier_keys.newest_of(identity.keyset.earlier)
    said = grants.make(
        identity.author(),
        {
            "diary": identity.diary,
            "from": b64(keeper.fingerprint),
            "grant": id_text(new_id()),
            "made_at": now,
            "not_after": choice.not_after,
            "prev": choice.prev,
            "purpose": choice.purpose,
            "restricted": choice.restricted,
            "rights": list(choice.rights),
            "scope": dict(choice.scope),
            "to": b64(person.fingerprint),
        }
        | earlier_keys.binding(earlier),
    )
    key = new_key()
    body = {
        "grant": said["grant"],
        "kept": b64(grants.keep(identity.account_key, person, said, key)),
        "not_after": choice.not_after,
        "sealed": b64(grants.seal_for(person, keeper, said, key, earlier)),
        "to": said["to"],
    }
    await server.json("POST", f"/v1/diaries/{identity.diary}/grants", body, proof=identity.proof)
    return Granted(said, key, person)


async def list_own(server: Server, identity: Identity) -> list[tuple[Granted, dict[str, Any]]]:
    """The keeper's grants that hold, each with what the server says of it: `given`, `looked_at`, `ended_at`, `not_after`."""
    answer = await server.json("GET", "/v1/grants")
    found = []
    for row in answer["grants"]:
        if row["to"] is None:
            continue  # they have left, and everything with them
        place = grants.header(str(row["diary"]), str(row["grant"]), str(row["to"]))
        try:
            granted = grants.open_kept(identity.account_key, unb64(row["kept"]), identity.keyset.ecdsa_pub, place)
        except KeptError:
            continue  # made under keys that were replaced: it has ended
        found.append((granted, row))
    return found


def keys_for(granted: Granted, identity: Identity, pushed: Push, place: Place) -> ForGrant:
    """The wraps of one version for a grant, for its push or for `give`."""
    headers = (version_header(place.diary, place.version, part, identity.epoch) for part in pushed.parts)
    keys = [
        unwrap_any_epoch(identity.diary_key, wrapped, header)[0]
        for wrapped, header in zip(pushed.wraps, headers, strict=True)
    ]
    made = grants.wraps(granted, place.version, keys)
    if granted.gives_digests and len(keys) > 1:
        opened = open_with_keys(pushed, place, names_of, keys)
        apart = {name: opened.digests[name] for name in names_of(opened.kind, opened.schema).restricted}
        made = (*made, grants.seal_digests(granted, place.version, apart))
    return ForGrant(granted.id, made)


async def give(server: Server, identity: Identity, granted: Granted, versions: Iterable[tuple[Push, Place]]) -> int:
    """Give the keys of versions that are on the server already; how many were new."""
    made = [(place, keys_for(granted, identity, pushed, place)) for pushed, place in versions]
    given = 0
    for at in range(0, len(made), AT_ONCE):
        body = frames(frames((unb64(place.version), *one.wraps)) for place, one in made[at : at + AT_ONCE])
        answer = await server.put(f"/v1/diaries/{identity.diary}/grants/{granted.id}/wraps", body)
        given += int(answer["kept"])
    return given


async def summarise(server: Server, granted: Granted, told: Mapping[str, object]) -> None:
    """Put a newer summary on the advocate's list."""
    diary = granted.said["diary"]
    await server.put(f"/v1/diaries/{diary}/grants/{granted.id}/summary", client_summaries.SUMMARY.seal(granted, told))


async def read_marks(server: Server, granted: Granted) -> Mapping[str, Any] | None:
    """What the advocate has looked through, None for nothing. Raises NotFound and SealError."""
    answer = await server.json("GET", f"/v1/diaries/{granted.said['diary']}/grants/{granted.id}/marks")
    return review_marks.MARKS.open(granted, unb64(answer["marks"])) if answer["marks"] else None


async def shut_out(server: Server, identity: Identity, grant: str) -> None:
    """End a grant at once. Raises NoMatch and NotFound."""
    await server.json("DELETE", f"/v1/diaries/{identity.diary}/grants/{grant}", proof=identity.proof)


async def read_letters(server: Server, identity: Identity, known: Mapping[str, Granted]) -> list[Mapping[str, Any]]:
    """What advocates wrote, of those whose grant is known and whose signature holds. They stay until `take_in`."""
    answer = await server.json("GET", f"/v1/diaries/{identity.diary}/letters")
    found = []
    for row in answer["letters"]:
        granted = known.get(str(row["grant"]))
        place = letters.Place(identity.diary, str(row["grant"]), str(row["letter"]))
        if granted is None:
            continue
        try:
            found.append(
                letters.open_letter(identity.keyset.hpke, unb64(row["envelope"]), place, granted.other.ecdsa_pub)
            )
        except KeptError:
            continue  # not by whom it should be: it is nobody's
    return found


def entry_of(letter: Mapping[str, Any], granted: Granted, answer: str | None, now: int) -> Said:
    """The entry that an assisted letter becomes. `answer`: `yes`, or None while the keeper has only kept it."""
    pub = b64(granted.other.ecdsa_pub)
    return Said(
        "incident", assisted.entry_of(letter, pub, answer, now if answer else None), {"helped_by": granted.other.name}
    )


async def take_in(server: Server, identity: Identity, letter: str) -> None:
    """A letter has become the keeper's own; the server keeps it for 30 days. Raises NotFound."""
    await server.json("POST", f"/v1/diaries/{identity.diary}/letters/{letter}/taken")


async def drop_letter(server: Server, identity: Identity, letter: str) -> None:
    """A letter goes from the server at once. Raises NoMatch and NotFound."""
    await server.json("DELETE", f"/v1/diaries/{identity.diary}/letters/{letter}", proof=identity.proof)
