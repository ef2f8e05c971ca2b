"""record.json: what fields may hold, what cannot be true, how a record is told, and what it names. Expected by hand."""

from diary.encoding import b64
from diary.record import assisted
from diary.record.record_history import Opened, tell
from diary.record.referenced_ids import ids_in, reached, root_of
from tests.vectors.reference import fixed

Case = dict[str, object]
ID, OTHER = b64(fixed("record", 16)), b64(fixed("another", 16))
NIGHT = 1_792_888_200_000  # 2026-10-25T00:30:00Z, the first half past one in London
NOON = 1_777_896_000_000  # 2026-05-04T12:00:00Z
DAY, HOUR = 86_400_000, 3_600_000
BLOCK: Case = {
    "start": NOON,
    "end": None,
    "local": "2026-05-04T13:00",
    "tz": "Europe/London",
    "utc_offset_min": 60,
    "precision": "minute",
}


def _shape(name: str, kind: str, fields: Case, *faults: tuple[str, str]) -> Case:
    return {
        "name": name,
        "kind": kind,
        "fields": fields,
        "faults": [{"field": field, "code": code} for field, code in faults],
    }


def _shapes() -> list[Case]:
    """One case a shape, and what a broken app could write in its place."""
    return [*_plain_shapes(), *_listed_shapes(), *_deeper_shapes()]


def _plain_shapes() -> list[Case]:
    return [
        _shape("nothing", "incident", {"_kind": 7, "narrative": None, "unheard_of": 1}),
        _shape("an unknown kind", "dream", {"narrative": 1}),
        _shape(
            "words as they are",
            "incident",
            {"narrative": "\u202e\u0000 =1+1 \U0001f622", "count": 0, "children_present": False},
        ),
        _shape(
            "text that is not",
            "incident",
            {"narrative": ["x"], "who": {}},
            ("narrative", "not_text"),
            ("who", "not_text"),
        ),
        _shape("a code of a newer app", "incident", {"channel": "new_app", "behaviours": ["calls", "new_thing"]}),
        _shape(
            "codes that are none",
            "incident",
            {"behaviours": ["Calls!", 7], "channel": ""},
            ("behaviours.0", "not_a_code"),
            ("behaviours.1", "not_a_code"),
            ("channel", "not_a_code"),
        ),
        _shape(
            "codes with more before or after, and the longest",
            "incident",
            {"behaviours": ["a" * 40, "a" * 41, "calls now", "calls\n", "_calls", " calls", "-calls"]},
            *((f"behaviours.{i}", "not_a_code") for i in range(1, 7)),
        ),
        _shape("one where a list belongs", "incident", {"behaviours": "calls", "actor_ids": ID}),
        _shape(
            "no list",
            "incident",
            {"behaviours": 7, "exact_words": {}},
            ("behaviours", "not_a_list"),
            ("exact_words", "not_a_list"),
        ),
    ]


def _listed_shapes() -> list[Case]:
    return [
        _shape(
            "ids",
            "incident",
            {"actor_ids": [ID, "S1"], "schedule_id": 5},
            ("actor_ids.1", "not_an_id"),
            ("schedule_id", "not_an_id"),
        ),
        _shape(
            "ids with more before or after",
            "incident",
            {"actor_ids": [ID, ID + "g", "x" + ID, ID[:-1] + "h", " " + ID, ID + "\n"]},
            *((f"actor_ids.{i}", "not_an_id") for i in range(1, 6)),
        ),
        _shape(
            "numbers",
            "incident",
            {"count": -1, "property_value_pence": True, "occurred_start": 1 << 52, "utc_offset_min": 1081},
            ("count", "out_of_range"),
            ("occurred_start", "no_calendar_time"),
            ("property_value_pence", "not_a_number"),
            ("utc_offset_min", "out_of_range"),
        ),
        _shape("a number as text", "incident", {"count": "43"}, ("count", "not_a_number")),
        _shape("yes as text", "incident", {"children_present": "yes"}, ("children_present", "not_yes_or_no")),
    ]


def _days() -> list[Case]:
    """What is nearly a day."""
    days = {
        "more after it": "2026-05-044",
        "more before it": "12026-05-04",
        "a month 13": "2026-13-04",
        "a day 32": "2026-05-32",
    }
    return [
        _shape(f"a day with {what}", "order", {"made_on": day}, ("made_on", "not_a_day")) for what, day in days.items()
    ]


