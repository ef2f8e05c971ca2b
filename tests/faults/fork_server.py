"""Process that loads everything once and forks a server on command.

Starting a server two hundred times would take ten minutes. Run it with the port; each line on standard input is a
command: `start` forks a server and answers with its process id; `purge N` forks the hourly work, once, with a clock N
ms ahead. Settings come from the environment, as for any server. `KEPT_FILE_LIMIT` simulates a full disk: no file may
grow beyond so many bytes.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys

import uvicorn

from diary import config
from diary.app import create_app, open_instance
from diary.clock import FixedClock, SystemClock
from diary.config import Settings
from diary.crypto import kdf
from diary.services.log import sequencer
from diary.services.sync.purge import purge


def serve_fork_commands(port: int) -> None:
    """Answer commands until standard input ends."""
    settings = config.load_settings(os.environ)
    app = create_app(settings, kdf_profile=kdf.CHEAPEST_PROFILE, kdf_policy=kdf.TEST_POLICY)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            limit = int(os.environ.get("KEPT_FILE_LIMIT", "0"))
            if limit and line.strip() == "start-full":
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            sys.stdin.close()
            if line.startswith("purge"):
                asyncio.run(run_due_work(settings, int(line.split()[1])))
                os._exit(0)
            uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="critical", server_header=False)
            os._exit(0)
        print(child, flush=True)


async def run_due_work(settings: Settings, clock_offset_ms: int) -> None:
    """Update the log first, as it must include a closed account's leaves; then carry out whatever is due."""
    clock = FixedClock(SystemClock().now_ms() + clock_offset_ms)
    async with open_instance(settings, clock, kdf_profile=kdf.CHEAPEST_PROFILE, kdf_policy=kdf.TEST_POLICY) as instance:
        await sequencer.run_round(instance)
        await purge(instance)


if __name__ == "__main__":
    serve_fork_commands(int(sys.argv[1]))
