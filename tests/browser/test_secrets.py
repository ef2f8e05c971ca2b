"""Secrets of the keeper are nowhere: not on the server, not in the traffic, not in a locked browser's profile."""

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Profile
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.navigators.keeper import KEPT, SEALED_HERE, Keeper
from tests.browser.navigators.sweeping import files_of, found, sweep, telling
from tests.browser.pictures import png, upload
from tests.browser.serving import Served

ACCOUNT = "SENTINELACCOUNT he waited by the gate"
DETAIL = "SENTINELPLACE 9 Weir Street"
NOTE = "SENTINELNOTE not for anyone"
FILE = "SENTINELFILE-name.png"
INSIDE = "SENTINELINSIDE the file"
DRAFT = "SENTINELDRAFT half a sentence"
UNSENT = [f"SENTINELUNSENT he rang for the {nth} time" for nth in ("second", "third", "fourth")]
WORDS = "sentinelwords harbour fog lamp"
SENTINELS = [
    text.split("-")[0].split(" ")[0] for text in (ACCOUNT, DETAIL, NOTE, FILE, INSIDE, DRAFT, UNSENT[0], WORDS)
]

SESSIONS_MS = 3000
RECORD_IDS = """() => new Promise((done, failed) => {
  const open = indexedDB.open('app');
  open.onerror = failed;
  open.onsuccess = () => {
    const request = open.result.transaction('a').objectStore('a').getAllKeys();
    request.onsuccess = () => { open.result.close(); done(request.result.map((id) => new Uint8Array(id).join())); };
  };
})"""


def _write_everything(keeper: Keeper, *, registered: bool = True) -> None:
    keeper.opens()
    keeper.starts()
    keeper.writes(ACCOUNT)
    keeper.chooses("Just now")
    keeper.tap("Save")
    keeper.chooses_words(WORDS)
    if registered:
        keeper.keeps_a_copy()
    else:
        keeper.puts_off_the_copy()
    keeper.reads(ACCOUNT)
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload(FILE, "image/png", png(says=INSIDE))])
    keeper.has_file(FILE)
    keeper.opens_card("Where")
    keeper.field("Where exactly?").fill(DETAIL)
    keeper.saves_card()
    keeper.opens_card("Private note")
    keeper.field("Only for you").fill(NOTE)
    keeper.saves_card()
    keeper.goes("Entries")
    expect(keeper.state_of(ACCOUNT)).to_have_text(KEPT if registered else SEALED_HERE)
    keeper.goes("Add")
    keeper.writes(DRAFT)
    keeper.draft_is_sealed()


def test_no_secret_is_stored_or_sent(
    new_profile: NewProfile, server: Served, capfd: pytest.CaptureFixture[str]
) -> None:
    """After a diary is written on the screens, no secret is in the traffic,
    in the server's files or logs, or in the locked profile.
    """
    profile = new_profile()
    keeper = Keeper(profile.open().new_page(), server.app_url)
    _write_everything(keeper)
    keeper.locks()
    profile.close()
    assert [word for exchange in server.exchanges for word in found(exchange.all_bytes(), SENTINELS)] == []
    assert sweep(server.data, SENTINELS) == []
    assert found("".join(capfd.readouterr()).encode(), SENTINELS) == []
    _holds_nothing(profile, new_profile())


WAYS = ["locked", "crashed", "left", "cleared", pytest.param("cleared without a copy", marks=pytest.mark.slow)]


@pytest.mark.parametrize("way", WAYS)
def test_profiles_hold_nothing_after_leaving_and_clearing(new_profile: NewProfile, server: Served, way: str) -> None:
    """Killed at the lock, with a draft on screen, after leaving, and after clearing offline: the profile with its saved
    sessions has no typed text and no revealing name. After clearing, the words alone open what was not sent."""
    profile = new_profile()
    keeper = Keeper(profile.open().new_page(), server.app_url)
    _write_everything(keeper, registered=way != "cleared without a copy")
    keeper.is_offline_ready()
    before = _record_ids(keeper)
    if way == "locked":
        keeper.locks()
    elif way == "left":
        keeper.leaves()
        keeper.sees_notebook()
        keeper.tap("New note")
        keeper.field("Note").fill("Bins on Tuesday")
    elif way.startswith("cleared"):
        keeper.page.context.set_offline(True)
        for text in UNSENT:
            keeper.adds(text)
        keeper.goes("Add")
        keeper.writes(DRAFT)
        keeper.draft_is_sealed()
        keeper.clears()
    if way == "cleared":
        _wait_until_deleted(keeper, before)
    # Chromium saves its sessions every few seconds, with what is on the screen at that moment.
    keeper.page.wait_for_timeout(SESSIONS_MS)
    profile.kill()
    assert any(name.startswith("Default/Sessions/") for name, _ in files_of(profile.folder)), "no session was saved"
    _holds_nothing(profile, new_profile())
    if way.startswith("cleared"):
        _words_bring_everything_back(keeper, profile, server, registered=way == "cleared")


def _words_bring_everything_back(before: Keeper, profile: Profile, server: Served, *, registered: bool) -> None:
    """In the same browser, the same words bring back every entry, also the unsent ones and the half sentence."""
    keeper = Keeper(profile.open().new_page(), server.app_url)
    keeper.words = before.words
    keeper.opens_locked()
    keeper.unlocks()
    expect(keeper.field("What happened?")).to_have_value(DRAFT)
    keeper.entries(1 + len(UNSENT))
    for text in (ACCOUNT, *UNSENT):
        expect(keeper.state_of(text)).to_have_text(KEPT if registered else SEALED_HERE)
    for text in (*UNSENT, ACCOUNT):
        keeper.reads(text)
    keeper.has_file(FILE)


def _record_ids(keeper: Keeper) -> set[str]:
    """Return the ids in the phone's one table."""
    return set(keeper.page.evaluate(RECORD_IDS))


def _wait_until_deleted(keeper: Keeper, before: set[str]) -> None:
    """Wait until most of the earlier records are deleted; this happens behind the notebook."""
    for _ in range(100):
        if len(before & _record_ids(keeper)) < len(before) / 2:
            return
        keeper.page.wait_for_timeout(50)
    raise AssertionError(f"{len(before & _record_ids(keeper))} of {len(before)} records stayed")


def _holds_nothing(profile: Profile, control: Profile) -> None:
    """The profile has no typed text, and no revealing name that `control`,
    a profile that never opened the page, does not have.
    """
    control.open().new_page().goto("about:blank")
    control.close()
    assert len(list(files_of(profile.folder))) > 20
    assert sweep(profile.folder, SENTINELS) == []
    assert telling(profile.folder, control.folder) == []


def test_quick_logs_have_one_size(new_phone: NewPhone, server: Served) -> None:
    """Texts of 10, 300 and 900 characters make sealed versions of one size."""
    keeper = new_phone()
    keeper.begins("He rang.")
    sizes = set()
    for length in (10, 300, 900):
        text = (f"{length}, he rang again." + " And again" * 100)[: length - 1] + "."
        before = len(server.to("/versions/", "PUT"))
        keeper.adds(text)
        keeper.goes("Entries")
        expect(keeper.state_of(text[:9])).to_have_text(KEPT)
        sizes |= {len(exchange.request) for exchange in server.to("/versions/", "PUT")[before:]}
    assert len(sizes) == 1
