"""The tool for reviewing moves distinguishes changed statements from moved modules (.ci/same_trees.mjs)."""

import shutil
import subprocess
from pathlib import Path

import pytest

from diary.paths import STATIC

PROJECT_ROOT = STATIC.parent
SAMPLE_MODULE = (
    "import { b } from './b.js';\n/** Says it. */\nexport const a = (n) => b(n, 'x') + 1; // "
    "why\nimport('./later.js');\n"
)


def compare_folders(
    tmp_path: Path, before: dict[str, str], new_files: dict[str, str], moves: str = ""
) -> tuple[int, str]:
    """Compare two made-up folders. Return exit status and output."""
    for name, modules in (("before", before), ("after", new_files)):
        for path, text in modules.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    (tmp_path / "map").write_text(moves)
    node = shutil.which("node")
    assert node is not None
    command = [node, ".ci/same_trees.mjs", str(tmp_path / "before"), str(tmp_path / "after"), str(tmp_path / "map")]
    result = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout.strip()


def test_a_moved_module_is_the_same(tmp_path: Path) -> None:
    """Its imports are updated, and comments, layout and parentheses may change."""
    moved_source = "import {b} from '../low/b.js'\nexport const a = (n) => (b(n, \"x\")) + 1;\nimport('../later.js');\n"
    assert compare_folders(tmp_path, {"a.js": SAMPLE_MODULE}, {"high/a.js": moved_source}, "a high/a\n") == (
        0,
        "every module is the same",
    )


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("+ 1", "+ 2"),
        ("'x'", "'y'"),
        ("b(n,", "b(n ?? 0,"),
        ("const a", "const c"),
        ("import { b }", "import { c as b }"),
    ],
)
def test_a_changed_statement_is_named(tmp_path: Path, change: str, to: str) -> None:
    """A changed number, text, call, name or import is reported."""
    assert change in SAMPLE_MODULE
    assert compare_folders(tmp_path, {"a.js": SAMPLE_MODULE}, {"a.js": SAMPLE_MODULE.replace(change, to)}) == (
        1,
        "a differs from a",
    )


def test_a_removed_or_added_module_is_named(tmp_path: Path) -> None:
    """Removed and added modules are reported, and so is a module in the map that does not exist."""
    status, output = compare_folders(tmp_path, {"a.js": "1;", "b.js": "2;"}, {"a.js": "1;", "d.js": "2;"}, "b c\n")
    assert (status, output.splitlines()) == (1, ["b is gone: there is no c", "d is new"])
