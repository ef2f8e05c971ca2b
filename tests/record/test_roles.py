"""Role codes: one per person, the same on every device, never reused."""

import json
from pathlib import Path
from typing import Any

import pytest

from diary.record.roles import RoleClaim, assign_role_codes

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
