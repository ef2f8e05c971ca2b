"""Changing words and keys on the screens: other devices are locked, old words are refused, the keeper reads all."""

import json
import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.test_documentation import PROJECT_ROOT

NEW_PASSPHRASE = "orbit velvet canyon maple drift spoon"
NEWEST_PASSPHRASE = "glove pepper window harbor mint lamp"
RECOVERY_CODE_LABEL = "Your recovery code, from paper"
OTHER_DIARYS_CODE = "0440-Y5GX-4GNK-4EA0-8X75-AQ33-D86H"  # valid, but of no diary


def open_in_more(keeper: BrowserKeeper, row: str) -> None:
    """Open a row of More."""
    keeper.go_to_tab("More")
    keeper.tap(re.compile(f"^{re.escape(row)}"), exact=False)


def type_new_words(keeper: BrowserKeeper, words: str, button: str) -> None:
    """Type the current words and the new ones twice, and confirm."""
    keeper.field("Your password now").fill(keeper.passphrase)
    keeper.field("Type your new password").fill(words)
    keeper.tap(button)
    keeper.field("Type it once more").fill(words)
    keeper.tap(button)


def test_the_passphrase_and_then_the_keys_are_renewed(new_phone: NewPhone) -> None:
    """First the words change, and the desk is signed out and follows.

    Then everything gets new keys and a new code, and stays readable.
    """
    phone, desk = new_phone(), new_phone()
    phone.create_registered_diary("He waited at the gate.")
    _, code_letters = phone.write_down_recovery_code()
    old_words = phone.passphrase
    desk.sign_in(phone.login, phone.passphrase)
    desk.open_entry("He waited at the gate.")
    phone.lock()
    phone.unlock()
    phone.wait_for_notice(re.compile("^Someone signed in"))
    assert accessibility_faults(phone.page) == []
    phone.tap_notice("It was me")
    expect(phone.page.get_by_text(re.compile("^Someone signed in"))).to_have_count(0)

    change_passphrase(phone, desk, old_words)
    renew_all_keys(phone, code_letters)
    assert_old_passphrase_refused(new_phone(), phone, desk)
    assert_sign_in_history(phone)
    assert_locks_at_next_contact(desk)


def change_passphrase(phone: BrowserKeeper, desk: BrowserKeeper, old_passphrase: str) -> None:
    """Change the words from More. The old ones open nothing here, and the desk follows with the new ones."""
    open_in_more(phone, "Change your password")
    phone.wait_for_screen("Change your password")
    assert accessibility_faults(phone.page) == []
    type_new_words(phone, NEW_PASSPHRASE, "Change my password")
    phone.wait_for_text("Your new password is set. Backup files you made before still open with the old one.")
    phone.tap("Done")
    phone.lock()
    phone.try_passphrase(old_passphrase)
    expect(phone.error_message()).to_be_visible()
    phone.passphrase = NEW_PASSPHRASE
    phone.unlock()

    desk.lock()
    desk.unlock()  # another device cannot be locked from here: its old words open it, but it gets nothing new
    desk.tap_notice("Type password")
    desk.wait_for_screen("Type the password you use now")
    assert accessibility_faults(desk.page) == []
    desk.field("Your password now").fill(NEW_PASSPHRASE)
    desk.tap("Sign in again")
    desk.wait_for_text("Signed in again.")
    desk.passphrase = NEW_PASSPHRASE
    desk.tap("Done")


def renew_all_keys(phone: BrowserKeeper, code_letters: str) -> None:
    """Renew words, code and keys. Every entry is still there."""
    open_in_more(phone, "Someone knows my password")
    phone.wait_for_screen("Someone knows my password")
    assert accessibility_faults(phone.page) == []
    type_new_words(phone, NEWEST_PASSPHRASE, "Change my password, recovery code and keys")
    phone.wait_for_text("Done. Your new password opens this now.")
    phone.tap("Write down a new recovery code")
    phone.tap("Show my recovery code")
    new_code_letters = phone.page.locator(".letters").inner_text()
    assert new_code_letters != code_letters
    phone.tap("I have written it down")
    phone.field("Type the recovery code from your paper").fill(new_code_letters)
    phone.tap("Check")
    phone.wait_for_text("Your recovery code is written down and checked.")
    phone.passphrase = NEWEST_PASSPHRASE
    phone.add_entry("Written since.")
    phone.wait_until_kept_safe("Written since.")
    phone.lock()
    phone.try_passphrase(NEW_PASSPHRASE)
    expect(phone.error_message()).to_be_visible()
    phone.unlock()
    phone.wait_for_entry_count(2)


