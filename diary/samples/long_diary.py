"""Ordinary days of a long made-up diary, from a seed: bursts of messages, calls, somebody in the street.

Together with the 26 entries of sample_entries.json and the imported ones they form the sample pack of docs/pack.md: 120
entries, 300 exhibits, 2,500 messages, and one of each special case.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from diary.record.reading import objects_of
from diary.samples import fictional_diary, register_records
from diary.samples.fictional_diary import SAMPLE_SCRIPT, SampleEntry, SampleFile
from diary.samples.imported_entries import ImportedEntry, load_imports
from diary.samples.long_diary_files import (
    MESSAGE_TEXTS,
    SAVED_CHAT,
    SENDER_NUMBER,
    SIGN_LANGUAGE_FILM,
    ZONE,
    draw_chat_screen,
    make_other_file,
    make_purged_file,
)
from diary.samples.long_diary_messages import (
    burst_messages,
    saved_message_lists,
    schedule_rows,
    utc_ms,
)
from diary.samples.register_records import SampleRecordVersion

ENTRY_COUNT: Final = 120
EXHIBIT_COUNT: Final = 300
MESSAGE_COUNT: Final = 2_500
BURST_COUNT: Final = 29
WITHHELD_NARRATIVE: Final = "I have not decided whether to tell anybody about this one."
_FIRST_DAY: Final = datetime(2026, 5, 7, 12, tzinfo=ZONE)
_DAY_COUNT: Final = 196
_DAY_TEMPLATES: Final = (
    ("He drove past twice while I waited for the bus.", ["drive_past"], "in_person", "street"),
    (
        "He was sitting in the café across from work when I came out. He looked at me and did not get up.",
        ["turn_up_work_school", "watch"],
        "in_person",
        "work",
    ),
    (
        "A friend request from an account with no picture. It follows two of my colleagues.",
        ["friend_or_follow_requests"],
        "instagram",
        "online",
    ),
    ("Silent call at work. I said hello three times and could hear a road.", ["silent_calls"], "phone_call", "work"),
    (
        "He wrote to my cousin and asked whether I was seeing anybody.",
        ["contacts_friends_family", "contact_via_others"],
        "facebook",
        "online",
    ),
    (
        "A card through the door with no name. It said “see you soon”.",
        ["letters_cards"],
        "left_at_place",
        "outside_home",
    ),
    ("He posted a photo of my street with the words “my favourite walk”.", ["posts_about_me"], "facebook", "online"),
)
_FEAR_ANSWERS: Final = ("yes", "no", "not_sure", None)


@dataclass(frozen=True, slots=True)
class GeneratedEntry(SampleEntry):
    """Entry whose files are drawn small and quickly.

    `screenshot_count`: number of pictures; `messages`: what they show; `other_files`: names of the rest.
    """

    screenshot_count: int = 0
    messages: Sequence[tuple[str, str, str]] = ()
    other_files: Sequence[str] = ()

    def draw_files(self) -> Iterator[SampleFile]:
        """Draw the files. The same entry gives the same bytes."""
        for index in range(self.screenshot_count):
            yield draw_chat_screen(
                self.written_at_ms, index, self.messages[index * 9 : index * 9 + 9] or self.messages[:9]
            )
        for name in self.other_files:
            yield make_other_file(self.written_at_ms, name)


def adapt_for_sample_pack(entry: SampleEntry) -> SampleEntry:
    """Adapt an entry of the fictional diary for the sample pack: no withdrawals, and a position only in HOME_PHOTO."""
    files = tuple({**file, "gps": file["name"] == HOME_PHOTO} for file in entry.files)
    return replace(
        entry, files=files, later_changes=tuple(change for change in entry.later_changes if not change.is_removal)
    )


def generate_entries(seed: int) -> list[GeneratedEntry]:
    """Return the entries that follow the fictional diary's own, in chronological order."""
    rng = random.Random(seed)  # noqa: S311 - made-up days; nothing depends on their being unguessable
    written_entries, imported_entries = fictional_diary.load_entries(), load_sample_imports()[0]
    entry_count = ENTRY_COUNT - len(written_entries) - len(imported_entries)
    collected_count = sum(version.file is not None for version in register_records.load_versions())
    other_count = len(_OTHER_FILES) + len(imported_entries) + collected_count
    picture_count = EXHIBIT_COUNT - sum(len(entry.files) for entry in written_entries) - other_count
    # No screenshots for the last entry, which is withheld: all 300 exhibits must be in the pack.
    screenshot_counts = [
        picture_count // (entry_count - 1) + (index < picture_count % (entry_count - 1))
        for index in range(entry_count - 1)
    ] + [0]
    return [_generate_entry(rng, index, entry_count, screenshot_counts[index]) for index in range(entry_count)]


