"""A pack handed over: eight words on a keeper's phone, a desk with any browser, and nothing left where it must not be."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from diary.crypto.signing import Notary
from diary.pack.verify import verify
from tests.browser import chromium
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import MAKING, agrees, chooses_everything, goes_to_consent, looks_through
from tests.browser.serving import Served

FIRST = "He followed me from the station to Mill Lane."
WAITS = 60_000
# The window that asks for a place cannot be driven; a place of the page's own stands in for what it would give.
PICKER = """globalThis.showSaveFilePicker = async ({ suggestedName }) => {
  globalThis.picked = suggestedName;
  return (await navigator.storage.getDirectory()).getFileHandle('picked', { create: true });
};"""
NO_PICKER = "delete globalThis.showSaveFilePicker;"
PICKED = """async () => {
  const file = await (await (await navigator.storage.getDirectory()).getFileHandle('picked')).getFile();
  return [globalThis.picked, Array.from(new Uint8Array(await file.arrayBuffer()))];
}"""


@contextmanager
def desk(browser: Browser, script: str = NO_PICKER, **options: object) -> Iterator[Page]:
    """A computer that knows nothing; its page may complain of nothing."""
    context = browser.new_context(**(chromium.DESK | options))  # type: ignore[arg-type]
    context.set_default_timeout(chromium.PATIENCE)
    context.add_init_script(script)
    page, complaints = context.new_page(), chromium.Complaints()
    complaints.listen(page)
    yield page
    assert complaints.heard == []
    context.close()


def looks(page: Page, server: Served, words: str) -> None:
    """Type the words on /get."""
    page.goto(f"{server.public_url}/get")
    page.get_by_label("The eight words, in their order").fill(words)
    page.get_by_role("button", name="Look for the pack").click()


def fetches(page: Page, server: Served, words: str, folder: Path, patience: int = WAITS) -> Path:
    """The pack, in the downloads of this desk, under its true name."""
    looks(page, server, words)
    with page.expect_download(timeout=patience) as saved:
        page.get_by_role("button", name="Fetch, check and save it").click(timeout=WAITS)
    pack = folder / saved.value.suggested_filename
    saved.value.save_as(pack)
    return pack


def hands_over(keeper: Keeper) -> str:
    """From a pack that is ready to its eight words, as they stand on the screen."""
    expect(keeper.heading("Your pack is ready")).to_be_visible(timeout=MAKING)
    keeper.tap(re.compile("Hand it over with eight words"))
    keeper.sees_place("Hand this pack over")
    keeper.field("Who is it for?").fill("PC Shah")
    leaves_it(keeper)
    expect(keeper.heading("These eight words open it")).to_be_visible(timeout=WAITS)
    return " ".join(keeper.page.locator(".eight-words li").all_inner_texts())


def leaves_it(keeper: Keeper) -> None:
    """With the keeper's own words, typed for it."""
    keeper.tap("Leave it and get the words")
    sheet = keeper.page.get_by_role("dialog")
    sheet.get_by_label("Type your words to go on", exact=True).fill(keeper.words)
    sheet.get_by_role("button", name="Leave it and get the words").click()


def says_them_again(keeper: Keeper) -> str:
    """In the list: the eight words once more, to the keeper's own and to no others."""
    shown, sheet = keeper.page.locator(".eight-words li"), keeper.page.get_by_role("dialog")
    for words in ("these are not the words", keeper.words):
        expect(shown).to_have_count(0)
        keeper.tap("Show the words")
        sheet.get_by_label("Type your words to go on", exact=True).fill(words)
        sheet.get_by_role("button", name="Show the words").click()
        if words != keeper.words:
            expect(keeper.problem()).to_contain_text("Those are not the words that open this phone.")
    expect(shown).to_have_count(8)
    return " ".join(shown.all_inner_texts())


