"""The languages of the public pages. The address says which one: nothing has to be remembered of whoever reads.

`.ci/languages.py build` makes `diary/locale/*.mo` of the catalogues; English stands in the templates themselves.
"""

import gettext
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from diary.errors import BadSetting

# Left-to-right isolate and its end: a telephone number keeps its order in a line that runs to the left.
LEFT_TO_RIGHT_ISOLATE: Final = ("\u2066", "\u2069")
NO_BREAK_SPACE: Final = "\u00a0"
# Where a catalogue says who has read all of it (msgctxt, msgid).
REVIEWED_BY_MESSAGE: Final = ("about", "reviewed_by")


@dataclass(frozen=True, slots=True)
class Language:
    """`at` stands before each address. `forms`: CLDR's name of each plural form, with a number that takes it."""

    code: str
    html_lang: str
    text_direction: str
    name: str
    path_prefix: str
    plural_forms: tuple[tuple[str, int], ...]


ENGLISH: Final = Language("en", "en-GB", "ltr", "English", "", (("one", 1), ("other", 2)))
LANGUAGES: Final = (
    ENGLISH,
    Language(
        "cy",
        "cy",
        "ltr",
        "Cymraeg",
        "/cy",
        (("zero", 0), ("one", 1), ("two", 2), ("few", 3), ("many", 6), ("other", 4)),
    ),
    Language("pl", "pl", "ltr", "Polski", "/pl", (("one", 1), ("few", 2), ("many", 5), ("other", 5))),
    Language("ur", "ur", "rtl", "اردو", "/ur", (("one", 1), ("other", 2))),
)


class Translation:
    """What the pages say in one language. A text that has no words there yet is said in English."""

    def __init__(self, language: Language, catalogue: gettext.NullTranslations) -> None:
        """`found`: the catalogue; an empty one for English."""
        self.language = language
        self._catalogue = catalogue
        self.is_draft = language is not ENGLISH and catalogue.pgettext(*REVIEWED_BY_MESSAGE) == REVIEWED_BY_MESSAGE[1]

    def with_english(self, text: str, **slots: object) -> Markup:
        """A sentence that somebody's safety hangs on: in a draft its English stands beneath it.

        `text` is the template's own and may hold marks; what fills its slots is escaped.
        """
        translated, english = Markup(self._catalogue.gettext(text)), Markup(text)  # noqa: S704 - words of ours, never a visitor's
        if slots:
            translated, english = translated % slots, english % slots
        if not self.is_draft or translated == english:
            return translated
        markup = Markup('<span class="in-both">{}</span>\n<span class="in-english" lang="en-GB" dir="ltr">{}</span>')
        return markup.format(translated, english)

    def nonbreaking_number(self, number: str) -> str:
        """A telephone number within a sentence: in its own order, and on one line where it fits."""
        joined = number.replace(" ", NO_BREAK_SPACE)
        return joined.join(LEFT_TO_RIGHT_ISOLATE) if self.language.text_direction == "rtl" else joined

    def template_context(self, language_links: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """What every page is rendered with. `tongues`: from `tongues_of`."""
        return {
            "at": self.language.path_prefix,
            "both": self.with_english,
            "dir": self.language.text_direction,
            "forms": self.language.plural_forms,
            "gettext": self._catalogue.gettext,
            "is_draft": self.is_draft,
            "lang": self.language.html_lang,
            "ngettext": self._catalogue.ngettext,
            "own": self.directory_text,
            "tongues": language_links,
            "unbroken": self.nonbreaking_number,
        }

    def directory_text(self, text: str, *, grave: bool = False) -> str:
        """Words of the directory's table; a name that is the same in every language keeps its own direction."""
        if self.language is not ENGLISH and self._catalogue.gettext(text) == text:
            return Markup('<span lang="en-GB" dir="ltr">{}</span>').format(text)
        return self.with_english(text) if grave else self._catalogue.gettext(text)

    @property
    def draft_label(self) -> str:
        """What stands beside a language's name while nobody has checked it; '' afterwards."""
        return self._catalogue.gettext("Draft translation").lower() if self.is_draft else ""


def read_translations(locale_folder: Path) -> tuple[Translation, ...]:
    """Every language, English first. Raises BadSetting when set-up has not built one."""
    return tuple(
        Translation(one, gettext.NullTranslations() if one is ENGLISH else _read_catalogue(locale_folder, one))
        for one in LANGUAGES
    )


def _read_catalogue(locale_folder: Path, language: Language) -> gettext.GNUTranslations:
    path = locale_folder / f"{language.code}.mo"
    try:
        with path.open("rb") as file:
            return gettext.GNUTranslations(file)
    except OSError:
        raise BadSetting(
            f"{path.name} is missing: run `python3 .ci/setup.py run`, which builds the languages."
        ) from None


def list_language_links(translations: Sequence[Translation]) -> list[dict[str, str]]:
    """The switch between languages: each in its own words."""
    return [
        {
            "at": w.language.path_prefix,
            "code": w.language.code,
            "draft": w.draft_label,
            "lang": w.language.html_lang,
            "name": w.language.name,
        }
        for w in translations
    ]


def render_each_language(
    translations: Sequence[Translation], render: Callable[[Translation], bytes]
) -> dict[str, bytes]:
    """One page in every language, by what stands before its address."""
    return {w.language.path_prefix: render(w) for w in translations}
