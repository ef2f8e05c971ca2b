"""The whole pack from a sealed copy, with no server: the same worker typesets, started here."""

import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Protocol

from diary import isolation
from diary.client.attachments import Blob
from diary.client.journal import Journal
from diary.client.packs import Step, check_front, finish, received_files
from diary.errors import PackFailed
from diary.pack.capsule import reader
from diary.pack.capsule.builder import Wish, erased_entries, make_capsule

LENGTH_BYTES = 4


class Source(Protocol):
    """Where the sealed files lie: a sealed copy, or a made-up diary's own."""

    def part(self, blob: str, i: int) -> bytes:
        """One sealed part, empty when there is none."""

    def content(self, diary: str, blob: Blob) -> AsyncIterator[bytes]:
        """The bytes of a file. Raises KeptError."""


async def build_offline(
    kept: Source, journal: Journal, wish: Wish, out: Path, work: Path, step: Step, *, is_unsandboxed: bool = False
) -> None:
    """Write the pack to `out`, which appears only when every check has passed.

    `work`: an empty folder of the caller's. `is_unsandboxed`: build it without isolation. A diary that no server knows is
    numbered in its own order, and its pack says so. Raises PackFailed when the worker fails, NotACopy for a file that is not
    in the copy, Unavailable where this computer cannot isolate the worker.
    """
    versions = journal.versions()
    wish = replace(wish, feed=journal.feed, absent=erased_entries(versions))
    raw = make_capsule(versions, wish, journal.identity.public_keys())
    front = _typeset(kept, raw, work, step, is_unsandboxed=is_unsandboxed)
    told = reader.read_capsule(raw)
    check_front(front, told)
    files = received_files(journal, told)
    await finish(files, lambda blob: kept.content(journal.identity.diary, blob), front, told, out, work, step)


def _typeset(kept: Source, raw: bytes, work: Path, step: Step, *, is_unsandboxed: bool) -> Path:
    """The front part, from an isolated worker of our own: without network, with one folder. Raises PackFailed, Unavailable."""
    wall = "" if is_unsandboxed else isolation.wall_for_a_person()
    folder = work / "front"
    folder.mkdir()
    command = isolation.command("diary.pack.worker", folder, wall, is_unsandboxed=is_unsandboxed)
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
