"""One change of one place in one file."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from tests.mutations.areas import ROOT


@dataclass(frozen=True)
class Mutant:
    """A file with one place changed.

    `lines`, from 1: a test that runs one of them reaches the place. None when it is run as the module is imported.
    """

    file: str
    lines: tuple[int, ...] | None
    make: Callable[[], str]

    @cached_property
    def source(self) -> str:
        """The whole file as changed, made when it is first asked for: most mutants are never drawn."""
        return self.make()

    @cached_property
    def key(self) -> str:
        """Names the change: it stays the same for as long as the file does."""
        told = "\0".join((self.file, (ROOT / self.file).read_text(encoding="utf-8"), self.source))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def line(self) -> int:
        """The first line that is changed, from 1; 0 when it is run as the module is imported."""
        return self.lines[0] if self.lines else 0

    @cached_property
    def changed(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The lines that go and the lines that come, without the space around them."""
        before = (ROOT / self.file).read_text(encoding="utf-8").splitlines()
        after = self.source.splitlines()
        gone: list[str] = []
        come: list[str] = []
        for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag != "equal":
                gone += before[a:b]
                come += after[c:d]
        return tuple(line.strip() for line in gone), tuple(line.strip() for line in come)

    def diff(self) -> str:
        """The change as a unified diff."""
        before = (ROOT / self.file).read_text(encoding="utf-8").splitlines()
        told = difflib.unified_diff(before, self.source.splitlines(), self.file, self.file, n=1, lineterm="")
        return "\n".join(told)
