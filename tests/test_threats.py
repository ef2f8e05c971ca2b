"""Each sentence about a protection has an id and a test that exists and is run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import claims
from tests.claims import PROJECT_ROOT, DocumentedClaim

THREATS_PAGE = (PROJECT_ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
README_PAGE = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
SECTIONS = claims.split_sections(THREATS_PAGE)
NAMED_PATHS = sorted(
    {span for span in re.findall(r"`([^`\s:]+)`", THREATS_PAGE) if "/" in span or span.endswith((".toml", ".json"))}
    | {test.partition("::")[0] for test in claims.named_tests(THREATS_PAGE)}
)
THREATS = [name for name in SECTIONS if re.match(r"T\d+ ", name)]
# Sections whose table rows are claims: an id first, tests last.
TABLES = [
    "Boundaries",
    "What guessing can delay",
    "What the cryptography rests on",
    "The pack window",
    "What the screens must not claim",
]
THREAT_LABELS = ["Who.", "What stops them.", "Where.", "What remains."]
COMPETITOR_ATTACK_ROWS = claims.table_rows(SECTIONS["Attacks published on rivals"])
PROMISE_ROWS = claims.table_rows((PROJECT_ROOT / "docs" / "promises.md").read_text(encoding="utf-8"))


def protections_against(threat: str) -> str:
    """Return the text between "What stops them." and "Where." of a threat."""
    match = re.search(r"\*\*What stops (?:them|it)\.\*\*\n(.*?)\n\*\*Where\.\*\*", SECTIONS[threat], re.DOTALL)
    assert match, threat
    return match.group(1)


def claims_of_table(cells: list[list[str]]) -> list[DocumentedClaim]:
    """Return rows of a table as claims. Rows about a boundary begin with a place instead of an id and are left out."""
    return [
        DocumentedClaim(row[0], " ".join(row[1:-1]), claims.named_tests(row[-1]))
        for row in cells
        if re.fullmatch(claims.CLAIM_ID, row[0])
    ]


ALL_CLAIMS = [claim for threat in THREATS for claim in claims.parse_claims(protections_against(threat))[0]]
ALL_CLAIMS += [claim for name in TABLES for claim in claims_of_table(claims.table_rows(SECTIONS[name]))]
ALL_CLAIMS += claims_of_table(PROMISE_ROWS)
ANSWERING_TESTS = [test for row in COMPETITOR_ATTACK_ROWS for test in claims.named_tests(row[-1])]
NAMED_TESTS = sorted({*ANSWERING_TESTS, *(test for claim in ALL_CLAIMS for test in claim.tests)})


@pytest.mark.parametrize("path", NAMED_PATHS)
def test_every_path_is_there(path: str) -> None:
    """The files of each control exist."""
    assert (PROJECT_ROOT / path).exists()


def test_every_adversary_has_a_section() -> None:
    """T1 to T14 appear once, in order, each with who, what stops them, where and what remains."""
    assert [name.split()[0] for name in THREATS] == [f"T{n}" for n in range(1, 15)]
    for threat in THREATS:
        labels = re.findall(r"^\*\*(.+?\.)\*\*", SECTIONS[threat], re.MULTILINE)
        assert [label.replace("stops it", "stops them") for label in labels] == THREAT_LABELS, threat


def test_every_sentence_about_a_protection_has_an_id() -> None:
    """Below "What stops them" are only claims, of one sentence each; the single other line refers to another threat."""
    for threat in THREATS:
        claims_found, unparsed = claims.parse_claims(protections_against(threat))
        assert unparsed in ([], ["What stops T6 stops them too."]), f"{threat}: no id: {unparsed}"
        assert claims_found, f"{threat}: nothing stops them"
        for claim in claims_found:
            assert claim.id.startswith(threat.split()[0] + "-"), claim.id
            assert len(re.findall(r"[.!?](?=\s|$)", claim.text)) == 1, f"{claim.id} is not one sentence"
    for name in TABLES:
        found_rows = claims.table_rows(SECTIONS[name])
        numbered = claims_of_table(found_rows)
        # Places of the boundaries have their own table with three cells; claims begin with an id.
        places = 6 if name == "Boundaries" else 0
        assert numbered, f"{name}: no ids"
        assert len(numbered) == len(found_rows) - places, f"{name}: a row without an id"


def test_ids_stand_for_one_claim_each() -> None:
    """No id is repeated."""
    ids = [claim.id for claim in ALL_CLAIMS]
    assert sorted(ids) == sorted(set(ids))


def test_every_claim_names_a_test() -> None:
    """Each claim names at least one test."""
    assert len(ALL_CLAIMS) > 100
    assert [claim for claim in ALL_CLAIMS if not claim.tests] == []


def test_every_named_test_is_there() -> None:
    """Each test exists under its full name, in its file. A span that looks like a test but is not parsed is a mistake."""
    assert [
        test for test in NAMED_TESTS if test.partition("::")[2] not in claims.test_names_in(test.partition("::")[0])
    ] == []
    pages = " ".join((THREATS_PAGE + (PROJECT_ROOT / "docs" / "promises.md").read_text(encoding="utf-8")).split())
    assert pages.count("::") - pages.count("`path::test`") == len(claims.named_tests(pages))


def test_no_test_is_left_out_or_forgiven() -> None:
    """No mark or call below tests/ skips a test or expects a failure; skips at run time fail (tests/claims.py)."""
    files = sorted((PROJECT_ROOT / "tests").rglob("*.py"))
    assert {
        str(path): list(found)
        for path in files
        if (found := list(claims.skipped_tests(path.read_text(encoding="utf-8"))))
    } == {}


@pytest.mark.parametrize(
    "source",
    ["@pytest.mark.skip\ndef test_a(): ...", "def test_a():\n    pytest.importorskip('x')", "pytestmark = mark.xfail"],
)
def test_a_test_that_is_left_out_is_found(source: str) -> None:
    """A mark, a call and a mark of a whole file are found."""
    assert list(claims.skipped_tests(source))


def test_a_test_that_is_skipped_while_it_runs_fails(tmp_path: Path) -> None:
    """A skip at run time fails for any cause: here unittest's own exception, without a mark."""
    (tmp_path / "test_a.py").write_text(
        "import unittest\n\ndef test_a():\n    raise unittest.SkipTest('no')\n", encoding="utf-8"
    )
    call = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.claims",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        "-c",
        os.devnull,
    ]
    result = subprocess.run(
        [*call, str(tmp_path)], capture_output=True, text=True, check=False, cwd=PROJECT_ROOT, timeout=60
    )
    assert result.returncode == 1, result.stdout
    assert "1 failed" in result.stdout


