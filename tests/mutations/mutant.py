"""One change in one file."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from tests.mutations.areas import PROJECT_ROOT


@dataclass(frozen=True)
class CodeMutant:
    """File with one place changed.

    `lines`, from 1: a test that runs one of them reaches the place. None when the place runs at import.
    """

    file: str
    lines: tuple[int, ...] | None
    build_source: Callable[[], str]

    @cached_property
    def source(self) -> str:
        """Return the whole mutated file, built on first use: most mutants are never drawn."""
        return self.build_source()

    @cached_property
    def key(self) -> str:
        """Return a name of the change that is stable while the file is unchanged."""
        key_text = "\0".join((self.file, (PROJECT_ROOT / self.file).read_text(encoding="utf-8"), self.source))
        return hashlib.sha256(key_text.encode()).hexdigest()[:16]

    @property
    def line(self) -> int:
        """Return the first changed line, from 1; 0 when it runs at import."""
        return self.lines[0] if self.lines else 0

    @cached_property
    def changed_lines(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the removed and the added lines, without surrounding whitespace."""
        lines_before = (PROJECT_ROOT / self.file).read_text(encoding="utf-8").splitlines()
        lines_after = self.source.splitlines()
        removed: list[str] = []
        added: list[str] = []
        for tag, a, b, c, d in difflib.SequenceMatcher(None, lines_before, lines_after, autojunk=False).get_opcodes():
            if tag != "equal":
                removed += lines_before[a:b]
                added += lines_after[c:d]
        return tuple(line.strip() for line in removed), tuple(line.strip() for line in added)

    def diff(self) -> str:
        """Return the change as a unified diff."""
        before = (PROJECT_ROOT / self.file).read_text(encoding="utf-8").splitlines()
        diff_lines = difflib.unified_diff(before, self.source.splitlines(), self.file, self.file, n=1, lineterm="")
        return "\n".join(diff_lines)
