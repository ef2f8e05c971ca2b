"""Choice lists: codes, labels, sections and the letters of section 2A(3).

vocabulary.json is the only source; static/src/record/vocabulary/vocabulary.ts is generated from it. Codes are never
reused or removed, because entries contain them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Term:
    """One choice. `letter`: the matching paragraphs of section 2A(3), such as 'd/g'; '' if none matches.

    `young` and `young_hint` are the wording for a young keeper, '' if the usual wording serves both. `sets`: field
    values that a starting picture fills in. `by_app`: only the app writes it; no question offers it.
    """

    code: str
    label: str
    section: str = ""
    letter: str = ""
    named_in: str = ""
    young: str = ""
    hint: str = ""
    young_hint: str = ""
    sets: Mapping[str, object] = field(default_factory=dict)
    by_app: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """One list: its question on screen, whether it allows several choices, and its terms in order."""

    name: str
    question: str
    is_multiple: bool
    sections: tuple[tuple[str, str], ...]
    terms: tuple[Term, ...]
    young_question: str = ""

    def find_term(self, code: str) -> Term | None:
        """Return the term with this code, or None."""
        return next((term for term in self.terms if term.code == code), None)


def _load_lists() -> MappingProxyType[str, ChoiceList]:
    """Load vocabulary.json."""
    lists = json.loads(Path(__file__).with_name("vocabulary.json").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: ChoiceList(
                name,
                row["question"],
                row["many"],
                tuple((section["code"], section["label"]) for section in row.get("sections", ())),
                tuple(Term(**term) for term in row["codes"]),
                row.get("young", ""),
            )
            for name, row in lists.items()
        }
    )


CHOICE_LISTS: Final = _load_lists()


def label(list_name: str, code: str) -> str:
    """Return the label of a code, or the code with spaces if this release does not have it."""
    term = CHOICE_LISTS[list_name].find_term(code)
    return term.label if term else code.replace("_", " ")


def labels(list_name: str, codes: Iterable[str]) -> tuple[str, ...]:
    """Return the labels of several codes in the given order."""
    return tuple(label(list_name, code) for code in codes)


def section_letters(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the section 2A(3) letters of the behaviours, sorted, without duplicates."""
    unique_letters = {
        letter
        for code in codes
        if (term := CHOICE_LISTS["behaviours"].find_term(code)) and term.letter
        for letter in term.letter.split("/")
    }
    return tuple(sorted(unique_letters))
