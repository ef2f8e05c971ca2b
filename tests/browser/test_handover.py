"""Handing over a pack: eight words on a keeper's phone, any browser at a desk, and nothing left behind."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser import chromium
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import (
    PACK_TIMEOUT_MS,
    choose_usual_contents,
    give_consent,
    go_to_consent,
    review_findings,
)

NARRATIVE = "He followed me from the station to Mill Lane."
DOWNLOAD_TIMEOUT_MS = 60_000
# A test cannot use the save dialog, so a file of the page's own storage replaces the chosen one.
FAKE_PICKER_SCRIPT = """globalThis.showSaveFilePicker = async ({ suggestedName }) => {
  globalThis.picked = suggestedName;
  return (await navigator.storage.getDirectory()).getFileHandle('picked', { create: true });
};"""
REMOVE_PICKER_SCRIPT = "delete globalThis.showSaveFilePicker;"
READ_PICKED_FILE_SCRIPT = """async () => {
  const file = await (await (await navigator.storage.getDirectory()).getFileHandle('picked')).getFile();
  return [globalThis.picked, Array.from(new Uint8Array(await file.arrayBuffer()))];
}"""


@contextmanager
def open_desktop_page(browser: Browser, script: str = REMOVE_PICKER_SCRIPT, **options: Any) -> Iterator[Page]:
    """Return a page on a computer without data. It must report no error."""
    context = browser.new_context(**(chromium.DESKTOP_OPTIONS | options))
    context.set_default_timeout(chromium.TIMEOUT_MS)
    context.add_init_script(script)
    page, page_errors = context.new_page(), chromium.PageErrors()
    page_errors.listen(page)
    yield page
    assert page_errors.messages == []
    context.close()


def look_for_pack(page: Page, server: LiveServer, words: str) -> None:
    """Type the words on /get."""
    page.goto(f"{server.public_url}/get")
    page.get_by_label("The eight words, in their order").fill(words)
    page.get_by_role("button", name="Look for the pack").click()


def fetch_pack(page: Page, server: LiveServer, words: str, folder: Path, timeout_ms: int = DOWNLOAD_TIMEOUT_MS) -> Path:
    """Fetch the pack into this desk's downloads, under its real name."""
    look_for_pack(page, server, words)
    with page.expect_download(timeout=timeout_ms) as saved:
        page.get_by_role("button", name="Fetch, check and save it").click(timeout=DOWNLOAD_TIMEOUT_MS)
    pack = folder / saved.value.suggested_filename
    saved.value.save_as(pack)
    return pack


def hand_over(keeper: BrowserKeeper) -> str:
    """Make the eight words of a finished pack. Return them as the screen shows them."""
    expect(keeper.heading("Your pack is ready")).to_be_visible(timeout=PACK_TIMEOUT_MS)
    keeper.tap(re.compile("Hand it over with eight words"))
    keeper.wait_for_screen("Hand this pack over")
    keeper.field("Who is it for?").fill("PC Shah")
    confirm_handover(keeper)
    expect(keeper.heading("These eight words open it")).to_be_visible(timeout=DOWNLOAD_TIMEOUT_MS)
    return " ".join(keeper.page.locator(".eight-words li").all_inner_texts())


def confirm_handover(keeper: BrowserKeeper) -> None:
    """Confirm the handover with the keeper's own words."""
    keeper.tap("Leave it and get the words")
    sheet = keeper.page.get_by_role("dialog")
    sheet.get_by_label("Type your password to go on", exact=True).fill(keeper.passphrase)
    sheet.get_by_role("button", name="Leave it and get the words").click()


def show_words_again(keeper: BrowserKeeper) -> str:
    """Show the eight words again from the list. Wrong words are refused, the keeper's own are accepted."""
    word_list, sheet = keeper.page.locator(".eight-words li"), keeper.page.get_by_role("dialog")
    for words in ("these are not the words", keeper.passphrase):
        expect(word_list).to_have_count(0)
        keeper.tap("Show the words")
        sheet.get_by_label("Type your password to go on", exact=True).fill(words)
        sheet.get_by_role("button", name="Show the words").click()
        if words != keeper.passphrase:
            expect(keeper.error_message()).to_contain_text("That is not the password that opens this phone.")
    expect(word_list).to_have_count(8)
    return " ".join(word_list.all_inner_texts())


