"""Parsing of capsules: the chosen entries, decrypted on the phone, from which a pack is made.

A capsule is untrusted input. What the rest of the pack relies on is validated here once: names that become file names,
sizes, and that each version is of a supported kind.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.encoding import canonical_json, parse_canonical_json, unb64
from diary.errors import BadRequest, KeptError
from diary.pack.exhibit_parsing import (
    PACKABLE_KINDS,
    REGISTER_KINDS,
    Exhibit,
    RecordReference,
    id_field,
    non_negative_field,
    parse_exhibit,
    parse_reference,
)
from diary.pack.log_files import PackLog, parse_log
from diary.pack.metadata import PackMetadata, parse_metadata
from diary.record.reading import codes_of, integer_of, object_of, objects_of, text_of
from diary.record.record_history import RecordVersion
from diary.record.schemas import find_schema

CAPSULE_TYPE: Final = "capsule/v1"
CAPSULE_LIMIT_BYTES: Final = constants.CAPSULE_LIMIT_BYTES
EXHIBITS_LIMIT: Final = 2_000
HOLD_WORDS_LIMIT: Final = 500
# Members of the sheet that only a pack for the police may have, each only where the keeper gave it for that pack.
IDENTITY_FIELDS: Final = ("legal_name", "date_of_birth", "home_address")
IDENTITY_PROFILE: Final = "police"
# What was shared with whom is the keeper's own: no advocate puts it into a pack.
KEEPERS_OWN_KINDS: Final = frozenset({"consent", "export"})


@dataclass(frozen=True, slots=True)
class CapsuleVersion:
    """One decrypted version with everything its proof needs; `restricted_seed` is None if it has no restricted part."""

    opened: RecordVersion
    seq: int | None
    entry_number: int | None
    commitment: str
    signature: str
    parents: tuple[str, ...]
    receipt: Mapping[str, object] | None
    open_seed: bytes
    restricted_seed: bytes | None
    # Digests of the restricted fields that the preparer of a pack was not given, in base64 by name.
    restricted_digests: Mapping[str, str] | None = None

    @property
    def diary_id(self) -> str:
        """Return the diary's id, to which the keeper committed."""
        return text_of(object_of(self.opened.fields, "_ids"), "diary")

    @property
    def received_at(self) -> int | None:
        """Return the time of the receipt, ms UTC."""
        return integer_of(self.receipt, "ts") if self.receipt else None


@dataclass(frozen=True, slots=True)
class Capsule:
    """A capsule whose shape has been validated."""

    metadata: PackMetadata
    sheet: Mapping[str, object]
    counts: Mapping[str, int]
    own_words: str
    start_with: tuple[int, ...]
    versions: tuple[CapsuleVersion, ...]
    exhibits: tuple[Exhibit, ...]
    keys: Mapping[str, str]
    custody: tuple[dict[str, object], ...]
    opened_cards: tuple[dict[str, object], ...]
    gaps: tuple[dict[str, object], ...]
    log: PackLog
    references: Mapping[str, RecordReference]
    withheld_words: tuple[str, ...] = ()
    # What the keeper holds and left out, if the keeper agreed to a list: `kind`, `no` and `at` of each record.
    left_out: tuple[dict[str, object], ...] | None = None
    # Statements about replaced keys of the account, oldest first.
    replaced_keys: Sequence[Mapping[str, object]] = ()

    @property
    def is_received(self) -> bool:
        """Return whether a server had the diary.

        Without one there are no receipts, no log and only the phone's clock.
        """
        return bool(self.keys["notary"])

    @property
    def diary_id(self) -> str:
        """Return the diary's id, or '' for a capsule without versions."""
        return self.versions[0].diary_id if self.versions else ""


COUNT_NAMES: Final = ("total", "included", "withheld", "removed", "amended", "added_to", "late")
# Only supplements have this count: entries that an earlier pack contains.
EARLIER_COUNT_NAME: Final = "earlier"
# Public keys and ids by name, with their lengths in bytes.
KEY_LENGTHS_BYTES: Final = {"account": 16, "ecdsa_pub": 65, "log": 32, "notary": 32}
DIGEST_BYTES: Final = 32
SERVER_KEY_NAMES: Final = frozenset({"log", "notary"})


