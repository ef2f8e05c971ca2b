"""The facts of a pack, as each of its parts and the phone's screens state them.

Each fact is counted once more here, from 12_record.json alone, and read from everything else as a reader would.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.pack.pack_text import entry_numbers, page_texts

PACK_FACTS_SCRIPT = Path(__file__).parents[1] / "js" / "pack_facts.mjs"
# Facts by name. A source that does not say something lacks the name.
Facts = dict[str, Any]
NO_DATE = ""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_REFERENCE_PATTERN = re.compile(r"\bcrime ([^\s,;]+)|\bref(?:erence |: )([^\s,;]+)|app or website: ([^\s,;]+)")


class RecordFacts:
    """Facts counted from 12_record.json, without the program's own counting."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        """Read the current fields of every record that stands."""
        self.fields: dict[str, Mapping[str, Any]] = {}
        self.kinds: dict[str, str] = {}
        for version in record["versions"]:
            self.fields[version["record"]] = version["fields"]
            self.kinds[version["record"]] = version["kind"]
        self.labels: dict[str, str] = {row["record"]: row["ref"] for row in record["records"]}
        self.entries = self._records("incident")
        self.exhibit_count = len(record["exhibits"])
        self.left_out = {
            # Counted by the gaps, which are in every pack, and not by the list.
            "entries": sum(gap["why"] == "withheld" for gap in record["gaps"]),
            "files": sum(row["kind"] == "attachment" for row in record.get("left_out", ())),
            "others": sum(row["kind"] not in ("incident", "attachment") for row in record.get("left_out", ())),
        }

    def _records(self, kind: str) -> dict[str, Mapping[str, Any]]:
        return {record: self.fields[record] for record, its_kind in self.kinds.items() if its_kind == kind}

    def facts(self) -> Facts:
        """Return every fact."""
        dated = sorted(filter(_is_dated, self.entries.values()), key=lambda fields: fields["occurred_start"])
        spans = [_days_of(fields) for fields in dated]
        count, is_estimate = self._messages()
        return {
            "entries": len(self.entries),
            "files": self.exhibit_count,
            "left_out": self.left_out,
            "first": spans[0][0] if spans else NO_DATE,
            "last": spans[-1][0] if spans else NO_DATE,
            "period": (max(end for _, end in spans) - spans[0][0]).days + 1 if spans else None,
            "messages": (count, is_estimate),
            "accounts": len(self._accounts()),
            "people": self._people(),
            "kinds": self._most_often(),
            "fear": self._fear(),
            "while_in_force": self._while_in_force(),
            "all_while_in_force": self._while_in_force(),
            "after_notice": self._after_notice(),
            "breaches": self._breaches(),
            "since_service": {
                self.labels[order]: sum(start > date.fromisoformat(fields["served_on"]) for start, _ in spans)
                for order, fields in self._records("order").items()
                if fields.get("served_on")
            },
            "reports": self._newest_reports(),
            "references": {
                *(fields["crime_ref"] for fields in self._records("report").values() if fields.get("crime_ref")),
                *(
                    fields["platform_report"]["ref"]
                    for fields in self.entries.values()
                    if fields.get("platform_report")
                ),
            },
            "reported": {
                label: {self.labels[report] for report in self._records("report") if self._is_reported(entry, report)}
                for entry, label in self._entry_labels()
            },
            "entry_references": {label: self._references_of(entry) for entry, label in self._entry_labels()},
            "entry_files": {
                label: {self.labels[file] for file in self._records("attachment") if self._has_file(entry, file)}
                for entry, label in self._entry_labels()
            },
        }

    def _entry_labels(self) -> Iterable[tuple[str, str]]:
        return ((entry, self.labels[entry]) for entry in self.entries)

    def _references_of(self, entry: str) -> set[str]:
        """Return the references of an entry's reports and of its report to an app."""
        reports = (fields for report, fields in self._records("report").items() if self._is_reported(entry, report))
        app = self.fields[entry].get("platform_report", {}).get("ref")
        return {*(fields["crime_ref"] for fields in reports if fields.get("crime_ref")), *([app] if app else [])}

    def _is_reported(self, entry: str, report: str) -> bool:
        names_entry = entry in self.fields[report].get("incident_ids", ())
        return names_entry or report in self.fields[entry].get("report_ids", ())

    def _has_file(self, entry: str, file: str) -> bool:
        named = [*self.fields[entry].get("attachment_ids", ()), *self.fields[entry].get("narrative_media", ())]
        return entry in self.fields[file].get("incident_ids", ()) or file in named

    def _messages(self) -> tuple[int, bool]:
        total, is_estimate, counted = 0, False, set[str]()
        for entry, fields in self.entries.items():
            if fields.get("count") is not None:
                total += fields["count"]
                is_estimate |= fields.get("count_is_estimate") is True
                continue
            for schedule, its_fields in self._records("schedule").items():
                is_linked = schedule == fields.get("schedule_id") or entry in its_fields.get("incident_ids", ())
                if not is_linked or schedule in counted:
                    continue
                counted.add(schedule)
                if its_fields.get("count") is None:
                    total += sum(row.get("direction") == "in" for row in its_fields["rows"])
                    is_estimate |= its_fields.get("complete", "complete") != "complete"
                else:
                    total += its_fields["count"]
                    is_estimate |= its_fields.get("count_is_estimate") is True
        return total, is_estimate

    def _accounts(self) -> set[str]:
        """Return the numbers and handles of the pack, each once: those of accounts, and those that entries name."""
        records = self._records("account")
        roots = {fields["merged_into"] for fields in records.values() if fields.get("merged_into")}
        named = {
            _spelled_alike(fields.get("number") or fields.get("handle") or account)
            for account, fields in records.items()
            if account in roots or not fields.get("merged_into")
        }
        in_words = (fields for fields in self.entries.values() if not fields.get("account_ids"))
        return named | {
            _spelled_alike(fields["channel_account"]) for fields in in_words if fields.get("channel_account")
        }

    def _people(self) -> dict[str, int]:
        """Return the entries of each person said to do it, after merges, by code."""
        entries_by_person: dict[str, set[str]] = {}
        for entry, fields in self.entries.items():
            for person in fields.get("actor_ids", ()):
                if person in self.fields:
                    root = self.fields[person].get("merged_into") or person
                    entries_by_person.setdefault(self.labels[root], set()).add(entry)
        return {code: len(entries) for code, entries in entries_by_person.items()}

    def _breaches(self) -> dict[str, set[str]]:
        """Return the entries said to break each order while it was in force, by the order's code."""
        return {
            self.labels[order]: {
                label
                for entry, label in self._entry_labels()
                if any(row["order_id"] == order for row in self.fields[entry].get("alleged_breaches", ()))
                and _is_in_force(fields, self.fields[entry])
            }
            for order, fields in self._records("order").items()
        }

    def _most_often(self) -> list[int]:
        """Return how many entries have each of the five kinds of behaviour that most entries have."""
        counts = Counter(kind for fields in self.entries.values() for kind in set(fields.get("behaviours", ())))
        return sorted(counts.values(), reverse=True)[:5]

    def _fear(self) -> dict[str, int]:
        """Return how many entries have each answer about fear of violence."""
        words = {"yes": "yes", "no": "no", "not_sure": "not sure", "prefer_not_to_say": "rather not say"}
        counts = Counter(fields.get("feared_violence") for fields in self.entries.values())
        return {words[code]: count for code, count in counts.items() if code in words}

    def _while_in_force(self) -> dict[str, int]:
        """Return the dated entries between service and the end of each order that was served, by the order's code."""
        return {
            self.labels[order]: sum(_is_dated(entry) and _is_in_force(fields, entry) for entry in self.entries.values())
            for order, fields in self._records("order").items()
            if fields.get("served_on")
        }

    def _after_notice(self) -> list[int]:
        """Return how many entries are after each of the first two notices to stop."""
        notices = sorted(
            (fields["at"] for fields in self._records("notice").values() if fields.get("at")),
            key=lambda at: str(_day_of(at)),
        )
        return [sum(_is_after(entry, at) for entry in self.entries.values()) for at in notices][:2]

    def _newest_reports(self) -> list[tuple[str, date | None]]:
        """Return codes and days of the reports, the newest first and undated ones last."""
        days = [(self.labels[report], _day_of(fields.get("at"))) for report, fields in self._records("report").items()]
        return sorted(days, key=lambda row: row[1] or date.min, reverse=True)


