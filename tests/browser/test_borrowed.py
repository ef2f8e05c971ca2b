"""Not the keeper's own phone: written with a picture, closed; nothing of hers is in the browser's profile."""

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
# What a browser keeps of any visit in a window that is not private: that it was there, and the page's own code. No page can
# take it back, and the screen says so, and how it is removed, before anything is typed.
BROWSERS_OWN = {
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
    """Signed in, written with a picture, sent, closed: not one file of the profile names the host, the name, the words or
    what was written; the keeper's phone has the entry, labelled."""
    phone = new_phone()
    phone.begins("At home.")
    folder = tmp_path / "private"
    with private_window(playwright, certificate.spki, folder, PHONE) as context:
        there = signs_in(context, phone, "This is a private window")
        expect(there.button("What stays here")).to_have_count(0)
        writes_with_a_picture(there)
        leaves_nothing_of_ours(context, there)
        there.page.close(run_before_unload=True)
    assert len(list(files_of(folder))) > 20
    assert sweep(folder, [*TYPED, phone.login, phone.words, HOST]) == []
    is_at_home(phone)


def test_in_an_ordinary_window_only_the_history_is_left(new_phone: NewPhone, new_profile: NewProfile, server: Served) -> None:
    """The same where no private window could be opened: what stays is said first, is the visit and the page's code, and
    neither the name nor the words, not even in the browser's list of passwords."""
    phone = new_phone()
    phone.begins("At home.")
    profile = new_profile()
    context = profile.open()
    there = signs_in(context, phone, "Go on in this window")
    there.tap("What stays here")
    there.sees("Open the browser’s history, look for the address below")
    there.sees(f"{HOST}:")
    assert faults(there.page) == []
    there.tap("Close")
    writes_with_a_picture(there)
    leaves_nothing_of_ours(context, there)
    there.page.close(run_before_unload=True)
    profile.close()
    assert sweep(profile.folder, [*TYPED, phone.login, phone.words]) == []
    left = [name for name, content in files_of(profile.folder) if HOST.encode() in content + name.encode()]
    places = {path.rsplit("/", 1)[0] if path.count("/") > 1 else path for path in left}
    assert places, "an ordinary window keeps a history: where is it?"
    assert places <= BROWSERS_OWN, places - BROWSERS_OWN
    is_at_home(phone)


def signs_in(context: BrowserContext, phone: Keeper, how: str) -> Keeper:
    """At somebody else's browser, past what is said first."""
    there = Keeper(context.pages[0] if context.pages else context.new_page(), phone.app_url)
    there.opens()
    there.has_loaded()
    there.tap("This is not my phone")
    there.sees_place("This is not my phone")
    there.sees("First, open a private window")
    there.sees(f"{HOST}:")
    assert faults(there.page) == []
    if how == "Go on in this window":
        there.tap("I cannot open one")
        there.sees("If the browser offers to save your name or your words, choose Never.")
        assert faults(there.page) == []
    there.tap(how)
    there.sees_place("Sign in")
    there.field("Sign-in name").fill(phone.login)
    there.field("Your words").fill(phone.words)
    there.tap("Open")
    there.sees_place("What happened?")
    there.words = phone.words
    there.sees("Not your phone: nothing is kept here.")
    assert faults(there.page) == []
    return there


def leaves_nothing_of_ours(context: BrowserContext, there: Keeper) -> None:
    """Nothing of the app is in what a page can write: no cookie, database, stored page or worker."""
    assert context.cookies() == []
    assert there.page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert there.page.evaluate("caches.keys().then((all) => all.length)") == 0
    assert there.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def writes_with_a_picture(there: Keeper) -> None:
    """One entry with one picture; while it is not sent the page says so; then a lock in memory, and on again."""
    there.page.context.set_offline(True)
    there.writes(TEXT)
    there.chooses("Just now")
    there.opens_card("Photos & screenshots")
    there.picks_files([upload("borrowed.png", "image/png", png(9))])
    there.has_file("borrowed.png")
    there.tap("Save")
    there.sees_place("Saved")
    there.sees("Not sent yet. Keep this page open.")
    there.locks()
    there.page.context.set_offline(False)
    there.unlocks()
    there.goes("Entries")
    expect(there.state_of(TEXT)).to_have_text(KEPT)
    there.sees("Not your phone: nothing is kept here.")


def is_at_home(phone: Keeper) -> None:
    """It came, and says where it was written; where one is signed in no longer names that device."""
    phone.locks()
    phone.unlocks()
    phone.reads(TEXT)
    phone.has_file("borrowed.png")
    phone.tap("Everything you saved, with dates")
    expect(phone.page.locator(".history")).to_contain_text("a borrowed device")


def test_begun_for_somebody_who_has_no_device(
    new_phone: NewPhone, playwright: Playwright, certificate: Certificate, server: Served, tmp_path: Path
) -> None:
    """On an advocate's machine: paper, the copy before anything is lost, marked; nothing stays, and it is theirs elsewhere."""
    folder, own = tmp_path / "private", new_phone()
    with private_window(playwright, certificate.spki, folder, PHONE) as context:
        there = Keeper(context.pages[0] if context.pages else context.new_page(), own.app_url)
        there.opens()
        there.has_loaded()
        there.tap("This is not my phone")
        there.page.get_by_label("There is no diary yet: begin one here").check()
        there.sees("Have paper ready.")
        there.page.get_by_label("I type what somebody else says").check()
        assert faults(there.page) == []
        there.tap("This is a private window")
        there.copy_offer = "Keep a copy off this device"
        there.writes(TEXT)
        there.chooses("Just now")
        there.tap("Save")
        there.chooses_words()
        there.sees("This device keeps nothing.")
        assert "this phone" not in there.page.locator("main").inner_text()
        expect(there.button("Not now")).to_have_count(0)
        assert faults(there.page) == []
        there.asks_for_a_copy()
        there.sees("A copy is now kept off this device.")
        there.has_a_name()
        there.is_kept_safe(TEXT)
        leaves_nothing_of_ours(context, there)
        there.page.close(run_before_unload=True)
    assert sweep(folder, [TEXT, there.login, there.words, HOST]) == []
    own.signs_in(there.login, there.words)
    own.reads(TEXT)
    own.sees("Someone typed my words for me")
    own.tap("Everything you saved, with dates")
    expect(own.page.locator(".history")).to_contain_text("a borrowed device")
