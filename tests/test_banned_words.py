"""Words that claim too much, or hurt, appear in no text for people.

docs/glossary.md has the replacements. The list is here, so that no page has to spell it out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parent.parent
TEXT_SUFFIXES = {".py", ".js", ".html", ".css", ".md", ".txt", ".json", ".typ", ".po", ".webmanifest", ".svg"}
GENERATED_FOLDERS = (
    PROJECT_ROOT / "static" / "vendor",
    PROJECT_ROOT / "static" / "app",
    PROJECT_ROOT / "diary" / "pack" / "fonts",
)

# Claims that no software can keep, anywhere in the project.
BANNED_CLAIM = re.compile(
    r"""tamper[- ]?proof | court[- ]?admissible | \bforensic | \bcertified\b | 100\s?%\s?secure
      | military[- ]grade | unhackable | (?:cryptographic|mathematical|digital|legal)\ proof
      | \boriginal\ (?:file|picture|photo|image|screenshot|attachment|bytes|evidence)
      | \bproves?\ (?:that|what|when|who|it|he|she|they|stalking|harassment)\b
      | \blow[- ]risk\b | \brisk\ (?:score|level|rating)\b | \bMG11\b""",
    re.IGNORECASE | re.VERBOSE,
)
# The same words in a denial: "does not prove", "no risk score".
NEGATION = re.compile(
    r"\b(?:not?|never|nor|cannot|can't|doesn't|does\ not|nothing\ here|without\ a)\b[^.|\n]{0,40}$", re.IGNORECASE
)
# On screen the keeper is not called this; names of services and laws keep the word.
VICTIM_WORD = re.compile(r"\bvictims?\b(?! support\b)(?!['’]s? (?:code|commissioner)\b)(?!s['’] code\b)", re.IGNORECASE)
SCREEN_FOLDERS = ("static/", "templates/")
# What opens a diary has one name on screens, pages and the command line: a password, a PIN, a recovery code, a
# username (docs/glossary.md). These are names they had before. What somebody wrote or spoke is still called their words, and
# codes of other kinds keep their names.
FORMER_NAME = re.compile(
    r"""sign-in\ names? | short\ secrets? | log-?in\ names? | pass-?phrases? | short\ words
      | (?<!recovery\ )\bcode\ (?:from|on)\ (?:your\ )?paper | \bpaper\ code | \b(?:my|your|old)\ code\b
      | \b(?:type|change|knows?|forget|has|have|with|without)\ (?:my|your|the\ old)\ words\b | \bold\ words\b""",
    re.IGNORECASE | re.VERBOSE,
)
# Searched with their comments, which have no need of these names.
FILES_WITH_SCREEN_TEXTS = (
    "static/src/**/words*.json",
    "static/src/core/errors.ts",
    "static/src/diary/sentences.ts",
    "templates/**/*.html",
    "diary/errors.py",
    "diary/cli/*.py",
    "diary/samples/demo.py",
)
# Words that the screens had for a backup, a backup file, putting away, deleting for good and Block deleting. Each was
# misread: "taken out" as deleted, "a copy" as one in the photos, "hold" as one that the police have.
OLD_SCREEN_TERM = re.compile(
    r"""\bkept\ safe\b | \bsealed\ cop(?:y|ies)\b | \bsealed\b[^.]*\bon\ this\ phone\b
      | \bcopy\ (?:is\ )?(?:now\ )?(?:kept\ )?off\ (?:this|the)\b | \bonly\ on\ this\ phone\b
      | \btak(?:e|es|en)\ (?:(?:it|this|this\ file|things)\ )?out\b(?!\ of\ (?:the\ saved\ chat|it\b|its\ zip))
      | \byou\ took\ out\b
      | \beras(?:e[ds]?|ing|ures?)\b | \bHold\ (?:is|goes|stays)\b | \b(?:turn|keep)\ hold\b""",
    re.IGNORECASE | re.VERBOSE,
)
# A sentence in TypeScript, whole: its parts are joined by `' +`.
TS_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'(?:\s*\+\s*'(?:[^'\\\n]|\\.)*')*")


def readable_files() -> Iterator[Path]:
    """Return every text file of the project that people may read."""
    yield PROJECT_ROOT / "README.md"
    for folder in ("diary", "static", "templates", "docs"):
        for path in sorted((PROJECT_ROOT / folder).rglob("*")):
            if (
                path.suffix in TEXT_SUFFIXES
                and path.is_file()
                and not any(g in path.parents for g in GENERATED_FOLDERS)
            ):
                yield path


def banned_claims(name: str, text: str) -> list[str]:
    """Return the banned claims in `text`."""
    faults = []
    for number, line in enumerate(text.splitlines(), 1):
        for match in BANNED_CLAIM.finditer(line):
            if not NEGATION.search(line[: match.start()]):
                faults.append(f"{name}:{number}: {match.group()}")
        if name.startswith(SCREEN_FOLDERS) and (victim_match := VICTIM_WORD.search(line)):
            faults.append(f"{name}:{number}: {victim_match.group()}")
    return faults


def test_no_text_makes_a_banned_claim() -> None:
    """No page, screen, message or pack file has a word of the list."""
    assert [
        f for p in readable_files() for f in banned_claims(p.relative_to(PROJECT_ROOT).as_posix(), p.read_text())
    ] == []


@pytest.mark.parametrize(
    "line",
    [
        "Our tamper-proof diary",
        "This proves that it happened",
        "the original photo",
        "A forensic copy",
        "risk level: 3",
        "100 % secure",
    ],
)
def test_a_banned_claim_is_found(line: str) -> None:
    """Each kind of claim is found."""
    assert len(banned_claims("docs/a.md", line)) == 1


def test_the_keeper_is_never_called_a_victim_on_screen() -> None:
    """On a screen the word is found; in a service's name, or a document about police, it is allowed."""
    assert banned_claims("templates/a.html", "for victims of stalking") == ["templates/a.html:1: victims"]
    assert banned_claims("templates/a.html", "Victim Support, the Victims' Code") == []
    assert banned_claims("docs/a.md", "what a victim statement is") == []


