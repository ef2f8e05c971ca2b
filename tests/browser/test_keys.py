"""Changing words and keys, on the screens: other devices are told, the old words open nothing, and the keeper reads
everything."""

import json
import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.serving import Served
from tests.test_documented import ROOT

NEW = "orbit velvet canyon maple drift spoon"
NEWEST = "glove pepper window harbor mint lamp"
PAPER = "The code from your paper (you can leave this empty)"
OTHER_CODE = "0440-Y5GX-4GNK-4EA0-8X75-AQ33-D86H"  # valid, but of no diary


def open_in_more(keeper: Keeper, row: str) -> None:
    """Open a row of More."""
    keeper.goes("More")
    keeper.tap(re.compile(f"^{re.escape(row)}"), exact=False)


def type_new_words(keeper: Keeper, words: str, button: str) -> None:
    """Type the current words and the new ones twice, and confirm."""
    keeper.field("Your words now").fill(keeper.words)
    keeper.field("Type your words").fill(words)
    keeper.tap(button)
    keeper.field("Type them once more").fill(words)
    keeper.tap(button)


def test_the_passphrase_and_then_the_keys_are_renewed(new_phone: NewPhone) -> None:
    """First the words change, and the desk is signed out and follows.
    Then everything is made new, with a new code, and stays readable.
    """
    phone, desk = new_phone(), new_phone()
    phone.begins("He waited at the gate.")
    _, letters = phone.writes_down_the_code()
    old_words = phone.words
    desk.signs_in(phone.login, phone.words)
    desk.reads("He waited at the gate.")
    phone.locks()
    phone.unlocks()
    phone.sees(re.compile("signed in to your diary"))
    assert faults(phone.page) == []
    phone.tap("It was me")
    expect(phone.page.get_by_text("signed in to your diary")).to_have_count(0)

    change_words(phone, desk, old_words)
    make_everything_new(phone, letters)
    old_words_get_nothing(new_phone(), phone, desk)
    is_listed_with_its_history(phone)
    locks_at_next_contact(desk)


def change_words(phone: Keeper, desk: Keeper, old_words: str) -> None:
    """Change the words from More: the old ones open nothing here, and the desk follows once it has the new ones."""
    open_in_more(phone, "Change your words")
    phone.sees_place("Change your words")
    assert faults(phone.page) == []
    type_new_words(phone, NEW, "Change my words")
    phone.sees("Your new words are set. The old ones open nothing any more.")
    phone.tap("Done")
    phone.locks()
    phone.tries_words(old_words)
    expect(phone.problem()).to_be_visible()
    phone.words = NEW
    phone.unlocks()

    desk.locks()
    desk.unlocks()  # another device cannot be locked from here: its old words open it, but it gets nothing new
    desk.tap("Type words")
    desk.sees_place("Type the words in use now")
    assert faults(desk.page) == []
    desk.field("Your words now").fill(NEW)
    desk.tap("Sign in again")
    desk.sees("Signed in again.")
    desk.words = NEW
    desk.tap("Done")


def make_everything_new(phone: Keeper, letters: str) -> None:
    """Make new words and a new code; every entry is still there."""
    open_in_more(phone, "Someone knows my words")
    phone.sees_place("Someone knows my words")
    assert faults(phone.page) == []
    type_new_words(phone, NEWEST, "Make everything new")
    phone.sees("Done. Only your new words open this now.")
    phone.tap("Write down a new code")
    phone.tap("Show my code")
    fresh = phone.page.locator(".letters").inner_text()
    assert fresh != letters
    phone.tap("I have written it down")
    phone.field("Type the code from your paper").fill(fresh)
    phone.tap("Check")
    phone.sees("Your code is written down and checked.")
    phone.words = NEWEST
    phone.adds("Written since.")
    phone.is_kept_safe("Written since.")
    phone.locks()
    phone.tries_words(NEW)
    expect(phone.problem()).to_be_visible()
    phone.unlocks()
    phone.entries(2)


def old_words_get_nothing(thief: Keeper, phone: Keeper, desk: Keeper) -> None:
    """The earlier words sign nobody in; the desk gets nothing new until it has the newest words."""
    thief.opens()
    thief.asks_to_sign_in(phone.login, NEW)
    expect(thief.problem()).to_be_visible()
    desk.locks()
    desk.unlocks()
    desk.entries(1)
    desk.tap("Type words")
    desk.field("Your words now").fill(NEWEST)
    desk.tap("Sign in again")
    desk.sees("Signed in again.")
    desk.words = NEWEST
    desk.tap("Done")
    desk.entries(2)


def is_listed_with_its_history(keeper: Keeper) -> None:
    """The page "Where you are signed in" lists what was done, takes a device name, and signs out all others at once."""
    open_in_more(keeper, "Where you are signed in")
    keeper.field("Type your words to see this").fill(keeper.words)
    keeper.button("Show").last.click()
    keeper.sees("What was done")
    assert faults(keeper.page) == []
    for act in ("Words changed", "All keys made new", "New code made"):
        expect(keeper.page.get_by_text(re.compile(f"^{act} · ")).first).to_be_visible()
    keeper.field("Call this device").fill("My phone")
    keeper.tap("Save the name")
    keeper.tap("Sign out all the others")
    keeper.sees("Someone who has your words can sign in again.")
    keeper.field("Type your words").fill(keeper.words)
    keeper.button("Sign out all the others").last.click()
    expect(keeper.page.get_by_role("listitem").filter(has_text="Last used")).to_have_count(1)
    # The screen shows what is left to do.
    expect(keeper.button("Change your words")).to_be_visible()
    expect(keeper.button("Someone knows my words")).to_be_visible()
    assert faults(keeper.page) == []


