"""Upgrade from the last release, with its real bundle: unfinished actions continue, and nobody signs in again.

People use the last release in a browser, on its own server; this release's `migrate` and server follow on the same
files and address, and the same browsers are reopened.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, expect

from diary.client import accounts
from diary.client.accounts import Identity
from diary.client.transport import RemoteServer
from diary.encoding import b64
from diary.errors import InvalidCredentials
from diary.ids import id_text, new_id
from tests.browser.module_browser import browser, certificate, playwright
from tests.browser.navigators.advocate_page import ScreenlessUser
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, BrowserKeeper
from tests.browser.navigators.sharing import give_consent, go_to_consent, save_pack
from tests.browser.test_handover import fetch_pack, open_desktop_page
from tests.browser.test_removal_and_erasure import _make_erasure_due
from tests.trust import last_release
from tests.trust import last_release_people as acts
from tests.trust.last_release import check_out_last_release
from tests.trust.last_release_people import (
    BORROWED_PHONE_ENTRY,
    COVER_PASSPHRASE,
    FIRST_ENTRY,
    HALF_WRITTEN_ENTRY,
    NEW_PASSPHRASE,
    NOTEBOOK_NOTE,
    SECOND_ENTRY,
    WAIT_LIMIT_MS,
    WITNESS_NAME,
)
from tests.trust.upgraded_server import (
    ORGANISATION,
    UpgradedServer,
    accept_update,
    cookies_of,
    reopen_with_new_release,
    upgraded_server,
)

__all__ = [
    "browser",
    "certificate",
    "playwright",
    "upgraded_server",
]  # fixtures, which pytest finds by their names here
pytestmark = [pytest.mark.browser, pytest.mark.slow]
LATE_ENTRY, RETURNED_ENTRY, LAST_ENTRY = (
    "Written in a page of the last release.",
    "Written after coming back.",
    "Written without a cookie.",
)


@pytest.fixture(scope="module")
def ann_api_client(upgraded_server: UpgradedServer) -> tuple[ScreenlessUser, Identity]:
    """Return this release's client, signed in as Ann with her words."""
    far, ann = ScreenlessUser(upgraded_server.server), upgraded_server.people.ann
    return far, far.run(lambda server: accounts.sign_in(server, ann.login, ann.passphrase))


def test_a_page_that_stood_open_writes_on_and_goes_over_with_nothing_asked(upgraded_server: UpgradedServer) -> None:
    """The page uses its cookies until the update, then a token: no sign-in, no stored proof, and the cookie is invalid."""
    ann, jar = upgraded_server.people.ann, cookies_of(upgraded_server.people.ann)
    ann.add_entry(LATE_ENTRY)
    ann.wait_until_kept_safe(LATE_ENTRY)
    ann.page.reload()
    ann.wait_for_lock()
    ann.unlock()
    before = len(upgraded_server.server.exchanges)
    accept_update(ann)
    for text in (FIRST_ENTRY, LATE_ENTRY):
        ann.wait_until_kept_safe(text)
    posts = [exchange.path for exchange in upgraded_server.server.exchanges[before:] if exchange.method == "POST"]
    assert posts.count("/v1/session/exchange") == 1
    assert not {"/v1/sessions", "/v1/recoveries"} & set(posts)
    opened, proofs = acts.count_openable_records(ann.page, ann.passphrase)
    assert upgraded_server.proof_count == 1 and opened > 1 and proofs == 0
    assert upgraded_server.get("/v1/session", jar).json()["error"] == "signed_out"


def test_another_device_goes_over_too(
    upgraded_server: UpgradedServer, ann_api_client: tuple[ScreenlessUser, Identity]
) -> None:
    """A closed device reads new entries when reopened, and lists sign-ins since, but not its own."""
    people = upgraded_server.people
    before = len(upgraded_server.server.exchanges)
    people.tablet.passphrase = people.ann.passphrase
    people.reopen_app(people.tablet)
    people.tablet.wait_for_lock()
    people.tablet.unlock()
    accept_update(people.tablet)
    people.tablet.wait_until_kept_safe(LATE_ENTRY)
    assert "/v1/sessions" not in [exchange.path for exchange in upgraded_server.server.exchanges[before:]]
    acts.wait_until_no_proof_is_stored(people.tablet)


def test_a_borrowed_device_writes_until_its_page_is_closed(upgraded_server: UpgradedServer) -> None:
    """A borrowed device writes until its page is closed, and then stores nothing."""
    lent = upgraded_server.people.borrowed_phone
    lent.unlock_if_locked()
    lent.add_entry(BORROWED_PHONE_ENTRY)
    lent.wait_until_kept_safe(BORROWED_PHONE_ENTRY)
    lent.page.reload()
    expect(lent.button("Start")).to_be_visible()
    assert lent.page.context.cookies() == []


