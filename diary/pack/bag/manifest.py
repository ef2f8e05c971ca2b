"""BagIt 1.0: what stands beside the payload, and the servable folder's own list."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

BAGIT_DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
SERVABLE_PREFIX: Final = "data/servable/"
RESTRICTED_PREFIX: Final = "data/restricted/"
SERVABLE_MANIFEST_PATH: Final = "data/servable/manifest-sha256.txt"


@dataclass(frozen=True, slots=True)
class MemberDigests:
    """A member's digests in hex, and its size in bytes."""

    sha256: str
    sha512: str
    size_bytes: int


class StreamHasher:
    """Digests made while bytes pass through."""

    def __init__(self) -> None:
        """Nothing has passed yet."""
        self._sha256, self._sha512, self.size_bytes = hashlib.sha256(), hashlib.sha512(), 0

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(chunk)
        self._sha512.update(chunk)
        self.size_bytes += len(chunk)

    def digests(self) -> MemberDigests:
        """The digests of all that passed."""
        return MemberDigests(self._sha256.hexdigest(), self._sha512.hexdigest(), self.size_bytes)


def manifest_lines(digests: Iterable[tuple[str, str]]) -> bytes:
    """`digest  path` a line, by path: the form sha256sum -c reads."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests)).encode("ascii")


def servable_manifest(digests: Mapping[str, str]) -> bytes:
    """data/servable/manifest-sha256.txt: every other file of the folder, by its path inside it. Digests in hex."""
    return manifest_lines(
        (path.removeprefix(SERVABLE_PREFIX), digest)
        for path, digest in digests.items()
        if path.startswith(SERVABLE_PREFIX) and path != SERVABLE_MANIFEST_PATH
    )


def payload_manifests(members: Mapping[str, MemberDigests]) -> dict[str, bytes]:
    """manifest-sha256.txt and manifest-sha512.txt over everything under data/."""
    return {
        "manifest-sha256.txt": manifest_lines((path, digests.sha256) for path, digests in members.items()),
        "manifest-sha512.txt": manifest_lines((path, digests.sha512) for path, digests in members.items()),
    }


def bag_info(pack: str, date: str, size: int, count: int) -> bytes:
    """bag-info.txt: no name, address, product or host. `date`: ISO day."""
    return (f"Bagging-Date: {date}\nExternal-Identifier: {pack}\nPayload-Oxum: {size}.{count}\n").encode("ascii")


def tag_manifest(tags: Mapping[str, bytes]) -> bytes:
    """tagmanifest-sha256.txt over the other files beside data/."""
    return manifest_lines((name, hashlib.sha256(content).hexdigest()) for name, content in tags.items())
