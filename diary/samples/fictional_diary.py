"""Fictional diary of 26 incidents, one of them withdrawn, with 30 pictures and files, for the demo, tests and teaching.

The text is in sample_entries.json. All people are made up; telephone numbers are those reserved for drama, web
addresses those reserved for examples.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from diary.client.attachments import claimed_media_type, detect_media_type
from diary.samples.photos import build_mail, draw_photo
from diary.samples.screenshots import draw_screenshot

TZ: Final = "Europe/London"
SAMPLE_WORDS: Final = "harbor violin ladder cactus pepper noodle"
INITIALS: Final = "JB"
_ZONE: Final = ZoneInfo(TZ)
_APP_VERSION: Final = "reference client"
SAMPLE_SETTINGS: Final[Mapping[str, object]] = {
    "exhibit_start_no": 1,
    "initials": INITIALS,
    "language": "en",
    "own_words": (
        "I ended it on 3 May. I told him in writing on 4 May not to contact me. Since then it has not stopped for "
        "more than three weeks. He finds a new number or account each time I block one. I have changed my bus, my "
        "gym and my shifts. I want it to stop."
    ),
}
OFFICER_SHEET: Final[Mapping[str, object]] = {
    "concerns": "He knows where my sister lives. I do not think he has a key. He broke a door in 2025.",
    "name_to_use": "Jas",
    "needs": "An interpreter for my grandmother if you speak to her (Urdu).",
    "safe_contact": "Text 07700 900512 between 12 and 2. Do not ring the flat. Please do not leave a voicemail.",
}


KEEPER_IDENTITY: Final = {
    "date_of_birth": "1999-02-11",
    "home_address": "Flat 9, 14 Larch Court, Sallow Road",
    "legal_name": "Jasmine Noor Barlow",
}


@dataclass(frozen=True, slots=True)
class DiaryScript:
    """Fictional diary: `NAME_entries.json` and others beside this file, and its keeper's settings."""

    name: str
    words: str
    settings: Mapping[str, object]
    officer_sheet: Mapping[str, object]

    def load_table(self, part: str) -> Any:
        """Load one of its three JSON files. `part`: entries, records or imports."""
        return json.loads(Path(__file__).with_name(f"{self.name}_{part}.json").read_text(encoding="utf-8"))


SAMPLE_SCRIPT: Final = DiaryScript("sample", SAMPLE_WORDS, SAMPLE_SETTINGS, OFFICER_SHEET)


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file: its bytes, and its open and restricted fields."""

    name: str
    content: bytes
    fields: Mapping[str, object]
    restricted: Mapping[str, object]
    still_frame: bytes | None = None  # of a video

    @property
    def media_type(self) -> str:
        """Return the media type that the bytes show."""
        return detect_media_type(self.content, self.name)


@dataclass(frozen=True, slots=True)
class SampleChange:
    """Later version of an entry: when, which fields, why.

    `is_removal`: the version withdraws the entry and has only these fields.
    """

    changed_at_ms: int
    fields: Mapping[str, object]
    is_removal: bool = False


@dataclass(frozen=True, slots=True)
class SampleEntry:
    """One incident: when it was written (ms UTC), its fields, files, later changes and private note."""

    written_at_ms: int
    fields: Mapping[str, object]
    restricted: Mapping[str, object]
    files: Sequence[Mapping[str, Any]]
    later_changes: Sequence[SampleChange]
    private_note: str
    account_file: str = ""  # file that is the account itself: signed or spoken
    purged_files: Sequence[SampleFile] = ()  # added by mistake and removed at once

    def draw_files(self) -> Iterator[SampleFile]:
        """Draw the files. The same entry gives the same bytes."""
        return (draw_file(picture, self.written_at_ms) for picture in self.files)


def load_entries(script: DiaryScript = SAMPLE_SCRIPT) -> list[SampleEntry]:
    """Return the whole diary in the order it was written."""
    return [_parse_entry(row) for row in script.load_table("entries")]


def _parse_entry(row: Mapping[str, Any]) -> SampleEntry:
    """Parse one row of the table."""
    fields = dict(row["fields"]) | _occurrence_fields(row["occurred"])
    if "discovered" in row:
        fields["discovered_at"] = _time_block(_local_time(row["discovered"]), "minute")
    written_at_ms = _utc_ms(_local_time(row["written"]))
    opened_cards = [card for card, names in _FIELDS_BY_CARD if any(name in fields for name in names)]
    fields["cards_opened"] = [{"at": written_at_ms, "card": card} for card in opened_cards]
    later_changes = tuple(
        SampleChange(_utc_ms(_local_time(change["at"])), change["fields"] | {"reason": change["reason"] or None})
        for change in row.get("later", ())
    )
    if removal := row.get("taken_out"):
        removed_at_ms = _utc_ms(_local_time(removal["at"]))
        later_changes += (
            SampleChange(removed_at_ms, {"reason": removal["reason"], "taken_out": removed_at_ms}, is_removal=True),
        )
    return SampleEntry(
        written_at_ms, fields, row.get("restricted", {}), row["files"], later_changes, row.get("note", "")
    )


_FIELDS_BY_CARD: Final = (
    ("who", ("who",)),
    ("where", ("place_category",)),
    ("kind", ("behaviours",)),
    ("channel", ("channel",)),
    ("effect", ("feelings_then", "feared_violence")),
    ("seen_by", ("told_others",)),
    ("camera", ("independent_evidence",)),
)


def _local_time(text: str, fold: int = 0) -> datetime:
    """Parse a local time in the diary's zone. `fold` 1 is the second of two equal times."""
    return datetime.fromisoformat(text).replace(tzinfo=_ZONE, fold=fold)


