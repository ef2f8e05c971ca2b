"""Every failure has a message on the screen, and nothing acknowledged is lost."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.pictures import png_of, upload
from tests.browser.serving import Answer, Served

TEXT = "He was waiting by my car."
LATER = "He has found my new number."
PUSH = r"/versions/"
PORTAL = Answer(200, b"<html><body>Welcome to Cafe Wi-Fi. Sign in.</body></html>", "text/html; charset=utf-8")


def _is_sent_after_the_fault(keeper: Keeper, server: Served, sentence: str) -> None:
    """While the fault lasts, the entry says why it waits; afterwards it is kept safe."""
    expect(keeper.page.get_by_text(sentence).first).to_be_visible()
    server.behave()
    keeper.locks()
    keeper.unlocks()
    keeper.goes("Entries")
    expect(keeper.state_of(LATER)).to_have_text(KEPT)
    expect(keeper.state_of(TEXT)).to_have_text(KEPT)


def _add_during_fault(keeper: Keeper) -> None:
    keeper.adds(LATER)
    keeper.goes("Entries")


def test_wrong_words_open_nothing(keeper: Keeper) -> None:
    """Wrong words open nothing and get the same message each time; the right words still open the diary."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    keeper.locks()
    for words in ("nearly the right words", "x", keeper.words[:-1]):
        keeper.tries_words(words)
        expect(keeper.problem()).to_have_text("That didn’t open anything. Try again.")
    keeper.tries_words(keeper.words)
    expect(keeper.problem()).to_have_text("Try again in a moment.")
    keeper.page.wait_for_timeout(5_000)  # the delay after three wrong tries
    keeper.unlocks()
    keeper.reads(TEXT)


def test_wrong_words_wrong_code_and_unknown_name_get_the_same_message(new_phone: NewPhone) -> None:
    """Wrong words, a wrong code and an unknown name get the same message on signing in."""
    phone = new_phone()
    phone.begins(TEXT)
    phone.writes_down_the_code()
    other = new_phone()
    wrong_code = " ".join(["abandon"] * 11 + ["about"])
    messages = set()
    for login in (phone.login, "quiet-otter-1234"):
        other.opens()
        other.asks_to_sign_in(login, "some other words entirely")
        expect(other.problem()).to_be_visible()
        messages.add(other.problem().inner_text())
        other.opens()
        other.asks_to_sign_in_with_code(login, wrong_code, "entirely new words here")
        expect(other.problem()).to_be_visible()
        messages.add(other.problem().inner_text())
    template = "That did not match. Check the name and the {}, and try again. Nothing was lost."
    assert messages == {template.format("words"), template.format("code")}


def test_a_mistyped_code_is_not_sent(new_phone: NewPhone, server: Served) -> None:
    """A code with a wrong checksum is not sent."""
    phone = new_phone()
    phone.opens()
    before = len(server.to("/v1/recoveries"))
    phone.asks_to_sign_in_with_code("quiet-otter-1234", "ABCD-EFGH", "entirely new words here")
    expect(phone.problem()).to_be_visible()
    assert len(server.to("/v1/recoveries")) == before


def test_empty_and_too_large_files(keeper: Keeper, tmp_path: Any) -> None:
    """An empty file and one above the limit are refused, each with a message; nothing else changes."""
    keeper.begins(TEXT)
    keeper.reads(TEXT)
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload("nothing.png", "image/png", b"")])
    expect(keeper.problem()).to_contain_text("This file is empty, so it was not added.")
    large = tmp_path / "film.mp4"
    with large.open("wb") as file:
        file.truncate(200 * 1024 * 1024 + 1)  # sparse: it has the size but no bytes on disk
    keeper.picks_files([large], source="Choose a file")
    expect(keeper.problem()).to_contain_text("This file is larger than 200 MB")
    keeper.goes("Entries")
    expect(keeper.state_of(TEXT)).to_have_text(KEPT)


def test_a_file_that_changes_while_it_is_read(keeper: Keeper, tmp_path: Any) -> None:
    """A file that changes while it is read is not added, and the screen says so."""
    keeper.begins(TEXT)
    keeper.reads(TEXT)
    keeper.opens_card("Photos & screenshots")
    moving = tmp_path / "moving.bin"
    moving.write_bytes(b"a" * 5_000_000)
    # The first read waits until the file has been written to: that is the moment to test.
    keeper.page.evaluate(
        """() => {
            const real = Blob.prototype.arrayBuffer;
            let held = false;
            window.reading = new Promise((go) => { window.begun = go; });
            Blob.prototype.arrayBuffer = async function arrayBuffer() {
                if (!held) { held = true; await new Promise((go) => { window.carryOn = go; window.begun?.(); }); }
                return real.call(this);
            };
        }"""
    )
    keeper.picks_files([moving], source="Choose a file")
    keeper.page.evaluate("window.reading")
    moving.write_bytes(b"b" * 4_000_000)
    keeper.page.evaluate("window.carryOn()")
    expect(keeper.problem()).to_contain_text("The file changed while it was being read")
    expect(keeper.tile("moving.bin")).to_have_count(0)


