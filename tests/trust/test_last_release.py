"""From the last release to this one, with its real bundle: what people had under way goes on, and nobody signs in again.

People use the release of before in a browser, at its own server; this release's `migrate` and server follow on the same files and
the same address, and the same browsers are opened again.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, expect

from diary.client import accounts
from diary.client.accounts import Identity
from diary.encoding import b64
from diary.errors import NoMatch
from diary.ids import id_text, new_id
from tests.browser.navigators.desk import Far
from tests.browser.navigators.keeper import KEPT
from tests.browser.navigators.sharing import agrees, goes_to_consent, saves_the_pack
from tests.browser.own_browser import browser, certificate, playwright
from tests.browser.test_handover import desk, fetches
from tests.browser.test_taken_out import _seven_days_pass_for
from tests.trust import last_release
from tests.trust import last_release_people as acts
from tests.trust.last_release import check_out
from tests.trust.last_release_over import ORGANISATION, Over, comes_anew, jar_of, over, takes_the_update
from tests.trust.last_release_people import CALLED, COVER, FIRST, HALF, LENT, NEW, NOTE, SECOND, WAITS

__all__ = ["browser", "certificate", "over", "playwright"]  # fixtures, which pytest finds by their names here
pytestmark = [pytest.mark.browser, pytest.mark.slow]
LATE, BACK, LAST = "Written in a page of the last release.", "Written after coming back.", "Written without a cookie."


@pytest.fixture(scope="module")
def ann_afar(over: Over) -> tuple[Far, Identity]:
    """Ann without a screen: this release's own client, signed in with her words."""
    far, ann = Far(over.server), over.people.ann
    return far, far.does(lambda server: accounts.sign_in(server, ann.login, ann.words))


def test_a_page_that_stood_open_writes_on_and_goes_over_with_nothing_asked(over: Over) -> None:
    """By its cookies until the update is taken; then by a token: no sign-in, no proof kept, and the cookie opens nothing."""
    ann, jar = over.people.ann, jar_of(over.people.ann)
    ann.adds(LATE)
    ann.is_kept_safe(LATE)
    ann.page.reload()
    ann.sees_lock()
    ann.unlocks()
    before = len(over.server.exchanges)
    takes_the_update(ann)
    for text in (FIRST, LATE):
        ann.is_kept_safe(text)
    posts = [one.path for one in over.server.exchanges[before:] if one.method == "POST"]
    assert posts.count("/v1/session/exchange") == 1
    assert not {"/v1/sessions", "/v1/recoveries"} & set(posts)
    opened, proofs = acts.proofs_in(ann.page, ann.words)
    assert over.proofs == 1 and opened > 1 and proofs == 0
    assert over.get("/v1/session", jar).json()["error"] == "signed_out"


def test_another_device_goes_over_too(over: Over, ann_afar: tuple[Far, Identity]) -> None:
    """It was put away: opened again, it reads what came meanwhile, and is told of sign-ins since, none of which is its own."""
    people = over.people
    before = len(over.server.exchanges)
    people.tablet.words = people.ann.words
    people.opens_again(people.tablet)
    people.tablet.sees_lock()
    people.tablet.unlocks()
    takes_the_update(people.tablet)
    people.tablet.is_kept_safe(LATE)
    assert "/v1/sessions" not in [one.path for one in over.server.exchanges[before:]]
    assert acts.proofs_in(people.tablet.page, people.tablet.words)[1] == 0


def test_a_borrowed_device_writes_until_its_page_is_closed(over: Over) -> None:
    """And keeps nothing then."""
    lent = over.people.lent
    lent.unlocks_if_locked()
    lent.adds(LENT)
    lent.is_kept_safe(LENT)
    lent.page.reload()
    expect(lent.button("Start")).to_be_visible()
    assert lent.page.context.cookies() == []


def test_names_and_marks_of_grants_stay(over: Over) -> None:
    """Who may see it, and what they looked through; the list of devices opens with it."""
    ann = over.people.ann
    ann.goes("Entries")
    expect(ann.row(FIRST)).to_contain_text("Looked through by Priya K")
    ann.goes("Share")
    ann.tap(re.compile("^Advocates"), exact=False)
    ann.sees("Priya K can see this.")
    ann.sees(re.compile(ORGANISATION))
    ann.goes("More")
    ann.tap(re.compile("^Where you are signed in"))
    ann.field("Type your words to see this").fill(ann.words)
    ann.button("Show").last.click()
    ann.sees(re.compile("^Someone was let in · "))


def test_the_advocate_reads_on(over: Over) -> None:
    """The desk keeps nothing: signed in again, the client is there with what was looked through."""
    there = over.people.desk
    there.page.reload()
    there.signs_in()
    there.opens(CALLED)
    there.page.locator("aside .item", has_text=FIRST).click()
    there.sees(re.compile("^You looked through this on "))


