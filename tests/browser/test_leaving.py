"""Leaving and covering: from any screen at once, a question over it too; and what is seen of a page that is not in front."""

from playwright.sync_api import expect

from tests.browser.navigators.judge import too_wide
from tests.browser.test_screens import OPEN, address, go, js, press, show
from tests.browser.test_screens_driven import Show, asked

__all__ = ["address", "show"]


def test_leaving_hides_everything_at_once(show: Show) -> None:
    """The button and three presses of Shift leave the notebook and nothing else in the page."""
    for leave in (press("Leave now"), lambda page: [page.keyboard.press("Shift") for _ in range(3)]):
        page = show((OPEN, go("entry", record="r0")))
        expect(page.get_by_text("nice blue coat").first).to_be_visible()
        leave(page)
        expect(page.get_by_role("button", name="New note")).to_be_visible()
        text = page.evaluate("document.body.innerHTML")
        for word in ("coat", "Help", "Leave", "Entries", "Rowan"):
            assert word not in text
        assert len(asked(page, "quickExit")) == 1


def test_a_question_is_left_as_the_page_beneath_it(show: Show) -> None:
    """What lies under a sheet cannot be touched: the arrow stands on the sheet too, and one touch is enough."""
    page = show((OPEN, go("help"), press("Ring 101")))
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="Leave now").click()
    expect(page.get_by_role("button", name="New note")).to_be_visible()
    expect(sheet).to_have_count(0)
    assert len(asked(page, "quickExit")) == 1


def test_the_bar_is_no_column_where_text_is_twice_as_large(show: Show) -> None:
    """The name between the buttons stays on its line, and each button is as large as a thumb needs."""
    page = show((OPEN, go("code")))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.querySelector('.bar').getBoundingClientRect().height") <= 112  # twice 3.5rem
    sizes = page.evaluate("[...document.querySelectorAll('.bar button')].map((one) => [one.offsetWidth, one.offsetHeight])")
    assert sizes == [[44, 44]] * 3


def test_two_shifts_and_a_letter_do_not_leave(show: Show) -> None:
    """Capital letters are not an exit."""
    page = show((OPEN,))
    for key in ("Shift", "Shift", "a", "Shift"):
        page.keyboard.press(key)
    assert asked(page, "quickExit") == []


def test_lock_takes_an_open_question_along(show: Show) -> None:
    """A sheet over the page goes with the page."""
    page = show((OPEN, go("help"), press("Ring 101")))
    expect(page.get_by_role("dialog")).to_be_visible()
    js("fake.lock('idle')")(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Your words")).to_be_visible()


def test_out_of_sight_is_covered(show: Show) -> None:
    """Nothing of the page is visible while it is hidden, and all of it again after."""
    page = show((OPEN,))
    hide = (
        "Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.evaluate(hide % "hidden")
    expect(page.get_by_role("heading", name="What happened?")).to_be_hidden()
    page.evaluate(hide % "visible")
    expect(page.get_by_role("heading", name="What happened?")).to_be_visible()


def test_out_of_the_browsers_memory_it_stays_covered(show: Show) -> None:
    """Back brings a page as it was left: it is loaded anew, and shows nothing until that has happened, whatever is touched."""
    page = show((OPEN,))
    heading = page.get_by_role("heading", name="What happened?")
    expect(heading).to_be_visible()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    expect(heading).to_be_hidden()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    for again in ("focus", "pageshow"):
        page.evaluate(f"dispatchEvent(new Event('{again}'))")
        expect(heading).to_be_hidden()
    page.keyboard.press("Tab")
    expect(heading).to_be_hidden()


def test_a_way_out_that_nobody_can_touch_is_found(show: Show) -> None:
    """What judges every screen sees an arrow that lies under something, and one that is not there."""
    page = show((OPEN,))
    both = ("320 px", "text at 200 %")
    assert too_wide(page, leaving=True) == []
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('hr'), {id: 'over'})); "
        "document.getElementById('over').style = 'position: fixed; inset: 0 0 auto; block-size: 9rem; margin: 0; z-index: 99'"
    )
    assert too_wide(page, leaving=True) == [f"the way out is out of reach, {how}" for how in both]
    page.evaluate("document.getElementById('over').remove(); document.querySelector('.leave').remove()")
    assert too_wide(page, leaving=True) == [f"no way out, {how}" for how in both]
