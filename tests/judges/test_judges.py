"""The program and the page's code report the same findings for randomly mutated packs."""

from pathlib import Path

from tests.judges.comparison import compare_judges
from tests.judges.sound_packs import build_sound_packs

# `make judges` runs 5,000.
MUTANT_COUNT = 120


def test_both_judges_find_the_same_in_mutated_packs(tmp_path: Path) -> None:
    """Every difference is printed with its seed."""
    assert [
        str(difference)
        for difference in compare_judges(build_sound_packs(tmp_path), range(1, MUTANT_COUNT + 1), tmp_path)
    ] == []
