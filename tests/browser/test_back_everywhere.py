"""Back from every place, and over what is open at a place, on the fake app."""

import pytest
from playwright.sync_api import Page, expect

from diary.paths import STATIC
from tests.browser.screen_steps import OPEN_DIARY, Step, fill, go_to_screen, leave_and_read_phase, press
from tests.browser.test_screens import PACK_STEPS, SCREENS, address, show
from tests.browser.test_screens_driven import OpenPage, calls_of
from tests.test_screen_states import listed_places

__all__ = ["address", "show"]
# Not in an open diary: each has a test of its own in test_back.py.
PLACES_ELSEWHERE = {"notebook", "showing", "capturing", "borrowed", "only", "safety", "words"}
PLACE_PARAMETERS = {
    "entry": {"record": "r0"},
    "file": {"attachment": "a1", "record": "r0"},
    "kept": {"kind": "person", "record": "p0"},
    "form": {"kind": "person"},
    "schedule": {"record": "r0"},
    "two": {"record": "r0"},
    "looks": {"record": "g0"},
}
HISTORY_SCRIPT = "() => [location.pathname + location.search + location.hash, document.title, typeof history.state]"


def places_of_a_diary() -> list[str]:
    """Return every place of an open diary, but for the first one."""
    source = (STATIC / "src" / "app" / "places.ts").read_text("utf-8")
    return sorted(listed_places(source) - PLACES_ELSEWHERE - {"add"})


def wait_for_heading(page: Page, name: str) -> None:
    """Wait until the screen with this heading is shown."""
    expect(page.get_by_role("heading", name=name, level=1, exact=True)).to_be_visible()


def test_back_from_every_place(show: OpenPage) -> None:
    """From each place Back goes to the place before; the address and the title name none of them."""
    page = show((OPEN_DIARY,))
    wait_for_heading(page, "What happened?")
    places = places_of_a_diary()
    assert len(places) > 55
    for place in places:
        go_to_screen(place, **PLACE_PARAMETERS.get(place, {}))(page)
        assert page.evaluate("stage.place.name") == place
        assert page.evaluate(HISTORY_SCRIPT) == ["/", "Notes", "number"], place
        page.go_back()
        assert page.evaluate("stage.place.name") == "add", place
        wait_for_heading(page, "What happened?")


def test_from_the_deepest_place_to_the_top_and_out(show: OpenPage) -> None:
    """Each Back of a long way goes up one place. At the top it locks and leaves for the page before."""
    page = show((OPEN_DIARY,))
    wait_for_heading(page, "What happened?")
    way = places_of_a_diary()[-18:]
    for place in way:
        go_to_screen(place, **PLACE_PARAMETERS.get(place, {}))(page)
    for place in [*reversed(way[:-1]), "add"]:
        page.go_back()
        assert page.evaluate("stage.place.name") == place
    assert leave_and_read_phase(page) == "locked"


def test_every_row_of_more_goes_back_to_more(show: OpenPage) -> None:
    """By taps: each row of More opens its place, and Back is at More again."""
    page = show((OPEN_DIARY, press("More")))
    rows = page.get_by_role("main").get_by_role("button")
    wait_for_heading(page, "More")
    names = [name for name in rows.all_inner_texts() if name]
    assert len(names) == 10
    for name in names:
        rows.filter(has_text=name.split("\n")[0]).first.click()
        assert page.evaluate("stage.place.name") != "more", name
        page.go_back()
        wait_for_heading(page, "More")


STEP_BY_STEP: dict[str, tuple[tuple[Step, ...], list[str]]] = {
    "pack": (
        (*PACK_STEPS, press("Next")),
        ["Look at each picture once", "What goes in", "Share"],
    ),
    "advocate": (
        SCREENS["what they will see"],
        ["This is what they will see", "What may Priya K see?", "Check their nine words", "What happened?"],
    ),
    "covered picture": (
        (OPEN_DIARY, go_to_screen("file", attachment="a1", record="r0"), press("Cover parts of it")),
        ["Cover parts of the picture", "Screenshot_20261103-204111.png", "What happened?"],
    ),
    "quick report": (SCREENS["quick report, read out"], ["Quick report", "Quick report", "What happened?"]),
    "list for paper": (SCREENS["print, the list"], ["Record of what happened", "Print your entries", "What happened?"]),
}


@pytest.mark.parametrize("name", STEP_BY_STEP)
def test_back_goes_through_the_screens_of_one_place(show: OpenPage, name: str) -> None:
    """In a form of several screens Back goes to the one before, and only then to the place before."""
    steps, headings = STEP_BY_STEP[name]
    page = show(steps)
    wait_for_heading(page, headings[0])
    for heading in headings[1:]:
        page.go_back()
        wait_for_heading(page, heading)


def test_the_arrow_at_the_top_goes_up_one_screen_too(show: OpenPage) -> None:
    """The arrow at the top and Back do the same: from a step to the one before, then to the place before."""
    page = show((*SCREENS["what they will see"],))
    arrow = page.get_by_role("banner").get_by_role("button", name="Back", exact=True)
    for heading in ("What may Priya K see?", "Check their nine words", "What happened?"):
        arrow.click()
        wait_for_heading(page, heading)
    page.wait_for_function("() => history.state === 1")


def test_a_pack_that_was_left_by_back_can_be_gone_on_with(show: OpenPage) -> None:
    """Back from the first step of a pack leads to Share, and what was chosen is kept to be gone on with."""
    page = show(PACK_STEPS)
    page.go_back()
    wait_for_heading(page, "Share")
    kept = page.evaluate("fake.asked.filter(([name, what]) => name === 'keepTyped' && what === 'pack').at(-1)[2]")
    assert kept["step"] == "sum"


def test_a_pack_goes_on_being_made(show: OpenPage) -> None:
    """Back from a pack that is being made ends nothing: it is there again under Share."""
    page = show(SCREENS["pack, being made"])
    page.get_by_text("37%").wait_for()
    page.go_back()
    wait_for_heading(page, "What happened?")
    press("Share")(page)
    page.get_by_text("37%").wait_for()
    assert calls_of(page, "stopPack") == []


def test_a_save_that_is_left_by_back_is_finished_and_does_not_pull_back(show: OpenPage) -> None:
    """Back while an entry is being saved: it is saved, and the screen stays where Back led."""
    page = show((OPEN_DIARY, press("Entries"), press("Add"), fill("What happened?", "He was at the gate.")))
    page.get_by_role("radio", name="Just now").check()
    page.evaluate("fake.slow = 700")
    press("Save")(page)
    page.get_by_role("button", name="Saving").wait_for()
    page.go_back()
    assert page.evaluate("[stage.place.name, fake.state.entries.length]") == ["entries", 24]
    page.get_by_text("He was at the gate.").wait_for()
    assert page.evaluate("stage.place.name") == "entries"


def test_a_record_that_is_saved_late_does_not_pull_back(show: OpenPage) -> None:
    """Back while a person is being saved leads to the list, and the screen stays there."""
    page = show((OPEN_DIARY, go_to_screen("people"), press("Add a person"), fill("Name, or what you call them", "Sam")))
    page.evaluate("fake.slow = 700")
    press("Save")(page)
    page.go_back()
    page.wait_for_function("() => stage.announcement !== ''")
    assert len(calls_of(page, "saveRecord")) == 1
    assert page.evaluate("stage.place.name") == "people"
