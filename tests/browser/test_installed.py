"""The installed app in its own window, without a network:
leaving in the middle of a sentence, sharing, and adding while locked.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.browser.chromium import app_window
from tests.browser.navigators.keeper import Keeper
from tests.browser.pictures import png, upload
from tests.browser.serving import Certificate, Served
from tests.browser.test_capture import reveals_nothing, share_screenshot

pytestmark = pytest.mark.first_visit

TEXT = "SENTINELACCOUNT he waited by the gate"
HALF = "SENTINELHALF a sent"


# The same steps in a tab are in every run: test_notebook.py, test_capture.py.
@pytest.mark.slow
def test_the_installed_app_leaves_locks_and_adds_offline(
    playwright: Playwright, certificate: Certificate, server: Served, tmp_path: Path
) -> None:
    """The app stays standalone; Back and reload show nothing of the diary;
    two things added while locked are asked about.
    """
    with app_window(playwright, certificate.spki, tmp_path / "profile", server.app_url) as page:
        keeper = Keeper(page, server.app_url)
        assert page.evaluate("matchMedia('(display-mode: standalone)').matches")
        keeper.begins(TEXT)
        keeper.is_offline_ready()
        page.reload()
        keeper.sees_lock()
        keeper.has_loaded()
        keeper.unlocks()
        keeper.goes("Add")
        keeper.writes(HALF)
        page.context.set_offline(True)
        keeper.leaves()
        keeper.sees_notebook()
        assert "SENTINEL" not in page.content()
        page.keyboard.press("Alt+ArrowLeft")
        page.wait_for_timeout(500)
        assert "SENTINEL" not in page.content() and page.title() == "Notes"
        page.reload()
        keeper.sees_lock()

        share_screenshot(keeper, png(6))
        keeper.tap("Add picture")
        keeper.sees_place("Add picture")
        reveals_nothing(page)
        with page.expect_file_chooser() as chooser:
            keeper.tap("Choose a picture")
        chooser.value.set_files([upload("photo.png", "image/png", png(3))])  # type: ignore[list-item]
        keeper.sees("1 added")
        keeper.tap("Done")
        keeper.unlocks()
        keeper.sees("2 things were added while this was locked.")
        keeper.goes("Add")
        assert keeper.field("What happened?").input_value() == HALF
        assert page.evaluate("matchMedia('(display-mode: standalone)').matches")
