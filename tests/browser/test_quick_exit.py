"""Leaving and covering: from any screen at once, also over a dialog; and what a background page shows."""

from playwright.sync_api import expect

from tests.browser.navigators.accessibility import overflow_faults
from tests.browser.screen_steps import OPEN_DIARY, go_to_screen, js, press
from tests.browser.test_screens import address, show
from tests.browser.test_screens_driven import OpenPage, calls_of

__all__ = ["address", "show"]


def test_leaving_hides_everything_at_once(show: OpenPage) -> None:
    """The Leave button and three presses of Shift show the notebook and nothing else."""
    for leave in (press("Leave now"), lambda page: [page.keyboard.press("Shift") for _ in range(3)]):
        page = show((OPEN_DIARY, go_to_screen("entry", record="r0")))
        expect(page.get_by_text("nice blue coat").first).to_be_visible()
        leave(page)
        expect(page.get_by_role("button", name="New note")).to_be_visible()
        text = page.evaluate("document.body.innerHTML")
        for word in ("coat", "Help", "Leave", "Entries", "Rowan"):
            assert word not in text
        assert len(calls_of(page, "quickExit")) == 1


def test_an_open_dialog_can_be_left_with_one_tap(show: OpenPage) -> None:
    """A dialog covers the page, so it has its own Leave button, and one tap is enough."""
    page = show((OPEN_DIARY, go_to_screen("help"), press("Ring 101")))
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="Leave now").click()
    expect(page.get_by_role("button", name="New note")).to_be_visible()
    expect(sheet).to_have_count(0)
    assert len(calls_of(page, "quickExit")) == 1


def test_the_top_bar_stays_on_one_line_with_large_text(show: OpenPage) -> None:
    """At 200 % text, the title between the buttons stays on one line, and each button is large enough for a thumb."""
    page = show((OPEN_DIARY, go_to_screen("code")))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.querySelector('.bar').getBoundingClientRect().height") <= 112  # twice 3.5rem
    sizes = page.evaluate(
        "[...document.querySelectorAll('.bar button')].map((button) => [button.offsetWidth, button.offsetHeight])"
    )
    assert len(sizes) == 4
    assert all(width >= 44 and height == 44 for width, height in sizes)


def test_two_shifts_and_a_letter_do_not_leave(show: OpenPage) -> None:
    """Typing capital letters does not leave."""
    page = show((OPEN_DIARY,))
    for key in ("Shift", "Shift", "a", "Shift"):
        page.keyboard.press(key)
    assert calls_of(page, "quickExit") == []


def test_the_lock_closes_an_open_dialog(show: OpenPage) -> None:
    """The lock closes an open dialog."""
    page = show((OPEN_DIARY, go_to_screen("help"), press("Ring 101")))
    expect(page.get_by_role("dialog")).to_be_visible()
    js("fake.lock('idle')")(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Your password")).to_be_visible()


def test_a_hidden_page_is_covered(show: OpenPage) -> None:
    """A hidden page shows nothing, and shows everything again when it is visible."""
    page = show((OPEN_DIARY,))
    hide = (
        "Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.evaluate(hide % "hidden")
    expect(page.get_by_role("heading", name="What happened?")).to_be_hidden()
    page.evaluate(hide % "visible")
    expect(page.get_by_role("heading", name="What happened?")).to_be_visible()


def test_a_page_from_the_back_cache_stays_covered(show: OpenPage) -> None:
    """A page from the back/forward cache reloads, and shows nothing until then, whatever is touched."""
    page = show((OPEN_DIARY,))
    heading = page.get_by_role("heading", name="What happened?")
    expect(heading).to_be_visible()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    expect(heading).to_be_hidden()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    for event in ("focus", "pageshow"):
        page.evaluate(f"dispatchEvent(new Event('{event}'))")
        expect(heading).to_be_hidden()
    page.keyboard.press("Tab")
    expect(heading).to_be_hidden()


def test_a_leave_button_that_cannot_be_touched_is_found(show: OpenPage) -> None:
    """The check of every screen finds a Leave button that is covered or missing."""
    page = show((OPEN_DIARY,))
    sizes = ("320 px", "text at 200 %")
    assert overflow_faults(page, check_leave_button=True) == []
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('hr'), {id: 'over'})); "
        "document.getElementById('over').style = 'position: fixed; inset: 0 0 auto; block-size: 9rem; margin: 0; "
        "z-index: 99'"
    )
    assert overflow_faults(page, check_leave_button=True) == [f"the way out is out of reach, {size}" for size in sizes]
    page.evaluate("document.getElementById('over').remove(); document.querySelector('.leave').remove()")
    assert overflow_faults(page, check_leave_button=True) == [f"no way out, {size}" for size in sizes]
