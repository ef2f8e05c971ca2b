"""Release manifests: which bytes phones are to get, signed off line by the release key (docs/formats.md, section 9)."""

from collections.abc import Mapping
from typing import Final

from diary.crypto.signing import Notary
from diary.encoding import canon, parse
from diary.errors import BadRequest, BadSignature
from diary.ledger.signed_objects import check, sign

TYPE: Final = "release/v1"
NAMES: Final = frozenset({"digest", "files", "t", "worker"})


def make(key: Notary, *, digest: str, files: Mapping[str, str], worker: str) -> bytes:
    """`release.json`. `files`: address → SHA-256 in hex; `worker`: that of `/sw.js`; `digest`: the release's own."""
    told = {
        "digest": digest,
        "files": [[path, sha] for path, sha in sorted(files.items())],
        "t": TYPE,
        "worker": worker,
    }
    return canon(sign(key, told)) + b"\n"


def read(raw: bytes, pub: bytes) -> tuple[str, dict[str, str]]:
    """The release's digest, and address → SHA-256 of everything served, `/sw.js` too. Raises BadRequest and BadSignature."""
    told = parse(raw.removesuffix(b"\n"))
    if not isinstance(told, dict):
        raise BadRequest("That is not a release's list.")
    check(told, pub, TYPE, NAMES)
    files, digest, worker = told["files"], told["digest"], told["worker"]
    if not isinstance(files, list) or not isinstance(digest, str) or not isinstance(worker, str):
        raise BadSignature("That is not a release's list.")
    listed: dict[str, str] = {}
    for one in files:
        if (
            not isinstance(one, list)
            or len(one) != 2
            or not all(isinstance(part, str) for part in one)
            or one[0] in listed
        ):
            raise BadSignature("That is not a release's list.")
        listed[one[0]] = one[1]
    return digest, listed | {"/sw.js": worker}
