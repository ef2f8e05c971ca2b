"""Release manifests: the files that phones load, signed offline by the release key (docs/formats.md, section 9)."""

from collections.abc import Mapping
from typing import Final

from diary.crypto.signing import Ed25519Signer
from diary.encoding import canonical_json, parse_canonical_json
from diary.errors import BadRequest, BadSignature
from diary.ledger.signed_objects import sign_object, verify_object

TYPE: Final = "release/v1"
MEMBER_NAMES: Final = frozenset({"digest", "files", "t", "worker"})


def sign_release(signer: Ed25519Signer, *, digest: str, files: Mapping[str, str], worker: str) -> bytes:
    """Return the bytes of `release.json`.

    `files` is address → SHA-256 in hex, `worker` the SHA-256 of `/sw.js`, and `digest` that of the release.
    """
    manifest = {
        "digest": digest,
        "files": [[path, digest_hex] for path, digest_hex in sorted(files.items())],
        "t": TYPE,
        "worker": worker,
    }
    return canonical_json(sign_object(signer, manifest)) + b"\n"


def read_release(raw: bytes, pub: bytes) -> tuple[str, dict[str, str]]:
    """Return the release's digest, and address → SHA-256 (hex) of every file, `/sw.js` included.

    Raise BadRequest and BadSignature.
    """
    manifest = parse_canonical_json(raw.removesuffix(b"\n"))
    if not isinstance(manifest, dict):
        raise BadRequest("That is not a release's list.")
    verify_object(manifest, pub, TYPE, MEMBER_NAMES)
    files, digest, worker = manifest["files"], manifest["digest"], manifest["worker"]
    if not isinstance(files, list) or not isinstance(digest, str) or not isinstance(worker, str):
        raise BadSignature("That is not a release's list.")
    digests_by_path: dict[str, str] = {}
    for entry in files:
        if (
            not isinstance(entry, list)
            or len(entry) != 2
            or not all(isinstance(text, str) for text in entry)
            or entry[0] in digests_by_path
        ):
            raise BadSignature("That is not a release's list.")
        digests_by_path[entry[0]] = entry[1]
    return digest, digests_by_path | {"/sw.js": worker}
