"""An entry with a picture is written on a borrowed device. Nothing of it stays in the browser's profile."""

from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright, expect

from tests.browser.chromium import PHONE_OPTIONS, private_window
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.live_server import Certificate, LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.disk_search import search_folder, walk_files
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, BrowserKeeper
from tests.browser.pictures import make_png, picker_file

NARRATIVE = "SENTINELborrowed he was on the bus."
TYPED_WORDS = ("SENTINELborrowed", "borrowed.png")
HOST = "app.localhost"
# What a browser keeps of any visit in an ordinary window: the visit itself, and the page's own code. No page can delete
# it. Before anything is typed, the screen explains this and how to remove it.
EXPECTED_BROWSER_FILES = {
    "Default/Cache/Cache_Data",
    "Default/Code Cache/js",
    "Default/Code Cache/wasm",
    "Default/DIPS",
    "Default/DIPS-wal",
    "Default/Favicons",
    "Default/Favicons-journal",
    "Default/History",
    "Default/History-journal",
    "Default/Preferences",
    "Default/Sessions",
    "Default/Top Sites",
    "Default/WebStorage",
    "segmentation_platform/ukm_db",
    "segmentation_platform/ukm_db-wal",
}


def test_a_private_window_leaves_nothing(
    new_phone: NewPhone, playwright: Playwright, certificate: Certificate, server: LiveServer, tmp_path: Path
) -> None:
    """After an entry is written and sent, no file of the profile has the host, name, words or text.

    The keeper's phone has the entry, labelled.
    """
    phone = new_phone()
    phone.create_registered_diary("At home.")
    folder = tmp_path / "private"
    with private_window(playwright, certificate.spki, folder, PHONE_OPTIONS) as context:
        borrowed_device = sign_in_on_borrowed_device(context, phone, "This is a private window")
        borrowed_device.open_notices()
        expect(borrowed_device.button("What stays here")).to_have_count(0)
        write_with_picture(borrowed_device)
        assert_storage_empty(context, borrowed_device)
        borrowed_device.page.close(run_before_unload=True)
    assert len(list(walk_files(folder))) > 20
    assert search_folder(folder, [*TYPED_WORDS, phone.login, phone.passphrase, HOST]) == []
    assert_on_own_phone(phone)


def test_an_ordinary_window_leaves_only_the_history(
    new_phone: NewPhone, new_profile: NewProfile, server: LiveServer
) -> None:
    """Without a private window, the screen first explains what stays: the visit and the page's code.

    Neither name nor words stay, not even in the browser's password list.
    """
    phone = new_phone()
    phone.create_registered_diary("At home.")
    profile = new_profile()
    context = profile.open()
    borrowed_device = sign_in_on_borrowed_device(context, phone, "Go on in this window")
    borrowed_device.tap_notice("What stays here")
    borrowed_device.wait_for_text("Open the browser’s history, look for the address below")
    borrowed_device.wait_for_text(f"{HOST}:")
    assert accessibility_faults(borrowed_device.page) == []
    borrowed_device.page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
    write_with_picture(borrowed_device)
    assert_storage_empty(context, borrowed_device)
    borrowed_device.page.close(run_before_unload=True)
    profile.close()
    assert search_folder(profile.folder, [*TYPED_WORDS, phone.login, phone.passphrase]) == []
    files_with_host = [name for name, content in walk_files(profile.folder) if HOST.encode() in content + name.encode()]
    places = {path.rsplit("/", 1)[0] if path.count("/") > 1 else path for path in files_with_host}
    assert places, "an ordinary window keeps a history: where is it?"
    assert places <= EXPECTED_BROWSER_FILES, places - EXPECTED_BROWSER_FILES
    assert_on_own_phone(phone)


def sign_in_on_borrowed_device(context: BrowserContext, phone: BrowserKeeper, button: str) -> BrowserKeeper:
    """Sign in on a borrowed browser, past the advice that comes first."""
    borrowed_device = BrowserKeeper(context.pages[0] if context.pages else context.new_page(), phone.app_url)
    borrowed_device.open_without_diary()
    borrowed_device.wait_until_loaded()
    borrowed_device.tap("This is not my phone")
    borrowed_device.wait_for_screen("This is not my phone")
    borrowed_device.wait_for_text("First, open a private window")
    borrowed_device.wait_for_text(f"{HOST}:")
    assert accessibility_faults(borrowed_device.page) == []
    if button == "Go on in this window":
        borrowed_device.tap("I cannot open one")
        borrowed_device.wait_for_text("If the browser offers to save your username or your password, choose Never.")
        assert accessibility_faults(borrowed_device.page) == []
    borrowed_device.tap(button)
    borrowed_device.wait_for_screen("Sign in")
    borrowed_device.field("Username").fill(phone.login)
    borrowed_device.field("Your password").fill(phone.passphrase)
    borrowed_device.tap("Open")
    borrowed_device.wait_for_screen("What happened?")
    borrowed_device.passphrase = phone.passphrase
    borrowed_device.wait_for_text("Not your phone: nothing is kept here.")
    assert accessibility_faults(borrowed_device.page) == []
    return borrowed_device


