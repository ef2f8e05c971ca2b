"""Words and keys that change, on the screens: another device is told, the old words open nothing, the keeper reads everything."""

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
OTHER_CODE = "0440-Y5GX-4GNK-4EA0-8X75-AQ33-D86H"  # of no diary


def goes_to(keeper: Keeper, row: str) -> None:
    """A row of More."""
    keeper.goes("More")
    keeper.tap(re.compile(f"^{re.escape(row)}"), exact=False)


def types_new(keeper: Keeper, words: str, button: str) -> None:
    """The words in use, the new ones twice, and go."""
    keeper.field("Your words now").fill(keeper.words)
    keeper.field("Type your words").fill(words)
    keeper.tap(button)
    keeper.field("Type them once more").fill(words)
    keeper.tap(button)


def test_new_words_then_new_keys(new_phone: NewPhone) -> None:
    """Change the words; the desk is signed out and follows. Then someone knows them: everything new, a new code, all readable."""
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

    changes_words(phone, desk, old_words)
    makes_everything_new(phone, letters)
    tried_with_what_was_known(new_phone(), phone, desk)
    is_listed(phone)
    locks_where_it_was_ended(desk)


def changes_words(phone: Keeper, desk: Keeper, old_words: str) -> None:
    """From More; the old words open nothing here, and the desk follows once it has the new ones."""
    goes_to(phone, "Change your words")
    phone.sees_place("Change your words")
    assert faults(phone.page) == []
    types_new(phone, NEW, "Change my words")
    phone.sees("Your new words are set. The old ones open nothing any more.")
    phone.tap("Done")
    phone.locks()
    phone.tries_words(old_words)
    expect(phone.problem()).to_be_visible()
    phone.words = NEW
    phone.unlocks()

    desk.locks()
    desk.unlocks()  # a device elsewhere cannot be locked from here: its old words open it, and nothing new comes to it
    desk.tap("Type words")
    desk.sees_place("Type the words in use now")
    assert faults(desk.page) == []
    desk.field("Your words now").fill(NEW)
    desk.tap("Sign in again")
    desk.sees("Signed in again.")
    desk.words = NEW
    desk.tap("Done")


def makes_everything_new(phone: Keeper, letters: str) -> None:
    """New words and a new code, and everything is there."""
    goes_to(phone, "Someone knows my words")
    phone.sees_place("Someone knows my words")
    assert faults(phone.page) == []
    types_new(phone, NEWEST, "Make everything new")
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


def tried_with_what_was_known(thief: Keeper, phone: Keeper, desk: Keeper) -> None:
    """The words of before sign nobody in; the desk gets nothing new until it has the newest."""
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


def is_listed(keeper: Keeper) -> None:
    """Where one is signed in: a name of one's own, what was done, and all the others out at once."""
    goes_to(keeper, "Where you are signed in")
    keeper.field("Type your words to see this").fill(keeper.words)
    keeper.button("Show").last.click()
    keeper.sees("What was done")
    assert faults(keeper.page) == []
    for what in ("Words changed", "All keys made new", "New code made"):
        expect(keeper.page.get_by_text(re.compile(f"^{what} · ")).first).to_be_visible()
    keeper.field("Call this device").fill("My phone")
    keeper.tap("Save the name")
    keeper.tap("Sign out all the others")
    keeper.sees("Someone who has your words can sign in again.")
    keeper.field("Type your words").fill(keeper.words)
    keeper.button("Sign out all the others").last.click()
    expect(keeper.page.get_by_role("listitem").filter(has_text="Last used")).to_have_count(1)
    # What is left to do stands there with its ways.
    expect(keeper.button("Change your words")).to_be_visible()
    expect(keeper.button("Someone knows my words")).to_be_visible()
    assert faults(keeper.page) == []


def locks_where_it_was_ended(desk: Keeper) -> None:
    """The desk stands open with its keys: at its next contact it locks, and only the words bring it back, which it says."""
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
    # The phone signed in by its new words and by its new keys since this device last looked; what this one began is not listed.
    expect(signed_in.get_by_role("listitem")).to_have_count(2)
    signed_in.get_by_role("button", name="It was me").click()
    expect(signed_in).to_have_count(0)
    desk.adds("Written after coming back.")
    desk.is_kept_safe("Written after coming back.")


