"""Fictional screenshots for browser tests, drawn in the looks of tests/screenshots."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.screenshots.conversations import Item, Screen
from tests.screenshots.draw import SIZES, page_of


def message(text: str, side: str, time: str) -> Item:
    """Return a message with its time, as WhatsApp draws it."""
    return Item("message", text, side, time, time, ticks=side == "right")


def missed_call(time: str) -> Item:
    """Return a missed call of a conversation."""
    item = Item("missed", "Missed voice call", "left", time, time, missed=True)
    item.detail = "Tap to call back"
    return item


def call(name: str, time: str, word: str) -> Item:
    """Return a row of a phone's list of calls."""
    return Item("call", word, time=time, stamp=time, who=name, missed=word == "Missed")


def heading(words: str) -> Item:
    """Return the heading of a day."""
    return Item("day", words)


def chat(*items: Item, dark: bool = False, title: str = "Sam Field") -> Screen:
    """Return a conversation in WhatsApp's look."""
    return Screen("whatsapp", "en", dark, "720x1600", title, group=False, items=list(items))


def call_list(*items: Item) -> Screen:
    """Return a phone's list of calls."""
    return Screen("calls", "en", dark=False, size="720x1600", title="", group=False, items=list(items))


def draw_screen(browser: Browser, screen: Screen, folder: Path) -> bytes:
    """Return a screenshot of a screen as PNG."""
    width, height, scale, _ = SIZES[screen.size]
    source = folder / "screen.html"
    source.write_text(page_of(screen), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=scale)
    try:
        page.goto(source.as_uri())
        page.evaluate("document.fonts.ready")
        return page.screenshot()
    finally:
        page.close()
