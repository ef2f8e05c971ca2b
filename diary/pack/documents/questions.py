"""What the software asked, word for word, for 10: in usual or simpler words, and in the language the screens were in.

Somebody may ask in court whether a question put words into the keeper's mouth. What they saw is the answer, not what it
would have been in English.
"""

import json
from collections.abc import Callable
from typing import Final

from diary.pack.contents import Contents
from diary.pack.documents.incident_rows import Row
from diary.pack.documents.language_names import tongue
from diary.pack.printable_text import drawable, paragraphs
from diary.paths import LOCALE
from diary.record import vocabulary
from diary.record.vocabulary import Choice

_FIRST: Final = (
    ("What happened?", "free text"),
    ("When?", "just now; earlier today; yesterday; a picked time; not sure"),
)


def questions(contents: Contents) -> list[Row]:
    """Every question and its choices in English (`asked`, `choices`) and, of screens in another language, as they `stood`."""
    language, young = contents.capsule.head.asked_in
    said = _in(language)
    rows = [_page(row, None) for row in _FIRST]
    for choice in vocabulary.LISTS.values():
        if choice.question and choice.name != "precision":
            rows.append(_page(_row(choice, young), _row(choice, young, said) if said else None))
    return rows


def _page(english: tuple[str, str], stood: tuple[str, str] | None) -> Row:
    """A row as the template reads it; what stood in another language is paragraphs, each with its direction."""
    asked, choices = map(drawable, english)
    return {"asked": asked, "choices": choices, "stood": [paragraphs(text) for text in stood or ("", "")]}


def how_asked(contents: Contents) -> str:
    """In which language and words, as far as this pack knows."""
    language, young = contents.capsule.head.asked_in
    words = "in the simpler words for young people" if young else "in the usual words"
    shown = " Each question stands in English, then as it was shown." if _in(language) else ""
    return (
        f"When this pack was made the screens were in {tongue(language)}, {words}; "
        f"the keeper can change both at any time.{shown}"
    )


def _row(choice: Choice, young: bool, said: Callable[[str], str] = str) -> tuple[str, str]:
    """One question and its choices. `said`: into another language."""
    labels = (term.young if young and term.young else term.label for term in choice.terms)
    return said(choice.young if young and choice.young else choice.question), "; ".join(said(label) for label in labels)


def _in(language: str) -> Callable[[str], str] | None:
    """A label of the vocabulary in a language that this release has; None for English."""
    path = LOCALE / f"{language}.asked.json"
    if language == "en" or not path.is_file():
        return None
    labels = json.loads(path.read_text(encoding="utf-8"))
    return lambda text: str(labels.get(text, text))
