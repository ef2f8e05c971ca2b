"""`verify --rerender`: renders every document and table from the record again, and compares."""

import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from diary.encoding import b64, parse_canonical_json
from diary.errors import KeptError
from diary.pack.bag.manifest import RESTRICTED_PREFIX
from diary.pack.capsule.exhibits import print_purpose
from diary.pack.contents import poster_key
from diary.pack.metadata import BROWSER_ENGINE
from diary.pack.proofs.proof_files import RECORD_LIMIT_BYTES
from diary.pack.verify import pdf_reader
from diary.pack.verify.completeness import COPY_PATHS, HTML_CHRONOLOGY, TYPESET_CHRONOLOGY
from diary.pack.verify.derived_fields import opened_version
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import PackProofs
from diary.pack.verify.record_check import RECORD_PATH
from diary.pack.verify.rerender_worker import rebuild_capsule, rerender_capsule
from diary.record.evidence import Attachment
from diary.record.reading import object_of, objects_of, text_of
from diary.record.record_history import build_histories

# 03 and 04 say and print what could be read of an e-mail.
_MAIL_PREFIXES: Final = ("data/servable/03_", "data/servable/04_")
_PROOFS_PREFIX: Final = "data/restricted/proof/"
_CUSTODY_PREFIX: Final = "data/restricted/11_"
_MAIL_FOLDER: Final = "data/restricted/13_mail/"
_DOCUMENT_PATTERN: Final = re.compile(
    r"data/(?:[01][0-9]_[^/]+\.txt|servable/0[1-9]_[^/]+\.(?:pdf|html|csv|xlsx)"
    r"|restricted/(?:(?:06|10)_RESTRICTED_[^/]+\.pdf|11_[^/]+\.csv|14_sidecars/[^/]+\.json))"
)


@dataclass(frozen=True, slots=True)
class _Rerendering:
    """A pack that is laid out again. `pictures`: the volume of 04 and the key of each JPEG taken from it."""

    pack: OpenedPack
    record: Mapping[str, Any]
    pictures: Mapping[tuple[str, str], bytes]
    release: str
    is_unsandboxed: bool

    @property
    def is_same_release(self) -> bool:
        """Return whether the pack names this release."""
        return object_of(self.record, "pack").get("release") == self.release

    @property
    def is_from_browser(self) -> bool:
        """Return whether the pack says that a browser laid out its pages."""
        return object_of(self.record, "pack").get("engine") == BROWSER_ENGINE

    @property
    def is_plain(self) -> bool:
        """Return whether the pack has the plain page. The tables and texts of such a pack have another form."""
        return HTML_CHRONOLOGY in self.pack.digests and TYPESET_CHRONOLOGY not in self.pack.digests


def check_rerendered(
    pack: OpenedPack, proofs: PackProofs, release: str, *, is_unsandboxed: bool = False
) -> Iterator[Finding]:
    """Yield the documents, tables and pictures that differ from those of this release and of the record.

    `release`: this release. `is_unsandboxed`: render without isolation.
    """
    record = _read_object(pack, RECORD_PATH) or {}
    pictures = dict(_exhibit_pictures(pack, record, is_unsandboxed=is_unsandboxed))
    again = _Rerendering(pack, record, pictures, release, is_unsandboxed)
    yield from _check_pictures(again)
    with tempfile.TemporaryDirectory(prefix="kept-again-") as work_folder:
        rebuilt = _rebuild_documents(again, proofs, Path(work_folder))
        for name in sorted(name for name in pack.digests if _DOCUMENT_PATTERN.fullmatch(name)):
            yield from _check_document(again, name, rebuilt.get(name.removeprefix("data/")))
        yield from _check_absent(again, rebuilt)


