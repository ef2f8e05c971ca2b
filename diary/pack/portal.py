"""The portal set: a finished pack as at most sixteen plain files, for police websites that take no folders.

The documents stand alone; files as received, sidecars and proofs go into numbered zips, mail into one of its own because
gateways stop it. What does not fit sixteen files is a second numbered submission with its own list.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from diary import constants
from diary.errors import PackFailed
from diary.pack.bag.archive import store
from diary.pack.bag.manifest import lines

FILES: Final = constants.PORTAL_FILES_LIMIT
PARTS: Final = constants.PORTAL_ZIPS_LIMIT
PART_BYTES: Final = 2_000_000_000
_CHUNK: Final = 1 << 20
_ALONE: Final = re.compile(
    r"data/(?:00_READ-FIRST\.txt|servable/0[1-8]_[^/]+|restricted/(?:06|10)_RESTRICTED_[^/]+\.pdf|restricted/12_record\.json)"
)
_MAIL: Final = "data/restricted/13_mail/"
LIST: Final = "manifest-sha256.txt"


def write_portal(pack: Path, folder: Path, part_bytes: int = PART_BYTES) -> list[Path]:
    """Write the set into `folder` (made, must be empty) and give the folders of its submissions, the first being `folder`.

    `part_bytes`: what a zip may hold. Raises PackFailed for a folder that holds something, or a file too large for any part.
    """
    if folder.exists() and any(folder.iterdir()):
        raise PackFailed("That folder is not empty.")
    with zipfile.ZipFile(pack) as held:
        rows = [row for row in held.infolist() if "/data/" in row.filename]
        inside = {row.filename: row.filename.partition("/")[2] for row in rows}
        alone = [row for row in rows if _ALONE.fullmatch(inside[row.filename])]
        # 04 may have many volumes: those beyond what leaves room for one part and one of mail travel in the parts.
        alone = alone[: FILES - 3]
        kept = {row.filename for row in alone}
        rest = [row for row in rows if row.filename not in kept]
        parts = [*_parts([row for row in rest if not inside[row.filename].startswith(_MAIL)], part_bytes)]
        parts += _parts([row for row in rest if inside[row.filename].startswith(_MAIL)], part_bytes)
        slots = min(PARTS, FILES - 1 - len(alone))
        first, later = parts[:slots], parts[slots:]
        folders = [folder, *(folder.with_name(f"{folder.name}-{n + 2}") for n in range(-(-len(later) // PARTS)))]
        _submission(held, folders[0], alone, first, 1)
        for n, one in enumerate(folders[1:]):
            start = slots + n * PARTS
            _submission(held, one, [], parts[start : start + PARTS], start + 1)
        return folders


def _parts(rows: Sequence[zipfile.ZipInfo], part_bytes: int) -> Iterator[list[zipfile.ZipInfo]]:
    """The rows in their order, in parts that each fit. Raises PackFailed for a row that fits none."""
    part: list[zipfile.ZipInfo] = []
    room = part_bytes
    for row in rows:
        # A member's two headers with its name twice, and a little.
        size = row.file_size + 2 * len(row.filename) + 200
        if size > part_bytes:
            raise PackFailed("One file is larger than the website takes. Hand the whole pack over another way.")
        if size > room and part:
            yield part
            part, room = [], part_bytes
        part.append(row)
        room -= size
    if part:
        yield part


def _submission(
    held: zipfile.ZipFile,
    folder: Path,
    alone: Sequence[zipfile.ZipInfo],
    parts: Sequence[Sequence[zipfile.ZipInfo]],
    number: int,
) -> None:
    """One folder of files, and the list of them all but itself."""
    folder.mkdir(parents=True, exist_ok=True)
    for row in alone:
        with held.open(row) as source, (folder / row.filename.rpartition("/")[2]).open("xb") as out:
            while chunk := source.read(_CHUNK):
                out.write(chunk)
    for n, part in enumerate(parts, number):
        with zipfile.ZipFile(folder / f"13_part{n}.zip", "w", zipfile.ZIP_STORED) as archive:
            for row in part:
                store(archive, row.filename, row.file_size, _content(held, row))
    digests = []
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            digests.append((path.name, hashlib.file_digest(file, "sha256").hexdigest()))
    (folder / LIST).write_bytes(lines(digests))


def _content(held: zipfile.ZipFile, row: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member in pieces."""
    with held.open(row) as source:
        while chunk := source.read(_CHUNK):
            yield chunk
