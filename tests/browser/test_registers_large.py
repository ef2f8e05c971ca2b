"""A diary that another device filled: 500 people, circular merges, an order of 200 terms, broken links, wrong types."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import Certificate, LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.registers import RegisterScreens
from tests.browser.navigators.seeding import SeedRecord, seed_diary

MISSING_RECORD_ID = "AAAAAAAAAAAAAAAAAAAAAA"


def _story_records() -> list[SeedRecord]:
    people: list[SeedRecord] = [
        (f"p{n}", "person", {"name": f"Person {n}", "role": "other", "aliases": [f"Nick {n}"]}, {}) for n in range(497)
    ]
    circle: list[SeedRecord] = [
        (
            name,
            "person",
            {"name": f"Round {name}", "role": "suspect", "role_code": "S1", "merged_into": merge_target},
            {},
        )
        for name, merge_target in (("a", "b"), ("b", "c"), ("c", "a"))
    ]
    terms = [{"no": n, "text": f"Term text {n}"} for n in range(1, 201)]
    order = {"kind": "restraining_order", "court": "Lewisham", "served_on": "2026-10-03", "terms": terms}
    order["against_ids"] = ["a", MISSING_RECORD_ID]
    odd = {
        "kind": 7,
        "court": ["x"],
        "terms": "no list",
        "served_on": "2026-02-31",
        "expires_on": 5,
        "against_ids": "a",
    }
    entry = {
        "narrative": "He broke two terms.", "precision": "unknown", "tz": "Europe/London",
        "actor_ids": ["c", MISSING_RECORD_ID],
        "alleged_breaches": [{"order_id": "order", "term_no": 2}, {"order_id": "order", "term_no": 999}, "odd"],
    }  # fmt: skip
    return [
        *people,
        *circle,
        ("order", "order", order, {}),
        ("odd", "order", odd, {}),
        ("entry", "incident", entry, {}),
    ]


def _find_rows(registers: RegisterScreens, name: str) -> Locator:
    return registers.page.get_by_role("main").get_by_role("button", name=re.compile(f"^{name}"))


def _assert_people(registers: RegisterScreens) -> None:
    """Assert that the newest thirty of 500 people are shown at once, and any is found by a name.

    Three with the code S1 get three codes.
    """
    keeper, page = registers.keeper, registers.page
    registers.open("People and accounts")
    expect(_find_rows(registers, "Round ")).to_have_count(3)
    registers.open("People and accounts")
    registers.wait_for_row("Round a")
    expect(keeper.page.locator("main div.rows .row-button")).to_have_count(30)
    assert accessibility_faults(page) == []
    keeper.field("Find in this list").fill("nick 77")
    registers.wait_for_row("Person 77")
    expect(page.locator(".row-more").filter(has_text=re.compile(r"^P\d+ ·"))).to_have_count(1)
    keeper.field("Find in this list").fill("round")
    rows = page.locator(".row-more").filter(has_text=re.compile(r"^S\d · "))
    expect(rows).to_have_count(3)
    assert len({text.split(" ")[0] for text in rows.all_inner_texts()}) == 3
    _find_rows(registers, "Round a").click()
    keeper.wait_for_text("You said that this is the same as:")
    keeper.wait_for_text(re.compile("^Entry 1"))
    assert accessibility_faults(page) == []


def _assert_orders(registers: RegisterScreens) -> None:
    """Assert that an order shows its 200 terms, one marked as broken, and a link to a missing one.

    A malformed order opens, but is not offered.
    """
    keeper, page = registers.keeper, registers.page
    registers.open("Orders")
    _find_rows(registers, "Restraining order").click()
    expect(page.locator(".terms > li")).to_have_count(201)
    keeper.wait_for_text("A term that is no longer here (999)")
    expect(page.get_by_text("You said it was broken once:")).to_have_count(2)
    assert accessibility_faults(page) == []
    keeper.tap("Change this")
    expect(page.locator(".term")).to_have_count(200)
    keeper.tap("Cancel")
    registers.open("Orders")
    expect(page.locator("main div.rows .row-button")).to_have_count(2)
    page.locator("main div.rows .row-button").first.click()
    expect(keeper.button("Change this")).to_be_visible()
    assert accessibility_faults(page) == []
    keeper.go_to_tab("Follow-ups")
    keeper.wait_for_text("You have nothing to follow up now.")


def test_registers_of_a_filled_diary(new_phone: NewPhone, server: LiveServer, certificate: Certificate) -> None:
    """Every register opens, is searchable and shows what it can; nothing hangs, and Show still works."""
    seeded = seed_diary(server, certificate, _story_records())
    keeper = new_phone()
    keeper.sign_in(seeded.login, seeded.passphrase)
    keeper.wait_for_entry_count(1)
    registers = RegisterScreens(keeper)
    _assert_people(registers)
    _assert_orders(registers)
    keeper.tap("Help")
    keeper.tap("Show someone now")
    keeper.tap("Show this")
    keeper.wait_for_text("He broke two terms.")
    keeper.wait_for_text("200. Term text 200")
