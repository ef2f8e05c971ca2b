"""A workbook (Office Open XML) of text: the same rows give the same bytes; mirrored by static/src/pack/spreadsheet.ts.

Every cell is an inline string, so nothing in it is run, computed, read as a date or fetched: there are no formulas,
numbers, links, macros or hidden parts. The workbook names no person, program or time.

The bytes are frozen: `verify` makes the workbook of a pack again to compare it. A change here needs a second writer
beside this one for the packs that exist.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from diary.constants import CELL_LIMIT_CHARACTERS
from diary.pack.stored_zip import member_info

_CUT_NOTE: Final = " [goes on in 02_chronology.csv]"
# What XML 1.0 cannot hold, not even escaped. Text read from UTF-8 has no lone surrogates.
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Excel reads _x0041_ inside a text as the character with that number; the first underscore is written so itself.
_ESCAPE_LOOKALIKE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
# A carriage return is escaped because an XML reader turns a bare one into a line feed.
_XML_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONSHIPS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Formats of cells in _STYLES, by their number there.
_HEAD_FORMAT, _TEXT_FORMAT, _PLAIN_FORMAT = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: a head row, the rows below it, and how it is laid out.

    `name`: letters and spaces. `widths`: one a column, in characters. A sheet that `is_printed` fits one page across,
    wraps its text and has lines around its cells; `footer` stands on each of its pages and is in Excel's own codes.
    """

    name: str
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]
    is_printed: bool = False
    footer: str = ""


def encode_workbook(title: str, sheets: Sequence[Sheet]) -> bytes:
    """Return the workbook, a stored zip. `title`: its only property."""
    members = dict(_members(title, sheets))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        # In order of path the list of types is first, where programs look for it.
        for path, text in sorted(members.items()):
            raw = (_DECLARATION + text).encode("utf-8")
            archive.writestr(member_info(path, len(raw)), raw)
    return out.getvalue()


def cell_text(text: str) -> str:
    """Return the text as a cell shows it: `[U+XXXX]` for what XML cannot hold, cut at what Excel can hold."""
    shown = _NOT_XML.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)
    units = shown.encode("utf-16-le")
    if len(units) <= 2 * CELL_LIMIT_CHARACTERS:
        return shown
    # Half of a character at the cut is left out.
    return units[: 2 * (CELL_LIMIT_CHARACTERS - len(_CUT_NOTE))].decode("utf-16-le", "ignore") + _CUT_NOTE


def _members(title: str, sheets: Sequence[Sheet]) -> Iterator[tuple[str, str]]:
    """Yield the path and the XML of each part."""
    numbers = range(1, len(sheets) + 1)
    yield (
        "[Content_Types].xml",
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/docProps/core.xml"'
        ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPES}.worksheet+xml"/>' for n in numbers
        )
        + "</Types>",
    )
    yield (
        "_rels/.rels",
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONSHIPS}/officeDocument" Target="xl/workbook.xml"/>'
        f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        "</Relationships>",
    )
    yield (
        "docProps/core.xml",
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{title}</dc:title></cp:coreProperties>",
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{_RELATIONSHIPS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        + f'<Relationship Id="rId{len(sheets) + 1}" Type="{_RELATIONSHIPS}/styles" Target="styles.xml"/></Relationships>',
    )
    yield "xl/styles.xml", _STYLES
    yield "xl/workbook.xml", _workbook_xml(sheets)
    for n, sheet in zip(numbers, sheets, strict=True):
        yield f"xl/worksheets/sheet{n}.xml", _sheet_xml(sheet)


_BORDER: Final = "".join(
    f'<{side} style="thin"><color rgb="FF808080"/></{side}>' for side in ("left", "right", "top", "bottom")
)
_ALIGNED_TOP: Final = 'applyAlignment="1"><alignment vertical="top"'
_STYLES: Final = (
    f'<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="9"/><name val="Arial"/></font><font><b/><sz val="9"/><name val="Arial"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFD9D9D9"/><bgColor indexed="64"/></patternFill></fill></fills>'
    '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>'
    f"<border>{_BORDER}<diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" applyBorder="1" '
    f'{_ALIGNED_TOP} wrapText="1"/></xf>'
    f'<xf numFmtId="0" fontId="0" fillId="0" borderId="1" xfId="0" applyBorder="1" {_ALIGNED_TOP} wrapText="1"/></xf>'
    f'<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" {_ALIGNED_TOP}/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _workbook_xml(sheets: Sequence[Sheet]) -> str:
    """Return the list of sheets, and the two names that Excel needs for a filter and a repeated head row."""
    listed = "".join(f'<sheet name="{sheet.name}" sheetId="{n}" r:id="rId{n}"/>' for n, sheet in enumerate(sheets, 1))
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{n}" hidden="1">'
        f"'{sheet.name}'!$A$1:${column_name(len(sheet.widths))}${len(sheet.rows)}</definedName>"
        for n, sheet in enumerate(sheets)
    )
    titles = "".join(
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{n}">\'{sheet.name}\'!$1:$1</definedName>'
        for n, sheet in enumerate(sheets)
    )
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONSHIPS}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{listed}</sheets>"
        f"<definedNames>{filters}{titles}</definedNames></workbook>"
    )


def _sheet_xml(sheet: Sheet) -> str:
    """Return the XML of one sheet."""
    area = f"A1:{column_name(len(sheet.widths))}{len(sheet.rows)}"
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(sheet.widths, 1)
    )
    fit, scale, footer = "", "", ""
    if sheet.is_printed:
        fit, scale = '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>', ' fitToWidth="1" fitToHeight="0"'
    if sheet.footer:
        footer = f"<headerFooter><oddFooter>{_escape_xml(sheet.footer)}</oddFooter></headerFooter>"
    return "".join(
        (
            f'<worksheet xmlns="{_MAIN}">{fit}<dimension ref="{area}"/><sheetViews><sheetView workbookViewId="0">',
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>',
            f'<sheetFormatPr defaultRowHeight="12"/><cols>{columns}</cols><sheetData>',
            *_rows_xml(sheet),
            f'</sheetData><autoFilter ref="{area}"/>',
            '<pageMargins left="0.4" right="0.4" top="0.4" bottom="0.6" header="0.3" footer="0.3"/>',
            f'<pageSetup paperSize="9" orientation="landscape"{scale}/>{footer}',
            f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/></ignoredErrors></worksheet>',
        )
    )


def _rows_xml(sheet: Sheet) -> Iterator[str]:
    """Yield each row. An empty cell is written only where it has lines around it."""
    names = [column_name(n) for n in range(1, len(sheet.widths) + 1)]
    for n, row in enumerate(sheet.rows, 1):
        style = _HEAD_FORMAT if n == 1 else _TEXT_FORMAT if sheet.is_printed else _PLAIN_FORMAT
        cells = (
            f'<c r="{name}{n}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{_cell_xml(text)}</t></is></c>'
            if text
            else f'<c r="{name}{n}" s="{style}"/>'
            for name, text in zip(names, row, strict=True)
            if text or sheet.is_printed
        )
        yield f'<row r="{n}">{"".join(cells)}</row>'


def column_name(number: int) -> str:
    """Return the letters of a column: A for 1, AA for 27."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _cell_xml(text: str) -> str:
    """Return the text of a cell as XML."""
    return _escape_xml(_ESCAPE_LOOKALIKE.sub("_x005F_", cell_text(text)))


def _escape_xml(text: str) -> str:
    return text.translate(_XML_ESCAPES)
