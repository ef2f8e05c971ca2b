"""A diary in Urdu: chosen on the first screen, then written, saved, locked, unlocked and read back."""

import re
from typing import Literal

from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.tongue import name_on

URDU = re.compile("اردو|اُردو")
TEXT = "وہ دروازے کے باہر کھڑا تھا۔ 07700 900123"


class Speaker(Keeper):
    """A keeper who finds everything by its name in the language of the screens."""

    def button(self, name: str | re.Pattern[str], *, exact: bool = True) -> Locator:
        """Return the button with this English name."""
        return self.page.get_by_role(
            "button", name=name_on(self.page, name) if isinstance(name, str) else name, exact=exact
        )

    def field(self, label: str) -> Locator:
        """Return the text control with this English label."""
        return self.page.get_by_label(name_on(self.page, label), exact=True)

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        """Return the page's heading with this English name; a draft translation may show its English beneath."""
        return self.page.get_by_role(
            "heading", name=name_on(self.page, name) if isinstance(name, str) else name, level=1
        )

    def picks(self, choice: str) -> None:
        """Tap one chip of several."""
        self.page.get_by_role("radio", name=name_on(self.page, choice)).check()

    def goes(self, name: Literal["Entries", "Add", "Share", "More"]) -> None:
        """Use the bottom bar."""
        self.page.get_by_role("navigation").get_by_role("button", name=name_on(self.page, name)).click()

    def chooses_words(self, words: str | None = None) -> None:
        """Type the six suggested words. The list's name, which only a screen reader says, is translated too."""
        self.sees_place("Choose words that open this")
        offered = self.page.get_by_role("list", name=name_on(self.page, "Six words you could use")).get_by_role(
            "listitem"
        )
        expect(offered).to_have_count(6)
        expect(offered.first).not_to_have_text("••••••")
        self.words = words or " ".join(offered.all_inner_texts())
        self.field("Type your words").fill(self.words)
        self.tap("Save with these words")
        self.sees_place("Keep a copy off this phone")

    def locks(self) -> None:
        """Lock from the bottom bar."""
        self.page.get_by_role("navigation").get_by_role("button", name=name_on(self.page, "Lock")).click()
        self.sees_lock()


# The size of the stored app files, as the browser reports it.
APP_ON_DISK = "navigator.storage.estimate().then(({ usageDetails }) => usageDetails.caches)"
LARGEST = 1_600_000


def test_a_diary_is_kept_in_urdu(new_phone: NewPhone) -> None:
    """Urdu is chosen on the first screen and used up to the lock and behind it. Changing the language in More keeps the
    screen."""
    # Given a person who reads no English, at the first screen
    phone = new_phone()
    phone.opens()
    keeper = Speaker(phone.page, phone.app_url)
    html = keeper.page.locator("html")
    keeper.page.get_by_role("radio", name=URDU).check()
    expect(html).to_have_attribute("dir", "rtl")
    expect(keeper.page.get_by_role("radio", name=URDU)).to_be_checked()
    # When she writes her first line there
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    keeper.is_offline_ready()
    # Then the lock is in Urdu too, and lists no languages
    keeper.page.reload()
    keeper.sees_lock()
    expect(html).to_have_attribute("lang", "ur")
    expect(keeper.page.get_by_role("radio")).to_have_count(0)
    keeper.unlocks()
    keeper.goes("Entries")
    expect(keeper.row(TEXT)).to_be_visible()
    assert keeper.page.evaluate(APP_ON_DISK) <= LARGEST
    # And changing the language keeps the screen
    keeper.goes("More")
    keeper.page.get_by_role("button", name=re.compile("^زبان")).click()
    keeper.sees_place("Language")
    keeper.page.get_by_role("radio", name="Polski").check()
    expect(html).to_have_attribute("lang", "pl")
    keeper.sees_place("Language")
    keeper.goes("Entries")
    expect(keeper.row(TEXT)).to_be_visible()
