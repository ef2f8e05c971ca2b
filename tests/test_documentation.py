"""Names in the code are documented: settings, error codes, audiences, vocabulary codes.

The code's tables are the source. A name missing from docs/, and one in docs/ that the code no longer has, fails.
Wording is not checked.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from tortoise.models import Model

from diary import errors
from diary.config import SETTINGS
from diary.storage.models.core import MODEL_MODULES
from diary.web.log_format import KEYS
from diary.web.routes import ROUTES

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DOCS_BY_PATH = {
    p.relative_to(PROJECT_ROOT).as_posix(): p.read_text() for p in sorted((PROJECT_ROOT / "docs").rglob("*.md"))
}
CODE_SPAN = re.compile(r"`([^`\n]+)`")
# The project's own settings are upper-case with this prefix, which nothing else has.
SETTING_NAME = re.compile(r"\bDIARY_[A-Z_]+\b")


def code_spans(texts: Iterable[str]) -> set[str]:
    """Return every name marked as code in `texts`. Lists in one span are split."""
    return {name for text in texts for span in CODE_SPAN.findall(text) for name in re.split(r"[\s,|·:/]+", span)}


def undocumented_names(names: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Return the `names` that no text marks as code."""
    documented = code_spans(texts)
    return sorted(name for name in set(names) if name not in documented)


def error_codes(top: type[errors.KeptError] = errors.KeptError) -> Iterator[str]:
    """Return the code of every class in the tree."""
    yield top.code
    for subclass in top.__subclasses__():
        yield from error_codes(subclass)


def vocabulary_codes(value: Any) -> Iterator[str]:
    """Return every code in vocabulary.json, at any depth."""
    if isinstance(value, dict):
        if isinstance(value.get("code"), str):
            yield value["code"]
        for inner in value.values():
            yield from vocabulary_codes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from vocabulary_codes(inner)


def test_every_setting_is_documented_with_its_default() -> None:
    """docs/settings.md has a row for each setting, with the code's description and default."""
    page = DOCS_BY_PATH["docs/settings.md"]
    rows = {line for line in page.splitlines() if line.startswith("| `DIARY_")}
    expected = {
        f"| `{s.name}` | {'worked out' if s.default is None else f'`{s.default}`'} | {s.description} |"
        for s in SETTINGS
    }
    assert rows == expected


def test_no_page_speaks_of_a_setting_that_is_gone() -> None:
    """Each DIARY_ name in the docs and the README is a setting."""
    texts = [*DOCS_BY_PATH.values(), (PROJECT_ROOT / "README.md").read_text()]
    named = {name for text in texts for name in SETTING_NAME.findall(text)}
    assert named <= {s.name for s in SETTINGS}


def test_every_error_code_is_documented() -> None:
    """Each class of diary/errors.py has its code in the docs."""
    assert undocumented_names(error_codes(), DOCS_BY_PATH.values()) == []


def test_every_audience_is_documented() -> None:
    """Each audience of a route is explained in docs/api.md."""
    assert undocumented_names({row.audience.value for row in ROUTES}, [DOCS_BY_PATH["docs/api.md"]]) == []


def test_every_vocabulary_code_is_documented() -> None:
    """Each code of diary/record/vocabulary.json is in docs/record.md."""
    vocabulary = json.loads((PROJECT_ROOT / "diary/record/vocabulary.json").read_text())
    codes = list(vocabulary_codes(vocabulary))
    assert len(codes) > 150
    assert undocumented_names(codes, [DOCS_BY_PATH["docs/record.md"]]) == []


def test_every_field_of_a_record_is_documented() -> None:
    """Each kind's row in docs/record.md names the open and restricted fields of diary/record/schemas.json."""
    schemas = json.loads((PROJECT_ROOT / "diary/record/schemas.json").read_text())
    rows = dict(re.findall(r"^\| `(\w+)` \(\d+\) (\|.*\|)$", DOCS_BY_PATH["docs/record.md"], re.MULTILINE))
    for kind, numbers in schemas.items():
        parts = numbers[max(numbers, key=int)]
        expected_names = {name for name in (*parts["open"], *parts["restricted"]) if not name.startswith("_")}
        assert kind in rows, f"docs/record.md has no row for {kind}"
        assert set(re.findall(r"`(\w+)`", rows[kind])) == expected_names, f"row of {kind} in docs/record.md"


def table_names() -> set[str]:
    """Return every table of the database."""
    classes = [
        model for name in MODEL_MODULES for model in vars(import_module(name)).values() if isinstance(model, type)
    ]
    return {str(vars(model.Meta)["table"]) for model in classes if issubclass(model, Model) and model is not Model}


