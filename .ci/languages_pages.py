"""The catalogue of the public pages: diary/locale/pages/*.po, and the .mo files the server reads. Run by languages.py.

It stands apart from the app's, since other people may translate and review it. The texts are read by Babel's own
extractor from what the templates mark: `{% trans %}`, `_()`, `ngettext()` and `both()`, whose English stands beneath in a draft.
The directory's names and notes are in the app's catalogue, which shows them too; they are taken from there.
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
from languages import LANGUAGES, LOCALE, ROOT, THEN, Language, in_their_order, is_done

from diary.paths import STATIC
from diary.web.directory import read_directory
from diary.web.languages import REVIEWED

KEYWORDS = {"_": None, "gettext": None, "both": None, "ngettext": (1, 2)}
HOLDS = [("public_*.html", "jinja2"), ("public/*.html", "jinja2")]


def po(language: Language) -> Path:
    """Where the pages' words in a language lie."""
    return LOCALE / "pages" / f"{language.code}.po"


def marked() -> Iterator[str | tuple[str, str]]:
    """Every text that is marked in a public page, and what the check of a pack can find."""
    # Not at the top: a build of the wheel makes the languages without the server's libraries.
    from diary.web.scripted_pages import findings_of  # noqa: PLC0415

    found = extract_from_dir(str(ROOT / "templates"), method_map=HOLDS, keywords=KEYWORDS)
    for _file, _line, message, _comments, _context in found:
        yield tuple(message) if isinstance(message, tuple) else message
    yield from findings_of(STATIC).values()


def template() -> Catalog:
    """The catalogue with no language: what is to be translated."""
    made = Catalog(domain="pages", project="Kept", version="1", creation_date=THEN, revision_date=THEN)
    for text in marked():
        made.add(text)
    return made


def read(language: Language) -> Catalog:
    """A language as it is; empty where there is none yet."""
    if not po(language).exists():
        return Catalog(locale=language.code, domain="pages", creation_date=THEN, revision_date=THEN)
    with po(language).open("rb") as file:
        return read_po(file, locale=language.code, domain="pages", abort_invalid=True)


def reviewer(language: Language) -> str:
    """Who of that language has read all of it; '' for a draft."""
    text = po(language).read_text(encoding="utf-8") if po(language).exists() else ""
    found = re.search(r"^# reviewed_by:(.*)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def update() -> None:
    """Take new texts in, drop those that are gone. A changed text is a new one."""
    wanted = template()
    for language in LANGUAGES:
        old = read(language)
        head = (
            f"# The public pages in {language.code}. A draft until a native reader who knows the subject fills in this line:\n"
            f"# reviewed_by: {reviewer(language)}"
        )
        new = Catalog(
            locale=language.code, domain="pages", project="Kept", version="1", header_comment=head, fuzzy=False,
            creation_date=THEN, revision_date=THEN, msgid_bugs_address="", last_translator="", language_team="",
        )  # fmt: skip
        new.mime_headers = [("Plural-Forms", language.rule)]
        for message in wanted:
            if message.id:
                known = old.get(message.id)
                new.add(message.id, known.string if known is not None and known.id == message.id else None)
        po(language).parent.mkdir(exist_ok=True)
        with po(language).open("wb") as file:
            write_po(file, new, width=0)


def _directory(language: Language) -> Iterator[tuple[str, str]]:
    """The words of the directory's table, from the app's catalogue."""
    there = languages.read(language)
    for service in read_directory().services:
        for text in (service.name, service.note):
            known = there.get(text, context="said")
            if known is not None and known.string:
                yield text, known.string


def build() -> None:
    """What the server reads, from the .po files alone."""
    for language in LANGUAGES:
        made = Catalog(locale=language.code, domain="pages", creation_date=THEN, revision_date=THEN)
        made.mime_headers = [("Plural-Forms", language.rule)]
        run = in_their_order if language.direction == "rtl" else str
        for message in read(language):
            if message.id and is_done(message, language):
                said = message.string
                made.add(message.id, tuple(map(run, said)) if isinstance(said, tuple) else run(said))
        for text, said in _directory(language):
            if text not in made:
                made.add(text, run(said))
        if name := reviewer(language):
            made.add(REVIEWED[1], name, context=REVIEWED[0])
        with (LOCALE / f"{language.code}.mo").open("wb") as file:
            write_mo(file, made)


def missing() -> dict[str, list[str]]:
    """Texts with no translation, by language."""
    wanted = template()
    found: dict[str, list[str]] = {}
    for language in LANGUAGES:
        there = read(language)
        for message in wanted:
            known = there.get(message.id) if message.id else message
            if message.id and (known is None or known.id != message.id or not is_done(known, language)):
                found.setdefault(language.code, []).append(f"page {message.id}")
    return found
