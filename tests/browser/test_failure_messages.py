"""Every failure has a message on the screen, and nothing acknowledged is lost."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import CannedResponse, LiveServer
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, BrowserKeeper
from tests.browser.pictures import make_png_of_size, picker_file

NARRATIVE = "He was waiting by my car."
SECOND_NARRATIVE = "He has found my new number."
VERSIONS_PATH = r"/versions/"
CAPTIVE_PORTAL_RESPONSE = CannedResponse(
    200, b"<html><body>Welcome to Cafe Wi-Fi. Sign in.</body></html>", "text/html; charset=utf-8"
)


def _assert_sent_after_fault(keeper: BrowserKeeper, server: LiveServer, sentence: str) -> None:
    """Assert that the entry shows why it waits during the fault, and is kept safe afterwards."""
    expect(keeper.page.get_by_text(sentence).first).to_be_visible()
    server.clear_faults()
    keeper.lock()
    keeper.unlock()
    keeper.go_to_tab("Entries")
    expect(keeper.entry_state(SECOND_NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)
    expect(keeper.entry_state(NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)


def _add_during_fault(keeper: BrowserKeeper) -> None:
    keeper.add_entry(SECOND_NARRATIVE)
    keeper.go_to_tab("Entries")


def test_wrong_words_open_nothing(keeper: BrowserKeeper) -> None:
    """Wrong words open nothing and get the same message each time; the right words still open the diary."""
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.lock()
    for words in ("nearly the right words", "x", keeper.passphrase[:-1]):
        keeper.try_passphrase(words)
        expect(keeper.error_message()).to_have_text("That didn’t open anything. Try again.")
    keeper.try_passphrase(keeper.passphrase)
    expect(keeper.error_message()).to_have_text("Try again in a moment.")
    keeper.page.wait_for_timeout(5_000)  # the delay after three wrong tries
    keeper.unlock()
    keeper.open_entry(NARRATIVE)


def test_wrong_words_wrong_code_and_unknown_name_get_the_same_message(new_phone: NewPhone) -> None:
    """Wrong words, a wrong code and an unknown name get the same message on signing in."""
    phone = new_phone()
    phone.create_registered_diary(NARRATIVE)
    phone.write_down_recovery_code()
    other = new_phone()
    wrong_code = " ".join(["abandon"] * 11 + ["about"])
    messages = set()
    for login in (phone.login, "quiet-otter-1234"):
        other.open_without_diary()
        other.submit_sign_in(login, "some other words entirely")
        expect(other.error_message()).to_be_visible()
        messages.add(other.error_message().inner_text())
        other.open_without_diary()
        other.submit_sign_in_with_code(login, wrong_code, "entirely new words here")
        expect(other.error_message()).to_be_visible()
        messages.add(other.error_message().inner_text())
    template = "That did not match. Check the username and the {}, and try again. Nothing was lost."
    assert messages == {template.format("password"), template.format("recovery code")}


def test_a_mistyped_code_is_not_sent(new_phone: NewPhone, server: LiveServer) -> None:
    """A code with a wrong checksum is not sent."""
    phone = new_phone()
    phone.open_without_diary()
    before = len(server.exchanges_with("/v1/recoveries"))
    phone.submit_sign_in_with_code("quiet-otter-1234", "ABCD-EFGH", "entirely new words here")
    expect(phone.error_message()).to_be_visible()
    assert len(server.exchanges_with("/v1/recoveries")) == before


def test_empty_and_too_large_files(keeper: BrowserKeeper, tmp_path: Any) -> None:
    """An empty file and one above the limit are refused, each with a message; nothing else changes."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file("nothing.png", "image/png", b"")])
    expect(keeper.error_message()).to_contain_text("This file is empty, so it was not added.")
    large = tmp_path / "film.mp4"
    with large.open("wb") as file:
        file.truncate(200 * 1024 * 1024 + 1)  # sparse: it has the size but no bytes on disk
    keeper.pick_files([large], source="Choose a file")
    expect(keeper.error_message()).to_contain_text("This file is larger than 200 MB")
    keeper.go_to_tab("Entries")
    expect(keeper.entry_state(NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)


def test_a_file_that_changes_while_it_is_read(keeper: BrowserKeeper, tmp_path: Any) -> None:
    """A file that changes while it is read is not added, and a message explains that."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    moving = tmp_path / "moving.bin"
    moving.write_bytes(b"a" * 5_000_000)
    # The first read waits until the file has been written to, which is the moment under test.
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
    keeper.pick_files([moving], source="Choose a file")
    keeper.page.evaluate("window.reading")
    moving.write_bytes(b"b" * 4_000_000)
    keeper.page.evaluate("window.carryOn()")
    expect(keeper.error_message()).to_contain_text("The file changed while it was being read")
    expect(keeper.file_tile("moving.bin")).to_have_count(0)


def test_a_full_phone_keeps_the_draft(keeper: BrowserKeeper) -> None:
    """On a full phone, a message appears, saved entries stay, and the draft is still there."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.go_to_tab("Add")
    keeper.type_narrative(SECOND_NARRATIVE)
    keeper.wait_for_sealed_draft()
    keeper.page.evaluate(
        """() => {
            const real = IDBObjectStore.prototype.put;
            window.restore = () => { IDBObjectStore.prototype.put = real; };
            IDBObjectStore.prototype.put = function put() { throw new DOMException('full', 'QuotaExceededError'); };
        }"""
    )
    keeper.choose_time("Just now")
    keeper.tap("Save")
    expect(keeper.error_message().first).to_contain_text("This phone is full.")
    expect(keeper.field("What happened?")).to_have_value(SECOND_NARRATIVE)
    keeper.page.evaluate("window.restore()")
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")
    keeper.wait_until_kept_safe(SECOND_NARRATIVE)
    expect(keeper.entry_state(NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (CannedResponse(500, b"Traceback (most recent call last)", "text/plain"), "the server is not working just now"),
        (
            CannedResponse(200, b"\x00\xff not json", "application/json"),
            "the answer did not come from the right server",
        ),
        (CAPTIVE_PORTAL_RESPONSE, "this Wi-Fi wants you to sign in first"),
    ],
    ids=["500", "garbage", "captive portal"],
)
def test_wrong_responses_are_explained_and_the_entry_is_sent_later(
    keeper: BrowserKeeper, server: LiveServer, answer: CannedResponse, sentence: str
) -> None:
    """A 500, garbage and a Wi-Fi sign-in page each get a message, and the entry is sent later."""
    keeper.create_registered_diary(NARRATIVE)
    server.inject_fault("PUT", VERSIONS_PATH, response=answer)
    _add_during_fault(keeper)
    _assert_sent_after_fault(keeper, server, sentence)


def test_without_a_server_the_entry_waits(keeper: BrowserKeeper, server: LiveServer) -> None:
    """Without a server, an entry waits on the phone and is sent when the server is back."""
    keeper.create_registered_diary(NARRATIVE)
    server.stop()
    _add_during_fault(keeper)
    expect(keeper.entry_state(SECOND_NARRATIVE)).to_have_text(re.compile("Not backed up yet|Not sent yet"))
    server.start()
    keeper.lock()
    keeper.unlock()
    keeper.wait_until_kept_safe(SECOND_NARRATIVE)


def _corrupt_commitment(receipt: dict[str, Any]) -> None:
    receipt["c"] = "A" * 43


def _corrupt_signature(receipt: dict[str, Any]) -> None:
    receipt["sig"] = "A" * 85 + "A"


def _corrupt_notary(receipt: dict[str, Any]) -> None:
    receipt["log"] = "B" * 42 + "A"


SLOW_CORRUPTIONS = [pytest.param(spoil, marks=pytest.mark.slow) for spoil in (_corrupt_commitment, _corrupt_notary)]


@pytest.mark.parametrize("corrupt", [_corrupt_signature, *SLOW_CORRUPTIONS])
def test_an_invalid_receipt_is_never_shown_as_kept_safe(
    keeper: BrowserKeeper, server: LiveServer, corrupt: Callable[[dict[str, Any]], None]
) -> None:
    """A receipt with a wrong commitment, signature or log is never shown as kept safe."""

    def corrupt_response(body: bytes) -> bytes:
        answer = json.loads(body)
        corrupt(answer["receipt"])
        return json.dumps(answer, sort_keys=True, separators=(",", ":")).encode()

    keeper.create_registered_diary(NARRATIVE)
    server.inject_fault("PUT", VERSIONS_PATH, change_body=corrupt_response)
    _add_during_fault(keeper)
    _assert_sent_after_fault(keeper, server, "the server’s receipt is not right")


def test_an_upload_continues_after_the_session_ends(keeper: BrowserKeeper, server: LiveServer) -> None:
    """If the session ends between two parts of a file, the app signs in again and continues with the next part."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    signed_out = CannedResponse(401, b'{"error":"signed_out","message":"You are signed out."}')
    fault = server.inject_fault("PUT", r"/parts/1$", response=signed_out, max_uses=1)
    keeper.pick_files([picker_file("long.png", "image/png", make_png_of_size(3_000_000))])
    keeper.wait_for_file("long.png")
    keeper.go_to_tab("Entries")
    expect(keeper.entry_state(NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)
    assert fault.uses == 1
    sent_paths = [exchange.path for exchange in server.exchanges_with(r"/parts/0$", "PUT") if exchange.status == 204]
    assert len(sent_paths) == len(set(sent_paths)), "a part that had arrived was sent again"


def test_a_clock_that_is_years_off_is_reported(new_phone: NewPhone) -> None:
    """With a clock years off, entries are sealed and kept safe, and a line reports the wrong clock."""
    phone = new_phone()
    phone.page.clock.install(time="2031-05-05T10:00:00Z")
    phone.create_registered_diary(NARRATIVE)
    expect(phone.page.get_by_text(re.compile("clock (is|looks) wrong")).first).to_be_visible()
    phone.page.reload()
    phone.wait_for_lock()
    phone.unlock()
    phone.open_entry(NARRATIVE)


def test_a_tab_closed_in_the_middle_of_a_write_leaves_no_partial_file(new_phone: NewPhone, server: LiveServer) -> None:
    """When the tab closes while a file is being sealed, no partial file is shown, and everything acknowledged stays."""
    phone = new_phone()
    phone.create_registered_diary(NARRATIVE)
    phone.open_entry(NARRATIVE)
    phone.open_card("Photos & screenshots")
    phone.pick_files([picker_file("half.png", "image/png", make_png_of_size(12_000_000))])
    expect(phone.page.get_by_role("progressbar")).to_be_visible()
    second = BrowserKeeper(phone.page.context.new_page(), server.app_url)
    phone.page.close()
    second.passphrase = phone.passphrase
    second.open_locked()
    second.unlock()
    second.open_entry(NARRATIVE)
    expect(second.file_tile("half.png")).to_have_count(0)
    second.go_to_tab("Entries")
    expect(second.entry_state(NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)
