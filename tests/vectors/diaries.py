"""Small diaries whose pattern can be counted by hand, and any number of odd ones (tests/vectors/patterns.json)."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from diary.record import patterns, times
from diary.record.patterns_facts import MARKS

LONDON = "Europe/London"
Fields = dict[str, Any]


def at(local: str, tz: str = LONDON, fold: int = 0) -> int:
    """ms UTC of a local time; `fold` 1 is the second of an hour that came twice."""
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(tz), fold=fold).timestamp() * 1000)


def said(
    local: str, precision: str = "minute", *, until: str = "", fold: int = 0, tz: str = LONDON, **fields: Any
) -> Fields:
    """An incident's time and words."""
    start = at(local, tz, fold)
    end = {"occurred_end": at(until, tz)} if until else {}
    return {
        "occurred_start": start,
        "tz": tz,
        "utc_offset_min": times.offset_at(start, tz),
        "precision": precision,
        **end,
        **fields,
    }


def entry(record: str, fields: Fields, **more: Any) -> Fields:
    """One incident as it stands."""
    return {"record": record, "fields": fields, "restricted": {}, **more}


def kept(record: str, **fields: Any) -> Fields:
    """A record of another kind."""
    return {"record": record, "fields": fields}


NOT_SURE: Fields = {"precision": "unknown", "tz": LONDON}


def cases() -> dict[str, dict[str, Any]]:
    """Each diary by name."""
    return {
        "nothing": {"incidents": []},
        "one": {
            "incidents": [entry("a", said("2026-05-04T21:10", behaviours=["calls"], channel="phone_call", count=3))]
        },
        "one without a time": {"incidents": [entry("a", NOT_SURE)]},
        "all taken out": {"incidents": [entry("a", said("2026-05-04T21:10"), taken_out=1_780_000_000_000)]},
        "clocks": _clocks(),
        "ranges": _ranges(),
        "gaps": _gaps(),
        "after a block": _blocks(),
        "sightings": _sightings(),
        "links": _links(),
        "messages": _messages(),
        "key dates": _key_dates(),
    }


def _clocks() -> Fields:
    """The night that has 01:30 twice, the night that has none, and midnight on either side of a zone."""
    return {
        "incidents": [
            entry("second", said("2026-10-25T01:10", fold=1)),
            entry("first", said("2026-10-25T01:50", fold=0)),
            entry("spring", said("2026-03-29T01:30")),
            entry("about", said("2026-10-25T23:59", "hour")),
            entry("away", said("2026-10-26T00:30", tz="Asia/Karachi")),
            entry("evening", said("2026-10-25T17:00", "part_of_day", until="2026-10-25T22:00")),
            entry("no offset", {"occurred_start": at("2026-10-24T23:30"), "tz": LONDON, "precision": "minute"}),
            entry("no zone", {"occurred_start": at("2026-10-24T23:30"), "tz": "Nowhere/There", "precision": "minute"}),
            entry("broken clock", {"occurred_start": 9_000_000_000_000_000, "tz": LONDON, "precision": "minute"}),
        ]
    }


def _gaps() -> Fields:
    """Several of one day, and gaps over the nights that have an hour more or less: days are counted, never hours."""
    return {
        "incidents": [
            entry("eve", said("2026-03-28T23:50")),
            entry("short night", said("2026-03-29T03:10")),
            entry("same day", said("2026-03-29T22:00")),
            entry("that day", said("2026-03-29T00:00", "day", until="2026-03-30T00:00")),
            entry("no time", NOT_SURE),
            entry("long night", said("2026-10-25T01:30", fold=1)),
            entry("earlier that night", said("2026-10-25T01:30", fold=0)),
            entry("day after", said("2026-10-26T00:10")),
            entry("last", said("2026-10-28T12:00", "hour")),
        ]
    }


