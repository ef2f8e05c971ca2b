"""Fuzzing of the app's readers in Node: inputs are sent line by line, failures come back."""

import base64
import json
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.fuzzing.mutation import mutated_input
from tests.fuzzing.reader_runs import Crash, corpus_of
from tests.test_layers import PROJECT_ROOT

SCRIPT: Final = PROJECT_ROOT / "tests" / "fuzzing" / "read.mjs"
# Each reader, and the format of its corpus.
FORM_BY_READER: Final = {
    "json": "json", "frames": "frames", "push": "frames", "header": "envelope", "base64": "words", "note": "note", "der": "der",
    "number": "der", "name": "der", "time": "der", "certificate": "der", "pdf": "pdf", "tiff": "picture", "about": "picture",
    "chat": "chat", "mail": "mail", "zip": "zip", "entry": "zip", "pack": "zip", "pem": "pem", "timestamp": "stamp",
    "table": "table", "mailbox": "mailbox", "phone": "phone",
    "conversation": "conversation", "outlook": "outlook", "rtf": "rtf", "page": "page", "archive": "archive", "bill": "bill",
    "contacts": "contacts", "sound": "sound",
}  # fmt: skip
HEAP_MIB: Final = 256
# Processor time for one batch. A reader that does not finish is killed.
CPU_SECONDS: Final = 120


def _limit_resources() -> None:
    """Set limits before Node starts."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def find_crashes(name: str, runs: int, first_seed: int = 0) -> Iterator[Crash]:
    """Return the failures of a reader on its corpus, unchanged and mutated by each of `runs` seeds."""
    corpus = corpus_of(FORM_BY_READER[name])
    inputs = [*corpus, *(mutated_input(seed, corpus) for seed in range(first_seed, first_seed + runs))]
    lines = [
        json.dumps({"i": i, "target": name, "raw": base64.b64encode(raw).decode()}) for i, raw in enumerate(inputs)
    ]
    command: list[str | Path] = ["node", f"--max-old-space-size={HEAP_MIB}", SCRIPT]
    result = subprocess.run(
        command, input="\n".join(lines), capture_output=True, text=True, check=False, preexec_fn=_limit_resources
    )
    last = 0
    for line in result.stdout.splitlines():
        report = json.loads(line)
        if isinstance(report, int):
            last = report
        else:
            yield Crash(name, inputs[report["i"]], report["why"])
    if result.returncode:
        yield Crash(name, inputs[last], f"Node ended with {result.returncode}\n{result.stderr[-2000:]}")
    elif last != len(inputs) - 1:
        raise RuntimeError(f"{name}: Node read {last + 1} of {len(inputs)}")
