"""A file is described in a draft, removed from the draft, later taken out of an entry, and put back."""

import re

from playwright.sync_api import expect

from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_png, picker_file

NARRATIVE = "He sent me two pictures."


def test_a_file_is_removed_from_a_draft_and_taken_out_of_an_entry(keeper: BrowserKeeper) -> None:
    """A draft's description is saved with the file, and a removed file is not.

    A file taken out of an entry can be put back.
    """
    keeper.create_registered_diary("Before.")
    keeper.go_to_tab("Add")
    keeper.type_narrative(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files(
        [picker_file("one.png", "image/png", make_png(1)), picker_file("two.png", "image/png", make_png(2))]
    )
    keeper.wait_for_file("two.png")
    keeper.file_tile("two.png").first.click()
    assert accessibility_faults(keeper.page) == [], "a file of a draft"
    keeper.tap("Remove it from this draft")
    keeper.wait_for_screen("What happened?")
    keeper.open_card("Photos & screenshots")
    expect(keeper.file_tile("two.png")).to_have_count(0)
    keeper.file_tile("one.png").first.click()
    keeper.page.get_by_role("button", name=re.compile("^What it is")).click()
    keeper.field("What is it, in one sentence?").fill("His first picture")
    keeper.save_card()
    keeper.tap("Back")
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")
    keeper.open_entry(NARRATIVE)
    keeper.file_tile("one.png").first.click()
    keeper.wait_for_screen("His first picture")
    keeper.page.get_by_role("button", name=re.compile("^Put this file away")).click()
    keeper.field("Why, if you want to say").fill("It shows my sister.")
    assert accessibility_faults(keeper.page) == [], "the question before it is taken out"
    keeper.page.get_by_role("dialog").get_by_role("button", name="Put this file away").click()
    keeper.wait_for_text(re.compile("^This file was put away on"))
    assert accessibility_faults(keeper.page) == [], "taken out"
    keeper.open_entry(NARRATIVE)
    expect(keeper.file_tile("one.png")).to_have_count(0)
    keeper.tap("Put it back")
    keeper.wait_for_file("one.png")
    keeper.file_tile("one.png").first.click()
    keeper.page.get_by_role("button", name=re.compile("^Everything you saved about it")).click()
    expect(keeper.page.locator(".history")).to_contain_text("It shows my sister.")
    expect(keeper.page.locator(".history")).to_contain_text("Put back")
