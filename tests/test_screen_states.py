"""Every place of the app is shown in a state that a browser test judges. This reads the lists and needs no browser."""

import re
from typing import Final

import pytest

from diary.paths import STATIC
from tests.browser.screen_steps import Step
from tests.browser.test_languages_screens import MORE_SCREENS
from tests.browser.test_screens import SCREENS

BROWSER_TESTS: Final = STATIC.parent / "tests" / "browser"
PLACE_OPENED = re.compile(r"""stage\.go\(\{"?name"?: ["'](\w+)""")
# Places that no state opens by name: the state that presses its way there, or the journey that judges it. A new screen
# gets a state of its own instead.
JUDGED_OTHERWISE: Final = {
    "safety": "safe to write",
    "check": "about this phone",
    "notebook": "notebook",
    "borrowed": "not my phone",
    "only": "only a notebook",
    "patterns": "test_search_and_patterns.py",
    "four": "test_search_and_patterns.py",
    "schedule": "test_many_calls_at_once.py",
    "captured": "test_capture_while_locked.py",
    "capturing": "test_capture_while_locked.py",
    "show": "test_show_now.py",
    "showing": "test_show_now.py",
    "cases": "test_registers.py",
    "orders": "test_registers.py",
    "reports": "test_registers.py",
    "notices": "test_registers.py",
    "impacts": "test_registers.py",
    "background": "test_registers.py",
    "statements": "test_registers.py",
}


def listed_places(source: str) -> set[str]:
    """Return the places that the table PART_BY_PLACE of app/places.ts lists."""
    (table,) = re.findall(r"^export const PART_BY_PLACE\b.*?\{\n(.*?)^\};", source, re.DOTALL | re.MULTILINE)
    return set(re.findall(r"^  (\w+): '", table, re.MULTILINE))


def places_opened(*lists: dict[str, tuple[Step, ...]]) -> set[str]:
    """Return the places that the states open by name. The code of a step is a value that its function holds."""
    return {
        place
        for screens in lists
        for steps in screens.values()
        for step in steps
        for cell in getattr(step, "__closure__", None) or ()
        if isinstance(cell.cell_contents, str)
        for place in PLACE_OPENED.findall(cell.cell_contents)
    }


def state_faults(places: set[str], opened: set[str]) -> list[str]:
    """Return the places without a state, and those that are listed although they have one."""
    listed = JUDGED_OTHERWISE.keys()
    return [
        *(f"{place}: add a state to SCREENS in tests/browser/test_screens.py" for place in places - opened - listed),
        *(f"{place}: has a state; take it from the lists here" for place in listed & opened),
        *(f"{place}: is not a place of app/places.ts" for place in (listed | opened) - places),
    ]


def test_every_place_has_a_state() -> None:
    """A place of the table PART_BY_PLACE is opened by a state of the fake app, or judged where the list here says."""
    places = listed_places((STATIC / "src" / "app" / "places.ts").read_text("utf-8"))
    assert len(places) > 60
    assert state_faults(places, places_opened(SCREENS, MORE_SCREENS)) == []


@pytest.mark.parametrize("place", JUDGED_OTHERWISE)
def test_the_other_judge_exists(place: str) -> None:
    """Each is a state of the fake app, or a browser test that looks for faults of accessibility."""
    judge = JUDGED_OTHERWISE[place]
    if judge.endswith(".py"):
        assert re.search(r"accessibility_faults|assert_accessible", (BROWSER_TESTS / judge).read_text("utf-8")), judge
    else:
        assert judge in SCREENS


def test_each_folder_is_in_the_table() -> None:
    """docs/screens.md has each folder of features/ in its table of folders."""
    page = (STATIC.parent / "docs" / "screens.md").read_text("utf-8")
    folders = [path.name for path in sorted((STATIC / "src" / "features").iterdir()) if path.is_dir()]
    assert len(folders) > 15
    assert [f"add features/{name}/ to docs/screens.md" for name in folders if f"`features/{name}/`" not in page] == []


def test_planted_faults_are_found() -> None:
    """A new place without a state, a state of a listed place, and a place that is gone each have a sentence."""
    places = {"terms", *JUDGED_OTHERWISE}
    assert state_faults(places, set()) == ["terms: add a state to SCREENS in tests/browser/test_screens.py"]
    assert state_faults(places, {"terms", "orders"}) == ["orders: has a state; take it from the lists here"]
    assert state_faults(places - {"four"}, {"terms"}) == ["four: is not a place of app/places.ts"]