def test_a_pack_is_handed_over_and_fetched(new_profile: NewProfile, browser: Browser, server: Served, tmp_path: Path) -> None:
    """The words on the phone open the pack at a desk; the keeper sees when; no zip is anywhere on the phone."""
    profile = new_profile(accept_downloads=True)
    page = profile.open().pages[0]
    saved: list[object] = []
    page.on("download", lambda download: saved.append(download))
    keeper = Keeper(page, server.app_url)
    keeper.begins(FIRST)
    keeper.is_kept_safe(FIRST)
    goes_to_consent(keeper, 0)
    agrees(keeper)
    words = hands_over(keeper)
    assert len(words.split()) == 8 and faults(page) == []
    keeper.sees(f"{server.public_url}/get")
    with desk(browser) as officer:
        pack = fetches(officer, server, words.upper().replace(" ", ",  "), tmp_path)
        expect(officer.get_by_role("heading", name="Nothing wrong was found")).to_be_visible(timeout=WAITS)
        expect(officer.get_by_text(f"Saved as {pack.name}, and checked.")).to_be_visible()
        assert faults(officer) == []
    assert re.fullmatch(r"PACK_JB_1_\d{8}\.zip", pack.name)
    assert verify(pack, notary=Notary(server.settings.read_notary_seed()).pub) == []
    keeper.tap("Done")
    keeper.sees_place("Handed over")
    keeper.sees(re.compile(r"Opened today \d\d:\d\d"))
    keeper.sees(re.compile("4 of 5 openings left"))
    assert says_them_again(keeper) == words and faults(page) == []
    keeper.tap("End it now")
    keeper.field("Type your words to go on").fill(keeper.words)
    keeper.tap("End it")
    keeper.sees(re.compile(r"You ended it today \d\d:\d\d"))
    with desk(browser) as late:
        looks(late, server, words)
        expect(late.get_by_role("alert")).to_contain_text("These words open nothing here.", timeout=WAITS)
    keeper.page.wait_for_timeout(500)
    profile.close()
    assert saved == []
    raw = pack.read_bytes()
    needles = (raw[:200], raw[len(raw) // 2 :][:64], raw[-64:], b"PACK_JB_1_", words.encode(), words.encode("utf-16-le"))
    held = [path for path in profile.folder.rglob("*") if path.is_file()]
    assert held and [path for path in held for needle in needles if needle in path.read_bytes()] == []
    operator = [path for path in server.data.rglob("*") if path.is_file()]
    pairs = [" ".join(words.split()[at : at + 2]).encode() for at in range(7)]
    assert operator and not [path for path in operator if any(one in path.read_bytes() for one in (raw[:200], *pairs))]
    sent = b"".join(one.all_bytes() for one in server.exchanges)
    assert not [pair for pair in pairs if pair in sent]


@pytest.mark.slow  # a big file; a pack handed over and fetched is in every `make test`
def test_streamed_to_a_place_and_slips(new_phone: NewPhone, browser: Browser, server: Served, tmp_path: Path) -> None:
    """Where the browser can, the pack goes straight to the place that was picked. A slip is said before anyone is asked."""
    keeper = new_phone()
    keeper.begins(FIRST)
    keeper.is_kept_safe(FIRST)
    goes_to_consent(keeper, 0)
    agrees(keeper)
    words = hands_over(keeper)
    with desk(browser, PICKER) as officer:
        before = len(server.to("/v1/handover/openings"))
        looks(officer, server, words.rsplit(" ", 1)[0])
        expect(officer.get_by_role("alert")).to_contain_text("These eight words do not fit together.")
        looks(officer, server, f"xylophonist {words}".rsplit(" ", 1)[0])
        expect(officer.get_by_role("alert")).to_contain_text("Not on the list of words: xylophonist")
        assert len(server.to("/v1/handover/openings")) == before
        looks(officer, server, words)
        officer.get_by_role("button", name="Fetch, check and save it").click(timeout=WAITS)
        expect(officer.get_by_role("heading", name="Nothing wrong was found")).to_be_visible(timeout=WAITS)
        name, content = officer.evaluate(PICKED)
        cookies = officer.context.cookies()
    (tmp_path / name).write_bytes(bytes(content))
    assert verify(tmp_path / name, notary=Notary(server.settings.read_notary_seed()).pub) == []
    assert cookies == []
    server.meddle("GET", r"/v1/handover/parts/0$", change=lambda body: body[:-1] + bytes([body[-1] ^ 1]))
    with desk(browser) as officer:
        looks(officer, server, words)
        officer.get_by_role("button", name="Fetch, check and save it").click(timeout=WAITS)
        refused = "What came is not what was sealed. Nothing was saved."
        expect(officer.get_by_role("alert")).to_contain_text(refused, timeout=WAITS)


def makes_one_here(keeper: Keeper) -> None:
    """A pack that the phone makes by itself: quicker than one from the server, and handed over alike."""
    chooses_everything(keeper, "Make a pack on this phone")
    looks_through(keeper, 0)
    keeper.field("Your initials").fill("jb")
    keeper.tap("Next")
    agrees(keeper)


def standing(server: Served) -> int:
    """How many hand-overs of this server are neither ended nor out of date."""
    with closing(sqlite3.connect(server.data / "kept.sqlite3")) as database:
        return int(database.execute("SELECT count(*) FROM handover WHERE ended_at IS NULL").fetchone()[0])


def test_the_words_outlive_a_lock_a_reload_and_the_signal(keeper: Keeper, server: Served) -> None:
    """Locked with the words on the screen, loaded anew, without a network: the same words are there after one's own."""
    keeper.begins(FIRST)
    keeper.is_kept_safe(FIRST)
    keeper.is_offline_ready()
    makes_one_here(keeper)
    words = hands_over(keeper)
    shown = keeper.page.locator(".eight-words li")
    keeper.locks()
    expect(shown).to_have_count(0)

    def reads_them_again() -> None:
        keeper.unlocks()
        keeper.goes("Share")
        keeper.page.get_by_role("button", name=re.compile("^Handed over")).click()
        keeper.sees(re.compile("^For .?PC Shah"))
        expect(shown).to_have_count(0)
        assert says_them_again(keeper) == words

    reads_them_again()
    keeper.page.reload()
    keeper.sees_lock()
    expect(shown).to_have_count(0)
    reads_them_again()
    keeper.page.context.set_offline(True)
    keeper.page.reload()
    keeper.sees_lock()
    reads_them_again()
    keeper.sees(re.compile("^There is no signal. These are the words this phone keeps."))
    keeper.sees(f"{server.public_url}/get")
    expect(keeper.button("End it now")).to_have_count(0)
    assert faults(keeper.page) == []
    keeper.page.context.set_offline(False)
    keeper.tap("Look again")
    keeper.sees("Not opened yet")
    expect(keeper.button("End it now")).to_be_visible()


def test_a_lock_in_the_middle_leaves_nothing_on_the_server(keeper: Keeper, server: Served) -> None:
    """Half left, then locked: what had come is ended at once, and no word of it is kept."""
    keeper.begins(FIRST)
    keeper.is_kept_safe(FIRST)
    before = standing(server)
    makes_one_here(keeper)
    keeper.tap(re.compile("Hand it over with eight words"))
    keeper.sees_place("Hand this pack over")
    server.meddle("PUT", r"/v1/handovers/.*/parts/0$", before=lambda: time.sleep(3), times=1)
    leaves_it(keeper)
    expect(keeper.page.get_by_text("Leaving the pack")).to_be_visible(timeout=WAITS)
    keeper.locks()
    keeper.page.wait_for_timeout(500)
    keeper.unlocks()
    for _ in range(100):
        if standing(server) == before:
            break
        keeper.page.wait_for_timeout(100)
    assert standing(server) == before
    keeper.goes("Share")
    keeper.page.get_by_role("button", name=re.compile("^Handed over")).click()
    keeper.sees("Nothing is waiting to be fetched.")


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (360, "dark"), (1280, "light"), (1280, "dark")])
def test_the_page_reads_well(browser: Browser, server: Served, width: int, scheme: str) -> None:
    """No fault at any width, in light and dark, at twice the text size, by keyboard, and without a script it says why."""
    options = {"viewport": {"width": width, "height": 740}, "color_scheme": scheme}
    with desk(browser, **options) as page:
        page.goto(f"{server.public_url}/get")
        assert faults(page) == []
        page.get_by_label("The eight words, in their order").fill("one two")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_focused()
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert faults(page) == []
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.public_url}/get")
    expect(page.get_by_text("This page needs JavaScript")).to_be_visible()
    context.close()
