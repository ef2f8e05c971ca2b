"""`make model`: every model as the protocol is, and with each planted fault; ends with 1 when one comes out otherwise.

python -m tests.model [--trace MODEL WEAKENING]
"""

import argparse
import sys

from tests.model.cases import HOLDING, LARGER, PLANTED
from tests.model.checking import Case, check


def report(case: Case) -> bool:
    """Print what came of a case; whether it is what it should be."""
    found = check(case)
    is_right = found.broken == case.breaks and not (found.missed and case.breaks is None)
    what = f"fails: {found.broken}" if found.broken else "holds"
    missed = f"; never came to pass: {', '.join(found.missed)}" if found.missed and case.breaks is None else ""
    print(f"{'as it should' if is_right else 'WRONG'}: {case}: {what} ({found.states} states){missed}", flush=True)
    if not is_right:
        print(found.trace, flush=True)
    return is_right


def main() -> int:
    """Check them all, or print one counterexample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--trace", nargs=2, metavar=("MODEL", "WEAKENING"), help="print the counterexample of one planted fault"
    )
    asked = parser.parse_args()
    if asked.trace:
        model, weakening = asked.trace
        case = next(one for one in PLANTED if one.model == model and one.constants["WEAKENING"] == int(weakening))
        print(check(case).trace)
        return 0
    results = [report(case) for case in [*HOLDING, *LARGER, *PLANTED]]
    print(f"{sum(results)} of {len(results)} as they should be")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
