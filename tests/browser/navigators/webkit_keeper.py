"""A keeper's actions in WebKit, by the names on screen, over Selenium."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import WebKitGTK
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.chromium import TIMEOUT_MS
from tests.browser.live_server import Certificate, LiveServer, make_certificate
from tests.browser.webkit import run_webkit

TIMEOUT_SECONDS = TIMEOUT_MS / 1000

# Finds elements by tag and accessible name, which is a label, an aria-label or the text.
_FIND_ELEMENT_SCRIPT = """
const [kind, name, exact] = arguments;
const squeeze = (text) => (text ?? '').replace(/\\s+/g, ' ').trim();
const nameOf = (element) => squeeze(element.getAttribute('aria-label') ?? (element.labels?.[0] ?? element).textContent);
const seen = (element) => element.type === 'radio' || element.getClientRects().length > 0;
return [...document.querySelectorAll(kind)].find((element) => seen(element)
  && (exact ? nameOf(element) === name : nameOf(element).includes(name))) ?? null;
"""
_TYPE_SCRIPT = """
const [field, text] = arguments;
field.focus();
field.value = text;
field.dispatchEvent(new InputEvent('input', { bubbles: true, data: text }));
"""


class WebKitKeeper:
    """A person at one WebKit browser."""

    def __init__(self, driver: WebKitGTK, app_url: str) -> None:
        """Use `driver`, which may not have opened anything yet."""
        self.driver = driver
        self.app_url = app_url
        self.passphrase = ""
        self.login = ""

    def wait_for_result(self, condition: Callable[[], Any], description: str) -> Any:
        """Retry until there is a result. An element may vanish while the page is redrawn."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            try:
                if result := condition():
                    return result
            except StaleElementReferenceException:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{description}: not on the screen, which says: {self.screen_text()[:600]!r}")

    def screen_text(self) -> str:
        """Return all text on the screen."""
        return str(self.driver.execute_script("return document.body.innerText"))

    def find(self, kind: str, name: str, *, exact: bool = True) -> WebElement:
        """Return the element with this tag and accessible name."""
        find = self.driver.execute_script
        element: WebElement = self.wait_for_result(lambda: find(_FIND_ELEMENT_SCRIPT, kind, name, exact), name)
        return element

    def tap(self, name: str, *, exact: bool = True) -> None:
        """Tap the button with this name."""

        def tap_once() -> bool:
            self.find("button", name, exact=exact).click()
            return True

        self.wait_for_result(tap_once, name)

    def run_on_element(self, script: str, kind: str, name: str, *arguments: str) -> None:
        """Run a script on an element. Retry if a redraw has just replaced it."""

        def run_once() -> bool:
            self.driver.execute_script(script, self.find(kind, name), *arguments)
            return True

        self.wait_for_result(run_once, name)

    def type_into(self, label: str, text: str) -> None:
        """Type into the control with this label."""
        self.run_on_element(_TYPE_SCRIPT, "input,textarea", label, text)

    def wait_for_text(self, text: str | re.Pattern[str]) -> None:
        """Wait until the screen shows these words."""
        pattern = re.compile(re.escape(text)) if isinstance(text, str) else text
        self.wait_for_result(lambda: pattern.search(self.screen_text()), pattern.pattern)

    def wait_for_screen(self, name: str) -> None:
        """Wait until the screen with this heading is shown."""
        self.find("h1", name)

    # First run

    def open_without_diary(self) -> None:
        """Open the app's address and wait for the first screen of a phone without a diary."""
        self.driver.get(self.app_url)
        self.find("button", "Start")

    def wait_until_offline_ready(self) -> None:
        """Wait until the page can open without a network."""
        done = "navigator.serviceWorker.ready.then(() => arguments[0](true))"
        assert self.driver.execute_async_script(done)

    def type_first_narrative(self, text: str) -> None:
        """Type the first words on a phone without a diary. The phone stores the page itself meanwhile."""
        self.tap("Start")
        self.tap("Yes")
        self.wait_for_screen("What happened?")
        self.type_into("What happened?", text)

    def save_first_entry(self) -> None:
        """Go from the first words to the first entry sealed on this phone."""
        self.choose_time("Just now")
        self.tap("Save")
        self.wait_for_screen("Choose a password")
        self.passphrase = self.wait_for_result(self._suggested_words, "six words")
        self.type_into("Type your password", self.passphrase)
        self.tap("Save with this password")
        self.wait_for_screen("Set up a backup")

    def _suggested_words(self) -> str:
        items = "return [...document.querySelectorAll('.word-grid li')].map((element) => element.innerText.trim())"
        words = self.driver.execute_script(items)
        return " ".join(words) if len(words) == 6 and "•" not in "".join(words) else ""

    def choose_time(self, when: str) -> None:
        """Choose one of the five times."""
        self.run_on_element("arguments[0].click()", "input[type=radio]", when)

    def postpone_copy(self) -> None:
        """Tap "Not now", so that the diary stays on this phone only."""
        self.tap("Not now")
        self.wait_for_screen("Saved")

    def register_copy(self) -> None:
        """Make a copy off this phone from More, and postpone the recovery code."""
        self.go_to_tab("More")
        self.tap("Keeping it safe", exact=False)
        self.wait_for_screen("Keeping it safe")
        self.tap("Set up a backup", exact=False)
        self.type_into("Type your password", self.passphrase)
        self.tap("Set up a backup")
        self.wait_for_screen("Your username")
        name = "return document.querySelector('.sheet-name')?.innerText.trim()"
        self.login = self.wait_for_result(lambda: self.driver.execute_script(name), "the username")
        self.tap("Later")

    # Navigation

    def go_to_tab(self, name: str) -> None:
        """Use the bottom bar."""
        self.tap(name)

    def unlock(self) -> None:
        """Open the lock with the words."""
        self.type_into("Your password", self.passphrase)
        self.tap("Open")
        self.wait_for_screen("What happened?")

    def add_entry(self, text: str) -> None:
        """Add one more entry."""
        self.go_to_tab("Add")
        self.wait_for_screen("What happened?")
        self.type_into("What happened?", text)
        self.choose_time("Just now")
        self.tap("Save")
        self.wait_for_screen("Saved")

    def entry_state(self, text: str) -> str:
        """Return the state line in the entry's row of the list."""
        line = """
            const rows = [...document.querySelectorAll('.item')].filter((row) => row.innerText.includes(arguments[0]));
            return rows[0]?.querySelector('.state')?.innerText.trim() ?? ''"""
        return str(self.driver.execute_script(line, text))

    def wait_for_state(self, text: str, state: str) -> None:
        """Wait until the entry's row shows this state."""
        self.go_to_tab("Entries")
        self.wait_for_result(lambda: re.search(state, self.entry_state(text)), f"{text}: {state}")

    def open_entry(self, text: str) -> None:
        """Open the entry with this text."""
        self.go_to_tab("Entries")
        self.tap(text, exact=False)
        article = "return document.querySelector('article')?.innerText ?? ''"
        self.wait_for_result(lambda: text in self.driver.execute_script(article), text)

    def reload(self) -> None:
        """Load the page again and wait for the lock."""
        try:
            self.driver.refresh()
        except (
            WebDriverException
        ) as error:  # WebKit's driver sometimes reports a page that came from its worker as an error
            raise AssertionError(f"the page could not be loaded again: {error.msg}") from error
        self.find("input", "Your password")
        # The form in the page's own HTML keeps what is typed, but its button does nothing until the lock is drawn.
        self.wait_for_result(
            lambda: not self.driver.execute_script("return document.querySelector('[data-early]')"), "the drawn lock"
        )


@contextmanager
def run_webkit_phone(folder: Path) -> Iterator[tuple[WebKitKeeper, LiveServer, Certificate]]:
    """Run a server below `folder` and a new WebKit. Yield a keeper at it, the server and its certificate."""
    certificate = make_certificate(folder)
    server = LiveServer(folder / "server", certificate, app_host="localhost")
    server.start()
    try:
        with run_webkit() as driver:
            yield WebKitKeeper(driver, server.app_url), server, certificate
    finally:
        server.stop()
