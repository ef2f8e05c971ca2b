"""What was said first, what was added, what was changed: the ten-minute rule."""

import pytest

from diary.record.record_history import SETTLING_MS, Opened, tell, tell_all


def version(
    name: str, at: int | None, fields: dict[str, object], parents: tuple[str, ...] = (), **restricted: object
) -> Opened:
    clock = {} if at is None else {"_clock": {"offset_ms": None, "tz": "Europe/London", "utc": at}}
    return Opened("r", name, "incident", 1, {**fields, **clock, "_parents": list(parents)}, restricted)


def test_the_first_version_is_the_last_one_within_ten_minutes() -> None:
    """Correcting a slip is not amending."""
    told = tell([
        version("a", 0, {"narrative": "Hw came"}),
        version("b", SETTLING_MS, {"narrative": "He came"}, ("a",)),
        version("c", SETTLING_MS + 1, {"narrative": "He came back"}, ("b",)),
    ])  # fmt: skip
    assert told.first.version == "b" and told.newest.version == "c"
    assert [(one.version, one.kind) for one in told.revisions] == [("c", "addition")]


def test_growth_is_an_addition_and_other_changes_are_amendments() -> None:
    """Blank to something, a longer end, more items: additions. Less or other: amendments."""
    grew = [
        ({}, {"who": "Dan"}),
        ({"who": ""}, {"who": "Dan"}),
        ({"who": "Dan"}, {"who": "Dan K"}),
        ({"behaviours": ["a"]}, {"behaviours": ["a", "b"]}),
    ]
    changed = [
        ({"who": "Dan"}, {}),
        ({"who": "Dan"}, {"who": "Ben"}),
        ({"behaviours": ["a", "b"]}, {"behaviours": ["a"]}),
        ({"count": 1}, {"count": 2}),
        ({"x": False}, {"x": True}),
    ]
    for kind, cases in (("addition", grew), ("amendment", changed)):
        for old, new in cases:
            told = tell([version("a", 0, dict(old)), version("b", 10**9, dict(new), ("a",))])
            assert [one.kind for one in told.revisions] == [kind], (old, new)


def test_bookkeeping_is_no_change() -> None:
    """Opening a card, or marking an entry to start with, says nothing about what happened."""
    told = tell(
        [
            version("a", 0, {"narrative": "x"}),
            version("b", 10**9, {"narrative": "x", "cards_opened": [{}], "start_with_this": True}, ("a",)),
        ]
    )
    assert told.revisions == () and told.newest.version == "b"


@pytest.mark.parametrize("name", "assisted cards_opened reason include_in_pack start_with_this looked_at _line".split())
def test_each_kind_of_bookkeeping_is_no_change_by_itself(name: str) -> None:
    """And the same version with a word more is an addition of that word alone."""
    quiet = version("b", 10**9, {"narrative": "x", name: 3}, ("a",))
    telling = version("b", 10**9, {"narrative": "x y", name: 3}, ("a",))
    assert tell([version("a", 0, {"narrative": "x"}), quiet]).revisions == ()
    told = tell([version("a", 0, {"narrative": "x"}), telling])
    assert [change.field for one in told.revisions for change in one.changes] == ["narrative"]


@pytest.mark.parametrize(("old", "new"), [({}, {"who": ""}), ({"who": []}, {}), ({"who": None}, {"who": []})])
def test_blank_to_blank_is_no_change(old: dict[str, object], new: dict[str, object]) -> None:
    """Whatever the shape of saying nothing."""
    assert tell([version("a", 0, old), version("b", 10**9, new, ("a",))]).revisions == ()


def test_two_devices_are_compared_with_what_each_saw() -> None:
    """Both wrote on from one version; neither took away what the other added."""
    told = tell([
        version("a", 0, {"narrative": "x"}),
        version("b", 10**9, {"narrative": "x", "who": "Dan"}, ("a",)),
        version("c", 10**9 + 1, {"narrative": "x", "channel": "sms"}, ("a",)),
        version("d", 10**9 + 2, {"narrative": "x", "who": "Dan", "channel": "sms"}, ("b", "c")),
    ])  # fmt: skip
    assert [one.kind for one in told.revisions] == ["addition"] * 3


