"""What a keeper does in WebKit, by the names the screens give things, over Selenium."""

import re
import time
from collections.abc import Callable
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import WebKitGTK
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.chromium import PATIENCE

SECONDS = PATIENCE / 1000

# Elements by tag and accessible name, as far as our screens make names: a label, an aria-label, or the text.
_FIND = """
const [kind, name, exact] = arguments;
const squeeze = (text) => (text ?? '').replace(/\\s+/g, ' ').trim();
const nameOf = (one) => squeeze(one.getAttribute('aria-label') ?? (one.labels?.[0] ?? one).textContent);
const seen = (one) => one.type === 'radio' || one.getClientRects().length > 0;
return [...document.querySelectorAll(kind)].find((one) => seen(one)
  && (exact ? nameOf(one) === name : nameOf(one).includes(name))) ?? null;
"""
_TYPE = """
const [field, text] = arguments;
field.focus();
field.value = text;
field.dispatchEvent(new InputEvent('input', { bubbles: true, data: text }));
"""


class WebKitKeeper:
    """A person at one WebKit."""

    def __init__(self, driver: WebKitGTK, app_url: str) -> None:
        """At `driver`, which need not have opened anything yet."""
        self.driver = driver
        self.app_url = app_url
        self.words = ""
        self.login = ""

    def until(self, found: Callable[[], Any], what: str) -> Any:
        """Ask until there is an answer; a page that is just being drawn may take an element away."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                if answer := found():
                    return answer
            except StaleElementReferenceException:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{what}: not on the screen, which says: {self.says()[:600]!r}")

    def says(self) -> str:
        """All words on the screen."""
        return str(self.driver.execute_script("return document.body.innerText"))

    def find(self, kind: str, name: str, *, exact: bool = True) -> WebElement:
        """The element of that tag and accessible name."""
        return self.until(lambda: self.driver.execute_script(_FIND, kind, name, exact), name)  # type: ignore[no-any-return]

    def tap(self, name: str, *, exact: bool = True) -> None:
        """Tap the button of that name."""

        def tapped() -> bool:
            self.find("button", name, exact=exact).click()
            return True

        self.until(tapped, name)

    def does(self, script: str, kind: str, name: str, *more: str) -> None:
        """Run a script on an element; once more when a drawing has just put another in its place."""

        def done() -> bool:
            self.driver.execute_script(script, self.find(kind, name), *more)
            return True

        self.until(done, name)

    def types(self, label: str, text: str) -> None:
        """Type into the control with that label."""
        self.does(_TYPE, "input,textarea", label, text)

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait until the words stand on the screen."""
        wanted = re.compile(re.escape(text)) if isinstance(text, str) else text
        self.until(lambda: wanted.search(self.says()), wanted.pattern)

    def sees_place(self, name: str) -> None:
        """Wait until the place of that heading is shown."""
        self.find("h1", name)

    # First run

    def opens(self) -> None:
        """Open the app's address and wait for the first screen of a phone that holds nothing."""
        self.driver.get(self.app_url)
        self.find("button", "Start")

    def is_offline_ready(self) -> None:
        """Wait until the page can be opened without a network."""
        done = "navigator.serviceWorker.ready.then(() => arguments[0](true))"
        assert self.driver.execute_async_script(done)

    def begins_to_write(self, text: str) -> None:
        """The first words on a phone that holds nothing; with them it begins to keep the page itself."""
        self.tap("Start")
        self.tap("Yes")
        self.sees_place("What happened?")
        self.types("What happened?", text)

    def saves_the_first(self) -> None:
        """From the first words to the first entry sealed on this phone."""
        self.chooses("Just now")
        self.tap("Save")
        self.sees_place("Choose words that open this")
        self.words = self.until(self._six_words, "six words")
        self.types("Type your words", self.words)
        self.tap("Save with these words")
        self.sees_place("Keep a copy off this phone")

    def _six_words(self) -> str:
        items = "return [...document.querySelectorAll('.word-grid li')].map((one) => one.innerText.trim())"
        words = self.driver.execute_script(items)
        return " ".join(words) if len(words) == 6 and "•" not in "".join(words) else ""

    def chooses(self, when: str) -> None:
        """Choose one of the five times."""
        self.does("arguments[0].click()", "input[type=radio]", when)

    def puts_off_the_copy(self) -> None:
        """Not now: the diary stays on this phone only."""
        self.tap("Not now")
        self.sees_place("Saved")

    def registers(self) -> None:
        """A copy off this phone, from More; the code is put off."""
        self.goes("More")
        self.tap("Keep a copy off this phone", exact=False)
        self.types("Type your words", self.words)
        self.tap("Keep a copy off this phone")
        self.sees_place("Your sign-in name")
        name = "return document.querySelector('.sheet-name')?.innerText.trim()"
        self.login = self.until(lambda: self.driver.execute_script(name), "the sign-in name")
        self.tap("Later")

    # Around

    def goes(self, name: str) -> None:
        """Use the bottom bar."""
        self.tap(name)

    def unlocks(self) -> None:
        """Open the lock with the words."""
        self.types("Your words", self.words)
        self.tap("Open")
        self.sees_place("What happened?")

    def adds(self, text: str) -> None:
        """One more entry."""
        self.goes("Add")
        self.sees_place("What happened?")
        self.types("What happened?", text)
        self.chooses("Just now")
        self.tap("Save")
        self.sees_place("Saved")

    def state_of(self, text: str) -> str:
        """The state line in the entry's row of the list."""
        line = """
            const rows = [...document.querySelectorAll('.item')].filter((row) => row.innerText.includes(arguments[0]));
            return rows[0]?.querySelector('.state')?.innerText.trim() ?? ''"""
        return str(self.driver.execute_script(line, text))

    def has_state(self, text: str, state: str) -> None:
        """Wait until the entry's row says so."""
        self.goes("Entries")
        self.until(lambda: re.search(state, self.state_of(text)), f"{text}: {state}")

    def reads(self, text: str) -> None:
        """Open the entry that says this."""
        self.goes("Entries")
        self.tap(text, exact=False)
        article = "return document.querySelector('article')?.innerText ?? ''"
        self.until(lambda: text in self.driver.execute_script(article), text)

    def reloads(self) -> None:
        """Load the page again, and wait for the lock."""
        try:
            self.driver.refresh()
        except WebDriverException as error:  # WebKit's driver reports a page that came from its worker as an error now and then
            raise AssertionError(f"the page could not be loaded again: {error.msg}") from error
        self.find("input", "Your words")
        # The form in the page's own HTML keeps what is typed into it, but its button is deaf until the door is drawn.
        self.until(lambda: not self.driver.execute_script("return document.querySelector('[data-early]')"), "the drawn lock")