def _spelled_alike(account: str) -> str:
    """Return a number in digits as dialled in the UK, or a handle without `@`."""
    digits = re.sub(r"[ ()]", "", account)
    return "0" + digits[3:] if digits.startswith("+44") else digits.removeprefix("@").lower()


def _is_dated(fields: Mapping[str, Any]) -> bool:
    return fields.get("occurred_start") is not None and fields.get("precision") != "unknown"


def _days_of(fields: Mapping[str, Any]) -> tuple[date, date]:
    """Return the first and last local day of an entry that has a time."""
    offset = timedelta(minutes=fields.get("utc_offset_min") or 0)
    start: int = fields["occurred_start"]
    end: int = fields.get("occurred_end") or 0
    first = (datetime.fromtimestamp(start / 1000, UTC) + offset).date()
    is_range = fields["precision"] in ("date_range", "month", "season") and end > start
    return first, (datetime.fromtimestamp((end - 1) / 1000, UTC) + offset).date() if is_range else first


def _is_in_force(order: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Return whether an order was served by the end of an entry's time and had not ended by its beginning."""
    if not _is_dated(entry) or not order.get("served_on"):
        return True
    first, last = _days_of(entry)
    expires = order.get("expires_on")
    return last >= date.fromisoformat(order["served_on"]) and (not expires or first <= date.fromisoformat(expires))


def _is_after(entry: Mapping[str, Any], at: Any) -> bool:
    """Return whether an entry is after a time: by the clock if that is known of both, else on a later day."""
    if not _is_dated(entry):
        return False
    if isinstance(at, dict) and at.get("precision") == "minute" and entry["precision"] in ("exact", "minute", "hour"):
        return bool(entry["occurred_start"] >= at["start"])
    day = _day_of(at)
    return day is not None and _days_of(entry)[0] > day


def _day_of(value: Any) -> date | None:
    """Return the London day of a time in any form; the diaries here have summer dates or exact instants only."""
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    ms = value.get("start") if isinstance(value, dict) else value
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC).date()


