"""Mutants of the browser's code by Stryker's operators (browser_mutants.mjs)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import partial

from tests.mutations.areas import PROJECT_ROOT
from tests.mutations.mutant import CodeMutant


def mutants(files: list[str]) -> Iterator[CodeMutant]:
    """Return every mutant of the files, in the order of their text."""
    command = ["node", "--no-warnings", "--experimental-vm-modules", "tests/mutations/browser_mutants.mjs", *files]
    for line in subprocess.run(
        command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines():
        row = json.loads(line)
        yield CodeMutant(
            row["file"],
            tuple(range(row["line"], row["last"] + 1)),
            partial(apply_change, row["file"], row["start"], row["end"], row["text"]),
        )


def apply_change(file: str, start: int, end: int, text: str) -> str:
    """Return the file with `text` from `start` to `end`, counted in UTF-16 units as in JavaScript."""
    units = (PROJECT_ROOT / file).read_text(encoding="utf-8").encode("utf-16-le")
    return units[: 2 * start].decode("utf-16-le") + text + units[2 * end :].decode("utf-16-le")
