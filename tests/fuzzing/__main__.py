"""`make fuzz`: run every reader of foreign bytes, in both languages, on new inputs. Exits with 1 after a failure.

python -m tests.fuzzing [--seconds 300] [--first 1] [--only NAME…] [--keep var/fuzz]
"""

import argparse
import hashlib
import resource
import sys
import time
from pathlib import Path

from tests.fuzzing import node_readers as in_node
from tests.fuzzing import reader_runs as running
from tests.fuzzing.targets import TARGETS

# Runs of one reader before the next one's turn.
RUNS_PER_TURN = 1000
# Address space of the whole process, including its libraries.
MEMORY_LIMIT_BYTES = 4 << 30


def main() -> int:
    """Run the readers in turn until the time is over, and save failing inputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=300, help="time limit; the current turn is finished (300)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--only", nargs="+", help="readers by name; those of the app begin with js:")
    parser.add_argument("--keep", type=Path, default=Path("var/fuzz"), help="folder for failing inputs")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    names = options.only or [*TARGETS, *(f"js:{name}" for name in in_node.FORM_BY_READER)]
    failing_readers: set[str] = set()
    inputs_given, seed, deadline = 0, options.first, time.monotonic() + options.seconds
    while time.monotonic() < deadline:
        for name in names:
            is_app, reader_name = name.startswith("js:"), name.removeprefix("js:")
            for crash in (in_node if is_app else running).find_crashes(reader_name, RUNS_PER_TURN, seed):
                last = crash.reason.strip().splitlines()[-1]
                if f"{name} {last}" in failing_readers:
                    continue
                failing_readers.add(f"{name} {last}")
                options.keep.mkdir(parents=True, exist_ok=True)
                path = (
                    options.keep
                    / f"{name.replace(':', '_').replace(' ', '_')}-{hashlib.sha256(crash.raw).hexdigest()[:12]}"
                )
                path.write_bytes(crash.raw)
                print(f"{name}: {path}\n{crash.reason}", flush=True)
            inputs_given += RUNS_PER_TURN
            if time.monotonic() >= deadline:
                break
        seed += RUNS_PER_TURN
    print(f"{inputs_given} inputs from seed {options.first}, {len(failing_readers)} faults")
    return 1 if failing_readers else 0


if __name__ == "__main__":
    sys.exit(main())