def test_high_risk_mode_is_said_and_kept(keeper: Keeper) -> None:
    """Off, explained, turned on, and still on after a lock."""
    keeper.opens()
    keeper.first_entry("He rang.")
    keeper.puts_off_the_copy()
    goes_to(keeper, "High-risk mode")
    keeper.sees("High-risk mode is off")
    assert faults(keeper.page) == []
    keeper.tap("Turn it on")
    keeper.sees("High-risk mode is on")
    keeper.locks()
    keeper.unlocks()
    goes_to(keeper, "High-risk mode")
    keeper.sees("High-risk mode is on")


def test_new_keys_with_the_code_while_somebody_squats_with_the_words(new_phone: NewPhone) -> None:
    """They began with the words and stopped before the end. The keeper's code goes through, after a cut and a reload too."""
    phone, thief = new_phone(), new_phone()
    phone.begins("He waited at the gate.")
    _, letters = phone.writes_down_the_code()
    thief.signs_in(phone.login, phone.words)
    thief.reads("He waited at the gate.")
    thief.page.route("**/rotation/commit", lambda route: route.abort())
    goes_to(thief, "Someone knows my words")
    with thief.page.expect_request("**/rotation/commit"):
        types_new(thief, NEW, "Make everything new")
    expect(thief.problem()).to_be_visible()

    phone.adds("Cannot be sent meanwhile.")
    goes_to(phone, "Someone knows my words")
    phone.sees("Then nobody who only knows your words can stop this.")
    refuses_other_codes(phone, letters)
    cut = "**/rotation/commit"
    phone.page.route(cut, lambda route: route.abort())
    with phone.page.expect_request(cut):
        types_with_code(phone, letters)
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


def refuses_other_codes(phone: Keeper, letters: str) -> None:
    """One letter too few is said beside the field and nothing is emptied; a code of somebody else is said to be another."""
    phone.field(PAPER).fill(letters[:-1])
    types_new(phone, NEWEST, "Make everything new")
    phone.sees("That is not a complete code.")
    expect(phone.field("Your words now")).to_have_value(phone.words)
    assert faults(phone.page) == []
    phone.field(PAPER).fill(OTHER_CODE)
    phone.tap("Make everything new")
    phone.sees("This is not the paper code your diary uses now")


def types_with_code(phone: Keeper, letters: str) -> None:
    """Everything once more, as the fields are emptied by a try, and the code as somebody copies it from paper."""
    phone.field(PAPER).fill(letters.lower().replace("-", " "))
    types_new(phone, NEWEST, "Make everything new")


def test_where_one_is_signed_in_is_shown_whatever_was_done(keeper: Keeper, server: Served) -> None:
    """With each kind of act that the server writes down, letting an advocate in and out too, and one of a later release."""
    row = next(line for line in (ROOT / "docs" / "api.md").read_text().splitlines() if line.startswith("| `GET /v1/access`"))
    kinds = re.findall(r"`(\w+)`", row.partition("`what` is")[2])
    assert {"signed_in", "let_in", "let_out"} < set(kinds)

    def more(body: bytes) -> bytes:
        told = json.loads(body)
        told["access"] += [told["access"][0] | {"what": what} for what in (*kinds, "of_a_later_release")]
        return json.dumps(told).encode()

    keeper.begins()
    server.meddle("GET", r"^/v1/access$", change=more)
    goes_to(keeper, "Where you are signed in")
    keeper.field("Type your words to see this").fill(keeper.words)
    keeper.button("Show").last.click()
    for what in ("Someone was let in", "Someone was shut out", "Something else was done"):
        keeper.sees(re.compile(f"^{what} · "))
    expect(keeper.page.get_by_text(re.compile("^Something else was done · "))).to_have_count(1)
    assert faults(keeper.page) == []
