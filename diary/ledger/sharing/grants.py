"""What a keeper lets an advocate see, in the keeper's own signature. docs/formats.md, section 8.

A grant says who, what, for how long and why. Only the two people read it: the server is given it sealed, and of it the
end and whom it is for. An advocate believes nothing that is not signed by the key whose nine words were compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from diary import constants
from diary.crypto.fingerprints import FINGERPRINT_BYTES, fingerprint
from diary.crypto.keys import Keyset, Part, grant_header, unwrap, wrap
from diary.crypto.padding import pad_version, unpad
from diary.crypto.public_key_sealing import open_from, seal_to
from diary.crypto.sealing import KEY_BYTES, Kind, open_envelope, seal
from diary.crypto.signing import Author, verify_author
from diary.encoding import b64, canon, parse, unb64
from diary.errors import BadRequest, BadSignature, KeptError, SealError
from diary.ids import parse_id
from diary.ledger import rekeying
from diary.ledger.rekeying import AuthorKey
from diary.ledger.sharing.earlier_keys import EARLIER, EARLIER_LIMIT, binding
from diary.ledger.signed_objects import Fields

TYPE: Final = "grant/v1"
RIGHTS: Final = ("view", "comment", "pack")
DAY_MS: Final = 86_400_000
USUAL_MS: Final = constants.GRANT_DEFAULT_DAYS * DAY_MS
LONGEST_MS: Final = constants.GRANT_MAX_DAYS * DAY_MS
RECORDS_LIMIT: Final = constants.GRANT_RECORDS_LIMIT
DIGESTS_TYPE: Final = "apart/v1"
DIGEST_BYTES: Final = 32
PURPOSE_CHARACTERS: Final = constants.GRANT_PURPOSE_LIMIT_CHARACTERS
NAME_CHARACTERS: Final = constants.ADVOCATE_NAME_LIMIT_CHARACTERS
_NAMES: Final = frozenset(
    ("diary", "from", "grant", "made_at", "not_after", "prev", "purpose", "restricted", "rights", "scope", "t", "to")
)
_SEALED: Final = {"ecdsa_pub", "grant", "hpke_pub", "key", "name"}


@dataclass(frozen=True, slots=True)
class Person:
    """The other side of a grant: two public keys of 65 bytes and a name for people."""

    ecdsa_pub: bytes
    hpke_pub: bytes
    name: str

    @property
    def fingerprint(self) -> bytes:
        """What the nine words say: 12 bytes."""
        return fingerprint(self.ecdsa_pub, self.hpke_pub)

    def keys(self) -> Fields:
        """The keys as they stand in what is sealed."""
        return {"ecdsa_pub": b64(self.ecdsa_pub), "hpke_pub": b64(self.hpke_pub)}


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant as either side reads it: the signed statement, the key of its wraps, and the other side.

    `earlier`: on the advocate's side, the statements about the keeper's keys before, oldest first.
    """

    said: Mapping[str, Any]
    key: bytes = field(repr=False)
    other: Person
    earlier: tuple[Mapping[str, Any], ...] = ()

    @property
    def id(self) -> str:
        """The grant's id."""
        return str(self.said["grant"])

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of a version whose keys it gives."""
        return ("open", "restricted") if self.said["restricted"] else ("open",)

    @property
    def gives_digests(self) -> bool:
        """Whether it gives, in the place of a restricted part's key, the digests of that part's fields.

        Without them nobody who was not given the part could show that the rest is what the keeper sealed.
        """
        return not self.said["restricted"] and "pack" in self.said["rights"]

    def author_keys(self) -> tuple[AuthorKey, ...]:
        """The keys the other side's versions may be signed by, those that were replaced first. Raises BadSignature."""
        return rekeying.chain(self.earlier, self.other.ecdsa_pub)

    def stands(self, now: int) -> bool:
        """Whether it has not run out at `now` ms."""
        return now < int(self.said["not_after"])


def make(author: Author, fields: Mapping[str, object]) -> Fields:
    """A grant: `fields` but for `t`, signed by its keeper. Raises BadSignature for one that is none."""
    whole = dict(fields) | {"t": TYPE}
    said = whole | {"sig": b64(author.sign(canon(whole)))}
    check(said, author.pub)
    return said


