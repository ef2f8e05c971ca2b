"""Lock, notebook, leaving and clearing in real WebKit, the engine of every iPhone."""

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.live_server import LiveServer
from tests.browser.navigators.webkit_keeper import WebKitKeeper, run_webkit_phone
from tests.browser.pictures import make_png
from tests.browser.test_notebook import REVEALING_WORDS

pytestmark = pytest.mark.webkit

NARRATIVE = "SENTINELACCOUNT he waited by the gate"
HALF_SENTENCE = "SENTINELHALF a sent"
NOTEBOOK_PASSPHRASE = "milk bread onions apples"
PAGE_CONTENT_SCRIPT = (
    "return document.documentElement.outerHTML"
    " + [...document.querySelectorAll('input, textarea')].map((field) => field.value).join()"
)
PRESS_SHIFT_THREE_TIMES_SCRIPT = (
    "for (let n = 0; n < 3; n++) dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift' }))"
)
HOLD_SCRIPT = "arguments[0].dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))"
# Simulates a picture chosen in the phone's own picker.
CHOOSE_PICTURE_SCRIPT = """
const input = document.querySelector('input[type=file]');
const bytes = Uint8Array.from(atob(arguments[0]), (char) => char.charCodeAt(0));
const chosen = new DataTransfer();
chosen.items.add(new File([bytes], arguments[1], { type: 'image/png' }));
input.files = chosen.files;
input.dispatchEvent(new Event('change'));
"""
ARE_PICTURES_LOADED_SCRIPT = "return document.images.length === 2 && [...document.images].every((one) => one.complete)"
READ_DIGESTS_SCRIPT = "return [...document.querySelectorAll('details .letters')].map((element) => element.textContent)"
POLICY_ATTEMPTS_SCRIPT = """
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
LEAVING_SCRIPT = """
document.querySelector('.leave').click();
return !document.querySelector('.frame');
"""


@pytest.fixture
def webkit_phone(tmp_path: Path) -> Iterator[tuple[WebKitKeeper, LiveServer]]:
    """Return a keeper with a new WebKit, and the server."""
    with run_webkit_phone(tmp_path) as (keeper, server, _certificate):
        yield keeper, server


def assert_notebook_reveals_nothing(keeper: WebKitKeeper) -> None:
    """Assert that nothing of the diary is in the page, and that no word or control reveals it."""
    keeper.find("button", "New note")
    assert "SENTINEL" not in keeper.driver.execute_script(PAGE_CONTENT_SCRIPT)
    assert not REVEALING_WORDS.search(keeper.screen_text())
    assert keeper.driver.execute_script("return document.querySelectorAll('[aria-label]').length") == 0
    assert (keeper.driver.title, keeper.driver.current_url) == ("Notes", f"{keeper.app_url}/")


def assert_locked(keeper: WebKitKeeper) -> None:
    """Assert that the lock is shown, and nothing that was behind it."""
    keeper.find("input", "Your password")
    assert "SENTINEL" not in keeper.driver.execute_script(PAGE_CONTENT_SCRIPT)
    assert not re.search(r"help|exit|999", keeper.screen_text(), re.IGNORECASE)


def make_diary(keeper: WebKitKeeper) -> None:
    """Make a registered diary with one entry, stored for offline use, and a half sentence on the screen."""
    keeper.open_without_diary()
    keeper.type_first_narrative(NARRATIVE)
    keeper.wait_until_offline_ready()
    keeper.save_first_entry()
    keeper.postpone_copy()
    keeper.register_copy()
    keeper.wait_for_state(NARRATIVE, r"^Backed up .*\d\d:\d\d$")
    keeper.go_to_tab("Add")
    keeper.type_into("What happened?", HALF_SENTENCE)
    keeper.wait_for_text("Kept while you write.")


def open_lock_from_notebook(keeper: WebKitKeeper) -> None:
    """Hold the notebook's title."""
    keeper.run_on_element(HOLD_SCRIPT, "h1 button", "Notes")
    assert_locked(keeper)


def test_leaving_reloading_and_clearing_reveal_nothing(webkit_phone: tuple[WebKitKeeper, LiveServer]) -> None:
    """Leaving removes the diary in the same task as the tap.

    Navigation, reload, three Shifts, wrong words and clearing without the server reveal nothing, and the same words
    restore everything.
    """
    keeper, server = webkit_phone
    make_diary(keeper)
    server.stop()
    assert keeper.driver.execute_script(LEAVING_SCRIPT)
    assert_notebook_reveals_nothing(keeper)
    keeper.driver.get("about:blank")
    keeper.driver.get(keeper.app_url)
    assert_locked(keeper)
    keeper.reload()
    assert_locked(keeper)
    keeper.type_into("Your password", "none of these words")
    keeper.tap("Open")
    keeper.wait_for_text("That didn’t open anything. Try again.")
    keeper.unlock()
    keeper.wait_for_result(
        lambda: HALF_SENTENCE in keeper.driver.execute_script(PAGE_CONTENT_SCRIPT), "the half sentence"
    )
    keeper.driver.execute_script(PRESS_SHIFT_THREE_TIMES_SCRIPT)
    assert_notebook_reveals_nothing(keeper)
    open_lock_from_notebook(keeper)
    keeper.unlock()
    keeper.run_on_element(HOLD_SCRIPT, "button", "Leave now")
    assert_notebook_reveals_nothing(keeper)
    open_lock_from_notebook(keeper)
    keeper.unlock()
    keeper.wait_for_result(
        lambda: HALF_SENTENCE in keeper.driver.execute_script(PAGE_CONTENT_SCRIPT), "the half sentence, after clearing"
    )
    server.start()
    keeper.driver.execute_script("dispatchEvent(new Event('online'))")
    keeper.wait_for_state(NARRATIVE, r"^Backed up .*\d\d:\d\d$")
    keeper.open_entry(NARRATIVE)


