"""The browser's copies of the vocabulary and the schemas match the originals."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.test_layers import PROJECT_ROOT

READ_BROWSER_VOCABULARY = """
import {{ VOCABULARY }} from '{root}/static/js/record/vocabulary/vocabulary.js';
import {{ SCHEMAS }} from '{root}/static/js/record/vocabulary/schemas.js';
process.stdout.write(JSON.stringify({{ vocabulary: VOCABULARY, schemas: SCHEMAS }}));
"""


def test_the_committed_modules_are_what_the_generator_writes() -> None:
    """The committed modules equal the generator's output."""
    result = subprocess.run(
        [sys.executable, str(PROJECT_ROOT / ".ci" / "vocabulary.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_a_browser_reads_the_same_lists() -> None:
    """The imported modules equal the JSON, code by code and name by name."""
    result = subprocess.run(
        ["node", "--input-type=module", "-e", READ_BROWSER_VOCABULARY.format(root=PROJECT_ROOT.as_posix())],
        capture_output=True,
        text=True,
        check=True,
    )
    read = json.loads(result.stdout)
    for name in ("vocabulary", "schemas"):
        assert read[name] == json.loads((PROJECT_ROOT / "diary" / "record" / f"{name}.json").read_text())