def event_codes(sources: Iterable[str]) -> set[str]:
    """Return every event the server can log: the strings in its `say(…)` calls."""
    log_calls = (arguments for text in sources for arguments in re.findall(r"event_log\.log_event\(([^\n]*)\)", text))
    return {code for arguments in log_calls for code in re.findall(r'"([a-z_]+)"', arguments)}


def test_the_record_of_processing_has_every_table_and_no_other() -> None:
    """docs/operators/record-of-processing.md has exactly one row per table."""
    page = DOCS_BY_PATH["docs/operators/record-of-processing.md"].split("| log field")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE)
    assert len(table_names()) > 14
    assert sorted(rows) == sorted(table_names())


def test_the_impact_assessment_follows_the_program() -> None:
    """Each table is in one flow of the DPIA; each risk has a likelihood, a severity and a decision left to a person."""
    page = DOCS_BY_PATH["docs/operators/dpia.md"]
    flows = page.split("| flow |")[1].split("\n\n")[0]
    named = re.findall(r"`([a-z_]+)`", flows)
    assert sorted(named) == sorted(table_names())
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.split("| risk |")[1].split("\n\n")[0].splitlines()[2:]
    ]
    assert len(rows) >= 12
    likelihoods, severities = ("remote", "possible", "probable"), ("minimal", "significant", "severe")
    for risk, before, severity, measures, after, remains, decision in rows:
        assert before in likelihoods and after in likelihoods and severity in severities, risk
        assert likelihoods.index(after) <= likelihoods.index(before), risk
        assert measures and remains and decision.startswith("**DECIDE:**"), risk
    named_risks = " ".join(row[0] for row in rows)
    assert all(subject in named_risks for subject in ("advocates", "witnesses", "hand-over", "hosting", "children"))
    for step in range(1, 8):
        assert re.search(rf"^## Steps? .*{step}", page, re.MULTILINE), step


def test_no_paper_hides_how_people_reach_each_other() -> None:
    """Letters, statements, grants and hand-overs are tables, so the papers about recipients and safety name them."""
    assert {"letter", "witness_code", "access_grant", "handover"} <= table_names()
    for name in ("dpia", "online-safety", "record-of-processing"):
        page = DOCS_BY_PATH[f"docs/operators/{name}.md"].lower()
        assert all(word in page for word in ("letter", "witness", "advocate", "eight words")), name
        assert "no messages" not in page and "recipients | none" not in page, name


def test_the_record_of_processing_has_every_log_field_and_event() -> None:
    """The page lists exactly the fields of each log event; nothing else is formatted into a line."""
    page = DOCS_BY_PATH["docs/operators/record-of-processing.md"]
    events = (PROJECT_ROOT / "diary/web/event_log.py").read_text()
    assert re.findall(r'LOGGER\.\w+\("([^"]+)", (.+)\)', events) == [
        ("%s %s", 'hour, code, extra={"hour": hour, "code": code}'),
        ("%s internal %s %s", '*fields.values(), extra={**fields, "code": "internal"}'),
    ]
    assert undocumented_names(KEYS, [page]) == []
    assert undocumented_names({"hour", "code", "exception", "place", "internal"}, [page]) == []
    (listed,) = re.findall(r"^Event codes: ([^.]+)\.", page, re.MULTILINE)
    codes = event_codes(path.read_text() for path in (PROJECT_ROOT / "diary").rglob("*.py"))
    assert "started" in codes
    assert code_spans([listed]) == codes | {"internal"}


def test_only_the_event_log_logs() -> None:
    """Only one module of the server writes the log, and one sets its form."""
    files = [p for part in ("storage", "services", "web") for p in (PROJECT_ROOT / "diary" / part).rglob("*.py")]
    asks = [p for p in files if re.search(r"getLogger\((?!\"asyncpg\")", p.read_text())]
    assert [p.name for p in asks] == ["event_log.py", "log_format.py"]


def test_every_page_for_operators_says_what_is_answered_and_what_to_decide() -> None:
    """Each page begins with both, and the list of pages is complete."""
    pages = {
        name: text
        for name, text in DOCS_BY_PATH.items()
        if name.startswith("docs/operators/") and not name.endswith("README.md")
    }
    assert len(pages) == 11
    for name, text in pages.items():
        top = text[:900].lower()
        assert "the design answers" in top and "you decide" in top, name
        assert f"({name.rsplit('/', 1)[1]})" in DOCS_BY_PATH["docs/operators/README.md"], name