def assert_storage_empty(context: BrowserContext, borrowed_device: BrowserKeeper) -> None:
    """Assert that the storage that a page can write is empty: no cookie, database, cache or worker."""
    assert context.cookies() == []
    assert borrowed_device.page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert borrowed_device.page.evaluate("caches.keys().then((all) => all.length)") == 0
    assert borrowed_device.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def write_with_picture(borrowed_device: BrowserKeeper) -> None:
    """Write an entry with a picture, see that it is not sent yet, then lock in memory and unlock."""
    borrowed_device.page.context.set_offline(True)
    borrowed_device.type_narrative(NARRATIVE)
    borrowed_device.choose_time("Just now")
    borrowed_device.open_card("Photos & screenshots")
    borrowed_device.pick_files([picker_file("borrowed.png", "image/png", make_png(9))])
    borrowed_device.wait_for_file("borrowed.png")
    borrowed_device.tap("Save")
    borrowed_device.wait_for_screen("Saved")
    borrowed_device.wait_for_text("Not backed up yet. Keep this page open.")
    # The entry's own line does not say that anything is saved on this device.
    expect(borrowed_device.page.locator(".state").first).to_have_text("Not backed up yet. Keep this page open.")
    borrowed_device.lock()
    borrowed_device.page.context.set_offline(False)
    borrowed_device.unlock()
    borrowed_device.go_to_tab("Entries")
    expect(borrowed_device.entry_state(NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)
    borrowed_device.wait_for_text("Not your phone: nothing is kept here.")


def assert_on_own_phone(phone: BrowserKeeper) -> None:
    """Assert that the entry arrived and shows where it was written."""
    phone.lock()
    phone.unlock()
    phone.open_entry(NARRATIVE)
    phone.wait_for_file("borrowed.png")
    phone.tap("Everything you saved, with dates")
    expect(phone.page.locator(".history")).to_contain_text("a borrowed device")


def test_a_diary_begun_on_an_advocates_computer_leaves_nothing_there(
    new_phone: NewPhone, playwright: Playwright, certificate: Certificate, server: LiveServer, tmp_path: Path
) -> None:
    """Recovery code and copy come first, nothing stays there, and the diary opens elsewhere.

    Entries are labelled with the computer.
    """
    folder, own_phone = tmp_path / "private", new_phone()
    with private_window(playwright, certificate.spki, folder, PHONE_OPTIONS) as context:
        borrowed_device = BrowserKeeper(context.pages[0] if context.pages else context.new_page(), own_phone.app_url)
        borrowed_device.open_without_diary()
        borrowed_device.wait_until_loaded()
        borrowed_device.tap("This is not my phone")
        borrowed_device.page.get_by_label("There is no diary yet: begin one here").check()
        borrowed_device.wait_for_text("Have paper ready.")
        borrowed_device.page.get_by_label("I type what somebody else says").check()
        assert accessibility_faults(borrowed_device.page) == []
        borrowed_device.tap("This is a private window")
        borrowed_device.type_narrative(NARRATIVE)
        borrowed_device.choose_time("Just now")
        borrowed_device.tap("Save")
        borrowed_device.choose_passphrase()
        borrowed_device.wait_for_text("This device keeps nothing.")
        assert "this phone" not in borrowed_device.page.locator("main").inner_text()
        expect(borrowed_device.button("Not now")).to_have_count(0)
        assert accessibility_faults(borrowed_device.page) == []
        borrowed_device.request_copy()
        borrowed_device.wait_for_text("Your backup is set up.")
        borrowed_device.remember_login()
        borrowed_device.wait_until_kept_safe(NARRATIVE)
        assert_storage_empty(context, borrowed_device)
        borrowed_device.page.close(run_before_unload=True)
    assert search_folder(folder, [NARRATIVE, borrowed_device.login, borrowed_device.passphrase, HOST]) == []
    own_phone.sign_in(borrowed_device.login, borrowed_device.passphrase)
    own_phone.open_entry(NARRATIVE)
    own_phone.wait_for_text("Someone typed my words for me")
    own_phone.tap("Everything you saved, with dates")
    expect(own_phone.page.locator(".history")).to_contain_text("a borrowed device")
