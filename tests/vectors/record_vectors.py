"""record.json: allowed and impossible field values, histories, and links. Expected results are written by hand."""

from typing import Any

from diary.encoding import b64
from diary.record import assisted
from diary.record.record_history import RecordVersion, build_history
from diary.record.referenced_ids import ids_in, merge_root, reachable_records
from tests.vectors.reference import fixed_bytes

Case = dict[str, Any]
RECORD_ID, OTHER_ID = b64(fixed_bytes("record", 16)), b64(fixed_bytes("another", 16))
NIGHT_MS = 1_792_888_200_000  # 2026-10-25T00:30:00Z, the first half past one in London
NOON_MS = 1_777_896_000_000  # 2026-05-04T12:00:00Z
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
TIME_BLOCK: Case = {
    "start": NOON_MS,
    "end": None,
    "local": "2026-05-04T13:00",
    "tz": "Europe/London",
    "utc_offset_min": 60,
    "precision": "minute",
}


def shape_case(name: str, kind: str, fields: Case, *faults: tuple[str, str]) -> Case:
    return {
        "name": name,
        "kind": kind,
        "fields": fields,
        "faults": [{"field": field, "code": code} for field, code in faults],
    }


def shape_cases() -> list[Case]:
    """Return one case per shape, and values a faulty app could write instead."""
    return [*plain_shape_cases(), *listed_shape_cases(), *nested_shape_cases()]


def plain_shape_cases() -> list[Case]:
    return [
        shape_case("nothing", "incident", {"_kind": 7, "narrative": None, "unheard_of": 1}),
        shape_case("an unknown kind", "dream", {"narrative": 1}),
        shape_case(
            "words as they are",
            "incident",
            {"narrative": "\u202e\u0000 =1+1 \U0001f622", "count": 0, "children_present": False},
        ),
        shape_case(
            "text that is not",
            "incident",
            {"narrative": ["x"], "who": {}},
            ("narrative", "not_text"),
            ("who", "not_text"),
        ),
        shape_case("a code of a newer app", "incident", {"channel": "new_app", "behaviours": ["calls", "new_thing"]}),
        shape_case(
            "codes that are none",
            "incident",
            {"behaviours": ["Calls!", 7], "channel": ""},
            ("behaviours.0", "not_a_code"),
            ("behaviours.1", "not_a_code"),
            ("channel", "not_a_code"),
        ),
        shape_case(
            "codes with more before or after, and the longest",
            "incident",
            {"behaviours": ["a" * 40, "a" * 41, "calls now", "calls\n", "_calls", " calls", "-calls"]},
            *((f"behaviours.{i}", "not_a_code") for i in range(1, 7)),
        ),
        shape_case("one where a list belongs", "incident", {"behaviours": "calls", "actor_ids": RECORD_ID}),
        shape_case(
            "no list",
            "incident",
            {"behaviours": 7, "exact_words": {}},
            ("behaviours", "not_a_list"),
            ("exact_words", "not_a_list"),
        ),
    ]


def listed_shape_cases() -> list[Case]:
    return [
        shape_case(
            "ids",
            "incident",
            {"actor_ids": [RECORD_ID, "S1"], "schedule_id": 5},
            ("actor_ids.1", "not_an_id"),
            ("schedule_id", "not_an_id"),
        ),
        shape_case(
            "ids with more before or after",
            "incident",
            {
                "actor_ids": [
                    RECORD_ID,
                    RECORD_ID + "g",
                    "x" + RECORD_ID,
                    RECORD_ID[:-1] + "h",
                    " " + RECORD_ID,
                    RECORD_ID + "\n",
                ]
            },
            *((f"actor_ids.{i}", "not_an_id") for i in range(1, 6)),
        ),
        shape_case(
            "numbers",
            "incident",
            {"count": -1, "property_value_pence": True, "occurred_start": 1 << 52, "utc_offset_min": 1081},
            ("count", "out_of_range"),
            ("occurred_start", "no_calendar_time"),
            ("property_value_pence", "not_a_number"),
            ("utc_offset_min", "out_of_range"),
        ),
        shape_case("a number as text", "incident", {"count": "43"}, ("count", "not_a_number")),
        shape_case("yes as text", "incident", {"children_present": "yes"}, ("children_present", "not_yes_or_no")),
    ]


