"""Back and Forward in real Firefox: one screen up, and nothing after the lock or Leave."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.firefox import FirefoxWindow, run_firefox
from tests.browser.live_server import LiveServer
from tests.browser.navigators.keeper import PAGES_OF_MORE

pytestmark = pytest.mark.firefox

NARRATIVE = "SENTINELENTRY he waited by the gate"
PAGE_BEFORE = "/safety"
MARK_BUTTON_SCRIPT = """(name) => {
  const button = [...document.querySelectorAll('button')].find((button) => button.getClientRects().length
    && (button.getAttribute('aria-label') ?? button.innerText).trim().split('\\n')[0] === name);
  button?.setAttribute('data-tapped', '');
  return Boolean(button);
}"""
UNMARK_SCRIPT = "() => document.querySelector('[data-tapped]')?.removeAttribute('data-tapped')"
ROWS_SCRIPT = """() => [...document.querySelectorAll('main .rows button')]
    .filter((row) => row.getClientRects().length).map((row) => row.innerText.split('\\n')[0].trim())"""
PAGE_SCRIPT = """() => document.documentElement.outerHTML
    + [...document.querySelectorAll('input, textarea')].map((field) => field.value).join()"""


class FirefoxKeeper:
    """A person at one Firefox window."""

    def __init__(self, window: FirefoxWindow, app_url: str) -> None:
        """Use `window`, which may not have opened anything yet."""
        self.window = window
        self.app_url = app_url
        self.passphrase = ""

    def tap(self, name: str) -> None:
        """Tap the button with this name."""
        self.window.wait_until(lambda: self.window.call_function(MARK_BUTTON_SCRIPT, name), name)
        self.window.click("[data-tapped]")
        self.window.call_function(UNMARK_SCRIPT)

    def wait_for_screen(self, heading: str) -> None:
        """Wait until the screen with this heading is shown."""
        self.window.wait_until(lambda: self.window.text("h1") == heading, heading)

    def wait_for(self, css: str) -> None:
        """Wait until an element is on the page."""
        self.window.wait_until(lambda: self.window.call_function("(css) => !!document.querySelector(css)", css), css)

    def step(self, delta: int) -> None:
        """Press Back (-1) or Forward (1)."""
        self.window.send_command("browsingContext.traverseHistory", context=self.window.window, delta=delta)

    def path(self) -> str:
        """Return the path of the page."""
        return str(self.window.call_function("() => location.pathname"))

    def rows(self) -> list[str]:
        """Return the first line of each row of this page."""
        self.window.wait_until(lambda: self.window.call_function(ROWS_SCRIPT), "the rows")
        names: list[str] = self.window.call_function(ROWS_SCRIPT)
        return names

    def go_to_rows_and_back(self, heading: str) -> list[str]:
        """Open each row of the page with this heading, and go back. Return the names of the rows."""
        names = self.rows()
        for name in names:
            self.tap(name)
            self.window.wait_until(lambda: self.window.text("h1") not in (heading, ""), name)
            assert self.path() == "/"
            if heading == "More" and name in PAGES_OF_MORE:
                assert self.go_to_rows_and_back(name) != []
            self.step(-1)
            self.wait_for_screen(heading)
        return names

    def write_first_entry(self) -> None:
        """Go from a browser without a diary to the first entry sealed in it."""
        self.tap("Start")
        self.tap("Yes")
        self.wait_for("#narrative")
        self.window.type_into("#narrative", NARRATIVE)
        self.window.call_function("() => document.querySelector('input[type=radio]').click()")
        self.tap("Save")
        self.wait_for(".word-grid li")
        words = "() => [...document.querySelectorAll('.word-grid li')].map((word) => word.innerText.trim()).join(' ')"
        self.window.wait_until(lambda: "•" not in self.window.call_function(words), "six words")
        self.passphrase = self.window.call_function(words)
        self.window.type_into("#new-words", self.passphrase)
        self.tap("Save with this password")
        self.wait_for_screen("Set up a backup")
        self.tap("Not now")
        self.wait_for_screen("Saved")

    def unlock(self) -> None:
        """Open the lock."""
        self.window.wait_until(
            lambda: self.window.call_function("() => !document.querySelector('[data-early]')"), "the drawn lock"
        )
        self.window.type_into("#words", self.passphrase)
        self.tap("Open")
        self.wait_for("#narrative")

    def assert_nothing_of_the_diary(self) -> None:
        """Assert that the page holds no word of the diary."""
        assert "SENTINEL" not in self.window.call_function(PAGE_SCRIPT)


@pytest.fixture
def keeper(tmp_path: Path, server: LiveServer) -> Iterator[FirefoxKeeper]:
    """Return a keeper who came from another page and has a diary of one entry open."""
    with run_firefox(tmp_path / "phone") as window:
        window.navigate(f"{server.public_url}{PAGE_BEFORE}")
        window.navigate(server.app_url)
        person = FirefoxKeeper(window, server.app_url)
        person.write_first_entry()
        yield person


def press_forward(keeper: FirefoxKeeper) -> None:
    """Press Forward where the lock or the notebook is shown: nothing of the diary appears."""
    keeper.window.wait_until(lambda: keeper.window.call_function("() => history.state === null"), "the first entry")
    keeper.step(1)
    keeper.assert_nothing_of_the_diary()
    keeper.window.wait_until(lambda: keeper.window.call_function("() => history.state === null"), "the first entry")
    keeper.assert_nothing_of_the_diary()


def test_back_goes_up_and_out_and_nothing_comes_back(keeper: FirefoxKeeper) -> None:
    """Each row of More and of its pages goes back up, More to the top and out; after lock and Leave nothing returns."""
    window = keeper.window
    keeper.tap("More")
    keeper.wait_for_screen("More")
    assert len(keeper.go_to_rows_and_back("More")) == 10
    keeper.step(-1)
    keeper.wait_for_screen("Saved")
    keeper.tap("Entries")
    keeper.tap("Patterns")
    keeper.wait_for_screen("Patterns")
    assert len(keeper.go_to_rows_and_back("Patterns")) == 5
    keeper.step(-1)
    keeper.wait_for("#find")
    keeper.step(-1)
    keeper.wait_for_screen("Saved")
    keeper.step(-1)
    window.wait_until(lambda: keeper.path() == PAGE_BEFORE, PAGE_BEFORE)
    keeper.step(1)
    keeper.wait_for("#words")
    keeper.assert_nothing_of_the_diary()
    keeper.unlock()
    keeper.tap("Entries")
    keeper.tap("Lock")
    keeper.wait_for("#words")
    press_forward(keeper)
    keeper.unlock()
    keeper.tap("Entries")
    keeper.tap("Leave now")
    keeper.wait_for(".notebook")
    press_forward(keeper)
    assert window.call_function("() => !!document.querySelector('.notebook')")
    keeper.step(-1)
    window.wait_until(lambda: keeper.path() == PAGE_BEFORE, PAGE_BEFORE)
