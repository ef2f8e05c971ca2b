"""The program and the page's code find the same in packs that were changed at random."""

from pathlib import Path

from tests.judges.judging import judge_all
from tests.judges.packs import bases

# `make judges` has 5,000.
COUNT = 120


def test_both_judges_find_the_same_in_mutated_packs(tmp_path: Path) -> None:
    """Whatever differs is printed with its seed."""
    assert [str(one) for one in judge_all(bases(tmp_path), range(1, COUNT + 1), tmp_path)] == []