def day_cases() -> list[Case]:
    """Return text that is almost a date."""
    days = {
        "more after it": "2026-05-044",
        "more before it": "12026-05-04",
        "a month 13": "2026-13-04",
        "a day 32": "2026-05-32",
    }
    return [
        shape_case(f"a day with {what}", "order", {"made_on": day}, ("made_on", "not_a_day"))
        for what, day in days.items()
    ]


def nested_shape_cases() -> list[Case]:
    return [
        shape_case("a time", "incident", {"discovered_at": TIME_BLOCK}),
        shape_case(
            "a time that is none",
            "incident",
            {"discovered_at": TIME_BLOCK | {"start": "noon", "precision": "Very"}},
            ("discovered_at.precision", "not_a_code"),
            ("discovered_at.start", "not_a_number"),
        ),
        shape_case(
            "no object",
            "incident",
            {"discovered_at": 5, "vehicle": [], "told_others": ["mum"]},
            ("discovered_at", "not_an_object"),
            ("told_others.0", "not_an_object"),
            ("vehicle", "not_an_object"),
        ),
        shape_case(
            "objects",
            "incident",
            {"exact_words": [{"speaker": "him", "words": "x", "more": 1}, {"words": 1}]},
            ("exact_words.1.words", "not_text"),
        ),
        shape_case(
            "days",
            "order",
            {"made_on": "2026-05-04", "served_on": NOON_MS, "known_on": TIME_BLOCK, "expires_on": "4 May"},
            ("expires_on", "not_a_day"),
        ),
        *day_cases(),
        shape_case(
            "terms",
            "order",
            {"terms": [{"no": 1, "text": "Not to contact me"}, {"no": "2", "text": None}]},
            ("terms.1.no", "not_a_number"),
        ),
        shape_case(
            "restricted fields too", "schedule", {"own_accounts": ["07700 900222", 5]}, ("own_accounts.1", "not_text")
        ),
        shape_case("a line too long", "account", {"handle": "@" * 4_001, "about": "@" * 4_001}, ("handle", "too_long")),
        shape_case(
            "letters beyond the first plane count as two",
            "account",
            {"handle": "\U0001f622" * 2_001},
            ("handle", "too_long"),
        ),
    ]


def time_case(name: str, fields: Case, now: int | None, *faults: tuple[str, str]) -> Case:
    return {
        "name": name,
        "fields": fields,
        "now": now,
        "faults": [{"field": field, "code": code} for field, code in faults],
    }


def time_cases() -> list[Case]:
    """Return possible and impossible times."""
    london: Case = {"tz": "Europe/London"}
    return [
        time_case("nothing said", {}, NOON_MS),
        time_case("at the time", {"occurred_start": NOON_MS}, NOON_MS),
        time_case("a clock a little ahead", {"occurred_start": NOON_MS + 300_000}, NOON_MS),
        time_case("in the future", {"occurred_start": NOON_MS + 300_001}, NOON_MS, ("occurred_start", "in_the_future")),
        time_case("nobody asks about the future", {"occurred_start": NOON_MS + DAY_MS}, None),
        time_case("a day not over yet", {"occurred_start": NOON_MS, "occurred_end": NOON_MS + DAY_MS}, NOON_MS),
        time_case(
            "end before start",
            {"occurred_start": NOON_MS, "occurred_end": NOON_MS - 1},
            NOON_MS,
            ("occurred_end", "end_before_start"),
        ),
        time_case("end at start", {"occurred_start": NOON_MS, "occurred_end": NOON_MS}, NOON_MS),
        time_case("an end alone", {"occurred_end": NOON_MS}, NOON_MS, ("occurred_end", "end_without_start")),
        time_case(
            "before the clocks went back",
            london | {"occurred_start": NIGHT_MS, "utc_offset_min": 60},
            NIGHT_MS + DAY_MS,
        ),
        time_case(
            "after the clocks went back",
            london | {"occurred_start": NIGHT_MS + HOUR_MS, "utc_offset_min": 0},
            NIGHT_MS + DAY_MS,
        ),
        time_case(
            "the wrong half of that hour",
            london | {"occurred_start": NIGHT_MS, "utc_offset_min": 0},
            NIGHT_MS + DAY_MS,
            ("utc_offset_min", "impossible_local_time"),
        ),
        time_case(
            "an hour that never was",
            london | {"occurred_start": 1_774_744_200_000, "utc_offset_min": 60},
            NOON_MS,
            ("utc_offset_min", "impossible_local_time"),
        ),
        time_case(
            "a zone nobody knows",
            {"occurred_start": NOON_MS, "tz": "Mars/Olympus", "utc_offset_min": 7},
            NOON_MS,
            ("tz", "unknown_zone"),
        ),
        time_case(
            "a zone in another spelling",
            {"occurred_start": NOON_MS, "tz": "EUROPE/LONDON", "utc_offset_min": 7},
            NOON_MS,
            ("tz", "unknown_zone"),
        ),
        time_case(
            "a bare offset for a zone",
            {"occurred_start": NOON_MS, "tz": "+01:00", "utc_offset_min": 7},
            NOON_MS,
            ("tz", "unknown_zone"),
        ),
        time_case("of the wrong shape", {"occurred_start": "noon", "occurred_end": [], "tz": 5}, NOON_MS),
    ]


