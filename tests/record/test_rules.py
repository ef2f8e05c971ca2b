"""Allowed field values and impossible ones: tests/vectors/record.json, and every shape separately."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.record import assisted
from diary.record.breaches import find_term, order_status
from diary.record.rules import (
    FIELD_RULES,
    TEXT_LIMIT_CHARACTERS,
    ValidationIssue,
    find_breach_issues,
    find_issues,
    find_shape_issues,
    find_time_issues,
)
from diary.record.schemas import RECORD_KINDS as SCHEMA_KINDS
from diary.record.schemas import find_schema
from diary.record.vocabulary import CHOICE_LISTS

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "record.json").read_text(encoding="utf-8"))
_MEMBERS = st.sampled_from(["start", "no", "text", "words", "tz", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53) + 1, (1 << 53) - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_MEMBERS, inner, max_size=4),
    max_leaves=12,
)


def faults_as_json(faults: Iterable[ValidationIssue]) -> list[dict[str, str]]:
    return [{"field": fault.field, "code": fault.code} for fault in faults]


@pytest.mark.parametrize("case", VECTORS["shapes"], ids=lambda case: case["name"])
def test_field_shapes_match_the_vectors(case: dict[str, Any]) -> None:
    """Each shape is checked, with values a faulty app could write."""
    assert faults_as_json(find_shape_issues(case["kind"], case["fields"])) == case["faults"]


@pytest.mark.parametrize("case", VECTORS["times"], ids=lambda case: case["name"])
def test_time_rules_match_the_vectors(case: dict[str, Any]) -> None:
    """Future times, ends before starts, skipped hours and repeated hours are found."""
    assert faults_as_json(find_time_issues(case["fields"], case["now"])) == case["faults"]


@pytest.mark.parametrize("case", VECTORS["standings"], ids=lambda case: case["name"])
def test_order_status_matches_the_vectors(case: dict[str, Any]) -> None:
    """The status is exact to the millisecond on the day of service and of expiry."""
    assert order_status(case["order"], case["incident"]) == case["standing"]


@pytest.mark.parametrize("case", VECTORS["assisted"], ids=lambda case: case["mark"])
def test_assisted_entries_match_the_vectors(case: dict[str, Any]) -> None:
    """An assisted letter becomes the expected entry, with its mark everywhere."""
    assert assisted.build_entry_fields(case["letter"], "key", case["answer"], case["at"]) == case["entry"]
    combined = case["entry"] | case["changed"]
    assert [
        assisted.authorship_label(combined),
        assisted.prompts_of(combined),
        assisted.typed_narrative_if_changed(combined),
    ] == [case[name] for name in ("mark", "asked", "typed")]
    assert assisted.authorship_label({"narrative": "x"}) == ""


@pytest.mark.parametrize("case", VECTORS["breaches"], ids=lambda case: case["name"])
def test_breach_checks_match_the_vectors(case: dict[str, Any]) -> None:
    """A breach requires service and an existing term."""
    orders = dict.fromkeys([VECTORS["order_id"]] if case["orders"] else [], case["orders"].get("order"))
    assert faults_as_json(find_breach_issues(case["fields"], orders)) == case["faults"]


def test_rules_are_of_names_and_lists_there_are() -> None:
    """Every name of every schema has a rule and every rule a name; codes are in a vocabulary."""
    assert set(FIELD_RULES) == set(SCHEMA_KINDS)
    for kind, rules in FIELD_RULES.items():
        names = {
            name for name in (*find_schema(kind, 1).open, *find_schema(kind, 1).restricted) if not name.startswith("_")
        }
        assert set(rules) == names, kind
        lists = {rule.split(" ")[1] for rule in rules.values() if rule.startswith(("code ", "codes "))}
        assert lists <= set(CHOICE_LISTS), kind


def test_a_long_text_is_kept_and_a_longer_one_refused() -> None:
    """The limit itself fits; characters outside the basic plane count as two, as on the phone."""
    assert find_shape_issues("incident", {"narrative": "x" * TEXT_LIMIT_CHARACTERS}) == []
    assert faults_as_json(find_shape_issues("incident", {"narrative": "x" * (TEXT_LIMIT_CHARACTERS + 1)})) == [
        {"field": "narrative", "code": "too_long"}
    ]
    assert faults_as_json(find_shape_issues("incident", {"actor_ids": ["x"] * 20_001})) == [
        {"field": "actor_ids", "code": "too_many"}
    ]


@given(kind=st.sampled_from(sorted(FIELD_RULES)), data=st.data())
@settings(max_examples=300, deadline=None)
def test_no_value_stops_a_reader(kind: str, data: st.DataObject) -> None:
    """Any JSON value in any field gives faults, never an error."""
    names = st.sampled_from(sorted(FIELD_RULES[kind]))
    fields = data.draw(st.dictionaries(names, JSON, max_size=6))
    faults = find_issues(kind, fields, {})
    assert all(fault.field.partition(".")[0] in fields for fault in faults if kind != "incident")
    assert find_breach_issues(fields, {"x": fields}) is not None


def test_a_term_is_found_by_its_number_and_by_nothing_that_equals_it() -> None:
    """`False` is not the term 0, nor `True` the term 1."""
    order = {"terms": [{"no": 0}, {"no": 1}]}
    assert (find_term(order, 0), find_term(order, 1)) == ({"no": 0}, {"no": 1})
    assert find_term(order, False) is None and find_term(order, True) is None


def test_what_is_odd_about_a_version_is_told_in_order_of_both_its_parts() -> None:
    """Faults of both parts are listed in order; future times are checked by the sealing clock, for entries only."""
    sealed = 1_777_896_000_000
    fields = {"occurred_start": sealed + 300_001, "channel": "!", "_clock": {"utc": sealed}}
    assert faults_as_json(find_issues("incident", fields, {"place_detail": 5})) == [
        {"field": "channel", "code": "not_a_code"},
        {"field": "occurred_start", "code": "in_the_future"},
        {"field": "place_detail", "code": "not_text"},
    ]
    assert find_issues("incident", {**fields, "channel": "sms", "occurred_start": sealed + 300_000}, {}) == []
    assert find_issues("person", {"occurred_start": sealed + 300_001, "_clock": {"utc": sealed}}, {}) == []