def _deeper_shapes() -> list[Case]:
    return [
        _shape("a time", "incident", {"discovered_at": BLOCK}),
        _shape(
            "a time that is none",
            "incident",
            {"discovered_at": BLOCK | {"start": "noon", "precision": "Very"}},
            ("discovered_at.precision", "not_a_code"),
            ("discovered_at.start", "not_a_number"),
        ),
        _shape(
            "no object",
            "incident",
            {"discovered_at": 5, "vehicle": [], "told_others": ["mum"]},
            ("discovered_at", "not_an_object"),
            ("told_others.0", "not_an_object"),
            ("vehicle", "not_an_object"),
        ),
        _shape(
            "objects",
            "incident",
            {"exact_words": [{"speaker": "him", "words": "x", "more": 1}, {"words": 1}]},
            ("exact_words.1.words", "not_text"),
        ),
        _shape(
            "days",
            "order",
            {"made_on": "2026-05-04", "served_on": NOON, "known_on": BLOCK, "expires_on": "4 May"},
            ("expires_on", "not_a_day"),
        ),
        *_days(),
        _shape(
            "terms",
            "order",
            {"terms": [{"no": 1, "text": "Not to contact me"}, {"no": "2", "text": None}]},
            ("terms.1.no", "not_a_number"),
        ),
        _shape(
            "restricted fields too", "schedule", {"own_accounts": ["07700 900222", 5]}, ("own_accounts.1", "not_text")
        ),
        _shape("a line too long", "account", {"handle": "@" * 4_001, "about": "@" * 4_001}, ("handle", "too_long")),
        _shape(
            "letters beyond the first plane count as two",
            "account",
            {"handle": "\U0001f622" * 2_001},
            ("handle", "too_long"),
        ),
    ]


def _when(name: str, fields: Case, now: int | None, *faults: tuple[str, str]) -> Case:
    return {
        "name": name,
        "fields": fields,
        "now": now,
        "faults": [{"field": field, "code": code} for field, code in faults],
    }


def _times() -> list[Case]:
    """What can and cannot be said of when."""
    london: Case = {"tz": "Europe/London"}
    return [
        _when("nothing said", {}, NOON),
        _when("at the time", {"occurred_start": NOON}, NOON),
        _when("a clock a little ahead", {"occurred_start": NOON + 300_000}, NOON),
        _when("in the future", {"occurred_start": NOON + 300_001}, NOON, ("occurred_start", "in_the_future")),
        _when("nobody asks about the future", {"occurred_start": NOON + DAY}, None),
        _when("a day not over yet", {"occurred_start": NOON, "occurred_end": NOON + DAY}, NOON),
        _when(
            "end before start",
            {"occurred_start": NOON, "occurred_end": NOON - 1},
            NOON,
            ("occurred_end", "end_before_start"),
        ),
        _when("end at start", {"occurred_start": NOON, "occurred_end": NOON}, NOON),
        _when("an end alone", {"occurred_end": NOON}, NOON, ("occurred_end", "end_without_start")),
        _when("before the clocks went back", london | {"occurred_start": NIGHT, "utc_offset_min": 60}, NIGHT + DAY),
        _when(
            "after the clocks went back", london | {"occurred_start": NIGHT + HOUR, "utc_offset_min": 0}, NIGHT + DAY
        ),
        _when(
            "the wrong half of that hour",
            london | {"occurred_start": NIGHT, "utc_offset_min": 0},
            NIGHT + DAY,
            ("utc_offset_min", "impossible_local_time"),
        ),
        _when(
            "an hour that never was",
            london | {"occurred_start": 1_774_744_200_000, "utc_offset_min": 60},
            NOON,
            ("utc_offset_min", "impossible_local_time"),
        ),
        _when(
            "a zone nobody knows",
            {"occurred_start": NOON, "tz": "Mars/Olympus", "utc_offset_min": 7},
            NOON,
            ("tz", "unknown_zone"),
        ),
        _when(
            "a zone in another spelling",
            {"occurred_start": NOON, "tz": "EUROPE/LONDON", "utc_offset_min": 7},
            NOON,
            ("tz", "unknown_zone"),
        ),
        _when(
            "a bare offset for a zone",
            {"occurred_start": NOON, "tz": "+01:00", "utc_offset_min": 7},
            NOON,
            ("tz", "unknown_zone"),
        ),
        _when("of the wrong shape", {"occurred_start": "noon", "occurred_end": [], "tz": 5}, NOON),
    ]


