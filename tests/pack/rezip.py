"""Changing a pack's zip the way somebody might: one member's bytes, its name, its absence, something more."""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

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
