"""tables.json: what follows from 02_chronology.csv, and tables that are refused."""

import hashlib
import io
import zipfile

from diary.pack.tables.short_chronology import SHORT_TABLE_PATH, SPREADSHEET_PATH, chronology_copies

Case = dict[str, object]
_SERVER_TABLE = (
    "\ufeffno,occurred,occurred_start,precision,time_source,what_happened,count,count_is_estimate,later,person_code,who,"
    "exhibits,commitment\r\n"
    '1,"Tue 3 Nov 2026, 20:15 GMT (UTC)",2026-11-03T20:15:00Z,minute,memory,"He said ""come out""\r\nand <left> & '
    "waited.\n\t_x0041_ _x00g1_\",3,yes,,S1,'@him,JB/1 JB/2,abc\r\n"
    '2,"Wed 4 Nov 2026, 08:02 GMT (UTC)",2026-11-04T08:02:00Z,minute,app_clock,He rang.,,,,,,,def\r\n'
    "U1,Date not known,,unknown,clock_of_tomorrow,\u0001\U0001f622 \ufffe\u0085 \u0648\u06c1 ,,,"
    "\"2026-11-04T10:00:00Z amendment: What happened: , '=1\",,,,'=1+1\r\n"
)
_PHONE_TABLE = (
    "\ufeffno,occurred,what_happened,where,who,effect,fear,orders,witnesses,exhibits,exhibits\r\n"
    "7,Yesterday,,At home; the gate,S1; I saw them,Scared,Yes,O1,W1,JB/3,JB/4\r\n"
)
_REFUSED = {
    "nothing": "",
    "a byte order mark alone": "\ufeff",
    "no line end": "\ufeffno,what_happened\r\n1,x",
    "a line feed alone": "\ufeffno\n1\n",
    "a row with a cell too few": "\ufeffno,what_happened\r\n1\r\n",
    "a row with a cell too many": "\ufeffno\r\n1,x\r\n",
    "an empty line": "\ufeffno,what_happened\r\n\r\n",
    "a comma at the end": "\ufeffno,what_happened\r\n1,",
    "a quote that is never closed": '\ufeffno\r\n"1\r\n',
    "letters after a quote": '\ufeffno\r\n"1"2\r\n',
    "a quote in the middle": '\ufeffno\r\n1"2"\r\n',
    "a formula": "\ufeffno,what_happened\r\n1,=1+1\r\n",
    "a formula after spaces": "\ufeffno,what_happened\r\n1,  @x\r\n",
    "a full-width formula in quotes": '\ufeffno,what_happened\r\n1,"\uff1d1,1"\r\n',
}


def _copies(table: str) -> dict[str, bytes]:
    copies = chronology_copies(table.encode())
    assert copies is not None
    return copies


def _case(name: str, table: str) -> Case:
    """Return a table with its short form, the parts of its spreadsheet, and the digest of the whole."""
    copies = _copies(table)
    spreadsheet = copies[SPREADSHEET_PATH]
    with zipfile.ZipFile(io.BytesIO(spreadsheet)) as archive:
        members = {row.filename: archive.read(row).decode() for row in archive.infolist()}
    return {
        "name": name,
        "table": table,
        "short": copies[SHORT_TABLE_PATH].decode(),
        "members": members,
        "sha256": hashlib.sha256(spreadsheet).hexdigest(),
    }


def _long_case() -> Case:
    """Return a cell that is longer than a spreadsheet can hold, with a character of two units at the cut."""
    before, repeat, times, after = "\ufeffno,what_happened\r\n1,a", "\U0001f622", 20_000, "\r\n"
    copies = _copies(before + repeat * times + after)
    return {
        "before": before,
        "repeat": repeat,
        "times": times,
        "after": after,
        "sha256": hashlib.sha256(copies[SPREADSHEET_PATH]).hexdigest(),
    }


def table_vectors() -> Case:
    """Return tables.json."""
    refused = [{"name": name, "table": table} for name, table in _REFUSED.items()]
    assert all(chronology_copies(table.encode()) is None for table in _REFUSED.values())
    return {
        "about": "docs/pack.md, Tables: `short` and the spreadsheet follow from `table`. `sha256` is of the spreadsheet,"
        " a stored zip of `members`. `long`: before + repeat * times + after.",
        "cases": [_case("made by a server", _SERVER_TABLE), _case("made on a phone", _PHONE_TABLE)],
        "long": _long_case(),
        "refused": refused,
    }