SAMPLE_ORDER: Case = {
    "served_on": "2026-05-06",
    "expires_on": "2026-06-06",
    "terms": [{"no": 1, "text": "a"}, {"no": 2, "text": "b"}],
}


def order_status_cases() -> list[Case]:
    """Return the status of an order at several moments, and of unusual orders at one."""
    served = 1_778_022_000_000  # 2026-05-06T00:00 in London
    order_end = 1_780_786_800_000  # 2026-06-07T00:00 in London, when the last day is over
    tz: Case = {"tz": "Europe/London"}
    rows: list[tuple[str, Case, Case, str]] = [
        ("the moment before", SAMPLE_ORDER, tz | {"occurred_start": served - 1}, "not_served"),
        ("that midnight", SAMPLE_ORDER, tz | {"occurred_start": served}, "in_force"),
        (
            "a range that ends before",
            SAMPLE_ORDER,
            tz | {"occurred_start": served - DAY_MS, "occurred_end": served},
            "not_served",
        ),
        (
            "a range that reaches into it",
            SAMPLE_ORDER,
            tz | {"occurred_start": served - DAY_MS, "occurred_end": served + 1},
            "in_force",
        ),
        ("its last day", SAMPLE_ORDER, tz | {"occurred_start": order_end - 1}, "in_force"),
        ("after it ended", SAMPLE_ORDER, tz | {"occurred_start": order_end}, "expired"),
        ("when is not known", SAMPLE_ORDER, tz | {"occurred_start": NOON_MS, "precision": "unknown"}, "unknown_when"),
        ("no time at all", SAMPLE_ORDER, {}, "unknown_when"),
        ("served nobody knows when", {}, {"occurred_start": NOON_MS}, "unknown_served"),
        ("served on no day", {"served_on": "2026-02-30"}, {"occurred_start": NOON_MS}, "unknown_served"),
        ("known, though not served", {"known_on": "2026-05-05"}, {"occurred_start": NOON_MS}, "not_served"),
        ("served at an instant", {"served_on": NOON_MS}, {"occurred_start": NOON_MS - 1}, "not_served"),
        ("served at a told time", {"served_on": {"start": NOON_MS}}, {"occurred_start": NOON_MS}, "in_force"),
        (
            "a midnight that never was",
            {"served_on": "2026-03-29"},
            {"occurred_start": 1_774_735_199_999, "tz": "Asia/Beirut"},
            "not_served",
        ),
        (
            "and when it began",
            {"served_on": "2026-03-29"},
            {"occurred_start": 1_774_735_200_000, "tz": "Asia/Beirut"},
            "in_force",
        ),
    ]
    return [
        {"name": name, "order": order, "incident": incident, "standing": expected_status}
        for name, order, incident, expected_status in rows
    ]


