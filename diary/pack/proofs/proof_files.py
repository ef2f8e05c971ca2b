"""Proof files, from which anyone can recompute a commitment, with or without the withheld fields.

The servable proof of a version discloses its open fields and gives a digest for every restricted one; the restricted
proof discloses all. Neither has blob ids or keys, which are not fields.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from diary import constants
from diary.encoding import b64, canonical_json
from diary.ledger.commitments import FieldNames, field_digest, field_salts
from diary.pack.capsule.exhibits import DiaryVersion
from diary.pack.capsule.reader import Capsule, CapsuleVersion
from diary.pack.log_files import log_files
from diary.pack.redaction import Redactor, build_redactor
from diary.record.record_history import RecordVersion
from diary.record.schemas import find_schema

PROOF_TYPE: Final = "proof/v1"
KEYS_TYPE: Final = "keys/v1"
RECORD_TYPE: Final = "record/v1"
RECORD_LIMIT_BYTES: Final = constants.PACK_RECORD_LIMIT_BYTES
# People, orders and the like contain names; they are proved in the restricted part only.
SERVABLE_KINDS: Final = frozenset({"incident", "attachment"})
EXPORT_FIELDS: Final = frozenset({"kind", "made_at", "manifest_sha256", "pack_id", "pack_no"})


def schema_names(kind: str, number: int) -> FieldNames:
    """Return the field names of a schema in the form used by the ledger."""
    field_names = find_schema(kind, number)
    return FieldNames(field_names.open, field_names.restricted)


def entry_labels(capsule: Capsule) -> dict[str, str]:
    """Return the label of each incident: `7`, or `U1`, `U2`… in feed order for those without a number."""
    labels: dict[str, str] = {}
    unnumbered_count = 0
    for version in capsule.versions:
        if version.opened.kind != "incident" or version.opened.record in labels:
            continue
        if version.entry_number is None:
            unnumbered_count += 1
        labels[version.opened.record] = (
            f"U{unnumbered_count}" if version.entry_number is None else str(version.entry_number)
        )
    return labels


def proof_labels(capsule: Capsule) -> dict[str, str]:
    """Return the name of each record's proofs: `0007`, `U0001`, an exhibit's `JB-3`, or `order-0002`."""
    labels = {
        record: f"U{int(label[1:]):04d}" if label.startswith("U") else f"{int(label):04d}"
        for record, label in entry_labels(capsule).items()
    }
    reference_labels = {ref.record: f"{ref.kind}-{ref.rank:04d}" for ref in capsule.references.values()}
    return labels | {exhibit.record: exhibit.stem for exhibit in capsule.exhibits} | reference_labels


def proof_files(capsule: Capsule, redactor: Redactor | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield every file of both proof folders with its path under `data/`.

    `redactor`: built from the capsule if not given.
    """
    redactor = redactor or build_redactor(capsule)
    labels = proof_labels(capsule)
    replaced_keys = (
        {"earlier": [dict(statement) for statement in capsule.replaced_keys]} if capsule.replaced_keys else {}
    )
    keys = canonical_json({**capsule.keys, **replaced_keys, "t": KEYS_TYPE})
    for part in ("servable", "restricted"):
        yield f"{part}/proof/keys.json", keys
    servable_versions = frozenset(
        version.opened.version for version in capsule.versions if version.opened.kind in SERVABLE_KINDS
    )
    yield from log_files(capsule.log, servable_versions)
    for version in capsule.versions:
        name = f"proof/{labels[version.opened.record]}-{version.opened.version[:8]}.json"
        fields = salted_fields(version)
        if version.opened.kind in SERVABLE_KINDS:
            yield f"servable/{name}", encode_proof(version, fields, redactor)
        yield f"restricted/{name}", encode_proof(version, fields, None)


@dataclass(frozen=True, slots=True)
class SaltedField:
    """A field with its salt, and whether its schema restricts it."""

    name: str
    salt: bytes
    value: object
    is_restricted: bool


def salted_fields(version: CapsuleVersion) -> tuple[SaltedField, ...]:
    """Return every field of a version's schema, including those without a value."""
    seed = version.open_seed
    restricted_seed = seed if version.restricted_seed is None else version.restricted_seed
    return _salted_fields(version.opened, seed, restricted_seed)


def _salted_fields(opened: RecordVersion, seed: bytes, restricted_seed: bytes) -> tuple[SaltedField, ...]:
    names = schema_names(opened.kind, opened.schema)
    parts = (
        (names.open_with_reserved, seed, opened.fields, False),
        (names.restricted, restricted_seed, opened.restricted, True),
    )
    return tuple(
        SaltedField(name, salt, fields.get(name), is_restricted)
        for part_names, part_seed, fields, is_restricted in parts
        for name, salt in zip(part_names, field_salts(part_seed, part_names), strict=True)
    )


def encode_proof(version: CapsuleVersion, salted: tuple[SaltedField, ...], redactor: Redactor | None) -> bytes:
    """Return one version's proof: the servable one with a redactor, the restricted one without.

    In a servable proof, restricted fields are digests, and so are open fields that contain a restricted value.
    """
    withheld = {
        salted_field.name
        for salted_field in salted
        if redactor is not None and (salted_field.is_restricted or redactor.holds_restricted(salted_field.value))
    }
    return _encode(
        salted,
        withheld,
        {
            "c": version.commitment,
            "kind": version.opened.kind,
            "receipt": dict(version.receipt) if version.receipt else None,
            "record": version.opened.record,
            "seq_no": version.entry_number,
            "sig": version.signature,
            "version": version.opened.version,
        },
        version.restricted_digests or {},
    )


def export_proof(row: DiaryVersion) -> bytes:
    """Return pack-export.json: the proof of the diary's `export` record of a pack (docs/pack.md, "Signature").

    Only the fields that say which pack it is are disclosed: the record also lists entries and who has the pack.
    """
    restricted = row["restricted"]
    opened = RecordVersion(
        record=row["record"],
        version=row["version"],
        kind=row["kind"],
        schema=row["schema"],
        fields=row["open"]["fields"],
        restricted=restricted["fields"] if restricted else {},
    )
    seed = row["open"]["seed"]
    salted = _salted_fields(opened, seed, restricted["seed"] if restricted else seed)
    withheld = {field.name for field in salted if not field.name.startswith("_") and field.name not in EXPORT_FIELDS}
    return _encode(
        salted,
        withheld,
        {
            "c": row["c"],
            "kind": row["kind"],
            "receipt": dict(row["receipt"]) if row["receipt"] else None,
            "record": row["record"],
            "seq_no": None,
            "sig": row["sig"],
            "version": row["version"],
        },
    )


def _encode(
    salted: tuple[SaltedField, ...],
    withheld: Collection[str],
    members: Mapping[str, object],
    given_digests: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Return a proof with `members` and every field: a digest for the names in `withheld`.

    `given_digests`: those of fields that the person who prepared the pack was not given.
    """
    return canonical_json(
        {
            **members,
            "fields": {
                field.name: {"s": b64(field.salt), "v": field.value} for field in salted if field.name not in withheld
            },
            "t": PROOF_TYPE,
            "withheld": {
                field.name: given_digests.get(field.name) or b64(field_digest(field.name, field.salt, field.value))
                for field in salted
                if field.name in withheld
            },
        },
        limit_bytes=RECORD_LIMIT_BYTES,
    )