def test_names_and_marks_of_grants_stay(upgraded_server: UpgradedServer) -> None:
    """People with access and their review marks remain, with the list of devices."""
    ann = upgraded_server.people.ann
    ann.go_to_tab("Entries")
    expect(ann.entry_row(FIRST_ENTRY)).to_contain_text("Looked through by Priya K")
    ann.go_to_tab("Share")
    ann.tap(re.compile("^Advocates"), exact=False)
    ann.wait_for_text("Priya K can see this.")
    ann.wait_for_text(re.compile(ORGANISATION))
    ann.go_to_tab("More")
    ann.tap(re.compile("^Where you are signed in"))
    ann.field("Type your password to see this").fill(ann.passphrase)
    ann.tap("Show the list")
    ann.wait_for_text(re.compile("^Someone was let in · "))


def test_the_advocate_reads_on(upgraded_server: UpgradedServer) -> None:
    """The desk stores nothing: after signing in, the client is there with its review marks."""
    there = upgraded_server.people.advocate_page
    there.page.reload()
    there.sign_in()
    there.open_client(WITNESS_NAME)
    there.page.locator("aside .item", has_text=FIRST_ENTRY).click()
    there.wait_for_text(re.compile("^You looked through this on "))


def test_a_hand_over_under_way_is_fetched(upgraded_server: UpgradedServer, browser: Browser, tmp_path: Path) -> None:
    """The earlier eight words give the same bytes; they verify but for the signature that packs had not then."""
    people = upgraded_server.people
    with open_desktop_page(browser) as officer:
        pack = fetch_pack(officer, upgraded_server.server, people.eight_words, tmp_path)
    assert pack.read_bytes() == people.pack.read_bytes()
    assert [finding.code for finding in upgraded_server.pack_findings(pack)] == ["not_signed"]
    people.ann.go_to_tab("Share")
    people.ann.tap(re.compile("^Handed over"), exact=False)
    people.ann.wait_for_text(re.compile(r"Opened today \d\d:\d\d"))


def test_a_code_for_somebody_who_saw_it_is_answered(upgraded_server: UpgradedServer, browser: Browser) -> None:
    """The earlier seven words work, and the keeper reads the statement."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{upgraded_server.server.public_url}/answer")
    page.locator("#words-typed").fill(upgraded_server.people.seven_words)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#asked")).to_be_visible(timeout=WAIT_LIMIT_MS)
    expect(page.locator("#asked")).to_contain_text(f"{WITNESS_NAME} asks you: {acts.WITNESS_QUESTION}")
    for part, text in (("when", "Tuesday"), ("said", "He stood by the gate."), ("called", "Sam Ray")):
        page.locator(f"#{part}").fill(text)
    page.get_by_role("radio", name="I heard it").check()
    page.locator("#send").click()
    expect(page.locator("#done")).to_be_visible(timeout=WAIT_LIMIT_MS)
    context.close()
    ann = upgraded_server.people.ann
    ann.lock()
    ann.unlock()
    ann.go_to_tab("Share")
    ann.tap(re.compile("Ask someone who saw it"))
    ann.tap("Look again")
    ann.wait_for_text("He stood by the gate.")
    ann.wait_for_text("It came with the words you gave.")


def holds_no_cookie(keeper: BrowserKeeper) -> bool:
    """Check whether a phone has no cookie."""
    return keeper.page.context.cookies() == []


async def end_handover_and_fetch_part(server: RemoteServer, *, diary: str, blob: str, proof: str) -> bytes:
    """End the handover that took a file over, and return the file's first part."""
    await server.json("DELETE", f"/v1/handovers/{blob}", proof=proof)
    return await server.get(f"/v1/diaries/{diary}/blobs/{blob}/parts/0")


def test_files_taken_over_are_returned_to_their_diary(
    upgraded_server: UpgradedServer, ann_api_client: tuple[ScreenlessUser, Identity]
) -> None:
    """Files stay, whatever happens to the handovers that named them; a new phone receives the picture."""
    far, ann = ann_api_client
    for blob, diary in upgraded_server.people.taken_over_files.items():
        part = far.run(partial(end_handover_and_fetch_part, diary=diary, blob=blob, proof=ann.proof))
        assert len(part) > 100_000
    fresh = upgraded_server.people.new_phone()
    fresh.sign_in(upgraded_server.people.ann.login, upgraded_server.people.ann.passphrase)
    fresh.open_entry(FIRST_ENTRY)
    fresh.file_tile("gate.png").first.click()
    fresh.tap("Show the picture")
    expect(fresh.page.locator("img").first).to_be_visible()
    fresh.page.context.close()