def locks_at_next_contact(desk: Keeper) -> None:
    """The desk locks at its next contact; the words open it again, and it says why."""
    desk.page.evaluate("dispatchEvent(new Event('online'))")
    desk.sees_lock()
    assert "He waited" not in desk.page.content()
    desk.unlocks()
    desk.sees(re.compile("This phone was signed out from another device"))
    assert faults(desk.page) == []
    ended, signed_in = (
        desk.page.get_by_role("status").filter(has_text=text)
        for text in ("signed out from another device", "Someone signed in to your diary")
    )
    ended.get_by_role("button", name="It was me").click()
    expect(ended).to_have_count(0)
    # Since this device last looked, the phone signed in with its new words and with its new keys.
    # Its own is not listed.
    expect(signed_in.get_by_role("listitem")).to_have_count(2)
    signed_in.get_by_role("button", name="It was me").click()
    expect(signed_in).to_have_count(0)
    desk.adds("Written after coming back.")
    desk.is_kept_safe("Written after coming back.")


def test_high_risk_mode_stays_on_after_a_lock(keeper: Keeper) -> None:
    """High-risk mode is off at first, is explained, can be turned on, and stays on after a lock."""
    keeper.opens()
    keeper.first_entry("He rang.")
    keeper.puts_off_the_copy()
    open_in_more(keeper, "High-risk mode")
    keeper.sees("High-risk mode is off")
    assert faults(keeper.page) == []
    keeper.tap("Turn it on")
    keeper.sees("High-risk mode is on")
    keeper.locks()
    keeper.unlocks()
    open_in_more(keeper, "High-risk mode")
    keeper.sees("High-risk mode is on")


def test_the_code_renews_keys_while_a_thief_holds_the_passphrase(new_phone: NewPhone) -> None:
    """A thief with the words began new keys and stopped before the end.
    The keeper's code wins, also after a cut connection and a reload.
    """
    phone, thief = new_phone(), new_phone()
    phone.begins("He waited at the gate.")
    _, letters = phone.writes_down_the_code()
    thief.signs_in(phone.login, phone.words)
    thief.reads("He waited at the gate.")
    thief.page.route("**/rotation/commit", lambda route: route.abort())
    open_in_more(thief, "Someone knows my words")
    with thief.page.expect_request("**/rotation/commit"):
        type_new_words(thief, NEW, "Make everything new")
    expect(thief.problem()).to_be_visible()

    phone.adds("Cannot be sent meanwhile.")
    open_in_more(phone, "Someone knows my words")
    phone.sees("Then nobody who only knows your words can stop this.")
    refuses_wrong_codes(phone, letters)
    cut = "**/rotation/commit"
    phone.page.route(cut, lambda route: route.abort())
    with phone.page.expect_request(cut):
        type_with_code(phone, letters)
    expect(phone.problem()).to_be_visible()
    phone.page.unroute(cut)
    phone.page.reload()
    phone.unlocks()
    phone.tap("Finish")
    phone.sees("Changing the keys was interrupted.")
    assert faults(phone.page) == []
    phone.field("Your new words").fill(NEWEST)
    phone.field(PAPER).fill(letters)
    phone.tap("Finish now")
    phone.sees("Done. Only your new words open this now.")
    phone.tap("Done")
    phone.words = NEWEST
    phone.is_kept_safe("Cannot be sent meanwhile.")

    thief.page.unroute("**/rotation/commit")
    thief.field("Your new words").fill(NEW)
    thief.tap("Finish now")
    expect(thief.problem()).to_be_visible()
    desk = new_phone()
    desk.signs_in(phone.login, NEWEST)
    desk.entries(2)


def refuses_wrong_codes(phone: Keeper, letters: str) -> None:
    """A code with a missing letter is reported beside the field,
    and nothing is emptied; another diary's code is recognised as such.
    """
    phone.field(PAPER).fill(letters[:-1])
    type_new_words(phone, NEWEST, "Make everything new")
    phone.sees("That is not a complete code.")
    expect(phone.field("Your words now")).to_have_value(phone.words)
    assert faults(phone.page) == []
    phone.field(PAPER).fill(OTHER_CODE)
    phone.tap("Make everything new")
    phone.sees("This is not the paper code your diary uses now")


def type_with_code(phone: Keeper, letters: str) -> None:
    """Type everything again, because a failed try empties the fields; the code as a person copies it from paper."""
    phone.field(PAPER).fill(letters.lower().replace("-", " "))
    type_new_words(phone, NEWEST, "Make everything new")


def test_the_list_of_devices_shows_every_kind_of_act(keeper: Keeper, server: Served) -> None:
    """The list shows each kind of act that the server records,
    including advocates' access, and one of a later release.
    """
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    kinds = document["components"]["schemas"]["Act"]["properties"]["what"]["enum"]
    assert {"signed_in", "let_in", "let_out"} < set(kinds)

    def add_acts(body: bytes) -> bytes:
        response = json.loads(body)
        response["access"] += [response["access"][0] | {"what": kind} for kind in (*kinds, "of_a_later_release")]
        return json.dumps(response).encode()

    keeper.begins()
    server.meddle("GET", r"^/v1/access$", change=add_acts)
    open_in_more(keeper, "Where you are signed in")
    keeper.field("Type your words to see this").fill(keeper.words)
    keeper.button("Show").last.click()
    for act in ("Someone was let in", "Someone was shut out", "Something else was done"):
        keeper.sees(re.compile(f"^{act} · "))
    expect(keeper.page.get_by_text(re.compile("^Something else was done · "))).to_have_count(1)
    assert faults(keeper.page) == []