def _check_document(again: _Rerendering, name: str, rebuilt_path: Path | None) -> Iterator[Finding]:
    """Yield what is wrong with a document or table. `rebuilt_path`: where it lies as rendered again, if it could be."""
    raw = again.pack.read(name) or b""
    if rebuilt_path is None:
        yield make_finding("not_rerendered", name)
        return
    rebuilt_bytes = rebuilt_path.read_bytes()
    if rebuilt_bytes == raw:
        return
    page = None
    if name.endswith(".pdf"):
        page = pdf_reader.first_differing_page(
            raw, rebuilt_bytes, is_other_engine=again.is_from_browser, is_unsandboxed=again.is_unsandboxed
        )
    has_mails = any(text_of(row, "file").endswith(".eml") for row in objects_of(again.record, "exhibits"))
    if page == pdf_reader.SAME_PAGES:
        yield make_finding("other_engine", name)
    elif again.is_plain and not name.startswith(RESTRICTED_PREFIX):
        # Only the phone makes these files of a plain pack.
        yield make_finding("not_rerendered", name)
    elif again.is_from_browser and has_mails and name.startswith(_MAIL_PREFIXES):
        # Two releases of Python may read a malformed e-mail differently, although nobody changed the pack.
        yield make_finding("not_rerendered", name)
    else:
        yield make_finding(
            "rerendered" if again.is_same_release else "other_release", f"{name}#page={page}" if page else name
        )


def _check_absent(again: _Rerendering, rebuilt: Iterable[str]) -> Iterator[Finding]:
    """Yield the documents and tables that the record gives and the pack lacks. `rebuilt`: paths under `data/`."""
    names, files = {f"data/{name}" for name in rebuilt}, again.pack.digests
    if again.is_plain:
        # The plain page stands for all that is laid out.
        names = {name for name in names if not name.endswith(".pdf") and not name.startswith(_CUSTODY_PREFIX)}
    if not again.is_same_release:
        # Earlier releases made no copies of the chronology.
        names -= COPY_PATHS
    damaged = {finding.member for finding in again.pack.findings}
    for name in sorted(names - files.keys() - damaged):
        if _DOCUMENT_PATTERN.fullmatch(name):
            yield make_finding("lacking" if again.is_same_release else "other_release", name)


def _check_pictures(again: _Rerendering) -> Iterator[Finding]:
    """Yield each picture in 04 that is not the copy sealed with its exhibit."""
    try:
        sealed_digests = dict(_sealed_digests(again.record))
    except (KeyError, KeptError):
        return  # `check_record` reports it
    for (volume, key), jpeg in again.pictures.items():
        sealed_digest = sealed_digests.get(key)
        if sealed_digest is not None and hashlib.sha256(jpeg).hexdigest() != sealed_digest:
            yield make_finding("picture", f"{volume}#{key}")


def _sealed_digests(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the SHA-256 of the copy that 04 must print of an exhibit, by the picture's key.

    Pictures that only the worker could decode, and pages of letters, have no sealed digest.
    """
    versions = [opened_version(row) for row in objects_of(record, "versions")]
    attachments = {history.record: Attachment(history) for history in build_histories(versions, "attachment")}
    for row in objects_of(record, "exhibits"):
        attachment, item = attachments.get(text_of(row, "record")), text_of(row, "item")
        if attachment is not None:
            for key, purpose in ((item, print_purpose(attachment)), (poster_key(item), "preview")):
                rendition = attachment.find_rendition(purpose)
                if rendition is not None:
                    yield key, text_of(rendition[1], "sha256")


def _rebuild_documents(again: _Rerendering, proofs: PackProofs, work_folder: Path) -> dict[str, Path]:
    """Return the documents rendered again by path; empty if the record is incomplete."""
    keys = _read_object(again.pack, f"{_PROOFS_PREFIX}keys.json")
    if not again.record or keys is None:
        return {}
    try:
        raw = {version: proof.raw for version, proof in proofs.restricted.items()}
        capsule = rebuild_capsule(again.record, raw, keys, _rebuild_log(again.pack))
        pictures = {key: jpeg for (_, key), jpeg in again.pictures.items()}
        mails = dict(_printed_mails(again.pack, again.record))
        return rerender_capsule(capsule, pictures, mails, work_folder, is_unsandboxed=again.is_unsandboxed)
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
) -> Iterator[tuple[tuple[str, str], bytes]]:
    """Yield the JPEGs of 04 by volume and key; none for a volume that cannot be read."""
    stills = {text_of(row, "item") for row in objects_of(record, "exhibits") if not row.get("printed")}
    for name in sorted(pack.digests):
        if name.startswith("data/servable/04_exhibits"):
            jpegs = pdf_reader.read_pictures(pack.read(name) or b"", stills, is_unsandboxed=is_unsandboxed)
            yield from (((name, key), jpeg) for key, jpeg in jpegs.items())