def _find_day(words: str) -> Any:
    """Return the first day in a text such as `Mon 4 May 2026`, or NO_DATE."""
    match = re.search(r"(\d{1,2}) ([A-Z][a-z]{2,8}) (\d{4})", words)
    return date(int(match[3]), _MONTHS.index(match[2][:3]) + 1, int(match[1])) if match else NO_DATE


def _count_words(words: str) -> tuple[int, bool]:
    """Return `about 14` as (14, True)."""
    return int(words.removeprefix("about ")), words.startswith("about ")


def _references_in(words: str) -> set[str]:
    return {reference for groups in _REFERENCE_PATTERN.findall(words) for reference in groups if reference}


def _labels_in(words: str) -> set[str]:
    """Return the numbers that `1–3, U2` lists."""
    return {str(number) for number in entry_numbers(re.sub(r"U\d+", "", words))} | set(re.findall(r"U\d+", words))


def _page_text(raw: bytes) -> str:
    return " ".join(" ".join(page_texts(raw)).split())


def _page_01_facts(raw: bytes) -> Facts:
    """Return what 01 says: page one, and the sections further back, which have the entries of each count."""
    text = _page_text(raw)
    first = " ".join(page_texts(raw)[0].split())
    tiles = re.search(r"(?:entry|entries) (\d+) first (.+?) most recent (.+?) exhibits? (\d+) ", first)
    accounts = re.search(r"Different accounts and numbers used (\d+)", text)
    messages = re.search(r"Inside the entries (about \d+|\d+) messages? or", first)
    counted = re.search(r"Messages and calls counted inside entries (about \d+|\d+)", text)
    period = re.search(r"Period (\d+) days?,", first)
    references = text[text.rindex("Orders, reports and references") :]
    end = re.search(r"Told to stop|Orders and alleged breaches|People and accounts", references)
    lines = re.split(r" (?=(?:O|NC|R|CA)\d+ |Entry )", references[: end.start() if end else 0])[1:]
    assert tiles and (counted is None or messages is None or counted[1] == messages[1]), text[:900]
    reports = [line.split()[0] for line in lines if line.startswith("R")]
    latest = re.search(r"Latest report(?: to police)? (?:none|(R\d+))", first)
    to_police = [line.split()[0] for line in lines if re.match(r"R\d+ Police\b", line)]
    assert latest and [latest[1]] == ((to_police or reports)[:1] or [None]), first
    breaches = {
        line.split()[0]: _labels_in(line.partition("said to be broken in entr")[2]) for line in lines if line[0] == "O"
    }
    for order, count in re.findall(r"(O\d+) (?:(?!O\d).)*?(\d+) said to break it", first):
        assert len(breaches[order]) == int(count), first
    new = re.search(r"New after a block (\d+) acc[^:]*: ([^A-Z]+)", first)
    assert new is None or int(new[1]) == sum(map(int, re.findall(r"\d+", new[2]))), first
    in_table = re.search(r"New accounts or numbers after a block:[^A-Z]*? (\d+) [\d–]", text)
    assert not (new and in_table) or new[1] == in_table[1], (first, in_table)
    return {
        "entries": int(tiles[1]),
        "first": _find_day(tiles[2]),
        "last": _find_day(tiles[3]),
        "files": int(tiles[4]),
        "accounts": int(accounts[1]) if accounts else 0,
        "messages": _count_words(messages[1] if messages else "0") if messages else (0, None),
        "period": int(period[1]) if period else None,
        "people": {code: int(count) for code, count in re.findall(r"(S\d+) “[^”]*” ?, (\d+) entr(?:y|ies)\b", first)},
        "kinds": [int(count) for count in re.findall(r": (\d+)", _between(first, "Most often", *_AFTER_KINDS))],
        "fear": {
            word.lower(): int(count)
            for word, count in re.findall(
                r"(Yes|[Nn]ot sure|[Nn]o|[Rr]ather not say) (\d+)",
                _between(first, "Afraid of violence", "Order in force"),
            )
        },
        "breaches": breaches,
        "while_in_force": _entries_since_service(first),
        "since_service": {
            code: int(after) for code, after in re.findall(r"Order served \((O\d+)\) \d+ \w+ \d{4} \d+ \d+ (\d+)", text)
        },
        "after_notice": [int(count) for count in re.findall(r"\(NC\d+\); (\d+) entr", first)],
        "reports": reports,
        "references": _references_in("; ".join(lines)),
    }


