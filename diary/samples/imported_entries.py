"""Entries that a phone made from made-up exports: a conversation, texts, calls, emails, a saved page.

`NAME_imports.json` has what the app's own import wrote, and the text of each file that it kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from diary.samples.fictional_diary import DiaryScript, SampleEntry, SampleFile
from diary.samples.register_records import SampleRecordVersion

TABLE: Final = "imports"


@dataclass(frozen=True, slots=True)
class ImportedEntry(SampleEntry):
    """Entry with its one file. `schedule`: its messages (ms UTC, fields, restricted fields); None for a saved page."""

    file: SampleFile | None = None
    schedule: SampleRecordVersion | None = None

    def draw_files(self) -> Iterator[SampleFile]:
        """Return the file as it is kept."""
        if self.file:
            yield self.file


def load_imports(script: DiaryScript, first_index: int) -> tuple[list[ImportedEntry], list[SampleRecordVersion]]:
    """Return the entries and their message schedules. `first_index`: the index of the first among all entries."""
    rows = script.load_table(TABLE)
    entries = [_parse_entry(row, first_index + number) for number, row in enumerate(rows)]
    return entries, [entry.schedule for entry in entries if entry.schedule]


def _parse_entry(row: Mapping[str, Any], index: int) -> ImportedEntry:
    file, schedule = row["file"], row.get("schedule")
    key = f"import:{index}"
    received = SampleFile(file["name"], file["text"].encode(), file["fields"], file["restricted"])
    links: dict[str, object] = {"incident_ids": [f"@entry:{index}"], "source_attachment_id": f"@file:{file['name']}"}
    return ImportedEntry(
        row["at"],
        row["entry"] | ({"schedule_id": f"@{key}"} if schedule else {}),
        {},
        (),
        (),
        "",
        file=received,
        schedule=SampleRecordVersion(row["at"] + 1, "schedule", key, schedule["fields"] | links, schedule["restricted"])
        if schedule
        else None,
    )
