"""The training diary has sixty made-up incidents, everything that is taught with it, and no real people."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, cast

import pytest

from diary.client.journal import Journal
from diary.clock import FixedClock
from diary.crypto.words import word_list
from diary.record.referenced_ids import ids_in
from diary.record.rules import find_issues
from diary.record.vocabulary import CHOICE_LISTS
from diary.samples import fictional_diary, register_records
from diary.samples.journal_writer import JournalWriter, write_diary
from diary.samples.training import TRAINING_SCRIPT
from tests.local_journal import local_journal

ONLINE_CHANNELS = {"online", "phone"}
CODES = (
    ("behaviours", "behaviours"),
    ("channel", "channels"),
    ("place_category", "places"),
    ("feelings_then", "feelings"),
)
MORE_CODES = (("attribution_basis", "attribution"), ("response", "responses"), ("feared_violence", "fear"))


@pytest.fixture(scope="module")
def written_journal() -> Journal:
    """Return the whole diary, sealed on a device without a server; a breach before the order was served is refused."""
    clock = FixedClock(0)
    writer = JournalWriter(local_journal(clock, fictional_diary.TZ), clock)
    write_diary(
        writer,
        fictional_diary.load_entries(TRAINING_SCRIPT),
        lambda *_: None,
        register_records.load_versions(TRAINING_SCRIPT),
        TRAINING_SCRIPT,
    )
    return writer.journal


def test_sixty_incidents_over_five_months() -> None:
    """From January to June, online and in person, mostly both; an entry explains the gap in spring."""
    diary_entries = fictional_diary.load_entries(TRAINING_SCRIPT)
    days = [datetime.fromtimestamp(entry.written_at_ms / 1000, UTC) for entry in diary_entries]
    assert len(diary_entries) == 60 and (days[-1] - days[0]).days >= 150 and days == sorted(days)
    places = [entry.fields.get("place_category") for entry in diary_entries]
    assert (
        sum(place in ONLINE_CHANNELS for place in places) > 12
        and sum(place not in ONLINE_CHANNELS for place in places) > 30
    )
    assert max((b - a).days for a, b in pairwise(days)) >= 21


def test_it_holds_what_is_taught_with_it(written_journal: Journal) -> None:
    """Everything taught is there: people and helpers, proxies, an order, breaches of each term after service, replies.

    A withdrawn mistake, late, copied and amended entries, and video that will be wiped are there too.
    """
    newest = [written_journal.newest_version(record) for record in written_journal.record_ids("incident")]
    kinds = {row["kind"] for row in written_journal.versions()}
    assert {"person", "order", "report", "notice", "account", "impact", "schedule", "background", "note"} <= kinds
    assert len(written_journal.record_ids("person")) >= 6 and len(written_journal.record_ids("account")) >= 8
    broken = [one for held in newest for one in cast("list[dict[str, Any]]", held.fields.get("alleged_breaches") or [])]
    assert {one["term_no"] for one in broken} == {1, 2, 3, 4}
    fields = [dict(held.fields) for held in newest]
    assert {one.get("entry_kind") for one in fields} >= {"later_recollection"}
    assert {one.get("i_contacted_them") for one in fields} >= {"yes_in_reply", "yes_first"}
    assert {one.get("carried_out_by") for one in fields} >= {"someone_for_them", "unknown_person"}
    assert sum("taken_out" in one for one in fields) == 1
    assert sum(bool(one.get("independent_evidence")) for one in fields) >= 6
    assert sum(one.get("start_with_this") is True for one in fields) <= 10


def test_nothing_in_it_is_odd(written_journal: Journal) -> None:
    """Each version is valid, each link resolves, each code is in its list."""
    known = {row["record"] for row in written_journal.versions()}
    for row in written_journal.versions():
        fields, restricted = row["open"]["fields"], row["restricted"]["fields"] if row["restricted"] else {}
        assert set(ids_in({**fields, **restricted})) <= known, row["kind"]
        assert find_issues(row["kind"], fields, restricted) == [], fields
    for entry in fictional_diary.load_entries(TRAINING_SCRIPT):
        for name, choice in (*CODES, *MORE_CODES):
            value: Any = entry.fields.get(name) or []
            for code in [value] if isinstance(value, str) else value:
                assert CHOICE_LISTS[choice].find_term(code), (name, code)


def test_nobody_in_it_is_real() -> None:
    """Telephone numbers are those reserved for drama, hosts those reserved for examples; the words are from the list."""
    text = json.dumps(
        [
            TRAINING_SCRIPT.load_table("entries"),
            TRAINING_SCRIPT.load_table("records"),
            dict(TRAINING_SCRIPT.officer_sheet),
        ]
    )
    numbers = re.findall(r"(?:\+44 ?|0)7[\d ]{8,11}\d", text)
    assert len(numbers) > 5 and all(re.fullmatch(r"(?:\+44 |0)7700 900\d{3}", number) for number in numbers)
    assert all(host.endswith("example") for host in re.findall(r"\w@([a-z.]+\.[a-z]+)", text))
    assert set(TRAINING_SCRIPT.words.split()) <= set(word_list())
