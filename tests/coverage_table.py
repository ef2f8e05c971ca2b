"""Table at the end of `make coverage`: branches and lines reached, by folder, in both languages.

Python's figures are coverage.py's, for every process the tests started. JavaScript's are V8's, as c8 counts them: a
branch is a piece of code that may be skipped, and a file that was never loaded is one branch. The two count
differently, so compare a folder with itself over time, not with the other language.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT_ROOT = Path(__file__).resolve().parent.parent
COVERAGE_FOLDER = PROJECT_ROOT / "var" / "coverage"


@dataclass
class CoverageCount:
    """Reached and total branches and lines."""

    branches: int = 0
    total_branches: int = 0
    lines: int = 0
    total_lines: int = 0

    def add(self, other: CoverageCount) -> None:
        """Add another count."""
        self.branches += other.branches
        self.total_branches += other.total_branches
        self.lines += other.lines
        self.total_lines += other.total_lines


def python_files(report: Mapping[str, Any]) -> Iterator[tuple[str, CoverageCount]]:
    """Return path and count of each file in coverage.py's JSON."""
    for path, file in report["files"].items():
        summary = file["summary"]
        yield (
            path,
            CoverageCount(
                summary["covered_branches"],
                summary["num_branches"],
                summary["covered_lines"],
                summary["num_statements"],
            ),
        )


def browser_files(report: Mapping[str, Any]) -> Iterator[tuple[str, CoverageCount]]:
    """Return path and count of each file in c8's summary."""
    for path, summary in report.items():
        if path != "total":
            branches, lines = summary["branches"], summary["lines"]
            name = Path(path).relative_to(PROJECT_ROOT).as_posix()
            yield name, CoverageCount(branches["covered"], branches["total"], lines["covered"], lines["total"])


def sum_by_folder(files: Iterator[tuple[str, CoverageCount]]) -> dict[str, CoverageCount]:
    """Return the counts of each folder, and the total under ''."""
    counts_by_folder: dict[str, CoverageCount] = defaultdict(CoverageCount)
    for path, count in files:
        counts_by_folder[path.rpartition("/")[0]].add(count)
        counts_by_folder[""].add(count)
    return dict(counts_by_folder)


def percentage(reached: int, total: int) -> str:
    """Return `87.5 %`, or a dash when there is nothing to reach."""
    return f"{100 * reached / total:5.1f} %" if total else "      -"


def format_rows(language: str, counts_by_folder: Mapping[str, CoverageCount]) -> Iterator[str]:
    """Return one line per folder, the total last."""
    for name in sorted(counts_by_folder, key=lambda name: (not name, name)):
        count = counts_by_folder[name]
        branches = (
            f"{percentage(count.branches, count.total_branches)} {count.branches:>6} of {count.total_branches:<6}"
        )
        yield (
            f"{name or f'all of {language}':<28} {branches} {percentage(count.lines, count.total_lines)} "
            f"{count.lines:>6} of {count.total_lines}"
        )


def main() -> None:
    """Print the table."""
    print(f"{'':<28} {'branches':<24} lines")
    python = json.loads((COVERAGE_FOLDER / "python.json").read_text(encoding="utf-8"))
    page = json.loads((COVERAGE_FOLDER / "coverage-summary.json").read_text(encoding="utf-8"))
    for language, files in (("Python", python_files(python)), ("JavaScript", browser_files(page))):
        print(*format_rows(language, sum_by_folder(files)), sep="\n")


if __name__ == "__main__":
    main()
