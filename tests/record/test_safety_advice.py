"""Safety advice in two places: what contradicts itself is found, as on the phone."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from diary.record.safety_advice import AdviceSource, find_advice_conflicts

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "safety_advice.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_contradictions_are_those_of_the_shared_vector(case: dict[str, Any]) -> None:
    """The vector, which tests/js/safety_advice.test.mjs reads too, has each contradiction and what is none."""
    sources = (
        AdviceSource(row["subject"], row["place"], row["text"], row["answer"], row["worry"]) for row in case["sources"]
    )
    found = json.loads(json.dumps([asdict(conflict) for conflict in find_advice_conflicts(sources)]))
    assert found == case["conflicts"]
