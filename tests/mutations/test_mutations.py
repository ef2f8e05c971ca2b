"""The mutation run itself: its mutants are what they say, it sees a planted fault, and what is argued is still there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mutations import __main__ as mutations
from tests.mutations import browser_mutants, covering, judging, node_runner, python_mutants
from tests.mutations.__main__ import draw, equivalents, judged
from tests.mutations.areas import AREAS, ROOT, files
from tests.mutations.covering import Covering, CoveringTest
from tests.mutations.idle import IDLE_S, Idle, wanted
from tests.mutations.judging import Judge
from tests.mutations.mutant import Mutant

PADDING = "diary/crypto/padding.py"
RULES = "static/js/record/roles.js"


def test_every_area_has_files_and_none_is_in_two() -> None:
    """A file that is renamed is not left out in silence."""
    found = [name for area in AREAS for name in files(area)]
    assert len(found) == len(set(found))
    for area, patterns in AREAS.items():
        assert list(files(area)), area
        for pattern in patterns:
            assert list(ROOT.glob(pattern)), f"{area}: {pattern} names no file"


def test_a_mutant_of_python_changes_one_place_and_knows_its_lines() -> None:
    """The line that goes is among the lines whose being run means that the place was reached."""
    source = (ROOT / PADDING).read_text(encoding="utf-8").splitlines()
    found = list(python_mutants.mutants(PADDING))
    assert len(found) > 20
    for one in found:
        gone, _ = one.changed
        assert gone, one.diff()
        if one.lines is not None:
            assert gone[0] in {source[line - 1].strip() for line in one.lines}, one.diff()


def test_a_mutant_of_the_browser_s_code_changes_one_place() -> None:
    """Stryker's places are those of the file."""
    source = (ROOT / RULES).read_text(encoding="utf-8").splitlines()
    found = list(browser_mutants.mutants([RULES]))
    assert len(found) > 20
    for one in found:
        gone, _ = one.changed
        assert one.lines
        assert gone[0] == source[one.lines[0] - 1].strip(), one.diff()


