"""One entry told with every card, offline, added to, amended, taken out and put back; then read on a second device."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.every_card import EXACT, LINKED, SAID, TEXT, TOLD
from tests.browser.navigators import cards
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import makes_a_pack


def _tells(keeper: Keeper, title: str, steps: tuple[tuple[Any, ...], ...]) -> None:
    """Answer everything of one card and save it."""
    body = cards.opens(keeper, title)
    for how, question, *answers in steps:
        cards.more(keeper, body)
        if how == "type":
            cards.types(body, question, answers[0])
        elif how == "tick":
            cards.ticks(body, question, *answers)
        elif how == "check":
            body.get_by_label(question, exact=True).click()
        else:
            cards.adds_record(keeper, body, question, answers[0], answers[1])
    cards.saves(keeper)


def _tells_all(keeper: Keeper) -> None:
    for title, steps in TOLD:
        _tells(keeper, title, steps)


def _says_all(keeper: Keeper) -> None:
    """Everything that was told stands among the facts."""
    for title, text in SAID.items():
        expect(cards.fact(keeper, title).first, title).to_contain_text(text)


def _later(keeper: Keeper) -> None:
    """Eleven minutes pass: what was said is settled."""
    keeper.page.clock.set_fixed_time(keeper.page.evaluate("Date.now()") / 1000 + 11 * 60)


def _holds_every_field(pack: Path) -> None:
    """12_record.json of the restricted part has what every card said; of the private note nothing is anywhere."""
    with zipfile.ZipFile(pack) as held:
        body = {name.split("/data/")[-1]: held.read(name) for name in held.namelist()}
    record = json.loads(body["restricted/12_record.json"])
    versions = [one for one in record["versions"] if one["kind"] == "incident" and one["fields"].get("narrative") == TEXT]
    newest = versions[-1]
    said = {**newest["fields"], **(newest.get("restricted") or {})}
    assert {name: said.get(name) for name in EXACT} == EXACT
    for name, (kind, field, expected) in LINKED.items():
        known = {one["record"]: one["fields"].get(field) for one in record["versions"] if one["kind"] == kind}
        assert [known[one] for one in said[name]] == expected, name
    assert said["discovered_at"]["precision"] == "day"
    assert not any(b"Do not tell Mum yet" in file for file in body.values())
    assert not any(one["kind"] == "note" for one in record["versions"])


def _adds_and_amends(phone: Keeper) -> None:
    """What only adds asks nothing; what changes earlier words asks why."""
    _later(phone)
    body = cards.opens(phone, "What you did")
    cards.types(body, "What you did, in your own words", "Then I locked the door. And the gate.")
    cards.saves(phone)
    expect(phone.page.locator("dialog")).to_have_count(0)  # it only adds: nobody is asked why
    body = cards.opens(phone, "How it reached you")
    cards.types(body, "How many?", "forty")
    phone.tap("Save this card")
    phone.sees("Type a whole number, for example 43.")
    cards.types(body, "How many?", "47")
    phone.tap("Save this card")
    cards.gives_reason(phone, "I counted again.")
    expect(cards.fact(phone, "How many?").first).to_have_text("about 47")


def _takes_out_and_puts_back(phone: Keeper) -> None:
    """Out of the list, into the list of what is out, and back."""
    phone.tap("Take out or erase")
    phone.tap("Take it out")
    phone.sees(re.compile("This entry was taken out on"))
    phone.goes("Entries")
    expect(phone.page.locator(".item")).to_have_count(1)
    phone.goes("More")
    phone.tap("Taken out")
    phone.tap("Put it back")
    phone.sees("Nothing has been taken out.")


def _has_its_history(other: Keeper) -> None:
    """Every step stands there, in words."""
    other.tap("Everything you saved, with dates")
    history = other.page.locator(".history")
    for words in ("Added", "Changed", "Reason: I counted again.", "Before: 43", "Now: 47", "And the gate."):
        expect(history).to_contain_text(words)
    expect(history).to_contain_text("Taken out")
    expect(history).to_contain_text("Put back")
    assert faults(other.page) == []


def _says_which_pack(other: Keeper) -> None:
    """Before it is taken out, the screen says that it has gone into a pack."""
    other.goes("Entries")
    other.row(TEXT).get_by_role("button").click()
    other.tap("Take out or erase")
    expect(other.page.get_by_role("dialog")).to_contain_text("Pack 1, made")
    expect(other.page.get_by_role("dialog")).to_contain_text("Removing it could harm the case. Ask them first.")
    assert faults(other.page) == []


def test_one_entry_with_every_card_on_two_devices(new_phone: NewPhone, tmp_path: Path) -> None:
    """Told offline with every card, added to, amended, taken out and put back; a second device and a pack have all of it."""
    phone, other = new_phone(), new_phone()
    phone.begins("Something first.")
    phone.is_offline_ready()
    phone.page.context.set_offline(True)
    phone.adds(TEXT)
    _tells_all(phone)
    phone.tap("See this entry")
    _says_all(phone)
    _adds_and_amends(phone)
    _takes_out_and_puts_back(phone)
    phone.page.context.set_offline(False)
    phone.locks()
    phone.unlocks()
    phone.is_kept_safe(TEXT)
    other.signs_in(phone.login, phone.words)
    other.entries(2)
    other.row(TEXT).get_by_role("button").click()
    other.tap("Show the words")
    expect(other.page.get_by_role("article").get_by_text(TEXT).first).to_be_visible()
    _says_all(other)
    _has_its_history(other)
    other.tap("Everything you saved, with dates")
    body = cards.opens(other, "About this entry")
    body.get_by_label("This entry may go into a pack", exact=True).check()
    cards.saves(other)
    other.is_kept_safe(TEXT)
    _holds_every_field(makes_a_pack(other, 0, tmp_path))
    _says_which_pack(other)
