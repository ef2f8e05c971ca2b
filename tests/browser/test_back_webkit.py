"""Back and Forward in real WebKit, the engine of every iPhone: one screen up, and nothing after the lock or Leave."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.navigators.keeper import PAGES_OF_MORE
from tests.browser.navigators.webkit_keeper import WebKitKeeper, run_webkit_phone
from tests.browser.test_webkit_lock_and_notebook import (
    PAGE_CONTENT_SCRIPT,
    assert_locked,
    assert_notebook_reveals_nothing,
    open_lock_from_notebook,
)

pytestmark = pytest.mark.webkit

NARRATIVE = "SENTINELACCOUNT he waited by the gate"
HALF_SENTENCE = "SENTINELHALF a sent"
PAGE_BEFORE = "/safety"
ROWS_SCRIPT = """return [...document.querySelectorAll('main button.item, main .rows button')]
    .filter((row) => row.getClientRects().length).map((row) => row.innerText.split('\\n')[0].trim())"""
IS_ELSEWHERE_SCRIPT = "return ![arguments[0], ''].includes(document.querySelector('h1')?.innerText.trim() ?? '')"
IS_SETTLED_SCRIPT = "return history.state === null"
ENTRY_TEXT_SCRIPT = "return document.querySelector('article')?.innerText ?? ''"


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[WebKitKeeper]:
    """Return a keeper who came from another page and has a diary of one entry open."""
    with run_webkit_phone(tmp_path) as (phone, _, _):
        phone.driver.get(f"{phone.app_url}{PAGE_BEFORE}")
        phone.open_without_diary()
        phone.type_first_narrative(NARRATIVE)
        phone.save_first_entry()
        phone.postpone_copy()
        yield phone


def wait_until_left(keeper: WebKitKeeper) -> None:
    """Wait until the page before is shown."""
    keeper.wait_for_result(lambda: keeper.driver.current_url.endswith(PAGE_BEFORE), PAGE_BEFORE)


def wait_for_drawn_lock(keeper: WebKitKeeper) -> None:
    """Wait for the lock of a page that was just loaded: until it is drawn, its button does nothing."""
    is_drawn = "return !document.querySelector('[data-early]')"
    keeper.wait_for_result(lambda: keeper.driver.execute_script(is_drawn), "the drawn lock")
    assert_locked(keeper)


def press_forward(keeper: WebKitKeeper) -> None:
    """Press Forward where the lock or the notebook is shown: nothing of the diary appears."""
    keeper.wait_for_result(lambda: keeper.driver.execute_script(IS_SETTLED_SCRIPT), "the first entry of the history")
    for _ in range(3):
        keeper.driver.forward()
        assert "SENTINEL" not in keeper.driver.execute_script(PAGE_CONTENT_SCRIPT)


def go_to_rows_and_back(keeper: WebKitKeeper, heading: str) -> list[str]:
    """Open each row of the page with this heading, and go back. Return the names of the rows."""
    names: list[str] = keeper.wait_for_result(lambda: keeper.driver.execute_script(ROWS_SCRIPT), "the rows")
    for name in names:
        keeper.tap(name, exact=False)
        keeper.wait_for_result(lambda: keeper.driver.execute_script(IS_ELSEWHERE_SCRIPT, heading), f"{heading}: {name}")
        assert keeper.driver.current_url == f"{keeper.app_url}/"
        if heading == "More" and name in PAGES_OF_MORE:
            assert go_to_rows_and_back(keeper, name) != []
        keeper.driver.back()
        keeper.wait_for_screen(heading)
    return names


def test_back_goes_up_from_every_row_of_more(keeper: WebKitKeeper) -> None:
    """Each row of More and of the pages below it opens its place, and Back is at that page again."""
    keeper.go_to_tab("More")
    keeper.wait_for_screen("More")
    assert len(go_to_rows_and_back(keeper, "More")) == 10


def test_back_goes_up_from_every_page_of_patterns(keeper: WebKitKeeper) -> None:
    """Each of the five sentences opens its page, and Back is at the sentences, then at the list, then at the form."""
    keeper.go_to_tab("Entries")
    keeper.tap("Patterns", exact=False)
    keeper.wait_for_screen("Patterns")
    assert len(go_to_rows_and_back(keeper, "Patterns")) == 5
    keeper.driver.back()
    keeper.find("input", "Find in your entries")
    keeper.driver.back()
    keeper.wait_for_screen("Saved")


def test_back_goes_up_to_the_top_and_out_and_nothing_comes_back(keeper: WebKitKeeper) -> None:
    """From an entry to the list, to the form and out, which locks; after the lock and after Leave nothing returns."""
    keeper.open_entry(NARRATIVE)
    keeper.tap("Help")
    keeper.wait_for_screen("Help")
    keeper.driver.back()
    keeper.wait_for_result(lambda: NARRATIVE in keeper.driver.execute_script(ENTRY_TEXT_SCRIPT), "the entry")
    keeper.go_to_tab("Add")
    keeper.type_into("What happened?", HALF_SENTENCE)
    keeper.driver.back()
    keeper.wait_for_result(lambda: NARRATIVE in keeper.driver.execute_script(ENTRY_TEXT_SCRIPT), "the entry")
    keeper.driver.back()
    keeper.find("input", "Find in your entries")
    keeper.driver.back()
    keeper.wait_for_screen("Saved")
    keeper.driver.back()
    wait_until_left(keeper)
    keeper.driver.forward()
    wait_for_drawn_lock(keeper)
    keeper.unlock()
    keeper.wait_for_result(
        lambda: HALF_SENTENCE in keeper.driver.execute_script(PAGE_CONTENT_SCRIPT), "the half sentence"
    )
    keeper.open_entry(NARRATIVE)
    keeper.tap("Lock")
    assert_locked(keeper)
    press_forward(keeper)
    assert_locked(keeper)
    keeper.unlock()
    keeper.open_entry(NARRATIVE)
    keeper.tap("Leave now")
    assert_notebook_reveals_nothing(keeper)
    press_forward(keeper)
    assert_notebook_reveals_nothing(keeper)
    open_lock_from_notebook(keeper)
    keeper.driver.back()
    wait_until_left(keeper)
