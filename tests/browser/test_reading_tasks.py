"""Each task of a reading test (docs/reading-tests.md) can be done as its key says, in every language."""

import pytest
from playwright.sync_api import Browser

from tests.readers.grid import COUNT, PLANTED, draw_pictures
from tests.readers.screens import open_tasks, walk
from tests.readers.tasks import TASKS


@pytest.mark.parametrize(
    ("who", "language"),
    [("keeper", "en"), ("keeper", "cy"), ("keeper", "pl"), ("keeper", "ur"), ("deaf", "en"), ("advocate", "en")],
)
def test_every_task_is_done_by_the_taps_of_its_key(browser: Browser, who: str, language: str) -> None:
    """There are ten tasks. Each tap is on the screen where it is needed, and its words are those of the screen."""
    tasks = TASKS[who]
    assert len(tasks) == len({task.words for task in tasks}) == 10
    with open_tasks(browser, who, language) as page:
        for task in tasks:
            steps: list[int] = []
            taps = walk(page, task, language, steps.append)
            assert steps == list(range(1, len(task.way) + 1))
            assert all(words and all(words) for words in taps)


def test_ten_of_sixty_pictures_show_a_place() -> None:
    """Another seed puts them in other positions."""
    positions = [[number for number, one in enumerate(draw_pictures(seed)) if one.place] for seed in (1, 2)]
    assert [len(found) for found in positions] == [len(PLANTED)] * 2 == [10, 10]
    assert positions[0] != positions[1]
    assert all(max(found) < COUNT for found in positions)
