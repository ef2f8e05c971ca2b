"""Pack jobs of tests: a queue over a fictional diary, and a job run to its end."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from diary.clock import Clock, FixedClock
from diary.errors import NotFound
from diary.ids import new_id
from diary.services.packs import worker_process
from diary.services.packs.queue import PackJob, PackQueue
from tests.pack.fictional_diary import START_MS, FictionalDiary


def make_job_queue(diary: FictionalDiary, clock: Clock | None = None) -> PackQueue:
    """Return a queue over a diary's sealed parts."""

    async def fetch(account: bytes, diary_id: bytes, blob: str, index: int) -> bytes:
        if (blob, index) not in diary.sealed_parts:
            raise NotFound
        return diary.sealed_parts[blob, index]

    return PackQueue(fetch, clock or FixedClock(START_MS))


async def run_job(jobs: PackQueue, capsule_bytes: bytes) -> PackJob:
    """Run one job to its end."""
    account, pack = new_id(), new_id()
    job = await jobs.enqueue(account, new_id(), pack)
    await jobs.start_job(account, pack, capsule_bytes)
    assert job.task is not None
    await job.task
    return job


@pytest.fixture(autouse=True)
def job_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test its own folder in memory, because another server on this machine has jobs of its own."""
    with tempfile.TemporaryDirectory(dir=worker_process.MEMORY) as folder:
        monkeypatch.setattr(worker_process, "MEMORY", Path(folder))
        yield Path(folder)
