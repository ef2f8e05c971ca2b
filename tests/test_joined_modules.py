"""The files of static/app/ are the modules of static/js/, joined and nothing else (.ci/join_modules.mjs)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from diary.paths import STATIC
from diary.web.scripted_pages import ENTRIES, closure

ROOT = STATIC.parent
# What Rollup takes away or writes anew: imports and exports, the object of a module that is asked for later, and names that
# stand for another module's (`envelope.seal`, or a second name). So names are not compared, and no comments.
_IMPORT = re.compile(r"^import\b[^;'\"]*?(?:\bfrom\s*)?['\"][^'\"]+['\"];?[ \t]*$", re.MULTILINE)
_LIST = re.compile(r"^export\s*(?:\*|\{[^}]*\})(?:\s*from\s*['\"][^'\"]+['\"])?;?[ \t]*$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?:default )?(?=const|let|function|async|class)", re.MULTILINE)
_OBJECT = re.compile(r"^var \S+ = /\*#__PURE__\*/Object\.freeze\(\{.*?^\}\);$", re.MULTILINE | re.DOTALL)
_HERE = re.compile(r"\bPromise\.resolve\(\)\.then\(function \(\) \{ return \S+; \}\)")
_LATER = re.compile(r"\bimport\((['\"])[^'\"]+\1\)(?:\.then\(function \(n\) \{ return n\.[^;]+; \}\))?")
_NAME = re.compile(r"\b(?:[A-Za-z_$][\w$]*\s*\??\.\s*)*[A-Za-z_$][\w$]*")


def built(folder: Path) -> dict[str, str]:
    """The files below a folder, by path."""
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.js"))}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """The files that are served."""
    return built(STATIC / "app")


def test_they_are_made_of_these_modules(files: dict[str, str], tmp_path: Path) -> None:
    """Made again from this checkout, they are the same bytes."""
    node = shutil.which("node")
    assert node is not None
    subprocess.run([node, ".ci/join_modules.mjs", str(tmp_path / "app")], cwd=ROOT, check=True)
    assert built(tmp_path / "app") == files


def test_every_module_of_ours_stands_in_them_whole(files: dict[str, str]) -> None:
    """Line by line and in order: no statement is dropped, changed or put in."""
    changed = []
    for name, text in files.items():
        for module, body in parts(text):
            if module.startswith("js/") and lines(body) != lines((STATIC / module).read_text("utf-8")):
                changed.append(f"{module} in app/{name}")
    assert changed == []


def test_every_module_is_somewhere(files: dict[str, str]) -> None:
    """No module of the app or of the desk was forgotten. The public host's pages have theirs one by one (front.py)."""
    placed = {module for text in files.values() for module, _ in parts(text)}
    known = ("main", "desk/main", "crypto/worker", "features/entries/view", "pack/chronology/chronology")
    assert {f"js/{name}.js" for name in known} <= placed
    everything = {f"js/{path.relative_to(STATIC / 'js').as_posix()}" for path in (STATIC / "js").rglob("*.js")}
    assert everything - placed - {*closure(STATIC, ENTRIES)} == set()


def parts(text: str) -> list[tuple[str, str]]:
    """The modules in one file: path below static/, and its text."""
    found = re.split(r"^// ((?:js|vendor)/\S+\.m?js)$\n", text, flags=re.MULTILINE)
    return list(zip(found[1::2], found[2::2], strict=True))


def lines(text: str) -> list[str]:
    """The lines of a module that joining leaves alone, without spaces, names and comments."""
    for pattern, instead in (
        (_IMPORT, ""),
        (_LIST, ""),
        (_EXPORT, ""),
        (_OBJECT, ""),
        (_LATER, "import()"),
        (_HERE, "import()"),
        (_NAME, "n"),
    ):
        text = pattern.sub(instead, text)
    each = (line.strip().replace("n: n", "n") for line in text.splitlines())
    return [line for line in each if line and not line.startswith(("//", "/*", "*"))]
