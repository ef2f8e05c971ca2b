"""The catalogue has every text once, keeps placeholders, and is served as it is."""

from __future__ import annotations

import importlib.util
import json
import re
import string
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from diary.pack.documents.language_names import language_name
from diary.pack.metadata import SCREEN_LANGUAGES
from diary.web import languages as pages

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def _load_languages_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("languages", PROJECT_ROOT / ".ci" / "languages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


languages = _load_languages_tool()
LANGUAGE_CODES = [language.code for language in languages.LANGUAGES]


@pytest.fixture(scope="module")
def source_messages() -> list[tuple[str | None, object]]:
    """Return every text by its location."""
    return [(message.context, message.id) for message in languages.template() if message.id]


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", languages.LANGUAGES, ids=LANGUAGE_CODES)
def test_the_catalogue_holds_exactly_the_texts_of_the_app(
    language: object, source_messages: list[tuple[str | None, object]]
) -> None:
    """A new, changed or removed text is a difference until `languages.py update` has been run."""
    there = [(message.context, message.id) for message in languages.read(language) if message.id]
    assert there == source_messages, "run: make translations"


@pytest.mark.parametrize("language", languages.LANGUAGES, ids=LANGUAGE_CODES)
def test_translations_have_the_placeholders_of_the_source(language: Any) -> None:
    """No placeholder is lost or invented; a singular form may omit its number."""
    faults = []
    for message in languages.read(language):
        if isinstance(message.id, tuple):
            allowed = placeholders(message.id[1])
            faults += [said for said in message.string if said and not allowed - {"n"} <= placeholders(said) <= allowed]
        elif message.id and message.string and placeholders(message.string) != placeholders(message.id):
            faults.append(message.string)
    assert faults == []


@pytest.mark.parametrize("language", languages.LANGUAGES, ids=LANGUAGE_CODES)
def test_what_is_served_is_what_the_catalogue_says(language: Any) -> None:
    """A language's file is generated from its catalogue, and is marked as a draft until someone has reviewed it."""
    code = language.code
    text = (PROJECT_ROOT / "static" / "lang" / f"{code}.js").read_text()
    served_texts = json.loads(text.removeprefix("export default ").removesuffix(";\n"))
    assert served_texts["lang"] == code
    assert served_texts["reviewed"] is bool(languages.reviewer(language))
    outdated = [
        path.name
        for path, expected in languages.language_files(language).items()
        if path.read_text("utf-8") != expected
    ]
    assert outdated == [], "run: python .ci/languages.py build"


@pytest.mark.parametrize(
    ("code", "numbers", "forms"),
    [
        ("pl", (1, 2, 5, 12, 22, 101), (0, 1, 2, 2, 1, 2)),
        ("cy", (0, 1, 2, 3, 6, 7), (0, 1, 2, 3, 4, 5)),
        ("ur", (0, 1, 2), (1, 0, 1)),
    ],
)
def test_plural_rules_choose_as_the_browser_does(code: str, numbers: tuple[int, ...], forms: tuple[int, ...]) -> None:
    """The rule in the file's header gives CLDR's plural form for each position."""
    language = next(one for one in languages.LANGUAGES if one.code == code)
    rule = language.rule.split("plural=")[1].rstrip(";")
    python = plural_rule_to_python(rule)
    assert tuple(int(eval(python, {"n": n})) for n in numbers) == forms


def plural_rule_to_python(rule: str) -> str:
    rule = rule.strip("()") if rule.count("?") else rule
    rule = rule.replace("&&", " and ").replace("||", " or ")
    if "?" not in rule:
        return rule
    condition, _, rest = rule.partition("?")
    if_true, _, if_false = rest.partition(":")
    return f"({if_true.strip()}) if ({condition.strip()}) else ({plural_rule_to_python(if_false.strip())})"


def test_each_list_of_languages_is_complete() -> None:
    """The app, the public pages and the pack have English and each language of the catalogue, in its order."""
    expected_languages = ["en", *LANGUAGE_CODES]
    chosen = (PROJECT_ROOT / "static" / "src" / "shell" / "language.ts").read_text(encoding="utf-8")
    assert re.findall(r"^  \['(\w+)', ", chosen, re.MULTILINE) == expected_languages, (
        "LANGUAGES in static/src/shell/language.ts"
    )
    assert re.findall(r"^  (\w+): \(\) => import", chosen, re.MULTILINE) == LANGUAGE_CODES, (
        "LOADERS in static/src/shell/language.ts"
    )
    assert [language.code for language in pages.LANGUAGES] == expected_languages, "LANGUAGES in diary/web/languages.py"
    assert list(SCREEN_LANGUAGES) == expected_languages, (
        "SCREENS in diary/pack/metadata.py: a pack from such a screen would be refused"
    )


def test_a_pack_names_each_language() -> None:
    """The page about the questions names the language in English, not as a code."""
    nameless = [code for code in SCREEN_LANGUAGES if language_name(code) == code]
    assert nameless == [], "diary/pack/documents/language_names.py and its twin language_names.ts lack these"


def test_no_view_holds_untranslatable_text() -> None:
    """Text between tags, in labels and in alternative texts comes from a table, so that it can be translated."""
    letters = set(string.ascii_letters)
    faults = []
    built = PROJECT_ROOT / "static" / "js"
    views = [path for folder in ("app", "components", "features", "shell") for path in (built / folder).rglob("*.js")]
    assert len(views) > 100
    for path in sorted(views):
        if path.name.startswith("strings"):
            continue
        source = re.sub(r"\$\{[^{}]*\}", "", path.read_text())
        for match in re.finditer(r">([^<>`{}$=;()]*[A-Za-z]{3}[^<>`{}$=;()]*)</", source):
            words = match[1].strip()
            if len(words) > 2 and set(words) & letters and "\n" not in words and "*" not in words:
                faults.append(f"{path.name}: {words}")
    assert faults == []


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("فون 0808 802 0300 پر", "فون \u20660808 802 0300\u2069 پر"),
        ("حد 200 MB ہے", "حد \u2066200 MB\u2069 ہے"),
        ("{n} میں سے {all}", "{n} میں سے {all}"),
    ],
)
def test_numbers_keep_their_order_in_a_line_that_runs_the_other_way(text: str, there: str) -> None:
    """A telephone number of three groups would be another number if its groups changed places."""
    assert languages.isolate_left_to_right_runs(text) == there