def test_a_reason_is_kept_with_its_amendment() -> None:
    """And restricted fields count as fields."""
    told = tell(
        [
            version("a", 0, {"count": 43}, (), place_detail="x"),
            version("b", 10**9, {"count": 41, "reason": "counted again"}, ("a",), place_detail="y"),
        ]
    )
    revision = told.revisions[0]
    assert revision.reason == "counted again" and [change.field for change in revision.changes] == [
        "count",
        "place_detail",
    ]


def test_a_clock_that_is_missing_or_ran_backwards_loses_nothing() -> None:
    """Every version after the first still counts."""
    told = tell([version("a", None, {"narrative": "x"}), version("b", None, {"narrative": "y"}, ("a",))])
    assert told.first.version == "a" and told.has("amendment")
    back = tell([version("a", 10**9, {"narrative": "x"}), version("b", 5, {"narrative": "y"}, ("a",))])
    assert back.first.version == "a" and back.has("amendment")


def test_records_come_in_the_order_of_their_earliest_versions() -> None:
    """Grouped by record, one kind at a time."""
    rows = [
        Opened(record, f"{record}{n}", kind, 1, {}, {})
        for n, (record, kind) in enumerate([("b", "incident"), ("a", "incident"), ("n", "note"), ("b", "incident")])
    ]
    assert [told.record for told in tell_all(rows, "incident")] == ["b", "a"]


def test_taking_out_and_putting_back_are_no_amendments() -> None:
    """The words stand behind a taking out; what is written afterwards is compared with them."""
    story = [
        version("a", 0, {"narrative": "x"}),
        version("out", 10**9, {"taken_out": 10**9, "reason": "not now"}, ("a",)),
    ]
    gone = tell(story)
    assert gone.taken_out == 10**9 and gone.newest.version == "a" and gone.revisions == ()
    back = tell([*story, version("b", 2 * 10**9, {"narrative": "x", "who": "Dan"}, ("out",))])
    assert back.taken_out is None and back.newest.version == "b"
    assert [(one.version, one.kind) for one in back.revisions] == [("b", "addition")]


def test_words_from_another_device_outlive_a_taking_out() -> None:
    """A record is out only when every last word is a taking out."""
    both = [
        version("a", 0, {"narrative": "x"}),
        version("b", 10**9, {"narrative": "x y"}, ("a",)),
        version("out", 10**9 + 1, {"taken_out": 10**9 + 1}, ("a",)),
    ]
    told = tell(both)
    assert told.taken_out is None and told.newest.version == "b"
    again = tell([*both, version("out2", 2 * 10**9, {"taken_out": 5}, ("b", "out"))])
    assert again.taken_out == 5 and again.newest.version == "b"


def test_only_a_version_without_words_takes_out() -> None:
    """A broken app's mixture still shows its words; a diary of nothing but takings out stops nothing."""
    mixed = version("b", 1, {"taken_out": 1, "narrative": "x"}, ("a",))
    assert not mixed.takes_out and not version("c", 1, {"taken_out": "soon"}).takes_out
    assert not version("d", 1, {"taken_out": 1}, (), place_detail="x").takes_out
    lone = tell([version("a", 0, {"taken_out": 7})])
    assert lone.taken_out == 7 and lone.first.version == "a"


def test_yes_is_another_value_than_one() -> None:
    """Also within a list, where something else came in its place."""
    for was, is_now in ((True, 1), ([True], [1, 2]), ({"a": [0]}, {"a": [False]})):
        told = tell([version("a", 0, {"count": was}), version("b", SETTLING_MS + 1, {"count": is_now}, ("a",))])
        assert [(one.version, one.kind) for one in told.revisions] == [("b", "amendment")], (was, is_now)