def _ranges() -> Fields:
    """Ranges, a month, a season, an end before its start; gaps are counted from the last day reached."""
    return {
        "incidents": [
            entry("day", said("2026-01-05T00:00", "day", until="2026-01-06T00:00")),
            entry("night", said("2026-01-10T22:00", "part_of_day", until="2026-01-11T05:00")),
            # Ends on the midnight after the clocks went back: its last day is the 25th.
            entry("range", said("2026-09-20T00:00", "date_range", until="2026-10-26T00:00")),
            entry("month", said("2026-02-01T00:00", "month", until="2026-03-01T00:00")),
            entry("season", said("2026-06-01T00:00", "season", until="2026-09-01T00:00")),
            entry("backwards", said("2026-11-10T00:00", "date_range", until="2026-11-01T00:00")),
            entry("late", said("2026-11-24T09:00", "exact")),
            entry("unsure", NOT_SURE),
        ]
    }


def _blocks() -> Fields:
    """Six accounts after a block, one of the day itself, one said not to be new, two that are one, and a ring."""
    used = [
        entry(f"e{n}", said(f"2026-06-{n + 2:02d}T20:00", account_ids=[f"n{n}"], actor_ids=["p"])) for n in range(6)
    ]
    return {
        "incidents": [
            entry("before", said("2026-05-01T20:00", account_ids=["old"], actor_ids=["p", "p"], response=["blocked"])),
            *used,
            entry("same day", said("2026-06-01T12:00", "day", account_ids=["unclear"])),
            entry(
                "told",
                said("2026-06-20T20:00", behaviours=["contact_new_account_after_block"], channel_account=" @Him "),
            ),
            entry("twin", said("2026-06-21T20:00", account_ids=["n0b"])),
            entry("gone", said("2026-06-22T20:00", account_ids=["nobody"])),
        ],
        "account": [
            kept("old", handle="@old", person_id="p", blocked_on="2026-06-01"),
            *(kept(f"n{n}", handle=f"@new{n}", person_id="p") for n in range(6)),
            kept("n0b", handle="@new0", person_id="p", merged_into="n0"),
            kept("unclear", person_id="p"),
            kept("known", person_id="p", first_seen="2026-06-09", new_after_block=False),
            kept("other", person_id="q", first_seen="2026-06-09"),
            kept("ring1", merged_into="ring2"),
            kept("ring2", merged_into="ring1"),
            {"record": "out", "fields": {"first_seen": "2026-07-01"}, "taken_out": 1},
        ],
    }


def _sightings() -> Fields:
    """What the keeper saw of accounts: before and after a block, said to be new, said of one that is another, and taken out."""
    return {
        "incidents": [entry("a", said("2026-06-01T12:00", account_ids=["blocked"], actor_ids=["p"]))],
        "account": [
            kept("blocked", person_id="p", blocked_on="2026-06-01"),
            *(
                kept(name, person_id="p")
                for name in ("seen before", "seen after", "said", "not said", "lead", "taken out")
            ),
            kept("twin", person_id="p", merged_into="lead"),
        ],
        "sighting": [
            kept("s1", account_id="seen before", at="2026-05-31"),
            kept("s2", account_id="seen after", at="2026-06-02"),
            kept("s3", account_id="said", at="2026-05-01", after_block=True),
            kept("s4", account_id="not said", after_block=False),
            kept("s5", account_id="twin", after_block=True),
            kept("s6", account_id="nobody's", at="2026-06-02", after_block=True),
            kept("s7", at="2026-06-02", after_block=True),
            {
                "record": "s8",
                "fields": {"account_id": "taken out", "at": "2026-06-02", "after_block": True},
                "taken_out": 1,
            },
        ],
    }


