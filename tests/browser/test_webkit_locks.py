"""Lock, notebook, leaving and clearing in real WebKit, the engine of every iPhone."""

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.navigators.webkit_keeper import WebKitKeeper
from tests.browser.pictures import png
from tests.browser.serving import Served, make_certificate
from tests.browser.test_notebook import REVEALING_WORDS
from tests.browser.webkit import webkit_driver

pytestmark = pytest.mark.webkit

TEXT = "SENTINELACCOUNT he waited by the gate"
HALF = "SENTINELHALF a sent"
NOTEBOOK_WORDS = "milk bread onions apples"
PAGE_CONTENT = (
    "return document.documentElement.outerHTML"
    " + [...document.querySelectorAll('input, textarea')].map((field) => field.value).join()"
)
PRESS_SHIFT_THREE_TIMES = "for (let n = 0; n < 3; n++) dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift' }))"
HOLD = "arguments[0].dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))"
# Simulates a picture chosen in the phone's own picker.
CHOOSE_PICTURE = """
const input = document.querySelector('input[type=file]');
const bytes = Uint8Array.from(atob(arguments[0]), (char) => char.charCodeAt(0));
const chosen = new DataTransfer();
chosen.items.add(new File([bytes], arguments[1], { type: 'image/png' }));
input.files = chosen.files;
input.dispatchEvent(new Event('change'));
"""
DIGESTS = "return [...document.querySelectorAll('details .letters')].map((element) => element.textContent)"
ATTEMPTS = """
const done = arguments[arguments.length - 1];
(async () => {
  const results = {};
  const attempt = async (name, act) => {
    try { await act(); results[name] = 'allowed'; } catch { results[name] = 'refused'; }
  };
  const add = (make) => { const element = make(); document.head.append(element); return element; };
  await attempt('elsewhere', () => fetch('https://example.invalid/'));
  add(() => Object.assign(document.createElement('style'), { textContent: 'h1 { outline: 7px solid red }' }));
  try { add(() => Object.assign(document.createElement('script'), { text: 'window.ran = true' })); } catch { }
  const frame = add(() => Object.assign(document.createElement('iframe'), { src: 'https://example.invalid/' }));
  await new Promise((go) => setTimeout(go, 300));
  frame.remove();
  const styled = getComputedStyle(document.querySelector('h1')).outlineWidth === '7px';
  done({ ...results, ran: Boolean(window.ran), styled, isolated: crossOriginIsolated });
})();
"""
# Milliseconds until the diary is gone, and until the notebook is shown.
LEAVING = """
const done = arguments[arguments.length - 1];
const from = performance.now();
let covered = null;
const look = () => {
  if (covered === null && !document.querySelector('.frame')) covered = performance.now() - from;
  if (document.querySelector('.notebook h1')) setTimeout(() => done([covered, performance.now() - from]));
  else requestAnimationFrame(look);
};
document.querySelector('.leave').click();
look();
"""


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[tuple[WebKitKeeper, Served]]:
    """A person at a new WebKit, and the server."""
    served = Served(tmp_path / "server", make_certificate(tmp_path), app_host="localhost")
    served.start()
    try:
        with webkit_driver() as driver:
            yield WebKitKeeper(driver, served.app_url), served
    finally:
        served.stop()


def is_a_notebook(keeper: WebKitKeeper) -> None:
    """Assert that nothing of the diary is in the page, and that no word or control reveals it."""
    keeper.find("button", "New note")
    assert "SENTINEL" not in keeper.driver.execute_script(PAGE_CONTENT)
    assert not REVEALING_WORDS.search(keeper.says())
    assert keeper.driver.execute_script("return document.querySelectorAll('[aria-label]').length") == 0
    assert (keeper.driver.title, keeper.driver.current_url) == ("Notes", f"{keeper.app_url}/")


def is_locked(keeper: WebKitKeeper) -> None:
    """Assert that the lock is shown, and nothing that was behind it."""
    keeper.find("input", "Your words")
    assert "SENTINEL" not in keeper.driver.execute_script(PAGE_CONTENT)
    assert not re.search(r"help|exit|999", keeper.says(), re.IGNORECASE)


def make_diary(keeper: WebKitKeeper) -> None:
    """Make a registered diary with one entry, stored for offline use, and a half sentence on the screen."""
    keeper.opens()
    keeper.begins_to_write(TEXT)
    keeper.is_offline_ready()
    keeper.saves_the_first()
    keeper.puts_off_the_copy()
    keeper.registers()
    keeper.has_state(TEXT, r"^Kept safe .*\d\d:\d\d$")
    keeper.goes("Add")
    keeper.types("What happened?", HALF)
    keeper.sees("Kept while you write.")


def ask_for_the_lock(keeper: WebKitKeeper) -> None:
    """Hold the notebook's title."""
    keeper.does(HOLD, "h1 button", "Notes")
    is_locked(keeper)


