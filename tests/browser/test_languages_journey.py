"""A diary kept in Urdu: the language is switched in place, then written, saved, locked, unlocked and read back in it."""

import re
from typing import Literal

from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.tongue import said

TEXT = "وہ دروازے کے باہر کھڑا تھا۔ 07700 900123"


class Speaker(Keeper):
    """A keeper who finds everything by what it is called in the language of the screens."""

    def button(self, name: str | re.Pattern[str], *, exact: bool = True) -> Locator:
        """The button of that name in English."""
        return self.page.get_by_role("button", name=said(self.page, name) if isinstance(name, str) else name, exact=exact)

    def field(self, label: str) -> Locator:
        """The text control with that label in English."""
        return self.page.get_by_label(said(self.page, label), exact=True)

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        """The page's heading of that name in English; a draft may stand on its English."""
        return self.page.get_by_role("heading", name=said(self.page, name) if isinstance(name, str) else name, level=1)

    def picks(self, choice: str) -> None:
        """Tap one chip of several."""
        self.page.get_by_role("radio", name=said(self.page, choice)).check()

    def goes(self, name: Literal["Entries", "Add", "Share", "More"]) -> None:
        """Use the bottom bar."""
        self.page.get_by_role("navigation").get_by_role("button", name=said(self.page, name)).click()

    def locks(self) -> None:
        """Lock from the bottom bar."""
        self.page.get_by_role("navigation").get_by_role("button", name=said(self.page, "Lock")).click()
        self.sees_lock()


def test_a_diary_is_kept_in_urdu(new_phone: NewPhone) -> None:
    """The switch changes the words and the direction at once; what was written is not touched."""
    first = new_phone()
    first.begins("He was outside again.")
    keeper = Speaker(first.page, first.app_url)
    keeper.words, keeper.login = first.words, first.login
    html = keeper.page.locator("html")
    keeper.goes("More")
    keeper.page.get_by_role("button", name=re.compile("^Language")).click()
    keeper.page.get_by_role("radio", name=re.compile("اردو|اُردو")).check()
    expect(html).to_have_attribute("dir", "rtl")
    keeper.sees_place("Language")
    keeper.adds(TEXT)
    keeper.locks()
    expect(html).to_have_attribute("lang", "ur")
    keeper.unlocks()
    keeper.goes("Entries")
    expect(keeper.row(TEXT)).to_be_visible()
    expect(keeper.row("He was outside again.")).to_be_visible()
