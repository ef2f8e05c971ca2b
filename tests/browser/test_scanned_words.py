"""Nine words read by a camera, on the pretended app."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.advocate_screens import SCANNING
from tests.browser.navigators.judge import AXE, faults
from tests.browser.test_screens import address, show

__all__ = ["address", "show"]


@pytest.mark.parametrize("size", [(360, 740), (1280, 800)], ids=["phone", "desk"])
def test_a_scanned_code_is_the_nine_words(show: Callable[..., Page], size: tuple[int, int]) -> None:
    """What the camera read is checked like words that were typed; the screen has no fault."""
    page = show(SCANNING, viewport={"width": size[0], "height": size[1]})
    page.evaluate(AXE)
    asked = page.evaluate("JSON.stringify(fake.asked)")
    assert "meetAdvocate" in asked and "A B C D E F G H I".lower() in asked.lower()
    assert faults(page) == []