def test_numbers_of_entries_packs_and_exhibits_go_on(upgraded_server: UpgradedServer, tmp_path: Path) -> None:
    """The next pack is the second, and the picture keeps its exhibit number."""
    ann = upgraded_server.people.ann
    ann.lock()
    ann.unlock()
    ann.wait_until_kept_safe(BORROWED_PHONE_ENTRY)  # sync first, so that nothing arrives after the review
    expect(ann.entry_row(FIRST_ENTRY).get_by_text("No. 1", exact=True)).to_be_visible()
    go_to_consent(ann, 0, is_everything=True)  # the picture's review was kept
    give_consent(ann)
    pack = save_pack(ann, tmp_path)
    assert upgraded_server.pack_findings(pack) == []
    assert [pack_and_exhibit_name(one) for one in (upgraded_server.people.pack, pack)] == [
        ("PACK_JB_1", "JB-1.png"),
        ("PACK_JB_2", "JB-1.png"),
    ]


def pack_and_exhibit_name(pack: Path) -> tuple[str, str]:
    """Return the name of a pack without its date, and of its one exhibit."""
    with ZipFile(pack) as archive:
        (exhibit,) = [name for name in archive.namelist() if "/13_exhibits-as-received/" in name]
    return exhibit.partition("/")[0].rpartition("_")[0], exhibit.rpartition("/")[2]


def test_notes_of_the_log_and_their_stamps_are_the_same_bytes(upgraded_server: UpgradedServer) -> None:
    """Each note has one line of the notary, as old phones expect, and the log continues from there."""
    for path, before in upgraded_server.log_pages.items():
        assert upgraded_server.get(path, host="public").content == before
        if path.startswith("/log/checkpoints/"):
            assert before.count("\u2014 ".encode()) == 1
    note = next(
        content for path, content in upgraded_server.log_pages.items() if path.startswith("/log/checkpoints/")
    ).decode()
    older, newer = int(note.split("\n")[1]), upgraded_server.get("/v1/log").json()["checkpoint"]["size"]
    assert newer > older
    assert upgraded_server.get(f"/v1/log/consistency/{older}/{newer}").status_code == 200


def test_a_cleared_phone_comes_back_whole(upgraded_server: UpgradedServer) -> None:
    """Unsent entries are sent, sent ones are fetched, and the draft is there."""
    keeper = upgraded_server.people.cleared_phone
    keeper.page.context.set_offline(False)
    reopen_with_new_release(upgraded_server.people, keeper)
    keeper.unlock()
    expect(keeper.field("What happened?")).to_have_value(HALF_WRITTEN_ENTRY)
    keeper.wait_for_entry_count(2)
    for text in (FIRST_ENTRY, SECOND_ENTRY):
        expect(keeper.entry_state(text)).to_have_text(KEPT_SAFE_PATTERN)
    acts.wait_until_no_proof_is_stored(keeper)


def test_a_notebook_stays_a_notebook(upgraded_server: UpgradedServer) -> None:
    """Its words open its notes, and it sends no request."""
    keeper = upgraded_server.people.notebook_phone
    reopen_with_new_release(upgraded_server.people, keeper)
    before = len(upgraded_server.server.exchanges_with("/v1/session"))
    keeper.try_passphrase(COVER_PASSPHRASE)
    keeper.wait_for_notebook()
    keeper.wait_for_text(NOTEBOOK_NOTE)
    assert len(upgraded_server.server.exchanges_with("/v1/session")) == before


def test_a_change_of_keys_is_finished(upgraded_server: UpgradedServer) -> None:
    """A change of keys that was half done on phone and server is completed by the new words; the old ones open nothing."""
    keeper, old = upgraded_server.people.rekeying_phone, upgraded_server.people.rekeying_phone.passphrase
    upgraded_server.people.reopen_app(keeper)
    keeper.wait_for_lock()
    keeper.unlock()
    accept_update(keeper)
    keeper.tap_notice("Finish")
    keeper.field("Your new password").fill(NEW_PASSPHRASE)
    keeper.tap("Finish now")
    keeper.wait_for_text("Done. Your new password opens this now.")
    keeper.lock()
    keeper.passphrase = NEW_PASSPHRASE
    keeper.unlock()
    keeper.wait_for_entry_count(2)
    keeper.add_entry(RETURNED_ENTRY)
    keeper.wait_until_kept_safe(RETURNED_ENTRY)
    with pytest.raises(InvalidCredentials):
        ScreenlessUser(upgraded_server.server).run(lambda server: accounts.sign_in(server, keeper.login, old))


