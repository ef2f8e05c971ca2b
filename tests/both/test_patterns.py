"""Pattern figures over random diaries are the same in both languages."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from diary.record import patterns
from tests.both.node_process import NodeProcess, assert_same_answer, hypothesis_settings
from tests.both.test_record import ANYTHING, DAYS, NOON_MS, ZONES

DAY_MS = 86_400_000
ID = st.sampled_from(["a", "b", "c", "constructor"])
IDS = st.lists(ID, max_size=3) | ID
INSTANT = st.integers(NOON_MS - 400 * DAY_MS, NOON_MS) | st.sampled_from([1_792_886_400_000, 1_792_890_000_000])
PRECISION = st.sampled_from(
    ["exact", "minute", "hour", "part_of_day", "day", "date_range", "month", "season", "unknown", ""]
)
INCIDENT = st.fixed_dictionaries(
    {},
    optional={
        "occurred_start": INSTANT,
        "occurred_end": INSTANT,
        "precision": PRECISION,
        "tz": ZONES,
        "utc_offset_min": st.sampled_from([0, 60, 330]),
        "behaviours": st.lists(st.sampled_from(["calls", "texts", "threats", "followed"]), max_size=3),
        "channel": st.sampled_from(["sms", "email", ""]),
        "place_category": st.sampled_from(["home", "work"]),
        "actor_ids": IDS,
        "targeted_person_ids": IDS,
        "account_ids": IDS,
        "order_ids": IDS,
        "channel_account": st.sampled_from(["@him", " @him ", "@HIM", "\t", "\u00a0x"]),
        "witness_ids": IDS,
        "told_others": st.sampled_from([[], [{}], "", None]),
        "attachment_ids": IDS,
        "count": st.integers(-1, 50) | st.booleans(),
        "count_is_estimate": st.booleans(),
        "schedule_id": ID,
        "alleged_breaches": st.lists(
            st.fixed_dictionaries({"order_id": ID}, optional={"term_no": st.integers(0, 2) | st.none()}), max_size=2
        ),
        "weapon": ANYTHING,
        "fear": st.sampled_from(["very", "some"]),
    },
)
OTHER_RECORD = st.fixed_dictionaries(
    {},
    optional={
        "merged_into": ID,
        "name": st.just("N"),
        "person_id": ID,
        "handle": st.sampled_from(["@him", "@her"]),
        "number": st.just("07700 900000"),
        "blocked_on": DAYS,
        "first_seen": DAYS | st.fixed_dictionaries({"start": INSTANT, "precision": PRECISION}),
        "new_after_block": st.booleans(),
        "served_on": DAYS,
        "made_on": DAYS,
        "given_on": DAYS,
        "reported_on": DAYS,
        "expires_on": DAYS,
        "on": DAYS,
        "status": st.just("in_force"),
        "key_dates": st.lists(
            st.fixed_dictionaries(
                {}, optional={"on": DAYS, "kind": st.sampled_from(["split_up", "moved"]), "label": st.just("l")}
            ),
            max_size=2,
        ),
        "rows": st.lists(
            st.fixed_dictionaries(
                {}, optional={"at": INSTANT, "direction": st.sampled_from(["in", "out"]), "count": st.integers(0, 5)}
            ),
            max_size=3,
        ),
        "complete": st.sampled_from(["complete", "part"]),
    },
)
KINDS = ("person", "account", "sighting", "order", "notice", "report", "background", "impact", "schedule")


def records_strategy(
    fields: st.SearchStrategy[dict[str, Any]], max_size: int, prefix: str
) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Draw records of a kind, with ids that others refer to."""
    record = st.fixed_dictionaries({"fields": fields}, optional={"taken_out": st.just(NOON_MS) | st.none()})
    return st.lists(record, max_size=max_size).map(
        lambda rows: [
            {"record": f"{prefix}{'abc'[at]}" if at < 3 else f"{prefix}{at}", **row} for at, row in enumerate(rows)
        ]
    )


def test_patterns_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Entries, people, accounts, orders and schedules of any shape give the same figures."""
    other_records = {kind: records_strategy(OTHER_RECORD, 3, "") for kind in KINDS}

    @hypothesis_settings(example_count)
    @given(records_strategy(INCIDENT, 7, "i"), st.fixed_dictionaries({}, optional=other_records), ZONES)
    def compare(incidents: list[dict[str, Any]], others: dict[str, Any], tz: str) -> None:
        diary = {"incidents": incidents, **others}
        assert_same_answer(
            browser_code, "patterns", {"diary": diary, "tz": tz}, lambda: patterns.count_patterns(diary, tz)
        )

    compare()
