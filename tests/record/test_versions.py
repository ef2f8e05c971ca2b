"""First words, additions and amendments: the ten-minute rule."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.record.reading import is_same_json
from diary.record.record_history import (
    CORRECTION_WINDOW_MS,
    FieldChange,
    RecordVersion,
    build_histories,
    build_history,
)

# Few values, so that two lists often share some. In Python 0 is False, 1 is True, and a list and a dict have no hash.
LIST_ITEMS = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, 1, -1, "", "0", "1", "true", "null", "[]", "é", "\U0001f622"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=3,
)


def make_version(
    name: str, at: int | None, fields: dict[str, object], parents: tuple[str, ...] = (), **restricted: object
) -> RecordVersion:
    clock = {} if at is None else {"_clock": {"offset_ms": None, "tz": "Europe/London", "utc": at}}
    return RecordVersion("r", name, "incident", 1, {**fields, **clock, "_parents": list(parents)}, restricted)


def test_the_first_version_is_the_last_one_within_ten_minutes() -> None:
    """Correcting a mistake at once is not an amendment."""
    history = build_history([
        make_version("a", 0, {"narrative": "Hw came"}),
        make_version("b", CORRECTION_WINDOW_MS, {"narrative": "He came"}, ("a",)),
        make_version("c", CORRECTION_WINDOW_MS + 1, {"narrative": "He came back"}, ("b",)),
    ])  # fmt: skip
    assert history.first_version.version == "b" and history.current_version.version == "c"
    assert [(revision.version, revision.kind) for revision in history.revisions] == [("c", "addition")]


def test_growth_is_an_addition_and_other_changes_are_amendments() -> None:
    """Filling a blank, appending and adding items are additions; anything less or different is an amendment."""
    grew: list[tuple[dict[str, object], dict[str, object]]] = [
        ({}, {"who": "Dan"}),
        ({"who": ""}, {"who": "Dan"}),
        ({"who": "Dan"}, {"who": "Dan K"}),
        ({"behaviours": ["a"]}, {"behaviours": ["a", "b"]}),
    ]
    changed: list[tuple[dict[str, object], dict[str, object]]] = [
        ({"who": "Dan"}, {}),
        ({"who": "Dan"}, {"who": "Ben"}),
        ({"behaviours": ["a", "b"]}, {"behaviours": ["a"]}),
        ({"count": 1}, {"count": 2}),
        ({"x": False}, {"x": True}),
    ]
    for kind, cases in (("addition", grew), ("amendment", changed)):
        for old, new in cases:
            history = build_history([make_version("a", 0, old), make_version("b", 10**9, new, ("a",))])
            assert [revision.kind for revision in history.revisions] == [kind], (old, new)


def test_bookkeeping_is_no_change() -> None:
    """Opening a card, or pinning an entry, changes nothing about the event."""
    history = build_history(
        [
            make_version("a", 0, {"narrative": "x"}),
            make_version("b", 10**9, {"narrative": "x", "cards_opened": [{}], "start_with_this": True}, ("a",)),
        ]
    )
    assert history.revisions == () and history.current_version.version == "b"


@pytest.mark.parametrize("name", "assisted cards_opened reason include_in_pack start_with_this looked_at _line".split())
def test_each_kind_of_bookkeeping_is_no_change_by_itself(name: str) -> None:
    """The same version with one word added is an addition of that word alone."""
    bookkeeping_change = make_version("b", 10**9, {"narrative": "x", name: 3}, ("a",))
    visible_change = make_version("b", 10**9, {"narrative": "x y", name: 3}, ("a",))
    assert build_history([make_version("a", 0, {"narrative": "x"}), bookkeeping_change]).revisions == ()
    history = build_history([make_version("a", 0, {"narrative": "x"}), visible_change])
    assert [change.field for revision in history.revisions for change in revision.changes] == ["narrative"]


@pytest.mark.parametrize(("old", "new"), [({}, {"who": ""}), ({"who": []}, {}), ({"who": None}, {"who": []})])
def test_blank_to_blank_is_no_change(old: dict[str, object], new: dict[str, object]) -> None:
    """All forms of blank are equal."""
    assert build_history([make_version("a", 0, old), make_version("b", 10**9, new, ("a",))]).revisions == ()


def test_two_devices_are_compared_with_what_each_saw() -> None:
    """Two devices that continued from one version are each compared with it; neither removed the other's addition."""
    history = build_history([
        make_version("a", 0, {"narrative": "x"}),
        make_version("b", 10**9, {"narrative": "x", "who": "Dan"}, ("a",)),
        make_version("c", 10**9 + 1, {"narrative": "x", "channel": "sms"}, ("a",)),
        make_version("d", 10**9 + 2, {"narrative": "x", "who": "Dan", "channel": "sms"}, ("b", "c")),
    ])  # fmt: skip
    assert [revision.kind for revision in history.revisions] == ["addition"] * 3


def test_a_reason_is_kept_with_its_amendment() -> None:
    """A reason stays with its amendment, and restricted fields count."""
    history = build_history(
        [
            make_version("a", 0, {"count": 43}, (), place_detail="x"),
            make_version("b", 10**9, {"count": 41, "reason": "counted again"}, ("a",), place_detail="y"),
        ]
    )
    revision = history.revisions[0]
    assert revision.reason == "counted again" and [change.field for change in revision.changes] == [
        "count",
        "place_detail",
    ]
    fields_of_both = [
        (fields["count"], fields["place_detail"]) for fields in (revision.fields_before, revision.fields_after)
    ]
    assert fields_of_both == [(43, "x"), (41, "y")]


