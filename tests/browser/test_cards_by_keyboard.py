"""Every card of an entry by keyboard alone; and the same cards in the words for young people."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.card_samples import CARD_STEPS, NARRATIVE, SHOWN_ANSWERS
from tests.browser.conftest import NewPhone
from tests.browser.navigators import cards
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.keyboard import Keyboard
from tests.browser.navigators.registers import RegisterScreens


def _open_card(keeper: BrowserKeeper, keys: Keyboard, title: str) -> Locator:
    button = keeper.button("More you can add")
    if button.count():
        keys.press_button(button)
        expect(button).to_have_count(0)
    keys.press_button(keeper.page.get_by_role("button", name=re.compile(f"^{re.escape(title)}")).first)
    body = keeper.page.locator(".card-body")
    expect(body).to_be_visible()
    return body


def _show_control(keys: Keyboard, body: Locator, control: Locator) -> Locator:
    """Press "More" until the control is there, and return it."""
    button = body.get_by_role("button", name="More", exact=True)
    for _ in range(12):
        if control.count() or not button.count():
            break
        keys.press_button(button.first)
    return control.first


def _answer(keeper: BrowserKeeper, keys: Keyboard, body: Locator, action: str, question: str, *answers: str) -> None:
    group = body.get_by_role("group", name=question, exact=True)
    if action == "type":
        keys.type_into(_show_control(keys, body, body.get_by_label(question, exact=True)), answers[0])
    elif action == "tick":
        for choice in answers:
            keys.choose(_show_control(keys, body, group.get_by_label(choice, exact=True)))
    elif action == "check":
        keys.toggle(_show_control(keys, body, body.get_by_label(question, exact=True)))
    else:
        label = keeper.page.get_by_text(question, exact=True)
        _show_control(keys, body, body.get_by_text(question, exact=True))
        section = body.locator("div.stack-close").filter(has=label).last
        keys.press_button(section.get_by_role("button", name=answers[0], exact=True))
        keys.type_into(section.locator("input.input").last, answers[1])
        keys.press_button(section.get_by_role("button", name="Add to the list", exact=True))
        expect(section.get_by_label(answers[1], exact=False).first).to_be_checked()


@pytest.mark.slow  # tests every card; test_screens_driven.py tests the first entry by keyboard
def test_every_card_with_a_keyboard_alone(new_phone: NewPhone) -> None:
    """An entry with every card is written and read back without a pointer.

    The focus is never lost between cards.
    """
    keeper = new_phone(viewport={"width": 1280, "height": 800}, is_mobile=False, has_touch=False)
    keeper.create_registered_diary("Something first.")
    keys = Keyboard(keeper.page)
    keys.press_button(keeper.page.get_by_role("navigation").get_by_role("button", name="Add", exact=True))
    keeper.wait_for_screen("What happened?")
    keys.type_into(keeper.field("What happened?"), NARRATIVE)
    keys.choose(keeper.page.get_by_role("radio", name="Just now", exact=True))
    keys.press_button(keeper.button("Save"))
    keeper.wait_for_screen("Saved")
    for title, steps in CARD_STEPS:
        body = _open_card(keeper, keys, title)
        step: tuple[Any, ...]
        for step in steps:
            _answer(keeper, keys, body, *step)
        keys.press_button(keeper.button("Save this card"))
        expect(keeper.button("Save this card")).to_have_count(0)
        assert keeper.page.evaluate("document.activeElement !== document.body"), title
    keys.press_button(keeper.button("See this entry"))
    for title, text in SHOWN_ANSWERS.items():
        expect(cards.fact_value(keeper, title).first, title).to_contain_text(text)


def _assert_registers_use_young_words(keeper: BrowserKeeper) -> None:
    """Assert that the registers use the young words in questions, hints and above lists."""
    registers = RegisterScreens(keeper)
    registers.open("Who you told")
    keeper.wait_for_text("A teacher, a parent, police, an app, a helpline")
    keeper.tap("Add who you told")
    registers.fill({"What did they say they would do?": "Ring my mum."})
    registers.assert_accessible()
    keeper.tap("Save")
    expect(keeper.page.locator("dt", has_text="What did they say they would do?")).to_be_visible()
    registers.open("People and accounts")
    keeper.tap("Add a person")
    keeper.tap("More details")
    expect(keeper.field("Nicknames and other names")).to_be_visible()
    keeper.wait_for_text("How do you know them?")
    registers.assert_accessible()
    registers.open("Orders")
    keeper.tap("Add an order")
    keeper.wait_for_text("They can only break it after someone gave it to them.")
    registers.assert_accessible()


@pytest.mark.slow  # test_languages_screens.py tests the young words in every `make test`
def test_a_young_person_is_asked_in_their_own_words(new_phone: NewPhone) -> None:
    """The choice in More survives a lock and applies to cards and codes; what was written does not change."""
    keeper = new_phone()
    keeper.create_registered_diary("He was at the bus stop again.")
    keeper.go_to_tab("More")
    keeper.tap("Words for young people")
    keeper.wait_for_screen("Which words do you want?")
    keeper.wait_for_text("Were you afraid they would be violent?")
    keeper.pick_chip("Words for young people")
    keeper.wait_for_text("Were you scared they would hurt you or someone else?")
    assert accessibility_faults(keeper.page) == []
    keeper.lock()
    keeper.unlock()
    keeper.open_entry("He was at the bus stop again.")
    body = cards.open_card(keeper, "How it made you feel")
    cards.expand_card(keeper, body)
    cards.tick_chips(body, "Were you scared they would hurt you or someone else?", "Yes")
    cards.save_card(keeper)
    cards.open_card(keeper, "What they did")
    _assert_registers_use_young_words(keeper)
    keeper.go_to_tab("More")
    keeper.tap("Words for young people")
    keeper.pick_chip("The usual words")
    keeper.wait_for_text("Were you afraid they would be violent?")
    keeper.open_entry("He was at the bus stop again.")
    expect(cards.fact_value(keeper, "Were you afraid they would be violent?").first).to_contain_text("Yes")