def load_sample_imports() -> tuple[list[ImportedEntry], list[SampleRecordVersion]]:
    """Return the imported entries, which stand before the generated ones, and their message schedules."""
    return load_imports(SAMPLE_SCRIPT, len(fictional_diary.load_entries()))


def _generate_entry(rng: random.Random, index: int, entry_count: int, screenshot_count: int) -> GeneratedEntry:
    """Generate the entry of one day."""
    day = _FIRST_DAY + timedelta(days=index * _DAY_COUNT // entry_count)
    day = day.replace(tzinfo=ZoneInfo(ABROAD_TIME_ZONE)) if index == _ABROAD_INDEX else day
    start = day.replace(hour=rng.randrange(7, 23), minute=rng.randrange(60))
    written_at_ms = utc_ms(start + timedelta(minutes=rng.randrange(20, 180)))
    burst_size = _burst_sizes(entry_count).get(index)
    messages = (
        burst_messages(index, burst_size, start)
        if burst_size
        else [("them", f"{start:%H:%M}", rng.choice(MESSAGE_TEXTS))] * 3
    )
    fields = _time_fields(start) | (_burst_fields(start) if burst_size else _day_fields(rng, index))
    other_files = _OTHER_FILES[:3] if index == 0 else _OTHER_FILES[3:] if index == _SIGN_LANGUAGE_INDEX else ()
    restricted: dict[str, object] = {"place_detail": "9 Larch Court, Northmoor NM4 2QT"} if index % 9 == 4 else {}
    if index == entry_count - 1:
        fields["narrative"] = WITHHELD_NARRATIVE
    entry = GeneratedEntry(
        written_at_ms,
        fields,
        restricted,
        (),
        (),
        "",
        screenshot_count=screenshot_count,
        messages=messages,
        other_files=other_files,
    )
    if index == _SIGN_LANGUAGE_INDEX:
        return replace(entry, account_file=SIGN_LANGUAGE_FILM, fields=_sign_language_fields(fields))
    return replace(entry, purged_files=(make_purged_file(written_at_ms),)) if index == _UNDER_18_INDEX else entry


def _sign_language_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of an account in British Sign Language: the video is the account, with a translation."""
    text = "He waited by the lifts and walked behind me to the car park. I signed it in the car, straight away."
    translation = {"by": "Jo Hale", "at": "2026-06-05", "relation": "registered interpreter", "text": text}
    kept_fields = {name: value for name, value in fields.items() if name != "help_given"}
    incident_fields = {
        "behaviours": ["turn_up_work_school", "follow"],
        "channel": "in_person",
        "place_category": "work",
    }
    return {
        **kept_fields,
        **incident_fields,
        "language": "bfi",
        "narrative": "Account in BSL.",
        "translation": translation,
    }


def _burst_sizes(entry_count: int) -> dict[int, int]:
    """Return the number of messages of each burst, by entry index.

    With the diary's own they add up to MESSAGE_COUNT.
    """
    other_records = [*register_records.load_versions(), *load_sample_imports()[1]]
    row_count = sum(len(objects_of(row.fields, "rows")) for row in other_records if row.kind == "schedule")
    remaining_count = MESSAGE_COUNT - row_count - len(SAVED_CHAT) - 1
    indexes = [n * entry_count // BURST_COUNT for n in range(BURST_COUNT)]
    return {
        index: remaining_count // BURST_COUNT + (n < remaining_count % BURST_COUNT) for n, index in enumerate(indexes)
    }


def _time_fields(start: datetime) -> dict[str, object]:
    """Return the time fields of an entry, to the minute."""
    return {
        "occurred_local": start.strftime("%Y-%m-%dT%H:%M"),
        "occurred_start": utc_ms(start),
        "precision": "minute",
        "time_source": "memory",
        "tz": str(start.tzinfo),
        "utc_offset_min": int((start.utcoffset() or timedelta(0)).total_seconds() // 60),
    }


def _burst_fields(start: datetime) -> dict[str, object]:
    """Return the fields of a burst of messages, with some answers by the keeper."""
    return {
        "account_ids": ["@third_number"],
        "actor_ids": ["@callum"],
        "attribution_basis": ["known_account_or_number", "pattern"],
        "behaviours": ["chat_messages"],
        "channel": "whatsapp",
        "channel_account": SENDER_NUMBER,
        "feared_violence": "not_sure",
        "feelings_then": ["distressed"],
        "narrative": f"Messages without end again, from {start:%H:%M}. I said stop once and put the phone in a drawer.",
        "response": ["told_to_stop"],
        "who": "Callum Redfern, my ex",
    }


def _day_fields(rng: random.Random, index: int) -> dict[str, object]:
    """Return the fields of an entry that is not a burst."""
    narrative, behaviours, channel, place_category = _DAY_TEMPLATES[index % len(_DAY_TEMPLATES)]
    fields: dict[str, object] = {
        "actor_ids": ["@callum"],
        "attribution_basis": [rng.choice(("saw_them", "pattern", "guess"))],
        "behaviours": behaviours,
        "channel": channel,
        "narrative": narrative,
        "place_category": place_category,
        "who": "Callum Redfern, my ex",
    }
    fear_answer = rng.choice(_FEAR_ANSWERS)
    if fear_answer:
        fields["feared_violence"] = fear_answer
    if index == _DELETED_CHAT_INDEX:
        fields["missing_evidence"] = (
            "I deleted the chat of that week in a panic. The phone company may still have the times."
        )
    if index == _CHILD_PRESENT_INDEX:
        fields |= {"children_present": True, "children_ages": "14", "present_ids": ["@child"]}
    if index == _UNDER_18_INDEX:
        fields["narrative"] = (
            "He sent a picture that nobody may keep. I added it by mistake and took it out at once. It showed a girl from my "
            "old school. The message came from the number ending 618."
        )
    if index == _ABROAD_INDEX:
        fields["narrative"] = (
            "At my aunt’s in Lahore. A silent call at night, then a message with the name of her street."
        )
        fields |= {"behaviours": ["silent_calls", "knows_things_they_should_not"], "channel": "phone_call"}
        fields["place_category"] = "friend_or_family_home"
    if index == _TYPED_FOR_ME_INDEX:
        fields |= {"help_given": "typed_for_me", "language": "en"}
    return fields


_DELETED_CHAT_INDEX: Final = 5
_CHILD_PRESENT_INDEX: Final = 8
_TYPED_FOR_ME_INDEX: Final = 11
_SIGN_LANGUAGE_INDEX: Final = 14
_ABROAD_INDEX: Final = 19
_UNDER_18_INDEX: Final = 20
ABROAD_TIME_ZONE: Final = "Asia/Karachi"
# The only photo with a position. It shows where the keeper lives.
HOME_PHOTO: Final = "IMG_2321.JPG"
_OTHER_FILES: Final = ("doorbell.mp4", "voicemail.m4a", "chat.txt", SIGN_LANGUAGE_FILM)


def generate_records(seed: int) -> list[SampleRecordVersion]:
    """Return the message schedules of the bursts, a child under a code name, and a picture that was removed at once."""
    imported_entries, imported_schedules = load_sample_imports()
    first_index = len(fictional_diary.load_entries()) + len(imported_entries)
    records = [*imported_schedules]
    for index, entry in enumerate(generate_entries(seed)):
        if entry.fields["behaviours"] != ["chat_messages"] or len(entry.messages) < MESSAGE_COUNT // BURST_COUNT // 2:
            continue
        start = datetime.fromtimestamp(int(str(entry.fields["occurred_start"])) / 1000, ZONE)
        fields = {
            "account_ids": ["@third_number"],
            "actor_ids": ["@callum"],
            "channel": "whatsapp",
            "chat": "Callum",
            "complete": "complete",
            "gap_hours": 6,
            "incident_ids": [f"@entry:{first_index + index}"],
            "rows": schedule_rows(entry.messages, start),
            "title": f"Messages of {start:%-d %B}",
            "tz": fictional_diary.TZ,
        }
        records.append(
            SampleRecordVersion(
                entry.written_at_ms + 60_000, "schedule", f"burst{index}", fields, {"own_accounts": ["07700 900512"]}
            )
        )
    records += saved_message_lists(_FIRST_DAY, first_index)
    number = {"number": SENDER_NUMBER, "person_id": "@callum", "platform": "whatsapp", "still_in_use": "yes"}
    records.append(SampleRecordVersion(utc_ms(_FIRST_DAY), "account", "third_number", number, {}))
    child = {"name": "Lena", "role": "child", "role_code": "C1", "age_band": "from_13_to_15"}
    records.append(SampleRecordVersion(utc_ms(_FIRST_DAY), "person", "child", child, {}))
    return records
