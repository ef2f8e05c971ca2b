"""A keeper's actions on the cards of an entry, by the questions' names on screen."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.navigators.keeper import BrowserKeeper


def show_every_card(keeper: BrowserKeeper) -> None:
    """Open "More you can add", which holds the other cards."""
    button = keeper.button("More you can add")
    if button.count():
        button.click()


def open_card(keeper: BrowserKeeper, title: str) -> Locator:
    """Open one card and return its body."""
    show_every_card(keeper)
    keeper.open_card(title)
    body = keeper.page.locator(".card-body")
    expect(body).to_be_visible()
    return body


def expand_card(keeper: BrowserKeeper, body: Locator) -> None:
    """Press every "More" of the card, so that each of its questions and choices is shown."""
    buttons = body.get_by_role("button", name="More", exact=True)
    for _ in range(12):
        if not buttons.count():
            return
        buttons.first.click()


def type_into(body: Locator, label: str, text: str, index: int = 0) -> None:
    """Type into the field with this label."""
    body.get_by_label(label, exact=True).nth(index).fill(text)


def tick_chips(body: Locator, question: str, *choices: str) -> None:
    """Choose chips of one question."""
    group = body.get_by_role("group", name=question, exact=True)
    for choice in choices:
        group.get_by_label(choice, exact=True).check()


def add_linked_record(keeper: BrowserKeeper, body: Locator, question: str, button: str, name: str) -> None:
    """Add a person, an account or a vehicle from inside the card, which also chooses it."""
    section = body.locator("div.stack-close").filter(has=keeper.page.get_by_text(question, exact=True)).last
    section.get_by_role("button", name=button, exact=True).click()
    section.locator("input.input").last.fill(name)
    section.get_by_role("button", name="Add to the list", exact=True).click()
    expect(section.get_by_label(name, exact=False).first).to_be_checked()


def save_card(keeper: BrowserKeeper) -> None:
    """Save the open card and wait until it is closed."""
    keeper.save_card()


def give_reason(keeper: BrowserKeeper, reason: str) -> None:
    """Give the reason for changing earlier words."""
    keeper.field("Reason").fill(reason)
    keeper.tap("Save the change")
    expect(keeper.page.locator("dialog")).to_have_count(0)


def fact_value(keeper: BrowserKeeper, title: str) -> Locator:
    """Return the value that the entry shows under this name."""
    return (
        keeper.page.locator(".facts div")
        .filter(has=keeper.page.locator("dt", has_text=re.compile(f"^{re.escape(title)}")))
        .locator("dd")
    )