def read_capsule(raw: bytes, *, limit: int = CAPSULE_LIMIT_BYTES) -> Capsule:
    """Parse a capsule from its canonical bytes.

    Raise BadRequest (or its subclass NotCanonical) with a plain sentence.
    """
    value = parse_canonical_json(raw, limit_bytes=limit)
    if not isinstance(value, dict) or value.get("t") != CAPSULE_TYPE:
        raise BadRequest("That is not a capsule.")
    try:
        return _parse_capsule(value)
    except (KeyError, TypeError, ValueError):
        # The message of the original error could contain field values.
        raise BadRequest("The capsule is not complete.") from None


def _parse_capsule(value: dict[str, object]) -> Capsule:
    """Parse and validate every part."""
    keys = object_of(value, "keys")
    capsule = Capsule(
        metadata=parse_metadata(object_of(value, "pack")),
        sheet=object_of(value, "sheet"),
        counts=_parse_counts(object_of(value, "counts")),
        own_words=text_of(value, "own_words"),
        start_with=tuple(_parse_numbers(value.get("start_with"))),
        versions=tuple(_parse_version(row) for row in objects_of(value, "versions")),
        exhibits=tuple(parse_exhibit(row) for row in objects_of(value, "exhibits")),
        keys=_parse_keys(keys),
        replaced_keys=objects_of(keys, "earlier") if "earlier" in keys else (),
        custody=objects_of(value, "custody"),
        opened_cards=objects_of(value, "asked"),
        gaps=objects_of(value, "gaps"),
        log=parse_log(value.get("log")),
        references={ref.record: ref for ref in map(parse_reference, objects_of(value, "refs"))},
        withheld_words=codes_of(value, "hold_words")[:HOLD_WORDS_LIMIT],
        left_out=tuple(map(_parse_left_out, objects_of(value, "left_out"))) if "left_out" in value else None,
    )
    _check_consistency(capsule)
    return capsule


def _parse_left_out(row: dict[str, object]) -> dict[str, object]:
    """Return a row about a record that was left out. Raise BadRequest if it says more than kind, number and time."""
    kind, number, at = row["kind"], integer_of(row, "no"), integer_of(row, "at")
    if len(row) != 3 or kind not in PACKABLE_KINDS or (row["no"], row["at"]) != (number, at):
        raise BadRequest("The list of what was left out is not valid.")
    return {"at": at, "kind": kind, "no": number}


def _parse_counts(row: dict[str, object]) -> dict[str, int]:
    """Return the counts of entries by outcome."""
    names = (*COUNT_NAMES, EARLIER_COUNT_NAME) if EARLIER_COUNT_NAME in row else COUNT_NAMES
    return {name: non_negative_field(row, name) for name in names}


def _check_consistency(capsule: Capsule) -> None:
    """Raise BadRequest unless the parts of the capsule agree.

    It must be of a single diary, with unique ids and a record for each exhibit. It has receipts and a head only if it
    has a server's key.
    """
    if len({version.diary_id for version in capsule.versions}) > 1:
        raise BadRequest("The capsule contains versions of two diaries.")
    ids = [version.opened.version for version in capsule.versions]
    items = [exhibit.item for exhibit in capsule.exhibits]
    if len(set(ids)) != len(ids) or len(set(items)) != len(items) or len(items) > EXHIBITS_LIMIT:
        raise BadRequest("The capsule has duplicate ids or too many exhibits.")
    if capsule.metadata.later_files_count and capsule.exhibits:
        raise BadRequest("A pack whose files follow in a later one has no exhibits.")
    record_ids = {version.opened.record for version in capsule.versions}
    if not all(exhibit.record in record_ids for exhibit in capsule.exhibits):
        raise BadRequest("An exhibit has no record.")
    if not capsule.is_received and any(version.receipt or version.seq is not None for version in capsule.versions):
        raise BadRequest("The capsule has a receipt but no server key.")
    if not capsule.is_received and capsule.metadata.feed_head:
        raise BadRequest("The capsule has a diary head but no server key.")
    if capsule.metadata.profile != IDENTITY_PROFILE and any(name in capsule.sheet for name in IDENTITY_FIELDS):
        raise BadRequest("Only a pack for the police may hold a legal name, a date of birth or a home address.")
    if capsule.metadata.preparer is not None:
        _check_prepared(capsule)
    elif any(version.restricted_digests is not None for version in capsule.versions):
        raise BadRequest("Only a pack that somebody else prepared may lack restricted parts.")
    _check_references(capsule)