_AFTER_KINDS = ("Inside the entries", "New after a block", "Afraid of violence")


def _between(text: str, start: str, *ends: str) -> str:
    """Return what stands between a label and the first of other labels; '' without the label."""
    rest = text.partition(start)[2]
    return rest[: min((rest.index(end) for end in ends if end in rest), default=0)]


def _entries_since_service(page: str) -> dict[str, int]:
    """Return how many entries page one of 01 says came since each order was served."""
    line = _between(page, "Order in force", "Latest report")
    parts = re.split(r"(?=\bO\d+ )", line)[1:]
    counts = ((part.split()[0], re.search(r"(\d+) entr(?:y|ies) since it was served", part)) for part in parts)
    return {code: int(count[1]) for code, count in counts if count}


def _page_06_facts(raw: bytes) -> Facts:
    """Return what the officer's sheet says of reports."""
    text = _page_text(raw)
    section = text[
        text.index("Police and other references") : text.index("Contacts and details kept from the other person")
    ]
    since = re.findall(r"Since (O\d+) was served, \d+ \w+ \d{4} (?:(\d+) in this pack|None)", text)
    return {
        "reports": re.findall(r" (R\d+) ", section),
        "references": _references_in(section),
        "all_while_in_force": {code: int(count or 0) for code, count in since},
    }


def _page_10_facts(raw: bytes) -> Facts:
    """Return what the page about the making says was left out; nothing if the keeper did not agree to a list."""
    text = _page_text(raw)
    found = re.search(r"left out: (\d+) entr(?:y|ies), (\d+) files?, (\d+) other records?\.", text)
    assert bool(found) is ("Not included" in text)
    return (
        {"left_out": dict(zip(("entries", "files", "others"), map(int, found.groups()), strict=True))} if found else {}
    )


def _table(raw: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.removeprefix("\ufeff"), newline="")))