def test_english_may_change_before_its_translations(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An untranslated text is listed, and the app shows it in English: its key is not served."""
    before = languages.missing()
    known = languages.texts()
    monkeypatch.setattr(languages, "texts", lambda: [*known, {"context": "app:new.line", "text": "A new line."}])
    catalogues = {language: languages.po(language).read_bytes() for language in languages.LANGUAGES}
    for language, catalogue in catalogues.items():
        (tmp_path / f"{language.code}.po").write_bytes(catalogue)
    monkeypatch.setattr(languages, "po", lambda language: tmp_path / f"{language.code}.po")
    monkeypatch.setattr(languages, "SERVED", tmp_path)
    languages.update()
    languages.build()
    missing_after = languages.missing()
    for code in LANGUAGE_CODES:
        assert missing_after[code] == [*before.get(code, []), "app:new.line A new line."]
        served = json.loads((tmp_path / f"{code}.js").read_text().removeprefix("export default ").removesuffix(";\n"))
        assert "new.line" not in served["keys"]
        assert len(served["keys"]) > 2_000


def test_the_list_names_the_language_the_place_and_the_text() -> None:
    """`make translations` prints every language with its count, even if nothing is missing."""
    text = languages.report({"cy": ["app:a.b One."]}, {"cy": ["page Two."], "ur": ["page Two."]})
    assert text.splitlines() == [
        "cy: 2 texts without a translation; they are shown in English",
        "  app:a.b One.",
        "  page Two.",
        "pl: 0 texts without a translation; they are shown in English",
        "ur: 1 texts without a translation; they are shown in English",
        "  page Two.",
    ]


def _commit(folder: Path, screens: str, page_texts: str) -> None:
    (folder / "diary/locale/pages").mkdir(parents=True, exist_ok=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (folder / "diary/locale/cy.po").write_text(header + screens, encoding="utf-8")
    (folder / "diary/locale/pages/cy.po").write_text(header + page_texts, encoding="utf-8")
    for command in (("init", "-q"), ("add", "."), ("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "x")):
        subprocess.run(["git", *command], cwd=folder, check=True)


def test_changed_texts_are_listed_before_and_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the screens by place, also new and removed ones; of the pages in order. A revision that is none is named."""
    monkeypatch.setattr(languages, "ROOT", tmp_path)
    monkeypatch.setattr(languages, "LOCALE", tmp_path / "diary/locale")
    _commit(
        tmp_path,
        'msgctxt "app:a"\nmsgid "Kept safe"\nmsgstr ""\n\nmsgctxt "app:b"\nmsgid "Lock"\nmsgstr ""\n\n'
        'msgctxt "said"\nmsgid "No."\nmsgstr ""\n',
        'msgid "First"\nmsgstr ""\n\nmsgid "Second"\nmsgstr ""\n\nmsgid "Third"\nmsgstr ""\n',
    )
    _commit(
        tmp_path,
        'msgctxt "app:b"\nmsgid "Lock"\nmsgstr ""\n\nmsgctxt "app:a"\nmsgid "Backed up, “é”"\nmsgstr ""\n\n'
        'msgctxt "app:c"\nmsgid "One"\nmsgid_plural "{n}"\nmsgstr[0] ""\nmsgstr[1] ""\n',
        'msgid "First"\nmsgstr ""\n\nmsgid "Other"\nmsgstr ""\n\nmsgid "Third"\nmsgstr ""\n\n'
        'msgid "Fourth"\nmsgstr ""\n',
    )
    assert list(languages.changed("HEAD~1")) == [
        ("app:a", "Kept safe", "Backed up, “é”"),
        ("app:c", "", "One | {n}"),
        ("said No.", "No.", ""),
        ("page", "Second", "Other"),
        ("page", "", "Fourth"),
    ]
    assert list(languages.changed("HEAD")) == []
    with pytest.raises(SystemExit, match=r"no diary/locale/cy\.po at revision 'nosuch'"):
        list(languages.changed("nosuch"))