def breach_cases() -> list[Case]:
    """Return alleged breaches of ORDER, and of no order."""
    alleged_breaches = [
        {"order_id": RECORD_ID, "term_no": 1},
        {"order_id": RECORD_ID, "term_no": 9},
        {"order_id": OTHER_ID, "term_no": 1},
        {"term_no": 2},
        5,
    ]
    before = [
        {"field": "alleged_breaches.0", "code": "before_service"},
        {"field": "alleged_breaches.1", "code": "before_service"},
        {"field": "alleged_breaches.1.term_no", "code": "no_such_term"},
    ]
    fields: Case = {"alleged_breaches": alleged_breaches, "occurred_start": NOON_MS, "tz": "Europe/London"}
    later = fields | {"occurred_start": NOON_MS + 5 * DAY_MS}
    return [
        {"name": "before service", "fields": fields, "orders": {"order": SAMPLE_ORDER}, "faults": before},
        {"name": "in force", "fields": later, "orders": {"order": SAMPLE_ORDER}, "faults": before[2:]},
        {"name": "an order that is not here", "fields": fields, "orders": {}, "faults": []},
    ]


def make_version(name: str, at: int, fields: Case, *parents: str) -> Case:
    clock = {"_clock": {"offset_ms": None, "tz": "Europe/London", "utc": at}}
    return {
        "record": RECORD_ID,
        "version": name,
        "kind": "incident",
        "fields": fields | clock | {"_parents": list(parents)},
        "restricted": {},
    }


def record_histories() -> dict[str, list[Case]]:
    """Return records as their devices wrote them."""
    first = make_version("a", NOON_MS, {"narrative": "Hw came"})
    fixed_words = make_version("b", NOON_MS + 600_000, {"narrative": "He came"}, "a")
    more = make_version("c", NOON_MS + 600_001, {"narrative": "He came back", "who": "Dan"}, "b")
    out = make_version("o", NOON_MS + DAY_MS, {"taken_out": NOON_MS + DAY_MS, "reason": "not now"}, "c")
    return {
        "one": [first],
        "settled within ten minutes": [first, fixed_words],
        "added to": [first, fixed_words, more],
        "amended": [
            first,
            fixed_words,
            make_version("c", NOON_MS + DAY_MS, {"narrative": "She came", "reason": "a slip"}, "b"),
        ],
        "taken out": [first, fixed_words, more, out],
        "put back": [
            first,
            fixed_words,
            more,
            out,
            make_version("p", NOON_MS + 2 * DAY_MS, {"narrative": "He came back", "who": "Dan"}, "o"),
        ],
        "two devices, one took it out": [
            first,
            fixed_words,
            more,
            make_version("o", NOON_MS + DAY_MS, {"taken_out": NOON_MS + DAY_MS}, "b"),
        ],
        "two devices, both took it out": [
            first,
            make_version("o", NOON_MS + DAY_MS, {"taken_out": NOON_MS + DAY_MS}, "a"),
            make_version("q", NOON_MS + DAY_MS, {"taken_out": NOON_MS + 5}, "a"),
        ],
        "a clock put back settles nothing": [
            first,
            make_version("c", NOON_MS + DAY_MS, {"narrative": "She came", "reason": "no"}, "a"),
            make_version("d", NOON_MS + 60_000, {"narrative": "Nobody came", "reason": "no"}, "c"),
        ],
        "only a taking out": [make_version("o", NOON_MS, {"taken_out": NOON_MS})],
        "a taking out with words is none": [
            first,
            make_version("o", NOON_MS + DAY_MS, {"taken_out": NOON_MS, "narrative": "Hw came"}, "a"),
        ],
        "a parent nobody has": [first, make_version("c", NOON_MS + DAY_MS, {"narrative": "Hw came", "count": 2}, "zz")],
    }


def history_case(name: str, versions: list[Case]) -> Case:
    """Return a record's expected history."""
    history = build_history([RecordVersion(schema=1, **version) for version in versions])
    revisions = [
        {
            "version": revision.version,
            "kind": revision.kind,
            "reason": revision.reason,
            "changes": [{"field": change.field, "old": change.old, "new": change.new} for change in revision.changes],
        }
        for revision in history.revisions
    ]
    expected = {
        "first": history.first_version.version,
        "newest": history.current_version.version,
        "taken_out": history.withdrawn_at_ms,
        "revisions": revisions,
    }
    return {"name": name, "versions": versions, "told": expected}


