"""Room to write where there is little: a keyboard on the screen, 320 px, text at twice its size."""

import re
from itertools import pairwise

import pytest

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import TABS, BrowserKeeper
from tests.browser.navigators.translations import translated_name
from tests.browser.screen_steps import OPEN_DIARY, go_to_screen, js
from tests.browser.test_languages_screens import choose_language
from tests.browser.test_screens import address, show
from tests.browser.test_screens_driven import OpenPage

__all__ = ["address", "show"]

# What a phone in landscape leaves above its keyboard, and the narrowest phone upright with its keyboard up.
ABOVE_KEYBOARD = [(740, 200), (320, 268)]
WITHOUT_KEYBOARD = [(640, 300), (320, 520)]
ROOM_SCRIPT = """() => {
  const box = document.querySelector('#narrative').getBoundingClientRect();
  const bars = [...document.querySelectorAll('.bar, .thumb')]
    .map((bar) => bar.getBoundingClientRect())
    .filter(({ height }) => height > 0);
  const top = Math.max(box.top, ...bars.filter((bar) => bar.top <= 0).map((bar) => bar.bottom), 0);
  const bottom = Math.min(box.bottom, innerHeight, ...bars.filter((bar) => bar.top > 0).map((bar) => bar.top));
  return bottom - top;
}"""
IS_ON_TOP_SCRIPT = """(button) => {
  const { left, width, bottom } = button.getBoundingClientRect();
  return button.contains(document.elementFromPoint(left + width / 2, bottom - 2));
}"""
LARGE_TEXT_SCRIPT = "() => { document.documentElement.style.fontSize = '200%'; }"
# Each word of the labels, buttons and headings that stands on more than one line.
BROKEN_WORDS_SCRIPT = """(part) => {
  const walker = document.createTreeWalker(document.querySelector(part), NodeFilter.SHOW_TEXT);
  const broken = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const { index, 0: word } of node.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const lines = new Set([...range.getClientRects()].filter((rect) => rect.width > 0).map((rect) => rect.top));
      if (lines.size > 1 && node.parentElement.checkVisibility()) broken.push(word);
    }
  }
  return broken;
}"""

# The tabs in the order on the screen: each name, its edges, and whether it is a target of 44 px.
TABS_SCRIPT = """() => [...document.querySelectorAll('.tab')].map((tab) => {
  const name = document.createRange();
  name.selectNodeContents(tab.querySelector('span:last-child'));
  const { left, right } = name.getBoundingClientRect();
  const { width, height } = tab.getBoundingClientRect();
  return { name: tab.innerText.trim(), left, right, isTarget: width >= 44 && height >= 44 };
}).sort((a, b) => (document.dir === 'rtl' ? b.left - a.left : a.left - b.left))"""


@pytest.mark.parametrize("language", ["en", "cy", "pl", "ur"])
@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.parametrize("text_size", ["100%", "200%"])
def test_five_tabs_fit_whatever_the_language(show: OpenPage, language: str, width: int, text_size: str) -> None:
    """Add, Entries, Share, Follow-ups and More stand whole beside each other, and so do the names at the top."""
    page = show((OPEN_DIARY, go_to_screen("locks")), viewport={"width": width, "height": 640})
    if language != "en":
        choose_language(page, language)
    js(f"document.documentElement.style.fontSize = '{text_size}'")(page)
    tabs = page.evaluate(TABS_SCRIPT)
    assert len(tabs) == len(TABS)
    assert all(re.match(translated_name(page, name), tab["name"]) for name, tab in zip(TABS, tabs, strict=True)), tabs
    assert all(tab["isTarget"] for tab in tabs), tabs
    edges = sorted((tab["left"], tab["right"]) for tab in tabs)
    assert edges[0][0] >= 0 and edges[-1][1] <= width, edges
    assert all(next_left - right >= 2 for (_, right), (next_left, _) in pairwise(edges)), edges
    assert page.evaluate(BROKEN_WORDS_SCRIPT, ".thumb") == []
    assert page.evaluate(BROKEN_WORDS_SCRIPT, ".bar") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("width", "height"), WITHOUT_KEYBOARD)
def test_the_bar_stays_while_no_keyboard_is_up(keeper: BrowserKeeper, width: int, height: int) -> None:
    """Android keeps the focus in the box when its keyboard is closed. The bar is there again."""
    keeper.create_registered_diary()
    keeper.go_to_tab("Add")
    keeper.page.set_viewport_size({"width": width, "height": height})
    keeper.field("What happened?").click()
    assert keeper.page.get_by_role("navigation").is_visible()


@pytest.mark.parametrize(("width", "height"), ABOVE_KEYBOARD)
def test_the_box_has_room_while_the_keyboard_is_up(keeper: BrowserKeeper, width: int, height: int) -> None:
    """Most of what a keyboard leaves belongs to the box, once it is scrolled to; Leave stays."""
    keeper.create_registered_diary()
    keeper.go_to_tab("Add")
    keeper.page.set_viewport_size({"width": width, "height": height})
    keeper.field("What happened?").click()
    keeper.page.evaluate("() => document.querySelector('#narrative').scrollIntoView({ block: 'start' })")
    assert keeper.page.evaluate(ROOM_SCRIPT) >= 120
    assert keeper.button("Leave now").is_visible()


def test_text_at_twice_the_size_breaks_no_word_and_leaves_room(new_phone: NewPhone) -> None:
    """On each main place at 360 × 640 no word is broken, and the bar takes less than an eighth of the screen."""
    keeper = new_phone()
    keeper.create_registered_diary()
    keeper.page.evaluate(LARGE_TEXT_SCRIPT)
    broken = {}
    for tab in TABS:
        keeper.go_to_tab(tab)
        broken[tab] = keeper.page.evaluate(BROKEN_WORDS_SCRIPT, "#app")
    bar = keeper.page.get_by_role("navigation").bounding_box()
    assert bar
    assert bar["height"] <= 640 / 8
    assert all(words == [] for words in broken.values()), broken


def test_save_is_not_behind_the_bar_while_the_keyboard_is_up(new_phone: NewPhone) -> None:
    """At 320 px, Save can be tapped once it has been scrolled into view while typing."""
    keeper = new_phone(viewport={"width": 320, "height": 268})
    keeper.create_registered_diary()
    keeper.go_to_tab("Add")
    keeper.field("What happened?").press_sequentially("He rang.")
    save = keeper.button("Save")
    save.evaluate("(button) => button.scrollIntoView({ block: 'end' })")
    assert save.evaluate(IS_ON_TOP_SCRIPT)
    keeper.field("What happened?").evaluate("(box) => box.blur()")
    assert keeper.page.get_by_role("navigation").is_visible()