def test_a_clock_that_is_missing_or_ran_backwards_loses_nothing() -> None:
    """Every version after the first still counts."""
    history = build_history(
        [make_version("a", None, {"narrative": "x"}), make_version("b", None, {"narrative": "y"}, ("a",))]
    )
    assert history.first_version.version == "a" and history.has_revision("amendment")
    backwards_history = build_history(
        [make_version("a", 10**9, {"narrative": "x"}), make_version("b", 5, {"narrative": "y"}, ("a",))]
    )
    assert backwards_history.first_version.version == "a" and backwards_history.has_revision("amendment")


def test_records_come_in_the_order_of_their_earliest_versions() -> None:
    """Records of one kind are ordered by their earliest versions."""
    rows = [
        RecordVersion(record, f"{record}{n}", kind, 1, {}, {})
        for n, (record, kind) in enumerate([("b", "incident"), ("a", "incident"), ("n", "note"), ("b", "incident")])
    ]
    assert [history.record for history in build_histories(rows, "incident")] == ["b", "a"]


def test_taking_out_and_putting_back_are_no_amendments() -> None:
    """Withdrawing and restoring keep the words, and later changes are compared with them."""
    versions = [
        make_version("a", 0, {"narrative": "x"}),
        make_version("out", 10**9, {"taken_out": 10**9, "reason": "not now"}, ("a",)),
    ]
    removed_history = build_history(versions)
    assert (
        removed_history.withdrawn_at_ms == 10**9
        and removed_history.current_version.version == "a"
        and removed_history.revisions == ()
    )
    restored_history = build_history(
        [*versions, make_version("b", 2 * 10**9, {"narrative": "x", "who": "Dan"}, ("out",))]
    )
    assert restored_history.withdrawn_at_ms is None and restored_history.current_version.version == "b"
    assert [(revision.version, revision.kind) for revision in restored_history.revisions] == [("b", "addition")]


def test_words_from_another_device_outlive_a_taking_out() -> None:
    """A record is withdrawn only when every newest version withdraws it."""
    versions = [
        make_version("a", 0, {"narrative": "x"}),
        make_version("b", 10**9, {"narrative": "x y"}, ("a",)),
        make_version("out", 10**9 + 1, {"taken_out": 10**9 + 1}, ("a",)),
    ]
    history = build_history(versions)
    assert history.withdrawn_at_ms is None and history.current_version.version == "b"
    second_history = build_history([*versions, make_version("out2", 2 * 10**9, {"taken_out": 5}, ("b", "out"))])
    assert second_history.withdrawn_at_ms == 5 and second_history.current_version.version == "b"


def test_only_a_version_without_words_takes_out() -> None:
    """A malformed mixture still shows its words; a diary of withdrawals only is readable."""
    mixed = make_version("b", 1, {"taken_out": 1, "narrative": "x"}, ("a",))
    assert not mixed.is_withdrawal and not make_version("c", 1, {"taken_out": "soon"}).is_withdrawal
    assert not make_version("d", 1, {"taken_out": 1}, (), place_detail="x").is_withdrawal
    lone = build_history([make_version("a", 0, {"taken_out": 7})])
    assert lone.withdrawn_at_ms == 7 and lone.first_version.version == "a"


def test_true_differs_from_one() -> None:
    """The same holds for items of a list."""
    for was, is_now in ((True, 1), ([True], [1, 2]), ({"a": [0]}, {"a": [False]})):
        history = build_history(
            [
                make_version("a", 0, {"count": was}),
                make_version("b", CORRECTION_WINDOW_MS + 1, {"count": is_now}, ("a",)),
            ]
        )
        assert [(revision.version, revision.kind) for revision in history.revisions] == [("b", "amendment")], (
            was,
            is_now,
        )


@settings(max_examples=1_000, deadline=None)
@given(st.lists(LIST_ITEMS, min_size=1, max_size=4), st.lists(LIST_ITEMS, max_size=5))
def test_a_list_grows_if_each_old_item_is_among_the_new_ones(old: list[object], new: list[object]) -> None:
    """The quick comparison finds what comparing every item with every other finds."""
    is_every_item_left = all(any(is_same_json(item, other) for other in new) for item in old)
    assert FieldChange("feelings_then", old, new).is_addition == is_every_item_left
    assert FieldChange("feelings_then", tuple(old), [*new, *reversed(old)]).is_addition


def test_items_are_compared_as_json() -> None:
    """The order of an object's members means nothing. Two halves of a character are not that character."""
    assert FieldChange("x", [{"a": 1, "b": 2}], [{"b": 2, "a": 1}]).is_addition
    assert not FieldChange("x", ["\ud83d\ude22"], ["\U0001f622"]).is_addition


def test_long_lists_are_compared_at_once() -> None:
    """Comparing every item with every other would take an hour."""
    items = [f"c{index}" for index in range(200_000)]
    assert FieldChange("feelings_then", items, items[::-1]).is_addition
    assert not FieldChange("feelings_then", items, items[:0:-1]).is_addition
