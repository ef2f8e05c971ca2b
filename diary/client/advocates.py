"""An advocate's side without a screen: joining an organisation, what clients gave, letters to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from diary.client.accounts import enter, prepare
from diary.client.journal import names_of
from diary.client.transport import Server
from diary.crypto.fingerprints import fingerprint, to_words
from diary.crypto.kdf import DEFAULT, PRODUCT, KdfPolicy, KdfProfile
from diary.crypto.keys import Keyset, open_keyset
from diary.crypto.signing import Author
from diary.crypto.totp import digits_at
from diary.encoding import b64, parse, read_frames, unb64
from diary.errors import BadSignature, KeptError, SealError
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.ledger.push import Push, signed_bytes
from diary.ledger.rekeying import AuthorKey, verify_any
from diary.ledger.sharing import client_summaries, grants, letters, review_marks
from diary.ledger.sharing.grants import Granted
from diary.ledger.versions import OpenedVersion, Place, open_with_keys

FEED_FRAMES: Final = 320
SHOWN_FRAMES: Final = 3


@dataclass(frozen=True, slots=True)
class Advocate:
    """An unlocked advocate: their keys, their account's id and the secret of their second step."""

    login: str
    account: str
    keyset: Keyset = field(repr=False)
    secret: bytes = field(repr=False)

    @property
    def fingerprint(self) -> bytes:
        """What the nine words say."""
        return fingerprint(self.keyset.ecdsa_pub, self.keyset.hpke_pub)

    @property
    def words(self) -> str:
        """What to read out to a keeper."""
        return to_words(self.fingerprint)


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who lets this advocate in. `summary` is None until the keeper's device has made one."""

    granted: Granted
    summary: Mapping[str, Any] | None
    looked_at: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One version of a client's, opened with the grant's keys; its signature was checked."""

    seq: int
    opened: OpenedVersion
    blobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Invited:
    """What somebody joins with: the invitation, a name for people, and the 20 secret bytes of the second step."""

    invite: str
    name: str
    secret: bytes = field(repr=False)


async def join(
    server: Server,
    words: str,
    invited: Invited,
    *,
    code: bytes,
    now: int,
    profile: KdfProfile = DEFAULT,
    policy: KdfPolicy = PRODUCT,
) -> Advocate:
    """A new advocate's account. `code`: 16 bytes for the sheet; `now` in ms. Raises NotInvited and SecondStep."""
    fresh = await prepare(server, words, code, profile, policy)
    own = {
        "digits": digits_at(invited.secret, now),
        "invite": invited.invite,
        "name": invited.name,
        "secret": b64(invited.secret),
    }
    await server.json("POST", "/v1/members", fresh.body | own)
    return Advocate(fresh.login, fresh.account, fresh.keyset, invited.secret)


async def sign_in(
    server: Server, login: str, words: str, secret: bytes, now: int, *, policy: KdfPolicy = PRODUCT
) -> Advocate:
    """The advocate of a name, with words and digits. Raises NoMatch, SecondStep, KdfRefused or SealError."""
    told = {"device": id_text(new_id()), "digits": digits_at(secret, now)}
    answer, account_key, _ = await enter(server, login, words, told, policy)
    account = str(answer["account"])
    return Advocate(login, account, open_keyset(account_key, unb64(answer["keyset"]), account), secret)


async def list_clients(server: Server, advocate: Advocate, now: int) -> tuple[list[Client], int]:
    """Who lets this advocate in, and how many grants were left out because they do not hold: altered, unsigned, run out."""
    answer = await server.json("GET", "/v1/clients")
    found, refused = [], 0
    for row in answer["clients"]:
        try:
            granted = grants.open_for(advocate.keyset, unb64(row["sealed"]), str(row["diary"]), str(row["grant"]))
            if not granted.stands(now):
                raise SealError
            told = client_summaries.SUMMARY.open(granted, unb64(row["summary"])) if row["summary"] else None
        except KeptError:
            refused += 1
            continue
        found.append(Client(granted, told, row["looked_at"]))
    return found, refused


