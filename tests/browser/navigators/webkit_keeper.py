"""A keeper's actions in WebKit, by the names on screen, over Selenium."""

import re
import time
from collections.abc import Callable
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import WebKitGTK
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.chromium import PATIENCE

SECONDS = PATIENCE / 1000

# Finds elements by tag and accessible name. Our screens name them by a label, an aria-label or the text.
_FIND = """
const [kind, name, exact] = arguments;
const squeeze = (text) => (text ?? '').replace(/\\s+/g, ' ').trim();
const nameOf = (element) => squeeze(element.getAttribute('aria-label') ?? (element.labels?.[0] ?? element).textContent);
const seen = (element) => element.type === 'radio' || element.getClientRects().length > 0;
return [...document.querySelectorAll(kind)].find((element) => seen(element)
  && (exact ? nameOf(element) === name : nameOf(element).includes(name))) ?? null;
"""
_TYPE = """
const [field, text] = arguments;
field.focus();
field.value = text;
field.dispatchEvent(new InputEvent('input', { bubbles: true, data: text }));
"""


class WebKitKeeper:
    """A person at one WebKit browser."""

    def __init__(self, driver: WebKitGTK, app_url: str) -> None:
        """Use `driver`, which need not have opened anything yet."""
        self.driver = driver
        self.app_url = app_url
        self.words = ""
        self.login = ""

    def until(self, condition: Callable[[], Any], description: str) -> Any:
        """Retry until there is a result. An element may vanish while the page is redrawn."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                if result := condition():
                    return result
            except StaleElementReferenceException:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{description}: not on the screen, which says: {self.says()[:600]!r}")

    def says(self) -> str:
        """Return all words on the screen."""
        return str(self.driver.execute_script("return document.body.innerText"))

    def find(self, kind: str, name: str, *, exact: bool = True) -> WebElement:
        """Return the element with this tag and accessible name."""
        find = self.driver.execute_script
        return self.until(lambda: find(_FIND, kind, name, exact), name)  # type: ignore[no-any-return]

    def tap(self, name: str, *, exact: bool = True) -> None:
        """Tap the button with this name."""

        def tap_once() -> bool:
            self.find("button", name, exact=exact).click()
            return True

        self.until(tap_once, name)

    def does(self, script: str, kind: str, name: str, *arguments: str) -> None:
        """Run a script on an element, again if a redraw has just replaced it."""

        def run_once() -> bool:
            self.driver.execute_script(script, self.find(kind, name), *arguments)
            return True

        self.until(run_once, name)

    def types(self, label: str, text: str) -> None:
        """Type into the control with this label."""
        self.does(_TYPE, "input,textarea", label, text)

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait until the screen shows these words."""
        wanted = re.compile(re.escape(text)) if isinstance(text, str) else text
        self.until(lambda: wanted.search(self.says()), wanted.pattern)

    def sees_place(self, name: str) -> None:
        """Wait until the screen with this heading is shown."""
        self.find("h1", name)

    # First run

    def opens(self) -> None:
        """Open the app's address and wait for the first screen of a phone without a diary."""
        self.driver.get(self.app_url)
        self.find("button", "Start")

    def is_offline_ready(self) -> None:
        """Wait until the page can open without a network."""
        done = "navigator.serviceWorker.ready.then(() => arguments[0](true))"
        assert self.driver.execute_async_script(done)

    def begins_to_write(self, text: str) -> None:
        """Type the first words on a phone without a diary; from then on the phone stores the page itself."""
        self.tap("Start")
        self.tap("Yes")
        self.sees_place("What happened?")
        self.types("What happened?", text)

    def saves_the_first(self) -> None:
        """Go from the first words to the first entry sealed on this phone."""
        self.chooses("Just now")
        self.tap("Save")
        self.sees_place("Choose words that open this")
        self.words = self.until(self._six_words, "six words")
        self.types("Type your words", self.words)
        self.tap("Save with these words")
        self.sees_place("Keep a copy off this phone")

    def _six_words(self) -> str:
        items = "return [...document.querySelectorAll('.word-grid li')].map((element) => element.innerText.trim())"
        words = self.driver.execute_script(items)
        return " ".join(words) if len(words) == 6 and "•" not in "".join(words) else ""

    def chooses(self, when: str) -> None:
        """Choose one of the five times."""
        self.does("arguments[0].click()", "input[type=radio]", when)

    def puts_off_the_copy(self) -> None:
        """Tap "Not now": the diary stays on this phone only."""
        self.tap("Not now")
        self.sees_place("Saved")

    def registers(self) -> None:
        """Make a copy off this phone, from More, and put off the code."""
        self.goes("More")
        self.tap("Keep a copy off this phone", exact=False)
        self.types("Type your words", self.words)
        self.tap("Keep a copy off this phone")
        self.sees_place("Your sign-in name")
        name = "return document.querySelector('.sheet-name')?.innerText.trim()"
        self.login = self.until(lambda: self.driver.execute_script(name), "the sign-in name")
        self.tap("Later")

    # Navigation

    def goes(self, name: str) -> None:
        """Use the bottom bar."""
        self.tap(name)

    def unlocks(self) -> None:
        """Open the lock with the words."""
        self.types("Your words", self.words)
        self.tap("Open")
        self.sees_place("What happened?")

    def adds(self, text: str) -> None:
        """Add one more entry."""
        self.goes("Add")
        self.sees_place("What happened?")
        self.types("What happened?", text)
        self.chooses("Just now")
        self.tap("Save")
        self.sees_place("Saved")

    def state_of(self, text: str) -> str:
        """Return the state line in the entry's row of the list."""
        line = """
            const rows = [...document.querySelectorAll('.item')].filter((row) => row.innerText.includes(arguments[0]));
            return rows[0]?.querySelector('.state')?.innerText.trim() ?? ''"""
        return str(self.driver.execute_script(line, text))

    def has_state(self, text: str, state: str) -> None:
        """Wait until the entry's row shows this state."""
        self.goes("Entries")
        self.until(lambda: re.search(state, self.state_of(text)), f"{text}: {state}")

    def reads(self, text: str) -> None:
        """Open the entry with this text."""
        self.goes("Entries")
        self.tap(text, exact=False)
        article = "return document.querySelector('article')?.innerText ?? ''"
        self.until(lambda: text in self.driver.execute_script(article), text)

    def reloads(self) -> None:
        """Load the page again, and wait for the lock."""
        try:
            self.driver.refresh()
        except (
            WebDriverException
        ) as error:  # WebKit's driver sometimes reports a page that came from its worker as an error
            raise AssertionError(f"the page could not be loaded again: {error.msg}") from error
        self.find("input", "Your words")
        # The form in the page's own HTML keeps what is typed, but its button does nothing until the lock is drawn.
        self.until(
            lambda: not self.driver.execute_script("return document.querySelector('[data-early]')"), "the drawn lock"
        )
