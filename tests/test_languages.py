"""The catalogue holds every text once, keeps what a sentence is filled with, and is served as it stands."""

from __future__ import annotations

import importlib.util
import json
import re
import string
from pathlib import Path
from types import ModuleType

import pytest

from diary.pack.documents.language_names import tongue
from diary.pack.metadata import SCREENS
from diary.web import languages as pages

ROOT = Path(__file__).resolve().parent.parent


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("languages", ROOT / ".ci" / "languages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


languages = _tool()
CODES = [language.code for language in languages.LANGUAGES]


@pytest.fixture(scope="module")
def wanted() -> list[tuple[str | None, object]]:
    """Every text there is: where it lives and what it says."""
    return [(message.context, message.id) for message in languages.template() if message.id]


def _slots(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", languages.LANGUAGES, ids=CODES)
def test_no_text_escapes_the_catalogue_and_none_is_left_over(
    language: object, wanted: list[tuple[str | None, object]]
) -> None:
    """A new, changed or dropped text is a difference until `languages.py update` has been run."""
    there = [(message.context, message.id) for message in languages.read(language) if message.id]
    assert there == wanted, "run: python .ci/languages.py update"


@pytest.mark.parametrize("language", languages.LANGUAGES, ids=CODES)
def test_a_translation_is_filled_with_the_same_things(language: object) -> None:
    """No slot is lost or invented; a form for one thing may leave its number out."""
    faults = []
    for message in languages.read(language):
        if isinstance(message.id, tuple):
            allowed = _slots(message.id[1])
            faults += [said for said in message.string if said and not allowed - {"n"} <= _slots(said) <= allowed]
        elif message.id and message.string and _slots(message.string) != _slots(message.id):
            faults.append(message.string)
    assert faults == []


@pytest.mark.parametrize("language", languages.LANGUAGES, ids=CODES)
def test_what_is_served_is_what_the_catalogue_says(language: object) -> None:
    """The file of a language is made of its catalogue, and says that it is a draft until somebody has read it."""
    code = language.code  # type: ignore[attr-defined]
    text = (ROOT / "static" / "lang" / f"{code}.js").read_text()
    served = json.loads(text.removeprefix("export default ").removesuffix(";\n"))
    assert served["lang"] == code
    assert served["reviewed"] is bool(languages.reviewer(language))
    lines = [m for m in languages.read(language) if m.id and str(m.context).startswith("app:")]
    done = [m for m in lines if languages.is_done(m, language)]
    assert len(served["keys"]) == sum(len(language.plurals) if isinstance(m.id, tuple) else 1 for m in done)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "numbers", "forms"),
    [
        ("pl", (1, 2, 5, 12, 22, 101), (0, 1, 2, 2, 1, 2)),
        ("cy", (0, 1, 2, 3, 6, 7), (0, 1, 2, 3, 4, 5)),
        ("ur", (0, 1, 2), (1, 0, 1)),
    ],
)
def test_plural_rules_choose_as_the_browser_does(code: str, numbers: tuple[int, ...], forms: tuple[int, ...]) -> None:
    """The rule in the file's header gives the form of CLDR that stands at that place."""
    language = next(one for one in languages.LANGUAGES if one.code == code)
    rule = language.rule.split("plural=")[1].rstrip(";")
    python = _to_python(rule)
    assert tuple(int(eval(python, {"n": n})) for n in numbers) == forms


def _to_python(rule: str) -> str:
    rule = rule.strip("()") if rule.count("?") else rule
    rule = rule.replace("&&", " and ").replace("||", " or ")
    if "?" not in rule:
        return rule
    asked, _, rest = rule.partition("?")
    yes, _, no = rest.partition(":")
    return f"({yes.strip()}) if ({asked.strip()}) else ({_to_python(no.strip())})"


def test_each_list_of_languages_is_whole() -> None:
    """The app, the public pages and the pack have English and each language of the catalogue, in its order."""
    wanted = ["en", *CODES]
    chosen = (ROOT / "static" / "src" / "shell" / "language.ts").read_text(encoding="utf-8")
    assert re.findall(r"^  \['(\w+)', ", chosen, re.MULTILINE) == wanted, "LANGUAGES in static/src/shell/language.ts"
    assert re.findall(r"^  (\w+): \(\) => import", chosen, re.MULTILINE) == CODES, (
        "LOADERS in static/src/shell/language.ts"
    )
    assert [one.code for one in pages.LANGUAGES] == wanted, "LANGUAGES in diary/web/languages.py"
    assert list(SCREENS) == wanted, "SCREENS in diary/pack/metadata.py: a pack from such a screen would be refused"


def test_a_pack_names_each_language() -> None:
    """The page of what was asked says the language in English, not as a code."""
    nameless = [code for code in SCREENS if tongue(code) == code]
    assert nameless == [], "diary/pack/documents/language_names.py and its twin language_names.ts lack these"


def test_no_view_writes_words_of_its_own() -> None:
    """Text between tags, in a label or an alternative text comes from a table: nothing visible escapes translation."""
    letters = set(string.ascii_letters)
    faults = []
    built = ROOT / "static" / "js"
    views = [path for folder in ("app", "components", "features", "shell") for path in (built / folder).rglob("*.js")]
    assert len(views) > 100
    for path in sorted(views):
        if path.name.startswith("strings"):
            continue
        source = re.sub(r"\$\{[^{}]*\}", "", path.read_text())
        for found in re.finditer(r">([^<>`{}$=;()]*[A-Za-z]{3}[^<>`{}$=;()]*)</", source):
            words = found[1].strip()
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
    assert languages.in_their_order(text) == there


def test_english_may_land_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A new text that nobody has translated is listed, and the app shows it in English: its key is not served."""
    before = languages.missing()
    known = languages.texts()
    monkeypatch.setattr(languages, "texts", lambda: [*known, {"context": "app:new.line", "text": "A new line."}])
    kept = {language: languages.po(language).read_bytes() for language in languages.LANGUAGES}
    for language, held in kept.items():
        (tmp_path / f"{language.code}.po").write_bytes(held)
    monkeypatch.setattr(languages, "po", lambda language: tmp_path / f"{language.code}.po")
    monkeypatch.setattr(languages, "SERVED", tmp_path)
    languages.update()
    languages.build()
    after = languages.missing()
    for code in CODES:
        assert after[code] == [*before.get(code, []), "app:new.line A new line."]
        served = json.loads((tmp_path / f"{code}.js").read_text().removeprefix("export default ").removesuffix(";\n"))
        assert "new.line" not in served["keys"]
        assert len(served["keys"]) > 2_000


def test_the_list_names_the_language_the_place_and_the_text() -> None:
    """What `make translations` prints: every language with its count, also where nothing is missing."""
    text = languages.report({"cy": ["app:a.b One."]}, {"cy": ["page Two."], "ur": ["page Two."]})
    assert text.splitlines() == [
        "cy: 2 texts without a translation; they are shown in English",
        "  app:a.b One.",
        "  page Two.",
        "pl: 0 texts without a translation; they are shown in English",
        "ur: 1 texts without a translation; they are shown in English",
        "  page Two.",
    ]
