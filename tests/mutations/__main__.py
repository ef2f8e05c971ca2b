"""Mutation testing: `make mutate SAMPLE=1000 SEED=1 AREA=all`, or `python -m tests.mutations --area js-store --sample 100`.

Draws mutants from a seed, the same number for each area, runs the tests that cover each, and reports the survivors.
Results are stored in var/mutations: an interrupted run continues where it stopped, and a larger sample includes the
smaller one. A survivor gets the tests it has not had when a covering test has changed or the budget is larger.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tests.mutations import browser_mutants, python_mutants
from tests.mutations import coverage_map as covering
from tests.mutations.areas import AREAS, PROJECT_ROOT, RESULTS_FOLDER, files_of
from tests.mutations.mutant import CodeMutant
from tests.mutations.mutant_judge import BUDGET_SECONDS, MutantJudge

RESULTS_PATH: Final = RESULTS_FOLDER / "results.jsonl"
EQUIVALENT_PATH: Final = Path(__file__).with_name("equivalent.toml")


def main() -> int:
    """Draw, run and report. Return 1 when an area is below 85 % or the total below 90 %."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=1000, help="number of mutants, the same for each area")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--area", default="all", help=f"all, or a comma-separated list of {', '.join(AREAS)}")
    parser.add_argument("--budget", type=float, default=BUDGET_SECONDS, help="processor seconds of tests per mutant")
    parser.add_argument(
        "--file", default="", help="only mutants in files whose path contains this; all of them with --sample 0"
    )
    parser.add_argument(
        "--measured", action="store_true", help="use existing coverage only: tests without it are not run"
    )
    parser.add_argument("--report", action="store_true", help="run nothing, print the stored results")
    chosen = parser.parse_args()
    areas = list(AREAS) if chosen.area == "all" else chosen.area.split(",")
    if unknown := set(areas) - set(AREAS):
        parser.error(f"no such area: {', '.join(sorted(unknown))}. There are: {', '.join(AREAS)}")
    RESULTS_FOLDER.mkdir(parents=True, exist_ok=True)
    sample_per_area = chosen.sample // len(areas) or sys.maxsize
    mutants_by_area = {area: first_mutants(area, chosen.seed, chosen.file, sample_per_area) for area in areas}
    return print_report(
        mutants_by_area,
        judge_mutants(
            mutants_by_area, MutantJudge(chosen.budget, is_measured=not chosen.measured), use_known_only=chosen.report
        ),
        chosen.seed,
    )


def first_mutants(area: str, seed: int, part: str, count: int) -> list[CodeMutant]:
    """Return the first mutants of `draw`, cached: creating them takes as long as judging many of them."""
    source_digest = covering.digest(PROJECT_ROOT / name for name in [*files_of(area), *_GENERATOR_SOURCES])
    cache_path = RESULTS_FOLDER / "drawn" / f"{area}-{seed}-{part.replace('/', '.')}-{source_digest}.json"
    rows = json.loads(cache_path.read_text(encoding="utf-8")) if cache_path.exists() else []
    if len(rows) < count:
        mutants = list(islice(draw(area, seed, part), count))
        if len(mutants) > len(rows):
            cache_path.parent.mkdir(exist_ok=True)
            cache_path.write_text(
                json.dumps([[mutant.file, mutant.lines, mutant.source] for mutant in mutants]), encoding="utf-8"
            )
        return mutants
    return [CodeMutant(file, lines and tuple(lines), partial(str, source)) for file, lines, source in rows[:count]]


# Everything that determines the mutants.
_GENERATOR_SOURCES: Final = [
    f"tests/mutations/{name}"
    for name in (
        "__main__.py",
        "areas.py",
        "browser_mutants.mjs",
        "browser_mutants.py",
        "mutant.py",
        "python_mutants.py",
    )
]


def draw(area: str, seed: int, part: str) -> Iterator[CodeMutant]:
    """Yield the mutants of an area in an order set by the seed, without those that do not compile."""
    names = [name for name in files_of(area) if part in name]
    if area.startswith("py-"):
        all_mutants = [each_mutant for name in names for each_mutant in python_mutants.mutants(name)]
    else:
        all_mutants = list(browser_mutants.mutants(names))
    random.Random(f"{seed} {area}").shuffle(all_mutants)
    keys_seen = set()
    for each_mutant in all_mutants:
        if each_mutant.key not in keys_seen and (
            not each_mutant.file.endswith(".py") or python_mutants.changes_meaning(each_mutant)
        ):
            keys_seen.add(each_mutant.key)
            yield each_mutant


def judge_mutants(
    mutants_by_area: dict[str, list[CodeMutant]], judge: MutantJudge, *, use_known_only: bool
) -> dict[str, dict[str, Any]]:
    """Return the result of each mutant by its key: the stored one, or a new one."""
    results_before = stored_results()
    for before in results_before.values():
        judge.record_kill(before)
    results: dict[str, dict[str, Any]] = {}
    if use_known_only:
        return {
            mutant.key: results_before[mutant.key]
            for mutants in mutants_by_area.values()
            for mutant in mutants
            if mutant.key in results_before
        }
    try:
        for area, mutants in mutants_by_area.items():
            print(f"{area}: {len(mutants)} mutants", flush=True)
            for count, mutant in enumerate(mutants, 1):
                results[mutant.key] = result = result_of(mutant, area, results_before.get(mutant.key), judge)
                if result["how"] != "killed":
                    print(f"{area} {count}: {result['how']}\n{mutant.diff()}", flush=True)
    finally:
        judge.close()
    return results


