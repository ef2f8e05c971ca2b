"""Statements that sign a pack (docs/pack.md, "Signature").

`pack-statement.json`, beside the manifests, signs the manifests of the whole pack. `servable-statement.json`, in the
servable folder, signs that folder's own manifest, so that a copy of the folder alone is signed too.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from diary.crypto.signing import AuthorSigner, verify_author
from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import BadSignature, KeptError
from diary.pack.bag.manifest import SERVABLE_STATEMENT_PATH
from diary.pack.metadata import PackMetadata
from diary.record.reading import text_of

PACK_STATEMENT_PATH: Final = "pack-statement.json"
_STATEMENT_LIMIT_BYTES: Final = 4096
_COMMON_MEMBERS: Final = frozenset("by diary folder made_at manifest no pack sig t".split())
_TYPES: Final = {PACK_STATEMENT_PATH: "pack/v1", SERVABLE_STATEMENT_PATH: "servable/v1"}
_PORTAL_TYPE: Final = "portal/v1"
_MEMBERS: Final = {
    "pack/v1": _COMMON_MEMBERS | {"manifest512", "parts"},
    "servable/v1": _COMMON_MEMBERS,
    _PORTAL_TYPE: _COMMON_MEMBERS,
}
_PARTS: Final = ("restricted", "servable")
_FINGERPRINT_GROUPS: Final = 6


# Record in the diary that a pack with this manifest was made. Return the proof of the record (pack-export.json).
ExportRecorder = Callable[[bytes], bytes]


class UnknownSigner(BadSignature):
    """Statement by a key that is not among those given."""


@dataclass(frozen=True, slots=True)
class PackSigner:
    """Signer of packs of one diary: its keeper, with the account's key.

    `record_export`: records a pack in the diary before it is signed; None where nobody can write to the diary.
    """

    diary: str
    author: AuthorSigner
    record_export: ExportRecorder | None = None


@dataclass(frozen=True, slots=True)
class PackStatement:
    """A statement with a valid signature. Digests are hex, `key_id` and the ids are base64url, `made_at` is ms UTC.

    `parts`: the folders of the pack; empty for the servable folder's own statement.
    """

    diary: str
    pack: str
    number: int
    folder: str
    made_at: int
    key_id: str
    manifest_sha256: str
    manifest_sha512: str
    parts: tuple[str, ...]


def sign_pack(
    signer: PackSigner, metadata: PackMetadata, manifests: Mapping[str, bytes], paths: Collection[str]
) -> bytes:
    """Return pack-statement.json. `manifests`: the two manifests by name; `paths`: every file under `data/`."""
    parts = [part for part in _PARTS if any(path.startswith(f"data/{part}/") for path in paths)]
    return _sign(
        signer,
        _TYPES[PACK_STATEMENT_PATH],
        _common_members(metadata, manifests["manifest-sha256.txt"])
        | {"manifest512": hashlib.sha512(manifests["manifest-sha512.txt"]).hexdigest(), "parts": parts},
    )


def sign_servable(signer: PackSigner, metadata: PackMetadata, manifest: bytes) -> bytes:
    """Return servable-statement.json. `manifest`: the folder's own manifest, which does not list the statement."""
    return _sign(signer, _TYPES[SERVABLE_STATEMENT_PATH], _common_members(metadata, manifest))


def sign_portal_set(signer: PackSigner, pack_statement: bytes, manifest: bytes) -> bytes:
    """Return the statement of a portal set. `pack_statement`: that of its pack; `manifest`: the set's own."""
    facts = parse_canonical_json(pack_statement, limit_bytes=_STATEMENT_LIMIT_BYTES)
    assert isinstance(facts, dict)
    members = {name: facts[name] for name in ("folder", "made_at", "no", "pack")}
    return _sign(signer, _PORTAL_TYPE, members | {"manifest": hashlib.sha256(manifest).hexdigest()})


def read_statement(
    path: str, raw: bytes, public_keys: Mapping[str, bytes], *, is_portal_set: bool = False
) -> PackStatement:
    """Return the statement at `path` after checking its form and its signature.

    `public_keys`: the keys that may have signed it, by key id. `is_portal_set`: the pack came as one.
    Raise BadSignature for a malformed statement or an invalid signature, UnknownSigner if it names another key.
    """
    try:
        value = parse_canonical_json(raw, limit_bytes=_STATEMENT_LIMIT_BYTES)
    except KeptError:
        raise BadSignature from None
    expected_type = _PORTAL_TYPE if is_portal_set and path == PACK_STATEMENT_PATH else _TYPES[path]
    if not isinstance(value, dict) or value.keys() != _MEMBERS[expected_type] or value["t"] != expected_type:
        raise BadSignature
    parts = value.get("parts", [])
    texts = [value.get(name, "") for name in ("by", "diary", "folder", "manifest", "manifest512", "pack", "sig")]
    if (
        not all(isinstance(text, str) for text in texts)
        or type(value["made_at"]) is not int
        or type(value["no"]) is not int
        or not isinstance(parts, list)
        or not all(part in _PARTS for part in parts)
    ):
        raise BadSignature
    if text_of(value, "by") not in public_keys:
        raise UnknownSigner
    unsigned = {name: member for name, member in value.items() if name != "sig"}
    verify_author(public_keys[text_of(value, "by")], canonical_json(unsigned), unb64(text_of(value, "sig")))
    return PackStatement(
        diary=text_of(value, "diary"),
        pack=text_of(value, "pack"),
        number=value["no"],
        folder=text_of(value, "folder"),
        made_at=value["made_at"],
        key_id=text_of(value, "by"),
        manifest_sha256=text_of(value, "manifest"),
        manifest_sha512=text_of(value, "manifest512"),
        parts=tuple(parts),
    )


def pack_fingerprint(manifest: bytes | None) -> str:
    """Return six groups of five digits, which people compare, from manifest-sha256.txt; "" without it."""
    if manifest is None:
        return ""
    digest = hashlib.sha256(manifest).digest()
    return " ".join(
        f"{int.from_bytes(digest[5 * group : 5 * group + 5], 'big') % 100_000:05d}"
        for group in range(_FINGERPRINT_GROUPS)
    )


def _common_members(metadata: PackMetadata, manifest: bytes) -> dict[str, object]:
    return {
        "folder": metadata.folder,
        "made_at": metadata.made_at,
        "manifest": hashlib.sha256(manifest).hexdigest(),
        "no": metadata.number,
        "pack": text_of(metadata.raw, "id"),
    }


def _sign(signer: PackSigner, statement_type: str, members: Mapping[str, object]) -> bytes:
    unsigned = dict(members) | {"by": signer.author.key_id, "diary": signer.diary, "t": statement_type}
    return canonical_json(unsigned | {"sig": b64(signer.author.sign(canonical_json(unsigned)))})
