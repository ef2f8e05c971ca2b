"""Proof files: what lets a stranger recompute an entry from its fields up, with or without the withheld ones.

The servable proof of a version opens its open fields and gives a digest for every restricted one; the
restricted proof opens all of them. Blob ids and keys are in neither: they are no fields.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.encoding import b64, canon
from diary.ledger.commitments import Names, field_digest, field_salt
from diary.pack.capsule.reader import Capsule, Version
from diary.pack.log_files import log_files
from diary.pack.redaction import HeldBack, held_back
from diary.record.schemas import schema

TYPE: Final = "proof/v1"
KEYS_TYPE: Final = "keys/v1"
RECORD_TYPE: Final = "record/v1"
RECORD_LIMIT: Final = constants.PACK_RECORD_LIMIT_BYTES
# People, orders and the like have names in them: what is proved of those is proved in the restricted part.
SERVABLE_KINDS: Final = frozenset({"incident", "attachment"})


def names_of(kind: str, number: int) -> Names:
    """The ledger's view of a schema."""
    found = schema(kind, number)
    return Names(found.open, found.restricted)


def entry_labels(capsule: Capsule) -> dict[str, str]:
    """What each incident is called: `7`, or `U1`, `U2`… in the order they came for those without a number."""
    labels: dict[str, str] = {}
    waiting = 0
    for version in capsule.versions:
        if version.opened.kind != "incident" or version.opened.record in labels:
            continue
        if version.seq_no is None:
            waiting += 1
        labels[version.opened.record] = f"U{waiting}" if version.seq_no is None else str(version.seq_no)
    return labels


def file_labels(capsule: Capsule) -> dict[str, str]:
    """How each record's proofs are named: `0007`, `U0001`, an exhibit's `JB-3`, or `order-0002`."""
    labels = {
        record: f"U{int(label[1:]):04d}" if label.startswith("U") else f"{int(label):04d}"
        for record, label in entry_labels(capsule).items()
    }
    others = {ref.record: f"{ref.kind}-{ref.no:04d}" for ref in capsule.refs.values()}
    return labels | {exhibit.record: exhibit.stem for exhibit in capsule.exhibits} | others


def proof_files(capsule: Capsule, held: HeldBack | None = None) -> Iterator[tuple[str, bytes]]:
    """Every file of both proof folders, with its path under `data/`. `held`: made from the capsule when not given."""
    held = held or held_back(capsule)
    labels = file_labels(capsule)
    earlier = {"earlier": [dict(one) for one in capsule.earlier]} if capsule.earlier else {}
    keys = canon({**capsule.keys, **earlier, "t": KEYS_TYPE})
    for part in ("servable", "restricted"):
        yield f"{part}/proof/keys.json", keys
    served = frozenset(one.opened.version for one in capsule.versions if one.opened.kind in SERVABLE_KINDS)
    yield from log_files(capsule.log, served)
    for version in capsule.versions:
        name = f"proof/{labels[version.opened.record]}-{version.opened.version[:8]}.json"
        fields = opened_fields(version)
        if version.opened.kind in SERVABLE_KINDS:
            yield f"servable/{name}", proof(version, fields, held)
        yield f"restricted/{name}", proof(version, fields, None)


@dataclass(frozen=True, slots=True)
class SaltedField:
    """A field with its salt; `restricted` by its schema."""

    name: str
    salt: bytes
    value: object
    restricted: bool


def opened_fields(version: Version) -> tuple[SaltedField, ...]:
    """Every field of a version's schema, those without a value too."""
    names = names_of(version.opened.kind, version.opened.schema)
    seed = version.open_seed
    restricted_seed = seed if version.restricted_seed is None else version.restricted_seed
    fields, restricted = version.opened.fields, version.opened.restricted
    return (
        *(SaltedField(name, field_salt(seed, name), fields.get(name), False) for name in names.all_open),
        *(
            SaltedField(name, field_salt(restricted_seed, name), restricted.get(name), True)
            for name in names.restricted
        ),
    )


def proof(version: Version, opened: tuple[SaltedField, ...], held: HeldBack | None) -> bytes:
    """One version's proof. With `held` it is the servable one.

    Restricted fields are digests there, and so is an open field in which a restricted value turns up.
    """
    fields: dict[str, object] = {}
    withheld: dict[str, object] = {}
    for one in opened:
        if held is not None and (one.restricted or held.touches(one.value)):
            withheld[one.name] = b64(field_digest(one.name, one.salt, one.value))
        else:
            fields[one.name] = {"s": b64(one.salt), "v": one.value}
    return canon(
        {
            "c": version.c,
            "fields": fields,
            "kind": version.opened.kind,
            "receipt": dict(version.receipt) if version.receipt else None,
            "record": version.opened.record,
            "seq_no": version.seq_no,
            "sig": version.sig,
            "t": TYPE,
            "version": version.opened.version,
            "withheld": withheld,
        },
        limit=RECORD_LIMIT,
    )
