"""Every module, export and exported type of static/src/ is used by another module or by a test."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from diary.paths import STATIC

PROJECT_ROOT = STATIC.parent
KNIP = PROJECT_ROOT / "node_modules" / "knip" / "bin" / "knip.js"
CONFIGURATION_FILES = ("package.json", "knip.json", "tsconfig.json", "tests/tsconfig.json")


def knip_report(root: Path) -> str:
    """Return knip's report for a checkout, '' for no finding. It uses knip.json there."""
    node = shutil.which("node")
    assert node is not None
    result = subprocess.run([node, str(KNIP), "--no-progress"], cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode in (0, 1), result.stderr
    assert bool(result.stdout.strip()) == bool(result.returncode), result.stdout + result.stderr
    return result.stdout


def test_no_browser_code_is_unused() -> None:
    """Knip finds no unused module, export or type."""
    assert knip_report(PROJECT_ROOT) == ""


PLANTED_UNUSED_CODE = {
    "an export": ("static/src/core/bytes.ts", "export const used = 1;\nexport const lost = 2;\n", "lost"),
    "a type": ("static/src/core/bytes.ts", "export const used = 1;\nexport type Lost = string;\n", "Lost"),
    "a module": ("static/src/core/lost.ts", "export const lost = 2;\n", "lost.ts"),
}


@pytest.mark.parametrize("what", PLANTED_UNUSED_CODE)
def test_what_is_unused_is_found(tmp_path: Path, what: str) -> None:
    """A planted export, type or module is reported; an import by a test through `#app/` counts as use."""
    for name in CONFIGURATION_FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT_ROOT / name, tmp_path / name)
    sources = {
        "static/src/main.ts": "import { used } from './core/bytes.js';\nconsole.log(used);\n",
        "static/src/core/bytes.ts": "export const used = 1;\n",
        "static/src/core/clock.ts": "export const tested = 3;\n",
        "tests/js/clock.test.mjs": "import { tested } from '#app/core/clock.js';\nconsole.log(tested);\n",
    }
    path, text, name = PLANTED_UNUSED_CODE[what]
    for file, content in (sources | {path: text}).items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(content)
    configuration = json.loads((tmp_path / "knip.json").read_text())
    configuration["entry"] = ["static/src/main.ts", "tests/**/*.mjs"]
    (tmp_path / "knip.json").write_text(json.dumps(configuration))
    report = knip_report(tmp_path)
    assert name in report and "tested" not in report, report
