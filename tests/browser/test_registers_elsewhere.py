"""Registers on two devices: each reads what the other writes, and simultaneous changes are merged by the keeper."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.registers import Registers


@pytest.mark.slow  # the test with two devices and a person is in every `make test`
def test_another_device_sees_the_order_and_its_terms(new_phone: NewPhone) -> None:
    """An order and its terms, sealed and sent, are read on another device."""
    first = new_phone()
    first.begins()
    registers = Registers(first)
    registers.adds_order("Not to contact her.")
    second = new_phone()
    second.signs_in(first.login, first.words)
    other_registers = Registers(second)
    other_registers.opens("Orders")
    other_registers.has("Restraining order, Lewisham Magistrates")
    second.page.get_by_role("main").get_by_role("button", name=re.compile("^Restraining order")).click()
    second.sees("Not to contact her.")


def test_two_devices_change_one_person_and_the_keeper_merges_them(new_phone: NewPhone) -> None:
    """Both offline changes are kept and shown, nothing is lost, and one merge settles it on both devices."""
    first = new_phone()
    first.begins()
    registers = Registers(first)
    person = {"Name, or what you call them": "Sam"}
    registers.adds("People and accounts", "Add a person", person, title="Sam")
    second = new_phone()
    second.signs_in(first.login, first.words)
    other_registers = Registers(second)
    other_registers.opens("People and accounts")
    other_registers.has("Sam")
    second.page.get_by_role("main").get_by_role("button", name=re.compile("^Sam")).click()
    for keeper, words in ((first, "Tall, a limp"), (second, "Wears a red coat")):
        keeper.page.context.set_offline(True)
        keeper.tap("Change this")
        keeper.field("What do they look like?").fill(words)
        keeper.tap("Save")
        keeper.sees_place("Sam")
    # A phone asks for news when its signal returns; the one that returns last has both changes.
    for keeper in (second, first, second):
        keeper.page.context.set_offline(True)
        keeper.page.context.set_offline(False)
        keeper.page.wait_for_timeout(1500)
    for keeper in (first, second):
        keeper.sees("Two of your devices changed this at the same time.")
        keeper.sees("Tall, a limp")
        keeper.sees("Wears a red coat")
        assert faults(keeper.page) == []
    first.tap("Bring them together")
    first.sees_place("Bring them together")
    first.field("What do they look like?").fill("Tall, a limp. Wears a red coat")
    registers.has_no_faults()
    first.tap("Save")
    first.sees("Tall, a limp. Wears a red coat")
    expect(first.button("Bring them together")).to_have_count(0)
    first.page.wait_for_load_state("networkidle")
    second.locks()
    second.unlocks()
    other_registers.opens("People and accounts")
    second.page.get_by_role("main").get_by_role("button", name=re.compile("^Sam")).click()
    second.sees("Tall, a limp. Wears a red coat")
    expect(second.button("Bring them together")).to_have_count(0)