def _check_prepared(capsule: Capsule) -> None:
    """Raise BadRequest if a prepared pack has what only the keeper can say for a pack, or what is given to nobody."""
    kinds = {version.opened.kind for version in capsule.versions}
    if any(capsule.sheet.values()) or capsule.own_words or capsule.left_out is not None or kinds & KEEPERS_OWN_KINDS:
        raise BadRequest("A pack that somebody else prepared holds nothing that only the keeper can say.")


def _check_references(capsule: Capsule) -> None:
    """Raise BadRequest unless every record has a name for its proof, and references are unique.

    A name is an entry number, an exhibit or a reference.
    """
    kinds = {version.opened.record: version.opened.kind for version in capsule.versions}
    exhibit_ids = {exhibit.record for exhibit in capsule.exhibits}
    for record, kind in kinds.items():
        ref = capsule.references.get(record)
        if kind in REGISTER_KINDS and (ref is None or ref.kind != kind):
            raise BadRequest("A record has no reference.")
        if kind == "attachment" and record not in exhibit_ids:
            raise BadRequest("A file is not among the exhibits.")
    ranks = [(ref.kind, ref.rank) for ref in capsule.references.values()]
    if len(set(ranks)) != len(ranks) or len({ref.ref for ref in capsule.references.values()}) != len(ranks):
        raise BadRequest("The capsule has duplicate references.")


def _parse_version(row: dict[str, object]) -> CapsuleVersion:
    """Parse one version. Its kind and schema must be supported, and private notes are rejected."""
    kind, schema_number = str(row["kind"]), non_negative_field(row, "schema")
    opened_part, restricted_part = object_of(row, "open"), object_of(row, "restricted")
    names = find_schema(kind, schema_number)
    if kind not in PACKABLE_KINDS:
        raise BadRequest(
            "A private note is never part of a pack." if kind == "note" else "This kind of record is in no pack."
        )
    fields, restricted = object_of(opened_part, "fields"), object_of(restricted_part, "fields")
    if not (set(fields) <= set(names.open) and set(restricted) <= set(names.restricted)):
        raise BadRequest("A field is not part of this kind of record.")
    seed = restricted_part.get("seed")
    opened = RecordVersion(id_field(row, "record"), id_field(row, "version"), kind, schema_number, fields, restricted)
    return CapsuleVersion(
        opened=opened,
        seq=integer_of(row, "seq"),
        entry_number=integer_of(row, "seq_no"),
        commitment=str(row["c"]),
        signature=str(row["sig"]),
        parents=codes_of(row, "parents"),
        receipt=object_of(row, "receipt") or None,
        open_seed=unb64(str(opened_part["seed"])),
        restricted_seed=None if seed is None else unb64(str(seed)),
        restricted_digests=_parse_digests(restricted_part, names.restricted) if "digests" in restricted_part else None,
    )


def _parse_digests(restricted_part: dict[str, object], names: Collection[str]) -> dict[str, str]:
    """Return the digests that stand for a restricted part. Raise BadRequest unless there is one for each field of it."""
    digests = object_of(restricted_part, "digests")
    if digests.keys() != set(names) or restricted_part["fields"] or restricted_part["seed"] is not None:
        raise BadRequest("The capsule is not complete.")
    return {name: _sized_base64(value, DIGEST_BYTES) for name, value in digests.items()}


def _parse_keys(keys: Mapping[str, object]) -> dict[str, str]:
    """Return the public keys after a check of their lengths; both server keys are empty if no server has the diary."""
    is_local = all(keys[name] == "" for name in SERVER_KEY_NAMES)
    return {
        name: "" if is_local and name in SERVER_KEY_NAMES else _sized_base64(keys[name], size)
        for name, size in KEY_LENGTHS_BYTES.items()
    }


def _sized_base64(value: object, size: int) -> str:
    """Return a base64url value. Raise BadRequest unless it encodes exactly `size` bytes."""
    if len(unb64(str(value))) != size:
        raise BadRequest("The capsule is not complete.")
    return str(value)


def _parse_numbers(value: object) -> tuple[int, ...]:
    """Return the first ten integers of a list."""
    items = value if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, int) and not isinstance(item, bool))[:10]


def encode_capsule(capsule: Mapping[str, object]) -> bytes:
    """Encode a capsule. Raise BadRequest if it is larger than the server accepts."""
    try:
        return canonical_json(dict(capsule), limit_bytes=CAPSULE_LIMIT_BYTES)
    except KeptError as error:
        raise BadRequest("The chosen entries are too large for one pack. Choose fewer.") from error
