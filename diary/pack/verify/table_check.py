"""Check that the short chronology and the spreadsheet say what 02_chronology.csv says."""

from collections.abc import Iterator
from typing import Final

from diary import constants
from diary.pack.tables.short_chronology import SHORT_TABLE_PATH, SPREADSHEET_PATH, TABLE_PATH, chronology_copies
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import OpenedPack

_TABLE_PATH: Final = f"data/{TABLE_PATH}"
_COPY_PATHS: Final = (SHORT_TABLE_PATH, SPREADSHEET_PATH)


def check_table_copies(pack: OpenedPack) -> Iterator[Finding]:
    """Yield each copy that is not what the table gives, byte for byte. A pack of 0.1.0 has none.

    A table that is not here is reported as lacking.
    """
    names = [f"data/{path}" for path in _COPY_PATHS if f"data/{path}" in pack.digests]
    if not names or _TABLE_PATH not in pack.digests:
        return
    is_readable = pack.digests[_TABLE_PATH].size_bytes <= constants.PACK_RECORD_LIMIT_BYTES
    table = pack.read(_TABLE_PATH) if is_readable else None
    copies = None if table is None else chronology_copies(table)
    if copies is None:
        yield make_finding("unreadable", _TABLE_PATH)
        return
    for name in names:
        if pack.read(name) != copies[name.removeprefix("data/")]:
            yield make_finding("table", name)
