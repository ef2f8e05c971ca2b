"""The catalogue: every text of the screens and the public pages, in every language there is.

    python .ci/languages.py build     diary/locale/**.po → static/lang/*.js, diary/locale/*.mo and *.asked.json (set-up)
    python .ci/languages.py update    take new and changed texts into the .po files (after a change of words)
    python .ci/languages.py missing   list what has no translation yet, by language (`make translations`)

A text without a translation is shown in English, so a change may bring its English alone.

The texts of the screens are read by importing their tables (.ci/texts.mjs); those of the public pages have a catalogue of
their own (languages_pages.py). `msgctxt` says where a text lives: `app:<key>` is a line of a table, `code` a label of the
vocabulary, `said` a sentence of a failure. A translation belongs to its place: the same English word may need two.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from diary.web.languages import LEFT_TO_RIGHT_ISOLATE

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "diary" / "locale"
SERVED = ROOT / "static" / "lang"
# Extraction has no date of its own: the same words give the same file.
FIXED_DATE = datetime(2026, 1, 1, tzinfo=UTC)


class CatalogLanguage(NamedTuple):
    """One language: its direction, and its plural forms in the order of CLDR with gettext's rule for choosing."""

    code: str
    direction: str
    plurals: tuple[str, ...]
    rule: str


LANGUAGES = (
    CatalogLanguage(
        "cy", "ltr", ("zero", "one", "two", "few", "many", "other"),
        "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n==3 ? 3 : n==6 ? 4 : 5);",
    ),
    CatalogLanguage(
        "pl", "ltr", ("one", "few", "many"),
        "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
    ),
    CatalogLanguage("ur", "rtl", ("one", "other"), "nplurals=2; plural=(n!=1);"),
)  # fmt: skip


def texts() -> list[dict[str, str]]:
    """Every text of the screens: `context`, `text` and, for a number of things, `plural`."""
    node = (ROOT / ".venv" / "node-path").read_text().strip()
    result = subprocess.run([f"{node}/node", ".ci/texts.mjs"], cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"languages: the tables could not be read\n{result.stderr}")
    return list(json.loads(result.stdout))


def template() -> Catalog:
    """The catalogue with no language: what is to be translated."""
    catalog = Catalog(domain="kept", project="Kept", version="1", creation_date=FIXED_DATE, revision_date=FIXED_DATE)
    for text_row in texts():
        message_id = (text_row["text"], text_row["plural"]) if "plural" in text_row else text_row["text"]
        catalog.add(message_id, context=text_row["context"])
    return catalog


def po(language: CatalogLanguage) -> Path:
    """Where a language lies."""
    return LOCALE / f"{language.code}.po"


def read(language: CatalogLanguage) -> Catalog:
    """A language as it is; empty where there is none yet."""
    if not po(language).exists():
        return Catalog(locale=language.code, domain="kept", creation_date=FIXED_DATE, revision_date=FIXED_DATE)
    with po(language).open("rb") as file:
        return read_po(file, locale=language.code, domain="kept", abort_invalid=True)


def reviewer(language: CatalogLanguage) -> str:
    """Who of that language has read all of it; '' for a draft. A header of the file, filled by that person."""
    if not po(language).exists():
        return ""
    for line in po(language).read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines():
        if line.startswith("# reviewed_by:"):
            return line.partition(":")[2].strip()
    return ""


def header_comment(language: CatalogLanguage) -> str:
    """The comment at the top of a file."""
    return (
        f"# Kept in {language.code}. A draft until a native reader who knows the subject fills in the next line.\n"
        f"# reviewed_by: {reviewer(language)}"
    )


def update() -> None:
    """Take new texts in, drop those that are gone. A changed text is a new one: nothing is guessed from the old."""
    template_catalog = template()
    for language in LANGUAGES:
        old_catalog = read(language)
        new_catalog = Catalog(
            locale=language.code, domain="kept", project="Kept", version="1",
            header_comment=header_comment(language), fuzzy=False,
            creation_date=FIXED_DATE, revision_date=FIXED_DATE, msgid_bugs_address="", last_translator="", language_team="",
        )  # fmt: skip
        # Babel counts other forms than CLDR, which is what the browser chooses by.
        new_catalog.mime_headers = [("Plural-Forms", language.rule)]
        for message in template_catalog:
            if not message.id:
                continue
            old_message = old_catalog.get(message.id, context=message.context)
            is_unchanged = old_message is not None and old_message.id == message.id
            new_catalog.add(
                message.id, old_message.string if old_message and is_unchanged else None, context=message.context
            )
        with po(language).open("wb") as file:
            write_po(file, new_catalog, width=0)


