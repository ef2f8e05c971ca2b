"""Not the keeper's own phone: written with a picture, closed; nothing of hers is in the browser's profile."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.pictures import png, upload
from tests.browser.serving import Served

TEXT = "SENTINELborrowed he was on the bus."
# What a browser keeps of any visit in a window that is not private: that it was there, and the page's own code. No page can
# take it back for certain, and the screen says so before anything is typed.
BROWSERS_OWN = {
    "Default/Cache/Cache_Data",
    "Default/Code Cache/js",
    "Default/Code Cache/wasm",
    "Default/DIPS",
    "Default/DIPS-wal",
    "Default/Favicons",
    "Default/History",
    "Default/History-journal",
    "Default/Login Data",
    "Default/Preferences",
    "Default/Sessions",
    "Default/WebStorage",
    "segmentation_platform/ukm_db",
    "segmentation_platform/ukm_db-wal",
}


def found_in(folder: Path, needle: bytes) -> list[str]:
    """The files of a profile whose name or bytes hold this."""
    hits = []
    for path in sorted(folder.rglob("*")):
        inside = path.is_file() and needle in path.read_bytes()
        if inside or needle.decode() in path.name:
            hits.append(path.relative_to(folder).as_posix())
    return hits


def test_nothing_is_left_and_the_entry_is_at_home(new_phone: NewPhone, new_profile: NewProfile, server: Served) -> None:
    """Signed in on it, written with a picture, sent, closed: the profile holds nothing; the keeper's phone has it."""
    phone = new_phone()
    phone.begins("At home.")
    profile = new_profile()
    context = profile.open()
    there = Keeper(context.pages[0] if context.pages else context.new_page(), server.app_url)
    there.opens()
    there.has_loaded()
    there.tap("This is not my phone")
    there.sees_place("This is not my phone")
    assert faults(there.page) == []
    there.tap("Go on")
    there.sees_place("Sign in")
    there.field("Sign-in name").fill(phone.login)
    there.field("Your words").fill(phone.words)
    there.tap("Open")
    there.sees_place("What happened?")
    there.words = phone.words
    there.sees("Not your phone: nothing is kept here.")
    assert faults(there.page) == []
    writes_with_a_picture(there)
    assert context.cookies() == []
    assert there.page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert there.page.evaluate("caches.keys().then((all) => all.length)") == 0
    assert there.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    there.page.close(run_before_unload=True)
    profile.close()
    is_clean(profile.folder, phone.login)
    is_at_home(phone)


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


def is_clean(folder: Path, name: str) -> None:
    """Nothing of the keeper's, and of the host no database, worker, cookie or stored page: only that it was visited."""
    for needle in (b"SENTINELborrowed", b"borrowed.png"):
        assert found_in(folder, needle) == []
    # The one place is the browser's own offer to save what was typed: the screen says to choose Never.
    assert set(found_in(folder, name.encode())) <= {"Default/Login Data"}
    left = found_in(folder, b"app.localhost")
    places = {path.rsplit("/", 1)[0] if path.count("/") > 1 else path for path in left}
    assert places <= BROWSERS_OWN, places


def is_at_home(phone: Keeper) -> None:
    """It came, and says where it was written; where one is signed in no longer names that device."""
    phone.locks()
    phone.unlocks()
    phone.reads(TEXT)
    phone.has_file("borrowed.png")
    phone.tap("Everything you saved, with dates")
    expect(phone.page.locator(".history")).to_contain_text("a borrowed device")
