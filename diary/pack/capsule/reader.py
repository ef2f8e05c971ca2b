"""Reading a capsule: the chosen entries, opened on the phone, that a pack is typeset from.

Everything in it was written by somebody else. What the rest of the pack relies on is checked here, once:
names that become file names, sizes, and that each version is of a kind this release knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.encoding import canon, parse, unb64
from diary.errors import BadRequest, KeptError
from diary.pack.exhibit_numbers import (
    PACKED,
    REGISTERS,
    Exhibit,
    Reference,
    exhibit_of,
    id_of,
    reference_of,
    whole_from_0,
)
from diary.pack.log_files import Log, read_log
from diary.pack.metadata import Head, head_of
from diary.record.reading import codes_of, object_of, objects_of, text_of, whole_of
from diary.record.record_history import Opened
from diary.record.schemas import schema

TYPE: Final = "capsule/v1"
LIMIT: Final = constants.CAPSULE_LIMIT_BYTES
EXHIBITS_LIMIT: Final = 2_000
HOLD_WORDS_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class Version:
    """One opened version with everything its proof needs; a `restricted_seed` of None means there is no such part."""

    opened: Opened
    seq: int | None
    seq_no: int | None
    c: str
    sig: str
    parents: tuple[str, ...]
    receipt: Mapping[str, object] | None
    open_seed: bytes
    restricted_seed: bytes | None

    @property
    def diary(self) -> str:
        """The diary's id, as its keeper committed to it."""
        return text_of(object_of(self.opened.fields, "_ids"), "diary")

    @property
    def received_at(self) -> int | None:
        """The receipt's time, ms UTC."""
        return whole_of(self.receipt, "ts") if self.receipt else None


@dataclass(frozen=True, slots=True)
class Capsule:
    """A capsule whose shape has been checked."""

    head: Head
    sheet: Mapping[str, object]
    counts: Mapping[str, int]
    own_words: str
    start_with: tuple[int, ...]
    versions: tuple[Version, ...]
    exhibits: tuple[Exhibit, ...]
    keys: Mapping[str, str]
    custody: tuple[dict[str, object], ...]
    asked: tuple[dict[str, object], ...]
    gaps: tuple[dict[str, object], ...]
    log: Log
    refs: Mapping[str, Reference]
    hold_words: tuple[str, ...] = ()
    # Statements about the account's keys that were replaced, oldest first.
    earlier: Sequence[Mapping[str, object]] = ()

    @property
    def is_received(self) -> bool:
        """Whether any server had the diary; without one there is no receipt, no log and no time but the phone's."""
        return bool(self.keys["notary"])

    @property
    def diary(self) -> str:
        """The diary's id; '' when the capsule holds no version."""
        return self.versions[0].diary if self.versions else ""


COUNTS: Final = ("total", "included", "withheld", "removed", "amended", "added_to", "late")
# Only a supplement has it: entries that an earlier pack holds.
EARLIER: Final = "earlier"
# Public keys and ids by name, with their length in bytes.
KEYS: Final = {"account": 16, "ecdsa_pub": 65, "log": 32, "notary": 32}
SERVER_KEYS: Final = frozenset({"log", "notary"})


def read_capsule(raw: bytes, *, limit: int = LIMIT) -> Capsule:
    """A capsule from its canonical bytes. Raises BadRequest (NotCanonical included) with a plain sentence."""
    value = parse(raw, limit=limit)
    if not isinstance(value, dict) or value.get("t") != TYPE:
        raise BadRequest("That is not a capsule.")
    try:
        return _capsule(value)
    except (KeyError, TypeError, ValueError):
        # The error's own text could repeat what a field holds.
        raise BadRequest("The capsule is not complete.") from None


def _capsule(value: dict[str, object]) -> Capsule:
    """Every part of it, each checked."""
    keys = object_of(value, "keys")
    capsule = Capsule(
        head=head_of(object_of(value, "pack")),
        sheet=object_of(value, "sheet"),
        counts=_counts(object_of(value, "counts")),
        own_words=text_of(value, "own_words"),
        start_with=tuple(_numbers(value.get("start_with"))),
        versions=tuple(_version(row) for row in objects_of(value, "versions")),
        exhibits=tuple(exhibit_of(row) for row in objects_of(value, "exhibits")),
        keys=_keys(keys),
        earlier=objects_of(keys, "earlier") if "earlier" in keys else (),
        custody=objects_of(value, "custody"),
        asked=objects_of(value, "asked"),
        gaps=objects_of(value, "gaps"),
        log=read_log(value.get("log")),
        refs={ref.record: ref for ref in map(reference_of, objects_of(value, "refs"))},
        hold_words=codes_of(value, "hold_words")[:HOLD_WORDS_LIMIT],
    )
    _check_whole(capsule)
    return capsule


