"""What the app reads in drawn screenshots, with the real engine. tests/screenshots says how it is counted."""

from pathlib import Path

import pytest

from tests.screenshots.measure import measure


@pytest.mark.slow
def test_a_few_screenshots_are_read_and_nothing_is_wrong_without_a_doubt(tmp_path: Path) -> None:
    """One picture of each app: English call lists and payments are read whole, and no row is wrong without a doubt."""
    scores = measure(8, 5, tmp_path)
    assert scores["all"].wrong == 0
    assert scores["all"].invented == 0
    assert scores["bank"].found == scores["bank"].rows > 0
    assert scores["all"].sides_right > 0
    assert scores["all"].times_right > 0
