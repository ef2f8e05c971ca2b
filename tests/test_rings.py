"""No module imports itself by way of others, in either language, imports of types included."""

import shutil
import subprocess
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.test_layers import ROOT, imports_of, python_sources

BIOME = ROOT / "node_modules" / "@biomejs" / "biome" / "bin" / "biome"


def python_ring(sources: dict[str, str]) -> list[str]:
    """Return the modules of one ring, in order, or an empty list. Imports under `TYPE_CHECKING` and in functions count."""
    graph = {
        name: {one for one in imports_of(name, text, sources) if one in sources} - {name}
        for name, text in sources.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        ring: list[str] = error.args[1]
        return ring
    return []


def browser_rings(root: Path) -> str:
    """Return what Biome says of rings below `static/src` of a checkout; empty for none. It reads biome.json there."""
    node = shutil.which("node")
    assert node is not None
    command = [node, str(BIOME), "lint", "--only=suspicious/noImportCycles", "--max-diagnostics=50", "static/src"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert "Checked" in said, said
    return "" if done.returncode == 0 else said


def planted(tmp_path: Path, **modules: str) -> Path:
    """A checkout with a few modules and this project's own configuration of Biome."""
    folder = tmp_path / "static" / "src"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "biome.json", tmp_path / "biome.json")
    for name, text in modules.items():
        (folder / f"{name}.ts").write_text(text)
    return tmp_path


def test_the_browser_has_no_ring() -> None:
    """Every module of static/src/."""
    assert browser_rings(ROOT) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "import { b } from './b.js';\nexport const a = b;\n",
            "import { a } from './a.js';\nexport const b = () => a;\n",
        ),
        (
            "import type { B } from './b.js';\nexport type A = B;\n",
            "import type { A } from './a.js';\nexport type B = A;\n",
        ),
        (
            "import { b } from './b.js';\nexport type A = number;\nexport const c = b;\n",
            "import type { A } from './a.js';\nexport const b: A = 1;\n",
        ),
        (
            "export type { B } from './b.js';\nexport type A = 1;\n",
            "import type { A } from './a.js';\nexport type B = A;\n",
        ),
    ],
    ids=["values", "types alone", "a type one way", "a type passed on"],
)
def test_a_planted_ring_of_the_browser_is_found(tmp_path: Path, one: str, other: str) -> None:
    """The check fails for what it is there to find."""
    assert "noImportCycles" in browser_rings(planted(tmp_path, a=one, b=other))


def test_modules_without_a_ring_pass(tmp_path: Path) -> None:
    """Two modules that import a third are no ring."""
    assert (
        browser_rings(
            planted(tmp_path, a="export const a = 1;\n", b="export { a } from './a.js';\n", c="import './a.js';\n")
        )
        == ""
    )


def test_python_has_no_ring() -> None:
    """Every module of diary/."""
    assert python_ring(python_sources()) == []


def test_a_planted_ring_of_python_is_found() -> None:
    """Also where one of the imports is for types alone, or stands in a function."""
    sources = {
        "diary.a": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from diary.b import B\n",
        "diary.b": "def f():\n    from diary import c\n",
        "diary.c": "import diary.a\n",
    }
    assert set(python_ring(sources)) == {"diary.a", "diary.b", "diary.c"}
