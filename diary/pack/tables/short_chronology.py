"""What follows from 02_chronology.csv alone: the table in twelve columns, and both as a spreadsheet.

Mirrored by static/src/pack/chronology/short_table.ts. Checkers make both files again from 02 and compare the bytes, so
no cell of them can say anything else than 02 does.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from diary.pack.tables.csv_format import BOM, quote_cell, read_table
from diary.pack.tables.spreadsheet import Sheet, encode_workbook

TABLE_PATH: Final = "servable/02_chronology.csv"
SHORT_TABLE_PATH: Final = "servable/02_chronology_short.csv"
SPREADSHEET_PATH: Final = "servable/02_chronology.xlsx"
# Twelve columns, each from columns of 02: `label` stands before the value, `words` are for codes. The order of the file
# is that of the sheet. Packs that exist are compared with what this list gives: a change needs a second list.
_LAYOUT: Final[Mapping[str, Any]] = json.loads(Path(__file__).with_name("short_columns.json").read_text("utf-8"))
_SHORT_COLUMNS: Final[Sequence[Mapping[str, Any]]] = _LAYOUT["columns"]


def chronology_copies(table: bytes) -> dict[str, bytes] | None:
    """Return the short table and the spreadsheet by path under `data/`; None if `table` is not a table of a pack.

    A cell is that of 02, apostrophe included. An inline string is never run, so the spreadsheet needs none. But who
    types into such a cell, or saves the sheet as CSV, makes a cell that is run: the apostrophe is for then. It also
    cannot be told from one that the keeper wrote.
    """
    rows = read_table(table)
    if rows is None:
        return None
    short_rows = _short_rows(rows)
    sheets = (
        Sheet(
            "Chronology",
            short_rows,
            [column["width"] for column in _SHORT_COLUMNS],
            is_printed=True,
            footer=_LAYOUT["footer"],
        ),
        Sheet("All columns", rows, [_LAYOUT["all_columns_width"]] * len(rows[0])),
    )
    return {
        SHORT_TABLE_PATH: _encode_rows(short_rows),
        SPREADSHEET_PATH: encode_workbook("Chronology", sheets),
    }


def _encode_rows(rows: Sequence[Sequence[str]]) -> bytes:
    """Encode rows whose cells are safe already."""
    return (BOM + "".join(",".join(map(quote_cell, row)) + "\r\n" for row in rows)).encode("utf-8")


def _short_rows(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the head and the rows of the short table. A column that 02 lacks is left out of the cell."""
    place = {name: index for index, name in reversed(list(enumerate(rows[0])))}
    sources = [
        [(place[source["column"]], source) for source in column["from"] if source["column"] in place]
        for column in _SHORT_COLUMNS
    ]
    heads = [str(column["head"]) for column in _SHORT_COLUMNS]
    return [heads, *([_short_cell(row, cell_sources) for cell_sources in sources] for row in rows[1:])]


def _short_cell(row: Sequence[str], sources: Sequence[tuple[int, Mapping[str, Any]]]) -> str:
    """Return one line for each source that says something."""
    return "\n".join(
        f"{source['label']}: {words}" if "label" in source else words
        for index, source in sources
        if (words := source.get("words", {}).get(row[index], row[index]))
    )