def check(said: Mapping[str, Any], keeper_pub: bytes) -> None:
    """Return when `said` is a grant, within its bounds, and signed by this key; else BadSignature."""
    if set(said) - {EARLIER} != _NAMES | {"sig"} or said["t"] != TYPE:
        raise BadSignature("That is not a grant.")
    fields = {name: value for name, value in said.items() if name != "sig"}
    try:
        sound = all((_ids_hold(said), _scope_holds(said["scope"]), _rights_hold(said["rights"]), _times_hold(said)))
        if not sound or type(said["restricted"]) is not bool or not _is_text(said["purpose"], PURPOSE_CHARACTERS):
            raise BadSignature("That is not a grant.")
        verify_author(keeper_pub, canon(fields), unb64(str(said["sig"])))
    except BadSignature:
        raise
    except BadRequest:
        raise BadSignature("That is not a grant.") from None


def header(diary: str, grant: str, to: str) -> Fields:
    """Header of a grant's envelopes: the advocate's and the keeper's copy."""
    return {"diary": diary, "grant": grant, "t": "grant", "to": to}


def seal_for(
    advocate: Person, keeper: Person, said: Mapping[str, Any], key: bytes, earlier: Sequence[Mapping[str, Any]] = ()
) -> bytes:
    """The envelope the advocate opens: the grant, its key, the keeper's keys and name, and the statements about those before."""
    plain = {"grant": dict(said), "key": b64(key), "name": keeper.name} | keeper.keys()
    plain |= {EARLIER: [dict(one) for one in earlier]} if earlier else {}
    place = header(str(said["diary"]), str(said["grant"]), b64(advocate.fingerprint))
    return seal_to(advocate.hpke_pub, Kind.GRANT, place, pad_version(canon(plain)))


def open_for(keyset: Keyset, envelope: bytes, diary: str, grant: str) -> Granted:
    """What an advocate was given, checked whole: place, keeper's keys now and before, signature, and that it is for these keys.

    Whether the keeper's nine words were compared is for the caller: a stranger can give a grant of their own. Raises
    SealError and BadSignature.
    """
    own = fingerprint(keyset.ecdsa_pub, keyset.hpke_pub)
    plain = open_from(keyset.hpke, envelope, Kind.GRANT, header(diary, grant, b64(own)))
    granted = _read(plain)
    said, keeper = granted.said, granted.other
    check(said, keeper.ecdsa_pub)
    if (said["diary"], said["grant"], said["to"], said["from"]) != (diary, grant, b64(own), b64(keeper.fingerprint)):
        raise BadSignature("That grant is for somebody else.")
    _check_earlier(granted)
    return granted


def keep(account_key: bytes, advocate: Person, said: Mapping[str, Any], key: bytes) -> bytes:
    """The keeper's own copy: the grant, its key, and whom it is for."""
    plain = {"grant": dict(said), "key": b64(key), "name": advocate.name} | advocate.keys()
    place = header(str(said["diary"]), str(said["grant"]), b64(advocate.fingerprint))
    return seal(account_key, Kind.GRANT, place, pad_version(canon(plain)))


def open_kept(account_key: bytes, envelope: bytes, keeper_pub: bytes, place: Mapping[str, object]) -> Granted:
    """The keeper's copy of the grant at `place` (see `header`). Raises SealError and BadSignature."""
    granted = _read(open_envelope(account_key, envelope, Kind.GRANT, place))
    said = granted.said
    check(said, keeper_pub)
    is_here = header(said["diary"], said["grant"], said["to"]) == place and said["to"] == b64(granted.other.fingerprint)
    if granted.earlier or not is_here:
        raise SealError
    return granted


def wraps(granted: Granted, version: str, keys: Sequence[bytes]) -> tuple[bytes, ...]:
    """The keys of one version's parts, `open` first, as far as this grant gives them."""
    diary = str(granted.said["diary"])
    given = zip(granted.parts, keys, strict=False)
    return tuple(wrap(granted.key, grant_header(granted.id, diary, version, part), key) for part, key in given)


def unwrap_keys(granted: Granted, version: str, given: Sequence[bytes]) -> tuple[bytes, ...]:
    """The version keys in its wraps, at most one a part. Raises SealError, also for a part the grant does not give."""
    if len(given) > len(granted.parts):
        raise SealError
    diary = str(granted.said["diary"])
    pairs = zip(granted.parts, given, strict=False)
    return tuple(unwrap(granted.key, one, grant_header(granted.id, diary, version, part)) for part, one in pairs)