def is_done(message: Message, language: CatalogLanguage) -> bool:
    """Whether a message has all its words in this language."""
    if isinstance(message.id, tuple):
        return len(message.string) == len(language.plurals) and all(message.string)
    return bool(message.string)


# A run of Latin letters and figures with a gap, a point or a sign in it: within a line that runs from right to left its
# parts would change places, and a telephone number is then another one. The screens look after what fills a sentence.
# First what is left alone: tags, what is filled in, signs by name, and what is isolated already.
_LEFT_TO_RIGHT_RUN = re.compile(
    r"(<[^>]*>|%\(\w+\)s|\{\w+\}|&\w+;|\u2066[^\u2069]*\u2069)|([.@#/]?[A-Za-z0-9](?:[A-Za-z0-9 ._\-/:@%+–'’&]*[A-Za-z0-9])?)"
)


def isolate_left_to_right_runs(text: str) -> str:
    """A right-to-left text with every such run isolated (U+2066 to U+2069), but for a word or number alone, which has one order.

    A text with no letter of its own is one run.
    """
    if not re.search(r"[\u0590-\u08ff{%<&]", text):
        return text.join(LEFT_TO_RIGHT_ISOLATE) if re.search(r"[A-Za-z0-9]", text) and not text.isalnum() else text
    return _LEFT_TO_RIGHT_RUN.sub(
        lambda match: match[1] or (match[2] if match[2].isalnum() else match[2].join(LEFT_TO_RIGHT_ISOLATE)), text
    )


def build() -> None:
    """What is served and what the server reads, from the .po files alone."""
    SERVED.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        catalog = read(language)
        screen_texts: dict[str, str] = {}
        other_texts: dict[str, str] = {}
        code_labels: dict[str, str] = {}
        for message in catalog:
            if not message.id or not is_done(message, language):
                continue
            context_kind, _, key = str(message.context or "").partition(":")
            isolate = isolate_left_to_right_runs if language.direction == "rtl" else str
            if context_kind == "app" and isinstance(message.id, tuple):
                screen_texts.update(
                    {
                        f"{key}.{form}": isolate(text)
                        for form, text in zip(language.plurals, message.string, strict=True)
                    }
                )
            elif context_kind == "app":
                screen_texts[key] = isolate(str(message.string))
            elif context_kind in ("code", "said"):
                other_texts[str(message.id)] = isolate(str(message.string))
                if context_kind == "code":
                    code_labels[str(message.id)] = str(message.string)
        language_table = {
            "lang": language.code, "dir": language.direction, "reviewed": bool(reviewer(language)),
            "keys": screen_texts, "said": other_texts,
        }  # fmt: skip
        table = json.dumps(language_table, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        (SERVED / f"{language.code}.js").write_text(f"export default {table};\n", encoding="utf-8")
        # Questions and choices alone, for the page of a pack that says what was asked.
        labels = json.dumps(code_labels, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        (po(language).with_suffix(".asked.json")).write_text(labels + "\n", encoding="utf-8")


def missing() -> dict[str, list[str]]:
    """Return the texts without a translation, by language."""
    template_catalog = template()
    missing_by_language: dict[str, list[str]] = {}
    for language in LANGUAGES:
        catalog = read(language)
        for message in template_catalog:
            if not message.id:
                continue
            translation = catalog.get(message.id, context=message.context)
            if translation is None or translation.id != message.id or not is_done(translation, language):
                message_text = message.id[0] if isinstance(message.id, tuple) else message.id
                missing_by_language.setdefault(language.code, []).append(f"{message.context or 'page'} {message_text}")
    return missing_by_language


def main() -> None:
    """What the command line asks for."""
    import languages_pages as pages  # noqa: PLC0415 - it imports this module

    command = sys.argv[1] if len(sys.argv) > 1 else "build"
    if command == "update":
        update()
        pages.update()
        build()
        pages.build()
    elif command == "build":
        build()
        pages.build()
    elif command != "missing":
        raise SystemExit(__doc__)
    if command != "build":
        print(report(missing(), pages.missing()), end="")


def report(*catalogue_gaps: dict[str, list[str]]) -> str:
    """Return what each language lacks, as `msgctxt text`, a line each; the catalogues to fill stand above."""
    lines = []
    for language in LANGUAGES:
        rows = [row for catalogue in catalogue_gaps for row in catalogue.get(language.code, ())]
        lines.append(f"{language.code}: {len(rows)} texts without a translation; they are shown in English\n")
        lines += [f"  {row}\n" for row in rows]
    return "".join(lines)


if __name__ == "__main__":
    main()
