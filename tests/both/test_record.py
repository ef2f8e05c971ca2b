"""What records say: versions told, faults of shape and time, orders, names, times of day. Fields of any shape, good or not."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from hypothesis import given
from hypothesis import strategies as st

from diary.record import referenced_ids, rules, times
from diary.record.breaches import standing_of
from diary.record.patterns_facts import moment_of
from diary.record.record_history import Opened, Told, tell
from diary.record.roles import Claim, role_codes
from diary.record.rules import KINDS, OBJECTS, Fault
from tests.both.asking import Node, agree, drawn

NOON = 1_790_000_000_000
ZONES = st.sampled_from(
    ["Europe/London", "Europe/Warsaw", "Asia/Karachi", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
)
ANY_ZONE = ZONES | st.sampled_from(
    ["", "Nowhere/Else", "europe/london", "+01:00", "GMT", "Etc/GMT+5", "../UTC", "EST5EDT", "BST", "Z"]
)
MS = st.integers(NOON - 10**9, NOON + 10**9) | st.sampled_from(
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
    st.none() | st.booleans() | st.integers(-2, 3) | MS | TEXT,
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
    | MS
)


def faults(found: list[Fault]) -> list[list[str]]:
    """As JSON has them."""
    return [[one.field, one.code] for one in found]


def fitting(rule: str) -> st.SearchStrategy[Any]:
    """Values that a rule allows, and some that it does not."""
    shape, _, name = rule.partition(" ")
    block = st.fixed_dictionaries(
        {}, optional={"start": MS, "end": MS | st.none(), "tz": ANY_ZONE, "local": TEXT, "precision": TEXT}
    )
    good = {
        "code": TEXT,
        "codes": st.lists(TEXT, max_size=3),
        "count": st.integers(-1, 10**9 + 1),
        "day": DAYS | block,
        "flag": st.booleans(),
        "id": st.sampled_from(["A" * 22, "A" * 21 + "B", "A" * 21 + "\n", ""]),
        "ids": st.lists(st.sampled_from(["A" * 22, "b"]), max_size=2),
        "ms": MS,
        "offset": st.sampled_from([0, 60, -1080, 1080, 1081]),
        "pence": MS,
        "zone": ANY_ZONE | st.just("Z" * 65),
        "block": block,
        "line": TEXT | st.just("x" * 4001) | st.just("\U0001f622" * 2000 + "xx"),
        "texts": st.lists(TEXT, max_size=2),
    }
    if shape in ("object", "objects"):
        inner = st.fixed_dictionaries(
            {}, optional={key: st.deferred(lambda rule=rule: fitting(rule)) for key, rule in OBJECTS[name].items()}
        )
        return (inner if shape == "object" else st.lists(inner, max_size=2)) | ANYTHING
    return good.get(shape, TEXT) | ANYTHING


def test_oddities_of_fields(page: Node, examples: int) -> None:
    """Every kind, with fields that fit, nearly fit, or are anything at all."""

    @drawn(examples)
    @given(st.sampled_from(sorted(KINDS)), st.data())
    def one(kind: str, data: st.DataObject) -> None:
        names = data.draw(
            st.lists(st.sampled_from([*sorted(KINDS[kind]), "unheard_of", "constructor"]), unique=True, max_size=5)
        )
        fields = {name: data.draw(fitting(KINDS[kind].get(name, "any"))) for name in names}
        fields |= data.draw(
            st.fixed_dictionaries({}, optional={"_clock": st.fixed_dictionaries({"utc": MS}), "tz": ANY_ZONE})
        )
        asked = {"kind": kind, "fields": fields, "restricted": {}}
        agree(page, "oddities", asked, lambda: faults(rules.oddities(kind, fields, {})))
        agree(page, "ids", fields, lambda: list(referenced_ids.ids_in(fields)))

    one()


def test_faults_of_time(page: Node, examples: int) -> None:
    """When something is said to have happened, in any zone and with any offset."""
    when = st.fixed_dictionaries(
        {},
        optional={
            "occurred_start": MS | ANYTHING,
            "occurred_end": MS | ANYTHING,
            "tz": ANY_ZONE,
            "utc_offset_min": st.sampled_from([0, 60, 330, -150, True]),
        },
    )

    @drawn(examples)
    @given(when, MS | st.none())
    def one(fields: dict[str, Any], now: int | None) -> None:
        agree(page, "times", {"fields": fields, "now": now}, lambda: faults(rules.faults_of_time(fields, now)))

    one()


def test_orders_and_breaches(page: Node, examples: int) -> None:
    """How an order stood, whatever its days are; terms that it has and has not."""
    order = st.fixed_dictionaries(
        {},
        optional={
            "served_on": DAYS | st.fixed_dictionaries({"start": MS | TEXT}) | ANYTHING,
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
            "occurred_start": MS,
            "occurred_end": MS,
            "precision": st.sampled_from(["minute", "unknown", ""]),
            "tz": ANY_ZONE,
        },
    )

    @drawn(examples)
    @given(order, incident)
    def one(given_order: dict[str, Any], fields: dict[str, Any]) -> None:
        agree(page, "standing", {"order": given_order, "incident": fields}, lambda: standing_of(given_order, fields))
        orders = {"o": given_order}
        agree(
            page,
            "breaches",
            {"fields": fields, "orders": orders},
            lambda: faults(rules.faults_of_breaches(fields, orders)),
        )

    one()


def _told(told: Told) -> list[Any]:
    """As node.mjs tells it."""
    revisions = [
        [one.version, one.at, one.kind, [[c.field, c.old, c.new] for c in one.changes], one.reason]
        for one in told.revisions
    ]
    return [told.record, told.first.version, told.newest.version, revisions, told.taken_out]


def test_versions_told(page: Node, examples: int) -> None:
    """Versions in feed order from several devices: parents that are there or not, clocks put back, takings out, any values."""
    said = st.fixed_dictionaries(
        {},
        optional={
            "narrative": TEXT | ANYTHING,
            "count": st.sampled_from([0, 1, True, False, None]),
            "who": ANYTHING,
            "reason": TEXT,
            "taken_out": MS | st.booleans(),
            "_parents": st.lists(st.sampled_from(["v0", "v1", "v2", "v3", "gone"]), max_size=2)
            | st.just("v0")
            | ANYTHING,
            "_clock": st.fixed_dictionaries(
                {"utc": st.sampled_from([NOON, NOON + 599_999, NOON + 600_001, NOON - 1, 2**60, "x"])}
            )
            | ANYTHING,
            "constructor": TEXT,
        },
    )
    apart = st.fixed_dictionaries({}, optional={"place_detail": TEXT | ANYTHING})

    @drawn(examples)
    @given(st.lists(st.tuples(said, apart), min_size=1, max_size=5))
    def one(versions: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        opened = [Opened("r", f"v{at}", "incident", 1, fields, secret) for at, (fields, secret) in enumerate(versions)]
        asked = [
            {
                "record": "r",
                "version": one.version,
                "kind": "incident",
                "fields": one.fields,
                "restricted": one.restricted,
            }
            for one in opened
        ]
        agree(page, "tell", asked, lambda: _told(tell(opened)))

    one()


def test_codes_of_people(page: Node, examples: int) -> None:
    """Claims from several devices, codes that are none, roles that change."""
    role = st.sampled_from(["keeper", "suspect", "witness", "child", "helper", "", "constructor", "other"])
    code = st.sampled_from(
        ["", "P1", "P2", "S1", "S2", "W1", "S01", "S0", "S999999", "S1000000", "s1", "S1\n", "S\u0661"]
    )
    claim = st.tuples(st.sampled_from(["a", "b", "c", "d"]), role, code)

    @drawn(examples)
    @given(st.lists(claim, max_size=8))
    def one(claims: list[tuple[str, str, str]]) -> None:
        told = [{"record": record, "role": role, "code": code} for record, role, code in claims]
        agree(page, "roles", told, lambda: role_codes(Claim(*one) for one in claims))

    one()


def test_offsets_of_every_zone(page: Node, examples: int) -> None:
    """Minutes ahead of UTC in the zones that a phone can be set to, from 1970 to 2037, and when a range ended.

    [Note: two databases of zones] Node carries a database of its own, Python reads tzdata's; one may be months newer. They
    differ over Moldova in the autumn of 2026 (Europe/Chisinau), where the rule was changed. Years before 1970, of which
    neither promises anything, and years to come are left out for every zone but our own.
    """
    zones = sorted(
        one
        for one in available_timezones()
        if "/" in one and not one.startswith(("Etc/", "SystemV/", "posix", "right", "US/"))
    )
    changes = st.sampled_from([1_792_888_200, 1_792_889_999, 1_792_890_000, 1_774_746_000, 1_774_745_999])
    ours = st.tuples(st.just("Europe/London"), changes | st.integers(0, 2_140_000_000))
    place = st.tuples(st.sampled_from(zones), st.integers(0, 1_700_000_000)) | ours

    @drawn(examples)
    @given(place, st.integers(0, 40 * 86_400), st.integers(0, 999))
    def one(where: tuple[str, int], later: int, ms: int) -> None:
        tz, seconds = where
        at = seconds * 1000 + ms
        agree(page, "offset", {"ms": at, "tz": tz}, lambda: times.offset_at(at, tz))
        offset = times.offset_at(at, tz)
        when = times.When(at, at + later * 1000, "", tz, offset, "date_range", "")
        asked = {"tz": tz, "start": at, "end": when.end, "offset": offset}
        agree(page, "end_offset", asked, lambda: when.end_offset_min)

    one()


def test_moments(page: Node, examples: int) -> None:
    """A time in any of the ways in which a record may hold it."""
    block = st.fixed_dictionaries(
        {},
        optional={
            "start": MS | ANYTHING,
            "precision": st.sampled_from(["minute", "day", "unknown", "hour", ""]),
            "tz": ANY_ZONE,
            "utc_offset_min": st.sampled_from([0, 60, 1080, 1081, -1081, True]),
        },
    )

    @drawn(examples)
    @given(DAYS | block | ANYTHING, ZONES | st.just(""))
    def one(value: Any, tz: str) -> None:
        def work() -> object:
            found = moment_of(value, tz)
            return found and [found.day, found.at]

        agree(page, "moment", {"value": value, "tz": tz}, work)

    one()
