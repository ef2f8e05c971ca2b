"""The mutation run: mutants are correct, planted faults are found, and arguments for equivalent mutants are current."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mutations import __main__ as mutations
from tests.mutations import browser_mutants, node_runner, python_mutants
from tests.mutations import coverage_map as covering
from tests.mutations import mutant_judge as judging
from tests.mutations.__main__ import draw, equivalent_mutants, result_of
from tests.mutations.areas import AREAS, PROJECT_ROOT, files_of
from tests.mutations.coverage_map import CoverageMap, CoveringTest
from tests.mutations.idle_detector import IDLE_SECONDS, IdleDetector, processor_seconds_wanted
from tests.mutations.mutant import CodeMutant
from tests.mutations.mutant_judge import MutantJudge

PADDING_MODULE = "diary/crypto/padding.py"
ROLES_SCRIPT = "static/js/record/roles.js"


def test_every_area_has_files_and_none_is_in_two() -> None:
    """A renamed file is not left out silently, and no file is in two areas."""
    area_files = [name for area in AREAS for name in files_of(area)]
    assert len(area_files) == len(set(area_files))
    for area, patterns in AREAS.items():
        assert list(files_of(area)), area
        for pattern in patterns:
            assert list(PROJECT_ROOT.glob(pattern)), f"{area}: {pattern} names no file"


def test_a_mutant_of_python_changes_one_place_and_knows_its_lines() -> None:
    """The changed line is among the lines whose running means that the place was reached."""
    source = (PROJECT_ROOT / PADDING_MODULE).read_text(encoding="utf-8").splitlines()
    all_mutants = list(python_mutants.mutants(PADDING_MODULE))
    assert len(all_mutants) > 20
    for mutant in all_mutants:
        removed, _ = mutant.changed_lines
        assert removed, mutant.diff()
        if mutant.lines is not None:
            assert removed[0] in {source[line - 1].strip() for line in mutant.lines}, mutant.diff()


def test_a_mutant_of_the_browser_s_code_changes_one_place() -> None:
    """Positions in Stryker's mutants are those of the file."""
    source = (PROJECT_ROOT / ROLES_SCRIPT).read_text(encoding="utf-8").splitlines()
    all_mutants = list(browser_mutants.mutants([ROLES_SCRIPT]))
    assert len(all_mutants) > 20
    for mutant in all_mutants:
        removed, _ = mutant.changed_lines
        assert mutant.lines
        assert removed[0] == source[mutant.lines[0] - 1].strip(), mutant.diff()


