"""`make fuzz`: every reader of others' bytes, in both languages, with new bytes for SECONDS; ends with 1 when one did wrong.

python -m tests.fuzzing [--seconds 300] [--first 1] [--only NAME…] [--keep var/fuzz]
"""

import argparse
import hashlib
import resource
import sys
import time
from pathlib import Path

from tests.fuzzing import in_node, running
from tests.fuzzing.targets import TARGETS

# So many of one reader before the next has its turn.
TURN = 1000
# The process's whole room, the libraries it loads among them.
MEMORY = 4 << 30


def main() -> int:
    """Take turns until the time is over; keep what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=300, help="how long, to the end of the turn that is on (300)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--only", nargs="+", help="readers by name; those of the app begin with js:")
    parser.add_argument(
        "--keep", type=Path, default=Path("var/fuzz"), help="where bytes are kept that a reader did wrong with"
    )
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    names = asked.only or [*TARGETS, *(f"js:{name}" for name in in_node.FORMS)]
    found: set[str] = set()
    given, seed, end = 0, asked.first, time.monotonic() + asked.seconds
    while time.monotonic() < end:
        for name in names:
            is_app, plain = name.startswith("js:"), name.removeprefix("js:")
            for crash in (in_node if is_app else running).crashes(plain, TURN, seed):
                last = crash.why.strip().splitlines()[-1]
                if f"{name} {last}" in found:
                    continue
                found.add(f"{name} {last}")
                asked.keep.mkdir(parents=True, exist_ok=True)
                path = (
                    asked.keep
                    / f"{name.replace(':', '_').replace(' ', '_')}-{hashlib.sha256(crash.raw).hexdigest()[:12]}"
                )
                path.write_bytes(crash.raw)
                print(f"{name}: {path}\n{crash.why}", flush=True)
            given += TURN
            if time.monotonic() >= end:
                break
        seed += TURN
    print(f"{given} inputs from seed {asked.first}, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