def test_the_policy_holds_in_webkit(webkit_phone: tuple[WebKitKeeper, LiveServer]) -> None:
    """Another origin, inline script and inline style have no effect.

    The page is isolated, only its own worker is registered, and there is no cookie.
    """
    keeper, _ = webkit_phone
    keeper.open_without_diary()
    results = keeper.driver.execute_async_script(POLICY_ATTEMPTS_SCRIPT)
    assert results == {"elsewhere": "refused", "ran": False, "styled": False, "isolated": True}
    assert keeper.driver.get_cookies() == []
    keeper.type_first_narrative(NARRATIVE)
    keeper.wait_until_offline_ready()
    assert keeper.driver.get_cookies() == []


def test_the_notebooks_words_open_the_notebook(webkit_phone: tuple[WebKitKeeper, LiveServer]) -> None:
    """At the lock, the notebook's words open the notebook, which makes no request."""
    keeper, server = webkit_phone
    make_diary(keeper)
    keeper.go_to_tab("More")
    keeper.tap("Who can open it", exact=False)
    keeper.tap("Locking, notebook", exact=False)
    keeper.wait_for_screen("Locking")
    keeper.tap("A notebook in front", exact=False)
    keeper.wait_for_screen("A notebook in front")
    keeper.run_on_element("arguments[0].click()", "input[type=checkbox]", "I have read this")
    keeper.type_into("Password for the notebook", NOTEBOOK_PASSPHRASE)
    keeper.type_into("Type it once more", NOTEBOOK_PASSPHRASE)
    keeper.tap("Turn it on")
    keeper.wait_for_text("On. This password opens the notebook.")
    keeper.tap("Lock")
    assert_locked(keeper)
    before = len(server.exchanges)
    keeper.type_into("Your password", NOTEBOOK_PASSPHRASE)
    keeper.tap("Open")
    assert_notebook_reveals_nothing(keeper)
    keeper.tap("New note")
    keeper.type_into("Note", "Bins on Tuesday")
    keeper.tap("Back")
    keeper.wait_for_text("Bins on Tuesday")
    assert [exchange.path for exchange in server.exchanges[before:] if "/v1/" in exchange.path] == []
    open_lock_from_notebook(keeper)
    keeper.unlock()


def test_pictures_and_a_note_are_added_while_locked_and_offline(webkit_phone: tuple[WebKitKeeper, LiveServer]) -> None:
    """Two pictures and a note are sealed on the locked phone.

    After unlocking, a question about each appears. Each has the same bytes, and becomes a draft that states how it
    came.
    """
    keeper, server = webkit_phone
    make_diary(keeper)
    server.stop()
    keeper.tap("Lock")
    assert_locked(keeper)
    keeper.tap("Add picture")
    keeper.wait_for_screen("Add picture")
    photos = [make_png(3), make_png(4)]
    for n, raw in enumerate(photos):
        keeper.find("button", "Choose a picture")
        keeper.driver.execute_script(CHOOSE_PICTURE_SCRIPT, base64.b64encode(raw).decode(), f"photo-{n}.png")
        keeper.wait_for_text(f"{n + 1} added")
    keeper.tap("Write two lines")
    keeper.type_into("Two lines", "He is outside.\nBlue car.")
    keeper.tap("Add")
    keeper.wait_for_text("3 added")
    assert keeper.driver.execute_script("return document.images.length") == 0
    assert "photo-" not in keeper.driver.execute_script(PAGE_CONTENT_SCRIPT)
    keeper.tap("Done")
    assert_locked(keeper)
    keeper.unlock()
    keeper.tap("Something to look at")
    keeper.tap("Added while this was locked")
    keeper.wait_for_text("Anyone holding this phone could have")
    digests = [hashlib.sha256(content).hexdigest() for content in (*photos, b"He is outside.\nBlue car.")]
    keeper.wait_for_result(
        lambda: sorted(keeper.driver.execute_script(READ_DIGESTS_SCRIPT)) == sorted(digests), "the same digests"
    )
    # The pictures move the buttons when they arrive, and the driver presses where a button was.
    keeper.wait_for_result(lambda: keeper.driver.execute_script(ARE_PICTURES_LOADED_SCRIPT), "the pictures")
    keeper.tap("Yes, make a draft")
    keeper.wait_for_result(
        lambda: "No, it is not" in keeper.screen_text() or "Write about it" in keeper.screen_text(), "asked, or a draft"
    )
    if "No, it is not" in keeper.screen_text():
        keeper.tap("No, it is not")
    keeper.tap("Write about it")
    keeper.wait_for_screen("What happened?")
    keeper.type_into("What happened?", "He was at the gate again.")
    keeper.choose_time("Just now")
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")
    server.start()
    keeper.driver.execute_script("dispatchEvent(new Event('online'))")
    keeper.wait_for_state("He was at the gate again.", r"^Backed up .*\d\d:\d\d$")
