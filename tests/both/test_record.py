"""Record rules in both languages: histories, shape and time faults, orders, roles, times. Fields of any shape."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from hypothesis import given
from hypothesis import strategies as st

from diary.record import referenced_ids, rules, times
from diary.record.breaches import order_status
from diary.record.patterns_facts import parse_moment
from diary.record.record_history import RecordHistory, RecordVersion, build_history
from diary.record.roles import RoleClaim, assign_role_codes
from diary.record.rules import FIELD_RULES, OBJECT_RULES, ValidationIssue
from tests.both.node_process import NodeProcess, assert_same_answer, hypothesis_settings

NOON_MS = 1_790_000_000_000
ZONES = st.sampled_from(
    ["Europe/London", "Europe/Warsaw", "Asia/Karachi", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
)
ANY_ZONE = ZONES | st.sampled_from(
    ["", "Nowhere/Else", "europe/london", "+01:00", "GMT", "Etc/GMT+5", "../UTC", "EST5EDT", "BST", "Z"]
)
INSTANT_MS = st.integers(NOON_MS - 10**9, NOON_MS + 10**9) | st.sampled_from(
    [
        0,
        -1,
        times.EARLIEST_MS,
        times.EARLIEST_MS - 1,
        times.LATEST_MS,
        times.LATEST_MS - 1,
        1_792_888_200_000,
        2**53 - 1,
        -(2**53) + 1,
    ]
)
TEXT = st.sampled_from(
    ["", "x", "Xy", "x y", "calls", "2026-11-03", "2026-02-30", "2026-11-03T20:14", "\U0001f622", "é", "A" * 22, "0"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | INSTANT_MS | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["start", "end", "id", "no", "text", "x_ids"]), inner, max_size=3)
    ),
    max_leaves=6,
)
DAYS = (
    st.sampled_from(
        ["2026-11-03", "2026-10-25", "2026-03-29", "2026-02-30", "0000-01-01", "2026-11-03T20:14", "9999-12-31", "x"]
    )
    | INSTANT_MS
)


def faults_as_json(faults_found: list[ValidationIssue]) -> list[list[str]]:
    """Return faults as JSON has them."""
    return [[fault.field, fault.code] for fault in faults_found]


def _deferred_values(rule: str) -> st.SearchStrategy[object]:
    """Return `values_for_rule` as a strategy that may refer to itself. Hypothesis rejects a partial here."""
    return st.deferred(lambda: values_for_rule(rule))


def values_for_rule(rule: str) -> st.SearchStrategy[Any]:
    """Draw values that a rule allows, and some that it does not."""
    shape, _, name = rule.partition(" ")
    block = st.fixed_dictionaries(
        {},
        optional={"start": INSTANT_MS, "end": INSTANT_MS | st.none(), "tz": ANY_ZONE, "local": TEXT, "precision": TEXT},
    )
    strategies_by_shape = {
        "code": TEXT,
        "codes": st.lists(TEXT, max_size=3),
        "count": st.integers(-1, 10**9 + 1),
        "day": DAYS | block,
        "flag": st.booleans(),
        "id": st.sampled_from(["A" * 22, "A" * 21 + "B", "A" * 21 + "\n", ""]),
        "ids": st.lists(st.sampled_from(["A" * 22, "b"]), max_size=2),
        "ms": INSTANT_MS,
        "offset": st.sampled_from([0, 60, -1080, 1080, 1081]),
        "pence": INSTANT_MS,
        "zone": ANY_ZONE | st.just("Z" * 65),
        "block": block,
        "line": TEXT | st.just("x" * 4001) | st.just("\U0001f622" * 2000 + "xx"),
        "texts": st.lists(TEXT, max_size=2),
    }
    if shape in ("object", "objects"):
        inner = st.fixed_dictionaries(
            {},
            optional={key: _deferred_values(rule) for key, rule in OBJECT_RULES[name].items()},
        )
        return (inner if shape == "object" else st.lists(inner, max_size=2)) | ANYTHING
    return strategies_by_shape.get(shape, TEXT) | ANYTHING


def test_field_oddities_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Every kind, with fields that fit, almost fit, or are arbitrary, has the same faults."""

    @hypothesis_settings(example_count)
    @given(st.sampled_from(sorted(FIELD_RULES)), st.data())
    def compare(kind: str, data: st.DataObject) -> None:
        names = data.draw(
            st.lists(
                st.sampled_from([*sorted(FIELD_RULES[kind]), "unheard_of", "constructor"]), unique=True, max_size=5
            )
        )
        fields = {name: data.draw(values_for_rule(FIELD_RULES[kind].get(name, "any"))) for name in names}
        fields |= data.draw(
            st.fixed_dictionaries({}, optional={"_clock": st.fixed_dictionaries({"utc": INSTANT_MS}), "tz": ANY_ZONE})
        )
        argument = {"kind": kind, "fields": fields, "restricted": {}}
        assert_same_answer(
            browser_code, "oddities", argument, lambda: faults_as_json(rules.find_issues(kind, fields, {}))
        )
        assert_same_answer(browser_code, "ids", fields, lambda: list(referenced_ids.ids_in(fields)))

    compare()


