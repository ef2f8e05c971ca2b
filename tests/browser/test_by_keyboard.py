"""Every card of an entry by keyboard alone; and the same cards in the words for young people."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewPhone
from tests.browser.every_card import CARD_STEPS, SHOWN_ANSWERS, TEXT
from tests.browser.navigators import cards
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.keys import Keys
from tests.browser.navigators.registers import Registers


def _open_card(keeper: Keeper, keys: Keys, title: str) -> Locator:
    button = keeper.button("More you can add")
    if button.count():
        keys.presses(button)
        expect(button).to_have_count(0)
    keys.presses(keeper.page.get_by_role("button", name=re.compile(f"^{re.escape(title)}")).first)
    body = keeper.page.locator(".card-body")
    expect(body).to_be_visible()
    return body


def _show_control(keys: Keys, body: Locator, control: Locator) -> Locator:
    """Press "More" until the control is there, and return it."""
    button = body.get_by_role("button", name="More", exact=True)
    for _ in range(12):
        if control.count() or not button.count():
            break
        keys.presses(button.first)
    return control.first


def _answer(keeper: Keeper, keys: Keys, body: Locator, action: str, question: str, *answers: str) -> None:
    group = body.get_by_role("group", name=question, exact=True)
    if action == "type":
        keys.types(_show_control(keys, body, body.get_by_label(question, exact=True)), answers[0])
    elif action == "tick":
        for choice in answers:
            keys.ticks(_show_control(keys, body, group.get_by_label(choice, exact=True)))
    elif action == "check":
        keys.toggles(_show_control(keys, body, body.get_by_label(question, exact=True)))
    else:
        label = keeper.page.get_by_text(question, exact=True)
        _show_control(keys, body, body.get_by_text(question, exact=True))
        section = body.locator("div.stack-close").filter(has=label).last
        keys.presses(section.get_by_role("button", name=answers[0], exact=True))
        keys.types(section.locator("input.input").last, answers[1])
        keys.presses(section.get_by_role("button", name="Add to the list", exact=True))
        expect(section.get_by_label(answers[1], exact=False).first).to_be_checked()


@pytest.mark.slow  # tests every card; test_screens_driven.py tests the first entry by keyboard
def test_every_card_with_a_keyboard_alone(new_phone: NewPhone) -> None:
    """An entry is written, filled in with every card and read back without a pointer;
    the focus is never lost between cards.
    """
    keeper = new_phone(viewport={"width": 1280, "height": 800}, is_mobile=False, has_touch=False)
    keeper.begins("Something first.")
    keys = Keys(keeper.page)
    keys.presses(keeper.page.get_by_role("navigation").get_by_role("button", name="Add", exact=True))
    keeper.sees_place("What happened?")
    keys.types(keeper.field("What happened?"), TEXT)
    keys.ticks(keeper.page.get_by_role("radio", name="Just now", exact=True))
    keys.presses(keeper.button("Save"))
    keeper.sees_place("Saved")
    for title, steps in CARD_STEPS:
        body = _open_card(keeper, keys, title)
        step: tuple[Any, ...]
        for step in steps:
            _answer(keeper, keys, body, *step)
        keys.presses(keeper.button("Save this card"))
        expect(keeper.button("Save this card")).to_have_count(0)
        assert keeper.page.evaluate("document.activeElement !== document.body"), title
    keys.presses(keeper.button("See this entry"))
    for title, text in SHOWN_ANSWERS.items():
        expect(cards.fact(keeper, title).first, title).to_contain_text(text)


def _registers_ask_young_people_too(keeper: Keeper) -> None:
    """The registers use the young words too: in questions, hints and above lists."""
    registers = Registers(keeper)
    registers.opens("Who you told")
    keeper.sees("A teacher, a parent, police, an app, a helpline")
    keeper.tap("Add who you told")
    registers.fills({"What did they say they would do?": "Ring my mum."})
    registers.has_no_faults()
    keeper.tap("Save")
    expect(keeper.page.locator("dt", has_text="What did they say they would do?")).to_be_visible()
    registers.opens("People and accounts")
    keeper.tap("Add a person")
    keeper.tap("More details")
    expect(keeper.field("Nicknames and other names")).to_be_visible()
    keeper.sees("How do you know them?")
    registers.has_no_faults()
    registers.opens("Orders")
    keeper.tap("Add an order")
    keeper.sees("They can only break it after someone gave it to them.")
    registers.has_no_faults()


@pytest.mark.slow  # test_languages_screens.py tests the young words in every `make test`
def test_a_young_person_is_asked_in_their_own_words(new_phone: NewPhone) -> None:
    """The choice in More survives a lock and applies to cards and codes; what was written does not change."""
    keeper = new_phone()
    keeper.begins("He was at the bus stop again.")
    keeper.goes("More")
    keeper.tap("Words for young people")
    keeper.sees_place("Which words do you want?")
    keeper.sees("Were you afraid they would be violent?")
    keeper.picks("Words for young people")
    keeper.sees("Were you scared they would hurt you or someone else?")
    assert faults(keeper.page) == []
    keeper.locks()
    keeper.unlocks()
    keeper.reads("He was at the bus stop again.")
    body = cards.opens(keeper, "How it made you feel")
    cards.more(keeper, body)
    cards.ticks(body, "Were you scared they would hurt you or someone else?", "Yes")
    cards.saves(keeper)
    cards.opens(keeper, "What they did")
    _registers_ask_young_people_too(keeper)
    keeper.goes("More")
    keeper.tap("Words for young people")
    keeper.picks("The usual words")
    keeper.sees("Were you afraid they would be violent?")
    keeper.reads("He was at the bus stop again.")
    expect(cards.fact(keeper, "Were you afraid they would be violent?").first).to_contain_text("Yes")
