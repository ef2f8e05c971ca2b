"""`make judges`: verify mutated packs with the program and with the page's code. Exits with 1 when they differ.

python -m tests.judges [--count 5000] [--first 1] [--keep var/judges]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.judges.comparison import compare_judges
from tests.judges.sound_packs import build_sound_packs


def main() -> int:
    """Run the comparison, print each difference and the count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000, help="how many packs (5000)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--keep", type=Path, default=Path("var/judges"), help="folder for packs with differing results")
    options = parser.parse_args()
    differing = 0
    with tempfile.TemporaryDirectory() as name:
        for difference in compare_judges(
            build_sound_packs(Path(name)), range(options.first, options.first + options.count), Path(name), options.keep
        ):
            differing += 1
            print(difference, flush=True)
    print(f"{options.count} packs from seed {options.first}: the verifiers differ on {differing}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