def _table_facts(tables: Mapping[str, str]) -> Facts:
    """Return what 02, 03 and 05 of a typeset pack say."""
    rows, files = _table(tables["02_chronology.csv"]), _table(tables["03_exhibits-index.csv"])
    starts = sorted(datetime.fromisoformat(row["occurred_start"]) for row in rows if row["occurred_start"])
    breaches: dict[str, set[str]] = {}
    for row in rows:
        for part in filter(None, row["term_said_to_be_broken"].split("; ")):
            if "not a breach" not in part and "had ended" not in part:
                breaches.setdefault(part.split()[0], set()).add(row["no"])
    return {
        "entries": len(rows),
        "files": len(files),
        "first": starts[0].date() if starts else NO_DATE,
        "last": starts[-1].date() if starts else NO_DATE,
        "messages": _table_messages(rows, _table(tables.get("05_message-schedules.csv", ""))),
        "people": _count_codes(row["person_code"] for row in rows),
        "breaches": breaches,
        "entry_references": {row["no"]: _references_in(f"{row['reported']}; {row['platform_report']}") for row in rows},
        "reported": {row["no"]: set(re.findall(r"\b(R\d+) ", row["reported"])) for row in rows},
        "entry_files": {row["no"]: set(row["exhibits"].split()) for row in rows},
    }


def _count_codes(cells: Iterable[str]) -> dict[str, int]:
    """Count the cells that contain each code."""
    counts: dict[str, int] = {}
    for cell in cells:
        for code in re.findall(r"S\d+", cell):
            counts[code] = counts.get(code, 0) + 1
    return counts


def _table_messages(rows: list[dict[str, str]], messages: list[dict[str, str]]) -> tuple[int, bool]:
    """Return the messages of the entries: their own counts, and 05 for entries without one."""
    own = [row for row in rows if row["count"]]
    without = {row["no"] for row in rows if not row["count"]}
    total, is_estimate = sum(int(row["count"]) for row in own), any(row["count_is_estimate"] for row in own)
    by_schedule: dict[str, list[dict[str, str]]] = {}
    for message in messages:
        by_schedule.setdefault(message["schedule"], []).append(message)
    for lines in by_schedule.values():
        first = lines[0]
        if first["entries"] == "not linked" or not _labels_in(first["entries"]) & without:
            continue
        if first["counted"]:
            count, is_about = _count_words(first["counted"])
        else:
            count = sum(line["direction"].endswith("to me") for line in lines)
            is_about = first["is_complete"] not in ("", "Yes, all of them both ways")
        total, is_estimate = total + count, is_estimate or is_about
    return total, is_estimate


