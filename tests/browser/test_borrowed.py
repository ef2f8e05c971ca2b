"""On a borrowed device: an entry with a picture is written and the page closed;
nothing of it stays in the browser's profile.
"""

from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright, expect

from tests.browser.chromium import PHONE, private_window
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.navigators.sweeping import files_of, sweep
from tests.browser.pictures import png, upload
from tests.browser.serving import Certificate, Served

TEXT = "SENTINELborrowed he was on the bus."
TYPED = ("SENTINELborrowed", "borrowed.png")
HOST = "app.localhost"
# What a browser keeps of any visit in an ordinary window: the visit itself, and the page's own code. No page can delete
# it. The screen says so, and how to remove it, before anything is typed.
LEFT_BY_THE_BROWSER = {
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


def test_in_a_private_window_nothing_at_all_is_left(
    new_phone: NewPhone, playwright: Playwright, certificate: Certificate, server: Served, tmp_path: Path
) -> None:
    """After signing in, writing with a picture, sending and closing, no file of the profile contains the host, the
    name, the words or the text. The keeper's phone has the entry, labelled.
    """
    phone = new_phone()
    phone.begins("At home.")
    folder = tmp_path / "private"
    with private_window(playwright, certificate.spki, folder, PHONE) as context:
        borrowed = sign_in_on_borrowed(context, phone, "This is a private window")
        expect(borrowed.button("What stays here")).to_have_count(0)
        write_with_picture(borrowed)
        storage_is_empty(context, borrowed)
        borrowed.page.close(run_before_unload=True)
    assert len(list(files_of(folder))) > 20
    assert sweep(folder, [*TYPED, phone.login, phone.words, HOST]) == []
    is_on_own_phone(phone)


def test_in_an_ordinary_window_only_the_history_is_left(
    new_phone: NewPhone, new_profile: NewProfile, server: Served
) -> None:
    """Without a private window, the screen first says what stays: the visit and the page's code. Neither name nor words
    stay, not even in the browser's password list.
    """
    phone = new_phone()
    phone.begins("At home.")
    profile = new_profile()
    context = profile.open()
    borrowed = sign_in_on_borrowed(context, phone, "Go on in this window")
    borrowed.tap("What stays here")
    borrowed.sees("Open the browser’s history, look for the address below")
    borrowed.sees(f"{HOST}:")
    assert faults(borrowed.page) == []
    borrowed.tap("Close")
    write_with_picture(borrowed)
    storage_is_empty(context, borrowed)
    borrowed.page.close(run_before_unload=True)
    profile.close()
    assert sweep(profile.folder, [*TYPED, phone.login, phone.words]) == []
    files_with_host = [name for name, content in files_of(profile.folder) if HOST.encode() in content + name.encode()]
    places = {path.rsplit("/", 1)[0] if path.count("/") > 1 else path for path in files_with_host}
    assert places, "an ordinary window keeps a history: where is it?"
    assert places <= LEFT_BY_THE_BROWSER, places - LEFT_BY_THE_BROWSER
    is_on_own_phone(phone)


def sign_in_on_borrowed(context: BrowserContext, phone: Keeper, button: str) -> Keeper:
    """Sign in on a borrowed browser, past the advice that comes first."""
    borrowed = Keeper(context.pages[0] if context.pages else context.new_page(), phone.app_url)
    borrowed.opens()
    borrowed.has_loaded()
    borrowed.tap("This is not my phone")
    borrowed.sees_place("This is not my phone")
    borrowed.sees("First, open a private window")
    borrowed.sees(f"{HOST}:")
    assert faults(borrowed.page) == []
    if button == "Go on in this window":
        borrowed.tap("I cannot open one")
        borrowed.sees("If the browser offers to save your name or your words, choose Never.")
        assert faults(borrowed.page) == []
    borrowed.tap(button)
    borrowed.sees_place("Sign in")
    borrowed.field("Sign-in name").fill(phone.login)
    borrowed.field("Your words").fill(phone.words)
    borrowed.tap("Open")
    borrowed.sees_place("What happened?")
    borrowed.words = phone.words
    borrowed.sees("Not your phone: nothing is kept here.")
    assert faults(borrowed.page) == []
    return borrowed


def storage_is_empty(context: BrowserContext, borrowed: Keeper) -> None:
    """Nothing is in the storage that a page can write: no cookie, database, cache or worker."""
    assert context.cookies() == []
    assert borrowed.page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert borrowed.page.evaluate("caches.keys().then((all) => all.length)") == 0
    assert borrowed.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def write_with_picture(borrowed: Keeper) -> None:
    """Write one entry with one picture; the page says while it is not sent; then lock in memory and unlock."""
    borrowed.page.context.set_offline(True)
    borrowed.writes(TEXT)
    borrowed.chooses("Just now")
    borrowed.opens_card("Photos & screenshots")
    borrowed.picks_files([upload("borrowed.png", "image/png", png(9))])
    borrowed.has_file("borrowed.png")
    borrowed.tap("Save")
    borrowed.sees_place("Saved")
    borrowed.sees("Not sent yet. Keep this page open.")
    borrowed.locks()
    borrowed.page.context.set_offline(False)
    borrowed.unlocks()
    borrowed.goes("Entries")
    expect(borrowed.state_of(TEXT)).to_have_text(KEPT)
    borrowed.sees("Not your phone: nothing is kept here.")


def is_on_own_phone(phone: Keeper) -> None:
    """The entry arrived and says where it was written."""
    phone.locks()
    phone.unlocks()
    phone.reads(TEXT)
    phone.has_file("borrowed.png")
    phone.tap("Everything you saved, with dates")
    expect(phone.page.locator(".history")).to_contain_text("a borrowed device")


def test_a_diary_begun_on_an_advocates_computer_leaves_nothing_there(
    new_phone: NewPhone, playwright: Playwright, certificate: Certificate, server: Served, tmp_path: Path
) -> None:
    """A diary begun on an advocate's computer: paper first, a copy before anything is lost, and a label. Nothing stays
    there, and the diary opens on the keeper's device.
    """
    folder, own_phone = tmp_path / "private", new_phone()
    with private_window(playwright, certificate.spki, folder, PHONE) as context:
        borrowed = Keeper(context.pages[0] if context.pages else context.new_page(), own_phone.app_url)
        borrowed.opens()
        borrowed.has_loaded()
        borrowed.tap("This is not my phone")
        borrowed.page.get_by_label("There is no diary yet: begin one here").check()
        borrowed.sees("Have paper ready.")
        borrowed.page.get_by_label("I type what somebody else says").check()
        assert faults(borrowed.page) == []
        borrowed.tap("This is a private window")
        borrowed.copy_offer = "Keep a copy off this device"
        borrowed.writes(TEXT)
        borrowed.chooses("Just now")
        borrowed.tap("Save")
        borrowed.chooses_words()
        borrowed.sees("This device keeps nothing.")
        assert "this phone" not in borrowed.page.locator("main").inner_text()
        expect(borrowed.button("Not now")).to_have_count(0)
        assert faults(borrowed.page) == []
        borrowed.asks_for_a_copy()
        borrowed.sees("A copy is now kept off this device.")
        borrowed.has_a_name()
        borrowed.is_kept_safe(TEXT)
        storage_is_empty(context, borrowed)
        borrowed.page.close(run_before_unload=True)
    assert sweep(folder, [TEXT, borrowed.login, borrowed.words, HOST]) == []
    own_phone.signs_in(borrowed.login, borrowed.words)
    own_phone.reads(TEXT)
    own_phone.sees("Someone typed my words for me")
    own_phone.tap("Everything you saved, with dates")
    expect(own_phone.page.locator(".history")).to_contain_text("a borrowed device")