def _utc_ms(moment: datetime) -> int:
    """Return the time in ms UTC."""
    return int(moment.timestamp() * 1000)


def _utc_offset_minutes(moment: datetime) -> int:
    """Return the offset from UTC in minutes."""
    offset = moment.utcoffset() or timedelta(0)
    return int(offset.total_seconds() // 60)


def _occurrence_fields(row: Mapping[str, Any]) -> dict[str, object]:
    """Return the time fields of an incident (docs/record.md)."""
    fields: dict[str, object] = {"precision": row["precision"], "time_source": row["source"], "tz": TZ}
    if "from" not in row:
        return fields | {"occurred_local": row["local"]}
    start = _local_time(row["from"], row.get("fold", 0))
    end = _local_time(row["to"]) if "to" in row else None
    if row["precision"] == "day":
        end = start + timedelta(days=1)
    elif row["precision"] == "date_range" and end and len(row["to"]) == len("2026-01-01"):
        end += timedelta(days=1)
    local = row.get("local") or "/".join(row[name] for name in ("from", "to") if name in row)
    fields |= {"occurred_local": local, "occurred_start": _utc_ms(start), "utc_offset_min": _utc_offset_minutes(start)}
    return fields | ({"occurred_end": _utc_ms(end)} if end else {})


def _time_block(moment: datetime, precision: str) -> dict[str, object]:
    """Return the fields of one further time."""
    return {
        "local": moment.strftime("%Y-%m-%dT%H:%M"),
        "precision": precision,
        "start": _utc_ms(moment),
        "tz": TZ,
        "utc_offset_min": _utc_offset_minutes(moment),
    }


def draw_file(picture: Mapping[str, Any], added_at_ms: int) -> SampleFile:
    """Draw one picture, photo or e-mail with its fields. `added_at_ms`: when it was added to the app, ms UTC."""
    taken_at = _taken_at(picture, added_at_ms)
    if picture["draw"] == "mail":
        content = build_mail(picture, taken_at)
    elif "taken" in picture:
        content = draw_photo(picture, taken_at)
    else:
        content = draw_screenshot(picture)
    fields, restricted = (
        _open_fields(picture, content, taken_at, added_at_ms),
        _restricted_fields(picture, content, taken_at),
    )
    return SampleFile(picture["name"], content, fields, restricted)


def _taken_at(picture: Mapping[str, Any], added_at_ms: int) -> datetime:
    """Return when the picture was taken. A screenshot shows its own clock on the day it was added."""
    text = picture.get("taken") or picture.get("sent")
    if text:
        return _local_time(text, picture.get("fold", 0))
    hour, minute = picture["clock"].split(":")
    day = datetime.fromtimestamp(added_at_ms / 1000, _ZONE)
    return day.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)


def _open_fields(picture: Mapping[str, Any], content: bytes, taken_at: datetime, added_at_ms: int) -> dict[str, object]:
    """Return the open fields of an attachment."""
    media_type = detect_media_type(content, picture["name"])
    flags = ["type_mismatch"] if media_type != claimed_media_type(picture["name"]) else []
    if media_type == "image/heic":
        flags.append("no_print_copy")
    return {
        "added_at": added_at_ms,
        "alteration_before_receipt": picture.get("alteration", "none_known"),
        "captured_at": _time_block(taken_at, "minute"),
        "description": picture["description"],
        "flags": flags,
        "kind": picture["kind"],
        "looked_at": added_at_ms,
        "media_type": media_type,
        "sensitivity": picture.get("sensitivity", "normal"),
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha512": hashlib.sha512(content).hexdigest(),
        "shows": picture["shows"],
        "size_bytes": len(content),
        "url_full": picture.get("url"),
    }


def _restricted_fields(picture: Mapping[str, Any], content: bytes, taken_at: datetime) -> dict[str, object]:
    """Return the restricted fields of an attachment."""
    return {
        "gps_present": bool(picture.get("gps")),
        "outside_copy": {"at": _utc_ms(taken_at), "state": "kept"},
        "received_as": {
            "app_version": _APP_VERSION,
            "claimed_type": claimed_media_type(picture["name"]),
            "filename": picture["name"],
            "last_modified": _utc_ms(taken_at),
            "magic_type": detect_media_type(content, picture["name"]),
            "platform": "command line",
            "route": "files",
        },
        "shows_where_i_live": bool(picture.get("lives_here")) or None,
    }
