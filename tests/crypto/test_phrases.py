"""Words as Argon2id receives them, and the recovery code."""

import hashlib
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.crypto import words
from diary.crypto.unicode14 import is_assigned
from diary.errors import BadRequest
from diary.paths import VENDOR
from tests.vectors.load_vectors import load_vectors

VECTORS = load_vectors("words.json")


def test_the_word_list_is_the_one_of_the_vectors() -> None:
    """The list has 2,048 different words, those of the vectors."""
    assert len(set(words.word_list())) == 2048
    assert hashlib.sha256((VENDOR / "words-en.txt").read_bytes()).hexdigest() == VECTORS["list_sha256"]


@pytest.mark.parametrize("case", VECTORS["normalise"], ids=range(len(VECTORS["normalise"])))
def test_each_way_of_typing_has_one_normal_form(case: dict[str, Any]) -> None:
    """Every way of typing gives one normal form, which normalises to itself."""
    assert words.normalise(case["text"]) == case["words"]
    assert words.normalise(case["words"]) == case["words"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=[case["name"] for case in VECTORS["refused"]])
def test_words_that_cannot_be_used(case: dict[str, Any]) -> None:
    """Words that are too short or differ between devices are refused."""
    with pytest.raises(BadRequest):
        words.normalise(case["text"])


@pytest.mark.parametrize("case", VECTORS["listed"], ids=range(len(VECTORS["listed"])))
def test_six_words_of_the_list_are_found_however_they_are_typed(case: dict[str, Any]) -> None:
    """Capitals and spaces do not matter. Other words, and letters that are six words in two ways, are left alone."""
    assert words.find_listed_words(case["text"]) == case["words"]
    forms = words.typed_forms(case["text"])
    assert forms[0] == case["text"] and forms[1:] in ((), (case["words"],))
    assert case["words"] is None or words.normalise(forms[-1]) == case["words"]


@given(st.text())
def test_any_text_is_normalised_or_refused(text: str) -> None:
    """Any text is normalised or refused; a normalised text stays unchanged."""
    try:
        normalised = words.normalise(text)
    except BadRequest:
        return
    assert words.normalise(normalised) == normalised
    assert normalised.encode()


def test_newer_unicode_changes_nothing_of_the_unicode_14_table() -> None:
    """Newer Unicode versions have not changed what 14 assigned; Python's own table agrees where it is 14."""
    for code_point in range(0x110000):
        category = unicodedata.category(chr(code_point))
        if is_assigned(code_point):
            assert category not in ("Cn", "Cs")
        elif unicodedata.unidata_version == "14.0.0":
            assert category in ("Cn", "Cs")


def test_a_suggestion_is_six_words_of_the_list() -> None:
    """A suggestion has six words of the list, and is long enough to be used."""
    suggestion = words.suggest_words()
    assert len(suggestion.split()) == 6
    assert set(suggestion.split()) <= set(words.word_list())
    assert words.normalise(suggestion) == suggestion


def test_recovery_codes_match_the_vectors() -> None:
    """Both spellings of each code are correct and are read back."""
    for case in VECTORS["codes"]:
        code = bytes.fromhex(case["code"])
        assert (words.format_code_as_words(code), words.format_code_as_text(code)) == (case["words"], case["text"])
        assert words.parse_code(case["words"]) == words.parse_code(case["text"]) == code
    for case in VECTORS["read"]:
        assert words.parse_code(case["text"]).hex() == case["code"]


@pytest.mark.parametrize("case", VECTORS["unreadable"], ids=[case["name"] for case in VECTORS["unreadable"]])
def test_a_mistyped_code_is_noticed_locally(case: dict[str, Any]) -> None:
    """A typing error is detected on the device, without a request."""
    with pytest.raises(BadRequest):
        words.parse_code(case["text"])


@given(st.text(max_size=60) | st.just("a " * 10_000))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    """Any text is read or refused, without another error."""
    try:
        assert len(words.parse_code(text)) == 16
    except BadRequest:
        return


def test_new_codes_differ() -> None:
    """Two new codes of 16 bytes differ."""
    first, second = words.generate_code(), words.generate_code()
    assert (len(first), first != second) == (16, True)
