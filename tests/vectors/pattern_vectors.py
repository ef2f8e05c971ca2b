"""Small diaries whose patterns can be computed by hand, and random ones (tests/vectors/patterns.json)."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from diary.record import patterns, times
from diary.record.patterns_facts import MARKS

LONDON = "Europe/London"
EntryFields = dict[str, Any]


def utc_ms(local: str, tz: str = LONDON, fold: int = 0) -> int:
    """Return ms UTC of a local time; `fold` 1 is the second of a repeated hour."""
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(tz), fold=fold).timestamp() * 1000)


def incident_fields(
    local: str, precision: str = "minute", *, until: str = "", fold: int = 0, tz: str = LONDON, **fields: Any
) -> EntryFields:
    """Return an incident's time and narrative."""
    start = utc_ms(local, tz, fold)
    end = {"occurred_end": utc_ms(until, tz)} if until else {}
    return {
        "occurred_start": start,
        "tz": tz,
        "utc_offset_min": times.offset_minutes_at(start, tz),
        "precision": precision,
        **end,
        **fields,
    }


def make_incident(record: str, fields: EntryFields, **extra: Any) -> EntryFields:
    """Return one incident in its current version."""
    return {"record": record, "fields": fields, "restricted": {}, **extra}


def make_record(record: str, **fields: Any) -> EntryFields:
    """Return a record of another kind."""
    return {"record": record, "fields": fields}


UNKNOWN_TIME: EntryFields = {"precision": "unknown", "tz": LONDON}


def cases() -> dict[str, dict[str, Any]]:
    """Return each diary by name."""
    return {
        "nothing": {"incidents": []},
        "one": {
            "incidents": [
                make_incident(
                    "a", incident_fields("2026-05-04T21:10", behaviours=["calls"], channel="phone_call", count=3)
                )
            ]
        },
        "one without a time": {"incidents": [make_incident("a", UNKNOWN_TIME)]},
        "all taken out": {
            "incidents": [make_incident("a", incident_fields("2026-05-04T21:10"), taken_out=1_780_000_000_000)]
        },
        "clocks": _clocks(),
        "ranges": _ranges(),
        "gaps": _gaps(),
        "after a block": _blocks(),
        "sightings": _sightings(),
        "links": _links(),
        "messages": _messages(),
        "breaches": _breaches(),
        "accounts in words": _accounts_in_words(),
        "key dates": _key_dates(),
    }


def _clocks() -> EntryFields:
    """Return the night with two 01:30, the night with none, and midnight on either side of a zone."""
    return {
        "incidents": [
            make_incident("second", incident_fields("2026-10-25T01:10", fold=1)),
            make_incident("first", incident_fields("2026-10-25T01:50", fold=0)),
            make_incident("spring", incident_fields("2026-03-29T01:30")),
            make_incident("about", incident_fields("2026-10-25T23:59", "hour")),
            make_incident("away", incident_fields("2026-10-26T00:30", tz="Asia/Karachi")),
            make_incident("evening", incident_fields("2026-10-25T17:00", "part_of_day", until="2026-10-25T22:00")),
            make_incident(
                "no offset", {"occurred_start": utc_ms("2026-10-24T23:30"), "tz": LONDON, "precision": "minute"}
            ),
            make_incident(
                "no zone", {"occurred_start": utc_ms("2026-10-24T23:30"), "tz": "Nowhere/There", "precision": "minute"}
            ),
            make_incident(
                "broken clock", {"occurred_start": 9_000_000_000_000_000, "tz": LONDON, "precision": "minute"}
            ),
        ]
    }


def _gaps() -> EntryFields:
    """Return entries of one day, and gaps across clock changes: days are counted, never hours."""
    return {
        "incidents": [
            make_incident("eve", incident_fields("2026-03-28T23:50")),
            make_incident("short night", incident_fields("2026-03-29T03:10")),
            make_incident("same day", incident_fields("2026-03-29T22:00")),
            make_incident("that day", incident_fields("2026-03-29T00:00", "day", until="2026-03-30T00:00")),
            make_incident("no time", UNKNOWN_TIME),
            make_incident("long night", incident_fields("2026-10-25T01:30", fold=1)),
            make_incident("earlier that night", incident_fields("2026-10-25T01:30", fold=0)),
            make_incident("day after", incident_fields("2026-10-26T00:10")),
            make_incident("last", incident_fields("2026-10-28T12:00", "hour")),
        ]
    }