def test_make_test_all_leaves_nothing_out() -> None:
    """The recipe of `make test-all` selects no marks, names or paths."""
    recipe = re.search(
        r"^test-all:.*\n((?:\t.*\n)+)", (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert recipe
    runs = [line for line in recipe.group(1).splitlines() if "-m pytest" in line]
    assert [line.strip() for line in runs] == ["$(VENV)/python -m pytest $(ARGS) || status=1"]


@pytest.mark.whole
def test_every_named_test_is_collected() -> None:
    """Each named test is collected by pytest with the marks of `make test-all`. Node's files run whole."""
    files = sorted({test.partition("::")[0] for test in NAMED_TESTS})
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files],
        capture_output=True, text=True, check=False, cwd=PROJECT_ROOT, timeout=300,
        env={**os.environ, "PYTEST_ADDOPTS": ""},  # "-v" would print the tests in another form
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    collected = {re.sub(r"\[.*", "", line) for line in result.stdout.splitlines() if "::" in line}
    expected_tests = {
        test if test.partition("::")[0].endswith(".py") else test.partition("::")[0] + "::node" for test in NAMED_TESTS
    }
    assert expected_tests - collected == set()


@pytest.mark.parametrize("row", COMPETITOR_ATTACK_ROWS, ids=lambda row: row[0])
def test_every_published_attack_has_an_answer(row: list[str]) -> None:
    """An attack does not apply, with a reason; or is refused, by a test; or remains, with a reference."""
    assert len(row) == 3, row
    answers = re.findall(r"\*\*(Does not apply|Refused|Remains|remains)\*\*", row[2], re.IGNORECASE)
    assert answers, row[0]
    assert row[2].startswith("**"), row[0]
    if "Refused" in answers:
        assert claims.named_tests(row[2]), f"{row[0]}: refused by no test"
    if "remains" in [answer.lower() for answer in answers]:
        assert {said.split()[0] for said in THREATS} & set(re.findall(r"T\d+", row[2])), f"{row[0]}: said nowhere"


def test_every_attack_of_the_paper_has_a_row() -> None:
    """The rows of its Table 1 are complete: twelve on Bitwarden, seven on LastPass, six on Dashlane, six on 1Password."""
    listed = [one for row in COMPETITOR_ATTACK_ROWS for one in re.findall(r"\b(?:BW|LP|DL|1P)\d\d\b", row[0])]
    kinds = {"BW": 12, "LP": 7, "DL": 6, "1P": 6}
    assert sorted(listed) == sorted(f"{kind}{n:02}" for kind, count in kinds.items() for n in range(1, count + 1))


def test_every_promise_of_the_readme_has_an_id() -> None:
    """Each sentence of "What it does", and each cell of what it helps against, ends with an id that has a row."""
    parts = claims.split_sections(README_PAGE)
    does, protects = parts["What it does"], parts["What it protects from, and what it does not"]
    promise_ids = re.findall(r"\[(R-\d+)\]", does + protects)
    assert promise_ids == [claim.id for claim in claims_of_table(PROMISE_ROWS)]
    # A headline in bold, and the line that explains the ids, promise nothing by themselves.
    items = re.split(r"^- ", does, flags=re.MULTILINE)[1:]
    assert items
    for item in items:
        text = re.sub(r"\*\*[^*]+\*\*", "", " ".join(item.split())).strip()
        sentences = re.findall(r"[^.]*(?:\.(?=\S)[^.]*)*\.(?=\s|$)", text)
        assert all(re.search(r"\[R-\d+\]\.$", sentence.strip()) for sentence in sentences if sentence.strip(" .")), item
        assert re.search(r"\[R-\d+\]\.$", text), item
    cells = claims.table_rows(protects)
    assert len(cells) > 3
    assert all(re.search(r"\[R-\d+\]$", row[0]) for row in cells)