def result_of(mutant: CodeMutant, area: str, before: dict[str, Any] | None, judge: MutantJudge) -> dict[str, Any]:
    """Return the stored result if no remaining test could change it, else judge the mutant and store the result.

    A survivor gets the tests of new and changed files, and with a larger budget those it has not had.
    """
    if before and before["how"] == "killed":
        return before
    covered = covered_by(area, is_measured=judge.is_measured)
    tests = covered.tests_for(mutant)
    files = {file: covering.digest([PROJECT_ROOT / file]) for file in sorted({test.file for test in tests})}
    green = set[str]()
    if before:
        digests_before, larger = before["files"], judge.budget_s > before["budget"]
        changed_files = {file for file, file_digest in files.items() if digests_before.get(file) != file_digest}
        if not changed_files and not larger:
            return before
        if before["how"] != "timeout":
            green = {name for name in before["green"] if name.partition("::")[0] not in changed_files}
            tests = [test for test in tests if test.file in changed_files or (larger and test.id not in green)]
        if not tests:
            return before
    facts = {"key": mutant.key, "area": area, "file": mutant.file, "line": mutant.line, "budget": judge.budget_s}
    outcome = judge.judge(mutant, covered, tests)
    if outcome["how"] == "killed":
        outcome["green"], files = [], {}
    else:
        outcome["green"] = sorted({*green, *outcome["green"]})
        outcome["how"] = "survived" if outcome["green"] and outcome["how"] == "not covered" else outcome["how"]
    result = {**facts, **outcome, "files": files}
    judge.record_kill(result)
    with RESULTS_PATH.open("a", encoding="utf-8") as results_file:
        print(json.dumps(result), file=results_file)
    return result


@cache
def covered_by(area: str, *, is_measured: bool = True) -> covering.CoverageMap:
    """Return the tests that may judge an area."""
    if area.startswith("py-"):
        return covering.python_coverage(area, is_measured=is_measured)
    names = tuple(name for area in AREAS if area.startswith("js-") for name in files_of(area))
    return covering.node_coverage(names, is_measured=is_measured)


def stored_results() -> dict[str, dict[str, Any]]:
    """Return the newest result of every mutant that was run."""
    if not RESULTS_PATH.exists():
        return {}
    return {result["key"]: result for result in map(json.loads, RESULTS_PATH.read_text(encoding="utf-8").splitlines())}


def equivalent_mutants() -> dict[tuple[str, tuple[str, ...], tuple[str, ...]], str]:
    """Return the reasons why some mutants are equivalent, by file, removed lines and added lines."""
    reasons: dict[tuple[str, tuple[str, ...], tuple[str, ...]], str] = {}
    for row in tomllib.loads(EQUIVALENT_PATH.read_text(encoding="utf-8")).get("mutant", ()):
        for becomes in [row["becomes"]] if isinstance(row["becomes"], str) else row["becomes"]:
            removed_lines, added_lines = (
                tuple(line.strip() for line in text.strip().splitlines()) for text in (row["line"], becomes)
            )
            reasons[row["file"], removed_lines, added_lines] = row["why"]
    return reasons


def print_report(mutants_by_area: dict[str, list[CodeMutant]], results: dict[str, dict[str, Any]], seed: int) -> int:
    """Print the survivors and a line for each area. Return 1 when a score is too low."""
    argued = equivalent_mutants()
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for area, mutants in mutants_by_area.items():
        for mutant in mutants:
            how = results[mutant.key]["how"] if mutant.key in results else "not run"
            if how in ("survived", "not covered") and (mutant.file, *mutant.changed_lines) in argued:
                how = "equivalent"
            rows[area][how] += 1
            if how in ("survived", "not covered"):
                print(f"\n{area}: {how}\n{mutant.diff()}")
    columns = ("killed", "timeout", "survived", "not covered", "equivalent", "not run")
    print(
        f"\nseed {seed}\n{'area':12}{'mutants':>9}"
        + "".join(f"{name:>13}" for name in columns)
        + f"{'score':>9}{'killed':>9}"
    )
    rows["all"] = sum(rows.values(), Counter())
    low = False
    for area, row in rows.items():
        judged = row.total() - row["equivalent"] - row["not run"]
        score, without = (
            100 * number / judged if judged else 0.0 for number in (row["killed"] + row["timeout"], row["killed"])
        )
        low = low or score < (90 if area == "all" else 85)
        print(
            f"{area:12}{row.total():>9}"
            + "".join(f"{row[name]:>13}" for name in columns)
            + f"{score:>8.1f}%{without:>8.1f}%"
        )
    print(
        "Score: killed and timeout as a share of mutants run, without equivalent ones; the last column excludes timeouts."
    )
    return int(low)


if __name__ == "__main__":
    sys.exit(main())
