"""Run Rumur, an exhaustive model checker, on a model of docs/model."""

import platform
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.test_layers import PROJECT_ROOT

MODELS = PROJECT_ROOT / "docs" / "model"


@dataclass(frozen=True, slots=True)
class ModelCase:
    """One model with some of its constants. `broken_property`: the one that must fail, None where all must hold."""

    model: str
    constants: Mapping[str, int | bool]
    broken_property: str | None = None

    def __str__(self) -> str:
        return " ".join([self.model, *(f"{name}={value}" for name, value in self.constants.items())])


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """Result of the checker. `broken`: the first failed property, or None; `trace`: the steps to it."""

    broken: str | None
    states: int
    rules_never_applied: tuple[str, ...]
    trace: str


def model_with_constants(text: str, constants: Mapping[str, int | bool]) -> str:
    """Return the model's text with these constants replaced. Raises ValueError for an unknown constant."""
    for name, value in constants.items():
        text, count = re.subn(rf"^(  {name}): \w+;", rf"\1: {str(value).lower()};", text, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(name)
    return text


def run_model_checker(case: ModelCase) -> CheckOutcome:
    """Visit every reachable state of the model, or stop at the first failed property.

    One thread, so that the counterexample is the same each time and among the shortest. Raises CalledProcessError for a
    malformed model, and RuntimeError when the checker ends without a result.
    """
    with tempfile.TemporaryDirectory() as name:
        model, source, program = Path(name, f"{case.model}.m"), Path(name, "checker.c"), Path(name, "checker")
        model.write_text(
            model_with_constants((MODELS / model.name).read_text(encoding="utf-8"), case.constants), encoding="utf-8"
        )
        options = ["--threads", "1", "--colour", "off", "--deadlock-detection", "off"]
        subprocess.run(["rumur", *options, "--output", source, model], check=True)
        # The checker needs an atomic exchange of two words.
        atomic_options = ["-mcx16"] if platform.machine() == "x86_64" else ["-latomic"]
        # -O2 takes a second longer to compile than -O1 and is no faster here. A planted fault ends the run after a few
        # states, so that compiling takes longer than checking: without optimisation both together take half as long.
        optimisation = "-O0" if case.broken_property else "-O1"
        compile_options = ["-std=c11", optimisation, "-w", *atomic_options]
        subprocess.run(["cc", *compile_options, "-o", program, source, "-lpthread"], check=True)
        result = subprocess.run([program], check=False, capture_output=True, text=True)
    return parse_report(result.stdout)


def parse_report(text: str) -> CheckOutcome:
    """Parse the checker's report, without its progress lines. Raises RuntimeError for anything else."""
    lines = [line for line in text.splitlines() if not re.match(r"\t? *\d+ states explored in", line)]
    report = "\n".join(lines)
    states = re.search(r"(\d+) states, \d+ rules fired", report)
    failed = re.search(
        r'(?:invariant|liveness property) "([^"]+)" (?:failed|violated)|Assertion failed: [^\n]*?: ([^\n:]+)$',
        report,
        re.MULTILINE,
    )
    missed = tuple(re.findall(r'cover "([^"]+)" not hit', report))
    if states is None or not (failed or missed or "No error found." in report):
        raise RuntimeError(report[-2000:])
    broken = failed.group(1) or failed.group(2) if failed else None
    return CheckOutcome(broken, int(states.group(1)), missed, report)
