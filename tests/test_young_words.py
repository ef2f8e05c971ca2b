"""Texts for young people are easier than the usual ones, free of official terms, and have the same placeholders."""

from __future__ import annotations

import re
from functools import cache

from diary.record.vocabulary import CHOICE_LISTS
from tests.test_languages import languages
from tests.test_reading_age import reading_age

# Terms that no 13-year-old uses, and that questions must paraphrase.
OFFICIAL_WORDS = re.compile(
    r"\b(attribut\w+|alleg\w+|associate|basis|breach\w*|colleagu\w+|conduct|disclos\w+|employ\w+|harass\w+|incident\w*|lawful\w*"
    r"|locality|occur\w+|perpetrator\w*|premises|proceedings|pursuant|relationship\w*|residen\w+|spouse|tenan\w+)\b",
    re.IGNORECASE,
)
EASY_AGE_LIMIT = 13.0  # for one line alone, where a single long word counts for much
READING_AGE_LIMIT = 11.0


@cache
def screen_texts() -> dict[str, str]:
    """Return every text of the screens by its key."""
    return {
        message["context"].removeprefix("app:"): message["text"]
        for message in languages.texts()
        if message["context"].startswith("app:")
    }


@cache
def usual_and_young_texts() -> dict[str, tuple[str, str]]:
    """Return the usual and the young text by location, on the screens and in the lists of the record."""
    app = screen_texts()
    texts_by_place = {
        key: (app[key.removeprefix("young.")], text) for key, text in app.items() if key.startswith("young.")
    }
    for choice in CHOICE_LISTS.values():
        for term in choice.terms:
            if term.young:
                texts_by_place[f"{choice.name}.{term.code}"] = (term.label, term.young)
            if term.young_hint:
                texts_by_place[f"{choice.name}.{term.code}, hint"] = (term.hint, term.young_hint)
    return texts_by_place


def texts_without_young_words() -> set[str]:
    """Return the texts without a young version in some place; another place may have one."""
    keys = {key.removeprefix("young.") for key in usual_and_young_texts()}
    codes = {term.label for choice in CHOICE_LISTS.values() for term in choice.terms if not term.young}
    return codes | {text for key, text in screen_texts().items() if key not in keys}


def join_sentences(lines: list[str]) -> str:
    """Join lines into sentences of one text."""
    return " ".join(f"{line.rstrip('.?!')}." for line in lines)


def test_young_words_are_easier_than_the_usual_ones() -> None:
    """Together they read as for somebody younger; no line alone is above thirteen."""
    usual, young = (join_sentences([pair[at] for pair in usual_and_young_texts().values()]) for at in (0, 1))
    assert len(usual_and_young_texts()) > 150
    assert reading_age(young) < reading_age(usual) and reading_age(young) <= READING_AGE_LIMIT
    assert {
        where: text
        for where, (_, text) in usual_and_young_texts().items()
        if len(text.split()) > 3 and reading_age(text) > EASY_AGE_LIMIT
    } == {}


def test_young_words_hold_no_official_term() -> None:
    """No young text has an official term, or repeats the usual one."""
    assert {where: text for where, (_, text) in usual_and_young_texts().items() if OFFICIAL_WORDS.search(text)} == {}
    assert [where for where, (usual, text) in usual_and_young_texts().items() if usual == text] == []


def test_young_words_keep_placeholders_and_phone_numbers() -> None:
    """Each placeholder and telephone number of the usual text is in the young one."""
    placeholder_or_number = re.compile(r"\{\w+\}|\b(?:999|101|0\d{3} [\d ]+\d)\b")
    matches_by_place = {
        where: [sorted(placeholder_or_number.findall(text)) for text in pair]
        for where, pair in usual_and_young_texts().items()
    }
    assert {where for where, (usual, young) in matches_by_place.items() if usual != young} == set()


def test_whatever_is_asked_of_somebody_young_can_be_read() -> None:
    """Questions that keep their usual text are no harder, all together and each alone."""
    place = re.compile(r"(?:f|card|effect|coach|who|where)\.")
    questions = [
        text for key, text in screen_texts().items() if place.match(key) and f"young.{key}" not in screen_texts()
    ]
    assert len(questions) > 200 and reading_age(join_sentences(questions)) <= READING_AGE_LIMIT
    assert [text for text in questions if len(text.split()) > 3 and reading_age(text) > EASY_AGE_LIMIT] == []