def test_the_seed_decides_what_is_drawn_and_a_larger_sample_begins_with_the_smaller() -> None:
    """The same seed gives the same mutants, another seed others, and a larger sample starts with the smaller one."""
    drawn = [[one.key for one in draw("py-crypto", seed, "padding")] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert set(drawn[0]) == set(drawn[2])


def test_mutants_that_were_kept_are_those_that_were_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Cached mutants have the same changes of the same lines in the same order; a larger sample is drawn again."""
    monkeypatch.setattr(mutations, "RESULTS_FOLDER", tmp_path)
    times = []

    def counted_draw(*given: Any) -> Any:
        times.append(given)
        return draw(*given)

    monkeypatch.setattr(mutations, "draw", counted_draw)
    samples = [mutations.first_mutants("py-crypto", 1, "padding", count) for count in (4, 4, 3, 6)]
    assert len(times) == 2
    sample_values = [
        [(mutant.key, mutant.file, mutant.lines, mutant.source) for mutant in mutants] for mutants in samples
    ]
    assert sample_values[0] == sample_values[1] == sample_values[3][:4]
    assert sample_values[2] == sample_values[0][:3]


def test_a_planted_fault_is_seen_in_python_and_no_change_is_not() -> None:
    """The mutated file is the one that is imported, in a separate process."""
    test = CoveringTest("tests/crypto/test_padding.py", "tests/crypto/test_padding.py", 1.0)
    judge = MutantJudge()
    try:
        ends = set()
        for mutant in list(python_mutants.mutants(PADDING_MODULE))[:6]:
            covering = CoverageMap()
            covering.add(test, {PADDING_MODULE: list(mutant.lines or [1])}, set())
            ends.add(judge.judge(mutant, covering)["how"])
    finally:
        judge.close()
    assert "killed" in ends


def test_a_planted_fault_is_seen_in_node_and_no_change_is_not() -> None:
    """The mutated module is the one that is imported."""
    source = (PROJECT_ROOT / ROLES_SCRIPT).read_text(encoding="utf-8")
    unchanged = node_runner.run(ROLES_SCRIPT, source, "tests/js/roles.test.mjs", [], 60)
    broken = node_runner.run(
        ROLES_SCRIPT, source + "\nthrow new Error('planted');\n", "tests/js/roles.test.mjs", [], 60
    )
    node_runner.stop_servers()
    assert (unchanged["how"], broken["how"]) == ("survived", "killed")


def test_tests_that_killed_nearby_run_first_then_cheap_files() -> None:
    """Likely killers run individually first, then whole files by cost."""
    cheap, dear, killer = (
        CoveringTest("a", "a::cheap", 1.0),
        CoveringTest("b", "b::dear", 9.0),
        CoveringTest("b", "b::killer", 2.0),
    )
    mutant = CodeMutant(ROLES_SCRIPT, (40,), lambda: "")
    judge = MutantJudge()
    assert [*judge.plan_runs(mutant, [cheap, dear, killer], CoverageMap())] == [[cheap], [dear, killer]]
    judge.record_kill({"how": "killed", "file": ROLES_SCRIPT, "line": 38, "by": "b::killer"})
    judge.record_kill({"how": "survived", "file": ROLES_SCRIPT, "line": 40, "by": ""})
    assert [*judge.plan_runs(mutant, [cheap, dear, killer], CoverageMap())] == [[killer], [cheap], [dear]]


def test_a_test_of_few_files_runs_before_a_cheaper_one_of_many() -> None:
    """Within a budget, the test that is about the mutant must not be left out for journeys through the whole app."""
    journey, unit = CoveringTest("a", "a::journey", 1.0), CoveringTest("b", "b::unit", 3.0)
    covering = CoverageMap()
    covering.add(journey, {f"{number}.js": [1] for number in range(150)}, set())
    covering.add(unit, {f"{number}.js": [1] for number in range(5)}, set())
    runs = MutantJudge().plan_runs(CodeMutant(ROLES_SCRIPT, (40,), lambda: ""), [journey, unit], covering)
    assert [*runs] == [[unit], [journey]]


def test_a_test_that_runs_most_of_the_changed_lines_runs_before_a_cheaper_one_that_passes_the_first() -> None:
    """A function that is made in every test and called in few is judged by those few."""
    makes_it, calls_it, also_makes_it = (
        CoveringTest("a", "a::makes it", 0.1),
        CoveringTest("b", "b::calls it", 3.0),
        CoveringTest("b", "b::also makes it", 0.1),
    )
    covering = CoverageMap()
    covering.add(makes_it, {ROLES_SCRIPT: [40]}, set())
    covering.add(calls_it, {ROLES_SCRIPT: [40, 41, 42]}, set())
    covering.add(also_makes_it, {ROLES_SCRIPT: [40]}, set())
    mutant = CodeMutant(ROLES_SCRIPT, (40, 41, 42), lambda: "")
    runs = MutantJudge().plan_runs(mutant, covering.tests_for(mutant), covering)
    assert [*runs] == [[calls_it], [makes_it], [also_makes_it]]


def test_a_file_that_imports_the_mutated_module_runs_before_a_cheaper_one() -> None:
    """A test is about the modules that it imports itself; through the app it runs many others."""
    push = "static/js/ledger/push.js"
    about = CoveringTest("tests/js/push_shapes.test.mjs", "about uploads", 3.0)
    elsewhere = CoveringTest("tests/js/unzip.test.mjs", "about archives", 0.1)
    covering = CoverageMap()
    for test in (about, elsewhere):
        covering.add(test, {push: [40]}, set())
    runs = MutantJudge().plan_runs(CodeMutant(push, (40,), lambda: ""), [elsewhere, about], covering)
    assert [*runs] == [[about], [elsewhere]]
    assert not covering.is_about(about, "static/js/net/feed.js")
    assert covering.is_about(CoveringTest("tests/test_encoding.py", "one", 1.0), "diary/encoding.py")


class RecordingJudge(MutantJudge):
    """Judge that runs nothing, and records the tests it should run."""

    def __init__(self, budget_s: float) -> None:
        """Judge with this budget."""
        super().__init__(budget_s)
        self.requested_tests: list[str] = []

    def judge(
        self, mutant: CodeMutant, covering: CoverageMap, tests: list[CoveringTest] | None = None
    ) -> dict[str, Any]:
        """Report that every test within the budget passed."""
        self.requested_tests = [test.id for test in tests or []]
        green = [test.id for test in tests or [] if test.cost <= self.budget_s]
        return {"how": "survived", "by": "", "cpu_s": 0.0, "green": green}


def test_a_survivor_gets_the_tests_that_it_has_not_had(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Changed files run again, a larger budget adds expensive tests, and without remaining tests nothing runs."""
    covered = CoverageMap()
    for file, name, cost in (("a", "a::cheap", 1.0), ("b", "b::cheap", 1.0), ("b", "b::dear", 9.0)):
        covered.add(CoveringTest(file, name, cost), {ROLES_SCRIPT: [40]}, set())
    texts = {"a": "1", "b": "1"}
    monkeypatch.setattr(mutations, "covered_by", lambda _area, **_how: covered)
    monkeypatch.setattr(mutations, "RESULTS_PATH", tmp_path / "results.jsonl")
    monkeypatch.setattr(covering, "digest", lambda paths: texts[next(iter(paths)).name])
    mutant = CodeMutant(ROLES_SCRIPT, (40,), lambda: "")
    test_lists, result = [], None
    for budget, changed in ((5, {}), (5, {}), (5, {"a": "2"}), (20, {}), (20, {}), (20, {"b": "2"})):
        texts |= changed
        judge = RecordingJudge(budget)
        result = result_of(mutant, "js-record", result, judge)
        test_lists.append(judge.requested_tests)
    assert test_lists == [
        ["a::cheap", "b::cheap", "b::dear"],
        [],
        ["a::cheap"],
        ["b::dear"],
        [],
        ["b::cheap", "b::dear"],
    ]


def test_only_a_process_without_cpu_demand_is_idle() -> None:
    """A process that runs or is queued on a busy machine is not idle, nor is one whose child has just ended."""
    cpu_readings = iter([5.0, 5.0, 9.0, 9.0, 2.0, 2.0, 2.05])
    idle = IdleDetector(1, wanted_s=lambda _group, _parent: next(cpu_readings))
    idle.is_over(0.0)
    start_time = 1000.0
    assert idle.is_over(start_time + 0.0) is False  # more time was requested
    assert idle.is_over(start_time + IDLE_SECONDS - 1) is False
    assert idle.is_over(start_time + IDLE_SECONDS) is False  # one of its processes has ended
    assert idle.is_over(start_time + 2 * IDLE_SECONDS) is False
    assert idle.is_over(start_time + 2 * IDLE_SECONDS + 1) is True


def test_a_process_that_runs_has_wanted_the_processor() -> None:
    """The figure is the kernel's, for a whole process group. The test uses its own group, as others may end."""
    script = "for _ in range(2): sum(range(2_000_000)); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        counts = []
        for _ in range(2):
            process.stdout.readline()
            counts.append(processor_seconds_wanted(process.pid, 0))
            process.stdin.write("\n")
            process.stdin.flush()
    assert counts[1] > counts[0] > 0


def test_a_slow_test_that_is_red_with_nothing_changed_judges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine time-dependent tests fail on unchanged code too, so such a failure is no kill."""
    monkeypatch.setattr(judging, "_SLOW_TEST_SECONDS", 0.0)
    mutant = CodeMutant(ROLES_SCRIPT, (40,), lambda: "changed")
    tests = [CoveringTest("tests/js/x.test.mjs", "one", 1.0)]
    for is_busy, outcome in ((True, "survived"), (False, "killed")):

        def run(module: str, *_given: object, is_busy: bool = is_busy) -> dict[str, Any]:
            is_red = bool(module) or is_busy
            return {"how": "killed" if is_red else "survived", "by": "one" if is_red else "", "cpu_s": 1.0}

        monkeypatch.setattr(node_runner, "run", run)
        result = MutantJudge().judge(mutant, CoverageMap(), tests)
        assert (result["how"], result["green"]) == (outcome, [])


def test_every_equivalent_mutant_still_exists() -> None:
    """An argument for a line that no longer exists is reported."""
    for (name, removed, added), reason in equivalent_mutants().items():
        lines = [line.strip() for line in (PROJECT_ROOT / name).read_text(encoding="utf-8").splitlines()]
        assert all(line in lines for line in removed), f"{name} no longer holds {removed}"
        assert removed != added
        assert len(reason) > 20, f"{name}: {removed}: a reason is a sentence"
