"""Mutation testing: `make mutate SAMPLE=1000 SEED=1 AREA=all`, or `python -m tests.mutations --area js-store --sample 100`.

Draws mutants by seed, the same number from each area, runs the tests that cover each, and says which ones no test noticed.
Results are kept in var/mutations, so a run that was ended goes on where it was, and a larger sample begins with the smaller
one. A survivor is tried again, with the tests that it has not had, when one that covers it has changed or the budget is larger.
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

from tests.mutations import browser_mutants, covering, python_mutants
from tests.mutations.areas import AREAS, ROOT, VAR, files
from tests.mutations.judging import BUDGET_S, Judge
from tests.mutations.mutant import Mutant

RESULTS: Final = VAR / "results.jsonl"
EQUIVALENT: Final = Path(__file__).with_name("equivalent.toml")


def main() -> int:
    """Draw, run and report; 1 when an area is below 85 in a hundred or all together below 90."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=1000, help="how many mutants, the same number from each area")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--area", default="all", help=f"all, or some of {', '.join(AREAS)} with commas between them")
    parser.add_argument("--budget", type=float, default=BUDGET_S, help="processor seconds of tests for each mutant")
    parser.add_argument(
        "--file", default="", help="only mutants of files whose path holds this; all of them, when --sample is 0"
    )
    parser.add_argument(
        "--measured", action="store_true", help="measure no tests anew: those that were not measured judge nothing"
    )
    parser.add_argument("--report", action="store_true", help="run nothing, show what was found")
    chosen = parser.parse_args()
    areas = list(AREAS) if chosen.area == "all" else chosen.area.split(",")
    if unknown := set(areas) - set(AREAS):
        parser.error(f"no such area: {', '.join(sorted(unknown))}. There are: {', '.join(AREAS)}")
    VAR.mkdir(parents=True, exist_ok=True)
    each = chosen.sample // len(areas) or sys.maxsize
    drawn = {area: first_of(area, chosen.seed, chosen.file, each) for area in areas}
    return report(
        drawn, run(drawn, Judge(chosen.budget, is_measured=not chosen.measured), only_known=chosen.report), chosen.seed
    )


def first_of(area: str, seed: int, part: str, count: int) -> list[Mutant]:
    """The first mutants that `draw` gives. They are kept: making them takes as long as judging many of them."""
    told = covering.digest(ROOT / name for name in [*files(area), *_MAKERS])
    kept = VAR / "drawn" / f"{area}-{seed}-{part.replace('/', '.')}-{told}.json"
    rows = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else []
    if len(rows) < count:
        mutants = list(islice(draw(area, seed, part), count))
        if len(mutants) > len(rows):
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(json.dumps([[one.file, one.lines, one.source] for one in mutants]), encoding="utf-8")
        return mutants
    return [Mutant(file, lines and tuple(lines), partial(str, source)) for file, lines, source in rows[:count]]


