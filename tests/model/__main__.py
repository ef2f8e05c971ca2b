"""`make model`: check every model, unchanged and with each planted fault. Exits with 1 on an unexpected result.

python -m tests.model [--trace MODEL WEAKENING]
"""

import argparse
import sys

from tests.model.cases import HOLDING_CASES, LARGER_CASES, PLANTED_FAULTS
from tests.model.checking import ModelCase, run_model_checker


def print_result(case: ModelCase) -> bool:
    """Print the result of a case. Return whether it is as expected."""
    outcome = run_model_checker(case)
    is_right = outcome.broken == case.broken_property and not (
        outcome.rules_never_applied and case.broken_property is None
    )
    label = f"fails: {outcome.broken}" if outcome.broken else "holds"
    missed = (
        f"; never reached: {', '.join(outcome.rules_never_applied)}"
        if outcome.rules_never_applied and case.broken_property is None
        else ""
    )
    print(f"{'as expected' if is_right else 'WRONG'}: {case}: {label} ({outcome.states} states){missed}", flush=True)
    if not is_right:
        print(outcome.trace, flush=True)
    return is_right


def main() -> int:
    """Check all models, or print one counterexample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--trace", nargs=2, metavar=("MODEL", "WEAKENING"), help="print the counterexample of one planted fault"
    )
    options = parser.parse_args()
    if options.trace:
        model, weakening = options.trace
        case = next(
            planted
            for planted in PLANTED_FAULTS
            if planted.model == model and planted.constants["WEAKENING"] == int(weakening)
        )
        print(run_model_checker(case).trace)
        return 0
    results = [print_result(case) for case in [*HOLDING_CASES, *LARGER_CASES, *PLANTED_FAULTS]]
    print(f"{sum(results)} of {len(results)} as expected")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
