"""What a phone fetches before the door is drawn: small, and all of it named in the page so that it comes at once."""

import gzip
import re
from pathlib import Path

from diary.paths import STATIC, TEMPLATES

MOST = 90_000  # bytes of packed scripts and styles before first use (docs/architecture.md, Budgets)
_IMPORT = re.compile(r"(?:^|;)\s*(?:import|export)\b(?:[^;'\"]*?\bfrom)?\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def before_the_door() -> list[Path]:
    """main.js and every script it imports without waiting, however far down."""
    found: list[Path] = []
    waiting = [STATIC / "js" / "main.js"]
    while waiting:
        path = waiting.pop(0).resolve()
        if path in found:
            continue
        found.append(path)
        text = _COMMENT.sub("", path.read_text("utf-8"))
        waiting += [path.parent / target for target in _IMPORT.findall(text)]
    return found


def addresses(paths: list[Path]) -> list[str]:
    """As the browser asks for them."""
    return ["/static/" + path.relative_to(STATIC.resolve()).as_posix() for path in paths]


def test_page_names_every_script_of_the_door() -> None:
    """The shell preloads exactly what main.js imports: one left out costs a round trip, one too many is for nothing."""
    shell = (TEMPLATES / "shell.html").read_text("utf-8")
    preloaded = re.findall(r'<link rel="modulepreload" href="([^"]+)">', shell)
    assert sorted(preloaded) == sorted(addresses(before_the_door())[1:])


def test_door_is_small() -> None:
    """Scripts and styles before first use, packed as the server packs them."""
    files = [*before_the_door(), *STATIC.glob("css/*.css")]
    size = sum(len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in files)
    assert size <= MOST, size


def test_heavy_things_come_when_needed() -> None:
    """No sealing, no word list, no lock engine, no pack before the door is drawn."""
    early = " ".join(addresses(before_the_door()))
    for late in ("/crypto/", "/pack/", "/net/", "noble", "hash-wasm", "words-en"):
        assert late not in early, late