def test_a_pack_is_handed_over_and_fetched(
    new_profile: NewProfile, browser: Browser, server: LiveServer, tmp_path: Path
) -> None:
    """The eight words open the pack at a desk, and the keeper sees when.

    No zip is on the phone, and the server cannot read it.
    """
    profile = new_profile(accept_downloads=True)
    page = profile.open().pages[0]
    saved: list[object] = []
    page.on("download", lambda download: saved.append(download))
    keeper = BrowserKeeper(page, server.app_url)
    keeper.create_registered_diary(NARRATIVE)
    keeper.wait_until_kept_safe(NARRATIVE)
    go_to_consent(keeper, 0)
    give_consent(keeper)
    words = hand_over(keeper)
    assert len(words.split()) == 8 and accessibility_faults(page) == []
    keeper.wait_for_text(f"{server.public_url}/get")
    with open_desktop_page(browser) as officer:
        pack = fetch_pack(officer, server, words.upper().replace(" ", ",  "), tmp_path)
        expect(officer.get_by_role("heading", name="Nothing wrong was found")).to_be_visible(
            timeout=DOWNLOAD_TIMEOUT_MS
        )
        expect(officer.get_by_text(f"Saved as {pack.name}, and checked.")).to_be_visible()
        assert accessibility_faults(officer) == []
    assert re.fullmatch(r"PACK_JB_1_\d{8}\.zip", pack.name)
    assert verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    keeper.tap("Done")
    keeper.wait_for_screen("Handed over")
    keeper.wait_for_text(re.compile(r"Opened today \d\d:\d\d"))
    keeper.wait_for_text(re.compile("4 of 5 openings left"))
    assert show_words_again(keeper) == words and accessibility_faults(page) == []
    keeper.tap("End it now")
    keeper.field("Type your password to go on").fill(keeper.passphrase)
    keeper.tap("End it")
    keeper.wait_for_text(re.compile(r"You ended it today \d\d:\d\d"))
    with open_desktop_page(browser) as after_end:
        look_for_pack(after_end, server, words)
        expect(after_end.get_by_role("alert")).to_contain_text(
            "These words open nothing here.", timeout=DOWNLOAD_TIMEOUT_MS
        )
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
    traffic = b"".join(exchange.all_bytes() for exchange in server.exchanges)
    assert not [pair for pair in pairs if pair in traffic]