# An identifier as guides write it: `Fields`, `activeTab`, `stage.find`, `rowsOf(…)`.
IDENTIFIER = re.compile(r"[A-Za-z$][\w$]*(?:\.[A-Za-z$][\w$]*)*(?:\(.*\))?")
# The heading in CHANGELOG.md, and a browser's property that no module may use.
NAMES_OF_OTHERS = frozenset({"Unreleased", "innerHTML"})
MODULE_SUFFIXES = frozenset({".py", ".ts", ".mjs"})
FILE_SUFFIXES = MODULE_SUFFIXES | {".css", ".js", ".json", ".md", ".toml", ".typ"}
SOURCES = [
    path
    for folder in ("diary", "static/src", "tests", ".ci")
    for path in sorted((PROJECT_ROOT / folder).rglob("*"))
    if path.suffix in MODULE_SUFFIXES | {".json"}
]


def guide_identifiers(text: str) -> set[str]:
    """Return the identifiers that a guide names, without placeholders ("example"), file names and commands (`make`)."""
    return {
        span.partition("(")[0]
        for span in set(CODE_SPAN.findall(text)) - NAMES_OF_OTHERS
        if IDENTIFIER.fullmatch(span) and re.search("[A-Z_(.]", span)
        if "example" not in span and Path(span).suffix not in FILE_SUFFIXES
    }


def code_identifiers(path: Path) -> set[str]:
    """Return the identifiers of a Python or TypeScript module, or the keys of a JSON file; no comments or strings."""
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        return set(re.findall(r'"([^"\n]+)":', text))
    if path.suffix == ".py":
        fields = ("id", "attr", "name", "arg")
        return {str(vars(node)[field]) for node in ast.walk(ast.parse(text)) for field in fields if field in vars(node)}
    code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*|'(?:[^'\\\n]|\\.)*'", " ", text, flags=re.DOTALL)
    return set(re.findall(r"[A-Za-z_$][\w$]*", code))


def missing_identifiers(names: Iterable[str], paths: Iterable[Path]) -> list[str]:
    """Return the names that stand in no file: neither the whole name as a JSON key nor its last part in code."""
    missing = {name: name.rpartition(".")[2] for name in names}
    for path in paths:
        text = path.read_text("utf-8")
        if any(last in text for last in missing.values()):
            found = code_identifiers(path)
            missing = {name: last for name, last in missing.items() if not found & {name, last}}
    return sorted(missing)


def misplaced_identifiers(text: str) -> list[str]:
    """Return the names of the phrases "`name` in `path`" and "`name` (`path`)" that are not in that file.

    A test in brackets is the one that fails when the step is forgotten, and need not hold the name.
    """
    pairs = re.findall(r"`([^`\n]+)`\s+(?:in\s+|\((?!`tests/))`([\w./]+/[\w./]+)`", text)
    paths_by_place = {place: [path for path in SOURCES if path.match(f"*/{place}")] for _, place in pairs}
    return [
        f"{name} in {place}"
        for name, place in pairs
        if IDENTIFIER.fullmatch(name) and Path(name).suffix not in FILE_SUFFIXES and paths_by_place[place]
        if missing_identifiers([name], paths_by_place[place])
    ]


def test_every_identifier_in_a_guide_exists() -> None:
    """CONTRIBUTING.md and docs/architecture.md name no identifier that was renamed or removed, and no such module."""
    text = (PROJECT_ROOT / "CONTRIBUTING.md").read_text("utf-8") + DOCS_BY_PATH["docs/architecture.md"]
    names = guide_identifiers(text)
    assert len(names) > 30
    assert missing_identifiers(names, SOURCES) == []
    assert misplaced_identifiers(text) == []
    modules = {span for span in CODE_SPAN.findall(text) if re.fullmatch(r"\w+\.(py|ts|mjs)", span)}
    assert modules - {path.name for path in SOURCES} == set()


def test_an_identifier_that_is_gone_or_elsewhere_is_found() -> None:
    """The check reads code, not comments, and looks in the file that a guide names."""
    text = "`SETTINGS` in `diary/config.py`, `SETTINGS` in `diary/clock.py`, `OldName`, `old_name`, `make`, `Fields(x)`"
    names = guide_identifiers(text)
    assert names == {"SETTINGS", "OldName", "old_name", "Fields"}
    assert missing_identifiers(names, [PROJECT_ROOT / "diary/config.py"]) == ["Fields", "OldName", "old_name"]
    assert misplaced_identifiers(text) == ["SETTINGS in diary/clock.py"]


def test_an_undocumented_name_is_found() -> None:
    """Missing names are reported, and lists in one span are split."""
    assert undocumented_names({"one", "two", "three"}, ["`one · two`", "three in plain words"]) == ["three"]
    assert list(vocabulary_codes({"a": {"codes": [{"code": "x"}, {"code": "y"}]}})) == ["x", "y"]
