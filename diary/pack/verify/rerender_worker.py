"""Laying a pack's documents out again, from its own record: `python -I -m diary.pack.verify.rerender_worker FOLDER`,
isolated as the worker is.

What a reader sees is in the PDFs, what is proved is in the record. Whoever changed a word in a PDF and made every list of
digests anew is found only by somebody who lays the page out once more and compares.
"""

import json
import sys
import zoneinfo
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from diary.encoding import b64, canon
from diary.errors import KeptError
from diary.pack import build
from diary.pack.capsule import reader
from diary.pack.contents import Contents, Picture, contents_of, volumes
from diary.pack.documents import print_images
from diary.pack.documents.exhibits import poster_key
from diary.pack.documents.text_files import plain_files
from diary.pack.documents.typesetting import Press, compile_in
from diary.pack.sandbox.isolated_call import answer_of
from diary.pack.sandbox.supervisor import Job, Spool, supervise
from diary.record.reading import object_of, objects_of, text_of, whole_of
from diary.record.schemas import schema

CAPSULE: Final = "capsule.json"
PICTURES: Final = "pictures"
PLAIN: Final = "plain"
_NO_KEY: Final = {"blob": b64(bytes(16)), "key": b64(bytes(32)), "parts": 1, "width": 1, "height": 1}


def lay_out(
    told: Mapping[str, object], pictures: Mapping[str, bytes], folder: Path, *, is_unsandboxed: bool = False
) -> dict[str, Path]:
    """The documents and tables of a capsule by path under `data/`. `pictures`: JPEGs by item; `folder`: empty, the caller's.

    Runs in isolated processes of its own, or without isolation where `is_unsandboxed`. Empty when the capsule cannot be laid
    out. Raises Unavailable where this computer cannot isolate them.
    """
    (folder / CAPSULE).write_bytes(canon(dict(told), limit=reader.LIMIT * 4))
    (folder / PICTURES).mkdir()
    for key, jpeg in pictures.items():
        (folder / PICTURES / _file(key)).write_bytes(jpeg)
    made = answer_of("diary.pack.verify.rerender_worker", folder, is_unsandboxed=is_unsandboxed)
    named = {name: path for name, path in made.items() if isinstance(path, str)} if isinstance(made, dict) else {}
    # A process that was taken over may name any path; what is read lies in the folder that it was given.
    places = {name: (folder / path).resolve() for name, path in named.items() if path.isprintable()}
    return {name: place for name, place in places.items() if place.is_relative_to(folder.resolve()) and place.is_file()}


def _file(key: str) -> str:
    """What a picture is called on its way to the isolated process."""
    return key.replace("/", "-").replace(" ", "-") + ".jpg"


def capsule_of(
    record: Mapping[str, Any],
    proofs: Mapping[str, Mapping[str, Any]],
    keys: Mapping[str, Any],
    log: Mapping[str, Any] | None,
) -> dict[str, object]:
    """A capsule again, from 12_record.json and the restricted proofs by version. What no page shows is zeros: keys, seeds."""
    return {
        **{
            name: record[name]
            for name in ("asked", "counts", "custody", "gaps", "own_words", "pack", "sheet", "start_with")
        },
        "exhibits": [_exhibit(row) for row in objects_of(record, "exhibits")],
        "hold_words": record.get("hold_words", []),
        "keys": {name: value for name, value in keys.items() if name != "t"},
        "log": log,
        "refs": list(objects_of(record, "refs")),
        "t": reader.TYPE,
        "versions": [_version(row, proofs[text_of(row, "version")]) for row in objects_of(record, "versions")],
    }


def _exhibit(row: Mapping[str, Any]) -> dict[str, object]:
    """An exhibit's row; whether it has a print copy is all the pages ask."""
    kept = {name: value for name, value in row.items() if name not in ("printed", "still")}
    still = {"poster": _NO_KEY} if row.get("still") else {}
    return {**kept, "print": _NO_KEY if row.get("printed") else None, "received": None, **still}


def _version(row: Mapping[str, Any], proof: Mapping[str, Any]) -> dict[str, object]:
    """A version with its parts told apart again."""
    kind, number, fields = text_of(row, "kind"), whole_of(row, "schema") or 0, object_of(row, "fields")
    names = set(schema(kind, number).restricted)
    seed = b64(bytes(32))
    return {
        **{name: row[name] for name in ("c", "kind", "parents", "record", "schema", "seq", "seq_no", "version")},
        "env": None,
        "open": {"fields": {name: value for name, value in fields.items() if name not in names}, "seed": seed},
        "receipt": proof.get("receipt"),
        "restricted": {"fields": {name: value for name, value in fields.items() if name in names}, "seed": seed},
        "sig": proof["sig"],
    }


def _documents(folder: Path, spool: Spool) -> Iterator[tuple[str, Path]]:
    """Every document laid out, with its path under `data/`."""
    told = reader.read_capsule((folder / CAPSULE).read_bytes(), limit=reader.LIMIT * 4)
    contents = contents_of(told)
    pictures = {}
    for index, shown in enumerate(volumes(contents)):
        place = folder / build.volume_folder(index)
        place.mkdir()
        for one in shown:
            for key in (one.exhibit.item, poster_key(one.exhibit.item)):
                path = folder / PICTURES / _file(key)
                if path.exists():
                    pictures[key] = build.placed(print_images.accept(path.read_bytes()), place, key)
    press = Press(told.head.made_at, spool)
    press.add(build.documents(contents, folder, _stills(contents, folder)))
    press.add(build.picture_volumes(contents, pictures, folder))
    for document in press.finished():
        yield document.name, document.out


def _plain(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file of words and every table, with its path under `data/`. Proofs need salts, which are in the proofs alone."""
    told = reader.read_capsule((folder / CAPSULE).read_bytes(), limit=reader.LIMIT * 4)
    (folder / PLAIN).mkdir()
    for number, (name, raw) in enumerate(plain_files(contents_of(told))):
        if "/proof/" in name:
            return
        path = folder / PLAIN / str(number)
        path.write_bytes(raw)
        yield name, path


def _stills(contents: Contents, folder: Path) -> dict[str, Picture]:
    """The stills of accounts, as 04 shows them too."""
    found = {}
    for shown in build.films_of_accounts(contents):
        path = folder / PICTURES / _file(poster_key(shown.exhibit.item))
        if path.exists():
            (folder / build.CHRONOLOGY).mkdir(exist_ok=True)
            still = print_images.accept(path.read_bytes())
            found[shown.exhibit.item] = build.placed(still, folder / build.CHRONOLOGY, shown.exhibit.item)
    return found


def main() -> int:
    """Lay out, say which file is where. The exit code is 1 when it could not be done."""
    folder, *flags = sys.argv[1:]
    zoneinfo.reset_tzpath(())
    place = Path(folder)
    return supervise(
        Job(
            folder=place,
            work=partial(_made, place),
            lay_out=partial(compile_in, place),
            refused=lambda _: 1,
            is_walled="--walled" in flags,
            is_unsandboxed="--unsandboxed" in flags,
        )
    )


def _made(folder: Path, spool: Spool) -> int:
    """Every document and table again; runs isolated."""
    try:
        made = {name: str(path.relative_to(folder)) for name, path in (*_documents(folder, spool), *_plain(folder))}
    except (KeptError, OSError, ValueError, KeyError, TypeError):
        return 1
    sys.stdout.write(json.dumps(made) + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