@pytest.mark.slow  # a big file; a pack handed over and fetched is in every `make test`
def test_a_pack_is_streamed_to_the_chosen_file_and_mistakes_are_reported(
    new_phone: NewPhone, browser: Browser, server: LiveServer, tmp_path: Path
) -> None:
    """Where the browser can, the pack is written straight to the chosen file.

    Typing mistakes are reported before any request.
    """
    keeper = new_phone()
    keeper.create_registered_diary(NARRATIVE)
    keeper.wait_until_kept_safe(NARRATIVE)
    go_to_consent(keeper, 0)
    give_consent(keeper)
    words = hand_over(keeper)
    with open_desktop_page(browser, FAKE_PICKER_SCRIPT) as officer:
        before = len(server.exchanges_with("/v1/handover/openings"))
        look_for_pack(officer, server, words.rsplit(" ", 1)[0])
        expect(officer.get_by_role("alert")).to_contain_text("These eight words do not fit together.")
        look_for_pack(officer, server, f"xylophonist {words}".rsplit(" ", 1)[0])
        expect(officer.get_by_role("alert")).to_contain_text("Not on the list of words: xylophonist")
        assert len(server.exchanges_with("/v1/handover/openings")) == before
        look_for_pack(officer, server, words)
        officer.get_by_role("button", name="Fetch, check and save it").click(timeout=DOWNLOAD_TIMEOUT_MS)
        expect(officer.get_by_role("heading", name="Nothing wrong was found")).to_be_visible(
            timeout=DOWNLOAD_TIMEOUT_MS
        )
        name, content = officer.evaluate(READ_PICKED_FILE_SCRIPT)
        cookies = officer.context.cookies()
    (tmp_path / name).write_bytes(bytes(content))
    assert verify_pack(tmp_path / name, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    assert cookies == []
    server.inject_fault("GET", r"/v1/handover/parts/0$", change_body=lambda body: body[:-1] + bytes([body[-1] ^ 1]))
    with open_desktop_page(browser) as officer:
        look_for_pack(officer, server, words)
        officer.get_by_role("button", name="Fetch, check and save it").click(timeout=DOWNLOAD_TIMEOUT_MS)
        refusal_message = "What came is not what was sealed. Nothing was saved."
        expect(officer.get_by_role("alert")).to_contain_text(refusal_message, timeout=DOWNLOAD_TIMEOUT_MS)


def make_pack_on_phone(keeper: BrowserKeeper) -> None:
    """Make a pack on the phone, which is quicker than on the server, and handed over in the same way."""
    choose_usual_contents(keeper)
    review_findings(keeper, 0)
    give_consent(keeper)


def count_open_handovers(server: LiveServer) -> int:
    """Return the number of handovers that have not ended."""
    with closing(sqlite3.connect(server.data / "kept.sqlite3")) as database:
        return int(database.execute("SELECT count(*) FROM handover WHERE ended_at IS NULL").fetchone()[0])


def test_the_eight_words_survive_a_lock_a_reload_and_no_signal(keeper: BrowserKeeper, server: LiveServer) -> None:
    """After a lock, a reload and without a network, the keeper's words show the same eight words."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.wait_until_kept_safe(NARRATIVE)
    keeper.wait_until_offline_ready()
    make_pack_on_phone(keeper)
    words = hand_over(keeper)
    word_list = keeper.page.locator(".eight-words li")
    keeper.lock()
    expect(word_list).to_have_count(0)

    def check_words_again() -> None:
        keeper.unlock()
        keeper.go_to_tab("Share")
        keeper.page.get_by_role("button", name=re.compile("^Handed over")).click()
        keeper.wait_for_text(re.compile("^For .?PC Shah"))
        expect(word_list).to_have_count(0)
        assert show_words_again(keeper) == words

    check_words_again()
    keeper.page.reload()
    keeper.wait_for_lock()
    expect(word_list).to_have_count(0)
    check_words_again()
    keeper.page.context.set_offline(True)
    keeper.page.reload()
    keeper.wait_for_lock()
    check_words_again()
    keeper.wait_for_text(re.compile("^There is no signal. These are the words this phone keeps."))
    keeper.wait_for_text(f"{server.public_url}/get")
    expect(keeper.button("End it now")).to_have_count(0)
    assert accessibility_faults(keeper.page) == []
    keeper.page.context.set_offline(False)
    keeper.tap("Look again")
    keeper.wait_for_text("Not opened yet")
    expect(keeper.button("End it now")).to_be_visible()


def test_a_lock_in_the_middle_leaves_nothing_on_the_server(keeper: BrowserKeeper, server: LiveServer) -> None:
    """A lock during the upload ends the handover at once, and its words are not stored."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.wait_until_kept_safe(NARRATIVE)
    before = count_open_handovers(server)
    make_pack_on_phone(keeper)
    keeper.tap(re.compile("Hand it over with eight words"))
    keeper.wait_for_screen("Hand this pack over")
    server.inject_fault("PUT", r"/v1/handovers/.*/parts/0$", before_response=lambda: time.sleep(3), max_uses=1)
    confirm_handover(keeper)
    expect(keeper.page.get_by_text("Leaving the pack")).to_be_visible(timeout=DOWNLOAD_TIMEOUT_MS)
    keeper.lock()
    keeper.page.wait_for_timeout(500)
    keeper.unlock()
    for _ in range(100):
        if count_open_handovers(server) == before:
            break
        keeper.page.wait_for_timeout(100)
    assert count_open_handovers(server) == before
    keeper.go_to_tab("Share")
    keeper.page.get_by_role("button", name=re.compile("^Handed over")).click()
    keeper.wait_for_text("Nothing is waiting to be fetched.")


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (360, "dark"), (1280, "light"), (1280, "dark")])
def test_the_fetch_page_has_no_faults(browser: Browser, server: LiveServer, width: int, scheme: str) -> None:
    """The page has no fault at any width, light or dark, at twice the text size, by keyboard.

    Without JavaScript, it shows that it needs it.
    """
    options: dict[str, Any] = {"viewport": {"width": width, "height": 740}, "color_scheme": scheme}
    with open_desktop_page(browser, **options) as page:
        page.goto(f"{server.public_url}/get")
        assert accessibility_faults(page) == []
        page.get_by_label("The eight words, in their order").fill("one two")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_focused()
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert accessibility_faults(page) == []
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.public_url}/get")
    expect(page.get_by_text("This page needs JavaScript")).to_be_visible()
    context.close()