def _links() -> Fields:
    """Merged people, people who are gone, breaches by order and term, and what can't be a link at all."""
    order = [
        {"order_id": "o", "term_no": 2},
        {"order_id": "o", "term_no": 2},
        {"order_id": "o"},
        "nonsense",
        {"term_no": 1},
    ]
    return {
        "incidents": [
            entry(
                "a", said("2026-05-04T21:10", actor_ids=["p1"], targeted_person_ids=["child"], alleged_breaches=order)
            ),
            entry("b", said("2026-05-05T21:10", actor_ids=["p1b"], witness_ids=["w"], attachment_ids=["f", "f"])),
            entry("c", said("2026-05-06T21:10", actor_ids=["gone"], order_ids=["o"], told_others=[{"person_id": "w"}])),
            entry("d", {**said("2026-05-07T21:10"), "actor_ids": 7, "behaviours": {"a": 1}, "count": "many"}),
        ],
        "person": [kept("p1", name="Dan"), kept("p1b", name="Danny", merged_into="p1")],
        "order": [kept("o", kind="spo", served_on="2026-05-05")],
    }


def _messages() -> Fields:
    """Counts, an estimate, a schedule's own count, its rows, and one that is not whole."""
    rows = [{"direction": "in"}, {"direction": "out"}, {"direction": "in"}]
    return {
        "incidents": [
            entry("counted", said("2026-05-04T21:10", count=43, count_is_estimate=True, schedule_id="s1")),
            entry("none", said("2026-05-05T21:10", count=0)),
            entry("rows", said("2026-05-06T21:10", schedule_id="s1")),
            entry("own", said("2026-05-07T21:10", schedule_id="s2")),
            entry("lost", said("2026-05-08T21:10", schedule_id="s9")),
            entry("minus", said("2026-05-09T21:10", count=-5)),
        ],
        "schedule": [kept("s1", rows=rows, complete="outgoing_not_captured"), kept("s2", rows=rows, count=9)],
    }


def _key_dates() -> Fields:
    """Days something changed, and entries of those very days: by the clock where both have one, else neither side."""
    return {
        "incidents": [
            entry("before", said("2026-05-04T08:00", behaviours=["threat_to_me"])),
            entry("day", said("2026-05-05T00:00", "day", until="2026-05-06T00:00", behaviours=["damage_property"])),
            entry("hour before", said("2026-05-05T09:00", channel="in_person")),
            entry("hour after", said("2026-05-05T11:00", carried_out_by="someone_for_them")),
            entry("over it", said("2026-05-01T00:00", "date_range", until="2026-05-10T00:00")),
            entry("after", said("2026-06-01T08:00", place_category="home", response=["told_to_stop"])),
            entry("unsure", {**NOT_SURE, "behaviours": ["threat_to_others"]}),
        ],
        "notice": [
            kept("n", at={"start": at("2026-05-05T10:00"), "tz": LONDON, "utc_offset_min": 60, "precision": "minute"})
        ],
        "report": [
            kept("r", at=at("2026-05-05T10:30"), to="police"),
            kept("r2", at="not a date"),
            kept("r3", at="2026-02-30"),
        ],
        "order": [kept("o", served_on="2026-05-20T09:00"), kept("o2", made_on="2026-05-01")],
        "impact": [
            kept("i", domain="home_or_moved", started="2026-05-30"),
            kept("i2", domain="sleep", started="2026-05-30"),
        ],
        "background": [
            kept(
                "b",
                key_dates=[
                    {"kind": "split_up", "on": "2026-04-01", "about": "Divorce"},
                    {"kind": "house_move", "on": "2026-04-02"},
                ],
            )
        ],
    }


def made_patterns() -> dict[str, Any]:
    """The vector file: every case with what it comes to."""
    return {
        "tz": LONDON,
        "cases": [
            {"name": name, "diary": diary, "expect": patterns.count(diary, LONDON)} for name, diary in cases().items()
        ],
    }


BEHAVIOURS = sorted({code for mark in MARKS.values() for code in mark.get("behaviours", [])} | {"calls", "texts"})
IDS = [f"x{n}" for n in range(6)]


