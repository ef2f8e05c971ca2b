"""Young people's words: easier than the usual ones, none of a grown-up's office in them, and filled with the same things."""

from __future__ import annotations

import re
from functools import cache

from diary.record.vocabulary import LISTS
from tests.test_languages import languages
from tests.test_reading_age import reading_age

# What nobody of thirteen says, and whoever asks has to put in other words.
OFFICE = re.compile(
    r"\b(attribut\w+|alleg\w+|associate|basis|breach\w*|colleagu\w+|conduct|disclos\w+|employ\w+|harass\w+|incident\w*|lawful\w*"
    r"|locality|occur\w+|perpetrator\w*|premises|proceedings|pursuant|relationship\w*|residen\w+|spouse|tenan\w+)\b",
    re.IGNORECASE,
)
EASY = 13.0  # for one line alone, where a single long word counts for much
AGE = 11.0


@cache
def screens() -> dict[str, str]:
    """Every text of the screens by its key."""
    return {
        one["context"].removeprefix("app:"): one["text"]
        for one in languages.texts()
        if one["context"].startswith("app:")
    }


@cache
def pairs() -> dict[str, tuple[str, str]]:
    """Where it is said → the usual words and the young ones, on the screens and in the lists of the record."""
    app = screens()
    found = {key: (app[key.removeprefix("young.")], text) for key, text in app.items() if key.startswith("young.")}
    for choice in LISTS.values():
        for term in choice.terms:
            if term.young:
                found[f"{choice.name}.{term.code}"] = (term.label, term.young)
            if term.young_hint:
                found[f"{choice.name}.{term.code}, hint"] = (term.hint, term.young_hint)
    return found


def only_usual() -> set[str]:
    """Texts that some place says and has no young words for; another place may have."""
    keys = {key.removeprefix("young.") for key in pairs()}
    codes = {term.label for choice in LISTS.values() for term in choice.terms if not term.young}
    return codes | {text for key, text in screens().items() if key not in keys}


def as_text(lines: list[str]) -> str:
    """Lines as sentences of one text."""
    return " ".join(f"{line.rstrip('.?!')}." for line in lines)


def test_they_are_easier_than_the_usual_ones() -> None:
    """Read together they are for somebody younger; no line alone is above thirteen."""
    usual, young = (as_text([pair[at] for pair in pairs().values()]) for at in (0, 1))
    assert len(pairs()) > 150
    assert reading_age(young) < reading_age(usual) and reading_age(young) <= AGE
    assert {
        where: text for where, (_, text) in pairs().items() if len(text.split()) > 3 and reading_age(text) > EASY
    } == {}


def test_no_word_of_an_office_is_among_them() -> None:
    """Nor is any of them the usual words over again."""
    assert {where: text for where, (_, text) in pairs().items() if OFFICE.search(text)} == {}
    assert [where for where, (usual, text) in pairs().items() if usual == text] == []


def test_they_are_filled_with_the_same_things_and_keep_what_may_be_rung() -> None:
    """A slot or a number of the usual words is in the young ones."""
    kept = re.compile(r"\{\w+\}|\b(?:999|101|0\d{3} [\d ]+\d)\b")
    found = {where: [sorted(kept.findall(text)) for text in pair] for where, pair in pairs().items()}
    assert {where for where, (usual, young) in found.items() if usual != young} == set()


def test_whatever_is_asked_of_somebody_young_can_be_read() -> None:
    """Questions that keep their usual words are no harder than the rest: all of them together, and each alone."""
    place = re.compile(r"(?:f|card|effect|coach|who|where)\.")
    asked = [text for key, text in screens().items() if place.match(key) and f"young.{key}" not in screens()]
    assert len(asked) > 200 and reading_age(as_text(asked)) <= AGE
    assert [text for text in asked if len(text.split()) > 3 and reading_age(text) > EASY] == []
