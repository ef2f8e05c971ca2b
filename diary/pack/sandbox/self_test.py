"""`python -I -m diary.pack.sandbox.self_test FOLDER [--walled]`: whether a worker can be isolated here, tried from inside.

Says `{"isolated":true}`, or `{"fault":sentence}`. Nothing is read but this program's own files.
"""

import json
import os
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from diary.errors import KeptError
from diary.pack.sandbox.supervisor import Job, Spool, supervise

_FORBIDDEN: Final[dict[str, Callable[[Path], object]]] = {
    "read other files": lambda _: next(Path("/etc").iterdir()),
    "open a network socket": lambda _: socket.socket(),
    "start a process": lambda _: os.fork() or os._exit(0),
    "leave its group": lambda _: os.setsid(),
    "signal the process that watches it": lambda _: os.kill(os.getppid(), 0),
    "change permissions": lambda own: own.chmod(0o755),
}


def main() -> int:
    """Isolate a worker, try what must be refused and what must not be, say how it went."""
    folder, *flags = sys.argv[1:]
    place = Path(folder)
    return supervise(
        Job(
            folder=place,
            work=partial(_attempt, place),
            lay_out=lambda *_: None,
            refused=_failed,
            is_walled="--walled" in flags,
        )
    )


def _attempt(folder: Path, spool: Spool) -> int:
    """Runs isolated."""
    possible = [name for name, attempt in _FORBIDDEN.items() if not _is_refused(attempt, folder)]
    if possible:
        return _say({"fault": f"The pack builder could {', '.join(possible)}."})
    try:
        (folder / "trial").write_bytes(b"trial")
        threading.Thread(target=int).start()
        spool.ask("trial", "01", 0)
        works = spool.wait()
    except (OSError, RuntimeError):
        works = False
    return _say(
        {"isolated": True} if works else {"fault": "The pack builder does not work in isolation on this computer."}
    )


def _is_refused(attempt: Callable[[Path], object], folder: Path) -> bool:
    """Whether something fails."""
    try:
        attempt(folder)
    except OSError:
        return True
    return False


def _failed(error: KeptError) -> int:
    """This computer lacks what is needed."""
    return _say({"fault": error.sentence})


def _say(told: dict[str, object]) -> int:
    """One line."""
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
