"""The zip: stored, sorted, the same bytes for the same members, and never a whole file in memory."""

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Final

from diary.errors import PackFailed
from diary.pack.bag.manifest import BAGIT, Digests, Hashing, bag_info, payload_lists, tag_list
from diary.pack.capsule.reader import Capsule
from diary.pack.exhibit_numbers import Exhibit
from diary.record.times import at_offset, offset_at

CHUNK: Final = 1 << 20
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16
_UNIX: Final = 3


def write_front(members: Mapping[str, bytes | Path], out: Path) -> None:
    """The front part: a stored zip of `members` by path."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(members.items()):
            size = content.stat().st_size if isinstance(content, Path) else len(content)
            store(archive, path, size, _chunks(content))


def assemble(front: Path, received: Iterable[tuple[str, Iterable[bytes]]], out: Path, told: Capsule) -> None:
    """The finished pack at `out`: the front part, the files as received, and the bag around them.

    `received`: path under `data/` and bytes of each exhibit's file, in any order; taken one at a time, in
    order of path. Raises PackFailed when one is missing, not asked for, or of another size than announced:
    the bag's total stands before the files, so it is known beforehand.
    """
    files = dict(received)
    expected = received_paths(told)
    if files.keys() != expected.keys():
        raise PackFailed("The files as received are not the ones this pack names.")
    head = told.head
    with zipfile.ZipFile(front) as held, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        sizes = {row.filename: row.file_size for row in held.infolist()} | expected
        day = at_offset(head.made_at, offset_at(head.made_at, head.tz))
        tags = {
            "bag-info.txt": bag_info(head.folder, f"{day:%Y-%m-%d}", sum(sizes.values()), len(sizes)),
            "bagit.txt": BAGIT,
        }
        for name, content in sorted(tags.items()):
            store(archive, f"{head.folder}/{name}", len(content), [content])
        digests: dict[str, Digests] = {}
        for path, size in sorted(sizes.items()):
            chunks = files[path] if path in files else _members(held, path)
            digests[path] = store(archive, f"{head.folder}/{path}", size, chunks)
        tags |= payload_lists(digests)
        for name in ("manifest-sha256.txt", "manifest-sha512.txt"):
            store(archive, f"{head.folder}/{name}", len(tags[name]), [tags[name]])
        listed = tag_list(tags)
        store(archive, f"{head.folder}/tagmanifest-sha256.txt", len(listed), [listed])


def received_paths(told: Capsule) -> dict[str, int]:
    """Where each exhibit's file as received goes, and its size."""
    return {f"data/restricted/{_place(exhibit)}/{exhibit.file}": exhibit.size for exhibit in told.exhibits}


def _place(exhibit: Exhibit) -> str:
    """Mail lies apart: gateways stop it, and the rest should still get through. Orders do, because they print addresses."""
    if exhibit.file.endswith(".eml"):
        return "13_mail"
    return "09_RESTRICTED_orders" if exhibit.is_order else "13_exhibits-as-received"


def store(archive: zipfile.ZipFile, path: str, size: int, chunks: Iterable[bytes]) -> Digests:
    """Write one member and give its digests. Raises PackFailed when its size is not `size`."""
    row = zipfile.ZipInfo(path, _EPOCH)
    row.external_attr, row.create_system, row.file_size = _MODE, _UNIX, size
    passing = Hashing()
    with archive.open(row, "w") as member:
        for chunk in chunks:
            passing.update(chunk)
            member.write(chunk)
    if passing.size != size:
        raise PackFailed("A file is not as long as it was when it was added.")
    return passing.done()


def _chunks(content: bytes | Path) -> Iterable[bytes]:
    """Bytes, or a file in pieces."""
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        yield from _pieces(file)


def _members(held: zipfile.ZipFile, path: str) -> Iterable[bytes]:
    """A member of the front part in pieces."""
    with held.open(path) as file:
        yield from _pieces(file)


def _pieces(file: IO[bytes]) -> Iterable[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
