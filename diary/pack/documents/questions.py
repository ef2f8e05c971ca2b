"""Questions as the software asked them, for document 10: in usual or simpler wording, and in the screens' language.

A court may want to know whether a question was leading. What the keeper saw answers that, not its English original.
"""

import json
from collections.abc import Callable
from typing import Final

from diary.pack.contents import PackContents
from diary.pack.documents.incident_rows import TemplateData
from diary.pack.documents.language_names import language_name
from diary.pack.printable_text import escape_unprintable, paragraphs
from diary.paths import LOCALE
from diary.record import vocabulary
from diary.record.vocabulary import ChoiceList

_FIRST_QUESTIONS: Final = (
    ("What happened?", "free text"),
    ("When?", "just now; earlier today; yesterday; a picked time; not sure"),
)


def question_rows(contents: PackContents) -> list[TemplateData]:
    """Return every question with its choices in English (`asked`, `choices`) and as shown on screen (`stood`).

    `stood` is empty for screens in English.
    """
    language, is_young_wording = contents.capsule.metadata.screen_language
    translate = _translator(language)
    rows = [_question_row(row, None) for row in _FIRST_QUESTIONS]
    for choice in vocabulary.CHOICE_LISTS.values():
        if choice.question and choice.name != "precision":
            rows.append(
                _question_row(
                    _question_and_choices(choice, is_young_wording),
                    _question_and_choices(choice, is_young_wording, translate) if translate else None,
                )
            )
    return rows


def _question_row(english: tuple[str, str], translated: tuple[str, str] | None) -> TemplateData:
    """Return a row for the template; text in another language is split into paragraphs, each with its direction."""
    question, choices = map(escape_unprintable, english)
    return {"asked": question, "choices": choices, "stood": [paragraphs(text) for text in translated or ("", "")]}


def screen_language_text(contents: PackContents) -> str:
    """Return the language and wording of the screens, as far as the pack records them."""
    language, is_young_wording = contents.capsule.metadata.screen_language
    if contents.capsule.metadata.preparer is not None:
        return (
            "The person who prepared this pack was not told in which language the keeper’s screens asked, or "
            "whether they used the simpler words for young people."
        )
    words = "in the simpler words for young people" if is_young_wording else "in the usual words"
    translation_note = " Each question stands in English, then as it was shown." if _translator(language) else ""
    return (
        f"When this pack was made the screens were in {language_name(language)}, {words}; "
        f"the keeper can change both at any time.{translation_note}"
    )


def _question_and_choices(
    choice: ChoiceList, is_young_wording: bool, translate: Callable[[str], str] = str
) -> tuple[str, str]:
    """Return one question and its choices. `translate`: translates labels into another language."""
    labels = (term.young if is_young_wording and term.young else term.label for term in choice.terms)
    return translate(
        choice.young_question if is_young_wording and choice.young_question else choice.question
    ), "; ".join(translate(label) for label in labels)


def _translator(language: str) -> Callable[[str], str] | None:
    """Return a function that translates labels of the vocabulary, or None for English and unavailable languages."""
    path = LOCALE / f"{language}.asked.json"
    if language == "en" or not path.is_file():
        return None
    labels = json.loads(path.read_text(encoding="utf-8"))
    return lambda text: str(labels.get(text, text))