def test_a_full_phone_keeps_the_draft(keeper: Keeper) -> None:
    """When the phone is full, the screen says so, saved entries stay, and the draft is still there."""
    keeper.begins(TEXT)
    keeper.goes("Add")
    keeper.writes(LATER)
    keeper.draft_is_sealed()
    keeper.page.evaluate(
        """() => {
            const real = IDBObjectStore.prototype.put;
            window.restore = () => { IDBObjectStore.prototype.put = real; };
            IDBObjectStore.prototype.put = function put() { throw new DOMException('full', 'QuotaExceededError'); };
        }"""
    )
    keeper.chooses("Just now")
    keeper.tap("Save")
    expect(keeper.problem().first).to_contain_text("This phone is full.")
    expect(keeper.field("What happened?")).to_have_value(LATER)
    keeper.page.evaluate("window.restore()")
    keeper.tap("Save")
    keeper.sees_place("Saved")
    keeper.is_kept_safe(LATER)
    expect(keeper.state_of(TEXT)).to_have_text(KEPT)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(500, b"Traceback (most recent call last)", "text/plain"), "the server is not working just now"),
        (Answer(200, b"\x00\xff not json", "application/json"), "the answer did not come from the right server"),
        (PORTAL, "this Wi-Fi wants you to sign in first"),
    ],
    ids=["500", "garbage", "captive portal"],
)
def test_wrong_responses_are_explained_and_the_entry_is_sent_later(
    keeper: Keeper, server: Served, answer: Answer, sentence: str
) -> None:
    """A 500, garbage and a Wi-Fi sign-in page each get a message, and the entry is sent later."""
    keeper.begins(TEXT)
    server.meddle("PUT", PUSH, answer=answer)
    _add_during_fault(keeper)
    _is_sent_after_the_fault(keeper, server, sentence)


def test_without_a_server_the_entry_waits(keeper: Keeper, server: Served) -> None:
    """Without a server, an entry waits on the phone and is sent when the server is back."""
    keeper.begins(TEXT)
    server.stop()
    _add_during_fault(keeper)
    expect(keeper.state_of(LATER)).to_have_text(re.compile("Sealed on this phone|Not sent yet"))
    server.start()
    keeper.locks()
    keeper.unlocks()
    keeper.is_kept_safe(LATER)


def _spoil_commitment(receipt: dict[str, Any]) -> None:
    receipt["c"] = "A" * 43


def _spoil_signature(receipt: dict[str, Any]) -> None:
    receipt["sig"] = "A" * 85 + "A"


def _spoil_notary(receipt: dict[str, Any]) -> None:
    receipt["log"] = "B" * 42 + "A"


SPOILT = [pytest.param(spoil, marks=pytest.mark.slow) for spoil in (_spoil_commitment, _spoil_notary)]


@pytest.mark.parametrize("spoil", [_spoil_signature, *SPOILT])
def test_an_invalid_receipt_is_never_shown_as_kept_safe(
    keeper: Keeper, server: Served, spoil: Callable[[dict[str, Any]], None]
) -> None:
    """A receipt with a wrong commitment, signature or log is never shown as kept safe."""

    def change(body: bytes) -> bytes:
        answer = json.loads(body)
        spoil(answer["receipt"])
        return json.dumps(answer, sort_keys=True, separators=(",", ":")).encode()

    keeper.begins(TEXT)
    server.meddle("PUT", PUSH, change=change)
    _add_during_fault(keeper)
    _is_sent_after_the_fault(keeper, server, "the server’s receipt does not hold")


def test_an_upload_continues_after_the_session_ends(keeper: Keeper, server: Served) -> None:
    """When the session ends between two parts of a file, the app signs in again and continues with the next part."""
    keeper.begins(TEXT)
    keeper.reads(TEXT)
    keeper.opens_card("Photos & screenshots")
    signed_out = Answer(401, b'{"error":"signed_out","message":"You are signed out."}')
    fault = server.meddle("PUT", r"/parts/1$", answer=signed_out, times=1)
    keeper.picks_files([upload("long.png", "image/png", png_of(3_000_000))])
    keeper.has_file("long.png")
    keeper.goes("Entries")
    expect(keeper.state_of(TEXT)).to_have_text(KEPT)
    assert fault.used == 1
    sent = [exchange.path for exchange in server.to(r"/parts/0$", "PUT") if exchange.status == 204]
    assert len(sent) == len(set(sent)), "a part that had arrived was sent again"


def test_a_clock_that_is_years_off_is_reported(new_phone: NewPhone) -> None:
    """On a phone whose clock is years off, entries are sealed and kept safe, and the screen says the clock is wrong."""
    phone = new_phone()
    phone.page.clock.install(time="2031-05-05T10:00:00Z")
    phone.begins(TEXT)
    expect(phone.page.get_by_text(re.compile("clock (is|looks) wrong")).first).to_be_visible()
    phone.page.reload()
    phone.sees_lock()
    phone.unlocks()
    phone.reads(TEXT)


def test_a_tab_closed_in_the_middle_of_a_write_leaves_no_partial_file(new_phone: NewPhone, server: Served) -> None:
    """When the tab closes while a file is being sealed, no partial file is shown, and everything acknowledged stays."""
    phone = new_phone()
    phone.begins(TEXT)
    phone.reads(TEXT)
    phone.opens_card("Photos & screenshots")
    phone.picks_files([upload("half.png", "image/png", png_of(12_000_000))])
    expect(phone.page.get_by_role("progressbar")).to_be_visible()
    second = Keeper(phone.page.context.new_page(), server.app_url)
    phone.page.close()
    second.words = phone.words
    second.opens_locked()
    second.unlocks()
    second.reads(TEXT)
    expect(second.tile("half.png")).to_have_count(0)
    second.goes("Entries")
    expect(second.state_of(TEXT)).to_have_text(KEPT)