def _ranges() -> EntryFields:
    """Return ranges, a month, a season, an end before its start; gaps start at the last day."""
    return {
        "incidents": [
            make_incident("day", incident_fields("2026-01-05T00:00", "day", until="2026-01-06T00:00")),
            make_incident("night", incident_fields("2026-01-10T22:00", "part_of_day", until="2026-01-11T05:00")),
            # Ends at midnight after the clocks went back: its last day is the 25th.
            make_incident("range", incident_fields("2026-09-20T00:00", "date_range", until="2026-10-26T00:00")),
            make_incident("month", incident_fields("2026-02-01T00:00", "month", until="2026-03-01T00:00")),
            make_incident("season", incident_fields("2026-06-01T00:00", "season", until="2026-09-01T00:00")),
            make_incident("backwards", incident_fields("2026-11-10T00:00", "date_range", until="2026-11-01T00:00")),
            make_incident("late", incident_fields("2026-11-24T09:00", "exact")),
            make_incident("unsure", UNKNOWN_TIME),
        ]
    }


def _blocks() -> EntryFields:
    """Return six accounts after a block, one of the same day, one marked as not new, two merged ones, and a cycle."""
    used = [
        make_incident(f"e{n}", incident_fields(f"2026-06-{n + 2:02d}T20:00", account_ids=[f"n{n}"], actor_ids=["p"]))
        for n in range(6)
    ]
    return {
        "incidents": [
            make_incident(
                "before",
                incident_fields("2026-05-01T20:00", account_ids=["old"], actor_ids=["p", "p"], response=["blocked"]),
            ),
            *used,
            make_incident("same day", incident_fields("2026-06-01T12:00", "day", account_ids=["unclear"])),
            make_incident(
                "told",
                incident_fields(
                    "2026-06-20T20:00", behaviours=["contact_new_account_after_block"], channel_account=" @Him "
                ),
            ),
            make_incident("twin", incident_fields("2026-06-21T20:00", account_ids=["n0b"])),
            make_incident("gone", incident_fields("2026-06-22T20:00", account_ids=["nobody"])),
        ],
        "account": [
            make_record("old", handle="@old", person_id="p", blocked_on="2026-06-01"),
            *(make_record(f"n{n}", handle=f"@new{n}", person_id="p") for n in range(6)),
            make_record("n0b", handle="@new0", person_id="p", merged_into="n0"),
            make_record("unclear", person_id="p"),
            make_record("known", person_id="p", first_seen="2026-06-09", new_after_block=False),
            make_record("other", person_id="q", first_seen="2026-06-09"),
            make_record("ring1", merged_into="ring2"),
            make_record("ring2", merged_into="ring1"),
            {"record": "out", "fields": {"first_seen": "2026-07-01"}, "taken_out": 1},
        ],
    }


def _sightings() -> EntryFields:
    """Return sightings of accounts: before and after a block, marked as new, of a merged account, and withdrawn."""
    return {
        "incidents": [
            make_incident("a", incident_fields("2026-06-01T12:00", account_ids=["blocked"], actor_ids=["p"]))
        ],
        "account": [
            make_record("blocked", person_id="p", blocked_on="2026-06-01"),
            *(
                make_record(name, person_id="p")
                for name in ("seen before", "seen after", "said", "not said", "lead", "taken out")
            ),
            make_record("twin", person_id="p", merged_into="lead"),
        ],
        "sighting": [
            make_record("s1", account_id="seen before", at="2026-05-31"),
            make_record("s2", account_id="seen after", at="2026-06-02"),
            make_record("s3", account_id="said", at="2026-05-01", after_block=True),
            make_record("s4", account_id="not said", after_block=False),
            make_record("s5", account_id="twin", after_block=True),
            make_record("s6", account_id="nobody's", at="2026-06-02", after_block=True),
            make_record("s7", at="2026-06-02", after_block=True),
            {
                "record": "s8",
                "fields": {"account_id": "taken out", "at": "2026-06-02", "after_block": True},
                "taken_out": 1,
            },
        ],
    }