def test_leaving_reloading_and_clearing_reveal_nothing(phone: tuple[WebKitKeeper, Served]) -> None:
    """Leaving covers the diary within 100 ms and shows the notebook within 300. Navigation, reload, three Shifts, wrong
    words and clearing without the server reveal nothing, and the same words bring everything back.
    """
    keeper, served = phone
    make_diary(keeper)
    served.stop()
    covered, shown = keeper.driver.execute_async_script(LEAVING)
    print(f"covered {covered} ms, notebook {shown} ms")
    assert covered <= 100 and shown <= 300
    is_a_notebook(keeper)
    keeper.driver.get("about:blank")
    keeper.driver.get(keeper.app_url)
    is_locked(keeper)
    keeper.reloads()
    is_locked(keeper)
    keeper.types("Your words", "none of these words")
    keeper.tap("Open")
    keeper.sees("That didn’t open anything. Try again.")
    keeper.unlocks()
    keeper.until(lambda: HALF in keeper.driver.execute_script(PAGE_CONTENT), "the half sentence")
    keeper.driver.execute_script(PRESS_SHIFT_THREE_TIMES)
    is_a_notebook(keeper)
    ask_for_the_lock(keeper)
    keeper.unlocks()
    keeper.does(HOLD, "button", "Leave now")
    is_a_notebook(keeper)
    ask_for_the_lock(keeper)
    keeper.unlocks()
    keeper.until(lambda: HALF in keeper.driver.execute_script(PAGE_CONTENT), "the half sentence, after clearing")
    served.start()
    keeper.driver.execute_script("dispatchEvent(new Event('online'))")
    keeper.has_state(TEXT, r"^Kept safe .*\d\d:\d\d$")
    keeper.reads(TEXT)


def test_the_policy_holds_in_webkit(phone: tuple[WebKitKeeper, Served]) -> None:
    """Another origin, inline script and inline style have no effect;
    the page is isolated; only its own worker is registered; there is no cookie.
    """
    keeper, _ = phone
    keeper.opens()
    results = keeper.driver.execute_async_script(ATTEMPTS)
    assert results == {"elsewhere": "refused", "ran": False, "styled": False, "isolated": True}
    assert keeper.driver.get_cookies() == []
    keeper.begins_to_write(TEXT)
    keeper.is_offline_ready()
    assert keeper.driver.get_cookies() == []


def test_the_notebooks_words_open_the_notebook(phone: tuple[WebKitKeeper, Served]) -> None:
    """At the lock, the notebook's words open the notebook, which makes no request."""
    keeper, served = phone
    make_diary(keeper)
    keeper.goes("More")
    keeper.tap("Locking, notebook", exact=False)
    keeper.sees_place("Locking")
    keeper.tap("A notebook in front", exact=False)
    keeper.sees_place("A notebook in front")
    keeper.does("arguments[0].click()", "input[type=checkbox]", "I have read this")
    keeper.types("Words for the notebook", NOTEBOOK_WORDS)
    keeper.types("Type them once more", NOTEBOOK_WORDS)
    keeper.tap("Turn it on")
    keeper.sees("On. These words open the notebook.")
    keeper.tap("Lock")
    is_locked(keeper)
    before = len(served.exchanges)
    keeper.types("Your words", NOTEBOOK_WORDS)
    keeper.tap("Open")
    is_a_notebook(keeper)
    keeper.tap("New note")
    keeper.types("Note", "Bins on Tuesday")
    keeper.tap("Back")
    keeper.sees("Bins on Tuesday")
    assert [exchange.path for exchange in served.exchanges[before:] if "/v1/" in exchange.path] == []
    ask_for_the_lock(keeper)
    keeper.unlocks()


def test_pictures_and_a_note_are_added_while_locked_and_offline(phone: tuple[WebKitKeeper, Served]) -> None:
    """Two pictures and a note are sealed on the locked phone.
    After unlocking, each is asked about, has the same bytes, and becomes a draft that says how it came.
    """
    keeper, served = phone
    make_diary(keeper)
    served.stop()
    keeper.tap("Lock")
    is_locked(keeper)
    keeper.tap("Add picture")
    keeper.sees_place("Add picture")
    photos = [png(3), png(4)]
    for n, raw in enumerate(photos):
        keeper.find("button", "Choose a picture")
        keeper.driver.execute_script(CHOOSE_PICTURE, base64.b64encode(raw).decode(), f"photo-{n}.png")
        keeper.sees(f"{n + 1} added")
    keeper.tap("Write two lines")
    keeper.types("Two lines", "He is outside.\nBlue car.")
    keeper.tap("Add")
    keeper.sees("3 added")
    assert keeper.driver.execute_script("return document.images.length") == 0
    assert "photo-" not in keeper.driver.execute_script(PAGE_CONTENT)
    keeper.tap("Done")
    is_locked(keeper)
    keeper.unlocks()
    keeper.sees("3 things were added while this was locked.")
    keeper.tap("Look")
    keeper.sees("anyone holding this phone could have")
    digests = [hashlib.sha256(content).hexdigest() for content in (*photos, b"He is outside.\nBlue car.")]
    keeper.until(lambda: sorted(keeper.driver.execute_script(DIGESTS)) == sorted(digests), "the same digests")
    keeper.tap("Yes, make a draft")
    keeper.until(lambda: "No, it is not" in keeper.says() or "Write about it" in keeper.says(), "asked, or a draft")
    if "No, it is not" in keeper.says():
        keeper.tap("No, it is not")
    keeper.tap("Write about it")
    keeper.sees_place("What happened?")
    keeper.types("What happened?", "He was at the gate again.")
    keeper.chooses("Just now")
    keeper.tap("Save")
    keeper.sees_place("Saved")
    served.start()
    keeper.driver.execute_script("dispatchEvent(new Event('online'))")
    keeper.has_state("He was at the gate again.", r"^Kept safe .*\d\d:\d\d$")