def assert_old_passphrase_refused(attacker: BrowserKeeper, phone: BrowserKeeper, desk: BrowserKeeper) -> None:
    """Assert that the earlier words sign nobody in, and that the desk gets nothing new without the newest."""
    attacker.open_without_diary()
    attacker.submit_sign_in(phone.login, NEW_PASSPHRASE)
    expect(attacker.error_message()).to_be_visible()
    desk.lock()
    desk.unlock()
    desk.wait_for_entry_count(1)
    desk.tap_notice("Type password")
    desk.field("Your password now").fill(NEWEST_PASSPHRASE)
    desk.tap("Sign in again")
    desk.wait_for_text("Signed in again.")
    desk.passphrase = NEWEST_PASSPHRASE
    desk.tap("Done")
    desk.wait_for_entry_count(2)


def assert_sign_in_history(keeper: BrowserKeeper) -> None:
    """Assert that "Where you are signed in" lists what was done, renames a device and signs out the others."""
    open_in_more(keeper, "Where you are signed in")
    keeper.field("Type your password to see this").fill(keeper.passphrase)
    keeper.tap("Show the list")
    keeper.wait_for_text("What was done")
    assert accessibility_faults(keeper.page) == []
    expect(keeper.page.get_by_text(re.compile(r"^Signed in .*[0-9]{1,2}:[0-9]{2} · Last used")).first).to_be_visible()
    for action in ("Password changed", "All keys made new", "New recovery code made"):
        expect(keeper.page.get_by_text(re.compile(f"^{action} · ")).first).to_be_visible()
    keeper.field("Call this device").fill("My phone")
    keeper.tap("Save the name")
    keeper.tap("Sign out all the others")
    keeper.wait_for_text("Someone who has your password can sign in again.")
    keeper.field("Type your password").fill(keeper.passphrase)
    keeper.button("Sign out all the others").last.click()
    expect(keeper.page.get_by_role("listitem").filter(has_text="Last used")).to_have_count(1)
    # The screen shows what is left to do.
    expect(keeper.button("Change your password")).to_be_visible()
    expect(keeper.button("Someone knows my password")).to_be_visible()
    assert accessibility_faults(keeper.page) == []


def assert_locks_at_next_contact(desk: BrowserKeeper) -> None:
    """Assert that the desk locks at its next contact, opens with the words, and shows why it locked."""
    desk.page.evaluate("dispatchEvent(new Event('online'))")
    desk.wait_for_lock()
    assert "He waited" not in desk.page.content()
    desk.unlock()
    desk.wait_for_notice(re.compile("Another device signed this phone out"))
    desk.open_notices()
    assert accessibility_faults(desk.page) == []
    ended, signed_in = (
        desk.page.get_by_role("status").filter(has_text=text)
        for text in ("Another device signed this phone out", "Someone signed in to your diary")
    )
    ended.get_by_role("button", name="It was me").click()
    expect(ended).to_have_count(0)
    # Since this device last looked, the phone signed in with its new words and with its new keys. This device's own
    # sign-in is not listed.
    expect(signed_in.get_by_role("listitem")).to_have_count(2)
    signed_in.get_by_role("button", name="It was me").click()
    expect(signed_in).to_have_count(0)
    desk.add_entry("Written after coming back.")
    desk.wait_until_kept_safe("Written after coming back.")


def test_high_risk_mode_stays_on_after_a_lock(keeper: BrowserKeeper) -> None:
    """High-risk mode is off at first, is explained, can be turned on, and stays on after a lock."""
    keeper.open_without_diary()
    keeper.write_first_entry("He rang.")
    keeper.postpone_copy()
    open_in_more(keeper, "High-risk mode")
    keeper.wait_for_text("High-risk mode is off")
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Turn it on")
    keeper.wait_for_text("High-risk mode is on")
    keeper.lock()
    keeper.unlock()
    open_in_more(keeper, "High-risk mode")
    keeper.wait_for_text("High-risk mode is on")


