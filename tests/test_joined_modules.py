"""The files of static/app/ are the modules of static/js/, joined without other changes (.ci/join_modules.mjs)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from diary.paths import STATIC
from diary.web.scripted_pages import ENTRY_MODULES, collect_modules

PROJECT_ROOT = STATIC.parent
# Rollup removes or rewrites imports and exports, objects of lazily loaded modules, and names of other modules
# (`envelope.seal`, or an alias). So names and comments are not compared.
_IMPORT = re.compile(r"^import\b[^;'\"]*?(?:\bfrom\s*)?['\"][^'\"]+['\"];?[ \t]*$", re.MULTILINE)
_EXPORT_LIST = re.compile(r"^export\s*(?:\*|\{[^}]*\})(?:\s*from\s*['\"][^'\"]+['\"])?;?[ \t]*$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?:default )?(?=const|let|function|async|class)", re.MULTILINE)
_NAMESPACE_OBJECT = re.compile(r"^var \S+ = /\*#__PURE__\*/Object\.freeze\(\{.*?^\}\);$", re.MULTILINE | re.DOTALL)
_INLINED_IMPORT = re.compile(r"\bPromise\.resolve\(\)\.then\(function \(\) \{ return \S+; \}\)")
_LAZY_IMPORT = re.compile(r"\bimport\((['\"])[^'\"]+\1\)(?:\.then\(function \(n\) \{ return n\.[^;]+; \}\))?")
_IDENTIFIER = re.compile(r"\b(?:[A-Za-z_$][\w$]*\s*\??\.\s*)*[A-Za-z_$][\w$]*")


def read_built_files(folder: Path) -> dict[str, str]:
    """Return the files below a folder, by path."""
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.js"))}


@pytest.fixture(scope="module")
def joined_files() -> dict[str, str]:
    """Return the files that are served."""
    return read_built_files(STATIC / "app")


def test_joined_files_are_up_to_date(joined_files: dict[str, str], tmp_path: Path) -> None:
    """Built again from this checkout, they are identical."""
    node = shutil.which("node")
    assert node is not None
    subprocess.run([node, ".ci/join_modules.mjs", str(tmp_path / "app")], cwd=PROJECT_ROOT, check=True)
    assert read_built_files(tmp_path / "app") == joined_files


def test_there_are_few_files(joined_files: dict[str, str]) -> None:
    """An old phone spends time on each file, and stores the same text twice where two files hold it."""
    assert len(joined_files) <= 14, sorted(joined_files)
    assert len(set(joined_files.values())) == len(joined_files)


def test_a_pattern_without_a_module_stops_the_build(tmp_path: Path) -> None:
    """A module that moves must move in `ENTRIES` too."""
    node = shutil.which("node")
    assert node is not None
    script = (PROJECT_ROOT / ".ci/join_modules.mjs").read_text("utf-8")
    pattern = r"/^js\/app\/places\.js$/"
    assert pattern in script
    # Node gives a script from standard input the address of the current folder.
    script = script.replace("new URL('..', import.meta.url)", "new URL('.', import.meta.url)")
    script = script.replace(pattern, r"/^js\/app\/frame\.js$/")
    command = [node, "--input-type=module", "-", str(tmp_path / "app")]
    built = subprocess.run(command, check=False, cwd=PROJECT_ROOT, input=script, capture_output=True, text=True)
    assert built.returncode != 0
    assert "screens.js of js/main.js is empty" in built.stderr


def test_each_module_is_complete_in_its_joined_file(joined_files: dict[str, str]) -> None:
    """No statement is dropped, changed or inserted; lines are compared in order."""
    changed = []
    for name, text in joined_files.items():
        for module, body in split_modules(text):
            if module.startswith("js/") and comparable_lines(body) != comparable_lines(
                (STATIC / module).read_text("utf-8")
            ):
                changed.append(f"{module} in app/{name}")
    assert changed == []


def test_every_module_is_joined_somewhere(joined_files: dict[str, str]) -> None:
    """No module of the app or of the desk is missing. The public host's pages load theirs one by one (front.py)."""
    joined_modules = {module for text in joined_files.values() for module, _ in split_modules(text)}
    entry_points = ("main", "desk/main", "crypto/worker", "features/entries/view", "pack/chronology/chronology")
    assert {f"js/{name}.js" for name in entry_points} <= joined_modules
    everything = {f"js/{path.relative_to(STATIC / 'js').as_posix()}" for path in (STATIC / "js").rglob("*.js")}
    assert everything - joined_modules - {*collect_modules(STATIC, ENTRY_MODULES)} == set()


def split_modules(text: str) -> list[tuple[str, str]]:
    """Return the modules in one file: path below static/, and text."""
    pieces = re.split(r"^// ((?:js|vendor)/\S+\.m?js)$\n", text, flags=re.MULTILINE)
    return list(zip(pieces[1::2], pieces[2::2], strict=True))


def comparable_lines(text: str) -> list[str]:
    """Return the lines that joining leaves unchanged, without spaces, names and comments."""
    for pattern, replacement in (
        (_IMPORT, ""),
        (_EXPORT_LIST, ""),
        (_EXPORT, ""),
        (_NAMESPACE_OBJECT, ""),
        (_LAZY_IMPORT, "import()"),
        (_INLINED_IMPORT, "import()"),
        (_IDENTIFIER, "n"),
    ):
        text = pattern.sub(replacement, text)
    stripped_lines = (line.strip().replace("n: n", "n") for line in text.splitlines())
    return [line for line in stripped_lines if line and not line.startswith(("//", "/*", "*"))]
