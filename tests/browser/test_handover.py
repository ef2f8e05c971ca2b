"""Handing over a pack: eight words on a keeper's phone, any browser at a desk, and nothing left behind."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from diary.crypto.signing import Notary
from diary.pack.verify.verifier import verify
from tests.browser import chromium
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import MAKING, agrees, chooses_everything, goes_to_consent, looks_through
from tests.browser.serving import Served

FIRST = "He followed me from the station to Mill Lane."
WAITS = 60_000
# A test cannot use the save dialog, so a file of the page's own storage replaces the chosen one.
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
    """A computer without data; its page may report no error."""
    context = browser.new_context(**(chromium.DESK | options))  # type: ignore[arg-type]
    context.set_default_timeout(chromium.PATIENCE)
    context.add_init_script(script)
    page, page_errors = context.new_page(), chromium.PageErrors()
    page_errors.listen(page)
    yield page
    assert page_errors.messages == []
    context.close()


def look_for_pack(page: Page, server: Served, words: str) -> None:
    """Type the words on /get."""
    page.goto(f"{server.public_url}/get")
    page.get_by_label("The eight words, in their order").fill(words)
    page.get_by_role("button", name="Look for the pack").click()


def fetches(page: Page, server: Served, words: str, folder: Path, patience: int = WAITS) -> Path:
    """Fetch the pack into the downloads of this desk, under its real name."""
    look_for_pack(page, server, words)
    with page.expect_download(timeout=patience) as saved:
        page.get_by_role("button", name="Fetch, check and save it").click(timeout=WAITS)
    pack = folder / saved.value.suggested_filename
    saved.value.save_as(pack)
    return pack


def hand_over(keeper: Keeper) -> str:
    """From a finished pack, make its eight words; return them as the screen shows them."""
    expect(keeper.heading("Your pack is ready")).to_be_visible(timeout=MAKING)
    keeper.tap(re.compile("Hand it over with eight words"))
    keeper.sees_place("Hand this pack over")
    keeper.field("Who is it for?").fill("PC Shah")
    confirm_handover(keeper)
    expect(keeper.heading("These eight words open it")).to_be_visible(timeout=WAITS)
    return " ".join(keeper.page.locator(".eight-words li").all_inner_texts())


def confirm_handover(keeper: Keeper) -> None:
    """Confirm the handover with the keeper's own words."""
    keeper.tap("Leave it and get the words")
    sheet = keeper.page.get_by_role("dialog")
    sheet.get_by_label("Type your words to go on", exact=True).fill(keeper.words)
    sheet.get_by_role("button", name="Leave it and get the words").click()


def show_words_again(keeper: Keeper) -> str:
    """Show the eight words again from the list: wrong words are refused, the keeper's own work."""
    word_list, sheet = keeper.page.locator(".eight-words li"), keeper.page.get_by_role("dialog")
    for words in ("these are not the words", keeper.words):
        expect(word_list).to_have_count(0)
        keeper.tap("Show the words")
        sheet.get_by_label("Type your words to go on", exact=True).fill(words)
        sheet.get_by_role("button", name="Show the words").click()
        if words != keeper.words:
            expect(keeper.problem()).to_contain_text("Those are not the words that open this phone.")
    expect(word_list).to_have_count(8)
    return " ".join(word_list.all_inner_texts())


