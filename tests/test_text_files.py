"""Each folder's words.json has one key per line, in order, in one file only, and is part of the type check."""

import json
import re
from pathlib import Path

import pytest

from diary.paths import STATIC

TYPESCRIPT_SOURCES = STATIC / "src"
WORD_FILES = sorted(TYPESCRIPT_SOURCES.rglob("words*.json"))
WORD_FILE_NAMES = [path.relative_to(TYPESCRIPT_SOURCES).as_posix() for path in WORD_FILES]


def word_file_faults(text: str) -> list[str]:
    """Return the faults in the text of one file."""
    pairs = json.loads(text, object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    faults = [f"{key}: not a text" for key, value in pairs if not isinstance(value, str)]
    faults += [f"{key}: stands twice" for key in sorted({key for key in keys if keys.count(key) > 1})]
    if keys != sorted(keys):
        faults.append("the keys are not in order")
    if text != json.dumps(dict(pairs), indent=2, ensure_ascii=False) + "\n":
        faults.append("not one key a line")
    return faults


@pytest.mark.parametrize("path", WORD_FILES, ids=WORD_FILE_NAMES)
def test_a_file_is_in_order(path: Path) -> None:
    """Two people who add a text to one folder change different lines."""
    assert word_file_faults(path.read_text(encoding="utf-8")) == []


def test_no_key_stands_in_two_files() -> None:
    """A later file would override texts of an earlier one."""
    file_by_key: dict[str, str] = {}
    twice = []
    for path, name in zip(WORD_FILES, WORD_FILE_NAMES, strict=True):
        for key in json.loads(path.read_text(encoding="utf-8")):
            if key in file_by_key:
                twice.append(f"{key}: {file_by_key[key]} and {name}")
            file_by_key[key] = name
    assert len(file_by_key) > 3000
    assert twice == []


PLURAL_SUFFIX = re.compile(r"\.(?:one|other)$")
# Functions that show the texts `key_1`, `key_2`, … of a list.
LIST_CALL = re.compile(r"\b(?:pointList|bulletList)\('([a-z0-9_.]+)'")


def unused_keys(keys: list[str], source: str) -> list[str]:
    """Return the keys that the source neither names nor can build: from a template, a plural, or a numbered list."""
    named_keys = set(re.findall(r"['\"`]([a-z0-9_.]+)['\"`]", source))
    template_prefixes = tuple({text for text in re.findall(r"[`}]([a-z0-9_.]+)\$\{", source) if "." in text})
    template_suffixes = tuple(re.findall(r"`\$\{\w+\}(\.[a-z0-9_.]+)", source))
    choices = re.findall(r"`\$\{\w+\}\.\$\{([^}]*)\}`", source)
    template_suffixes += tuple(f".{text}" for choice in choices for text in re.findall(r"'(\w+)'", choice))
    lists = tuple(f"{name}_" for name in LIST_CALL.findall(source))

    def is_used(key: str) -> bool:
        # Texts for young people replace the usual ones: `young.${key}`.
        key = key.removeprefix("young.")
        base = PLURAL_SUFFIX.sub("", key)
        if key in named_keys or base in named_keys or key.startswith((*template_prefixes, *lists)):
            return True
        return any(end in f".{base.split('.', 1)[-1]}" for end in template_suffixes)

    return [key for key in keys if not is_used(key)]


def test_every_text_can_be_shown() -> None:
    """A text that no module shows would still be translated into every language."""
    source = "\n".join(
        path.read_text("utf-8") for path in sorted(TYPESCRIPT_SOURCES.rglob("*.ts")) if path.name != "word_keys.ts"
    )
    keys = [key for path in WORD_FILES for key in json.loads(path.read_text("utf-8"))]
    assert unused_keys(keys, source) == []


def test_a_planted_text_that_nothing_shows_is_found() -> None:
    """A text is used by name, template, plural or list; others are reported."""
    source = "t('a.name'); tn('b.many', 2); lookUp(`c.${kind}`); lookUp(`${who}.mark_${x}`); pointList('d.list', 2)"
    keys = ["a.name", "b.many.one", "b.many.other", "c.any", "z.mark_yes", "d.list_1", "a.other", "b.one", "d.lists"]
    assert unused_keys(keys, source) == ["a.other", "b.one", "d.lists"]


def test_the_type_check_knows_every_file() -> None:
    """word_keys.ts imports each file, and includes its keys."""
    text = (TYPESCRIPT_SOURCES / "word_keys.ts").read_text(encoding="utf-8")
    imported = {path: name for name, path in re.findall(r"^import type (\w+) from '\./([^']+)';", text, re.MULTILINE)}
    not_imported, imported_but_missing = (
        sorted(set(WORD_FILE_NAMES) - set(imported)),
        sorted(set(imported) - set(WORD_FILE_NAMES)),
    )
    assert not not_imported, f"add to static/src/word_keys.ts: {not_imported}"
    assert not imported_but_missing, f"remove from static/src/word_keys.ts: {imported_but_missing}"
    extended = re.search(r"extends\s+([^{]+)\{", text)
    assert extended is not None
    aliases = {name: alias for alias, name in re.findall(r"^type (\w+) = typeof (\w+);", text, re.MULTILINE)}
    assert sorted(aliases[name] for name in imported.values()) == sorted(re.findall(r"\w+", extended[1]))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{\n  "b": "1",\n  "a": "2"\n}\n', "not in order"),
        ('{\n  "a": "1",\n  "a": "2"\n}\n', "stands twice"),
        ('{\n  "a": 1\n}\n', "not a text"),
        ('{"a": "1", "b": "2"}\n', "not one key a line"),
    ],
)
def test_planted_faults_are_found(text: str, says: str) -> None:
    """The check finds planted faults."""
    assert any(says in fault for fault in word_file_faults(text))
