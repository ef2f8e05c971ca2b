"""Looking through folders, as somebody does who has them: for words that were typed, and for names that tell."""

import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

# What no name on the phone may say: of a page, an address, a cache, a database, a setting, a file.
_TELLING: Final = rb"stalk|diary|incident|evidence|police|abuse|panic|harass|victim|witness"
# Copies of the page's own code and pictures. They say what a page is for to whoever reads code (docs/threats.md, T3), and
# hold nothing anybody typed: they are looked through for that like everything else.
CODE: Final = re.compile(
    r"Default/(Service Worker/(CacheStorage|ScriptCache)|Cache/Cache_Data|Code Cache/(js|wasm))/|Default/(GPU|Dawn\w*)Cache/"
)
# The whole word round it, so that a browser's own words can be told from others.
_WORD: Final = re.compile(rb"[a-z]*(?:" + _TELLING + rb")[a-z]*", re.IGNORECASE)


def forms(word: str) -> list[bytes]:
    """A word as it could stand in a file: plain, UTF-16, and inside base64 at any of three offsets."""
    raw = word.encode()
    inside = [base64.b64encode(b"\0" * pad + raw)[4 if pad else 0 : -4] for pad in range(3)]
    return [raw, word.encode("utf-16-le"), *(one for one in inside if len(one) > 8)]


def found(content: bytes, words: Iterable[str]) -> list[str]:
    """Those of `words` that stand in `content` in any form."""
    return [word for word in words if any(form in content for form in forms(word))]


def files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below `folder`, by its path in it; folders too, with no content: their names count."""
    for path in sorted(folder.rglob("*")):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except OSError:
            continue  # a socket or a lock of a running browser
        yield path.relative_to(folder).as_posix(), content


def sweep(folder: Path, words: Iterable[str]) -> list[str]:
    """Every one of `words` in every file below `folder`, and in the files' names."""
    wanted = list(words)
    return [f"{word} in {name}" for name, content in files_of(folder) for word in found(content + name.encode(), wanted)]


def telling(folder: Path, control: Path) -> list[str]:
    """Names that tell, in a browser's profile: what `control`, a profile that never saw the page, does not say as well."""
    usual = {word for name, content in files_of(control) for word in _said(name, content)}
    return sorted(
        f"{word.decode()} in {name}" for name, content in files_of(folder) for word in _said(name, content) - usual
    )


def _said(name: str, content: bytes) -> set[bytes]:
    """Telling words of one file, its path included; of copies of the page's code the path only."""
    text = name.encode() if CODE.search(name) else name.encode() + b"\n" + content + b"\n" + content.replace(b"\0", b"")
    return {word.lower() for word in _WORD.findall(text)}
