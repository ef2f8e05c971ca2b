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
from tests.browser.test_notebook import TELLS
from tests.browser.webkit import webkit_driver

pytestmark = pytest.mark.webkit

TEXT = "SENTINELACCOUNT he waited by the gate"
HALF = "SENTINELHALF a sent"
COVER = "milk bread onions apples"
EVERYTHING = (
    "return document.documentElement.outerHTML + [...document.querySelectorAll('input, textarea')].map((one) => one.value).join()"
)
SHIFTS = "for (let n = 0; n < 3; n++) dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift' }))"
HOLD = "arguments[0].dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))"
# A picture chosen in the phone's own picker: what the page sees of it.
CHOOSES = """
const input = document.querySelector('input[type=file]');
const bytes = Uint8Array.from(atob(arguments[0]), (one) => one.charCodeAt(0));
const chosen = new DataTransfer();
chosen.items.add(new File([bytes], arguments[1], { type: 'image/png' }));
input.files = chosen.files;
input.dispatchEvent(new Event('change'));
"""
DIGESTS = "return [...document.querySelectorAll('details .letters')].map((one) => one.textContent)"
ATTEMPTS = """
const done = arguments[arguments.length - 1];
(async () => {
  const tried = {};
  const attempt = async (name, act) => { try { await act(); tried[name] = 'allowed'; } catch { tried[name] = 'refused'; } };
  const add = (make) => { const one = make(); document.head.append(one); return one; };
  await attempt('elsewhere', () => fetch('https://example.invalid/'));
  add(() => Object.assign(document.createElement('style'), { textContent: 'h1 { outline: 7px solid red }' }));
  try { add(() => { const one = document.createElement('script'); one.text = 'window.ran = true'; return one; }); } catch { }
  const frame = add(() => Object.assign(document.createElement('iframe'), { src: 'https://example.invalid/' }));
  await new Promise((go) => setTimeout(go, 300));
  frame.remove();
  const styled = getComputedStyle(document.querySelector('h1')).outlineWidth === '7px';
  done({ ...tried, ran: Boolean(window.ran), styled, isolated: crossOriginIsolated });
})();
"""
# Frames until the diary is gone and until the notebook stands, ms.
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
    """Somebody at a WebKit that has never seen the app."""
    served = Served(tmp_path / "server", make_certificate(tmp_path), app_host="localhost")
    served.start()
    try:
        with webkit_driver() as driver:
            yield WebKitKeeper(driver, served.app_url), served
    finally:
        served.stop()


def is_a_notebook(keeper: WebKitKeeper) -> None:
    """Nothing of the diary is in the page, and no word or control says what is behind it."""
    keeper.find("button", "New note")
    assert "SENTINEL" not in keeper.driver.execute_script(EVERYTHING)
    assert not TELLS.search(keeper.says())
    assert keeper.driver.execute_script("return document.querySelectorAll('[aria-label]').length") == 0
    assert (keeper.driver.title, keeper.driver.current_url) == ("Notes", f"{keeper.app_url}/")


def is_locked(keeper: WebKitKeeper) -> None:
    """The lock, and nothing that was behind it."""
    keeper.find("input", "Your words")
    assert "SENTINEL" not in keeper.driver.execute_script(EVERYTHING)
    assert not re.search(r"help|exit|999", keeper.says(), re.IGNORECASE)


def begins(keeper: WebKitKeeper) -> None:
    """A registered diary with one entry, kept for the time without a network, and a half sentence on the screen."""
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


def asks_for_the_lock(keeper: WebKitKeeper) -> None:
    """The notebook's title, held."""
    keeper.does(HOLD, "h1 button", "Notes")
    is_locked(keeper)


