"""Serves the real application for the phone's tests in Node, with locks cheap enough to make hundreds of."""

import asyncio
import os
import sys

import uvicorn

from diary.app import create_app
from diary.config import load
from diary.crypto import kdf
from diary.storage.database import migrate


def main() -> None:
    """Migrate, say so on standard output, and serve until killed."""
    settings = load(os.environ)
    asyncio.run(migrate(settings))
    app = create_app(settings, kdf_profile=kdf.CHEAPEST, kdf_policy=kdf.TESTS)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    # A browser sends again what met a connection that was closed for being idle; Node does not.
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="error", server_header=False,
        timeout_keep_alive=600,
    )  # fmt: skip


main()
