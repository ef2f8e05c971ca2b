"""Search folders, as somebody with the disk can, for typed words and for names that reveal the diary."""

import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

# Words that must be in no name on the phone: of a page, an address, a cache, a database, a setting, a file.
_REVEALING_STEMS: Final = rb"stalk|diary|incident|evidence|police|abuse|panic|harass|victim|witness"
# Copies of the page's own code and pictures. They reveal the page's purpose to anyone who reads code (docs/threats.md,
# T3), but nothing that was typed. They are searched for typed words like every other file.
CACHED_CODE_PATHS: Final = re.compile(
    r"Default/(Service Worker/(CacheStorage|ScriptCache)|Cache/Cache_Data|Code Cache/(js|wasm))/|"
    r"Default/(GPU|Dawn\w*)Cache/"
)
# The whole word around a match, so that a browser's own words can be excluded.
_WORD: Final = re.compile(rb"[a-z]*(?:" + _REVEALING_STEMS + rb")[a-z]*", re.IGNORECASE)


def encoded_forms(word: str) -> list[bytes]:
    """Return a word in every form a file can contain: plain, UTF-16, and base64 at each of three offsets."""
    raw = word.encode()
    as_base64 = [base64.b64encode(b"\0" * pad + raw)[4 if pad else 0 : -4] for pad in range(3)]
    return [raw, word.encode("utf-16-le"), *(encoded for encoded in as_base64 if len(encoded) > 8)]


def words_in_content(content: bytes, words: Iterable[str]) -> list[str]:
    """Return those of `words` that are in `content` in any form."""
    return [word for word in words if any(form in content for form in encoded_forms(word))]


def walk_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file below `folder` by its relative path, and folders without content, because names count."""
    for path in sorted(folder.rglob("*")):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except OSError:
            continue  # a socket or a lock of a running browser
        yield path.relative_to(folder).as_posix(), content


def search_folder(folder: Path, words: Iterable[str]) -> list[str]:
    """Return every hit of `words` in the files below `folder` and in their names."""
    wanted = list(words)
    return [
        f"{word} in {name}"
        for name, content in walk_files(folder)
        for word in words_in_content(content + name.encode(), wanted)
    ]


def revealing_names(folder: Path, control: Path) -> list[str]:
    """Return the revealing names in a browser's profile, except those that `control` has too.

    `control` is a profile that never opened the page.
    """
    usual = {word for name, content in walk_files(control) for word in _revealing_words(name, content)}
    return sorted(
        f"{word.decode()} in {name}"
        for name, content in walk_files(folder)
        for word in _revealing_words(name, content) - usual
    )


def _revealing_words(name: str, content: bytes) -> set[bytes]:
    """Return the revealing words of a file and its path. For copies of the page's code, search only the path."""
    text = (
        name.encode()
        if CACHED_CODE_PATHS.search(name)
        else name.encode() + b"\n" + content + b"\n" + content.replace(b"\0", b"")
    )
    return {word.lower() for word in _WORD.findall(text)}
