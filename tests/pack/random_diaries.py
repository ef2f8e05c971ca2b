"""Random diaries with everything that a pack counts: times of every precision, messages, people, orders, references.

Every link is made from either side or from both, because apps and imports make both. What the keeper counts, dates and
names is plain enough to be counted again by a test.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.pack.fictional_diary import DAY_MS, HOUR_MS, START_MS, FictionalDiary, incident_fields

_PRECISIONS = ("minute", "minute", "minute", "hour", "part_of_day", "day", "date_range", "unknown")
_FIRST_DAY = datetime.fromtimestamp(START_MS / 1000, UTC).date()


class RandomDiary:
    """A diary drawn from a seed."""

    def __init__(self, seed: int) -> None:
        """Draw the records, then the entries, then what names entries."""
        self.draw = random.Random(seed)
        self.diary = FictionalDiary()
        self.people = [
            self._add("person", {"name": f"Person {letter}", "role": "suspect"})
            for letter in "AB"[: self.draw.randrange(3)]
        ]
        if len(self.people) == 2 and self.draw.random() < 0.5:
            self.people.append(
                self._add("person", {"name": "The same", "role": "suspect", "merged_into": self.people[0]})
            )
        self.accounts = [
            self._add("account", {"number": f"07700 90010{number}", "platform": "sms"})
            for number in range(self.draw.randrange(3))
        ]
        self.orders = [self._add_order(number) for number in range(self.draw.randrange(3))]
        self.schedules = [self._add("schedule", self._schedule_fields([])) for _ in range(self.draw.randrange(2))]
        self.reports = [self._add_report(number, []) for number in range(self.draw.randrange(2))]
        self.entries = [self._add_entry(number) for number in range(self.draw.randrange(1, 12))]
        for _ in range(self.draw.randrange(3)):
            self._add("schedule", self._schedule_fields(self._some(self.entries)))
        for number in range(2, 2 + self.draw.randrange(3)):
            self._add_report(number, self._some(self.entries))
        for _ in range(self.draw.randrange(3)):
            self._add("notice", {"at": self._day()})
        for number in range(self.draw.randrange(4)):
            self._attach_file(number)

    def _add(self, kind: str, fields: Mapping[str, object]) -> str:
        """Add a record and return its id."""
        return self.diary.add(kind, fields)["record"]

    def _some(self, ids: list[str]) -> list[str]:
        """Return one to three of the ids, or none."""
        return self.draw.sample(ids, min(len(ids), self.draw.randrange(4)))

    def _day(self) -> str:
        return (_FIRST_DAY + timedelta(days=self.draw.randrange(-5, 60))).isoformat()

    def _add_order(self, number: int) -> str:
        """Add an order that was perhaps served, and perhaps has an end."""
        served = self._day()
        fields: dict[str, object] = {
            "case_no": f"CASE{number}",
            "kind": "non_molestation",
            "served_on": self.draw.choice([served, served, None]),
            "expires_on": self.draw.choice([None, (datetime.fromisoformat(served) + timedelta(20)).date().isoformat()]),
            "terms": [{"no": 1, "text": "Not to write"}],
        }
        return self._add("order", fields)

    def _add_report(self, number: int, entries: list[str]) -> str:
        """Add a report dated in any form."""
        day = self._day()
        at_ms = START_MS + self.draw.randrange(60) * DAY_MS
        block = {"start": at_ms, "precision": "minute", "tz": "Europe/London"}
        return self._add(
            "report",
            {
                "at": self.draw.choice([day, at_ms, block]),
                "crime_ref": f"CR/{number}/26",
                "incident_ids": entries,
                "to": "police",
            },
        )

    def _schedule_fields(self, entries: list[str]) -> dict[str, Any]:
        """Return a list of messages of both directions, perhaps with a count of its own."""
        rows = [
            {"msg_no": number, "direction": self.draw.choice(["in", "in", "out"]), "text": "hi"}
            for number in range(1, 1 + self.draw.randrange(1, 9))
        ]
        return {
            "channel": "whatsapp",
            "complete": self.draw.choice(["complete", "some_missing"]),
            "count": self.draw.choice([None, None, 40]),
            "incident_ids": entries,
            "rows": rows,
            "tz": "Europe/London",
        }

    def _add_entry(self, number: int) -> str:
        """Add an entry whose time, count and links are drawn."""
        start = START_MS + self.draw.randrange(60) * DAY_MS + self.draw.randrange(24) * HOUR_MS
        precision = self.draw.choice(_PRECISIONS)
        if precision in ("part_of_day", "day", "date_range"):
            start -= start % DAY_MS + HOUR_MS  # midnight in London in summer
        ends = {"part_of_day": start + 6 * HOUR_MS, "day": start + DAY_MS, "date_range": start + 3 * DAY_MS}
        fields = incident_fields(
            start,
            f"Entry {number} of this diary.",
            account_ids=self._some(self.accounts),
            channel_account=self.draw.choice([None, "+44 7700 900100", "07700900101", "(07700) 900199"]),
            actor_ids=self._some(self.people),
            alleged_breaches=[{"order_id": order, "term_no": 1} for order in self._some(self.orders)],
            behaviours=self.draw.sample(["calls", "texts", "watch", "attempt_after_warning"], self.draw.randrange(3)),
            count=self.draw.choice([None, None, 0, 7]),
            count_is_estimate=self.draw.choice([None, True]),
            feared_violence=self.draw.choice([None, "yes", "no", "not_sure"]),
            occurred_end=ends.get(precision),
            occurred_start=None if precision == "unknown" else start,
            platform_report=self.draw.choice([None, None, {"ref": f"APP-{number}"}]),
            precision=precision,
            report_ids=self._some(self.reports),
            schedule_id=self.draw.choice([None, *self.schedules]),
        )
        return self.diary.add("incident", fields, at_ms=START_MS + 61 * DAY_MS)["record"]

    def _attach_file(self, number: int) -> None:
        """Add a file that names an entry, is named by one, or both."""
        record = self.draw.choice(self.entries)
        entry = next(row for row in self.diary.versions if row["record"] == record)
        names_entry = self.draw.random() < 0.7
        file = self.diary.attach(
            entry,
            f"Subject: {number}\r\n\r\nHello\r\n".encode(),
            "message/rfc822",
            f"File {number}",
            filename="mail.eml",
            extra_fields=None if names_entry else {"incident_ids": []},
        )
        if not names_entry or self.draw.random() < 0.5:
            self.diary.amend(entry, {"attachment_ids": [file["record"]]}, at_ms=START_MS + 62 * DAY_MS)


def random_diary(seed: int) -> FictionalDiary:
    """Return the diary of a seed."""
    return RandomDiary(seed).diary
