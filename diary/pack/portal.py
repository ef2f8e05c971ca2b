"""Portal sets: a finished pack as at most sixteen plain files, for police websites that accept no folders.

The documents are separate files. Received files, sidecars and proofs go into numbered zips, and emails into a zip of
their own because gateways block them. Further files go into a second numbered submission with a manifest of its own.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from diary import constants
from diary.errors import PackBuildFailed
from diary.pack.bag.archive import write_member
from diary.pack.bag.manifest import MANIFEST_FILENAME, manifest_lines
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH, PackSigner, sign_portal_set

SUBMISSION_FILES_LIMIT: Final = constants.PORTAL_FILES_LIMIT
SUBMISSION_ZIPS_LIMIT: Final = constants.PORTAL_ZIPS_LIMIT
ZIP_LIMIT_BYTES: Final = 2_000_000_000
_CHUNK_BYTES: Final = 1 << 20
_SEPARATE_FILE_PATTERN: Final = re.compile(
    r"data/(?:00_READ-FIRST\.txt|servable/(?!02_chronology(?:_short\.csv|\.xlsx)$)0[1-8]_[^/]+"
    r"|restricted/(?:06|10)_RESTRICTED_[^/]+\.pdf|restricted/12_record\.json)"
)
_FURTHER_VOLUME_PATTERN: Final = re.compile(r"data/servable/04_exhibits-[0-9]+\.pdf")
_MAIL_PREFIX: Final = "data/restricted/13_mail/"


def write_portal_set(
    pack_path: Path, folder: Path, signer: PackSigner, zip_limit_bytes: int = ZIP_LIMIT_BYTES
) -> list[Path]:
    """Write the set into `folder` and return the folders of its submissions, the first being `folder`.

    `pack_path`: a pack with a signature.

    `folder` is created and must be empty. `zip_limit_bytes`: maximum size of one zip. Raise PackBuildFailed for a
    folder that is not empty, or a file larger than a zip may be.
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
        separate_files = separate_files[: SUBMISSION_FILES_LIMIT - 4]
        separate_names = {row.filename for row in separate_files}
        zipped_members = [row for row in members if row.filename not in separate_names]
        zip_contents = [
            *_split_by_size(
                [row for row in zipped_members if not path_in_pack[row.filename].startswith(_MAIL_PREFIX)],
                zip_limit_bytes,
            )
        ]
        zip_contents += _split_by_size(
            [row for row in zipped_members if path_in_pack[row.filename].startswith(_MAIL_PREFIX)], zip_limit_bytes
        )
        first_zips_limit = min(SUBMISSION_ZIPS_LIMIT, SUBMISSION_FILES_LIMIT - 2 - len(separate_files))
        first_zips, later_zips = zip_contents[:first_zips_limit], zip_contents[first_zips_limit:]
        folders = [
            folder,
            *(folder.with_name(f"{folder.name}-{n + 2}") for n in range(-(-len(later_zips) // SUBMISSION_ZIPS_LIMIT))),
        ]
        pack_statement = next(
            pack_zip.read(name) for name in pack_zip.namelist() if name.endswith(f"/{PACK_STATEMENT_PATH}")
        )
        _write_submission(pack_zip, folders[0], separate_files, first_zips, 1)
        for n, later_folder in enumerate(folders[1:]):
            start = first_zips_limit + n * SUBMISSION_ZIPS_LIMIT
            _write_submission(
                pack_zip, later_folder, [], zip_contents[start : start + SUBMISSION_ZIPS_LIMIT], start + 1
            )
        for written_folder in folders:
            manifest = (written_folder / MANIFEST_FILENAME).read_bytes()
            statement = sign_portal_set(signer, pack_statement, manifest)
            (written_folder / PACK_STATEMENT_PATH).write_bytes(statement)
        return folders


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
            raise PackBuildFailed("One file is larger than the website accepts. Deliver the whole pack in another way.")
        if size > remaining_bytes and part:
            yield part
            part, remaining_bytes = [], zip_limit_bytes
        part.append(row)
        remaining_bytes -= size
    if part:
        yield part


def _write_submission(
    pack_zip: zipfile.ZipFile,
    folder: Path,
    separate_files: Sequence[zipfile.ZipInfo],
    zip_contents: Sequence[Sequence[zipfile.ZipInfo]],
    first_zip_number: int,
) -> None:
    """Write one folder of files with a manifest of all the others."""
    folder.mkdir(parents=True, exist_ok=True)
    for row in separate_files:
        with pack_zip.open(row) as source, (folder / row.filename.rpartition("/")[2]).open("xb") as out:
            while chunk := source.read(_CHUNK_BYTES):
                out.write(chunk)
    for n, part in enumerate(zip_contents, first_zip_number):
        with zipfile.ZipFile(folder / f"13_part{n}.zip", "w", zipfile.ZIP_STORED) as archive:
            for row in part:
                write_member(archive, row.filename, row.file_size, _read_member(pack_zip, row))
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
