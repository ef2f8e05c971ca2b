"""The table that `make coverage` ends with: branches and lines reached, by folder, in both languages.

Python's figures are coverage.py's, of every process that the tests started. JavaScript's are V8's, as c8 counts them: a branch
is a piece of code that may be passed over, and a file that was never loaded is one branch. The two count differently, so a
folder is compared with itself over time, not with the other language.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOUND = ROOT / "var" / "coverage"


@dataclass
class Count:
    """What was reached, of what there is."""

    branches: int = 0
    of_branches: int = 0
    lines: int = 0
    of_lines: int = 0

    def add(self, other: Count) -> None:
        """Take in another's."""
        self.branches += other.branches
        self.of_branches += other.of_branches
        self.lines += other.lines
        self.of_lines += other.of_lines


def python_files(told: Mapping[str, Any]) -> Iterator[tuple[str, Count]]:
    """Path and count of each file in coverage.py's JSON."""
    for path, file in told["files"].items():
        one = file["summary"]
        yield path, Count(one["covered_branches"], one["num_branches"], one["covered_lines"], one["num_statements"])


def page_files(told: Mapping[str, Any]) -> Iterator[tuple[str, Count]]:
    """Path and count of each file in c8's summary."""
    for path, one in told.items():
        if path != "total":
            branches, lines = one["branches"], one["lines"]
            name = Path(path).relative_to(ROOT).as_posix()
            yield name, Count(branches["covered"], branches["total"], lines["covered"], lines["total"])


def by_folder(files: Iterator[tuple[str, Count]]) -> dict[str, Count]:
    """The counts of each folder, and of them all under ''."""
    found: dict[str, Count] = defaultdict(Count)
    for path, count in files:
        found[path.rpartition("/")[0]].add(count)
        found[""].add(count)
    return dict(found)


def share(reached: int, of: int) -> str:
    """`87.5 %`; a dash where there is nothing to reach."""
    return f"{100 * reached / of:5.1f} %" if of else "      -"


def rows(language: str, found: Mapping[str, Count]) -> Iterator[str]:
    """One line a folder, the sum last."""
    for name in sorted(found, key=lambda name: (not name, name)):
        one = found[name]
        branches = f"{share(one.branches, one.of_branches)} {one.branches:>6} of {one.of_branches:<6}"
        yield f"{name or f'all of {language}':<28} {branches} {share(one.lines, one.of_lines)} {one.lines:>6} of {one.of_lines}"


def main() -> None:
    """Print it."""
    print(f"{'':<28} {'branches':<24} lines")
    python = json.loads((FOUND / "python.json").read_text(encoding="utf-8"))
    page = json.loads((FOUND / "coverage-summary.json").read_text(encoding="utf-8"))
    for language, files in (("Python", python_files(python)), ("JavaScript", page_files(page))):
        print(*rows(language, by_folder(files)), sep="\n")


if __name__ == "__main__":
    main()
