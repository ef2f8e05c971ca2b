"""Secrets of the keeper are nowhere: not on the server, not in the traffic, not in a locked browser's profile."""

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Profile
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.live_server import LiveServer
from tests.browser.navigators.disk_search import revealing_names, search_folder, walk_files, words_in_content
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, ONLY_ON_PHONE_PATTERN, BrowserKeeper
from tests.browser.pictures import make_png, picker_file

NARRATIVE = "SENTINELACCOUNT he waited by the gate"
RESTRICTED_PLACE = "SENTINELPLACE 9 Weir Street"
PRIVATE_NOTE = "SENTINELNOTE not for anyone"
FILE_NAME = "SENTINELFILE-name.png"
FILE_CONTENT = "SENTINELINSIDE the file"
DRAFT_TEXT = "SENTINELDRAFT half a sentence"
UNSENT_NARRATIVES = [f"SENTINELUNSENT he rang for the {nth} time" for nth in ("second", "third", "fourth")]
PASSPHRASE = "sentinelwords harbour fog lamp"
SENTINELS = [
    text.split("-")[0].split(" ")[0]
    for text in (
        NARRATIVE,
        RESTRICTED_PLACE,
        PRIVATE_NOTE,
        FILE_NAME,
        FILE_CONTENT,
        DRAFT_TEXT,
        UNSENT_NARRATIVES[0],
        PASSPHRASE,
    )
]

SESSION_SAVE_MS = 3000
RECORD_IDS_SCRIPT = """() => new Promise((done, failed) => {
  const open = indexedDB.open('app');
  open.onerror = failed;
  open.onsuccess = () => {
    const request = open.result.transaction('a').objectStore('a').getAllKeys();
    request.onsuccess = () => { open.result.close(); done(request.result.map((id) => new Uint8Array(id).join())); };
  };
})"""


