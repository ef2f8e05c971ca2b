"""The catalogues of the public pages (diary/locale/pages/*.po) and the .mo files for the server; languages.py runs it.

They are separate from the app's, because other people may translate and review them. Babel's extractor finds the texts
that the templates mark: `{% trans %}`, `_()`, `ngettext()` and `both()`, whose English follows below in a draft. The
directory's names and notes come from the app's catalogue, since the app shows them too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import languages
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from languages import FIXED_DATE, LANGUAGES, LOCALE, ROOT, CatalogLanguage, is_done, isolate_left_to_right_runs

from diary.paths import STATIC
from diary.web.directory import read_support_directory
from diary.web.languages import REVIEWED_BY_MESSAGE

KEYWORDS = {"_": None, "gettext": None, "both": None, "ngettext": (1, 2)}
EXTRACTION_METHODS = [("public_*.html", "jinja2"), ("public/*.html", "jinja2")]


def po(language: CatalogLanguage) -> Path:
    """Return the path of a language's catalogue."""
    return LOCALE / "pages" / f"{language.code}.po"


def marked() -> Iterator[str | tuple[str, str]]:
    """Yield every text that is marked in a public page, and every finding of the pack checker."""
    # Not at the top, because a build of the wheel builds the languages without the server's libraries.
    from diary.web.scripted_pages import finding_sentences  # noqa: PLC0415

    extracted = extract_from_dir(str(ROOT / "templates"), method_map=EXTRACTION_METHODS, keywords=KEYWORDS)
    for _file, _line, message, _comments, _context in extracted:
        yield tuple(message) if isinstance(message, tuple) else message
    yield from finding_sentences(STATIC).values()


def template() -> Catalog:
    """Return the catalogue without a language: all texts to be translated."""
    catalog = Catalog(domain="pages", project="Kept", version="1", creation_date=FIXED_DATE, revision_date=FIXED_DATE)
    for text in marked():
        catalog.add(text)
    return catalog


def read(language: CatalogLanguage) -> Catalog:
    """Return the catalogue of a language, or an empty one if it has not been written."""
    if not po(language).exists():
        return Catalog(locale=language.code, domain="pages", creation_date=FIXED_DATE, revision_date=FIXED_DATE)
    with po(language).open("rb") as file:
        return read_po(file, locale=language.code, domain="pages", abort_invalid=True)


def reviewer(language: CatalogLanguage) -> str:
    """Return the name of the reviewer of the whole translation, or '' for a draft."""
    text = po(language).read_text(encoding="utf-8") if po(language).exists() else ""
    match = re.search(r"^# reviewed_by:(.*)$", text, re.MULTILINE)
    return match[1].strip() if match else ""


def update() -> None:
    """Add new texts to each catalogue and drop removed ones. A changed text is new."""
    template_catalog = template()
    for language in LANGUAGES:
        old_catalog = read(language)
        header_comment = (
            f"# The public pages in {language.code}. A draft until a native reader who knows the subject fills in this line:\n"
            f"# reviewed_by: {reviewer(language)}"
        )
        new_catalog = Catalog(
            locale=language.code, domain="pages", project="Kept", version="1", header_comment=header_comment, fuzzy=False,
            creation_date=FIXED_DATE, revision_date=FIXED_DATE, msgid_bugs_address="", last_translator="", language_team="",
        )  # fmt: skip
        new_catalog.mime_headers = [("Plural-Forms", language.rule)]
        for message in template_catalog:
            if message.id:
                old_message = old_catalog.get(message.id)
                new_catalog.add(
                    message.id, old_message.string if old_message is not None and old_message.id == message.id else None
                )
        po(language).parent.mkdir(exist_ok=True)
        with po(language).open("wb") as file:
            write_po(file, new_catalog, width=0)


def _directory_translations(language: CatalogLanguage) -> Iterator[tuple[str, str]]:
    """Yield the texts of the directory with their translations, from the app's catalogue."""
    catalog = languages.read(language)
    for service in read_support_directory().services:
        for text in (service.name, service.note):
            translation = catalog.get(text, context="said")
            if translation is not None and translation.string:
                yield text, translation.string


def build() -> None:
    """Write the files that the server reads, from the .po files alone."""
    for language in LANGUAGES:
        catalog = Catalog(locale=language.code, domain="pages", creation_date=FIXED_DATE, revision_date=FIXED_DATE)
        catalog.mime_headers = [("Plural-Forms", language.rule)]
        isolate = isolate_left_to_right_runs if language.direction == "rtl" else str
        for message in read(language):
            if message.id and is_done(message, language):
                translation = message.string
                catalog.add(
                    message.id,
                    tuple(map(isolate, translation)) if isinstance(translation, tuple) else isolate(translation),
                )
        for text, translation in _directory_translations(language):
            if text not in catalog:
                catalog.add(text, isolate(translation))
        if name := reviewer(language):
            catalog.add(REVIEWED_BY_MESSAGE[1], name, context=REVIEWED_BY_MESSAGE[0])
        with (LOCALE / f"{language.code}.mo").open("wb") as file:
            write_mo(file, catalog)


def missing() -> dict[str, list[str]]:
    """Return the texts without a translation, by language."""
    template_catalog = template()
    missing_by_language: dict[str, list[str]] = {}
    for language in LANGUAGES:
        catalog = read(language)
        for message in template_catalog:
            translation = catalog.get(message.id) if message.id else message
            if message.id and (
                translation is None or translation.id != message.id or not is_done(translation, language)
            ):
                missing_by_language.setdefault(language.code, []).append(f"page {message.id}")
    return missing_by_language
