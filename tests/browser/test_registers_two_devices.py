"""Registers on two devices: each reads what the other writes, and simultaneous changes are merged by the keeper."""

import re

import pytest
from playwright.sync_api import Response, expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.registers import RegisterScreens


@pytest.mark.slow  # the test with two devices and a person is in every `make test`
def test_another_device_sees_the_order_and_its_terms(new_phone: NewPhone) -> None:
    """An order and its terms, sealed and sent, are read on another device."""
    first = new_phone()
    first.create_registered_diary()
    registers = RegisterScreens(first)
    registers.add_order("Not to contact her.")
    second = new_phone()
    second.sign_in(first.login, first.passphrase)
    other_registers = RegisterScreens(second)
    other_registers.open("Orders")
    other_registers.wait_for_row("Restraining order, Lewisham Magistrates")
    second.page.get_by_role("main").get_by_role("button", name=re.compile("^Restraining order")).click()
    second.wait_for_text("Not to contact her.")


def test_two_devices_change_one_person_and_the_keeper_merges_them(new_phone: NewPhone) -> None:
    """Both offline changes are kept and shown, nothing is lost, and one merge settles it on both devices."""
    first = new_phone()
    first.create_registered_diary()
    registers = RegisterScreens(first)
    person = {"Name, or what you call them": "Sam"}
    registers.add_record("People and accounts", "Add a person", person, title="Sam")
    second = new_phone()
    second.sign_in(first.login, first.passphrase)
    other_registers = RegisterScreens(second)
    other_registers.open("People and accounts")
    other_registers.wait_for_row("Sam")
    second.page.get_by_role("main").get_by_role("button", name=re.compile("^Sam")).click()
    for keeper, words in ((first, "Tall, a limp"), (second, "Wears a red coat")):
        keeper.page.context.set_offline(True)
        keeper.tap("Change this")
        keeper.field("What do they look like?").fill(words)
        keeper.tap("Save")
        keeper.wait_for_screen("Sam")
    # A phone sends what it has, and asks for news, when its signal returns. The one that returns last has both changes.
    for keeper in (second, first):
        with keeper.page.expect_response(_is_stored_version):
            keeper.page.context.set_offline(True)
            keeper.page.context.set_offline(False)
    second.page.context.set_offline(True)
    second.page.context.set_offline(False)
    for keeper in (first, second):
        keeper.wait_for_text("Two of your devices changed this at the same time.")
        keeper.wait_for_text("Tall, a limp")
        keeper.wait_for_text("Wears a red coat")
        assert accessibility_faults(keeper.page) == []
    first.tap("Bring them together")
    first.wait_for_screen("Bring them together")
    first.field("What do they look like?").fill("Tall, a limp. Wears a red coat")
    registers.assert_accessible()
    first.tap("Save")
    first.wait_for_text("Tall, a limp. Wears a red coat")
    expect(first.button("Bring them together")).to_have_count(0)
    first.page.wait_for_load_state("networkidle")
    second.lock()
    second.unlock()
    other_registers.open("People and accounts")
    second.page.get_by_role("main").get_by_role("button", name=re.compile("^Sam")).click()
    second.wait_for_text("Tall, a limp. Wears a red coat")
    expect(second.button("Bring them together")).to_have_count(0)


def _is_stored_version(response: Response) -> bool:
    """Return whether the server has stored a version."""
    return response.request.method == "PUT" and "/versions/" in response.url and response.ok
