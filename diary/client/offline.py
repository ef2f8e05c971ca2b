"""The whole pack from a sealed copy, with no server: the same worker typesets, started here."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Protocol

from diary.client.attachments import Blob
from diary.client.journal import Journal
from diary.client.packs import Step, check_front, finish, received_files
from diary.errors import PackFailed
from diary.pack import capsule
from diary.pack.gather import Wish, erased_entries, make_capsule

LENGTH_BYTES = 4


class Source(Protocol):
    """Where the sealed files lie: a sealed copy, or a made-up diary's own."""

    def part(self, blob: str, i: int) -> bytes:
        """One sealed part, empty when there is none."""

    def content(self, diary: str, blob: Blob) -> AsyncIterator[bytes]:
        """The bytes of a file. Raises KeptError."""


async def build_offline(kept: Source, journal: Journal, wish: Wish, out: Path, work: Path, step: Step) -> None:
    """Write the pack to `out`, which appears only when every check has passed.

    `work`: an empty folder of the caller's. A diary that no server knows is numbered in its own order, and its pack says
    so. Raises PackFailed when the worker fails, NotACopy for a file that is not in the copy.
    """
    versions = journal.versions()
    wish = replace(wish, feed=journal.feed, absent=erased_entries(versions))
    raw = make_capsule(versions, wish, journal.identity.public_keys())
    front = _typeset(kept, raw, work, step)
    told = capsule.read_capsule(raw)
    check_front(front, told)
    files = received_files(journal, told)
    await finish(files, lambda blob: kept.content(journal.identity.diary, blob), front, told, out, work, step)


def _typeset(kept: Source, raw: bytes, work: Path, step: Step) -> Path:
    """The front part, from a worker of our own in its jail: without network, with one folder. Raises PackFailed."""
    folder = work / "front"
    folder.mkdir()
    command = [sys.executable, "-I", "-m", "diary.pack.worker", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}) as worker:  # noqa: S603
        assert worker.stdin and worker.stdout
        _say(worker.stdin, raw)
        for line in worker.stdout:
            told: dict[str, Any] = json.loads(line)
            if "want" in told:
                blob, i = told["want"]
                _say(worker.stdin, kept.part(str(blob), int(i)))
            elif "step" in told:
                step(str(told["step"]), int(told["done"]), int(told["total"]))
            elif "failed" in told:
                worker.kill()
                raise PackFailed(str(told["sentence"]))
            else:
                return folder / str(told["front"])
    raise PackFailed


def _say(pipe: IO[bytes], frame: bytes) -> None:
    """One frame to the worker."""
    pipe.write(len(frame).to_bytes(LENGTH_BYTES, "big") + frame)
    pipe.flush()