class Dice(random.Random):
    """What a diary may hold, at random."""

    def some(self, codes: list[str]) -> list[str]:
        """None, one or two of them, perhaps the same twice."""
        return [self.choice(codes) for _ in range(self.randrange(3))]

    def instant(self) -> int:
        """Near the nights the clocks change, a leap day, or before 1970."""
        base = self.choice(
            [at("2026-10-25T00:00"), at("2026-03-29T00:00"), at("2026-01-01T00:00"), at("2024-02-29T12:00"), -5]
        )
        return base + self.randrange(-3 * 86_400_000, 40 * 86_400_000)

    def moment(self) -> object:
        """Any of the ways a record may keep a time."""
        start = self.instant()
        day = datetime.fromtimestamp(start / 1000, UTC).date().isoformat()
        block = {
            "start": start,
            "tz": self.choice([LONDON, ""]),
            "precision": self.choice(["minute", "day", "unknown"]),
        }
        return self.choice([day, start, block, None, "soon", {"start": start}])

    def incident(self, number: int) -> Fields:
        """One entry, perhaps taken out."""
        start = self.instant()
        fields: Fields = {
            "occurred_start": self.choice([start, start, start, None]),
            "occurred_end": self.choice([None, start + self.randrange(9**10)]),
            "tz": self.choice([LONDON, LONDON, "America/New_York", "Pacific/Apia", "Not/AZone", ""]),
            "utc_offset_min": self.choice([None, 0, 60, 330, -720, 9999]),
            "precision": self.choice(
                ["exact", "minute", "hour", "part_of_day", "day", "date_range", "month", "season", "unknown", ""]
            ),
            "behaviours": self.some(BEHAVIOURS),
            "channel": self.choice(["in_person", "sms", "", None]),
            "place_category": self.choice(["home", "work", ""]),
            "response": self.some(["told_to_stop", "blocked", "none"]),
            "actor_ids": self.some(IDS),
            "targeted_person_ids": self.some(IDS),
            "account_ids": self.some(IDS),
            "channel_account": self.choice(["", "@Him", " @him"]),
            "witness_ids": self.some(IDS),
            "attachment_ids": self.some(IDS),
            "alleged_breaches": [
                {"order_id": self.choice([*IDS, ""]), "term_no": self.choice([1, 2, None])}
                for _ in range(self.randrange(3))
            ],
            "order_ids": self.some(IDS),
            "count": self.choice([None, 0, 3, -1, True]),
            "count_is_estimate": self.choice([True, False, None]),
            "schedule_id": self.choice(["", "x1"]),
            "i_contacted_them": self.choice(["no", "yes_first", "yes_in_reply", ""]),
        }
        return {**entry(f"i{number}", fields), "taken_out": self.choice([None, None, None, 5])}

    def linked(self, kind: str) -> list[Fields]:
        """Some records of a kind, each with links to anything."""
        return [
            kept(
                one,
                merged_into=self.choice(["", "", *IDS]),
                person_id=self.choice(["", *IDS]),
                account_id=self.choice(IDS),
                blocked_on=self.moment(),
                first_seen=self.moment(),
                at=self.moment(),
                served_on=self.moment(),
                started=self.moment(),
                domain="home_or_moved",
                new_after_block=self.choice([None, None, True, False]),
                after_block=self.choice([None, True]),
                key_dates=[
                    {"on": self.moment(), "kind": self.choice(["house_move", "blocked", "other"]), "about": kind}
                ],
                rows=[{"direction": "in"}],
            )
            | {"taken_out": self.choice([None, None, 7])}
            for one in self.sample(IDS, self.randrange(len(IDS)))
        ]


def odd_diary(seed: int) -> dict[str, Any]:
    """A diary nobody would write: every field at random, links to anything."""
    dice = Dice(seed)
    kinds = ("person", "account", "sighting", "order", "notice", "report", "background", "impact", "schedule")
    incidents = [dice.incident(number) for number in range(dice.randrange(25))]
    return {"incidents": incidents, **{kind: dice.linked(kind) for kind in kinds}}
