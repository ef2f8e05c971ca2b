"""The same for the app's readers, which run in Node: bytes go in by lines, and what went wrong comes out."""

import base64
import json
import resource
import subprocess
from collections.abc import Iterator
from typing import Final

from tests.fuzzing.changing import changed
from tests.fuzzing.running import Crash, corpus_of
from tests.test_layers import ROOT

SCRIPT: Final = ROOT / "tests" / "fuzzing" / "read.mjs"
# Each reader and the form whose corpus it is given.
FORMS: Final = {
    "json": "json", "frames": "frames", "push": "frames", "header": "envelope", "base64": "words", "note": "note", "der": "der",
    "number": "der", "name": "der", "time": "der", "certificate": "der", "pdf": "pdf", "tiff": "picture", "about": "picture",
    "chat": "chat", "mail": "mail", "zip": "zip", "entry": "zip", "pack": "zip", "pem": "pem", "timestamp": "stamp",
}  # fmt: skip
HEAP_MIB: Final = 256
# Of the processor's, for one batch: whatever does not end is ended.
CPU_SECONDS: Final = 120


def _bounded() -> None:
    """Before Node starts."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def crashes(name: str, runs: int, first: int = 0) -> Iterator[Crash]:
    """What a reader of the app does wrong with its corpus, unchanged and changed by each of `runs` seeds."""
    corpus = corpus_of(FORMS[name])
    given = [*corpus, *(changed(seed, corpus) for seed in range(first, first + runs))]
    lines = [json.dumps({"i": i, "target": name, "raw": base64.b64encode(raw).decode()}) for i, raw in enumerate(given)]
    command = ["node", f"--max-old-space-size={HEAP_MIB}", SCRIPT]
    ended = subprocess.run(
        command, input="\n".join(lines), capture_output=True, text=True, check=False, preexec_fn=_bounded
    )
    last = 0
    for line in ended.stdout.splitlines():
        said = json.loads(line)
        if isinstance(said, int):
            last = said
        else:
            yield Crash(name, given[said["i"]], said["why"])
    if ended.returncode:
        yield Crash(name, given[last], f"Node ended with {ended.returncode}\n{ended.stderr[-2000:]}")
    elif last != len(given) - 1:
        raise RuntimeError(f"{name}: Node read {last + 1} of {len(given)}")
