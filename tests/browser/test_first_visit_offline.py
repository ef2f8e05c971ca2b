"""The first visit loses its signal: the page is kept from the moment there is a box to write in, and no earlier."""

import re
import threading

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import CannedResponse, LiveServer
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.test_borrowed_device import assert_storage_empty

pytestmark = pytest.mark.first_visit

NARRATIVE = "He stood across the road."
A_FILE = r"^/static/app/packs\.js$"
LANGUAGE_FILE = r"^/static/lang/cy\.js$"
IS_INSTALLING_SCRIPT = """async () => {
  const [registration] = await navigator.serviceWorker.getRegistrations();
  return Boolean(registration?.installing);
}"""
IS_GIVEN_UP_SCRIPT = """async () =>
  (await caches.keys()).length > 0 && (await navigator.serviceWorker.getRegistrations()).length === 0"""
# What the first screens of the app ask of the browser that a person may have to answer.
COUNT_QUESTIONS_SCRIPT = """
  globalThis.questions = 0;
  const persist = StorageManager.prototype.persist;
  StorageManager.prototype.persist = function () {
    globalThis.questions += 1;
    return persist.call(this);
  };
"""


def wait_for_script(keeper: BrowserKeeper, script: str) -> None:
    """Wait until a function of the page returns, or resolves to, true."""
    keeper.wait_until(lambda: keeper.page.evaluate(script), script)


def open_box_through_check(keeper: BrowserKeeper) -> None:
    """Go through the questions about this phone to the box."""
    keeper.tap("Start")
    keeper.tap("Not sure")
    keeper.tap("Write here")
    keeper.wait_for_screen("What happened?")


def test_words_typed_offline_on_the_first_visit_survive_a_reload(keeper: BrowserKeeper) -> None:
    """The box is shown, the signal goes, and a line is typed that is never saved. A reload brings it back."""
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)
    keeper.type_narrative(NARRATIVE)
    keeper.wait_for_sealed_draft()
    keeper.page.reload()
    keeper.confirm_phone_is_safe()
    expect(keeper.field("What happened?")).to_have_value(NARRATIVE)
    # The rest of the first run works too.
    keeper.choose_time("Just now")
    keeper.tap("Save")
    keeper.choose_passphrase()
    keeper.postpone_copy()
    keeper.page.reload()
    keeper.wait_for_lock()
    keeper.unlock()
    keeper.open_entry(NARRATIVE)


def test_the_browser_is_asked_nothing_before_a_word_is_typed(keeper: BrowserKeeper) -> None:
    """The box after the safety check works offline too. Lasting storage, which Firefox asks about, waits for a word."""
    keeper.page.add_init_script(COUNT_QUESTIONS_SCRIPT)
    keeper.open_without_diary()
    open_box_through_check(keeper)
    keeper.wait_until_offline_ready()
    assert keeper.page.evaluate("globalThis.questions") == 0
    keeper.type_narrative(NARRATIVE)
    keeper.wait_for_sealed_draft()
    wait_for_script(keeper, "() => globalThis.questions === 1")


def test_an_install_that_lost_the_signal_goes_on_when_it_is_back(keeper: BrowserKeeper, server: LiveServer) -> None:
    """A browser drops a worker whose files did not all arrive. The page installs it once more."""
    fault = server.inject_fault("GET", A_FILE, response=CannedResponse(503, b""), max_uses=1)
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    wait_for_script(keeper, IS_GIVEN_UP_SCRIPT)
    assert fault.uses == 1
    keeper.page.context.set_offline(True)
    keeper.page.context.set_offline(False)
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)
    keeper.page.reload()
    keeper.confirm_phone_is_safe()


def test_a_borrowed_device_stops_an_install_that_runs(new_phone: NewPhone, server: LiveServer) -> None:
    """From the box back to "This is not my phone", while the files are on their way: none is kept."""
    released = threading.Event()
    server.inject_fault("GET", A_FILE, held_until=released)
    keeper = new_phone()
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    wait_for_script(keeper, IS_INSTALLING_SCRIPT)
    go_back_and_borrow(keeper)
    assert_storage_empty(keeper.page.context, keeper)
    released.set()
    keeper.wait_until_loaded()
    assert_storage_empty(keeper.page.context, keeper)


def test_a_borrowed_device_keeps_nothing_once_a_worker_serves_it(new_phone: NewPhone, server: LiveServer) -> None:
    """A worker that was unregistered answers the page until that is closed. It keeps nothing more."""
    keeper = new_phone()
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    keeper.wait_until_offline_ready()
    wait_for_script(keeper, "() => navigator.serviceWorker.controller !== null")
    go_back_and_borrow(keeper)
    assert_storage_empty(keeper.page.context, keeper)
    keeper.tap("Back")
    keeper.page.get_by_role("radio", name=re.compile("^Cymraeg")).check()
    expect(keeper.page.locator("html")).to_have_attribute("lang", "cy")
    assert len(server.exchanges_with(LANGUAGE_FILE)) == 1
    assert_storage_empty(keeper.page.context, keeper)


def test_a_phone_whose_browser_deleted_the_files_keeps_them_again(keeper: BrowserKeeper) -> None:
    """A browser under pressure may delete what a page keeps. The next unlock fetches it again."""
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.wait_until_offline_ready()
    keeper.page.evaluate("async () => { for (const name of await caches.keys()) await caches.delete(name); }")
    session = keeper.page.context.new_cdp_session(keeper.page)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")
    keeper.page.reload()
    keeper.wait_for_lock()
    wait_for_script(keeper, "async () => Boolean(await caches.match('/.accepted'))")
    keeper.page.context.set_offline(True)
    keeper.page.reload()
    keeper.wait_for_lock()
    keeper.unlock()
    keeper.open_entry(NARRATIVE)


def go_back_and_borrow(keeper: BrowserKeeper) -> None:
    """Go from the box back to the first screen, and on as on a device that is not one's own."""
    keeper.tap("Back")
    keeper.tap("Back")
    keeper.tap("This is not my phone")
    keeper.tap("This is a private window")
    keeper.wait_for_screen("Sign in")
