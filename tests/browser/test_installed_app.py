"""The installed app in its own window, offline: leaving mid-sentence, sharing, and adding while locked."""

from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.chromium import app_window
from tests.browser.live_server import Certificate, LiveServer
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_png, picker_file
from tests.browser.test_capture_while_locked import assert_nothing_revealed, share_screenshot

pytestmark = pytest.mark.first_visit

NARRATIVE = "SENTINELACCOUNT he waited by the gate"
HALF_SENTENCE = "SENTINELHALF a sent"


# The same steps in a tab are in every run: test_notebook.py, test_capture_while_locked.py.
@pytest.mark.slow
def test_the_installed_app_leaves_locks_and_adds_offline(
    playwright: Playwright, certificate: Certificate, server: LiveServer, tmp_path: Path
) -> None:
    """The app stays standalone. Back and reload show nothing of the diary.

    For two things added while locked, questions follow.
    """
    with app_window(playwright, certificate.spki, tmp_path / "profile", server.app_url) as page:
        keeper = BrowserKeeper(page, server.app_url)
        assert page.evaluate("matchMedia('(display-mode: standalone)').matches")
        keeper.create_registered_diary(NARRATIVE)
        keeper.wait_until_offline_ready()
        page.reload()
        keeper.wait_for_lock()
        keeper.wait_until_loaded()
        keeper.unlock()
        keeper.go_to_tab("Add")
        keeper.type_narrative(HALF_SENTENCE)
        page.context.set_offline(True)
        keeper.leave()
        keeper.wait_for_notebook()
        assert "SENTINEL" not in page.content()
        page.keyboard.press("Alt+ArrowLeft")
        page.wait_for_timeout(500)
        assert "SENTINEL" not in page.content() and page.title() == "Notes"
        page.reload()
        keeper.wait_for_lock()

        share_screenshot(keeper, make_png(6))
        keeper.tap("Add picture")
        keeper.wait_for_screen("Add picture")
        assert_nothing_revealed(page)
        with page.expect_file_chooser() as chooser:
            keeper.tap("Choose a picture")
        chooser.value.set_files([picker_file("photo.png", "image/png", make_png(3))])
        keeper.wait_for_text("1 added")
        keeper.tap("Done")
        keeper.unlock()
        keeper.tap("Something to look at")
        expect(keeper.button("Added while this was locked")).to_be_visible()
        keeper.go_to_tab("Add")
        assert keeper.field("What happened?").input_value() == HALF_SENTENCE
        assert page.evaluate("matchMedia('(display-mode: standalone)').matches")
