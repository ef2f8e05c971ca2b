"""Changing a pack's zip the way somebody might: one member's bytes, its name, its absence, something more."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from diary.pack.bag.manifest import (
    BAGIT,
    SERVABLE_LIST,
    Digests,
    Hashing,
    bag_info,
    payload_lists,
    servable_list,
    tag_list,
)

Members = dict[str, bytes]


def members_of(path: Path) -> Members:
    """Every member by name inside the folder."""
    with zipfile.ZipFile(path) as archive:
        return {row.filename.partition("/")[2]: archive.read(row) for row in archive.infolist()}


def folder_of(path: Path) -> str:
    """The pack's folder."""
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()[0].partition("/")[0]


def rezip(source: Path, out: Path, change: Callable[[Members], Mapping[str, bytes]]) -> Path:
    """A copy of a pack with its members changed."""
    folder = folder_of(source)
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in change(members_of(source)).items():
            archive.writestr(f"{folder}/{name}", content)
    return out


def each_flipped(source: Path, out: Path) -> Iterator[tuple[str, Path]]:
    """One after the other, every member with one byte changed in its middle."""
    whole = members_of(source)
    for name, content in whole.items():
        middle = len(content) // 2
        bent = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        yield name, rezip(source, out, lambda members, name=name, bent=bent: {**members, name: bent})  # type: ignore[misc]


def sealed_again(source: Path, members: Mapping[str, bytes], out: Path) -> Path:
    """What a forger would leave: other members, and every list of digests made anew."""
    data = {name: content for name, content in members.items() if name.startswith("data/")}
    held = {name: content for name, content in data.items() if name != SERVABLE_LIST}
    data[SERVABLE_LIST] = servable_list({name: hashlib.sha256(content).hexdigest() for name, content in held.items()})
    old = members["bag-info.txt"].decode().splitlines()
    tags = {
        "bag-info.txt": bag_info(folder_of(source), old[0].partition(": ")[2], sum(map(len, data.values())), len(data)),
        "bagit.txt": BAGIT,
    }
    tags |= payload_lists({name: _digests(content) for name, content in data.items()})
    tags["tagmanifest-sha256.txt"] = tag_list(tags)
    return rezip(source, out, lambda _: {**tags, **data})


def _digests(content: bytes) -> Digests:
    passing = Hashing()
    passing.update(content)
    return passing.done()


def members_of_front(path: Path) -> Members:
    """Every member of a front part, which has no folder around it."""
    with zipfile.ZipFile(path) as archive:
        return {row.filename: archive.read(row) for row in archive.infolist()}
