"""Pack jobs of a test: a queue over a fictional diary, and one job to its end."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from diary.clock import Clock, FixedClock
from diary.errors import NotFound
from diary.ids import new_id
from diary.services.packs import worker_process
from diary.services.packs.queue import Job, PackJobs
from tests.pack.fiction import START, FictionalDiary


def jobs_for(diary: FictionalDiary, clock: Clock | None = None) -> PackJobs:
    """Return a queue over a diary's sealed parts."""

    async def fetch(account: bytes, of: bytes, blob: str, i: int) -> bytes:
        if (blob, i) not in diary.parts:
            raise NotFound
        return diary.parts[blob, i]

    return PackJobs(fetch, clock or FixedClock(START))


async def run(jobs: PackJobs, raw: bytes) -> Job:
    """Run one job to its end."""
    account, pack = new_id(), new_id()
    job = await jobs.place(account, new_id(), pack)
    await jobs.start(account, pack, raw)
    assert job.task is not None
    await job.task
    return job


@pytest.fixture(autouse=True)
def job_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test a folder of its own in memory: another server on this machine has jobs of its own."""
    with tempfile.TemporaryDirectory(dir=worker_process.MEMORY) as folder:
        monkeypatch.setattr(worker_process, "MEMORY", Path(folder))
        yield Path(folder)
