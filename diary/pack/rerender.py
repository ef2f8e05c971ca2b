"""`verify --rerender`: every document and table made again from the record and compared byte for byte; the page is named."""

import io
import logging
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pypdf

from diary.encoding import b64, parse
from diary.errors import KeptError
from diary.pack.again import capsule_of, lay_out
from diary.pack.findings import Finding, find
from diary.pack.opened import OpenedPack
from diary.pack.proofcheck import Proofs
from diary.pack.proofs import RECORD_LIMIT
from diary.pack.recordcheck import RECORD
from diary.record.reading import object_of, objects_of, text_of

_PROOF: Final = "data/restricted/proof/"
_DEPTH: Final = 8
_DOCUMENT: Final = re.compile(
    r"data/(?:[01][0-9]_[^/]+\.txt|servable/0[1-9]_[^/]+\.(?:pdf|html|csv)"
    r"|restricted/(?:(?:06|10)_RESTRICTED_[^/]+\.pdf|11_[^/]+\.csv|14_sidecars/[^/]+\.json))"
)


def check_again(pack: OpenedPack, proofs: Proofs, release: str, *, is_unsandboxed: bool = False) -> Iterator[Finding]:
    """What differs when the documents and tables are made by this release, `release`; isolated unless `is_unsandboxed`."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    documents = sorted(name for name in pack.digests if _DOCUMENT.fullmatch(name))
    record = _read(pack, RECORD)
    with tempfile.TemporaryDirectory(prefix="kept-again-") as work:
        made = _made(pack, proofs, record, Path(work), is_unsandboxed=is_unsandboxed)
        same = record is not None and object_of(record, "pack").get("release") == release
        for name in documents:
            again = made.get(name.removeprefix("data/"))
            raw = pack.read(name) or b""
            if again is None:
                yield find("not_rerendered", name)
            elif again.read_bytes() != raw:
                page = _page(raw, again.read_bytes()) if name.endswith(".pdf") else None
                yield find("rerendered" if same else "other_release", f"{name}#page={page}" if page else name)


def _made(
    pack: OpenedPack, proofs: Proofs, record: Mapping[str, Any] | None, work: Path, *, is_unsandboxed: bool
) -> dict[str, Path]:
    """The documents laid out again; none when the record is not whole."""
    keys = _read(pack, f"{_PROOF}keys.json")
    if record is None or keys is None:
        return {}
    try:
        raw = {version: proof.raw for version, proof in proofs.restricted.items()}
        told = capsule_of(record, raw, keys, _log(pack))
        return lay_out(told, dict(_pictures(pack)), work, is_unsandboxed=is_unsandboxed)
    except (KeyError, TypeError, ValueError, KeptError):
        return {}


def _read(pack: OpenedPack, name: str) -> dict[str, Any] | None:
    """A canonical file's object, or None."""
    try:
        value = parse((pack.read(name) or b"").removesuffix(b"\n"), limit=RECORD_LIMIT)
    except KeptError:
        return None
    return value if isinstance(value, dict) else None


def _log(pack: OpenedPack) -> dict[str, object] | None:
    """`log` of the capsule, from its files."""
    told = _read(pack, f"{_PROOF}log.json")
    if told is None:
        return None
    checkpoints = []
    for row in objects_of(told, "checkpoints"):
        stem = f"{_PROOF}checkpoint-{row.get('size')}"
        stamps = [
            {
                **stamp,
                "chain": (pack.read(f"{stem}.{text_of(stamp, 'authority')}.pem") or b"").decode("utf-8", "replace"),
                "tsr": b64(pack.read(f"{stem}.{text_of(stamp, 'authority')}.tsr") or b""),
            }
            for stamp in objects_of(row, "stamps")
        ]
        checkpoints.append({**row, "note": (pack.read(f"{stem}.txt") or b"").decode("utf-8", "replace"), "stamps": stamps})
    return {**{name: told.get(name, []) for name in ("authorities", "proofs", "statements")}, "checkpoints": checkpoints}


def _pictures(pack: OpenedPack) -> Iterator[tuple[str, bytes]]:
    """The JPEGs of 04 by item, taken from the pages their bookmarks lead to; a film's still under its own key."""
    stills = {text_of(row, "item") for row in objects_of(_read(pack, RECORD) or {}, "exhibits") if not row.get("printed")}
    for name in sorted(pack.digests):
        if not name.startswith("data/servable/04_exhibits"):
            continue
        try:
            yield from list(_pictures_of(pack.read(name) or b"", stills))
        except Exception:  # noqa: BLE001, S112 - a forged PDF can make the reader fail in any way; the document then differs
            continue


def _pictures_of(raw: bytes, stills: set[str]) -> Iterator[tuple[str, bytes]]:
    """Those of one volume."""
    from diary.pack.exhibits import poster_key  # noqa: PLC0415 - with the page's own words for it

    reader = pypdf.PdfReader(io.BytesIO(raw))
    for entry in reader.outline:
        if isinstance(entry, list):
            continue
        item = str(entry.title).partition(",")[0]
        number = reader.get_destination_page_number(entry)
        jpeg = _jpeg(reader.pages[number], 0) if number is not None else None
        if jpeg is not None:
            yield (poster_key(item) if item in stills else item), jpeg


def _jpeg(holder: Any, depth: int) -> bytes | None:
    """The first JPEG among the pictures of a page, or inside a drawing on it."""
    resources = holder.get("/Resources")
    things = resources.get_object().get("/XObject") if resources is not None else None
    for one in (things.get_object() if things is not None else {}).values():
        thing = one.get_object()
        if thing.get("/Filter") == "/DCTDecode":
            # The bytes as they stand: what a reader's decoder makes of them would be another picture.
            return bytes(thing._data)
        if thing.get("/Subtype") == "/Form" and depth < _DEPTH:
            inner = _jpeg(thing, depth + 1)
            if inner is not None:
                return inner
    return None


def _page(raw: bytes, again: bytes) -> int | None:
    """The first page that differs, counted from 1; None when no page does, or it cannot be read."""
    try:
        held, made = (pypdf.PdfReader(io.BytesIO(one)).pages for one in (raw, again))
        for index in range(max(len(held), len(made))):
            if index >= min(len(held), len(made)) or _drawn(held[index]) != _drawn(made[index]):
                return index + 1
    except Exception:  # noqa: BLE001 - a forged PDF can make the reader fail in any way, and each means the same
        return None
    return None


def _drawn(page: Any) -> bytes:
    """What a page draws."""
    contents = page.get_contents()
    return contents.get_data() if contents is not None else b""