def test_the_code_renews_keys_while_a_thief_holds_the_passphrase(new_phone: NewPhone) -> None:
    """A thief with the words began new keys and stopped before the end.

    The keeper's code wins, also after a cut connection and a reload.
    """
    phone, attacker = new_phone(), new_phone()
    phone.create_registered_diary("He waited at the gate.")
    _, code_letters = phone.write_down_recovery_code()
    attacker.sign_in(phone.login, phone.passphrase)
    attacker.open_entry("He waited at the gate.")
    attacker.page.route("**/rotation/commit", lambda route: route.abort())
    open_in_more(attacker, "Someone knows my password")
    with attacker.page.expect_request("**/rotation/commit"):
        type_new_words(attacker, NEW_PASSPHRASE, "Change my password, recovery code and keys")
    expect(attacker.error_message()).to_be_visible()

    phone.add_entry("Cannot be sent meanwhile.")
    open_in_more(phone, "Someone knows my password")
    phone.wait_for_text("Then nobody who only knows your password can stop this.")
    assert_wrong_codes_refused(phone, code_letters)
    cut_path = "**/rotation/commit"
    phone.page.route(cut_path, lambda route: route.abort())
    with phone.page.expect_request(cut_path):
        type_recovery_code(phone, code_letters)
    expect(phone.error_message()).to_be_visible()
    phone.page.unroute(cut_path)
    phone.page.reload()
    phone.unlock()
    phone.tap_notice("Finish")
    phone.wait_for_text("Changing the keys was interrupted.")
    assert accessibility_faults(phone.page) == []
    phone.field("Your new password").fill(NEWEST_PASSPHRASE)
    phone.field(RECOVERY_CODE_LABEL).fill(code_letters)
    phone.tap("Finish now")
    phone.wait_for_text("Done. Your new password opens this now.")
    phone.tap("Done")
    phone.passphrase = NEWEST_PASSPHRASE
    phone.wait_until_kept_safe("Cannot be sent meanwhile.")

    attacker.page.unroute("**/rotation/commit")
    attacker.field("Your new password").fill(NEW_PASSPHRASE)
    attacker.tap("Finish now")
    expect(attacker.error_message()).to_be_visible()
    desk = new_phone()
    desk.sign_in(phone.login, NEWEST_PASSPHRASE)
    desk.wait_for_entry_count(2)


def assert_wrong_codes_refused(phone: BrowserKeeper, code_letters: str) -> None:
    """Assert that a mistyped code is reported beside its field, and another diary's code is recognised."""
    phone.field(RECOVERY_CODE_LABEL).fill(code_letters[:-1])
    type_new_words(phone, NEWEST_PASSPHRASE, "Change my password, recovery code and keys")
    phone.wait_for_text("That is not a complete recovery code.")
    expect(phone.field("Your password now")).to_have_value(phone.passphrase)
    assert accessibility_faults(phone.page) == []
    phone.field(RECOVERY_CODE_LABEL).fill(OTHER_DIARYS_CODE)
    phone.tap("Change my password, recovery code and keys")
    phone.wait_for_text("This is not the recovery code your diary uses now")


def type_recovery_code(phone: BrowserKeeper, code_letters: str) -> None:
    """Type everything again, because a failed try empties the fields, and the code as on paper."""
    phone.field(RECOVERY_CODE_LABEL).fill(code_letters.lower().replace("-", " "))
    type_new_words(phone, NEWEST_PASSPHRASE, "Change my password, recovery code and keys")


def test_the_device_list_shows_every_kind_of_action(keeper: BrowserKeeper, server: LiveServer) -> None:
    """The list shows each kind of action that the server records.

    These include advocates' access, and one of a later release.
    """
    document = json.loads((PROJECT_ROOT / "docs" / "openapi.json").read_text())
    kinds = document["components"]["schemas"]["Act"]["properties"]["what"]["enum"]
    assert {"signed_in", "let_in", "let_out"} < set(kinds)

    def add_actions(body: bytes) -> bytes:
        response = json.loads(body)
        response["access"] += [response["access"][0] | {"what": kind} for kind in (*kinds, "of_a_later_release")]
        return json.dumps(response).encode()

    keeper.create_registered_diary()
    server.inject_fault("GET", r"^/v1/access$", change_body=add_actions)
    open_in_more(keeper, "Where you are signed in")
    keeper.field("Type your password to see this").fill(keeper.passphrase)
    keeper.tap("Show the list")
    for action in ("Someone was let in", "Someone was shut out", "Something else was done"):
        keeper.wait_for_text(re.compile(f"^{action} · "))
    expect(keeper.page.get_by_text(re.compile("^Something else was done · "))).to_have_count(1)
    assert accessibility_faults(keeper.page) == []
