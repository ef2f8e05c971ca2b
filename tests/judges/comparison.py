"""Run both verifiers on mutated packs, the program and the pack checking page's modules, and report differences."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.judges.mutations import make_mutant
from tests.judges.sound_packs import SoundPack
from tests.pack.verifier_comparison import FindingSet, PackCases, PageVerifier, program_findings

BATCH_SIZE = 100


@dataclass(frozen=True)
class JudgementDifference:
    """A mutated pack on which the verifiers differ."""

    base: str
    seed: int
    mutation: str
    page_only: FindingSet
    program_only: FindingSet

    def __str__(self) -> str:
        """Return one line with the seed that reproduces it."""
        sides = {"page": self.page_only, "program": self.program_only}
        only = [f"only the {who} {sorted(findings, key=str)[:5]}" for who, findings in sides.items() if findings]
        return f"seed {self.seed} ({self.base}): {self.mutation}: {'; '.join(only)}"


def compare_judges(
    bases: list[SoundPack], seeds: range, folder: Path, keep: Path | None = None
) -> Iterator[JudgementDifference]:
    """Return the differences among the mutants of `seeds`. A verifier that throws fails the run.

    `keep`: folder for packs with differing results, as SEED.zip. Keys are random, so another run's packs differ.
    """
    for batch_start in range(seeds.start, seeds.stop, BATCH_SIZE):
        batch = folder / str(batch_start)
        batch.mkdir()
        cases, mutants = PackCases(batch, None), []
        for seed in range(batch_start, min(batch_start + BATCH_SIZE, seeds.stop)):
            base = bases[seed % len(bases)]
            pack_mutant = make_mutant(base.path, seed, batch / "made.zip")
            cases.add(str(seed), pack_mutant.path, **base.anchors)
            mutants.append((base, pack_mutant))
        page = PageVerifier(cases)
        program = program_findings(cases)
        for (base, pack_mutant), by_program, by_page in zip(mutants, program, page.findings(), strict=True):
            if by_program != by_page:
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(cases.packs[str(pack_mutant.seed)][0][0], keep / f"{pack_mutant.seed}.zip")
                yield JudgementDifference(
                    base.name,
                    pack_mutant.seed,
                    pack_mutant.mutation,
                    by_page - by_program,
                    by_program - by_page,
                )
        for path in batch.iterdir():
            path.unlink()
