"""Let both judges look at mutated packs: the program, and the modules of the page that checks packs. Say where they differ."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.judges.mutations import mutant
from tests.judges.packs import Base
from tests.pack.judging import Cases, Found, Page, by_program

AT_ONCE = 100


@dataclass(frozen=True)
class Difference:
    """A mutated pack about which the judges differ."""

    base: str
    seed: int
    how: str
    page_only: Found
    program_only: Found

    def __str__(self) -> str:
        """One line, with the seed that makes it again."""
        sides = {"page": self.page_only, "program": self.program_only}
        only = [f"only the {who} {sorted(found, key=str)[:5]}" for who, found in sides.items() if found]
        return f"seed {self.seed} ({self.base}): {self.how}: {'; '.join(only)}"


def judge_all(bases: list[Base], seeds: range, folder: Path, keep: Path | None = None) -> Iterator[Difference]:
    """The differences among the mutants of `seeds`. A judge that throws fails the run.

    `keep`: where a pack that is judged differently is copied, as SEED.zip: keys are random, so that another run's packs differ.
    """
    for first in range(seeds.start, seeds.stop, AT_ONCE):
        batch = folder / str(first)
        batch.mkdir()
        cases, made = Cases(batch, None), []
        for seed in range(first, min(first + AT_ONCE, seeds.stop)):
            base = bases[seed % len(bases)]
            one = mutant(base.path, seed, batch / "made.zip")
            cases.add(str(seed), one.path, **base.anchors)
            made.append((base, one))
        page = Page(cases)
        program = by_program(cases)
        for (base, one), ours, theirs in zip(made, program, page.findings(), strict=True):
            if ours != theirs:
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(cases.held[str(one.seed)][0], keep / f"{one.seed}.zip")
                yield Difference(base.name, one.seed, one.how, theirs - ours, ours - theirs)
        for path in batch.iterdir():
            path.unlink()
