"""02_chronology.xlsx and the short table: other programs read the cells of 02, and no forged cell passes."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook

from diary.pack.tables import short_chronology
from diary.pack.tables.csv_tables import encode_csv
from diary.pack.tables.short_chronology import (
    SHORT_TABLE_PATH,
    SPREADSHEET_PATH,
    TABLE_PATH,
    chronology_copies,
)
from diary.pack.tables.spreadsheet import cell_text
from diary.record.vocabulary import CHOICE_LISTS
from tests.pack.conftest import BuiltPack, SamplePack
from tests.pack.forgeries import change_cell
from tests.pack.pack_members import members_of, rebuild_digest_lists, without_statements
from tests.pack.restricted_scan import RestrictedScanner, readable_forms
from tests.pack.verifier_comparison import FindingSet, PackCases, compare_verifiers

TABLE, SHORT_TABLE, SPREADSHEET = (f"data/{path}" for path in (TABLE_PATH, SHORT_TABLE_PATH, SPREADSHEET_PATH))
HEADS = (
    "No.", "When", "When, to sort by", "How sure of the time", "What kind", "Where and how",
    "What happened, as first written", "Added or changed later", "Who, and how that is known", "Effect",
    "Reported, and orders", "Evidence",
)  # fmt: skip
# Each of these is something that a spreadsheet, XML or CSV reads as more than text.
ODD_TEXTS = (
    "=1+1", "+1", "-1", "@sum", " =1", "\t=1", "\r=1", "\uff1d1", "'=1", "12", "2026-11-03", "1e5", "TRUE", "#REF!",
    "=cmd|'/c calc'!A1", '=HYPERLINK("http://example.org")', "<b>&amp;", "]]>", "_x0041_", "_x005F_x0041_", "_X0041_",
    "a\rb", "a\r\nb", "a\nb\n", " a  ", "\x01\x0b\x1f\x7f\x85", "\ufffe\uffff", "\ufeffa", "\U0001f622\U0001f468\u200d",
    "\u202eabc", "\u0648\u06c1", '"', "", "x" * 32_767, "x" * 32_768, "\U0001f622" * 20_000,
)  # fmt: skip


def test_every_code_of_a_time_has_words() -> None:
    """No code of `precision` or `time_sources` stands in the short table as a code."""
    layout = json.loads(Path(short_chronology.__file__).with_name("short_columns.json").read_text("utf-8"))
    words = {source["column"]: source.get("words", {}) for column in layout["columns"] for source in column["from"]}
    for name, column in (("precision", "precision"), ("time_sources", "time_source")):
        assert words[column].keys() == {term.code for term in CHOICE_LISTS[name].terms}, name


def read_rows(raw: bytes) -> list[list[str]]:
    """Return the rows of a CSV file."""
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def open_workbook(raw: bytes) -> Workbook:
    """Return the workbook as openpyxl reads it."""
    return openpyxl.load_workbook(io.BytesIO(raw), rich_text=False)


def sheet_rows(workbook: Workbook, name: str) -> list[list[str]]:
    """Return the cells of a sheet as Excel shows them: openpyxl leaves Excel's own escapes as they stand."""
    return [[unescape(cell.value or "") for cell in row] for row in workbook[name].iter_rows()]


def shown(rows: list[list[str]]) -> list[list[str]]:
    """Return rows as a spreadsheet shows them."""
    return [[cell_text(cell) for cell in row] for row in rows]


def odd_table() -> bytes:
    """Return a table with each odd text in two columns, as the pack maker writes it."""
    return encode_csv(("no", "what_happened", "exact_words"), ((n, text, text) for n, text in enumerate(ODD_TEXTS, 1)))


def copies_of(table: bytes) -> dict[str, bytes]:
    """Return the copies of a table, which must be one."""
    copies = chronology_copies(table)
    assert copies is not None
    return copies


def test_every_cell_is_that_of_the_table(full_pack: BuiltPack) -> None:
    """The second sheet has the rows of 02, the first those of the short table, which has twelve columns."""
    members = members_of(full_pack.path)
    workbook = open_workbook(members[SPREADSHEET])
    short_rows = read_rows(members[SHORT_TABLE])
    assert workbook.sheetnames == ["Chronology", "All columns"]
    assert sheet_rows(workbook, "All columns") == shown(read_rows(members[TABLE]))
    assert sheet_rows(workbook, "Chronology") == shown(short_rows)
    assert tuple(short_rows[0]) == HEADS and len(short_rows) == 26


