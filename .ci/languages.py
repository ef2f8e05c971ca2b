"""Build and update the catalogues: every text of the screens and the public pages, in every language.

    python .ci/languages.py build      write static/lang/*.js, diary/locale/*.mo and *.asked.json from diary/locale/**.po
    python .ci/languages.py update     take new and changed texts into the .po files (after a change of words)
    python .ci/languages.py missing    list the texts without a translation, by language (`make translations`)
    python .ci/languages.py changed REVISION    list each English text that changed since then, as CSV: place, before, after

A text without a translation is shown in English, so a change may add English texts only.

The texts of the screens are read by importing their tables (.ci/texts.mjs). The public pages have a catalogue of their
own (languages_pages.py). `msgctxt` gives the place of a text: `app:<key>` is a line of a table, `code` a label of the
vocabulary, `said` a sentence of a failure. A translation belongs to its place, because one English word may need two.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from difflib import SequenceMatcher
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from diary.web.languages import LEFT_TO_RIGHT_ISOLATE

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "diary" / "locale"
SERVED = ROOT / "static" / "lang"
# The date of extraction is fixed, so that the same texts give the same file.
FIXED_DATE = datetime(2026, 1, 1, tzinfo=UTC)


class CatalogLanguage(NamedTuple):
    """One language: its direction, and its plural forms in CLDR's order with gettext's rule."""

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
    """Return every text of the screens: `context`, `text` and, for texts with a number, `plural`."""
    node = (ROOT / ".venv" / "node-path").read_text().strip()
    result = subprocess.run([f"{node}/node", ".ci/texts.mjs"], cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"languages: the tables could not be read\n{result.stderr}")
    return list(json.loads(result.stdout))


def template() -> Catalog:
    """Return the catalogue without a language: all texts to be translated."""
    catalog = Catalog(domain="kept", project="Kept", version="1", creation_date=FIXED_DATE, revision_date=FIXED_DATE)
    for text_row in texts():
        message_id = (text_row["text"], text_row["plural"]) if "plural" in text_row else text_row["text"]
        catalog.add(message_id, context=text_row["context"])
    return catalog


def po(language: CatalogLanguage) -> Path:
    """Return the path of a language's catalogue."""
    return LOCALE / f"{language.code}.po"


def read(language: CatalogLanguage) -> Catalog:
    """Return the catalogue of a language, or an empty one if it has not been written."""
    if not po(language).exists():
        return Catalog(locale=language.code, domain="kept", creation_date=FIXED_DATE, revision_date=FIXED_DATE)
    with po(language).open("rb") as file:
        return read_po(file, locale=language.code, domain="kept", abort_invalid=True)


def reviewer(language: CatalogLanguage) -> str:
    """Return the name of the reviewer of the whole translation, from the file's header, or '' for a draft."""
    if not po(language).exists():
        return ""
    for line in po(language).read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines():
        if line.startswith("# reviewed_by:"):
            return line.partition(":")[2].strip()
    return ""


def header_comment(language: CatalogLanguage) -> str:
    """Return the comment at the top of a catalogue."""
    return (
        f"# Kept in {language.code}. A draft until a native reader who knows the subject fills in the next line.\n"
        f"# reviewed_by: {reviewer(language)}"
    )


def update() -> None:
    """Add new texts to each catalogue and drop removed ones. A changed text is new: no old translation is reused."""
    template_catalog = template()
    for language in LANGUAGES:
        old_catalog = read(language)
        new_catalog = Catalog(
            locale=language.code, domain="kept", project="Kept", version="1",
            header_comment=header_comment(language), fuzzy=False,
            creation_date=FIXED_DATE, revision_date=FIXED_DATE, msgid_bugs_address="", last_translator="", language_team="",
        )  # fmt: skip
        # Babel counts other plural forms than CLDR, whose forms browsers use.
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
    """Check whether a message is fully translated into this language."""
    if isinstance(message.id, tuple):
        return len(message.string) == len(language.plurals) and all(message.string)
    return bool(message.string)


# A run of Latin letters and digits with a space, a point or a sign in it. In right-to-left text its parts would change
# places, which would make a telephone number a different one. The screens isolate the values that fill a sentence.
# The first group is left alone: tags, slots, named characters, and what is isolated already.
_LEFT_TO_RIGHT_RUN = re.compile(
    r"(<[^>]*>|%\(\w+\)s|\{\w+\}|&\w+;|\u2066[^\u2069]*\u2069)|([.@#/]?[A-Za-z0-9](?:[A-Za-z0-9 ._\-/:@%+–'’&]*[A-Za-z0-9])?)"
)


