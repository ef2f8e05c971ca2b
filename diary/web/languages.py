"""The languages of the public pages. The path selects one, so the server remembers nothing about its readers.

`.ci/languages.py build` makes `diary/locale/*.mo` from the catalogues. The templates themselves are in English.
"""

import gettext
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from diary.errors import BadSetting

# Left-to-right isolate and its end: they keep the order of a telephone number in right-to-left text.
LEFT_TO_RIGHT_ISOLATE: Final = ("\u2066", "\u2069")
NO_BREAK_SPACE: Final = "\u00a0"
# Catalogue entry (msgctxt, msgid) that names who has reviewed the whole translation.
REVIEWED_BY_MESSAGE: Final = ("about", "reviewed_by")


@dataclass(frozen=True, slots=True)
class Language:
    """Language of the public pages.

    `path_prefix` precedes each path. `plural_forms`: the CLDR name of each plural form, with a number that takes it.
    """

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
    """Texts of the pages in one language. Untranslated texts are in English."""

    def __init__(self, language: Language, catalogue: gettext.NullTranslations) -> None:
        """Store the translations; `catalogue` is empty for English."""
        self.language = language
        self._catalogue = catalogue
        self.is_draft = language is not ENGLISH and catalogue.pgettext(*REVIEWED_BY_MESSAGE) == REVIEWED_BY_MESSAGE[1]

    def with_english(self, text: str, **slots: object) -> Markup:
        """Return a safety-critical sentence. While the translation is a draft, the English follows below it.

        `text` comes from a template and may contain markup. The values of its slots are escaped.
        """
        translated, english = Markup(self._catalogue.gettext(text)), Markup(text)  # noqa: S704 - not a visitor's text
        if slots:
            translated, english = translated % slots, english % slots
        if not self.is_draft or translated == english:
            return translated
        markup = Markup('<span class="in-both">{}</span>\n<span class="in-english" lang="en-GB" dir="ltr">{}</span>')
        return markup.format(translated, english)

    def nonbreaking_number(self, number: str) -> str:
        """Return a telephone number for use in a sentence: in its own direction, and without line breaks."""
        joined = number.replace(" ", NO_BREAK_SPACE)
        return joined.join(LEFT_TO_RIGHT_ISOLATE) if self.language.text_direction == "rtl" else joined

    def template_context(self, language_links: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Return the context that every page is rendered with. `language_links` come from `list_language_links`."""
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
        """Return a text of the directory's table.

        An untranslated name keeps its own direction; `grave` adds the English in a draft.
        """
        if self.language is not ENGLISH and self._catalogue.gettext(text) == text:
            return Markup('<span lang="en-GB" dir="ltr">{}</span>').format(text)
        return self.with_english(text) if grave else self._catalogue.gettext(text)

    @property
    def draft_label(self) -> str:
        """Return the mark beside the name of an unreviewed translation; '' once it is reviewed."""
        return self._catalogue.gettext("Draft translation").lower() if self.is_draft else ""


def read_translations(locale_folder: Path) -> tuple[Translation, ...]:
    """Return every language, English first. Raise BadSetting if set-up has not built one."""
    return tuple(
        Translation(
            language, gettext.NullTranslations() if language is ENGLISH else _read_catalogue(locale_folder, language)
        )
        for language in LANGUAGES
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
    """Return the links that switch between languages, each in its own language."""
    return [
        {
            "at": translation.language.path_prefix,
            "code": translation.language.code,
            "draft": translation.draft_label,
            "lang": translation.language.html_lang,
            "name": translation.language.name,
        }
        for translation in translations
    ]


def render_each_language(
    translations: Sequence[Translation], render: Callable[[Translation], bytes]
) -> dict[str, bytes]:
    """Return one page in every language, by the path prefix of the language."""
    return {translation.language.path_prefix: render(translation) for translation in translations}
