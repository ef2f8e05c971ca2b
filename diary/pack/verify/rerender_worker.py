"""Worker that renders a pack's documents again from its own record, isolated like the pack worker.

Run as `python -I -m diary.pack.verify.rerender_worker FOLDER`. Readers see the PDFs, while the record is what is
proved. If somebody changes a word in a PDF and regenerates all manifests, only rendering the page again detects it.
"""

import json
import sys
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from diary.encoding import b64, canonical_json
from diary.errors import KeptError
from diary.pack import build
from diary.pack.capsule import reader
from diary.pack.contents import (
    PackContents,
    Picture,
    build_contents,
    page_keys,
    picture_candidates,
    poster_key,
    volumes,
    words_key,
)
from diary.pack.documents import document_set
from diary.pack.documents.mail_words import MailMessage
from diary.pack.documents.opened_files import FileOpener, lay_out
from diary.pack.documents.text_files import text_files
from diary.pack.documents.typesetting import Typesetter
from diary.pack.exhibit_parsing import Exhibit
from diary.pack.plain_jpeg import check_print_copy
from diary.pack.sandbox.isolated_call import call_isolated
from diary.pack.sandbox.supervisor import IsolatedJob, LayoutClient, supervise
from diary.record.reading import integer_of, object_of, objects_of, text_of
from diary.record.schemas import find_schema

CAPSULE_FILENAME: Final = "capsule.json"
PICTURES_FOLDER: Final = "pictures"
MAILS_FOLDER: Final = "mails"
TEXT_FILES_FOLDER: Final = "plain"
PRINTED_MAILS_FILENAME: Final = "mails.json"
_PLACEHOLDER_PICTURE: Final = {"blob": b64(bytes(16)), "key": b64(bytes(32)), "parts": 1, "width": 1, "height": 1}


def rerender_capsule(
    capsule: Mapping[str, object],
    pictures: Mapping[str, bytes],
    mails: Mapping[str, bytes],
    folder: Path,
    *,
    is_unsandboxed: bool = False,
) -> dict[str, Path]:
    """Render the documents and tables of a capsule, and return them by path under `data/`.

    `pictures`: JPEGs by item. `mails`: e-mails as received by item. `folder`: an empty folder owned by the caller. The
    work is done in isolated processes, or without isolation if `is_unsandboxed`. The result is empty if the capsule
    cannot be rendered. Raise Unavailable if this computer cannot isolate the processes.
    """
    (folder / CAPSULE_FILENAME).write_bytes(canonical_json(dict(capsule), limit_bytes=reader.CAPSULE_LIMIT_BYTES * 4))
    (folder / PICTURES_FOLDER).mkdir()
    for key, jpeg in pictures.items():
        (folder / PICTURES_FOLDER / _picture_filename(key)).write_bytes(jpeg)
    (folder / MAILS_FOLDER).mkdir()
    for item, raw in mails.items():
        (folder / MAILS_FOLDER / _mail_filename(item)).write_bytes(raw)
    answer = call_isolated("diary.pack.verify.rerender_worker", folder, is_unsandboxed=is_unsandboxed)
    claimed_paths = (
        {name: path for name, path in answer.items() if isinstance(path, str)} if isinstance(answer, dict) else {}
    )
    # A compromised process may return any path; only files in its folder are used.
    resolved_paths = {name: (folder / path).resolve() for name, path in claimed_paths.items() if path.isprintable()}
    return {
        name: path for name, path in resolved_paths.items() if path.is_relative_to(folder.resolve()) and path.is_file()
    }


def _picture_filename(key: str) -> str:
    """Return the name of a picture's file in the folder of the isolated process."""
    return key.replace("/", "-").replace(" ", "-") + ".jpg"


def _mail_filename(item: str) -> str:
    """Return the name of an e-mail's file in the folder of the isolated process."""
    return item.replace("/", "-") + ".eml"


def rebuild_capsule(
    record: Mapping[str, Any],
    proofs: Mapping[str, Mapping[str, Any]],
    keys: Mapping[str, Any],
    log: Mapping[str, Any] | None,
) -> dict[str, object]:
    """Rebuild a capsule from 12_record.json and the restricted proofs by version.

    Keys and seeds are zeros, because no document shows them.
    """
    return {
        **{
            name: record[name]
            for name in ("asked", "counts", "custody", "gaps", "own_words", "pack", "sheet", "start_with")
        },
        "exhibits": [_exhibit_row(row) for row in objects_of(record, "exhibits")],
        "hold_words": record.get("hold_words", []),
        **({"left_out": record["left_out"]} if "left_out" in record else {}),
        "keys": {name: value for name, value in keys.items() if name != "t"},
        "log": log,
        "refs": list(objects_of(record, "refs")),
        "t": reader.CAPSULE_TYPE,
        "versions": [_version_row(row, proofs[text_of(row, "version")]) for row in objects_of(record, "versions")],
    }


def _exhibit_row(row: Mapping[str, Any]) -> dict[str, object]:
    """Return an exhibit's row; the documents depend only on which copy it has."""
    exhibit_fields = {name: value for name, value in row.items() if name not in ("printed", "still")}
    still = {"poster": _PLACEHOLDER_PICTURE} if row.get("still") else {}
    copy = _PLACEHOLDER_PICTURE if row.get("printed") else None
    # Letters and e-mails have no copy for print.
    is_opened = text_of(row, "file").endswith((".pdf", ".eml"))
    copies = {"print": None if is_opened else copy, "received": copy if is_opened else None}
    return {**exhibit_fields, **copies, **still}