def isolate_left_to_right_runs(text: str) -> str:
    """Return right-to-left text with each left-to-right run isolated (U+2066 to U+2069).

    Single words and numbers are not isolated, because they have only one order. A text without
    letters of a right-to-left script is one run.
    """
    if not re.search(r"[\u0590-\u08ff{%<&]", text):
        return text.join(LEFT_TO_RIGHT_ISOLATE) if re.search(r"[A-Za-z0-9]", text) and not text.isalnum() else text
    return _LEFT_TO_RIGHT_RUN.sub(
        lambda match: match[1] or (match[2] if match[2].isalnum() else match[2].join(LEFT_TO_RIGHT_ISOLATE)), text
    )


def build() -> None:
    """Write the files that are served and those that the server reads, from the .po files alone."""
    SERVED.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        for path, text in language_files(language).items():
            path.write_text(text, encoding="utf-8")


def language_files(language: CatalogLanguage) -> dict[Path, str]:
    """Return the text of the file that is served, and of the one that the server reads, by path."""
    screen_texts: dict[str, str] = {}
    other_texts: dict[str, str] = {}
    code_labels: dict[str, str] = {}
    for message in read(language):
        if not message.id or not is_done(message, language):
            continue
        context_kind, _, key = str(message.context or "").partition(":")
        isolate = isolate_left_to_right_runs if language.direction == "rtl" else str
        if context_kind == "app" and isinstance(message.id, tuple):
            screen_texts.update(
                {f"{key}.{form}": isolate(text) for form, text in zip(language.plurals, message.string, strict=True)}
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
    # Questions and choices only, for the page of a pack that shows what was asked.
    labels = json.dumps(code_labels, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return {
        SERVED / f"{language.code}.js": f"export default {table};\n",
        po(language).with_suffix(".asked.json"): labels + "\n",
    }


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


def changed(revision: str) -> Iterator[tuple[str, str, str]]:
    """Yield the place of each English text that is not what it was, with the text before and after; '' for none.

    The catalogues have all texts of the screens and of the public pages in their order, so any language serves. A
    screen's text keeps its place when it changes. A page's text has none: what stands between the same two texts is
    compared in order.

    Raises:
        SystemExit: git has no such revision, or no catalogue in it.
    """
    language = LANGUAGES[0].code
    before, after = (dict(_texts_at(at, f"{language}.po")) for at in (revision, ""))
    for key in [*after, *(key for key in before if key not in after)]:
        if before.get(key) != after.get(key):
            yield key, before.get(key, ""), after.get(key, "")
    old, new = ([text for _, text in _texts_at(at, f"pages/{language}.po")] for at in (revision, ""))
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            for was, now in zip_longest(old[old_from:old_to], new[new_from:new_to], fillvalue=""):
                yield "page", was, now


def _texts_at(revision: str, name: str) -> Iterable[tuple[str, str]]:
    """Return the place and the English text of each message of a catalogue; an empty revision is the working copy."""
    path = (LOCALE / name).relative_to(ROOT).as_posix()
    if revision:
        shown = subprocess.run(["git", "show", f"{revision}:{path}"], cwd=ROOT, capture_output=True, check=False)
        if shown.returncode:
            raise SystemExit(f"languages: no {path} at revision {revision!r}. {shown.stderr.decode().strip()}")
        content = shown.stdout
    else:
        content = (ROOT / path).read_bytes()
    for message in read_po(BytesIO(content), domain="kept"):
        if message.id:
            text = " | ".join(message.id) if isinstance(message.id, tuple) else message.id
            # In code and error sentences the text itself is the key.
            yield f"{message.context or ''} {'' if str(message.context).startswith('app:') else text}".strip(), text


def main() -> None:
    """Run the command that the arguments name."""
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
    elif command == "changed" and len(sys.argv) == 3:
        table = [("place", "before", "after"), *changed(sys.argv[2])]
        csv.writer(sys.stdout).writerows(table)
        return
    elif command != "missing":
        raise SystemExit(__doc__)
    if command != "build":
        print(report(missing(), pages.missing()), end="")


def report(*catalogue_gaps: dict[str, list[str]]) -> str:
    """Return the missing texts of each language, as `msgctxt text`, one a line."""
    lines = []
    for language in LANGUAGES:
        rows = [row for catalogue in catalogue_gaps for row in catalogue.get(language.code, ())]
        lines.append(f"{language.code}: {len(rows)} texts without a translation; they are shown in English\n")
        lines += [f"  {row}\n" for row in rows]
    return "".join(lines)


if __name__ == "__main__":
    main()
