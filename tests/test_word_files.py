"""Each folder's words.json: one key a line, in order, in one file only, and known to the type check."""

import json
import re
from pathlib import Path

import pytest

from diary.paths import STATIC

SRC = STATIC / "src"
FILES = sorted(SRC.rglob("words*.json"))
NAMES = [path.relative_to(SRC).as_posix() for path in FILES]


def faults(text: str) -> list[str]:
    """What is wrong with the text of one file."""
    pairs = json.loads(text, object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    found = [f"{key}: not a text" for key, value in pairs if not isinstance(value, str)]
    found += [f"{key}: stands twice" for key in sorted({key for key in keys if keys.count(key) > 1})]
    if keys != sorted(keys):
        found.append("the keys are not in order")
    if text != json.dumps(dict(pairs), indent=2, ensure_ascii=False) + "\n":
        found.append("not one key a line")
    return found


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_file_is_in_order(path: Path) -> None:
    """Two people who add a word to one folder change two lines."""
    assert faults(path.read_text(encoding="utf-8")) == []


def test_no_key_stands_in_two_files() -> None:
    """A later file would take the words of an earlier one away."""
    seen: dict[str, str] = {}
    twice = []
    for path, name in zip(FILES, NAMES, strict=True):
        for key in json.loads(path.read_text(encoding="utf-8")):
            if key in seen:
                twice.append(f"{key}: {seen[key]} and {name}")
            seen[key] = name
    assert len(seen) > 3000
    assert twice == []


PLURAL = re.compile(r"\.(?:one|other)$")
# Functions that draw the texts `key_1`, `key_2`, … of a list.
LISTS = re.compile(r"\b(?:pointList|bulletList)\('([a-z0-9_.]+)'")


def unused(keys: list[str], source: str) -> list[str]:
    """Return the keys that the source neither names nor can build: from a template, a plural, or a numbered list."""
    named = set(re.findall(r"['\"`]([a-z0-9_.]+)['\"`]", source))
    starts = tuple({text for text in re.findall(r"[`}]([a-z0-9_.]+)\$\{", source) if "." in text})
    ends = tuple(re.findall(r"`\$\{\w+\}(\.[a-z0-9_.]+)", source))
    choices = re.findall(r"`\$\{\w+\}\.\$\{([^}]*)\}`", source)
    ends += tuple(f".{text}" for choice in choices for text in re.findall(r"'(\w+)'", choice))
    lists = tuple(f"{name}_" for name in LISTS.findall(source))

    def is_used(key: str) -> bool:
        # The words for young people stand for the usual ones: `young.${key}`.
        key = key.removeprefix("young.")
        base = PLURAL.sub("", key)
        if key in named or base in named or key.startswith((*starts, *lists)):
            return True
        return any(end in f".{base.split('.', 1)[-1]}" for end in ends)

    return [key for key in keys if not is_used(key)]


def test_every_text_can_be_shown() -> None:
    """A text that no module can ask for would still be translated into every language."""
    source = "\n".join(path.read_text("utf-8") for path in sorted(SRC.rglob("*.ts")) if path.name != "word_keys.ts")
    keys = [key for path in FILES for key in json.loads(path.read_text("utf-8"))]
    assert unused(keys, source) == []


def test_a_planted_text_that_nothing_shows_is_found() -> None:
    """By name, template, plural and list, a text is used; the others are not."""
    source = "t('a.name'); tn('b.many', 2); lookUp(`c.${kind}`); lookUp(`${who}.mark_${x}`); pointList('d.list', 2)"
    keys = ["a.name", "b.many.one", "b.many.other", "c.any", "z.mark_yes", "d.list_1", "a.other", "b.one", "d.lists"]
    assert unused(keys, source) == ["a.other", "b.one", "d.lists"]


def test_the_type_check_knows_every_file() -> None:
    """word_keys.ts imports each, and takes each into the keys."""
    text = (SRC / "word_keys.ts").read_text(encoding="utf-8")
    imported = {path: name for name, path in re.findall(r"^import type (\w+) from '\./([^']+)';", text, re.MULTILINE)}
    lacking, gone = sorted(set(NAMES) - set(imported)), sorted(set(imported) - set(NAMES))
    assert not lacking, f"add to static/src/word_keys.ts: {lacking}"
    assert not gone, f"remove from static/src/word_keys.ts: {gone}"
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
    """The check fails for what it is there to find."""
    assert any(says in fault for fault in faults(text))