class _FactReader(HTMLParser):
    """Read the first list of facts of the page that a phone makes: its terms with their descriptions."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: dict[str, str] = {}
        self._term, self._tag, self._is_done = "", "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag

    def handle_endtag(self, tag: str) -> None:
        self._is_done, self._tag = self._is_done or tag == "dl", ""

    def handle_data(self, data: str) -> None:
        if self._is_done:
            return
        if self._tag == "dt":
            self._term = data
        elif self._tag == "dd":
            self.facts[self._term] = self.facts.get(self._term, "") + data


def _phone_page_facts(front: Mapping[str, str]) -> Facts:
    """Return what the page and the tables of a pack made on the phone say."""
    reader = _FactReader()
    reader.feed(front["data/servable/01_chronology.html"])
    facts = reader.facts
    rows = _table(front["data/servable/02_chronology.csv"])
    files = _table(front["data/servable/03_exhibits-index.csv"])
    span = facts.get("First and most recent", "").split(", most recent ")
    lines = facts.get("Orders and references", "").splitlines()
    assert int(facts["How many"]) == len(rows) and int(facts["Files"]) == len(files)
    return {
        "entries": len(rows),
        "files": len(files),
        "first": _find_day(span[0]),
        "last": _find_day(span[-1]),
        "messages": _count_words(facts.get("Messages and calls in the entries", "0")),
        "people": {
            line.split()[0]: int(line.rpartition(": ")[2]) for line in facts.get("Who, and how often", "").splitlines()
        },
        "breaches": {
            line.split(",")[0]: _labels_in(line.partition("said to be broken in entries")[2])
            for line in lines
            if line.startswith("O")
        },
        "since_service": {
            code: int(after)
            for code, after in re.findall(
                r"Order served \((O\d+)\), [^:]*: \d+ before, \d+ on the day, (\d+) after",
                facts.get("Before and after days that mattered", ""),
            )
        },
        "reports": [line.split(",")[0] for line in lines if line.startswith("R")],
        "references": _references_in("; ".join(lines).replace("Crime number", "crime")),
        "reported": {row["no"]: set(re.findall(r"R\d+", row.get("reported", ""))) for row in rows},
        "entry_files": {row["no"]: set(row["exhibits"].split()) for row in rows},
    }


def _screen_facts(phone: Mapping[str, Any]) -> Facts:
    """Return what the Patterns screen and the fact sheet say."""
    patterns, sheet = phone["patterns"], phone["sheet"]
    times = re.search(r"Patterns (\d+|Once|Twice)(?: times?)? ?(?:since|on)? ?(\d+ \w+ \d{4})?", patterns)
    messages = re.search(r"Messages and calls counted in entries: (about \d+|\d+)", patterns)
    accounts = re.search(r"Accounts and numbers used(?: Entries: [\d, to]+?)? (\d+) [A-Z]", sheet)
    period = re.search(r"Days from the first entry to the last Entries: [^.]*? (\d+) [A-Z]", sheet)
    assert times, patterns[:300]
    return {
        "entries": {"Once": 1, "Twice": 2}.get(times[1]) or int(times[1]),
        "first": _find_day(times[2] or ""),
        "messages": _count_words(messages[1]) if messages else (0, None),
        "period": int(period[1]) if period else None,
        "accounts": int(accounts[1]) if accounts else 0,
        "since_service": {row["ref"]: row["after"] for row in phone["key_dates"] if row["kind"] == "served"},
    }


def check_same_facts(record: Mapping[str, Any], sources: Mapping[str, Facts]) -> None:
    """Raise AssertionError if a source says anything else than 12_record.json."""
    counted = RecordFacts(record)
    expected, codes = counted.facts(), set(counted.labels.values())
    for source, facts in sources.items():
        for name, value in facts.items():
            # Pages also have codes of people whom an entry names in words only.
            found = {code: count for code, count in value.items() if code in codes} if name == "people" else value
            if name == "while_in_force":
                # Page one has only the newest orders that were in force when the pack was made.
                assert _comparable(name, found) == {
                    code: count for code, count in expected[name].items() if count and code in found
                }, f"{name} in {source}"
                continue
            if (source, name) == ("06", "references"):
                # 06 also has what the keeper typed about a report, with whatever references are in it.
                found = found & expected[name]
            assert _comparable(name, found) == _comparable(name, expected[name]), f"{name} in {source}"


def _comparable(name: str, value: Any) -> Any:
    """Return a fact in the form in which it is compared: without zeros that a source need not print."""
    if name == "messages":
        return value if value[0] else 0
    if name == "reports":
        return [row if isinstance(row, str) else row[0] for row in value]
    if isinstance(value, dict):
        return {key: found for key, found in value.items() if found}
    return value


def phone_facts(capsules: Iterable[Path]) -> list[dict[str, Any]]:
    """Return what a phone in London makes of each capsule."""
    node = shutil.which("node")
    assert node, "Node 20 or newer is not on the path; `make test` puts it there"
    completed = subprocess.run(
        [node, str(PACK_FACTS_SCRIPT), *map(str, capsules)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TZ": "Europe/London"},
    )
    assert completed.returncode == 0, completed.stderr[-2000:]
    return list(json.loads(completed.stdout))


def sources_of(read: Callable[[str], bytes], names: Iterable[str], phone: Mapping[str, Any]) -> dict[str, Facts]:
    """Return the facts of every source. `read`: a file below `data/`; `names`: all of them."""
    tables = {
        name.rpartition("/")[2]: read(name).decode("utf-8")
        for name in names
        if re.match(r"servable/0[235]_.*csv", name)
    }
    return {
        "01": _page_01_facts(read("servable/01_chronology.pdf")),
        "06": _page_06_facts(read("restricted/06_RESTRICTED_officer-sheet.pdf")),
        "10": _page_10_facts(read("restricted/10_RESTRICTED_how-this-record-was-made.pdf")),
        "02, 03 and 05": _table_facts(tables),
        "the phone's own page and tables": _phone_page_facts(phone["front"]),
        "the phone's screens": _screen_facts(phone),
    }