def _links() -> EntryFields:
    """Return merged people, deleted people, breaches by order and term, and invalid links."""
    order = [
        {"order_id": "o", "term_no": 2},
        {"order_id": "o", "term_no": 2},
        {"order_id": "o"},
        "nonsense",
        {"term_no": 1},
    ]
    return {
        "incidents": [
            make_incident(
                "a",
                incident_fields(
                    "2026-05-04T21:10", actor_ids=["p1"], targeted_person_ids=["child"], alleged_breaches=order
                ),
            ),
            make_incident(
                "b",
                incident_fields("2026-05-05T21:10", actor_ids=["p1b"], witness_ids=["w"], attachment_ids=["f", "f"]),
            ),
            make_incident(
                "c",
                incident_fields(
                    "2026-05-06T21:10", actor_ids=["gone"], order_ids=["o"], told_others=[{"person_id": "w"}]
                ),
            ),
            make_incident(
                "d", {**incident_fields("2026-05-07T21:10"), "actor_ids": 7, "behaviours": {"a": 1}, "count": "many"}
            ),
        ],
        "person": [make_record("p1", name="Dan"), make_record("p1b", name="Danny", merged_into="p1")],
        "order": [make_record("o", kind="spo", served_on="2026-05-04")],
    }


def _accounts_in_words() -> EntryFields:
    """Return entries that name accounts by number, handle and address, in several spellings."""
    texts = (
        ("number", "+44 7700 900142", "whatsapp"),
        ("local", "(07700) 900-142", "phone_call"),
        ("handle", "Quiet.Walks", "instagram"),
        ("elsewhere", "@quiet.walks", "snapchat"),
        ("address", "https://www.rowan.example/", "other"),
        ("unknown", "07700 900999", "sms"),
        ("unknown too", "+447700900999", "sms"),
        ("ambiguous", "@both", ""),
        ("nothing", "  ", "sms"),
    )
    return {
        "incidents": [
            make_incident(name, incident_fields("2026-05-04T21:10", channel_account=text, channel=channel))
            for name, text, channel in texts
        ],
        "account": [
            make_record("n", number="07700 900142", platform="sms"),
            make_record("h", handle="@quiet.walks", platform="instagram"),
            make_record("u", url="rowan.example"),
            make_record("b1", handle="both", platform="x"),
            make_record("b2", handle="@Both", platform="instagram"),
        ],
    }


def _breaches() -> EntryFields:
    """Return breaches before service, in force, on the last day, after the end, and of an order without dates."""
    return {
        "incidents": [
            make_incident(name, incident_fields(local, alleged_breaches=[{"order_id": order, "term_no": 1}]))
            for name, local, order in (
                ("before", "2026-05-03T21:10", "o"),
                ("served", "2026-05-04T00:10", "o"),
                ("last day", "2026-06-06T23:50", "o"),
                ("after", "2026-06-07T00:10", "o"),
                ("no dates", "2026-05-03T21:10", "n"),
                ("deleted", "2026-05-03T21:10", "gone"),
            )
        ],
        "order": [make_record("o", served_on="2026-05-04", expires_on="2026-06-06"), make_record("n")],
    }


