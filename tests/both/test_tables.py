"""The short chronology and the spreadsheet: any rows and any bytes give the same files, or are refused alike."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from diary.pack.tables.csv_format import read_table
from diary.pack.tables.csv_tables import encode_csv
from diary.pack.tables.short_chronology import chronology_copies
from tests.both.node_process import NodeProcess, assert_same_answer, hypothesis_settings

COLUMNS = (
    "no", "occurred", "precision", "time_source", "what_happened", "count", "where", "who", "exhibits", "other",
)  # fmt: skip
CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(
        ["", "minute", "memory", "_x0041_", "\r\n", '"', "=1", " +1", "\ufeff", "\uffff", "]]>", "constructor"]
    ),
)
TABLES = st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=5).flatmap(
    lambda head: st.tuples(st.just(head), st.lists(st.lists(CELLS, min_size=len(head), max_size=len(head)), max_size=4))
)
BYTE_CHANGES = st.tuples(
    st.integers(0, 80), st.sampled_from([b"", b"\xff", b'"', b",", b"\r", b"\n", b"\r\n", b"=", b'""', b"\0"])
)


def _answer(raw: bytes) -> list[str] | None:
    copies = chronology_copies(raw)
    return None if copies is None else [content.hex() for content in copies.values()]


def test_both_make_the_same_files_of_a_table(browser_code: NodeProcess, example_count: int) -> None:
    """Rows as the pack maker writes them are read back as they were, and both languages make the same bytes of them."""

    @hypothesis_settings(example_count)
    @given(TABLES)
    def compare(table: tuple[list[str], list[list[str]]]) -> None:
        raw = encode_csv(*table)
        assert read_table(raw) == list(csv.reader(io.StringIO(raw.decode("utf-8")[1:], newline="")))
        assert_same_answer(browser_code, "chronology_copies", raw.hex(), lambda: _answer(raw))

    compare()


def test_both_refuse_the_same_bytes(browser_code: NodeProcess, example_count: int) -> None:
    """A changed byte makes another table or none, in both languages alike."""

    @hypothesis_settings(example_count)
    @given(TABLES, BYTE_CHANGES)
    def compare(table: tuple[list[str], list[list[str]]], change: tuple[int, bytes]) -> None:
        raw, (index, replacement) = encode_csv(*table), change
        changed = raw[:index] + replacement + raw[index + 1 :]
        assert_same_answer(browser_code, "chronology_copies", changed.hex(), lambda: _answer(changed))

    compare()