def test_time_faults_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Times of events, in any zone and with any offset, have the same faults."""
    when = st.fixed_dictionaries(
        {},
        optional={
            "occurred_start": INSTANT_MS | ANYTHING,
            "occurred_end": INSTANT_MS | ANYTHING,
            "tz": ANY_ZONE,
            "utc_offset_min": st.sampled_from([0, 60, 330, -150, True]),
        },
    )

    @hypothesis_settings(example_count)
    @given(when, INSTANT_MS | st.none())
    def compare(fields: dict[str, Any], now: int | None) -> None:
        assert_same_answer(
            browser_code,
            "times",
            {"fields": fields, "now": now},
            lambda: faults_as_json(rules.find_time_issues(fields, now)),
        )

    compare()


def test_orders_and_breaches_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Whether an order was in force, and its terms, are judged the same, whatever its dates."""
    order = st.fixed_dictionaries(
        {},
        optional={
            "served_on": DAYS | st.fixed_dictionaries({"start": INSTANT_MS | TEXT}) | ANYTHING,
            "known_on": DAYS,
            "expires_on": DAYS | ANYTHING,
            "terms": st.lists(st.fixed_dictionaries({"no": st.integers(0, 3) | st.booleans() | st.none()}), max_size=3)
            | ANYTHING,
        },
    )
    breach = st.fixed_dictionaries(
        {},
        optional={
            "order_id": st.sampled_from(["o", "p", "constructor"]),
            "term_no": st.integers(0, 3) | st.booleans() | st.none(),
        },
    )
    incident = st.fixed_dictionaries(
        {"alleged_breaches": st.lists(breach, max_size=3)},
        optional={
            "occurred_start": INSTANT_MS,
            "occurred_end": INSTANT_MS,
            "precision": st.sampled_from(["minute", "unknown", ""]),
            "tz": ANY_ZONE,
        },
    )

    @hypothesis_settings(example_count)
    @given(order, incident)
    def compare(given_order: dict[str, Any], fields: dict[str, Any]) -> None:
        assert_same_answer(
            browser_code,
            "standing",
            {"order": given_order, "incident": fields},
            lambda: order_status(given_order, fields),
        )
        orders = {"o": given_order}
        assert_same_answer(
            browser_code,
            "breaches",
            {"fields": fields, "orders": orders},
            lambda: faults_as_json(rules.find_breach_issues(fields, orders)),
        )

    compare()


def history_as_json(history: RecordHistory) -> list[Any]:
    """Return a history in the form of node.mjs."""
    revisions = [
        [
            revision.version,
            revision.recorded_at_ms,
            revision.kind,
            [[change.field, change.old, change.new] for change in revision.changes],
            revision.reason,
        ]
        for revision in history.revisions
    ]
    return [
        history.record,
        history.first_version.version,
        history.current_version.version,
        revisions,
        history.withdrawn_at_ms,
    ]