def _write_everything(keeper: BrowserKeeper, *, registered: bool = True) -> None:
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    keeper.type_narrative(NARRATIVE)
    keeper.choose_time("Just now")
    keeper.tap("Save")
    keeper.choose_passphrase(PASSPHRASE)
    if registered:
        keeper.register_copy()
    else:
        keeper.postpone_copy()
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file(FILE_NAME, "image/png", make_png(comment=FILE_CONTENT))])
    keeper.wait_for_file(FILE_NAME)
    keeper.open_card("Where")
    keeper.field("Where exactly?").fill(RESTRICTED_PLACE)
    keeper.save_card()
    keeper.open_card("Private note")
    keeper.field("Private note").fill(PRIVATE_NOTE)
    keeper.save_card()
    keeper.go_to_tab("Entries")
    expect(keeper.entry_state(NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN if registered else ONLY_ON_PHONE_PATTERN)
    keeper.go_to_tab("Add")
    keeper.type_narrative(DRAFT_TEXT)
    keeper.wait_for_sealed_draft()


def test_no_secret_is_stored_or_sent(
    new_profile: NewProfile, server: LiveServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """No secret typed on the screens is in the traffic, the server's files or logs, or the locked profile."""
    profile = new_profile()
    keeper = BrowserKeeper(profile.open().new_page(), server.app_url)
    _write_everything(keeper)
    keeper.lock()
    profile.close()
    assert [word for exchange in server.exchanges for word in words_in_content(exchange.all_bytes(), SENTINELS)] == []
    assert search_folder(server.data, SENTINELS) == []
    assert words_in_content("".join(capfd.readouterr()).encode(), SENTINELS) == []
    _assert_profile_clean(profile, new_profile())


ENDINGS = ["locked", "crashed", "left", "cleared", pytest.param("cleared without a copy", marks=pytest.mark.slow)]


@pytest.mark.parametrize("ending", ENDINGS)
def test_profiles_hold_nothing_after_leaving_and_clearing(
    new_profile: NewProfile, server: LiveServer, ending: str
) -> None:
    """A killed browser's profile has no typed text and no revealing name.

    It is killed at the lock, with a draft on screen, after leaving, and after clearing offline. After clearing, the
    words alone open what was not sent.
    """
    profile = new_profile()
    keeper = BrowserKeeper(profile.open().new_page(), server.app_url)
    _write_everything(keeper, registered=ending != "cleared without a copy")
    keeper.wait_until_offline_ready()
    before = _record_ids(keeper)
    if ending == "locked":
        keeper.lock()
    elif ending == "left":
        keeper.leave()
        keeper.wait_for_notebook()
        keeper.tap("New note")
        keeper.field("Note").fill("Bins on Tuesday")
    elif ending.startswith("cleared"):
        keeper.page.context.set_offline(True)
        for text in UNSENT_NARRATIVES:
            keeper.add_entry(text)
        keeper.go_to_tab("Add")
        keeper.type_narrative(DRAFT_TEXT)
        keeper.wait_for_sealed_draft()
        keeper.clear_phone()
    if ending == "cleared":
        _wait_until_deleted(keeper, before)
    # Chromium saves its sessions every few seconds, with what is on the screen at that moment.
    keeper.page.wait_for_timeout(SESSION_SAVE_MS)
    profile.kill()
    assert any(name.startswith("Default/Sessions/") for name, _ in walk_files(profile.folder)), "no session was saved"
    _assert_profile_clean(profile, new_profile())
    if ending.startswith("cleared"):
        _assert_everything_restored(keeper, profile, server, registered=ending == "cleared")


def _assert_everything_restored(
    before: BrowserKeeper, profile: Profile, server: LiveServer, *, registered: bool
) -> None:
    """Assert that in the same browser, the same words restore every entry, unsent ones and the half sentence."""
    keeper = BrowserKeeper(profile.open().new_page(), server.app_url)
    keeper.passphrase = before.passphrase
    keeper.open_locked()
    keeper.unlock()
    expect(keeper.field("What happened?")).to_have_value(DRAFT_TEXT)
    keeper.wait_for_entry_count(1 + len(UNSENT_NARRATIVES))
    for text in (NARRATIVE, *UNSENT_NARRATIVES):
        expect(keeper.entry_state(text)).to_have_text(KEPT_SAFE_PATTERN if registered else ONLY_ON_PHONE_PATTERN)
    for text in (*UNSENT_NARRATIVES, NARRATIVE):
        keeper.open_entry(text)
    keeper.wait_for_file(FILE_NAME)


def _record_ids(keeper: BrowserKeeper) -> set[str]:
    """Return the ids in the phone's one table."""
    return set(keeper.page.evaluate(RECORD_IDS_SCRIPT))


def _wait_until_deleted(keeper: BrowserKeeper, before: set[str]) -> None:
    """Wait until most of the earlier records are deleted, which happens behind the notebook."""
    for _ in range(100):
        if len(before & _record_ids(keeper)) < len(before) / 2:
            return
        keeper.page.wait_for_timeout(50)
    raise AssertionError(f"{len(before & _record_ids(keeper))} of {len(before)} records stayed")


def _assert_profile_clean(profile: Profile, control: Profile) -> None:
    """Assert that the profile has no typed text, and no revealing name that `control` does not have.

    `control` is a profile that never opened the page.
    """
    control.open().new_page().goto("about:blank")
    control.close()
    assert len(list(walk_files(profile.folder))) > 20
    assert search_folder(profile.folder, SENTINELS) == []
    assert revealing_names(profile.folder, control.folder) == []


def test_quick_logs_have_one_size(new_phone: NewPhone, server: LiveServer) -> None:
    """Texts of 10, 300 and 900 characters make sealed versions of one size."""
    keeper = new_phone()
    keeper.create_registered_diary("He rang.")
    sizes = set()
    for length in (10, 300, 900):
        text = (f"{length}, he rang again." + " And again" * 100)[: length - 1] + "."
        before = len(server.exchanges_with("/versions/", "PUT"))
        keeper.add_entry(text)
        keeper.go_to_tab("Entries")
        expect(keeper.entry_state(text[:9])).to_have_text(KEPT_SAFE_PATTERN)
        sizes |= {len(exchange.request_body) for exchange in server.exchanges_with("/versions/", "PUT")[before:]}
    assert len(sizes) == 1
