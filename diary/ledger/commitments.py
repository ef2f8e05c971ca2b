"""Commitments: a digest for each field, and one commitment over all digests. docs/formats.md, section 5.

Each digest is salted, so that the value of a withheld field cannot be guessed from its digest. The commitment covers
every name of the schema, so a pack may omit a field, and a change of any other field is still found.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from diary.crypto.subkeys import subkey_derivation
from diary.encoding import b64, canonical_json

SALT_BYTES: Final = 16
RESERVED_NAMES: Final = ("_kind", "_schema", "_ids", "_parents", "_line", "_beacon", "_author", "_by", "_clock")


@dataclass(frozen=True, slots=True)
class FieldNames:
    """Field names of one kind and schema. Reserved names belong to the open part, listed or not."""

    open: tuple[str, ...]
    restricted: tuple[str, ...] = ()

    @property
    def open_with_reserved(self) -> tuple[str, ...]:
        """Return the reserved names and the open names, without duplicates."""
        return tuple(dict.fromkeys((*RESERVED_NAMES, *self.open)))


def field_salt(seed: bytes, name: str) -> bytes:
    """Return the 16-byte salt of a field, derived from the seed of its part."""
    return next(field_salts(seed, (name,)))


def field_salts(seed: bytes, names: Iterable[str]) -> Iterator[bytes]:
    """Yield the salt of each field of a part."""
    derive = subkey_derivation(seed)
    return (derive(b"kept/fieldsalt\0" + name.encode("ascii"))[:SALT_BYTES] for name in names)


def field_digest(name: str, salt: bytes, value: object) -> bytes:
    """Return the 32-byte digest of a field. `value` is None for an absent field."""
    return hashlib.sha256(b"kept/field\0" + canonical_json({"n": name, "s": b64(salt), "v": value})).digest()


def part_digests(names: tuple[str, ...], seed: bytes, fields: Mapping[str, object]) -> dict[str, str]:
    """Return the digest (b64) of each of `names`, salted from `seed`."""
    salts = zip(names, field_salts(seed, names), strict=True)
    return {name: b64(field_digest(name, salt, fields.get(name))) for name, salt in salts}


def all_field_digests(
    names: FieldNames,
    open_fields: Mapping[str, object],
    open_seed: bytes,
    restricted_fields: Mapping[str, object],
    restricted_seed: bytes | None,
) -> dict[str, str]:
    """Return the digest of every name.

    Without a restricted envelope (`restricted_seed` is None), the salts of restricted fields come from the open seed.
    """
    seed = open_seed if restricted_seed is None else restricted_seed
    return part_digests(names.restricted, seed, restricted_fields) | part_digests(
        names.open_with_reserved, open_seed, open_fields
    )


def commitment(field_digests: Mapping[str, str]) -> bytes:
    """Return the 32-byte commitment over a version's field digests (name → b64)."""
    return hashlib.sha256(b"kept/commit\0" + canonical_json(dict(field_digests))).digest()
