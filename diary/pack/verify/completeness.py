"""Whether every file that a pack has is here, and no other: lists of digests that were made anew say nothing of that."""

import re
from collections.abc import Iterator
from typing import Final

from diary.pack.bag.manifest import SERVABLE, SERVABLE_LIST
from diary.pack.verify.findings import Finding, find
from diary.pack.verify.pack_reader import OpenedPack

SET: Final = f"{SERVABLE}01_chronology.pdf"
PLAIN: Final = f"{SERVABLE}01_chronology.html"
_RESTRICTED: Final = "data/restricted/"
_BESIDE: Final = ("data/00_READ-FIRST.txt", "data/15_VERIFY.txt")
_TABLES: Final = (f"{SERVABLE}02_chronology.csv", f"{SERVABLE}03_exhibits-index.csv", SERVABLE_LIST)
# A pack with set pages has these besides; one made on the phone has the record alone.
_SHEETS: Final = tuple(
    f"{_RESTRICTED}{name}"
    for name in ("06_RESTRICTED_officer-sheet.pdf", "10_RESTRICTED_how-this-record-was-made.pdf", "11_custody-log.csv")
)
_RECORD: Final = f"{_RESTRICTED}12_record.json"
_SIDECARS: Final = f"{_RESTRICTED}14_sidecars/"
_KNOWN: Final = re.compile(
    r"data/(?:00_READ-FIRST\.txt|15_VERIFY\.txt"
    r"|servable/(?:01_chronology\.(?:pdf|html)|02_chronology\.csv|03_exhibits-index\.csv|04_exhibits(?:-[1-9][0-9]*)?\.pdf"
    r"|05_message-schedules\.csv|07_statements\.csv|08_impact\.pdf|manifest-sha256\.txt|proof/[^/]+)"
    r"|restricted/(?:06_RESTRICTED_officer-sheet\.pdf|10_RESTRICTED_how-this-record-was-made\.pdf|11_custody-log\.csv"
    r"|12_record\.json|(?:09_RESTRICTED_orders|13_exhibits-as-received|13_mail|14_sidecars|proof)/[^/]+))"
)


def check_whole(pack: OpenedPack) -> Iterator[Finding]:
    """Files that no pack has, and files that this one lacks. What is wrong with a proof or an exhibit is said by its check."""
    damaged = {finding.member for finding in pack.findings if finding.member}
    payload = sorted(path for path in pack.digests if path.startswith("data/"))
    both = {PLAIN} if {PLAIN, SET} <= pack.digests.keys() else set()
    yield from (find("unknown", path) for path in payload if not _KNOWN.fullmatch(path) or path in both)
    yield from (
        find("lacking", path) for path in sorted(_needed(pack)) if path not in pack.digests and path not in damaged
    )


def _needed(pack: OpenedPack) -> Iterator[str]:
    """What must be here, of what this is: the whole or its servable part, set pages or plain ones."""
    is_plain = PLAIN in pack.digests and SET not in pack.digests
    yield from _TABLES
    yield PLAIN if is_plain else SET
    if pack.folder != "servable":
        yield from _BESIDE
    if pack.alone:
        return
    yield _RECORD
    if not is_plain:
        yield from _SHEETS
        if any(path.startswith(_SIDECARS) for path in pack.digests):
            yield f"{SERVABLE}04_exhibits.pdf"
