"""BagIt 1.0 tag files, and the manifest of the servable folder."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

BAGIT_DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST_FILENAME: Final = "manifest-sha256.txt"
SERVABLE_PREFIX: Final = "data/servable/"
RESTRICTED_PREFIX: Final = "data/restricted/"
SERVABLE_MANIFEST_PATH: Final = "data/servable/manifest-sha256.txt"
EXPORT_PROOF_PATH: Final = "pack-export.json"
SERVABLE_STATEMENT_PATH: Final = "data/servable/servable-statement.json"


@dataclass(frozen=True, slots=True)
class MemberDigests:
    """SHA-256 and SHA-512 of a member in hex, and its size in bytes."""

    sha256: str
    sha512: str
    size_bytes: int


class StreamHasher:
    """Incremental SHA-256, SHA-512 and size of a stream."""

    def __init__(self) -> None:
        """Start with an empty stream."""
        self._sha256, self._sha512, self.size_bytes = hashlib.sha256(), hashlib.sha512(), 0

    def update(self, chunk: bytes) -> None:
        """Add the next bytes."""
        self._sha256.update(chunk)
        self._sha512.update(chunk)
        self.size_bytes += len(chunk)

    def digests(self) -> MemberDigests:
        """Return the digests of all bytes added so far."""
        return MemberDigests(self._sha256.hexdigest(), self._sha512.hexdigest(), self.size_bytes)


def manifest_lines(digests: Iterable[tuple[str, str]]) -> bytes:
    """Return one line `digest  path` for each file, by path, as `sha256sum -c` reads them."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests)).encode("ascii")


def servable_manifest(digests: Mapping[str, str]) -> bytes:
    """Return data/servable/manifest-sha256.txt: the folder's files by their path in it. Digests are hex.

    It lists neither itself nor the statement that signs it.
    """
    return manifest_lines(
        (path.removeprefix(SERVABLE_PREFIX), digest)
        for path, digest in digests.items()
        if path.startswith(SERVABLE_PREFIX) and path not in (SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH)
    )


def payload_manifests(members: Mapping[str, MemberDigests]) -> dict[str, bytes]:
    """Return manifest-sha256.txt and manifest-sha512.txt of everything under data/."""
    return {
        "manifest-sha256.txt": manifest_lines((path, digests.sha256) for path, digests in members.items()),
        "manifest-sha512.txt": manifest_lines((path, digests.sha512) for path, digests in members.items()),
    }


def bag_info(pack: str, date: str, size: int, count: int) -> bytes:
    """Return bag-info.txt, without any name, address, product or host. `date`: ISO 8601 date; `size`: bytes."""
    return (f"Bagging-Date: {date}\nExternal-Identifier: {pack}\nPayload-Oxum: {size}.{count}\n").encode("ascii")


def tag_manifest(tags: Mapping[str, bytes]) -> bytes:
    """Return tagmanifest-sha256.txt of the other files outside data/."""
    return manifest_lines((name, hashlib.sha256(content).hexdigest()) for name, content in tags.items())
