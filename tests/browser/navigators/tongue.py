"""The words of a screen in another language: what a button is called there, and what is still said in English."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from types import ModuleType

from playwright.sync_api import Page

from diary.paths import STATIC

ROOT = STATIC.parent
_SLOT = re.compile(r"\\\{(\w+)\\\}")
# Isolates (U+2066 to U+2069) and direction marks are not words.
_UNSEEN = dict.fromkeys([0x200E, 0x200F, *range(0x2066, 0x206A)])
# What stands on a page as text, as a name or as a picture's description, outside a draft's own English;
# a page that is English throughout is all read.
_TEXTS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.parentElement;
    if (!node.data.trim() || !at.checkVisibility() || at.closest('[lang^=en]:not(html), textarea, script, style')) continue;
    found.push(node.data.trim().replace(/\\s+/g, ' '));
  }
  for (const one of document.querySelectorAll('[aria-label], [alt], [title], [placeholder]')) {
    if (!one.checkVisibility() || one.closest('[lang^=en]:not(html)')) continue;
    for (const name of ['aria-label', 'alt', 'title', 'placeholder']) found.push((one.getAttribute(name) ?? '').trim());
  }
  return found;
}"""


@cache
def catalogue_tool() -> ModuleType:
    """.ci/languages.py."""
    spec = importlib.util.spec_from_file_location("languages", ROOT / ".ci" / "languages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def words_in(code: str) -> dict[str, frozenset[str]]:
    """The app's English texts, each with what it may be in `code`; slots as they are."""
    tool = catalogue_tool()
    found: dict[str, set[str]] = {}
    for message in tool.read(next(one for one in tool.LANGUAGES if one.code == code)):
        if not message.id or message.context is None:
            continue
        both = isinstance(message.id, tuple)
        for english in message.id if both else (message.id,):
            found.setdefault(english, set()).update(message.string if both else (message.string,))
    return {english: frozenset(texts) for english, texts in found.items()}


@cache
def _patterns(code: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Texts that are filled with something, longest first: what a screen shows of them is no text of the catalogue."""
    slotted = [text for text in words_in(code) if "{" in text and len(re.sub(r"\{\w+\}|[^A-Za-z]", "", text)) > 4]
    slotted.sort(key=len, reverse=True)
    return tuple((re.compile(_SLOT.sub(r"(?:.+?)", re.escape(text)) + r"\Z"), text) for text in slotted)


def said(page: Page, english: str) -> str | re.Pattern[str]:
    """What the control called `english` is called on this page, whatever language it is in."""
    code = page.evaluate("document.documentElement.lang")
    if code.startswith("en"):
        return english
    texts = words_in(code).get(english) or _filled(code, english)
    # Between its letters a name may have marks of direction, which nobody sees.
    # A slash ends the expression in the browser that it is handed to.
    marked = "|".join(r"[\u2066-\u2069]*".join(map(re.escape, text)) for text in texts).replace("/", r"\/")
    return re.compile(rf"^\s*(?:{marked})[\u2066-\u2069]*\s*$")


def _filled(code: str, english: str) -> frozenset[str]:
    for text, there in words_in(code).items():
        slots = re.findall(r"\{(\w+)\}", text)
        match = re.fullmatch(_SLOT.sub("(.+?)", re.escape(text)), english) if slots else None
        if match:
            given = dict(zip(slots, match.groups(), strict=True))
            return frozenset(re.sub(r"\{(\w+)\}", lambda slot, given=given: given[slot[1]], one) for one in there)
    raise AssertionError(f"the catalogue has no {english!r}")


def texts_of(page: Page) -> list[str]:
    """Everything a page says that is not marked as English."""
    return [text.translate(_UNSEEN) for text in page.evaluate(_TEXTS)]


def in_english(code: str, texts: list[str], given: str = "") -> list[str]:
    """Those of `texts` that are English although the catalogue has other words for them; `given` holds what the keeper wrote."""
    return [text for text in texts if _is_english(code, text) and not (text in given or text.split("…")[0] in given)]


@cache
def _is_english(code: str, text: str) -> bool:
    if not re.search(r"[A-Za-z]{2}", text):
        return False
    there = words_in(code).get(text)
    if there is not None:
        return text not in there
    return any(pattern.match(text) and not _is_said_so(code, english, text) for pattern, english in _patterns(code))


def _is_said_so(code: str, english: str, text: str) -> bool:
    """Whether `text` is what the language itself makes of the pattern: some are the same in both."""
    return any(re.fullmatch(_SLOT.sub(r"(?:.+?)", re.escape(there)), text) for there in words_in(code)[english])
