"""The texts of a screen in another language: a control's translated name, and texts that are still English."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from functools import cache
from types import ModuleType

from playwright.sync_api import Page

from diary.paths import STATIC

PROJECT_ROOT = STATIC.parent
_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")
# Isolates (U+2066 to U+2069) and direction marks are not words.
_INVISIBLE_CHARACTERS = dict.fromkeys([0x200E, 0x200F, *range(0x2066, 0x206A)])
# All text, names and picture descriptions on a page, except the English that a draft translation shows beneath. On an
# English page, everything counts.
_COLLECT_TEXTS_SCRIPT = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || !parent.checkVisibility()) continue;
    if (parent.closest('[lang^=en]:not(html), textarea, script, style')) continue;
    found.push(node.data.trim().replace(/\\s+/g, ' '));
  }
  for (const element of document.querySelectorAll('[aria-label], [alt], [title], [placeholder]')) {
    if (!element.checkVisibility() || element.closest('[lang^=en]:not(html)')) continue;
    for (const name of ['aria-label', 'alt', 'title', 'placeholder'])
      found.push((element.getAttribute(name) ?? '').trim());
  }
  return found;
}"""


@cache
def load_languages_script() -> ModuleType:
    """Import .ci/languages.py."""
    spec = importlib.util.spec_from_file_location("languages", PROJECT_ROOT / ".ci" / "languages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def translations_of(code: str) -> dict[str, frozenset[str]]:
    """Return the app's English texts, each with its translations into `code`. Placeholders stay as they are."""
    tool = load_languages_script()
    translations: dict[str, set[str]] = {}
    for message in tool.read(next(language for language in tool.LANGUAGES if language.code == code)):
        if not message.id or message.context is None:
            continue
        has_plural = isinstance(message.id, tuple)
        for english in message.id if has_plural else (message.id,):
            translations.setdefault(english, set()).update(message.string if has_plural else (message.string,))
    return {english: frozenset(texts) for english, texts in translations.items()}


@cache
def _placeholder_patterns(code: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the texts with placeholders as patterns, longest first.

    A screen shows them filled in, so they match no text of the catalogue.
    """
    slotted = [
        text for text in translations_of(code) if "{" in text and len(re.sub(r"\{\w+\}|[^A-Za-z]", "", text)) > 4
    ]
    slotted.sort(key=len, reverse=True)
    return tuple((re.compile(_PLACEHOLDER.sub(r"(?:.+?)", re.escape(text)) + r"\Z"), text) for text in slotted)


def translated_name(page: Page, english: str) -> str | re.Pattern[str]:
    """Return the name of the control `english` on this page, in whatever language the page is."""
    code = page.evaluate("document.documentElement.lang")
    if code.startswith("en"):
        return english
    texts = translations_of(code).get(english) or _filled_translations(code, english)
    # A name may have invisible direction marks between its letters.
    # A slash would end the regular expression in the browser.
    marked = "|".join(r"[\u2066-\u2069]*".join(map(re.escape, text)) for text in texts).replace("/", r"\/")
    return re.compile(rf"^\s*(?:{marked})[\u2066-\u2069]*\s*$")


def _fill(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda slot: values[slot[1]], text)


def _filled_translations(code: str, english: str) -> frozenset[str]:
    for text, translations in translations_of(code).items():
        slots = re.findall(r"\{(\w+)\}", text)
        match = re.fullmatch(_PLACEHOLDER.sub("(.+?)", re.escape(text)), english) if slots else None
        if match:
            values = dict(zip(slots, match.groups(), strict=True))
            return frozenset(_fill(translation, values) for translation in translations)
    raise AssertionError(f"the catalogue has no {english!r}")


def page_texts(page: Page) -> list[str]:
    """Return every text of a page that is not marked as English."""
    return [text.translate(_INVISIBLE_CHARACTERS) for text in page.evaluate(_COLLECT_TEXTS_SCRIPT)]


def untranslated_texts(code: str, texts: list[str], own_words: str = "") -> list[str]:
    """Return those of `texts` that are English although a translation exists.

    `own_words` are the keeper's own words.
    """
    return [
        text for text in texts if _is_english(code, text) and not (text in own_words or text.split("…")[0] in own_words)
    ]


@cache
def _is_english(code: str, text: str) -> bool:
    if not re.search(r"[A-Za-z]{2}", text):
        return False
    translations = translations_of(code).get(text)
    if translations is not None:
        return text not in translations
    return any(
        pattern.match(text) and not _is_same_translated(code, english, text)
        for pattern, english in _placeholder_patterns(code)
    )


def _is_same_translated(code: str, english: str, text: str) -> bool:
    """Check whether the pattern's own translation gives `text`: some are the same in both languages."""
    return any(
        re.fullmatch(_PLACEHOLDER.sub(r"(?:.+?)", re.escape(translation)), text)
        for translation in translations_of(code)[english]
    )
