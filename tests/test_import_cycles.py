"""No module imports itself indirectly, in either language, type imports included."""

import shutil
import subprocess
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.test_layers import PROJECT_ROOT, imports_of, python_sources

BIOME = PROJECT_ROOT / "node_modules" / "@biomejs" / "biome" / "bin" / "biome"


def find_python_import_cycle(sources: dict[str, str]) -> list[str]:
    """Return the modules of one cycle in order, or an empty list. Imports under `TYPE_CHECKING` and in functions count."""
    graph = {
        name: {imported for imported in imports_of(name, text, sources) if imported in sources} - {name}
        for name, text in sources.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle
    return []


def find_browser_import_cycles(root: Path) -> str:
    """Return Biome's report of cycles below `static/src` of a checkout, '' for none. It uses biome.json there."""
    node = shutil.which("node")
    assert node is not None
    command = [node, str(BIOME), "lint", "--only=suspicious/noImportCycles", "--max-diagnostics=50", "static/src"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    output = result.stdout + result.stderr
    assert "Checked" in output, output
    return "" if result.returncode == 0 else output


def make_checkout(tmp_path: Path, **modules: str) -> Path:
    """Create a checkout with a few modules and this project's configuration of Biome."""
    folder = tmp_path / "static" / "src"
    folder.mkdir(parents=True)
    shutil.copy(PROJECT_ROOT / "biome.json", tmp_path / "biome.json")
    for name, text in modules.items():
        (folder / f"{name}.ts").write_text(text)
    return tmp_path


def test_browser_modules_have_no_import_cycle() -> None:
    """No module of static/src/ is in a cycle."""
    assert find_browser_import_cycles(PROJECT_ROOT) == ""


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
def test_a_planted_browser_cycle_is_found(tmp_path: Path, one: str, other: str) -> None:
    """The check finds a planted cycle."""
    assert "noImportCycles" in find_browser_import_cycles(make_checkout(tmp_path, a=one, b=other))


def test_modules_without_a_cycle_pass(tmp_path: Path) -> None:
    """Two modules that import a third are not a cycle."""
    assert (
        find_browser_import_cycles(
            make_checkout(
                tmp_path, a="export const a = 1;\n", b="export { a } from './a.js';\n", c="import './a.js';\n"
            )
        )
        == ""
    )


def test_python_modules_have_no_import_cycle() -> None:
    """No module of diary/ is in a cycle."""
    assert find_python_import_cycle(python_sources()) == []


def test_a_planted_python_cycle_is_found() -> None:
    """Cycles through type imports, or imports in functions, are found too."""
    sources = {
        "diary.a": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from diary.b import B\n",
        "diary.b": "def f():\n    from diary import c\n",
        "diary.c": "import diary.a\n",
    }
    assert set(find_python_import_cycle(sources)) == {"diary.a", "diary.b", "diary.c"}
