"""Markup, scripts, formulas and typesetting in every field and file name stay text, on screen and in packs."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.hostile import HOSTILE_FILE_NAMES, HOSTILE_TEXTS, HostileTypist, assert_pack_is_inert
from tests.browser.navigators.keeper import TABS, BrowserKeeper
from tests.browser.navigators.sharing import make_and_save_pack
from tests.browser.pictures import make_png, picker_file

CARD_BUTTONS = "main .rows button[aria-expanded]"
HOSTILE_NARRATIVE = " ".join(HOSTILE_TEXTS)


def _fill_every_card(keeper: BrowserKeeper, typist: HostileTypist) -> int:
    """Type into every card of the open entry and save it. Return the number of text controls."""
    controls = 0
    titles = "all => all.map((button) => button.querySelector('strong, span')?.textContent ?? '')"
    for name in keeper.page.locator(CARD_BUTTONS).evaluate_all(titles):
        card = keeper.page.locator(CARD_BUTTONS, has_text=name).first
        if card.get_attribute("aria-expanded") != "true":
            card.click()
        typist.reveal_text_fields()
        controls += typist.fill_text_controls()
        typist.assert_nothing_ran()
        save = keeper.button("Save this card")
        if save.count():
            save.click()
            _give_reason(keeper, typist)
            expect(save).to_have_count(0)
        typist.assert_nothing_ran()
    return controls


def _give_reason(keeper: BrowserKeeper, typist: HostileTypist) -> None:
    if keeper.field("Why?").count():
        typist.fill_text_controls(keeper.page.locator("dialog, [role=dialog]").first)
        keeper.button("Save").last.click()


@pytest.fixture
def diary(new_phone: NewPhone) -> BrowserKeeper:
    """Return a diary with hostile text in every field of one entry, and four files with hostile names."""
    keeper = new_phone()
    typist = HostileTypist(keeper.page)
    keeper.open_without_diary()
    keeper.write_first_entry(HOSTILE_NARRATIVE)
    keeper.register_copy()
    keeper.wait_until_kept_safe(HOSTILE_TEXTS[0])
    keeper.open_entry(HOSTILE_TEXTS[0])
    assert _fill_every_card(keeper, typist) >= 6
    keeper.open_card("Photos & screenshots")
    keeper.pick_files(
        [picker_file(name, "image/png", make_png(comment=str(n))) for n, name in enumerate(HOSTILE_FILE_NAMES)]
    )
    for name in HOSTILE_FILE_NAMES:
        keeper.wait_for_file(name)
    typist.assert_nothing_ran()
    return keeper


def test_hostile_text_stays_text_everywhere(diary: BrowserKeeper, tmp_path: Path) -> None:
    """In the entry, the list, the history, after a lock and in every part of a pack, hostile text stays text."""
    keeper, typist = diary, HostileTypist(diary.page)
    keeper.open_entry(HOSTILE_TEXTS[0])
    expect(keeper.page.get_by_role("article")).to_contain_text(HOSTILE_TEXTS[1])
    for tab in TABS:
        keeper.go_to_tab(tab)
        typist.fill_text_controls()
        typist.assert_nothing_ran()
    keeper.lock()
    keeper.unlock()
    keeper.wait_until_kept_safe(HOSTILE_TEXTS[0])
    typist.assert_nothing_ran()
    with zipfile.ZipFile(make_and_save_pack(keeper, len(HOSTILE_FILE_NAMES), tmp_path)) as pack:
        assert_pack_is_inert(pack, HOSTILE_NARRATIVE)
