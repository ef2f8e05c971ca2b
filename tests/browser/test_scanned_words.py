"""Nine words read by a camera, on the fake app."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.advocate_screens import SCAN_STEPS
from tests.browser.navigators.accessibility import AXE_SCRIPT, accessibility_faults
from tests.browser.test_screens import address, show

__all__ = ["address", "show"]


@pytest.mark.parametrize("size", [(360, 740), (1280, 800)], ids=["phone", "desk"])
def test_a_scanned_code_is_the_nine_words(show: Callable[..., Page], size: tuple[int, int]) -> None:
    """Scanned words are checked like typed ones; the screen has no fault."""
    page = show(SCAN_STEPS, viewport={"width": size[0], "height": size[1]})
    page.evaluate(AXE_SCRIPT)
    calls = page.evaluate("JSON.stringify(fake.asked)")
    assert "meetAdvocate" in calls and "A B C D E F G H I".lower() in calls.lower()
    assert accessibility_faults(page) == []