ORDER: Case = {
    "served_on": "2026-05-06",
    "expires_on": "2026-06-06",
    "terms": [{"no": 1, "text": "a"}, {"no": 2, "text": "b"}],
}


def _standings() -> list[Case]:
    """How one order stood at several moments, and odd orders at one."""
    served = 1_778_022_000_000  # 2026-05-06T00:00 in London
    ended = 1_780_786_800_000  # 2026-06-07T00:00 in London, when the last day is over
    tz: Case = {"tz": "Europe/London"}
    rows: list[tuple[str, Case, Case, str]] = [
        ("the moment before", ORDER, tz | {"occurred_start": served - 1}, "not_served"),
        ("that midnight", ORDER, tz | {"occurred_start": served}, "in_force"),
        (
            "a range that ends before",
            ORDER,
            tz | {"occurred_start": served - DAY, "occurred_end": served},
            "not_served",
        ),
        (
            "a range that reaches into it",
            ORDER,
            tz | {"occurred_start": served - DAY, "occurred_end": served + 1},
            "in_force",
        ),
        ("its last day", ORDER, tz | {"occurred_start": ended - 1}, "in_force"),
        ("after it ended", ORDER, tz | {"occurred_start": ended}, "expired"),
        ("when is not known", ORDER, tz | {"occurred_start": NOON, "precision": "unknown"}, "unknown_when"),
        ("no time at all", ORDER, {}, "unknown_when"),
        ("served nobody knows when", {}, {"occurred_start": NOON}, "unknown_served"),
        ("served on no day", {"served_on": "2026-02-30"}, {"occurred_start": NOON}, "unknown_served"),
        ("known, though not served", {"known_on": "2026-05-05"}, {"occurred_start": NOON}, "not_served"),
        ("served at an instant", {"served_on": NOON}, {"occurred_start": NOON - 1}, "not_served"),
        ("served at a told time", {"served_on": {"start": NOON}}, {"occurred_start": NOON}, "in_force"),
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
        {"name": name, "order": order, "incident": incident, "standing": said} for name, order, incident, said in rows
    ]


def _breaches() -> list[Case]:
    """Alleged breaches of ORDER and of nothing."""
    said = [
        {"order_id": ID, "term_no": 1},
        {"order_id": ID, "term_no": 9},
        {"order_id": OTHER, "term_no": 1},
        {"term_no": 2},
        5,
    ]
    before = [
        {"field": "alleged_breaches.0", "code": "before_service"},
        {"field": "alleged_breaches.1", "code": "before_service"},
        {"field": "alleged_breaches.1.term_no", "code": "no_such_term"},
    ]
    fields: Case = {"alleged_breaches": said, "occurred_start": NOON, "tz": "Europe/London"}
    later = fields | {"occurred_start": NOON + 5 * DAY}
    return [
        {"name": "before service", "fields": fields, "orders": {"order": ORDER}, "faults": before},
        {"name": "in force", "fields": later, "orders": {"order": ORDER}, "faults": before[2:]},
        {"name": "an order that is not here", "fields": fields, "orders": {}, "faults": []},
    ]


def _version(name: str, at: int, fields: Case, *parents: str) -> Case:
    clock = {"_clock": {"offset_ms": None, "tz": "Europe/London", "utc": at}}
    return {
        "record": ID,
        "version": name,
        "kind": "incident",
        "fields": fields | clock | {"_parents": list(parents)},
        "restricted": {},
    }