def screen_texts() -> Iterator[tuple[str, str]]:
    """Return where each English text of a screen, a failure, a label and a public page stands, and the text."""
    for path in sorted((PROJECT_ROOT / "static" / "src").rglob("words*.json")):
        for key, text in json.loads(path.read_text()).items():
            yield f"{path.parent.name}: {key}", text
    for name in ("diary/sentences.ts", "core/errors.ts"):
        for match in TS_STRING.finditer((PROJECT_ROOT / "static" / "src" / name).read_text()):
            yield name, re.sub(r"'\s*\+\s*'", "", match.group()).strip("'")
    vocabulary = (PROJECT_ROOT / "diary" / "record" / "vocabulary.json").read_text()
    yield from (("vocabulary", label) for label in re.findall(r'"label": "([^"]*)"', vocabulary))
    for path in sorted((PROJECT_ROOT / "templates").rglob("*.html")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield f"{path.name}:{number}", line


def test_no_screen_uses_a_replaced_term() -> None:
    """A backup, a backup file, what is put away and what is deleted for good have one word on every screen."""
    texts = list(screen_texts())
    assert {place.split(":")[0] for place, _ in texts} > {"shell", "diary/sentences.ts", "vocabulary", "safety.html"}
    assert [f"{place}: {text}" for place, text in texts if OLD_SCREEN_TERM.search(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "Words kept safe. 1 file still to send.",
        "Sealed, only on this phone",
        "Sealed on this phone",
        "Open a sealed copy",
        "Keep a copy off this phone",
        "A copy is now kept off this device.",
        "Take this file out",
        "1 entry that you took out is not counted.",
        "Taken out",
        "It will be erased on {at}.",
        "Hold goes off on {at}.",
        "Keep hold on",
    ],
)
def test_a_replaced_term_is_found(text: str) -> None:
    """Each of the old terms is found as the screens had it."""
    assert OLD_SCREEN_TERM.search(text)


def test_a_denial_may_use_the_word() -> None:
    """A statement of what a pack does not prove is allowed."""
    assert banned_claims("docs/a.md", "A pack does not prove that it happened; there is no risk score.") == []


def former_names(text: str) -> list[str]:
    """Return the former names of the password, the recovery code and the username in `text`."""
    return [match.group() for match in FORMER_NAME.finditer(text)]


def test_password_recovery_code_and_username_have_one_name() -> None:
    """No text of a screen, page, error or command has an earlier name of one of these."""
    paths = [path for pattern in FILES_WITH_SCREEN_TEXTS for path in sorted(PROJECT_ROOT.glob(pattern))]
    assert len(paths) > len(FILES_WITH_SCREEN_TEXTS)
    found = {path.relative_to(PROJECT_ROOT).as_posix(): former_names(path.read_text("utf-8")) for path in paths}
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I have a sign-in name", ["sign-in name"]),
        ("The passphrase is asked for.", ["passphrase"]),
        ("A short secret is not enough here.", ["short secret"]),
        ("Someone knows my words", ["knows my words"]),
        ("Your code, for paper", ["Your code"]),
        ("The code from your paper", ["code from your paper"]),
        ("Type the recovery code from your paper", []),
        ("Leave it and get the eight words. Keep these words.", []),
        ("In your own words", []),
        ("A code for the camera of the app", []),
    ],
)
def test_an_earlier_name_is_found(text: str, names: list[str]) -> None:
    """Each earlier name is found; words that were written or spoken and other codes are none."""
    assert former_names(text) == names