def _counts(told: dict[str, object]) -> dict[str, int]:
    """How many entries, and what became of them."""
    names = (*COUNTS, EARLIER) if EARLIER in told else COUNTS
    return {name: whole_from_0(told, name) for name in names}


def _check_whole(capsule: Capsule) -> None:
    """What only the whole can be judged by: one diary, and no name used twice."""
    if len({version.diary for version in capsule.versions}) > 1:
        raise BadRequest("The capsule mixes two diaries.")
    ids = [version.opened.version for version in capsule.versions]
    items = [exhibit.item for exhibit in capsule.exhibits]
    if len(set(ids)) != len(ids) or len(set(items)) != len(items) or len(items) > EXHIBITS_LIMIT:
        raise BadRequest("The capsule names something twice.")
    known = {version.opened.record for version in capsule.versions}
    if not all(exhibit.record in known for exhibit in capsule.exhibits):
        raise BadRequest("An exhibit has no record.")
    if not capsule.is_received and any(version.receipt or version.seq is not None for version in capsule.versions):
        raise BadRequest("The capsule has a receipt and no key of a server.")
    if not capsule.is_received and capsule.head.feed:
        raise BadRequest("The capsule has a head and no key of a server.")
    _check_named(capsule)


def _check_named(capsule: Capsule) -> None:
    """Every version has a name its proof can be filed under: an entry's number, an exhibit's, or a reference."""
    kinds = {version.opened.record: version.opened.kind for version in capsule.versions}
    files = {exhibit.record for exhibit in capsule.exhibits}
    for record, kind in kinds.items():
        ref = capsule.refs.get(record)
        if kind in REGISTERS and (ref is None or ref.kind != kind):
            raise BadRequest("A record has no reference.")
        if kind == "attachment" and record not in files:
            raise BadRequest("A file is not among the exhibits.")
    places = [(ref.kind, ref.no) for ref in capsule.refs.values()]
    if len(set(places)) != len(places) or len({ref.ref for ref in capsule.refs.values()}) != len(places):
        raise BadRequest("The capsule names something twice.")


def _version(row: dict[str, object]) -> Version:
    """One version; its kind and schema must be known, and a private note is refused here as everywhere."""
    kind, number = str(row["kind"]), whole_from_0(row, "schema")
    opened_part, restricted_part = object_of(row, "open"), object_of(row, "restricted")
    names = schema(kind, number)
    if kind not in PACKED:
        raise BadRequest(
            "A private note is never part of a pack." if kind == "note" else "This kind of record is in no pack."
        )
    fields, restricted = object_of(opened_part, "fields"), object_of(restricted_part, "fields")
    if not (set(fields) <= set(names.open) and set(restricted) <= set(names.restricted)):
        raise BadRequest("A field is not part of this kind of record.")
    seed = restricted_part.get("seed")
    opened = Opened(id_of(row, "record"), id_of(row, "version"), kind, number, fields, restricted)
    return Version(
        opened=opened,
        seq=whole_of(row, "seq"),
        seq_no=whole_of(row, "seq_no"),
        c=str(row["c"]),
        sig=str(row["sig"]),
        parents=codes_of(row, "parents"),
        receipt=object_of(row, "receipt") or None,
        open_seed=unb64(str(opened_part["seed"])),
        restricted_seed=None if seed is None else unb64(str(seed)),
    )


def _keys(keys: Mapping[str, object]) -> dict[str, str]:
    """The public keys, each of its length; the server's two are empty together where no server knows the diary."""
    is_local = all(keys[name] == "" for name in SERVER_KEYS)
    return {name: "" if is_local and name in SERVER_KEYS else _sized(keys[name], size) for name, size in KEYS.items()}


def _sized(value: object, size: int) -> str:
    """Base64url of exactly `size` bytes. Raises BadRequest."""
    if len(unb64(str(value))) != size:
        raise BadRequest("The capsule is not complete.")
    return str(value)


def _numbers(value: object) -> tuple[int, ...]:
    """The whole numbers of a list, at most ten."""
    items = value if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, int) and not isinstance(item, bool))[:10]


def encode(capsule: Mapping[str, object]) -> bytes:
    """A capsule's bytes. Raises BadRequest when it is larger than a server takes."""
    try:
        return canon(dict(capsule), limit=LIMIT)
    except KeptError as error:
        raise BadRequest("The chosen entries are too large for one pack. Choose fewer.") from error