def link_cases() -> Case:
    """Return the links of records, followed transitively, with cycles and missing records."""
    fields: Case = {
        "_ids": {"record": "no"},
        "actor_ids": ["b", 5, ""],
        "schedule_id": "s",
        "merged_into": "m",
        "narrative_media": "n",
        "who": "x",
        "told_others": [{"person_id": "t", "who": "y"}, "z"],
        "alleged_breaches": [{"order_id": "o", "term_no": 1}],
        "idle": "i",
        "rows": [{"attachment_id": "r", "deeper": {"of_id": "d"}}],
        "grid": "g",
        "account_ids": "lone",
    }
    names = {"a": ["b", "gone"], "b": ["c"], "c": ["a"], "d": ["a"], "e": []}
    into = {"a": "b", "b": "", "c": "d", "d": "e", "e": "c", "f": "c", "g": "gone", "h": "h"}
    return {
        "fields": fields,
        "ids": sorted(ids_in(fields)),
        "names": names,
        "reached": {
            start: sorted(reachable_records([start], {key: frozenset(to) for key, to in names.items()}))
            for start in names
        },
        "into": into,
        "roots": {record: merge_root(record, into) for record in into},
    }


def assisted_entry_cases() -> list[Case]:
    """Return entries that an advocate typed: their fields, and their marks, written by hand."""
    turns = [
        {"asked": "tell_me", "said": "He came to the shop.", "words": ""},
        {"asked": "own", "said": "Twice.", "words": "How often?"},
        {"asked": "explain", "said": "", "words": ""},
    ]
    fields: Case = {
        "by": "PK", "held_at": 1_793_749_500_000, "how": "call", "incident": {"precision": "unknown"}, "read_back": True,
        "turns": turns, "tz": "Europe/London", "under_18": False,
    }  # fmt: skip
    letter: Case = {"fields": fields, "what": "assisted"}
    typed = "He came to the shop.\n\nTwice."
    asked = ["Tell me", "How often?", "Explain"]
    start = "Written by PK from a call on 3 Nov 2026, read back, "
    later = 1_793_920_000_000
    once = {"turns": [{"asked": "", "said": typed, "words": ""}], "read_back": False, "how": "meeting"}
    letter_with_one_answer = letter | {"fields": fields | once}
    rows: list[tuple[Case, str | None, int | None, Case, str, list[str], str]] = [
        (letter, None, None, {}, start + "not yet confirmed by the keeper", asked, ""),
        (letter, "yes", later, {}, start + "confirmed by the keeper on 5 Nov 2026", asked, ""),
        (letter, "changed", later, {"narrative": "Three."}, start + "changed by the keeper on 5 Nov 2026", asked, typed),
        (letter, "maybe", 1 << 50, {}, start + "not yet confirmed by the keeper", asked, ""),
        (letter_with_one_answer, None, None, {},
         "Written by PK from a meeting on 3 Nov 2026, not read back, not yet confirmed by the keeper", [], ""),
        (letter | {"fields": fields | {"tz": "No/where", "held_at": 1 << 52, "how": "post"}}, "yes", None, {},
         "Written by PK from a talk, read back, confirmed by the keeper", asked, ""),
        (letter | {"fields": fields | {"by": 7, "held_at": None, "turns": "x", "read_back": "yes"}}, None, None,
         {"narrative": ""},
         "Written by somebody else from a call, not read back, not yet confirmed by the keeper", [], ""),
    ]  # fmt: skip
    return [
        {
            "letter": row_name, "answer": answer, "at": at,
            "entry": assisted.build_entry_fields(row_name, "key", answer, at), "changed": changed,
            "mark": mark, "asked": prompts, "typed": as_typed,
        }
        for row_name, answer, at, changed, mark, prompts, as_typed in rows
    ]  # fmt: skip


def record_vectors() -> Case:
    """Return record.json."""
    return {
        "about": "Faults of shape, time and breaches; how an order stood; records as told; what records name. docs/record.md.",
        "order_id": RECORD_ID,
        "shapes": shape_cases(),
        "times": time_cases(),
        "standings": order_status_cases(),
        "breaches": breach_cases(),
        "told": [history_case(name, versions) for name, versions in record_histories().items()],
        "links": link_cases(),
        "assisted": assisted_entry_cases(),
    }
