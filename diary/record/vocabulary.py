"""The lists a keeper chooses from: codes, labels, sections and the letters of section 2A(3).

vocabulary.json is the one source; static/src/record/vocabulary/vocabulary.ts is made from it. A code never changes
its meaning and never goes: entries keep it for ever.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Term:
    """One choice. `letter`: the paragraphs of section 2A(3) it reads like, as 'd/g'; '' where none fits.

    `young` and `young_hint` are the words for a young keeper, '' where the plain ones serve both. `sets`: what a
    picture to begin with fills in, field by field.
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


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """One list: its question as asked on screen, whether several may be chosen, and its terms in order."""

    name: str
    question: str
    is_multiple: bool
    sections: tuple[tuple[str, str], ...]
    terms: tuple[Term, ...]
    young_question: str = ""

    def find_term(self, code: str) -> Term | None:
        """The term with this code, or None."""
        return next((term for term in self.terms if term.code == code), None)


def _load_lists() -> MappingProxyType[str, ChoiceList]:
    """vocabulary.json as choices."""
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
    """The label of a code; the code itself, spaced, when a newer app wrote one this list does not have."""
    term = CHOICE_LISTS[list_name].find_term(code)
    return term.label if term else code.replace("_", " ")


def labels(list_name: str, codes: Iterable[str]) -> tuple[str, ...]:
    """The labels of several codes, in the order given."""
    return tuple(label(list_name, code) for code in codes)


def section_letters(codes: Iterable[str]) -> tuple[str, ...]:
    """Every s2A(3) letter the behaviours read like, once each, in order."""
    unique_letters = {
        letter
        for code in codes
        if (term := CHOICE_LISTS["behaviours"].find_term(code)) and term.letter
        for letter in term.letter.split("/")
    }
    return tuple(sorted(unique_letters))
