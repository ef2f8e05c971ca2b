"""A file is described in a draft, removed from the draft, later taken out of an entry, and put back."""

import re

from playwright.sync_api import expect

from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.pictures import png, upload

TEXT = "He sent me two pictures."


def test_a_file_is_removed_from_a_draft_and_taken_out_of_an_entry(keeper: Keeper) -> None:
    """A description in a draft is saved with the file;
    a removed file is not saved; a file taken out can be put back.
    """
    keeper.begins("Before.")
    keeper.goes("Add")
    keeper.writes(TEXT)
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload("one.png", "image/png", png(1)), upload("two.png", "image/png", png(2))])
    keeper.has_file("two.png")
    keeper.tile("two.png").first.click()
    assert faults(keeper.page) == [], "a file of a draft"
    keeper.tap("Take it out of this draft")
    keeper.sees_place("What happened?")
    keeper.opens_card("Photos & screenshots")
    expect(keeper.tile("two.png")).to_have_count(0)
    keeper.tile("one.png").first.click()
    keeper.page.get_by_role("button", name=re.compile("^What it is")).click()
    keeper.field("What is it, in one sentence?").fill("His first picture")
    keeper.saves_card()
    keeper.tap("Back")
    keeper.tap("Save")
    keeper.sees_place("Saved")
    keeper.reads(TEXT)
    keeper.tile("one.png").first.click()
    keeper.sees_place("His first picture")
    keeper.page.get_by_role("button", name=re.compile("^Take this file out")).click()
    keeper.field("Why, if you want to say").fill("It shows my sister.")
    assert faults(keeper.page) == [], "the question before it is taken out"
    keeper.page.get_by_role("dialog").get_by_role("button", name="Take this file out").click()
    keeper.sees(re.compile("^This file was taken out on"))
    assert faults(keeper.page) == [], "taken out"
    keeper.reads(TEXT)
    expect(keeper.tile("one.png")).to_have_count(0)
    keeper.tap("Put it back")
    keeper.has_file("one.png")
    keeper.tile("one.png").first.click()
    keeper.page.get_by_role("button", name=re.compile("^Everything you saved about it")).click()
    expect(keeper.page.locator(".history")).to_contain_text("It shows my sister.")
    expect(keeper.page.locator(".history")).to_contain_text("Put back")
