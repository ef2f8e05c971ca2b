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
LTR: Final = ("\u2066", "\u2069")
NO_BREAK: Final = "\u00a0"
# Where a catalogue says who has read all of it (msgctxt, msgid).
REVIEWED: Final = ("about", "reviewed_by")


@dataclass(frozen=True, slots=True)
class Language:
    """`at` stands before each address. `forms`: CLDR's name of each plural form, with a number that takes it."""

    code: str
    lang: str
    dir: str
    name: str
    at: str
    forms: tuple[tuple[str, int], ...]


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


class Words:
    """What the pages say in one language. A text that has no words there yet is said in English."""

    def __init__(self, language: Language, found: gettext.NullTranslations) -> None:
        """`found`: the catalogue; an empty one for English."""
        self.language = language
        self._found = found
        self.is_draft = language is not ENGLISH and found.pgettext(*REVIEWED) == REVIEWED[1]

    def both(self, text: str, **slots: object) -> Markup:
        """A sentence that somebody's safety hangs on: in a draft its English stands beneath it.

        `text` is the template's own and may hold marks; what fills its slots is escaped.
        """
        said, english = Markup(self._found.gettext(text)), Markup(text)  # noqa: S704 - words of ours, never a visitor's
        if slots:
            said, english = said % slots, english % slots
        if not self.is_draft or said == english:
            return said
        beneath = Markup('<span class="in-both">{}</span>\n<span class="in-english" lang="en-GB" dir="ltr">{}</span>')
        return beneath.format(said, english)

    def unbroken(self, number: str) -> str:
        """A telephone number within a sentence: in its own order, and on one line where it fits."""
        held = number.replace(" ", NO_BREAK)
        return held.join(LTR) if self.language.dir == "rtl" else held

    def for_template(self, tongues: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """What every page is rendered with. `tongues`: from `tongues_of`."""
        return {
            "at": self.language.at,
            "both": self.both,
            "dir": self.language.dir,
            "forms": self.language.forms,
            "gettext": self._found.gettext,
            "is_draft": self.is_draft,
            "lang": self.language.lang,
            "ngettext": self._found.ngettext,
            "own": self.own,
            "tongues": tongues,
            "unbroken": self.unbroken,
        }

    def own(self, text: str, *, grave: bool = False) -> str:
        """Words of the directory's table; a name that is the same in every language keeps its own direction."""
        if self.language is not ENGLISH and self._found.gettext(text) == text:
            return Markup('<span lang="en-GB" dir="ltr">{}</span>').format(text)
        return self.both(text) if grave else self._found.gettext(text)

    @property
    def draft_mark(self) -> str:
        """What stands beside a language's name while nobody has checked it; '' afterwards."""
        return self._found.gettext("Draft translation").lower() if self.is_draft else ""


def read_words(locale: Path) -> tuple[Words, ...]:
    """Every language, English first. Raises BadSetting when set-up has not built one."""
    return tuple(Words(one, gettext.NullTranslations() if one is ENGLISH else _read(locale, one)) for one in LANGUAGES)


def _read(locale: Path, language: Language) -> gettext.GNUTranslations:
    path = locale / f"{language.code}.mo"
    try:
        with path.open("rb") as file:
            return gettext.GNUTranslations(file)
    except OSError:
        raise BadSetting(
            f"{path.name} is missing: run `python3 .ci/setup.py run`, which builds the languages."
        ) from None


def tongues_of(words: Sequence[Words]) -> list[dict[str, str]]:
    """The switch between languages: each in its own words."""
    return [
        {
            "at": w.language.at,
            "code": w.language.code,
            "draft": w.draft_mark,
            "lang": w.language.lang,
            "name": w.language.name,
        }
        for w in words
    ]


def each(words: Sequence[Words], make: Callable[[Words], bytes]) -> dict[str, bytes]:
    """One page in every language, by what stands before its address."""
    return {w.language.at: make(w) for w in words}
