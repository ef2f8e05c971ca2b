"""Check that a pack has every required file and no unknown one, which regenerated manifests could hide."""

import re
from collections.abc import Iterator
from typing import Final

from diary.pack.bag.manifest import SERVABLE_MANIFEST_PATH, SERVABLE_PREFIX, SERVABLE_STATEMENT_PATH
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH
from diary.pack.tables.short_chronology import SHORT_TABLE_PATH, SPREADSHEET_PATH
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import OpenedPack

TYPESET_CHRONOLOGY: Final = f"{SERVABLE_PREFIX}01_chronology.pdf"
HTML_CHRONOLOGY: Final = f"{SERVABLE_PREFIX}01_chronology.html"
_RESTRICTED_PREFIX: Final = "data/restricted/"
_INSTRUCTION_PATHS: Final = ("data/00_READ-FIRST.txt", "data/15_VERIFY.txt")
_TABLE_PATHS: Final = (
    f"{SERVABLE_PREFIX}02_chronology.csv",
    f"{SERVABLE_PREFIX}03_exhibits-index.csv",
    SERVABLE_MANIFEST_PATH,
)
# Required where the pack is signed: the release that first signed packs first had them.
COPY_PATHS: Final = frozenset(f"data/{path}" for path in (SHORT_TABLE_PATH, SPREADSHEET_PATH))
# Required for a typeset pack; one with the plain page has only the record.
_RESTRICTED_DOCUMENT_PATHS: Final = tuple(
    f"{_RESTRICTED_PREFIX}{name}"
    for name in ("06_RESTRICTED_officer-sheet.pdf", "10_RESTRICTED_how-this-record-was-made.pdf", "11_custody-log.csv")
)
_RECORD_PATH: Final = f"{_RESTRICTED_PREFIX}12_record.json"
_SIDECARS_PREFIX: Final = f"{_RESTRICTED_PREFIX}14_sidecars/"
_KNOWN_PATH_PATTERN: Final = re.compile(
    r"data/(?:00_READ-FIRST\.txt|15_VERIFY\.txt"
    r"|servable/(?:01_chronology\.(?:pdf|html)|02_chronology(?:\.csv|_short\.csv|\.xlsx)"
    r"|03_exhibits-index\.csv|04_exhibits(?:-[1-9][0-9]*)?\.pdf"
    r"|05_message-schedules\.csv|07_statements\.csv|08_impact\.pdf|manifest-sha256\.txt|servable-statement\.json|proof/[^/]+)"
    r"|restricted/(?:06_RESTRICTED_officer-sheet\.pdf|10_RESTRICTED_how-this-record-was-made\.pdf|11_custody-log\.csv"
    r"|12_record\.json|(?:09_RESTRICTED_orders|13_exhibits-as-received|13_mail|14_sidecars|proof)/[^/]+))"
)


def check_completeness(pack: OpenedPack) -> Iterator[Finding]:
    """Yield unknown and lacking files. Faults of proofs and exhibits are reported by their own checks."""
    damaged = {finding.member for finding in pack.findings if finding.member}
    payload = sorted(path for path in pack.digests if path.startswith("data/"))
    duplicate_chronology = {HTML_CHRONOLOGY} if {HTML_CHRONOLOGY, TYPESET_CHRONOLOGY} <= pack.digests.keys() else set()
    yield from (
        make_finding("unknown", path)
        for path in payload
        if not _KNOWN_PATH_PATTERN.fullmatch(path) or path in duplicate_chronology
    )
    yield from (
        make_finding("lacking", path)
        for path in sorted(_required_paths(pack))
        if path not in pack.digests and path not in damaged
    )


def _required_paths(pack: OpenedPack) -> Iterator[str]:
    """Yield the required files, depending on whether the pack is complete or servable only, and typeset or plain."""
    is_plain = HTML_CHRONOLOGY in pack.digests and TYPESET_CHRONOLOGY not in pack.digests
    yield from _TABLE_PATHS
    if PACK_STATEMENT_PATH in pack.digests:
        yield SERVABLE_STATEMENT_PATH
    if not pack.digests.keys().isdisjoint((PACK_STATEMENT_PATH, SERVABLE_STATEMENT_PATH)):
        yield from COPY_PATHS
    yield HTML_CHRONOLOGY if is_plain else TYPESET_CHRONOLOGY
    if pack.folder != "servable":
        yield from _INSTRUCTION_PATHS
    if pack.is_servable_only:
        return
    yield _RECORD_PATH
    if not is_plain:
        yield from _RESTRICTED_DOCUMENT_PATHS
        if any(path.startswith(_SIDECARS_PREFIX) for path in pack.digests):
            yield f"{SERVABLE_PREFIX}04_exhibits.pdf"