def seal_digests(granted: Granted, version: str, digests: Mapping[str, str]) -> bytes:
    """The digests of one version's restricted fields (b64 by name), sealed where a wrap of that part would stand."""
    place = grant_header(granted.id, str(granted.said["diary"]), version, "restricted")
    return seal(granted.key, Kind.WRAP, place, canon({"digests": dict(digests), "t": DIGESTS_TYPE}))


def open_digests(granted: Granted, version: str, sealed: bytes) -> dict[str, str]:
    """The digests that `seal_digests` sealed. Raises SealError, also for a grant that gives none."""
    if not granted.gives_digests:
        raise SealError
    place = grant_header(granted.id, str(granted.said["diary"]), version, "restricted")
    try:
        told = parse(open_envelope(granted.key, sealed, Kind.WRAP, place))
        if not isinstance(told, dict) or set(told) != {"digests", "t"} or told["t"] != DIGESTS_TYPE:
            raise SealError
        digests = told["digests"]
        if not isinstance(digests, dict) or not all(len(unb64(_text(one))) == DIGEST_BYTES for one in digests.values()):
            raise SealError
    except KeptError:
        raise SealError from None
    return {str(name): str(one) for name, one in digests.items()}


def _read(plain: bytes) -> Granted:
    """What either envelope holds; its signature is for the caller. Raises SealError."""
    try:
        named = parse(unpad(plain))
        if not isinstance(named, dict) or set(named) - {EARLIER} != _SEALED or not isinstance(named["grant"], dict):
            raise SealError
        key, earlier = unb64(str(named["key"])), named.get(EARLIER, [])
        is_list = isinstance(earlier, list) and all(isinstance(one, dict) for one in earlier)
        if not is_list or bool(earlier) != (EARLIER in named):
            raise SealError
        if len(key) != KEY_BYTES or not _is_text(named["name"], NAME_CHARACTERS):
            raise SealError
        other = Person(unb64(str(named["ecdsa_pub"])), unb64(str(named["hpke_pub"])), str(named["name"]))
        other.fingerprint  # noqa: B018 - of the right length, or refused here
    except KeptError:
        raise SealError from None
    return Granted(named["grant"], key, other, tuple(earlier))


def _check_earlier(granted: Granted) -> None:
    """The statements are those the keeper signed, of this diary, and lead to the key in it. Raises BadSignature."""
    said, earlier = granted.said, granted.earlier
    is_signed = binding(earlier).get(EARLIER) == said.get(EARLIER)
    if not is_signed or len(earlier) > EARLIER_LIMIT or any(one.get("diary") != said["diary"] for one in earlier):
        raise BadSignature("What is said of the keys before is not what was signed.")
    granted.author_keys()


def _ids_hold(said: Mapping[str, Any]) -> bool:
    """Ids and fingerprints of the right lengths. Raises BadRequest."""
    for name in ("diary", "grant", *(("prev",) if said["prev"] is not None else ())):
        parse_id(_text(said[name]))
    if EARLIER in said and len(unb64(_text(said[EARLIER]))) != DIGEST_BYTES:
        return False
    return all(len(unb64(_text(said[name]))) == FINGERPRINT_BYTES for name in ("from", "to"))


def _scope_holds(scope: object) -> bool:
    """All, one case, or chosen records, each once. Raises BadRequest."""
    if not isinstance(scope, dict) or len(scope) != 1:
        return False
    if "case" in scope:
        parse_id(_text(scope["case"]))
        return True
    if "records" not in scope:
        return scope.get("all") is True
    records = scope["records"]
    if not isinstance(records, list) or not 0 < len(records) <= RECORDS_LIMIT:
        return False
    for one in records:
        parse_id(_text(one))
    return len(set(records)) == len(records)


def _rights_hold(rights: object) -> bool:
    """`view`, and of the others each once, in their order."""
    return isinstance(rights, list) and rights[:1] == ["view"] and rights == [one for one in RIGHTS if one in rights]


def _times_hold(said: Mapping[str, Any]) -> bool:
    """A grant ends, after it begins and within half a year."""
    made_at, not_after = said["made_at"], said["not_after"]
    if type(made_at) is not int or type(not_after) is not int:
        return False
    return 0 <= made_at < not_after <= made_at + LONGEST_MS


def _is_text(value: object, most: int) -> bool:
    """Some text, not longer than that."""
    return isinstance(value, str) and 0 < len(value) <= most


def _text(value: object) -> str:
    """Text, or BadRequest."""
    if not isinstance(value, str):
        raise BadRequest
    return value
