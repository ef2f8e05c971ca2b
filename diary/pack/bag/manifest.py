"""BagIt 1.0: what stands beside the payload, and the servable folder's own list."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

BAGIT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
SERVABLE: Final = "data/servable/"
APART: Final = "data/restricted/"
SERVABLE_LIST: Final = "data/servable/manifest-sha256.txt"


@dataclass(frozen=True, slots=True)
class Digests:
    """A member's digests in hex, and its size in bytes."""

    sha256: str
    sha512: str
    size: int


class Hashing:
    """Digests made while bytes pass through."""

    def __init__(self) -> None:
        """Nothing has passed yet."""
        self._sha256, self._sha512, self.size = hashlib.sha256(), hashlib.sha512(), 0

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(chunk)
        self._sha512.update(chunk)
        self.size += len(chunk)

    def done(self) -> Digests:
        """The digests of all that passed."""
        return Digests(self._sha256.hexdigest(), self._sha512.hexdigest(), self.size)


def lines(digests: Iterable[tuple[str, str]]) -> bytes:
    """`digest  path` a line, by path: the form sha256sum -c reads."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests)).encode("ascii")


def servable_list(digests: Mapping[str, str]) -> bytes:
    """data/servable/manifest-sha256.txt: every other file of the folder, by its path inside it. Digests in hex."""
    return lines(
        (path.removeprefix(SERVABLE), digest)
        for path, digest in digests.items()
        if path.startswith(SERVABLE) and path != SERVABLE_LIST
    )


def payload_lists(members: Mapping[str, Digests]) -> dict[str, bytes]:
    """manifest-sha256.txt and manifest-sha512.txt over everything under data/."""
    return {
        "manifest-sha256.txt": lines((path, digests.sha256) for path, digests in members.items()),
        "manifest-sha512.txt": lines((path, digests.sha512) for path, digests in members.items()),
    }


def bag_info(pack: str, date: str, size: int, count: int) -> bytes:
    """bag-info.txt: no name, address, product or host. `date`: ISO day."""
    return (f"Bagging-Date: {date}\nExternal-Identifier: {pack}\nPayload-Oxum: {size}.{count}\n").encode("ascii")


def tag_list(tags: Mapping[str, bytes]) -> bytes:
    """tagmanifest-sha256.txt over the other files beside data/."""
    return lines((name, hashlib.sha256(content).hexdigest()) for name, content in tags.items())
