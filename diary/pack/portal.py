"""Portal sets: a finished pack as at most sixteen plain files, for police websites that accept no folders.

The documents are separate files. Received files, sidecars and proofs go into numbered zips, and emails into a zip of
their own because gateways block them. The phone writes the same form (static/src/pack/portal.ts).
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from diary.constants import PORTAL_FILES_LIMIT, PORTAL_ZIPS_LIMIT
from diary.errors import PackBuildFailed
from diary.pack.bag.archive import write_member
from diary.pack.bag.manifest import MANIFEST_FILENAME, manifest_lines
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH, PackSigner, sign_portal_set

ZIP_LIMIT_BYTES: Final = 2_000_000_000
_CHUNK_BYTES: Final = 1 << 20
_SEPARATE_FILE_PATTERN: Final = re.compile(
    r"data/(?:00_READ-FIRST\.txt|servable/(?!02_chronology(?:_short\.csv|\.xlsx)$)0[1-8]_[^/]+"
    r"|restricted/(?:06|10)_RESTRICTED_[^/]+\.pdf|restricted/12_record\.json)"
)
_FURTHER_VOLUME_PATTERN: Final = re.compile(r"data/servable/04_exhibits-[0-9]+\.pdf")
_TOO_LARGE_TEXT: Final = "This pack is too large for one upload. Deliver the whole pack in another way."
_MAIL_PREFIX: Final = "data/restricted/13_mail/"


def write_portal_set(
    pack_path: Path, folder: Path, signer: PackSigner, zip_limit_bytes: int = ZIP_LIMIT_BYTES
) -> list[Path]:
    """Write the set into `folder` and return its files.

    `pack_path`: a pack with a signature.

    `folder` is created and must be empty. `zip_limit_bytes`: maximum size of one zip. Raise PackBuildFailed for a
    folder that is not empty, or a pack that does not fit one upload.
    """
    if folder.exists() and any(folder.iterdir()):
        raise PackBuildFailed("The folder is not empty.")
    with zipfile.ZipFile(pack_path) as pack_zip:
        members = [row for row in pack_zip.infolist() if "/data/" in row.filename]
        path_in_pack = {row.filename: row.filename.partition("/")[2] for row in members}
        separate_files = [row for row in members if _SEPARATE_FILE_PATTERN.fullmatch(path_in_pack[row.filename])]
        # Document 04 may have many volumes: those without room beside two zips, the manifest and its
        # signature go into the zips, never another document.
        separate_files.sort(key=lambda row: bool(_FURTHER_VOLUME_PATTERN.fullmatch(path_in_pack[row.filename])))
        separate_files = separate_files[: PORTAL_FILES_LIMIT - 4]
        separate_names = {row.filename for row in separate_files}
        zipped_members = [row for row in members if row.filename not in separate_names]
        zip_contents = [
            part
            for is_mail in (False, True)
            for part in _split_by_size(
                [row for row in zipped_members if path_in_pack[row.filename].startswith(_MAIL_PREFIX) == is_mail],
                zip_limit_bytes,
            )
        ]
        if len(zip_contents) > min(PORTAL_ZIPS_LIMIT, PORTAL_FILES_LIMIT - 2 - len(separate_files)):
            raise PackBuildFailed(_TOO_LARGE_TEXT)
        _write_files(pack_zip, folder, separate_files, zip_contents)
        pack_statement = next(
            pack_zip.read(name) for name in pack_zip.namelist() if name.endswith(f"/{PACK_STATEMENT_PATH}")
        )
    manifest = (folder / MANIFEST_FILENAME).read_bytes()
    (folder / PACK_STATEMENT_PATH).write_bytes(sign_portal_set(signer, pack_statement, manifest))
    return sorted(folder.iterdir())


def _split_by_size(members: Sequence[zipfile.ZipInfo], zip_limit_bytes: int) -> Iterator[list[zipfile.ZipInfo]]:
    """Split the rows in their order into groups within the size limit.

    Raise PackBuildFailed for a row that is too large.
    """
    part: list[zipfile.ZipInfo] = []
    remaining_bytes = zip_limit_bytes
    for row in members:
        # Both headers of a member contain its name; 200 bytes cover the rest of them.
        size = row.file_size + 2 * len(row.filename) + 200
        if size > zip_limit_bytes:
            raise PackBuildFailed(_TOO_LARGE_TEXT)
        if size > remaining_bytes and part:
            yield part
            part, remaining_bytes = [], zip_limit_bytes
        part.append(row)
        remaining_bytes -= size
    if part:
        yield part


def _write_files(
    pack_zip: zipfile.ZipFile,
    folder: Path,
    separate_files: Sequence[zipfile.ZipInfo],
    zip_contents: Sequence[Sequence[zipfile.ZipInfo]],
) -> None:
    """Write the files of the set and a manifest of all of them. Names in the zips are the paths below `data/`."""
    folder.mkdir(parents=True, exist_ok=True)
    for row in separate_files:
        with pack_zip.open(row) as source, (folder / row.filename.rpartition("/")[2]).open("xb") as out:
            while chunk := source.read(_CHUNK_BYTES):
                out.write(chunk)
    for n, part in enumerate(zip_contents, 1):
        with zipfile.ZipFile(folder / f"13_part{n}.zip", "w", zipfile.ZIP_STORED) as archive:
            for row in part:
                name = row.filename.partition("/data/")[2]
                write_member(archive, name, row.file_size, _read_member(pack_zip, row))
    digests = []
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            digests.append((path.name, hashlib.file_digest(file, "sha256").hexdigest()))
    (folder / MANIFEST_FILENAME).write_bytes(manifest_lines(digests))


def _read_member(pack_zip: zipfile.ZipFile, row: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the bytes of a member in chunks."""
    with pack_zip.open(row) as source:
        while chunk := source.read(_CHUNK_BYTES):
            yield chunk
