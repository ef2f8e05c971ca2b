"""The CSV of a pack's tables: reading it back, and which cells a spreadsheet would run.

UTF-8 with a byte order mark, CRLF line ends; mirrored by static/src/pack/chronology/short_table.ts.
"""

import re
from typing import Final

from diary import constants

BOM: Final = "\ufeff"
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CELL_END: Final = re.compile('[",\r\n]')


def read_table(table: bytes) -> list[list[str]] | None:
    """Return the rows of a table of a pack, the head first; None if it is not one.

    Each line ends in CRLF and has as many cells as the head. No cell would be run by a spreadsheet. The number of cells
    is limited, because a file of commas would fill the memory.
    """
    try:
        text = table.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError:
        return None
    rows: list[list[str]] = []
    row: list[str] = []
    position = count = 0
    while position < len(text):
        cell, position = _read_cell(text, position)
        count += 1
        if position < 0 or count > constants.TABLE_CELLS_LIMIT or starts_formula(cell):
            return None
        row.append(cell)
        if text.startswith(",", position):
            position += 1
            if position == len(text):
                return None
        elif text.startswith("\r\n", position):
            position += 2
            rows.append(row)
            if len(row) != len(rows[0]):
                return None
            row = []
        else:
            return None
    return rows or None


def _read_cell(text: str, position: int) -> tuple[str, int]:
    """Return the cell at a position and where it ends; -1 if its quote is never closed."""
    if not text.startswith('"', position):
        match = _CELL_END.search(text, position)
        end = match.start() if match else len(text)
        return text[position:end], end
    end = text.find('"', position + 1)
    while end >= 0 and text.startswith('""', end):
        end = text.find('"', end + 2)
    return (text[position + 1 : end].replace('""', '"'), end + 1) if end >= 0 else ("", -1)


def starts_formula(cell: str) -> bool:
    """Return whether a spreadsheet would run the cell of a CSV file."""
    return cell.lstrip(" ").startswith(_FORMULA_STARTS)


def quote_cell(cell: str) -> str:
    """Return a cell as CSV."""
    return '"' + cell.replace('"', '""') + '"' if _CELL_END.search(cell) else cell
