"""Role codes: one per person, the same on every device, never reused."""

import json
from pathlib import Path
from typing import Any

import pytest

from diary.record.roles import RoleClaim, are_codes_possible, assign_role_codes

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "roles.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_codes_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    """The phone and Python give the same codes."""
    claims = [RoleClaim(**claim) for claim in case["claims"]]
    assert assign_role_codes(claims) == case["codes"]


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_a_settled_code_never_changes(case: dict[str, Any]) -> None:
    """Later versions change no code of a person who keeps their role, and codes are unique."""
    claims = [RoleClaim(**claim) for claim in case["claims"]]
    for length in range(len(claims) + 1):
        codes = assign_role_codes(claims[:length])
        assert len(set(codes.values())) == len(codes)
        after = assign_role_codes(claims[: length + 1])
        moved_records = {claim.record for claim in claims[length : length + 1]}
        assert {record: code for record, code in after.items() if record not in moved_records} == {
            record: code for record, code in codes.items() if record not in moved_records
        }


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_codes_of_some_people_are_possible_and_changed_ones_are_not(case: dict[str, Any]) -> None:
    """Whoever is left out, the codes of the others are possible; one without its role's letter or form is not."""
    claims = [RoleClaim(**claim) for claim in case["claims"]]
    codes = assign_role_codes(claims)
    assert are_codes_possible(claims, codes)
    for record, code in codes.items():
        own_claims = [claim for claim in claims if claim.record == record]
        assert are_codes_possible(own_claims, {record: code})
        for false_code in ("", "X1", f"{code[0].lower()}{code[1:]}", "W2" if code[0] == "S" else "S2"):
            assert not are_codes_possible(claims, codes | {record: false_code}), (record, false_code)


def test_codes_of_two_people_are_not_swapped_doubled_or_missing() -> None:
    """Of two people with one role, the one who came first has the lower number."""
    claims = [RoleClaim("a", "suspect", ""), RoleClaim("b", "suspect", "")]
    assert are_codes_possible(claims, {"a": "S1", "b": "S2"})
    for false_codes in ({"a": "S2", "b": "S1"}, {"a": "S1", "b": "S1"}, {"a": "S1"}):
        assert not are_codes_possible(claims, false_codes)
