"""Imported entries of the fictional diaries are what the app's own import writes today.

`python -m tests.samples.test_imports` writes them anew from tests/samples/received.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import diary.samples
from diary.samples.fictional_diary import SAMPLE_SCRIPT
from diary.samples.training import TRAINING_SCRIPT

RECEIVED = Path(__file__).with_name("received")
SCRIPT = Path(__file__).with_name("read_received.mjs")
TABLES = {
    script.name: Path(diary.samples.__file__).with_name(f"{script.name}_imports.json")
    for script in (SAMPLE_SCRIPT, TRAINING_SCRIPT)
}


def import_received() -> dict[str, Any]:
    """Import each file on a phone in Node, and return what it wrote, by diary."""
    node = shutil.which("node")
    assert node, "needs Node"
    result = subprocess.run([node, str(SCRIPT), str(RECEIVED)], capture_output=True, check=True, timeout=120)
    imported: dict[str, Any] = json.loads(result.stdout)
    return imported


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


if __name__ == "__main__":
    for diary_name, rows in import_received().items():
        TABLES[diary_name].write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