def test_a_hand_over_under_way_is_fetched(over: Over, browser: Browser, tmp_path: Path) -> None:
    """With the eight words that were said before: the same bytes, which hold; the keeper sees that it was opened."""
    people = over.people
    with desk(browser) as officer:
        pack = fetches(officer, over.server, people.eight_words, tmp_path)
    assert pack.read_bytes() == people.pack.read_bytes()
    assert over.finds(pack) == []
    people.ann.goes("Share")
    people.ann.tap(re.compile("^Handed over"), exact=False)
    people.ann.sees(re.compile(r"Opened today \d\d:\d\d"))


def test_a_code_for_somebody_who_saw_it_is_answered(over: Over, browser: Browser) -> None:
    """With the seven words of before; the keeper reads what came with them."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{over.server.public_url}/answer")
    page.locator("#words-typed").fill(over.people.seven_words)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#asked")).to_be_visible(timeout=WAITS)
    expect(page.locator("#asked")).to_contain_text(f"{CALLED} asks you: {acts.ASKED}")
    for part, text in (("when", "Tuesday"), ("said", "He stood by the gate."), ("called", "Sam Ray")):
        page.locator(f"#{part}").fill(text)
    page.get_by_role("radio", name="I heard it").check()
    page.locator("#send").click()
    expect(page.locator("#done")).to_be_visible(timeout=WAITS)
    context.close()
    ann = over.people.ann
    ann.locks()
    ann.unlocks()
    ann.goes("Share")
    ann.tap(re.compile("Ask someone who saw it"))
    ann.tap("Look again")
    ann.sees("He stood by the gate.")
    ann.sees("It came with the words you gave.")


def test_files_that_were_taken_over_are_the_diarys_again(over: Over, ann_afar: tuple[Far, Identity]) -> None:
    """Whatever becomes of the hand-overs that named them; a phone that knows nothing gets the picture."""
    far, ann = ann_afar
    for blob, diary in over.people.taken.items():
        far.does(lambda server, blob=blob: server.json("DELETE", f"/v1/handovers/{blob}", proof=ann.proof))
        part = far.does(lambda server, blob=blob, diary=diary: server.get(f"/v1/diaries/{diary}/blobs/{blob}/parts/0"))
        assert len(part) > 100_000
    fresh = over.people.phone()
    fresh.signs_in(over.people.ann.login, over.people.ann.words)
    fresh.reads(FIRST)
    fresh.tile("gate.png").first.click()
    fresh.tap("Show the picture")
    expect(fresh.page.locator("img").first).to_be_visible()
    fresh.page.context.close()


def test_numbers_of_entries_packs_and_exhibits_go_on(over: Over, tmp_path: Path) -> None:
    """The next pack is the second, and the picture is the exhibit it was."""
    ann = over.people.ann
    ann.locks()
    ann.unlocks()
    ann.is_kept_safe(LENT)  # what came meanwhile is here, so that nothing comes after it was looked through
    expect(ann.row(FIRST).get_by_text("No. 1", exact=True)).to_be_visible()
    goes_to_consent(ann, 0)  # what was said of the picture was kept
    agrees(ann)
    pack = saves_the_pack(ann, tmp_path)
    assert over.finds(pack) == []
    assert [exhibits_in(one) for one in (over.people.pack, pack)] == [
        ("PACK_JB_1", "JB-1.png"),
        ("PACK_JB_2", "JB-1.png"),
    ]


def exhibits_in(pack: Path) -> tuple[str, str]:
    """The name of a pack without its day, and of its one exhibit."""
    with ZipFile(pack) as archive:
        (exhibit,) = [name for name in archive.namelist() if "/13_exhibits-as-received/" in name]
    return exhibit.partition("/")[0].rpartition("_")[0], exhibit.rpartition("/")[2]


def test_notes_of_the_log_and_their_stamps_are_the_same_bytes(over: Over) -> None:
    """One line of the notary each, as phones of before expect it, and the new log goes on from there."""
    for path, before in over.log.items():
        assert over.get(path, host="public").content == before
        if path.startswith("/log/checkpoints/"):
            assert before.count("\u2014 ".encode()) == 1
    note = next(content for path, content in over.log.items() if path.startswith("/log/checkpoints/")).decode()
    older, newer = int(note.split("\n")[1]), over.get("/v1/log").json()["checkpoint"]["size"]
    assert newer > older
    assert over.get(f"/v1/log/consistency/{older}/{newer}").status_code == 200


def test_a_cleared_phone_comes_back_whole(over: Over) -> None:
    """What it had not sent is sent, what it had sent is fetched, and the half sentence is there."""
    keeper = over.people.cleared
    keeper.page.context.set_offline(False)
    comes_anew(over.people, keeper)
    keeper.unlocks()
    expect(keeper.field("What happened?")).to_have_value(HALF)
    keeper.entries(2)
    for text in (FIRST, SECOND):
        expect(keeper.state_of(text)).to_have_text(KEPT)
    assert acts.proofs_in(keeper.page, keeper.words)[1] == 0


def test_a_notebook_stays_a_notebook(over: Over) -> None:
    """Its words open its notes, and no request goes out for it."""
    keeper = over.people.notebook
    comes_anew(over.people, keeper)
    before = len(over.server.to("/v1/session"))
    keeper.tries_words(COVER)
    keeper.sees_notebook()
    keeper.sees(NOTE)
    assert len(over.server.to("/v1/session")) == before


def test_a_change_of_keys_is_finished(over: Over) -> None:
    """It stood half-way on the phone and at the server: the new words finish it, and the old ones open nothing."""
    keeper, old = over.people.rekeying, over.people.rekeying.words
    over.people.opens_again(keeper)
    keeper.sees_lock()
    keeper.unlocks()
    takes_the_update(keeper)
    keeper.tap("Finish")
    keeper.field("Your new words").fill(NEW)
    keeper.tap("Finish now")
    keeper.sees("Done. Only your new words open this now.")
    keeper.locks()
    keeper.words = NEW
    keeper.unlocks()
    keeper.entries(2)
    keeper.adds(BACK)
    keeper.is_kept_safe(BACK)
    with pytest.raises(NoMatch):
        Far(over.server).does(lambda server: accounts.sign_in(server, keeper.login, old))


def test_a_picture_that_was_taken_away_is_erased_at_the_server(over: Over) -> None:
    """It waited for a signal with the proof that was kept; now the words of the next opening ask for it."""
    keeper = over.people.removing
    before = over.people.rows("SELECT count(*) FROM blob WHERE erased")
    keeper.page.context.set_offline(False)
    comes_anew(over.people, keeper)
    keeper.unlocks()
    over.people.until(lambda: over.people.rows("SELECT count(*) FROM blob WHERE erased") > before)
    keeper.is_kept_safe(FIRST)
    late = over.people.phone()
    late.signs_in(keeper.login, keeper.words)
    late.reads(FIRST)
    expect(late.tile("wrong.png")).to_have_count(0)
    late.page.context.close()


def test_an_erasure_that_waits_is_carried_out_when_it_is_due(over: Over) -> None:
    """It is said until then, and its entry is gone after it."""
    ann = over.people.ann
    ann.goes("Entries")
    ann.sees(re.compile("One entry will be erased for good on"))
    ann.locks()
    _seven_days_pass_for(over.server)
    ann.unlocks()
    expect(ann.page.get_by_text(re.compile("will be erased for good"))).to_have_count(0)
    ann.goes("More")
    ann.tap("Taken out")
    ann.sees(re.compile("^Erased for good on"))


def test_a_session_that_was_ended_stays_ended_and_its_device_is_known(
    over: Over, ann_afar: tuple[Far, Identity]
) -> None:
    """No proof brings it back by itself, and strangers who use up the tries of new devices do not keep its owner out."""
    people, lost, ann = over.people, over.people.lost, ann_afar[1]
    jar, device = jar_of(lost), {"device": id_text(new_id()), "device_name": "Phone", "login": ann.login}
    for answer in (over.get("/v1/session", jar), over.post("/v1/session/exchange", device | {"auth": ann.proof}, jar)):
        assert (answer.status_code, answer.json()["error"]) == (401, "session_ended")
    for _ in range(11):
        over.post("/v1/sessions", device | {"auth": b64(bytes(32))})
    assert over.post("/v1/sessions", device | {"auth": ann.proof}).status_code == 429
    lost.words = people.ann.words
    people.opens_again(lost)
    before = len(over.server.exchanges)
    lost.sees_lock()
    lost.tries_words(lost.words)
    people.until(lambda: any(b"session_ended" in one.response for one in over.server.exchanges[before:]))
    lost.sees_lock()
    assert FIRST not in lost.page.content()
    lost.unlocks()
    lost.sees(re.compile("This phone was signed out from another device"))
    takes_the_update(lost)
    lost.adds(BACK)
    lost.is_kept_safe(BACK)


def test_the_old_cookies_are_thrown_away_everywhere(over: Over) -> None:
    """When their thirty days are over: at the next contact, of a diary and of a notebook alike."""
    people = over.people
    everybody = (
        people.ann,
        people.tablet,
        people.lost,
        people.cleared,
        people.notebook,
        people.rekeying,
        people.removing,
    )
    jars = [jar_of(keeper) for keeper in everybody]
    assert all("__Host-s=" in jar and "__Host-d=" in jar for jar in jars)
    over.server.stop()
    with closing(sqlite3.connect(over.server.data / "kept.sqlite3")) as database, database:
        assert database.execute("UPDATE cookie_grace SET until = 1").rowcount == 1
    over.server.start()
    for keeper in everybody:
        keeper.page.reload()
        people.until(lambda keeper=keeper: keeper.page.context.cookies() == [])
    assert {over.get("/v1/usage", jar).json()["error"] for jar in jars} <= {"signed_out"}
    people.ann.unlocks()
    people.ann.adds(LAST)
    people.ann.is_kept_safe(LAST)
    assert json.loads(over.get("/v1/server").content)["origin"] == people.app_url


def test_a_history_without_the_last_release_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shallow clone fails with what to do about it."""
    monkeypatch.setattr(last_release, "COMMIT", "0" * 40)
    with pytest.raises(pytest.fail.Exception, match="git fetch --unshallow"):
        check_out(tmp_path / "tree")
