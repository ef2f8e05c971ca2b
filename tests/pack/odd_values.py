"""Values that no screen writes, as a faulty app or an attacker could have sealed them, in every kind of record."""

from diary.pack.exhibit_parsing import REGISTER_KINDS
from diary.record.schemas import find_schema
from tests.pack.fictional_diary import START_MS, FictionalDiary, incident_fields

ODD_VALUES: list[object] = [
    None,
    True,
    7,
    -1,
    1 << 52,
    "",
    "\u202e=1+1\x00",
    ["x", 5, None],
    {"start": "noon"},
    [{"no": 1}, []],
]


def add_odd_records(diary: FictionalDiary, at_ms: int) -> None:
    """Add every kind of record with wrong types, missing links and impossible times."""
    for index, kind in enumerate(kind for kind in REGISTER_KINDS if kind != "schedule"):
        names = find_schema(kind, 1)
        fields = {
            name: ODD_VALUES[(index + n) % len(ODD_VALUES)]
            for n, name in enumerate(names.open)
            if not name.startswith("_")
        }
        restricted = {name: ODD_VALUES[(index + n) % len(ODD_VALUES)] for n, name in enumerate(names.restricted)}
        diary.add(kind, {**fields, "incident_ids": None, "taken_out": None}, restricted, at_ms=at_ms)
    rows = {"rows": [5, {"msg_no": "x", "sent_at": 1 << 52, "from": ["y"], "page": {}}], "tz": 7}
    schedule = diary.add("schedule", rows, {"own_accounts": {"a": 1}}, at_ms=at_ms)
    linked = {
        "alleged_breaches": [5, {"order_id": 7}, {"term_no": 1}],
        "schedule_id": schedule["record"],
        "told_others": ["x"],
    }
    extra_fields = {
        "vehicle_ids": 5,
        "report_ids": [None],
        "platform_report": [],
        "independent_evidence": {},
        "witness_ids": {"a": 1},
    }
    diary.add("incident", incident_fields(START_MS, "Odd.", **linked, **extra_fields), at_ms=at_ms)