def test_the_seed_decides_what_is_drawn_and_a_larger_sample_begins_with_the_smaller() -> None:
    """The same seed draws the same; another one others."""
    drawn = [[one.key for one in draw("py-crypto", seed, "padding")] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert set(drawn[0]) == set(drawn[2])


def test_mutants_that_were_kept_are_those_that_were_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same changes of the same lines, in the same order; a larger sample is drawn anew."""
    monkeypatch.setattr(mutations, "VAR", tmp_path)
    times = []
    monkeypatch.setattr(mutations, "draw", lambda *given: times.append(given) or draw(*given))
    found = [mutations.first_of("py-crypto", 1, "padding", count) for count in (4, 4, 3, 6)]
    assert len(times) == 2
    told = [[(one.key, one.file, one.lines, one.source) for one in mutants] for mutants in found]
    assert told[0] == told[1] == told[3][:4]
    assert told[2] == told[0][:3]


def test_a_planted_fault_is_seen_in_python_and_no_change_is_not() -> None:
    """The changed file is the one that is imported, in a process of its own."""
    test = CoveringTest("tests/crypto/test_padding.py", "tests/crypto/test_padding.py", 1.0)
    judge = Judge()
    try:
        ends = set()
        for one in list(python_mutants.mutants(PADDING))[:6]:
            covering = Covering()
            covering.add(test, {PADDING: list(one.lines or [1])}, set())
            ends.add(judge.judge(one, covering)["how"])
    finally:
        judge.close()
    assert "killed" in ends


def test_a_planted_fault_is_seen_in_node_and_no_change_is_not() -> None:
    """The changed module is the one that is imported."""
    source = (ROOT / RULES).read_text(encoding="utf-8")
    unchanged = node_runner.run(RULES, source, "tests/js/roles.test.mjs", [], 60)
    broken = node_runner.run(RULES, source + "\nthrow new Error('planted');\n", "tests/js/roles.test.mjs", [], 60)
    node_runner.close()
    assert (unchanged["how"], broken["how"]) == ("survived", "killed")


def test_a_test_that_killed_nearby_is_run_first_and_cheap_files_before_dear_ones() -> None:
    """The order is: likely killers by themselves, then whole files by what they cost."""
    cheap, dear, killer = (
        CoveringTest("a", "a::cheap", 1.0),
        CoveringTest("b", "b::dear", 9.0),
        CoveringTest("b", "b::killer", 2.0),
    )
    mutant = Mutant(RULES, (40,), lambda: "")
    judge = Judge()
    assert [*judge.runs(mutant, [cheap, dear, killer], Covering())] == [[cheap], [dear, killer]]
    judge.learn({"how": "killed", "file": RULES, "line": 38, "by": "b::killer"})
    judge.learn({"how": "survived", "file": RULES, "line": 40, "by": ""})
    assert [*judge.runs(mutant, [cheap, dear, killer], Covering())] == [[killer], [cheap], [dear]]


class Recording(Judge):
    """Runs nothing, and notes which tests it was asked to run."""

    def __init__(self, budget_s: float) -> None:
        """Judge with this budget."""
        super().__init__(budget_s)
        self.asked: list[str] = []

    def judge(self, mutant: Mutant, covering: Covering, tests: list[CoveringTest] | None = None) -> dict[str, Any]:
        """Let every test that fits the budget be green."""
        self.asked = [test.id for test in tests or []]
        green = [test.id for test in tests or [] if test.cost <= self.budget_s]
        return {"how": "survived", "by": "", "cpu_s": 0.0, "green": green}


def test_a_survivor_gets_the_tests_that_it_has_not_had(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A changed file is run again, a larger budget runs the dear ones too, and what has nothing left to run is not run."""
    covered = Covering()
    for file, name, cost in (("a", "a::cheap", 1.0), ("b", "b::cheap", 1.0), ("b", "b::dear", 9.0)):
        covered.add(CoveringTest(file, name, cost), {RULES: [40]}, set())
    texts = {"a": "1", "b": "1"}
    monkeypatch.setattr(mutations, "covered_by", lambda _area, **_how: covered)
    monkeypatch.setattr(mutations, "RESULTS", tmp_path / "results.jsonl")
    monkeypatch.setattr(covering, "digest", lambda paths: texts[next(iter(paths)).name])
    mutant = Mutant(RULES, (40,), lambda: "")
    asked, result = [], None
    for budget, changed in ((5, {}), (5, {}), (5, {"a": "2"}), (20, {}), (20, {}), (20, {"b": "2"})):
        texts |= changed
        judge = Recording(budget)
        result = judged(mutant, "js-record", result, judge)
        asked.append(judge.asked)
    assert asked == [["a::cheap", "b::cheap", "b::dear"], [], ["a::cheap"], ["b::dear"], [], ["b::cheap", "b::dear"]]


def test_only_what_wants_no_processor_is_idle() -> None:
    """One that runs, or stands in the queue of a busy machine, is not; nor is one whose helpers have just ended."""
    said = iter([5.0, 5.0, 9.0, 9.0, 2.0, 2.0, 2.05])
    idle = Idle(1, wanted_s=lambda _group, _parent: next(said))
    idle.is_over(0.0)
    began = 1000.0
    assert idle.is_over(began + 0.0) is False  # it has wanted more
    assert idle.is_over(began + IDLE_S - 1) is False
    assert idle.is_over(began + IDLE_S) is False  # one of its processes has ended
    assert idle.is_over(began + 2 * IDLE_S) is False
    assert idle.is_over(began + 2 * IDLE_S + 1) is True


def test_a_process_that_runs_has_wanted_the_processor() -> None:
    """The count is the kernel's own, of a whole group of processes. The group here is the test's own: others' end meanwhile."""
    script = "for _ in range(2): sum(range(2_000_000)); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        counts = []
        for _ in range(2):
            process.stdout.readline()
            counts.append(wanted(process.pid, 0))
            process.stdin.write("\n")
            process.stdin.flush()
    assert counts[1] > counts[0] > 0


def test_a_slow_test_that_is_red_with_nothing_changed_judges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a test that waits by the clock fails whatever is changed; a kill must hold against that."""
    monkeypatch.setattr(judging, "_SLOW_S", 0.0)
    mutant = Mutant(RULES, (40,), lambda: "changed")
    tests = [CoveringTest("tests/js/x.test.mjs", "one", 1.0)]
    for is_busy, how in ((True, "survived"), (False, "killed")):

        def run(module: str, *_given: object, is_busy: bool = is_busy) -> dict[str, Any]:
            is_red = bool(module) or is_busy
            return {"how": "killed" if is_red else "survived", "by": "one" if is_red else "", "cpu_s": 1.0}

        monkeypatch.setattr(node_runner, "run", run)
        done = Judge().judge(mutant, Covering(), tests)
        assert (done["how"], done["green"]) == (how, [])


def test_what_is_argued_is_still_there() -> None:
    """A row whose line is gone argues for nothing."""
    for (name, gone, come), why in equivalents().items():
        lines = [line.strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
        assert all(line in lines for line in gone), f"{name} no longer holds {gone}"
        assert gone != come
        assert len(why) > 20, f"{name}: {gone}: a reason is a sentence"
