"""One entry uses every card, offline; it is added to, amended, taken out and put back, then read on a second device."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.card_samples import CARD_STEPS, EXPECTED_FIELDS, EXPECTED_LINKS, NARRATIVE, SHOWN_ANSWERS
from tests.browser.conftest import NewPhone
from tests.browser.navigators import cards
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import make_and_save_pack


def _fill_card(keeper: BrowserKeeper, title: str, steps: tuple[tuple[Any, ...], ...]) -> None:
    """Answer everything in one card and save it."""
    body = cards.open_card(keeper, title)
    for action, question, *answers in steps:
        cards.expand_card(keeper, body)
        if action == "type":
            cards.type_into(body, question, answers[0])
        elif action == "tick":
            cards.tick_chips(body, question, *answers)
        elif action == "check":
            body.get_by_label(question, exact=True).click()
        else:
            cards.add_linked_record(keeper, body, question, answers[0], answers[1])
    cards.save_card(keeper)


def _fill_every_card(keeper: BrowserKeeper) -> None:
    for title, steps in CARD_STEPS:
        _fill_card(keeper, title, steps)


def _assert_every_answer_shown(keeper: BrowserKeeper) -> None:
    """Assert that the entry shows every answer."""
    for title, text in SHOWN_ANSWERS.items():
        expect(cards.fact_value(keeper, title).first, title).to_contain_text(text)


def _let_eleven_minutes_pass(keeper: BrowserKeeper) -> None:
    """Advance the clock by eleven minutes, after which the first version can no longer be corrected."""
    keeper.page.clock.set_fixed_time(keeper.page.evaluate("Date.now()") / 1000 + 11 * 60)


def _assert_pack_has_every_field(pack: Path) -> None:
    """Assert that 12_record.json has every answer, and that the private note is nowhere in the pack."""
    with zipfile.ZipFile(pack) as archive:
        body = {name.split("/data/")[-1]: archive.read(name) for name in archive.namelist()}
    record = json.loads(body["restricted/12_record.json"])
    versions = [
        version
        for version in record["versions"]
        if version["kind"] == "incident" and version["fields"].get("narrative") == NARRATIVE
    ]
    newest = versions[-1]
    fields = {**newest["fields"], **(newest.get("restricted") or {})}
    assert {name: fields.get(name) for name in EXPECTED_FIELDS} == EXPECTED_FIELDS
    for name, (kind, field, expected) in EXPECTED_LINKS.items():
        record_by_field = {
            version["record"]: version["fields"].get(field) for version in record["versions"] if version["kind"] == kind
        }
        assert [record_by_field[link] for link in fields[name]] == expected, name
    assert fields["discovered_at"]["precision"] == "day"
    assert not any(b"Do not tell Mum yet" in file for file in body.values())
    assert not any(version["kind"] == "note" for version in record["versions"])


def _add_and_amend(phone: BrowserKeeper) -> None:
    """Add to the entry without a reason, then change earlier words with one."""
    _let_eleven_minutes_pass(phone)
    body = cards.open_card(phone, "What you did")
    cards.type_into(body, "What you did, in your own words", "Then I locked the door. And the gate.")
    cards.save_card(phone)
    expect(phone.page.locator("dialog")).to_have_count(0)  # an addition, so no reason is asked for
    body = cards.open_card(phone, "How they did it")
    cards.type_into(body, "How many?", "forty")
    phone.tap("Save this card")
    phone.wait_for_text("Type a whole number, for example 43.")
    cards.type_into(body, "How many?", "47")
    phone.tap("Save this card")
    cards.give_reason(phone, "I counted again.")
    expect(cards.fact_value(phone, "How many?").first).to_have_text("about 47")


def _take_out_and_put_back(phone: BrowserKeeper) -> None:
    """Take the entry out of the list, find it among those taken out, and put it back."""
    phone.tap("Put this away")
    phone.tap("Put it away")
    phone.wait_for_text(re.compile("This entry was put away on"))
    phone.go_to_tab("Entries")
    expect(phone.page.locator(".item")).to_have_count(1)
    phone.go_to_tab("More")
    phone.tap("Put away")
    phone.tap("Put it back")
    phone.wait_for_text("You have not put any entry away.")


def _assert_history(other: BrowserKeeper) -> None:
    """Assert that the history shows every step in words."""
    other.tap("Everything you saved, with dates")
    history = other.page.locator(".history")
    for words in ("Added", "Changed", "Reason: I counted again.", "Before: 43", "Now: 47", "And the gate."):
        expect(history).to_contain_text(words)
    expect(history).to_contain_text("Put away")
    expect(history).to_contain_text("Put back")
    assert accessibility_faults(other.page) == []


def _assert_pack_named(other: BrowserKeeper) -> None:
    """Assert that, before the entry is taken out, the screen shows which pack it is in."""
    other.go_to_tab("Entries")
    other.entry_row(NARRATIVE).get_by_role("button").click()
    other.tap("Put this away")
    expect(other.page.get_by_role("dialog")).to_contain_text("Pack 1, made")
    expect(other.page.get_by_role("dialog")).to_contain_text("Ask the people you gave it to first.")
    assert accessibility_faults(other.page) == []


def test_one_entry_with_every_card_on_two_devices(new_phone: NewPhone, tmp_path: Path) -> None:
    """An entry with every card, changed offline, is complete on a second device and in a pack."""
    phone, other = new_phone(), new_phone()
    phone.create_registered_diary("Something first.")
    phone.wait_until_offline_ready()
    phone.page.context.set_offline(True)
    phone.add_entry(NARRATIVE)
    _fill_every_card(phone)
    phone.tap("See this entry")
    _assert_every_answer_shown(phone)
    _add_and_amend(phone)
    _take_out_and_put_back(phone)
    phone.page.context.set_offline(False)
    phone.lock()
    phone.unlock()
    phone.wait_until_kept_safe(NARRATIVE)
    other.sign_in(phone.login, phone.passphrase)
    other.wait_for_entry_count(2)
    other.entry_row(NARRATIVE).get_by_role("button").click()
    other.tap("Show the words")
    expect(other.page.get_by_role("article").get_by_text(NARRATIVE).first).to_be_visible()
    _assert_every_answer_shown(other)
    _assert_history(other)
    other.tap("Everything you saved, with dates")
    body = cards.open_card(other, "About this entry")
    body.get_by_label("This entry may go into a pack", exact=True).check()
    cards.save_card(other)
    other.wait_until_kept_safe(NARRATIVE)
    _assert_pack_has_every_field(make_and_save_pack(other, 0, tmp_path))
    _assert_pack_named(other)
