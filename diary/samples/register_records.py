"""Other records of the fictional diary: people, accounts, an order, reports and more, and their links from entries.

The data is in `NAME_records.json`. A value `@callum` stands for the id of that record, `@entry:3` for that of the
fourth entry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from diary.samples.fictional_diary import SAMPLE_SCRIPT, TZ, DiaryScript, SampleFile, draw_file

_ZONE: Final = ZoneInfo(TZ)
_FIELDS_OF_A_KEEPER: Final = frozenset({"captured_at", "description", "looked_at", "shows", "url_full"})
_DRAWN_MESSAGE_PARTS: Final = 3  # parts of a drawn message: who, when, what


@dataclass(frozen=True, slots=True)
class SampleRecordVersion:
    """One version of a record: when it was written (ms UTC), its kind, key and fields.

    `file`: of an attachment's first version, collected in a sitting; no entry has it.
    """

    written_at_ms: int
    kind: str
    key: str
    fields: Mapping[str, object]
    restricted: Mapping[str, object]
    file: SampleFile | None = None


def load_versions(script: DiaryScript = SAMPLE_SCRIPT) -> list[SampleRecordVersion]:
    """Return every version in chronological order, with links unresolved."""
    unsorted = (version for row in script.load_table("records")["records"] for version in _parse_versions(row, script))
    return sorted(unsorted, key=lambda version: version.written_at_ms)


def load_entry_links(script: DiaryScript = SAMPLE_SCRIPT) -> dict[int, dict[str, object]]:
    """Return the fields that link entries to these records, by entry index."""
    return {int(index): fields for index, fields in script.load_table("records")["entries"].items()}


def resolve_ids(value: Any, ids: Mapping[str, str]) -> Any:
    """Replace `@` keys in a value by ids. Unknown keys stay as they are (an account's handle, for instance)."""
    if isinstance(value, str):
        return ids.get(value[1:], value) if value.startswith("@") else value
    if isinstance(value, Mapping):
        return {name: resolve_ids(member, ids) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [resolve_ids(member, ids) for member in value]
    return value


def _parse_versions(row: Mapping[str, Any], script: DiaryScript) -> list[SampleRecordVersion]:
    """Return the versions of a record: the first, its changes, and a withdrawal."""
    fields = dict(row["fields"]) | _message_rows(row, script)
    restricted = row.get("restricted", {})
    collected = [_collected_versions(picture, row) for picture in row.get("collects", ())]
    if collected:
        fields |= {"attachment_ids": [f"@{versions[0].key}" for versions in collected]}
    record_versions = [SampleRecordVersion(_utc_ms(row["written"]), row["kind"], row["key"], fields, restricted)]
    for change in row.get("later", ()):
        fields = fields | change["fields"]
        reason = {"reason": change["reason"]} if "reason" in change else {}
        record_versions.append(
            SampleRecordVersion(_utc_ms(change["at"]), row["kind"], row["key"], fields | reason, restricted)
        )
    if removal := row.get("taken_out"):
        removed_at_ms = _utc_ms(removal["at"])
        record_versions.append(
            SampleRecordVersion(
                removed_at_ms, row["kind"], row["key"], {"reason": removal["reason"], "taken_out": removed_at_ms}, {}
            )
        )
    return [*record_versions, *(version for versions in collected for version in versions)]


def _collected_versions(picture: Mapping[str, Any], sitting: Mapping[str, Any]) -> list[SampleRecordVersion]:
    """Draw a file of a sitting, which no keeper has described.

    A second version says when the keeper opened it, if `opened` is given.
    """
    collected_at_ms = _utc_ms(picture["collected"])
    file = draw_file({**picture, "description": "", "shows": []}, collected_at_ms)
    collected = {
        "at": collected_at_ms,
        "by": sitting["fields"]["advocate"],
        "sitting_id": f"@{sitting['key']}",
        "source": picture["source"],
    }
    known_fields = {name: value for name, value in file.fields.items() if name not in _FIELDS_OF_A_KEEPER}
    file = replace(file, fields=known_fields | {"collected": collected})
    key = f"file:{file.name}"
    versions = [SampleRecordVersion(collected_at_ms, "attachment", key, {}, {}, file)]
    if "opened" in picture:
        opened_at_ms = _utc_ms(picture["opened"])
        opened_fields = {"looked_at": opened_at_ms, "opened_by_keeper_at": opened_at_ms}
        versions.append(SampleRecordVersion(opened_at_ms, "attachment", key, opened_fields, {}))
    return versions


def _message_rows(row: Mapping[str, Any], script: DiaryScript) -> dict[str, object]:
    """Return the rows of a message schedule: evenly spread calls, or the messages in an entry's pictures."""
    if "calls" in row:
        calls = row["calls"]
        first, last = _utc_ms(calls["from"]), _utc_ms(calls["to"])
        times_ms = [first + (last - first) * i // (calls["count"] - 1) for i in range(calls["count"])]
        lines = [{"direction": "in", "from": calls["them"], "to": "me", "type": "missed_call"} for _ in times_ms]
    elif "lines_of" in row:
        messages = _drawn_messages(row["lines_of"]["entry"], script)
        times_ms = [_utc_ms(f"{row['lines_of']['day']}T{clock}") for _, clock, _ in messages]
        them = row["lines_of"]["them"]
        parties = {
            "me": {"direction": "out", "from": "me", "to": them},
            "them": {"direction": "in", "from": them, "to": "me"},
        }
        lines = [parties[sender] | {"text": text, "type": "text"} for sender, _, text in messages]
    else:
        return {}
    return {
        "rows": [
            _message_row(number, sent_at_ms, message_fields)
            for number, (sent_at_ms, message_fields) in enumerate(zip(times_ms, lines, strict=True), 1)
        ]
    }


def _message_row(number: int, sent_at_ms: int, message_fields: Mapping[str, object]) -> dict[str, object]:
    """Return one row with its number and time."""
    sent_local = datetime.fromtimestamp(sent_at_ms / 1000, _ZONE).strftime("%Y-%m-%dT%H:%M")
    return {
        **message_fields,
        "msg_no": number,
        "sent_at": sent_at_ms,
        "sent_local": sent_local,
        "sent_source": "message_or_call_stamp",
    }


def _drawn_messages(entry_index: int, script: DiaryScript) -> Sequence[Sequence[str]]:
    """Return the messages drawn in an entry's pictures: who, when, what."""
    entry_row = script.load_table("entries")[entry_index]
    return [line for file in entry_row["files"] for line in file["lines"] if len(line) == _DRAWN_MESSAGE_PARTS]


def _utc_ms(text: str) -> int:
    """Return a local time in the diary's zone as ms UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=_ZONE).timestamp() * 1000)