def test_a_picture_that_was_taken_away_is_erased_at_the_server(upgraded_server: UpgradedServer) -> None:
    """The removal waited offline with a stored proof; now the words of the next unlock authorise it."""
    keeper = upgraded_server.people.removing_phone
    before = upgraded_server.people.query("SELECT count(*) FROM blob WHERE erased")
    keeper.page.context.set_offline(False)
    reopen_with_new_release(upgraded_server.people, keeper)
    keeper.unlock()
    upgraded_server.people.wait_until(
        lambda: upgraded_server.people.query("SELECT count(*) FROM blob WHERE erased") > before
    )
    keeper.wait_until_kept_safe(FIRST_ENTRY)
    late = upgraded_server.people.new_phone()
    late.sign_in(keeper.login, keeper.passphrase)
    late.open_entry(FIRST_ENTRY)
    expect(late.file_tile("wrong.png")).to_have_count(0)
    late.page.context.close()


def test_an_erasure_that_waits_is_carried_out_when_it_is_due(upgraded_server: UpgradedServer) -> None:
    """A pending erasure is shown until it is due; afterwards its entry is gone."""
    ann = upgraded_server.people.ann
    ann.go_to_tab("Entries")
    ann.wait_for_notice(re.compile("One entry will be deleted for good on"))
    ann.lock()
    _make_erasure_due(upgraded_server.server)
    ann.unlock()
    ann.open_notices()
    expect(ann.page.get_by_text(re.compile("will be deleted for good"))).to_have_count(0)
    ann.go_to_tab("More")
    ann.tap("Put away")
    ann.wait_for_text(re.compile("^Deleted for good on"))


def test_a_session_that_was_ended_stays_ended_and_its_device_is_known(
    upgraded_server: UpgradedServer, ann_api_client: tuple[ScreenlessUser, Identity]
) -> None:
    """No proof restores the session, but its owner can sign in although the tries of new devices are used up."""
    people, lost_phone, ann = upgraded_server.people, upgraded_server.people.lost_phone, ann_api_client[1]
    jar, device = cookies_of(lost_phone), {"device": id_text(new_id()), "device_name": "Phone", "login": ann.login}
    for answer in (
        upgraded_server.get("/v1/session", jar),
        upgraded_server.post("/v1/session/exchange", device | {"auth": ann.proof}, jar),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "session_ended")
    for _ in range(11):
        upgraded_server.post("/v1/sessions", device | {"auth": b64(bytes(32))})
    assert upgraded_server.post("/v1/sessions", device | {"auth": ann.proof}).status_code == 429
    lost_phone.passphrase = people.ann.passphrase
    people.reopen_app(lost_phone)
    before = len(upgraded_server.server.exchanges)
    lost_phone.wait_for_lock()
    lost_phone.try_passphrase(lost_phone.passphrase)
    people.wait_until(
        lambda: any(
            b"session_ended" in exchange.response_body for exchange in upgraded_server.server.exchanges[before:]
        )
    )
    lost_phone.wait_for_lock()
    assert FIRST_ENTRY not in lost_phone.page.content()
    lost_phone.unlock()
    lost_phone.wait_for_notice(re.compile("This phone was signed out from another device"))
    accept_update(lost_phone)
    lost_phone.add_entry(RETURNED_ENTRY)
    lost_phone.wait_until_kept_safe(RETURNED_ENTRY)


def test_the_old_cookies_are_thrown_away_everywhere(upgraded_server: UpgradedServer) -> None:
    """After thirty days they are expired at the next contact, for diaries and notebooks alike."""
    people = upgraded_server.people
    everybody = (
        people.ann,
        people.tablet,
        people.lost_phone,
        people.cleared_phone,
        people.notebook_phone,
        people.rekeying_phone,
        people.removing_phone,
    )
    jars = [cookies_of(keeper) for keeper in everybody]
    assert all("__Host-s=" in jar and "__Host-d=" in jar for jar in jars)
    upgraded_server.server.stop()
    with closing(sqlite3.connect(upgraded_server.server.data / "kept.sqlite3")) as database, database:
        assert database.execute("UPDATE cookie_grace SET until = 1").rowcount == 1
    upgraded_server.server.start()
    for keeper in everybody:
        keeper.page.reload()
        people.wait_until(partial(holds_no_cookie, keeper))
    assert {upgraded_server.get("/v1/usage", jar).json()["error"] for jar in jars} <= {"signed_out"}
    people.ann.unlock()
    people.ann.add_entry(LAST_ENTRY)
    people.ann.wait_until_kept_safe(LAST_ENTRY)
    assert json.loads(upgraded_server.get("/v1/server").content)["origin"] == people.app_url


def test_a_history_without_the_last_release_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shallow clone fails with instructions."""
    monkeypatch.setattr(last_release, "LAST_RELEASE_COMMIT", "0" * 40)
    with pytest.raises(pytest.fail.Exception, match="git fetch --unshallow"):
        check_out_last_release(tmp_path / "tree")