def test_record_histories_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Versions from several devices give the same history: missing parents, clocks set back, withdrawals, any values."""
    open_fields = st.fixed_dictionaries(
        {},
        optional={
            "narrative": TEXT | ANYTHING,
            "count": st.sampled_from([0, 1, True, False, None]),
            "who": ANYTHING,
            "feelings_then": st.lists(
                st.sampled_from([0, 1, True, False, None, "1", [1], [True], {"a": 1}]), max_size=4
            ),
            "reason": TEXT,
            "taken_out": INSTANT_MS | st.booleans(),
            "_parents": st.lists(st.sampled_from(["v0", "v1", "v2", "v3", "gone"]), max_size=2)
            | st.just("v0")
            | ANYTHING,
            "_clock": st.fixed_dictionaries(
                {"utc": st.sampled_from([NOON_MS, NOON_MS + 599_999, NOON_MS + 600_001, NOON_MS - 1, 2**60, "x"])}
            )
            | ANYTHING,
            "constructor": TEXT,
        },
    )
    restricted_fields = st.fixed_dictionaries({}, optional={"place_detail": TEXT | ANYTHING})

    @hypothesis_settings(example_count)
    @given(st.lists(st.tuples(open_fields, restricted_fields), min_size=1, max_size=5))
    def compare(versions: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        opened = [
            RecordVersion("r", f"v{at}", "incident", 1, fields, secret) for at, (fields, secret) in enumerate(versions)
        ]
        argument = [
            {
                "record": "r",
                "version": compare.version,
                "kind": "incident",
                "fields": compare.fields,
                "restricted": compare.restricted,
            }
            for compare in opened
        ]
        assert_same_answer(browser_code, "tell", argument, lambda: history_as_json(build_history(opened)))

    compare()


def test_role_codes_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Claims from several devices, unknown codes and changed roles give the same role."""
    role = st.sampled_from(["keeper", "suspect", "witness", "child", "helper", "", "constructor", "other"])
    code = st.sampled_from(
        ["", "P1", "P2", "S1", "S2", "W1", "S01", "S0", "S999999", "S1000000", "s1", "S1\n", "S\u0661"]
    )
    claim = st.tuples(st.sampled_from(["a", "b", "c", "d"]), role, code)

    @hypothesis_settings(example_count)
    @given(st.lists(claim, max_size=8))
    def compare(claims: list[tuple[str, str, str]]) -> None:
        argument = [{"record": record, "role": role, "code": code} for record, role, code in claims]
        assert_same_answer(
            browser_code, "roles", argument, lambda: assign_role_codes(RoleClaim(*claim) for claim in claims)
        )

    compare()


def test_offsets_of_every_zone_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Offsets from UTC in every zone a phone offers are the same from 1970 to 2037, and so is the end of a range.

    [Note: two time zone databases] Node has its own database, Python uses tzdata's; one may be months newer. They
    differ over Moldova in autumn 2026 (Europe/Chisinau), where the rule changed. Years before 1970, for which neither
    gives guarantees, and future years are left out for every zone but the app's own.
    """
    zones = sorted(
        compare
        for compare in available_timezones()
        if "/" in compare and not compare.startswith(("Etc/", "SystemV/", "posix", "right", "US/"))
    )
    changes = st.sampled_from([1_792_888_200, 1_792_889_999, 1_792_890_000, 1_774_746_000, 1_774_745_999])
    ours = st.tuples(st.just("Europe/London"), changes | st.integers(0, 2_140_000_000))
    place = st.tuples(st.sampled_from(zones), st.integers(0, 1_700_000_000)) | ours

    @hypothesis_settings(example_count)
    @given(place, st.integers(0, 40 * 86_400), st.integers(0, 999))
    def compare(where: tuple[str, int], later: int, ms: int) -> None:
        tz, seconds = where
        at = seconds * 1000 + ms
        assert_same_answer(browser_code, "offset", {"ms": at, "tz": tz}, lambda: times.offset_minutes_at(at, tz))
        offset = times.offset_minutes_at(at, tz)
        when = times.ClaimedTime(at, at + later * 1000, "", tz, offset, "date_range", "")
        argument = {"tz": tz, "start": at, "end": when.end_ms, "offset": offset}
        assert_same_answer(browser_code, "end_offset", argument, lambda: when.end_offset_minutes)

    compare()


def test_moments_agree(browser_code: NodeProcess, example_count: int) -> None:
    """A time in any form that a record may have is read the same."""
    block = st.fixed_dictionaries(
        {},
        optional={
            "start": INSTANT_MS | ANYTHING,
            "precision": st.sampled_from(["minute", "day", "unknown", "hour", ""]),
            "tz": ANY_ZONE,
            "utc_offset_min": st.sampled_from([0, 60, 1080, 1081, -1081, True]),
        },
    )

    @hypothesis_settings(example_count)
    @given(DAYS | block | ANYTHING, ZONES | st.just(""))
    def compare(value: Any, tz: str) -> None:
        def work() -> object:
            moment = parse_moment(value, tz)
            return moment and [moment.day, moment.instant_ms]

        assert_same_answer(browser_code, "moment", {"value": value, "tz": tz}, work)

    compare()