def _messages() -> EntryFields:
    """Return counts, an estimate, a schedule's own count, its rows, an incomplete one, and links of schedules alone."""
    rows = [{"direction": "in"}, {"direction": "out"}, {"direction": "in"}]
    return {
        "incidents": [
            make_incident(
                "counted", incident_fields("2026-05-04T21:10", count=43, count_is_estimate=True, schedule_id="s1")
            ),
            make_incident("none", incident_fields("2026-05-05T21:10", count=0)),
            make_incident("rows", incident_fields("2026-05-06T21:10", schedule_id="s1")),
            make_incident("own", incident_fields("2026-05-07T21:10", schedule_id="s2")),
            make_incident("lost", incident_fields("2026-05-08T21:10", schedule_id="s9")),
            make_incident("minus", incident_fields("2026-05-09T21:10", count=-5)),
            make_incident("named", incident_fields("2026-05-10T21:10", schedule_id="p1")),
            make_incident("shared", incident_fields("2026-05-11T21:10")),
        ],
        "schedule": [
            make_record("s1", rows=rows, complete="outgoing_not_captured"),
            make_record("s2", rows=rows, count=9),
            # A long import: the entry names its first part, and each part names the entry. Another entry shares one.
            make_record("p1", rows=rows * 100, complete="complete", incident_ids=["named"], part_no=1),
            make_record(
                "p2", rows=rows * 50, complete="complete", incident_ids=["named", "shared", "named"], part_no=2
            ),
            make_record("counted too", rows=rows, complete="complete", incident_ids=["none"]),
            make_record("out", rows=rows, incident_ids=["shared"]) | {"taken_out": 5},
        ],
    }


def _key_dates() -> EntryFields:
    """Return key dates, and entries of the same day: ordered by time where both have one, else on neither side."""
    return {
        "incidents": [
            make_incident("before", incident_fields("2026-05-04T08:00", behaviours=["threat_to_me"])),
            make_incident(
                "day",
                incident_fields("2026-05-05T00:00", "day", until="2026-05-06T00:00", behaviours=["damage_property"]),
            ),
            make_incident("hour before", incident_fields("2026-05-05T09:00", channel="in_person")),
            make_incident("hour after", incident_fields("2026-05-05T11:00", carried_out_by="someone_for_them")),
            make_incident("over it", incident_fields("2026-05-01T00:00", "date_range", until="2026-05-10T00:00")),
            make_incident(
                "after", incident_fields("2026-06-01T08:00", place_category="home", response=["told_to_stop"])
            ),
            make_incident("unsure", {**UNKNOWN_TIME, "behaviours": ["threat_to_others"]}),
        ],
        "notice": [
            make_record(
                "n", at={"start": utc_ms("2026-05-05T10:00"), "tz": LONDON, "utc_offset_min": 60, "precision": "minute"}
            )
        ],
        "report": [
            make_record("r", at=utc_ms("2026-05-05T10:30"), to="police"),
            make_record("r2", at="not a date"),
            make_record("r3", at="2026-02-30"),
        ],
        "order": [make_record("o", served_on="2026-05-20T09:00"), make_record("o2", made_on="2026-05-01")],
        "impact": [
            make_record("i", domain="home_or_moved", started="2026-05-30"),
            make_record("i2", domain="sleep", started="2026-05-30"),
        ],
        "background": [
            make_record(
                "b",
                key_dates=[
                    {"kind": "split_up", "on": "2026-04-01", "about": "Divorce"},
                    {"kind": "house_move", "on": "2026-04-02"},
                ],
            )
        ],
    }


def pattern_vectors() -> dict[str, Any]:
    """Return the vector file: every case with its figures."""
    return {
        "tz": LONDON,
        "cases": [
            {"name": name, "diary": diary, "expect": patterns.count_patterns(diary, LONDON)}
            for name, diary in cases().items()
        ],
    }


BEHAVIOURS = sorted({code for mark in MARKS.values() for code in mark.get("behaviours", [])} | {"calls", "texts"})
IDS = [f"x{n}" for n in range(6)]