# What decides which mutants there are.
_MAKERS: Final = [
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


def draw(area: str, seed: int, part: str) -> Iterator[Mutant]:
    """The mutants of an area in an order that the seed decides; those that do not compile are passed over."""
    names = [name for name in files(area) if part in name]
    if area.startswith("py-"):
        found = [one for name in names for one in python_mutants.mutants(name)]
    else:
        found = list(browser_mutants.mutants(names))
    random.Random(f"{seed} {area}").shuffle(found)
    seen = set()
    for one in found:
        if one.key not in seen and (not one.file.endswith(".py") or python_mutants.is_other(one)):
            seen.add(one.key)
            yield one


def run(drawn: dict[str, list[Mutant]], judge: Judge, *, only_known: bool) -> dict[str, dict[str, Any]]:
    """The result of each mutant by its key: the one that is kept, or a new one."""
    known = kept_results()
    for before in known.values():
        judge.learn(before)
    found: dict[str, dict[str, Any]] = {}
    if only_known:
        return {one.key: known[one.key] for mutants in drawn.values() for one in mutants if one.key in known}
    try:
        for area, mutants in drawn.items():
            print(f"{area}: {len(mutants)} mutants", flush=True)
            for count, one in enumerate(mutants, 1):
                found[one.key] = result = judged(one, area, known.get(one.key), judge)
                if result["how"] != "killed":
                    print(f"{area} {count}: {result['how']}\n{one.diff()}", flush=True)
    finally:
        judge.close()
    return found


def judged(one: Mutant, area: str, before: dict[str, Any] | None, judge: Judge) -> dict[str, Any]:
    """A mutant's result: the one from before where no test is left to run that could change it, else a new one, which is kept.

    A survivor gets the tests of files that are new or have changed since, and with a larger budget those that it has not had.
    """
    if before and before["how"] == "killed":
        return before
    covered = covered_by(area, is_measured=judge.is_measured)
    tests = covered.of(one)
    files = {file: covering.digest([ROOT / file]) for file in sorted({test.file for test in tests})}
    green = set[str]()
    if before:
        had, larger = before["files"], judge.budget_s > before["budget"]
        fresh = {file for file, told in files.items() if had.get(file) != told}
        if not fresh and not larger:
            return before
        if before["how"] != "timeout":
            green = {name for name in before["green"] if name.partition("::")[0] not in fresh}
            tests = [test for test in tests if test.file in fresh or (larger and test.id not in green)]
        if not tests:
            return before
    facts = {"key": one.key, "area": area, "file": one.file, "line": one.line, "budget": judge.budget_s}
    done = judge.judge(one, covered, tests)
    if done["how"] == "killed":
        done["green"], files = [], {}
    else:
        done["green"] = sorted({*green, *done["green"]})
        done["how"] = "survived" if done["green"] and done["how"] == "not covered" else done["how"]
    result = {**facts, **done, "files": files}
    judge.learn(result)
    with RESULTS.open("a", encoding="utf-8") as out:
        print(json.dumps(result), file=out)
    return result


@cache
def covered_by(area: str, *, is_measured: bool = True) -> covering.Covering:
    """The tests that may judge an area."""
    if area.startswith("py-"):
        return covering.python(area, is_measured=is_measured)
    names = tuple(name for area in AREAS if area.startswith("js-") for name in files(area))
    return covering.node(names, is_measured=is_measured)


def kept_results() -> dict[str, dict[str, Any]]:
    """The newest result of every mutant that was run."""
    if not RESULTS.exists():
        return {}
    return {one["key"]: one for one in map(json.loads, RESULTS.read_text(encoding="utf-8").splitlines())}


def equivalents() -> dict[tuple[str, tuple[str, ...], tuple[str, ...]], str]:
    """The reasons why some mutants change nothing that anybody could see, by file, lines that go and lines that come."""
    told: dict[tuple[str, tuple[str, ...], tuple[str, ...]], str] = {}
    for row in tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("mutant", ()):
        for becomes in [row["becomes"]] if isinstance(row["becomes"], str) else row["becomes"]:
            gone, come = (tuple(line.strip() for line in text.strip().splitlines()) for text in (row["line"], becomes))
            told[row["file"], gone, come] = row["why"]
    return told


def report(drawn: dict[str, list[Mutant]], found: dict[str, dict[str, Any]], seed: int) -> int:
    """Print the survivors and a line for each area; 1 when a score is too low."""
    argued = equivalents()
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for area, mutants in drawn.items():
        for one in mutants:
            how = found[one.key]["how"] if one.key in found else "not run"
            if how in ("survived", "not covered") and (one.file, *one.changed) in argued:
                how = "equivalent"
            rows[area][how] += 1
            if how in ("survived", "not covered"):
                print(f"\n{area}: {how}\n{one.diff()}")
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
        "The score is killed and timeout of all that were run and are not equivalent; the last column leaves timeouts out."
    )
    return int(low)


if __name__ == "__main__":
    sys.exit(main())
