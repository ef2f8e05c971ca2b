"""Markup, scripts, formulas and typesetting in every field and file name stay text:
on screen, in the PDFs, in the CSVs.
"""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.hostile import CORPUS, FILE_NAMES, Typist, pack_is_inert
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import makes_a_pack
from tests.browser.pictures import png, upload

CARDS = "main .rows button[aria-expanded]"
PLACES = ("Entries", "Add", "Share", "More")
ACCOUNT = " ".join(CORPUS)


def _fill_every_card(keeper: Keeper, typist: Typist) -> int:
    """Type into every card of the open entry and save it; return the number of text controls."""
    controls = 0
    titles = "all => all.map((button) => button.querySelector('strong, span')?.textContent ?? '')"
    for name in keeper.page.locator(CARDS).evaluate_all(titles):
        card = keeper.page.locator(CARDS, has_text=name).first
        if card.get_attribute("aria-expanded") != "true":
            card.click()
        typist.reveals()
        controls += typist.fills()
        typist.nothing_ran()
        save = keeper.button("Save this card")
        if save.count():
            save.click()
            _give_reason(keeper, typist)
            expect(save).to_have_count(0)
        typist.nothing_ran()
    return controls


def _give_reason(keeper: Keeper, typist: Typist) -> None:
    if keeper.field("Why?").count():
        typist.fills(keeper.page.locator("dialog, [role=dialog]").first)
        keeper.button("Save").last.click()


@pytest.fixture
def diary(new_phone: NewPhone) -> Keeper:
    """A diary whose one entry has the corpus in every field and four files with hostile names."""
    keeper = new_phone()
    typist = Typist(keeper.page)
    keeper.opens()
    keeper.first_entry(ACCOUNT)
    keeper.keeps_a_copy()
    keeper.is_kept_safe(CORPUS[0])
    keeper.reads(CORPUS[0])
    assert _fill_every_card(keeper, typist) >= 6
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload(name, "image/png", png(says=str(n))) for n, name in enumerate(FILE_NAMES)])
    for name in FILE_NAMES:
        keeper.has_file(name)
    typist.nothing_ran()
    return keeper


def test_hostile_text_stays_text_everywhere(diary: Keeper, tmp_path: Path) -> None:
    """In the entry, the list, the history, after a lock and in every part of a pack, hostile text stays text."""
    keeper, typist = diary, Typist(diary.page)
    keeper.reads(CORPUS[0])
    expect(keeper.page.get_by_role("article")).to_contain_text(CORPUS[1])
    for place in PLACES:
        keeper.goes(place)  # type: ignore[arg-type]
        typist.fills()
        typist.nothing_ran()
    keeper.locks()
    keeper.unlocks()
    keeper.is_kept_safe(CORPUS[0])
    typist.nothing_ran()
    with zipfile.ZipFile(makes_a_pack(keeper, len(FILE_NAMES), tmp_path)) as pack:
        pack_is_inert(pack, ACCOUNT)
