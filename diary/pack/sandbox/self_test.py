"""Test of the isolation on this computer, run from inside a worker.

`python -I -m diary.pack.sandbox.self_test FOLDER [--in-bubblewrap]` prints `{"isolated":true}` or `{"fault":sentence}`.
It reads no files but its own.
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
from diary.pack.sandbox.supervisor import IsolatedJob, LayoutClient, supervise

_FORBIDDEN_ACTIONS: Final[dict[str, Callable[[Path], object]]] = {
    "read other files": lambda _: next(Path("/etc").iterdir()),
    "open a network socket": lambda _: socket.socket(),
    "start a process": lambda _: os.fork() or os._exit(0),
    "leave its group": lambda _: os.setsid(),
    "signal the process that watches it": lambda _: os.kill(os.getppid(), 0),
    "change permissions": lambda own: own.chmod(0o755),
}


def main() -> int:
    """Isolate a worker, try forbidden and permitted actions, and print the result."""
    folder, *flags = sys.argv[1:]
    job_folder = Path(folder)
    return supervise(
        IsolatedJob(
            folder=job_folder,
            run_work=partial(_run_self_test, job_folder),
            lay_out=lambda *_: None,
            on_unavailable=_report_unavailable,
            in_bubblewrap="--in-bubblewrap" in flags,
        )
    )


def _run_self_test(folder: Path, layout_client: LayoutClient) -> int:
    """Run the test inside the isolated worker."""
    permitted_actions = [name for name, action in _FORBIDDEN_ACTIONS.items() if not _is_refused(action, folder)]
    if permitted_actions:
        return _write_message({"fault": f"The pack builder could {', '.join(permitted_actions)}."})
    try:
        (folder / "trial").write_bytes(b"trial")
        threading.Thread(target=int).start()
        layout_client.request("trial", "01", 0)
        is_working = layout_client.wait_for_result()
    except (OSError, RuntimeError):
        is_working = False
    return _write_message(
        {"isolated": True} if is_working else {"fault": "The pack builder does not work in isolation on this computer."}
    )


def _is_refused(action: Callable[[Path], object], folder: Path) -> bool:
    """Return whether the system refuses an action."""
    try:
        action(folder)
    except OSError:
        return True
    return False


def _report_unavailable(error: KeptError) -> int:
    """Print that this computer lacks a required feature."""
    return _write_message({"fault": error.message})


def _write_message(message: dict[str, object]) -> int:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