def test_leaving_coming_back_reload_and_clearing(phone: tuple[WebKitKeeper, Served]) -> None:
    """Covered within 100 ms, the notebook within 300; away and back, reload, Shift three times; wrong words; cleared with the
    server gone, and everything is there again with the same words."""
    keeper, served = phone
    begins(keeper)
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
    keeper.until(lambda: HALF in keeper.driver.execute_script(EVERYTHING), "the half sentence")
    keeper.driver.execute_script(SHIFTS)
    is_a_notebook(keeper)
    asks_for_the_lock(keeper)
    keeper.unlocks()
    keeper.does(HOLD, "button", "Leave now")
    is_a_notebook(keeper)
    asks_for_the_lock(keeper)
    keeper.unlocks()
    keeper.until(lambda: HALF in keeper.driver.execute_script(EVERYTHING), "the half sentence, after clearing")
    served.start()
    keeper.driver.execute_script("dispatchEvent(new Event('online'))")
    keeper.has_state(TEXT, r"^Kept safe .*\d\d:\d\d$")
    keeper.reads(TEXT)


def test_the_policy_holds_here_too(phone: tuple[WebKitKeeper, Served]) -> None:
    """Another origin, inline script and inline style come to nothing; the page is isolated; its own worker is registered, and
    there is no cookie before or after."""
    keeper, _ = phone
    keeper.opens()
    tried = keeper.driver.execute_async_script(ATTEMPTS)
    assert tried == {"elsewhere": "refused", "ran": False, "styled": False, "isolated": True}
    assert keeper.driver.get_cookies() == []
    keeper.begins_to_write(TEXT)
    keeper.is_offline_ready()
    assert keeper.driver.get_cookies() == []


def test_words_of_the_notebook_open_the_notebook(phone: tuple[WebKitKeeper, Served]) -> None:
    """Set from inside; at the lock they open the notebook, and no request is made from it."""
    keeper, served = phone
    begins(keeper)
    keeper.goes("More")
    keeper.tap("Locking, notebook", exact=False)
    keeper.sees_place("Locking")
    keeper.tap("A notebook in front", exact=False)
    keeper.sees_place("A notebook in front")
    keeper.does("arguments[0].click()", "input[type=checkbox]", "I have read this")
    keeper.types("Words for the notebook", COVER)
    keeper.types("Type them once more", COVER)
    keeper.tap("Turn it on")
    keeper.sees("On. These words open the notebook.")
    keeper.tap("Lock")
    is_locked(keeper)
    before = len(served.exchanges)
    keeper.types("Your words", COVER)
    keeper.tap("Open")
    is_a_notebook(keeper)
    keeper.tap("New note")
    keeper.types("Note", "Bins on Tuesday")
    keeper.tap("Back")
    keeper.sees("Bins on Tuesday")
    assert [one.path for one in served.exchanges[before:] if "/v1/" in one.path] == []
    asks_for_the_lock(keeper)
    keeper.unlocks()


def test_added_while_locked_and_without_a_network(phone: tuple[WebKitKeeper, Served]) -> None:
    """Two pictures and two lines, sealed to this install and not to be seen again; asked about after the words, the same bytes; a
    draft of each, and its file says for good how it came."""
    keeper, served = phone
    begins(keeper)
    served.stop()
    keeper.tap("Lock")
    is_locked(keeper)
    keeper.tap("Add picture")
    keeper.sees_place("Add picture")
    photos = [png(3), png(4)]
    for n, raw in enumerate(photos):
        keeper.find("button", "Choose a picture")
        keeper.driver.execute_script(CHOOSES, base64.b64encode(raw).decode(), f"photo-{n}.png")
        keeper.sees(f"{n + 1} added")
    keeper.tap("Write two lines")
    keeper.types("Two lines", "He is outside.\nBlue car.")
    keeper.tap("Add")
    keeper.sees("3 added")
    assert keeper.driver.execute_script("return document.images.length") == 0
    assert "photo-" not in keeper.driver.execute_script(EVERYTHING)
    keeper.tap("Done")
    is_locked(keeper)
    keeper.unlocks()
    keeper.sees("3 things were added while this was locked.")
    keeper.tap("Look")
    keeper.sees("anyone holding this phone could have")
    wanted = [hashlib.sha256(one).hexdigest() for one in (*photos, b"He is outside.\nBlue car.")]
    keeper.until(lambda: sorted(keeper.driver.execute_script(DIGESTS)) == sorted(wanted), "the same digests")
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
