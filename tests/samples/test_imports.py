"""Imported entries of the fictional diaries are what the app's own import writes today."""

import json
from typing import Any

import pytest

from tests.samples.write_imports import TABLES, import_received


@pytest.fixture(scope="module")
def imported() -> dict[str, Any]:
    """Return what the app writes today."""
    return import_received()


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_are_what_the_app_writes(imported: dict[str, Any], name: str) -> None:
    """A change of the import changes the fictional diaries as well."""
    assert json.loads(TABLES[name].read_text("utf-8")) == imported[name]


@pytest.mark.parametrize("name", TABLES)
def test_there_is_one_of_each_source(imported: dict[str, Any], name: str) -> None:
    """An Instagram conversation, texts, missed calls, three emails of one mailbox and a saved page."""
    entries = imported[name]
    channels = [row["schedule"]["fields"]["channel"] for row in entries if "schedule" in row]
    assert sorted(channels) == ["email"] * 3 + ["instagram", "phone_call", "sms"]
    [mailbox] = {
        row["schedule"]["fields"]["import_summary"]["mailbox"]["sha256"]
        for row in entries
        if row["entry"].get("channel") == "email"
    }
    assert mailbox
    calls = [row for row in entries if row["entry"].get("channel") == "phone_call"]
    types = [line["type"] for row in calls for line in row["schedule"]["fields"]["rows"]]
    assert types.count("missed_call") >= 5
    assert [row["file"]["fields"]["kind"] for row in entries if "schedule" not in row] == ["document"]
