"""`verify --rerender`: renders every document and table from the record again, and compares byte for byte."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from diary.encoding import b64, parse_canonical_json
from diary.errors import KeptError
from diary.pack.metadata import BROWSER_ENGINE
from diary.pack.proofs.proof_files import RECORD_LIMIT_BYTES
from diary.pack.verify import pdf_reader
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import PackProofs
from diary.pack.verify.record_check import RECORD_PATH
from diary.pack.verify.rerender_worker import rebuild_capsule, rerender_capsule
from diary.record.reading import object_of, objects_of, text_of

# 03 and 04 say and print what could be read of an e-mail.
_MAIL_PREFIXES: Final = ("data/servable/03_", "data/servable/04_")
_PROOFS_PREFIX: Final = "data/restricted/proof/"
_MAIL_FOLDER: Final = "data/restricted/13_mail/"
_DOCUMENT_PATTERN: Final = re.compile(
    r"data/(?:[01][0-9]_[^/]+\.txt|servable/0[1-9]_[^/]+\.(?:pdf|html|csv|xlsx)"
    r"|restricted/(?:(?:06|10)_RESTRICTED_[^/]+\.pdf|11_[^/]+\.csv|14_sidecars/[^/]+\.json))"
)


def check_rerendered(
    pack: OpenedPack, proofs: PackProofs, release: str, *, is_unsandboxed: bool = False
) -> Iterator[Finding]:
    """Yield the documents and tables that differ from those of this release.

    `release`: this release. `is_unsandboxed`: render without isolation.
    """
    documents = sorted(name for name in pack.digests if _DOCUMENT_PATTERN.fullmatch(name))
    record = _read_object(pack, RECORD_PATH)
    with tempfile.TemporaryDirectory(prefix="kept-again-") as work_folder:
        rebuilt = _rebuild_documents(pack, proofs, record, Path(work_folder), is_unsandboxed=is_unsandboxed)
        pack_facts = {} if record is None else object_of(record, "pack")
        is_same_release = pack_facts.get("release") == release
        is_from_browser = pack_facts.get("engine") == BROWSER_ENGINE
        has_mails = any(text_of(row, "file").endswith(".eml") for row in objects_of(record or {}, "exhibits"))
        for name in documents:
            rebuilt_path = rebuilt.get(name.removeprefix("data/"))
            raw = pack.read(name) or b""
            if rebuilt_path is None:
                yield make_finding("not_rerendered", name)
            elif (rebuilt_bytes := rebuilt_path.read_bytes()) != raw:
                page = (
                    pdf_reader.first_differing_page(
                        raw, rebuilt_bytes, is_words_only=is_from_browser, is_unsandboxed=is_unsandboxed
                    )
                    if name.endswith(".pdf")
                    else None
                )
                if page == pdf_reader.SAME_WORDS:
                    yield make_finding("other_engine", name)
                    continue
                if is_from_browser and has_mails and name.startswith(_MAIL_PREFIXES):
                    # Two releases of Python may read a malformed e-mail differently, although nobody changed the pack.
                    yield make_finding("not_rerendered", name)
                    continue
                yield make_finding(
                    "rerendered" if is_same_release else "other_release", f"{name}#page={page}" if page else name
                )


def _rebuild_documents(
    pack: OpenedPack, proofs: PackProofs, record: Mapping[str, Any] | None, work_folder: Path, *, is_unsandboxed: bool
) -> dict[str, Path]:
    """Return the documents rendered again by path; empty if the record is incomplete."""
    keys = _read_object(pack, f"{_PROOFS_PREFIX}keys.json")
    if record is None or keys is None:
        return {}
    try:
        raw = {version: proof.raw for version, proof in proofs.restricted.items()}
        capsule = rebuild_capsule(record, raw, keys, _rebuild_log(pack))
        pictures = dict(_exhibit_pictures(pack, record, is_unsandboxed=is_unsandboxed))
        mails = dict(_printed_mails(pack, record))
        return rerender_capsule(capsule, pictures, mails, work_folder, is_unsandboxed=is_unsandboxed)
    except (KeyError, TypeError, ValueError, KeptError):
        return {}


def _read_object(pack: OpenedPack, name: str) -> dict[str, Any] | None:
    """Return the object in a canonical JSON file, or None."""
    try:
        value = parse_canonical_json((pack.read(name) or b"").removesuffix(b"\n"), limit_bytes=RECORD_LIMIT_BYTES)
    except KeptError:
        return None
    return value if isinstance(value, dict) else None


def _rebuild_log(pack: OpenedPack) -> dict[str, object] | None:
    """Rebuild `log` of the capsule from its files."""
    log = _read_object(pack, f"{_PROOFS_PREFIX}log.json")
    if log is None:
        return None
    checkpoints = []
    for row in objects_of(log, "checkpoints"):
        stem = f"{_PROOFS_PREFIX}checkpoint-{row.get('size')}"
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
        **{name: log.get(name, []) for name in ("authorities", "proofs", "statements")},
        "checkpoints": checkpoints,
    }


def _printed_mails(pack: OpenedPack, record: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the e-mails whose words 04 may print, by item: the files as received in the pack."""
    for row in objects_of(record, "exhibits"):
        name = text_of(row, "file")
        raw = pack.read(f"{_MAIL_FOLDER}{name}") if row.get("printed") and name.endswith(".eml") else None
        if raw is not None:
            yield text_of(row, "item"), raw


def _exhibit_pictures(
    pack: OpenedPack, record: Mapping[str, Any], *, is_unsandboxed: bool
) -> Iterator[tuple[str, bytes]]:
    """Yield the JPEGs of 04 by item; none for a volume that cannot be read."""
    stills = {text_of(row, "item") for row in objects_of(record, "exhibits") if not row.get("printed")}
    for name in sorted(pack.digests):
        if name.startswith("data/servable/04_exhibits"):
            yield from pdf_reader.read_pictures(pack.read(name) or b"", stills, is_unsandboxed=is_unsandboxed).items()