def test_the_short_table_says_what_an_officer_asks_first(sample_pack: SamplePack) -> None:
    """Each cell has the words of 02, labelled where they would be unclear alone, and codes of times in words."""
    full = {row["no"]: row for row in sample_pack.read_table(TABLE_PATH)}
    for row in sample_pack.read_table(SHORT_TABLE_PATH):
        source = full[row["No."]]
        assert row["When"] == source["occurred"] and row["When, to sort by"] == source["occurred_start"]
        assert source["what_happened"] in row["What happened, as first written"]
        assert row["Added or changed later"] == source["later"]
        assert row["Who, and how that is known"].split("\n") == [
            source[name] for name in ("person_code", "who", "how_known") if source[name]
        ]
        assert source["reported"] in row["Reported, and orders"] and source["exhibits"] in row["Evidence"]
        assert ("Afraid of violence: Yes" in row["Effect"]) == source["afraid_of_violence"].startswith("Yes")
        assert "phone_clock" not in row["How sure of the time"] and "_" not in row["How sure of the time"]


def test_every_cell_is_text_and_nothing_is_hidden(full_pack: BuiltPack) -> None:
    """No formula, number, date, link, macro, comment or hidden part; the title is the only property."""
    raw = members_of(full_pack.path)[SPREADSHEET]
    workbook = open_workbook(raw)
    for sheet in workbook:
        assert sheet.sheet_state == "visible" and not sheet._hyperlinks and not sheet.merged_cells.ranges
        assert not any(line.hidden for line in (*sheet.row_dimensions.values(), *sheet.column_dimensions.values()))
        assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
        assert not sheet.defined_names
    assert not workbook.defined_names
    assert workbook.properties.title == "Chronology"
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {row.filename: archive.read(row).decode() for row in archive.infolist()}
        assert {row.date_time for row in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert sorted(parts) == list(parts) == [
        "[Content_Types].xml", "_rels/.rels", "docProps/core.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
        "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml",
    ]  # fmt: skip
    for text in parts.values():
        assert len(re.findall("<c [^>]*[^/]>", text)) == text.count(' t="inlineStr"><is><t xml:space="preserve">')
        assert not any(mark in text for mark in ("<f>", "<f ", "<v>", 'TargetMode="External"', "<hyperlink"))
        # The words of cells are left out here: the random letters of an entry's number may hold "vba".
        assert "vba" not in re.sub("(?s)<t [^>]*>.*?</t>", "", text).lower()
    assert re.findall("<[a-z]+:[A-Za-z]+", parts["docProps/core.xml"]) == ["<cp:coreProperties", "<dc:title"]


def test_the_first_sheet_prints_on_landscape_pages(full_pack: BuiltPack) -> None:
    """A4 landscape, one page across, the head row frozen and on each page, a filter, wrapped text."""
    workbook = open_workbook(members_of(full_pack.path)[SPREADSHEET])
    for sheet in workbook:
        last = f"{sheet.cell(1, sheet.max_column).column_letter}{sheet.max_row}"
        assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("A2", f"A1:{last}", "$1:$1")
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    first = workbook["Chronology"]
    assert first.sheet_properties.pageSetUpPr is not None and first.sheet_properties.pageSetUpPr.fitToPage
    assert (int(first.page_setup.fitToWidth), int(first.page_setup.fitToHeight)) == (1, 0)
    assert all(cell.alignment.wrap_text for row in first.iter_rows() for cell in row)
    assert first.oddFooter.left.text and "see 01" in first.oddFooter.left.text


def test_any_text_is_read_back_as_text() -> None:
    """Formulas, escapes, control characters, line ends and long texts are read by openpyxl as the cells of the table."""
    table = odd_table()
    rows = read_rows(table)
    assert [row[1] for row in rows[1:5]] == ["'=1+1", "'+1", "'-1", "'@sum"]
    workbook = open_workbook(copies_of(table)[SPREADSHEET_PATH])
    assert sheet_rows(workbook, "All columns") == shown(rows)
    assert "[U+0001][U+000B][U+001F]" in cell_text("\x01\x0b\x1f") and cell_text("\ufffe\uffff") == "[U+FFFE][U+FFFF]"
    longest = [cell for row in sheet_rows(workbook, "Chronology") for cell in row if "goes on in 02" in cell]
    assert len(longest) == 2 and max(len(cell.encode("utf-16-le")) // 2 for cell in longest) <= 32_767


def test_three_thousand_entries_are_read_back() -> None:
    """A long diary's table is copied whole."""
    names = ("no", "occurred", "what_happened", *(f"column_{n}" for n in range(57)))
    table = encode_csv(names, ([n, "Tue 3 Nov 2026", f"He rang again. {n}", *["x"] * 57] for n in range(1, 3001)))
    copies = copies_of(table)
    workbook = open_workbook(copies[SPREADSHEET_PATH])
    assert sheet_rows(workbook, "Chronology") == read_rows(copies[SHORT_TABLE_PATH])
    assert workbook["All columns"].max_row == 3001 and workbook["All columns"]["C3001"].value == "He rang again. 3000"


@pytest.mark.slow
def test_libreoffice_reads_the_same_cells(full_pack: BuiltPack, tmp_path: Path) -> None:
    """Each sheet saved as CSV by LibreOffice has the cells of the table it was made of, and odd texts stay text."""
    office = shutil.which("soffice")
    assert office, "LibreOffice is not on the path; `make test-all` installs it"
    for name, table in {"pack": members_of(full_pack.path)[TABLE], "odd": odd_table()}.items():
        copies = copies_of(table)
        (tmp_path / f"{name}.xlsx").write_bytes(copies[SPREADSHEET_PATH])
        # Comma, quote, UTF-8, from line 1, cells as shown, every sheet in a file of its own.
        csv_filter = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
        command = [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", csv_filter]
        subprocess.run(
            [*command, "--outdir", str(tmp_path), str(tmp_path / f"{name}.xlsx")],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        for sheet, rows in {"Chronology": copies[SHORT_TABLE_PATH], "All columns": table}.items():
            read = read_rows((tmp_path / f"{name}-{sheet}.csv").read_bytes())
            expected = [[shown_by_libreoffice(cell_text(cell)) for cell in row] for row in read_rows(rows)]
            assert [[shown_by_libreoffice(cell) for cell in row] for row in read] == expected


def shown_by_libreoffice(cell: str) -> str:
    """Return the text with the line ends that LibreOffice makes of all kinds."""
    return cell.replace("\r\n", "\n").replace("\r", "\n")


def test_a_forged_cell_is_found_by_both_checkers(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A cell changed in one copy alone, signed by the keeper's key, is a finding; so is a table that is none."""
    members, keeper = members_of(small_pack.path), small_pack.diary.author
    short_table, table = members[SHORT_TABLE], members[TABLE]
    changes: dict[str, tuple[dict[str, bytes], FindingSet]] = {
        "the spreadsheet": (
            {SPREADSHEET: change_cell(members[SPREADSHEET], random.Random(1))},
            {("table", SPREADSHEET)},
        ),
        "the short table": ({SHORT_TABLE: short_table.replace(b"JB/1", b"JB/9")}, {("table", SHORT_TABLE)}),
        "the table": (
            {TABLE: table.replace(b"JB/1", b"JB/9")},
            {("table", SHORT_TABLE), ("table", SPREADSHEET)},
        ),
        "a formula": ({TABLE: table.replace(b"JB/1", b"=1+1")}, {("unreadable", TABLE)}),
        "no table": ({TABLE: b"\xff"}, {("unreadable", TABLE)}),
        "all three alike": ({TABLE: table.replace(b"JB/1", b"JB/9")}, set()),
    }
    cases, expected = PackCases(tmp_path, small_pack.diary.notary.pub), dict[str, FindingSet]()
    for name, (changed, found) in changes.items():
        if name == "all three alike":
            changed |= {f"data/{path}": raw for path, raw in copies_of(changed[TABLE]).items()}
        assert all(members[path] != raw for path, raw in changed.items())
        cases.add(name, rebuild_digest_lists(small_pack.path, members | changed, tmp_path / "forged.zip", keeper))
        expected[name] = found
    assert compare_verifiers(cases) == expected


def test_a_signed_pack_without_a_copy_is_lacking_it(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A pack of this release has both. One of 0.1.0, which was not signed, has neither and lacks nothing."""
    members, keeper = members_of(small_pack.path), small_pack.diary.author
    old_members = {name: raw for name, raw in members.items() if name not in (SHORT_TABLE, SPREADSHEET)}
    cases, expected = PackCases(tmp_path, small_pack.diary.notary.pub), dict[str, FindingSet]()
    for name in (SHORT_TABLE, SPREADSHEET):
        left = {path: raw for path, raw in members.items() if path != name}
        cases.add(name, rebuild_digest_lists(small_pack.path, left, tmp_path / "lacking.zip", keeper))
        expected[name] = {("lacking", name)}
    cases.add("0.1.0", without_statements(small_pack.path, old_members, tmp_path / "old.zip"))
    expected["0.1.0"] = {("not_signed", None)}
    servable = tmp_path / "servable"
    for path, raw in old_members.items():
        if path.startswith("data/servable/"):
            target = servable / path.removeprefix("data/servable/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
    cases.add("the servable folder", servable)
    findings = compare_verifiers(cases)
    assert {("lacking", SHORT_TABLE), ("lacking", SPREADSHEET)} <= findings.pop("the servable folder")
    assert findings == expected


def test_the_scan_for_restricted_values_reads_the_spreadsheet(full_pack: BuiltPack) -> None:
    """A restricted name in a cell is found, also behind XML's escapes. There is none in the pack's own."""
    members = members_of(full_pack.path)
    scanner = RestrictedScanner(json.loads(members["data/restricted/12_record.json"]))
    found = {where for where, text in readable_forms("02.xlsx", members[SPREADSHEET]) if scanner.find_in(text)}
    assert found == set()
    leaking = encode_csv(("no", "what_happened"), [("1", "<i>14 Elmhurst Road")])
    texts = readable_forms("02.xlsx", copies_of(leaking)[SPREADSHEET_PATH])
    assert {where for where, text in texts if scanner.find_in(text)} == {
        "02.xlsx xl/worksheets/sheet1.xml",
        "02.xlsx xl/worksheets/sheet2.xml",
    }