async def read(server: Server, client: Client, after: int = 0) -> list[Seen]:
    """All that a client gave above number `after`. Raises SealError or BadSignature for what is not what it should be."""
    seen: list[Seen] = []
    authors = client.granted.author_keys()
    while True:
        raw = await server.get(f"/v1/clients/{client.granted.id}/changes?after={after}")
        page = read_frames(raw, at_most=FEED_FRAMES)
        if not page:
            return seen
        for frame in page:
            one = _open(client.granted, authors, *read_frames(frame, at_most=SHOWN_FRAMES))
            if one.seq <= after:
                raise SealError
            seen.append(one)
            after = one.seq


async def ask(server: Server, advocate: Advocate, client: Client, about: str, text: str, now: int) -> str:
    """A question about one of the client's records; the letter's id."""
    fields = {"fields": {"about": about, "text": text}, "what": letters.QUESTION}
    return await write(server, advocate, client, fields, now)


async def write_down(server: Server, advocate: Advocate, client: Client, told: Mapping[str, object], now: int) -> str:
    """An entry typed while the client spoke, read back and sent to them; the letter's id. `told`: fields of docs/formats.md 8.

    Raises BadSignature for fields that are not those of an assisted entry.
    """
    return await write(server, advocate, client, {"fields": dict(told), "what": letters.ASSISTED}, now)


async def mark(server: Server, client: Client, seen: Mapping[str, int], now: int) -> None:
    """Say which records (id: number of the newest version looked at) were looked through; those marked before stay."""
    path = f"/v1/clients/{client.granted.id}/marks"
    before = (await server.json("GET", path))["marks"]
    kept = review_marks.MARKS.open(client.granted, unb64(before))["marks"] if before else []
    made = [{"at": now, "record": record, "seq": seq} for record, seq in seen.items()]
    told = [one for one in kept if one["record"] not in seen] + made
    await server.put(path, review_marks.MARKS.seal(client.granted, {"made_at": now, "marks": told}))


async def write(server: Server, advocate: Advocate, client: Client, fields: Mapping[str, object], now: int) -> str:
    """Seal a letter to a client and leave it; its id."""
    granted = client.granted
    place = letters.Place(str(granted.said["diary"]), granted.id, id_text(new_id()))
    whole = dict(fields) | {"from": b64(advocate.fingerprint), "made_at": now}
    envelope = letters.seal_letter(Author(advocate.keyset.ecdsa), granted.other.hpke_pub, place, whole)
    await server.put(f"/v1/clients/{granted.id}/letters/{place.letter}", envelope)
    return place.letter


def _open(granted: Granted, authors: Sequence[AuthorKey], facts: bytes, sealed: bytes, wraps: bytes) -> Seen:
    """One version of the feed, signed by a key that counted for its number: the one in the grant, or one before it."""
    told: Any = parse(facts)
    place = Place(str(granted.said["diary"]), str(told["record"]), str(told["version"]))
    pushed: Push = push.from_frames(
        {name: told[name] for name in ("blobs", "c", "parents", "parts", "sig")} | {"grants": []},
        read_frames(sealed, at_most=2 * len(push.PARTS)),
    )
    message = signed_bytes(c=pushed.c, diary=place.diary, record=place.record, version=place.version)
    verify_any(authors, message, unb64(pushed.sig), int(told["seq"]))
    given, parts = read_frames(wraps, at_most=len(push.PARTS)), len(granted.parts)
    keys = grants.unwrap_keys(granted, place.version, given[:parts])
    apart = grants.open_digests(granted, place.version, given[parts]) if given[parts:] else None
    opened = open_with_keys(pushed, place, names_of, keys, apart)
    if opened.altered:
        raise BadSignature("That is not what was committed to.")
    return Seen(int(told["seq"]), opened, pushed.blobs)
