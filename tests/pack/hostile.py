"""One corpus of zips that mean harm, for every reader of packs there is: the program, the page's modules, the page in a browser.

The first part is the files of tests/vectors/hostile, small and always the same bytes; the second is made of a sound pack,
so that the harm stands among members that hold.
"""

import json
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pack.conftest import BuiltPack
from tests.pack.rezip import folder_of, members_of
from tests.vectors.write_hostile import OUT

EXPECTED: dict[str, list[str]] = json.loads((OUT / "expected.json").read_text(encoding="ascii"))
# Too long to be driven through a browser's file chooser in a test; Node's run of the same modules has them.
HEAVY = frozenset({"sixty thousand members", "a list of twenty megabytes"})


def corpus(built: BuiltPack, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every case, by name. `folder`: for what is made on the way."""
    for name in sorted(EXPECTED):
        yield name, (OUT / name).read_bytes()
    yield from among_sound(built, folder)


def among_sound(built: BuiltPack, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Zips that mean harm: names that lead outside, links, twins, bombs, lists that lie, odd encodings, bytes between members."""
    sound, out, inside = built.path.read_bytes(), folder / "hostile.zip", folder_of(built.path)

    def with_row(name: str, content: bytes = b"x", **row: Any) -> bytes:
        out.write_bytes(sound)
        with zipfile.ZipFile(out, "a") as archive:
            info = zipfile.ZipInfo("x")
            info.filename = name
            for key, value in row.items():
                setattr(info, key, value)
            archive.writestr(info, content)
        return out.read_bytes()

    away = ("../outside.txt", "/etc/passwd", "C:/x.txt", "other/x")
    for name in (*away, *(f"{inside}/{one}" for one in ("a\\..\\b.txt", "data/../../x", "da\0ta"))):
        yield f"name {name!r}", with_row(name)
    for one in ("data/ünï.txt", "data/\u202egpj.exe", "a/" * 40 + "b", "n" * 300):
        yield f"name {one[:30]!r}", with_row(f"{inside}/{one}")
    yield from hostile_lists(built, out, with_row)


def hostile_lists(built: BuiltPack, out: Path, with_row: Callable[..., bytes]) -> Iterator[tuple[str, bytes]]:
    """What is wrong with the zip itself."""
    sound, inside = built.path.read_bytes(), folder_of(built.path)
    yield "link", with_row(f"{inside}/data/link", b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16)
    yield "folder", with_row(f"{inside}/data/more/", b"")
    with pytest.warns(UserWarning, match="Duplicate"):
        yield "twice", with_row(f"{inside}/bagit.txt")
    yield "twice but for case", with_row(f"{inside}/BagIt.txt")
    yield "before", b"MZ" + sound
    yield "after", sound + b"more"
    yield from bombs(built, out)


def bombs(built: BuiltPack, out: Path) -> Iterator[tuple[str, bytes]]:
    """Too much, cut short, or packed another way."""
    sound, inside = built.path.read_bytes(), folder_of(built.path)
    yield "comment", sound[:-2] + struct.pack("<H", 4) + b"note"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{inside}/data/x", bytes(50 << 20))
    bomb = out.read_bytes()
    yield "bomb", bomb
    yield "bomb that lies", bomb.replace(struct.pack("<L", 50 << 20), struct.pack("<L", 1000))
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(f"{inside}/manifest-sha256.txt", b"0" * (20 << 20))
    yield "a list of twenty megabytes", out.read_bytes()
    with zipfile.ZipFile(out, "w") as archive:
        for i in range(60_001):
            archive.writestr(f"{inside}/{i}", b"")
    yield "sixty thousand members", out.read_bytes()
    for length in (0, 1, 100, len(sound) // 2, len(sound) - 10):
        yield f"cut to {length}", sound[:length]
    with zipfile.ZipFile(built.path) as archive:
        row = archive.getinfo(f"{inside}/data/servable/02_chronology.csv")
    at = row.header_offset
    for what, place in (
        ("content", at + 30 + len(row.filename) + 100),
        ("its own name", at + 32),
        ("its own mark", at),
    ):
        bent = bytearray(sound)
        bent[place] ^= 1
        yield f"a byte of {what}", bytes(bent)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members_of(built.path).items():
            archive.writestr(f"{inside}/{name}", content)
    yield "packed again, sound", out.read_bytes()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr(f"{inside}/bagit.txt", b"x" * 100)
    yield "packed in a way we do not read", out.read_bytes()