def _stories() -> dict[str, list[Case]]:
    """Records as their devices wrote them."""
    first = _version("a", NOON, {"narrative": "Hw came"})
    fixed_words = _version("b", NOON + 600_000, {"narrative": "He came"}, "a")
    more = _version("c", NOON + 600_001, {"narrative": "He came back", "who": "Dan"}, "b")
    out = _version("o", NOON + DAY, {"taken_out": NOON + DAY, "reason": "not now"}, "c")
    return {
        "one": [first],
        "settled within ten minutes": [first, fixed_words],
        "added to": [first, fixed_words, more],
        "amended": [first, fixed_words, _version("c", NOON + DAY, {"narrative": "She came", "reason": "a slip"}, "b")],
        "taken out": [first, fixed_words, more, out],
        "put back": [
            first,
            fixed_words,
            more,
            out,
            _version("p", NOON + 2 * DAY, {"narrative": "He came back", "who": "Dan"}, "o"),
        ],
        "two devices, one took it out": [
            first,
            fixed_words,
            more,
            _version("o", NOON + DAY, {"taken_out": NOON + DAY}, "b"),
        ],
        "two devices, both took it out": [
            first,
            _version("o", NOON + DAY, {"taken_out": NOON + DAY}, "a"),
            _version("q", NOON + DAY, {"taken_out": NOON + 5}, "a"),
        ],
        "a clock put back settles nothing": [
            first,
            _version("c", NOON + DAY, {"narrative": "She came", "reason": "no"}, "a"),
            _version("d", NOON + 60_000, {"narrative": "Nobody came", "reason": "no"}, "c"),
        ],
        "only a taking out": [_version("o", NOON, {"taken_out": NOON})],
        "a taking out with words is none": [
            first,
            _version("o", NOON + DAY, {"taken_out": NOON, "narrative": "Hw came"}, "a"),
        ],
        "a parent nobody has": [first, _version("c", NOON + DAY, {"narrative": "Hw came", "count": 2}, "zz")],
    }


def _told(name: str, versions: list[Case]) -> Case:
    """How a story is told."""
    told = tell([Opened(schema=1, **version) for version in versions])  # type: ignore[arg-type]
    revisions = [
        {
            "version": one.version,
            "kind": one.kind,
            "reason": one.reason,
            "changes": [{"field": change.field, "old": change.old, "new": change.new} for change in one.changes],
        }
        for one in told.revisions
    ]
    expected = {
        "first": told.first.version,
        "newest": told.newest.version,
        "taken_out": told.taken_out,
        "revisions": revisions,
    }
    return {"name": name, "versions": versions, "told": expected}


def _links() -> Case:
    """What records name, and how far links reach; circles and gaps included."""
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
            start: sorted(reached([start], {key: frozenset(to) for key, to in names.items()})) for start in names
        },
        "into": into,
        "roots": {record: root_of(record, into) for record in into},
    }


def _assisted() -> list[Case]:
    """Entries that an advocate typed: the fields they become, and how each is marked. The marks are written out by hand."""
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
    alone = letter | {"fields": fields | once}
    rows: list[tuple[Case, str | None, int | None, Case, str, list[str], str]] = [
        (letter, None, None, {}, start + "not yet confirmed by the keeper", asked, ""),
        (letter, "yes", later, {}, start + "confirmed by the keeper on 5 Nov 2026", asked, ""),
        (letter, "changed", later, {"narrative": "Three."}, start + "changed by the keeper on 5 Nov 2026", asked, typed),
        (letter, "maybe", 1 << 50, {}, start + "not yet confirmed by the keeper", asked, ""),
        (alone, None, None, {},
         "Written by PK from a meeting on 3 Nov 2026, not read back, not yet confirmed by the keeper", [], ""),
        (letter | {"fields": fields | {"tz": "No/where", "held_at": 1 << 52, "how": "post"}}, "yes", None, {},
         "Written by PK from a talk, read back, confirmed by the keeper", asked, ""),
        (letter | {"fields": fields | {"by": 7, "held_at": None, "turns": "x", "read_back": "yes"}}, None, None,
         {"narrative": ""},
         "Written by somebody else from a call, not read back, not yet confirmed by the keeper", [], ""),
    ]  # fmt: skip
    return [
        {
            "letter": told, "answer": answer, "at": at, "entry": assisted.entry_of(told, "key", answer, at), "changed": changed,
            "mark": mark, "asked": prompts, "typed": as_typed,
        }
        for told, answer, at, changed, mark, prompts, as_typed in rows
    ]  # fmt: skip


def record_rules() -> Case:
    """record.json."""
    return {
        "about": "Faults of shape, time and breaches; how an order stood; records as told; what records name. docs/record.md.",
        "order_id": ID,
        "shapes": _shapes(),
        "times": _times(),
        "standings": _standings(),
        "breaches": _breaches(),
        "told": [_told(name, versions) for name, versions in _stories().items()],
        "links": _links(),
        "assisted": _assisted(),
    }
