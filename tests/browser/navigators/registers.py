"""A keeper's actions in the registers, in Follow-ups and in Show, by the names on screen."""

import re
from collections.abc import Mapping, Sequence

from playwright.sync_api import expect

from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper

ORDER_FIELDS = {
    "Which court, or who made it?": "Lewisham Magistrates",
    "Made on": "2026-10-01",
    "Given to them on": "2026-10-03",
    "Ends on": "2027-10-03",
}


class RegisterScreens:
    """The registers: people, orders, reports and the rest."""

    def __init__(self, keeper: BrowserKeeper) -> None:
        """Use an open diary."""
        self.keeper = keeper
        self.page = keeper.page

    def open(self, register: str) -> None:
        """Open a register from More."""
        self.keeper.go_to_tab("More")
        self.keeper.tap(register)

    def fill(self, fields: Mapping[str, str], choices: Sequence[str] = ()) -> None:
        """Choose and type in the open form."""
        for choice in choices:
            self.page.get_by_role("radio", name=choice, exact=True).or_(
                self.page.get_by_role("checkbox", name=choice, exact=True)
            ).first.check()
        for label, text in fields.items():
            self.keeper.field(label).first.fill(text)

    def save(self, title: str | re.Pattern[str]) -> None:
        """Save the form and wait for the page of the saved record."""
        self.keeper.tap("Save")
        self.keeper.wait_for_screen(title)

    def add_record(
        self,
        register: str,
        button: str,
        fields: Mapping[str, str],
        *,
        choices: Sequence[str] = (),
        title: str | re.Pattern[str],
    ) -> None:
        """Add one record to a register."""
        self.open(register)
        self.keeper.tap(button)
        self.fill(fields, choices)
        self.save(title)

    def add_order(self, *terms: str) -> None:
        """Add a restraining order of Lewisham with these terms."""
        self.open("Orders")
        self.keeper.tap("Add an order")
        self.fill(ORDER_FIELDS, ["Restraining order"])
        for number, term in enumerate(terms, 1):
            self.keeper.tap("Another term")
            self.keeper.field(f"What term {number} says").fill(term)
        self.save("Restraining order, Lewisham Magistrates")

    def wait_for_row(self, title: str) -> None:
        """Wait until the open list has this row."""
        expect(
            self.page.get_by_role("main").get_by_role("button", name=re.compile(f"^{re.escape(title)}"))
        ).to_be_visible()

    def assert_accessible(self) -> None:
        """Assert that axe, target sizes, headings and width show no fault."""
        assert accessibility_faults(self.page) == []