def test_a_pack_is_handed_over_and_fetched(
    new_profile: NewProfile, browser: Browser, server: Served, tmp_path: Path
) -> None:
    """The eight words open the pack at a desk; the keeper sees when;
    no zip is on the phone, and the server cannot read it.
    """
    profile = new_profile(accept_downloads=True)
    page = profile.open().pages[0]
    saved: list[object] = []
    page.on("download", lambda download: saved.append(download))
    keeper = Keeper(page, server.app_url)
    keeper.begins(FIRST)
    keeper.is_kept_safe(FIRST)
    goes_to_consent(keeper, 0)
    agrees(keeper)
    words = hand_over(keeper)
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
    assert show_words_again(keeper) == words and faults(page) == []
    keeper.tap("End it now")
    keeper.field("Type your words to go on").fill(keeper.words)
    keeper.tap("End it")
    keeper.sees(re.compile(r"You ended it today \d\d:\d\d"))
    with desk(browser) as after_end:
        look_for_pack(after_end, server, words)
        expect(after_end.get_by_role("alert")).to_contain_text("These words open nothing here.", timeout=WAITS)
    keeper.page.wait_for_timeout(500)
    profile.close()
    assert saved == []
    raw = pack.read_bytes()
    needles = (
        raw[:200],
        raw[len(raw) // 2 :][:64],
        raw[-64:],
        b"PACK_JB_1_",
        words.encode(),
        words.encode("utf-16-le"),
    )
    profile_files = [path for path in profile.folder.rglob("*") if path.is_file()]
    assert profile_files and [path for path in profile_files for needle in needles if needle in path.read_bytes()] == []
    server_files = [path for path in server.data.rglob("*") if path.is_file()]
    pairs = [" ".join(words.split()[at : at + 2]).encode() for at in range(7)]
    assert server_files and not [
        path for path in server_files if any(part in path.read_bytes() for part in (raw[:200], *pairs))
    ]
    sent = b"".join(exchange.all_bytes() for exchange in server.exchanges)
    assert not [pair for pair in pairs if pair in sent]


@pytest.mark.slow  # a big file; a pack handed over and fetched is in every `make test`
def test_a_pack_is_streamed_to_the_chosen_file_and_mistakes_are_reported(
    new_phone: NewPhone, browser: Browser, server: Served, tmp_path: Path
) -> None:
    """Where the browser can, the pack is written straight to the chosen file.
    Typing mistakes are reported before any request.
    """
    keeper = new_phone()
    keeper.begins(FIRST)
    keeper.is_kept_safe(FIRST)
    goes_to_consent(keeper, 0)
    agrees(keeper)
    words = hand_over(keeper)
    with desk(browser, PICKER) as officer:
        before = len(server.to("/v1/handover/openings"))
        look_for_pack(officer, server, words.rsplit(" ", 1)[0])
        expect(officer.get_by_role("alert")).to_contain_text("These eight words do not fit together.")
        look_for_pack(officer, server, f"xylophonist {words}".rsplit(" ", 1)[0])
        expect(officer.get_by_role("alert")).to_contain_text("Not on the list of words: xylophonist")
        assert len(server.to("/v1/handover/openings")) == before
        look_for_pack(officer, server, words)
        officer.get_by_role("button", name="Fetch, check and save it").click(timeout=WAITS)
        expect(officer.get_by_role("heading", name="Nothing wrong was found")).to_be_visible(timeout=WAITS)
        name, content = officer.evaluate(PICKED)
        cookies = officer.context.cookies()
    (tmp_path / name).write_bytes(bytes(content))
    assert verify(tmp_path / name, notary=Notary(server.settings.read_notary_seed()).pub) == []
    assert cookies == []
    server.meddle("GET", r"/v1/handover/parts/0$", change=lambda body: body[:-1] + bytes([body[-1] ^ 1]))
    with desk(browser) as officer:
        look_for_pack(officer, server, words)
        officer.get_by_role("button", name="Fetch, check and save it").click(timeout=WAITS)
        refused = "What came is not what was sealed. Nothing was saved."
        expect(officer.get_by_role("alert")).to_contain_text(refused, timeout=WAITS)


def make_pack_on_phone(keeper: Keeper) -> None:
    """Make a pack on the phone: quicker than on the server, and handed over in the same way."""
    chooses_everything(keeper, "Make a pack on this phone")
    looks_through(keeper, 0)
    keeper.field("Your initials").fill("jb")
    keeper.tap("Next")
    agrees(keeper)


def open_handovers(server: Served) -> int:
    """Return the number of handovers that have not ended."""
    with closing(sqlite3.connect(server.data / "kept.sqlite3")) as database:
        return int(database.execute("SELECT count(*) FROM handover WHERE ended_at IS NULL").fetchone()[0])


def test_the_eight_words_survive_a_lock_a_reload_and_no_signal(keeper: Keeper, server: Served) -> None:
    """After a lock, a reload and without a network, the keeper's words show the same eight words."""
    keeper.begins(FIRST)
    keeper.is_kept_safe(FIRST)
    keeper.is_offline_ready()
    make_pack_on_phone(keeper)
    words = hand_over(keeper)
    word_list = keeper.page.locator(".eight-words li")
    keeper.locks()
    expect(word_list).to_have_count(0)

    def check_words_again() -> None:
        keeper.unlocks()
        keeper.goes("Share")
        keeper.page.get_by_role("button", name=re.compile("^Handed over")).click()
        keeper.sees(re.compile("^For .?PC Shah"))
        expect(word_list).to_have_count(0)
        assert show_words_again(keeper) == words

    check_words_again()
    keeper.page.reload()
    keeper.sees_lock()
    expect(word_list).to_have_count(0)
    check_words_again()
    keeper.page.context.set_offline(True)
    keeper.page.reload()
    keeper.sees_lock()
    check_words_again()
    keeper.sees(re.compile("^There is no signal. These are the words this phone keeps."))
    keeper.sees(f"{server.public_url}/get")
    expect(keeper.button("End it now")).to_have_count(0)
    assert faults(keeper.page) == []
    keeper.page.context.set_offline(False)
    keeper.tap("Look again")
    keeper.sees("Not opened yet")
    expect(keeper.button("End it now")).to_be_visible()


def test_a_lock_in_the_middle_leaves_nothing_on_the_server(keeper: Keeper, server: Served) -> None:
    """A lock during the upload ends the handover at once, and keeps no words of it."""
    keeper.begins(FIRST)
    keeper.is_kept_safe(FIRST)
    before = open_handovers(server)
    make_pack_on_phone(keeper)
    keeper.tap(re.compile("Hand it over with eight words"))
    keeper.sees_place("Hand this pack over")
    server.meddle("PUT", r"/v1/handovers/.*/parts/0$", before=lambda: time.sleep(3), times=1)
    confirm_handover(keeper)
    expect(keeper.page.get_by_text("Leaving the pack")).to_be_visible(timeout=WAITS)
    keeper.locks()
    keeper.page.wait_for_timeout(500)
    keeper.unlocks()
    for _ in range(100):
        if open_handovers(server) == before:
            break
        keeper.page.wait_for_timeout(100)
    assert open_handovers(server) == before
    keeper.goes("Share")
    keeper.page.get_by_role("button", name=re.compile("^Handed over")).click()
    keeper.sees("Nothing is waiting to be fetched.")


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (360, "dark"), (1280, "light"), (1280, "dark")])
def test_the_fetch_page_has_no_faults(browser: Browser, server: Served, width: int, scheme: str) -> None:
    """The page has no fault at any width, light or dark,
    at twice the text size, by keyboard; without JavaScript it says so.
    """
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