class RandomRecords(random.Random):
    """Generator of random records."""

    def random_codes(self, codes: list[str]) -> list[str]:
        """Return none, one or two codes, possibly equal."""
        return [self.choice(codes) for _ in range(self.randrange(3))]

    def random_instant(self) -> int:
        """Return an instant near clock changes, a leap day, or before 1970."""
        base = self.choice(
            [
                utc_ms("2026-10-25T00:00"),
                utc_ms("2026-03-29T00:00"),
                utc_ms("2026-01-01T00:00"),
                utc_ms("2024-02-29T12:00"),
                -5,
            ]
        )
        return base + self.randrange(-3 * 86_400_000, 40 * 86_400_000)

    def random_moment(self) -> object:
        """Return a time in any form that a record may have."""
        start = self.random_instant()
        day = datetime.fromtimestamp(start / 1000, UTC).date().isoformat()
        block = {
            "start": start,
            "tz": self.choice([LONDON, ""]),
            "precision": self.choice(["minute", "day", "unknown"]),
        }
        return self.choice([day, start, block, None, "soon", {"start": start}])

    def random_incident(self, number: int) -> EntryFields:
        """Return one entry, possibly withdrawn."""
        start = self.random_instant()
        fields: EntryFields = {
            "occurred_start": self.choice([start, start, start, None]),
            "occurred_end": self.choice([None, start + self.randrange(9**10)]),
            "tz": self.choice([LONDON, LONDON, "America/New_York", "Pacific/Apia", "Not/AZone", ""]),
            "utc_offset_min": self.choice([None, 0, 60, 330, -720, 9999]),
            "precision": self.choice(
                ["exact", "minute", "hour", "part_of_day", "day", "date_range", "month", "season", "unknown", ""]
            ),
            "behaviours": self.random_codes(BEHAVIOURS),
            "channel": self.choice(["in_person", "sms", "", None]),
            "place_category": self.choice(["home", "work", ""]),
            "response": self.random_codes(["told_to_stop", "blocked", "none"]),
            "actor_ids": self.random_codes(IDS),
            "targeted_person_ids": self.random_codes(IDS),
            "account_ids": self.random_codes(IDS),
            "channel_account": self.choice(["", "@Him", " @him", "HER", "+44 7700 900142", "07700900142"]),
            "witness_ids": self.random_codes(IDS),
            "attachment_ids": self.random_codes(IDS),
            "alleged_breaches": [
                {"order_id": self.choice([*IDS, ""]), "term_no": self.choice([1, 2, None])}
                for _ in range(self.randrange(3))
            ],
            "order_ids": self.random_codes(IDS),
            "count": self.choice([None, 0, 3, -1, True]),
            "count_is_estimate": self.choice([True, False, None]),
            "schedule_id": self.choice(["", "x1"]),
            "i_contacted_them": self.choice(["no", "yes_first", "yes_in_reply", ""]),
        }
        return {**make_incident(f"i{number}", fields), "taken_out": self.choice([None, None, None, 5])}

    def random_linked_records(self, kind: str) -> list[EntryFields]:
        """Return some records of a kind, with links to anything."""
        return [
            make_record(
                one,
                merged_into=self.choice(["", "", *IDS]),
                person_id=self.choice(["", *IDS]),
                account_id=self.choice(IDS),
                blocked_on=self.random_moment(),
                first_seen=self.random_moment(),
                at=self.random_moment(),
                served_on=self.random_moment(),
                expires_on=self.random_moment(),
                started=self.random_moment(),
                domain="home_or_moved",
                new_after_block=self.choice([None, None, True, False]),
                after_block=self.choice([None, True]),
                key_dates=[
                    {"on": self.random_moment(), "kind": self.choice(["house_move", "blocked", "other"]), "about": kind}
                ],
                handle=self.choice(["", "", "@her", "him"]),
                number=self.choice(["", "", "0044 (0)7700 900142"]),
                platform=self.choice(["", "sms", "in_person"]),
                rows=[{"direction": "in"}],
                incident_ids=self.random_codes([f"i{number}" for number in range(8)]),
            )
            | {"taken_out": self.choice([None, None, 7])}
            for one in self.sample(IDS, self.randrange(len(IDS)))
        ]


def random_diary(seed: int) -> dict[str, Any]:
    """Return a diary with random fields, and links to anything."""
    random_records = RandomRecords(seed)
    kinds = ("person", "account", "sighting", "order", "notice", "report", "background", "impact", "schedule")
    incidents = [random_records.random_incident(number) for number in range(random_records.randrange(25))]
    return {"incidents": incidents, **{kind: random_records.random_linked_records(kind) for kind in kinds}}
