"""`verify --rerender`: every document and table made again from the record and compared byte for byte; the page is named."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from diary.encoding import b64, parse
from diary.errors import KeptError
from diary.pack.proofs.proof_files import RECORD_LIMIT
from diary.pack.verify import pdf_reader
from diary.pack.verify.findings import Finding, find
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import Proofs
from diary.pack.verify.record_check import RECORD
from diary.pack.verify.rerender_worker import capsule_of, lay_out
from diary.record.reading import object_of, objects_of, text_of

_PROOF: Final = "data/restricted/proof/"
_DOCUMENT: Final = re.compile(
    r"data/(?:[01][0-9]_[^/]+\.txt|servable/0[1-9]_[^/]+\.(?:pdf|html|csv)"
    r"|restricted/(?:(?:06|10)_RESTRICTED_[^/]+\.pdf|11_[^/]+\.csv|14_sidecars/[^/]+\.json))"
)


def check_again(pack: OpenedPack, proofs: Proofs, release: str, *, is_unsandboxed: bool = False) -> Iterator[Finding]:
    """What differs when the documents and tables are made by this release, `release`; isolated unless `is_unsandboxed`."""
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
            elif (ours := again.read_bytes()) != raw:
                page = (
                    pdf_reader.differing_page(raw, ours, is_unsandboxed=is_unsandboxed)
                    if name.endswith(".pdf")
                    else None
                )
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
        pictures = dict(_pictures(pack, record, is_unsandboxed=is_unsandboxed))
        return lay_out(told, pictures, work, is_unsandboxed=is_unsandboxed)
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
        checkpoints.append(
            {**row, "note": (pack.read(f"{stem}.txt") or b"").decode("utf-8", "replace"), "stamps": stamps}
        )
    return {
        **{name: told.get(name, []) for name in ("authorities", "proofs", "statements")},
        "checkpoints": checkpoints,
    }


def _pictures(pack: OpenedPack, record: Mapping[str, Any], *, is_unsandboxed: bool) -> Iterator[tuple[str, bytes]]:
    """The JPEGs of 04 by item; none of a volume that cannot be read."""
    stills = {text_of(row, "item") for row in objects_of(record, "exhibits") if not row.get("printed")}
    for name in sorted(pack.digests):
        if name.startswith("data/servable/04_exhibits"):
            yield from pdf_reader.pictures_in(pack.read(name) or b"", stills, is_unsandboxed=is_unsandboxed).items()