def _version_row(row: Mapping[str, Any], proof: Mapping[str, Any]) -> dict[str, object]:
    """Return a version with its fields split into open and restricted."""
    kind, number, fields = text_of(row, "kind"), integer_of(row, "schema") or 0, object_of(row, "fields")
    restricted_names = set(find_schema(kind, number).restricted)
    seed = b64(bytes(32))
    return {
        **{name: row[name] for name in ("c", "kind", "parents", "record", "schema", "seq", "seq_no", "version")},
        "env": None,
        "open": {
            "fields": {name: value for name, value in fields.items() if name not in restricted_names},
            "seed": seed,
        },
        "receipt": proof.get("receipt"),
        "restricted": {
            "fields": {name: value for name, value in fields.items() if name in restricted_names},
            "seed": seed,
        },
        "sig": proof["sig"],
    }


def _typeset_documents(folder: Path, layout_client: LayoutClient) -> Iterator[tuple[str, Path]]:
    """Typeset every document, and yield its path under `data/` with its file."""
    capsule = reader.read_capsule((folder / CAPSULE_FILENAME).read_bytes(), limit=reader.CAPSULE_LIMIT_BYTES * 4)
    contents = build_contents(capsule)
    pictures = {}
    opener = FileOpener(folder, layout_client, capsule.metadata.made_at)
    mails = dict(_read_mails(contents, folder, opener))
    (folder / PRINTED_MAILS_FILENAME).write_text(json.dumps(sorted(mails)), encoding="ascii")
    for index, volume in enumerate(volumes(contents)):
        volume_path = folder / document_set.volume_folder(index)
        volume_path.mkdir()
        for view in volume:
            item = view.exhibit.item
            for key in (item, poster_key(item), *page_keys(item)):
                path = folder / PICTURES_FOLDER / _picture_filename(key)
                if path.exists():
                    pictures[key] = document_set.place_picture(check_print_copy(path.read_bytes()), volume_path, key)
    typesetter = Typesetter(contents, layout_client)
    typesetter.add(document_set.main_documents(contents, folder, _place_stills(contents, folder)))
    typesetter.add(document_set.exhibit_documents(contents, pictures, mails, folder))
    for document in typesetter.wait_for_documents():
        yield document.path_in_data, document.output_path


def _read_mails(
    contents: PackContents, folder: Path, opener: FileOpener
) -> Iterator[tuple[str, Sequence[MailMessage]]]:
    """Yield the messages of the pack's own e-mail files by item."""

    def read(exhibit: Exhibit) -> bytes | None:
        path = folder / MAILS_FOLDER / _mail_filename(exhibit.item)
        return path.read_bytes() if path.exists() else None

    for view, opened_file in build.open_received_files(contents, opener, read):
        if opened_file.messages:
            yield view.exhibit.item, opened_file.messages


def _write_text_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield every text file and table with its path under `data/`.

    Proofs are left out, because their salts are only in the proofs themselves.
    """
    capsule = reader.read_capsule((folder / CAPSULE_FILENAME).read_bytes(), limit=reader.CAPSULE_LIMIT_BYTES * 4)
    (folder / TEXT_FILES_FOLDER).mkdir()
    contents = build_contents(capsule)
    mails = json.loads((folder / PRINTED_MAILS_FILENAME).read_text(encoding="ascii"))
    printed = {
        key for key in picture_candidates(contents) if (folder / PICTURES_FOLDER / _picture_filename(key)).exists()
    } | set(map(words_key, mails))
    for number, (name, raw) in enumerate(text_files(contents, printed)):
        if "/proof/" in name:
            return
        path = folder / TEXT_FILES_FOLDER / str(number)
        path.write_bytes(raw)
        yield name, path


def _place_stills(contents: PackContents, folder: Path) -> dict[str, Picture]:
    """Write the stills of video accounts, which 04 shows too, into the folder of the chronology."""
    stills = {}
    for view in document_set.videos_of_accounts(contents):
        path = folder / PICTURES_FOLDER / _picture_filename(poster_key(view.exhibit.item))
        if path.exists():
            (folder / document_set.CHRONOLOGY_FOLDER).mkdir(exist_ok=True)
            still = check_print_copy(path.read_bytes())
            stills[view.exhibit.item] = document_set.place_picture(
                still, folder / document_set.CHRONOLOGY_FOLDER, view.exhibit.item
            )
    return stills


def main() -> int:
    """Render the documents and print their paths. Return the exit code, 1 on failure."""
    folder, *flags = sys.argv[1:]
    zoneinfo.reset_tzpath(())
    job_folder = Path(folder)
    return supervise(
        IsolatedJob(
            folder=job_folder,
            run_work=partial(_rerender, job_folder),
            lay_out=partial(lay_out, job_folder),
            on_unavailable=lambda _: 1,
            in_bubblewrap="--in-bubblewrap" in flags,
            is_unsandboxed="--unsandboxed" in flags,
        )
    )


def _rerender(folder: Path, layout_client: LayoutClient) -> int:
    """Render every document and table inside the isolated process."""
    try:
        paths = {
            name: str(path.relative_to(folder))
            for name, path in (*_typeset_documents(folder, layout_client), *_write_text_files(folder))
        }
    except (KeptError, OSError, ValueError, KeyError, TypeError):
        return 1
    sys.stdout.write(json.dumps(paths) + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
