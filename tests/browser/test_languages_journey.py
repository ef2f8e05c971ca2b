"""A diary in Urdu: chosen on the first screen, then written, saved, locked, unlocked and read back."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import BrowserKeeper, Tab
from tests.browser.navigators.translations import translated_name

URDU_NAME = re.compile("اردو|اُردو")
URDU_NARRATIVE = "وہ دروازے کے باہر کھڑا تھا۔ 07700 900123"


class TranslatedKeeper(BrowserKeeper):
    """A keeper who finds everything by its name in the language of the screens."""

    def button(self, name: str | re.Pattern[str], *, exact: bool = True) -> Locator:
        """Return the button with this English name."""
        return self.page.get_by_role(
            "button", name=translated_name(self.page, name) if isinstance(name, str) else name, exact=exact
        )

    def field(self, label: str) -> Locator:
        """Return the text control with this English label."""
        return self.page.get_by_label(translated_name(self.page, label), exact=True)

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        """Return the heading with this English name. A draft translation may show the English beneath."""
        return self.page.get_by_role(
            "heading", name=translated_name(self.page, name) if isinstance(name, str) else name, level=1
        )

    def pick_chip(self, choice: str) -> None:
        """Tap one chip of several."""
        self.page.get_by_role("radio", name=translated_name(self.page, choice)).check()

    def go_to_tab(self, name: Tab) -> None:
        """Use the bottom bar."""
        self.page.get_by_role("navigation").get_by_role("button", name=translated_name(self.page, name)).click()

    def choose_passphrase(self, words: str | None = None) -> None:
        """Type the six suggested words. The list's name, which only screen readers use, is translated too."""
        self.wait_for_screen("Choose a password")
        suggested_words = self.page.get_by_role(
            "list", name=translated_name(self.page, "Six words you could use")
        ).get_by_role("listitem")
        expect(suggested_words).to_have_count(6)
        expect(suggested_words.first).not_to_have_text("••••••")
        self.passphrase = words or " ".join(suggested_words.all_inner_texts())
        self.field("Type your password").fill(self.passphrase)
        self.tap("Save with this password")
        self.wait_for_screen("Set up a backup")

    def lock(self) -> None:
        """Lock with the button at the top."""
        self.page.get_by_role("banner").get_by_role("button", name=translated_name(self.page, "Lock")).click()
        self.wait_for_lock()


# The size of the stored app files, as the browser reports it.
APP_CACHE_BYTES_SCRIPT = "navigator.storage.estimate().then(({ usageDetails }) => usageDetails.caches)"
MAX_APP_BYTES = 1_910_000


@pytest.mark.first_visit  # what is stored is measured: no file may be left from another test
def test_a_diary_is_kept_in_urdu(new_phone: NewPhone) -> None:
    """Urdu is chosen on the first screen and used up to the lock and behind it.

    Changing the language in More keeps the screen.
    """
    # Given a person who reads no English, at the first screen
    phone = new_phone()
    phone.open_without_diary()
    keeper = TranslatedKeeper(phone.page, phone.app_url)
    html = keeper.page.locator("html")
    keeper.page.get_by_role("radio", name=URDU_NAME).check()
    expect(html).to_have_attribute("dir", "rtl")
    expect(keeper.page.get_by_role("radio", name=URDU_NAME)).to_be_checked()
    # When she writes her first line there
    keeper.write_first_entry(URDU_NARRATIVE)
    keeper.postpone_copy()
    keeper.wait_until_offline_ready()
    # Then the lock is in Urdu too, and lists no languages
    keeper.page.reload()
    # A name is looked up once, in the language that the page has then.
    expect(html).to_have_attribute("lang", "ur")
    keeper.wait_for_lock()
    expect(keeper.page.get_by_role("radio")).to_have_count(0)
    keeper.unlock()
    keeper.go_to_tab("Entries")
    expect(keeper.entry_row(URDU_NARRATIVE)).to_be_visible()
    assert keeper.page.evaluate(APP_CACHE_BYTES_SCRIPT) <= MAX_APP_BYTES
    # And changing the language keeps the screen
    keeper.go_to_tab("More")
    keeper.page.get_by_role("button", name=re.compile("^زبان")).click()
    keeper.wait_for_screen("Language and how this works")
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("^زبان")).click()
    keeper.wait_for_screen("Language")
    keeper.page.get_by_role("radio", name="Polski").check()
    expect(html).to_have_attribute("lang", "pl")
    keeper.wait_for_screen("Language")
    keeper.go_to_tab("Entries")
    expect(keeper.entry_row(URDU_NARRATIVE)).to_be_visible()
