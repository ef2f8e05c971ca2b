"""One pack of the fictional diary, built by the real worker, for every test that reads one."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from diary.clock import SystemClock
from diary.errors import NotFound
from diary.ids import new_id
from diary.pack import archive
from diary.pack.capsule import Capsule, read_capsule
from diary.pack.gather import make_capsule
from diary.services.packing import PackJobs
from tests.pack.fiction import FictionalDiary, fictional_diary


@dataclass(frozen=True)
class BuiltPack:
    """A finished pack and what it was made from."""

    path: Path
    front: Path
    diary: FictionalDiary
    raw: bytes
    told: Capsule


async def build(diary: FictionalDiary, raw: bytes, out: Path) -> Path:
    """The front part of a capsule, made as the server makes it."""

    async def fetch(account: bytes, of: bytes, blob: str, i: int) -> bytes:
        if (blob, i) not in diary.parts:
            raise NotFound
        return diary.parts[blob, i]

    jobs = PackJobs(fetch, SystemClock())
    account, pack = new_id(), new_id()
    job = await jobs.place(account, new_id(), pack)
    await jobs.start(account, pack, raw)
    assert job.task is not None
    await job.task
    assert job.state == "done", job.failure
    front, sent = jobs.take_front(account, pack)
    await asyncio.to_thread(shutil.copyfile, front, out)
    sent()
    await jobs.close()
    return out


def finish(diary: FictionalDiary, front: Path, told: Capsule, out: Path) -> Path:
    """The whole pack: the front part and the files as received."""
    files = {exhibit.file: diary.files[exhibit.record] for exhibit in told.exhibits}
    received = [(path, [files[path.rpartition("/")[2]]]) for path in archive.received_paths(told)]
    archive.assemble(front, received, out, told)
    return out


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    """The fictional diary's pack."""
    folder = tmp_path_factory.mktemp("pack")
    diary = fictional_diary()
    raw = make_capsule(diary.versions, diary.wish(), diary.keys)
    front = asyncio.run(build(diary, raw, folder / "front.zip"))
    told = read_capsule(raw)
    return BuiltPack(finish(diary, front, told, folder / "pack.zip"), front, diary, raw, told)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    """A pack of three entries and one picture, for tests that change every byte of it."""
    folder = tmp_path_factory.mktemp("small")
    diary = fictional_diary(count=3, exhibits=1)
    raw = make_capsule(diary.versions, diary.wish(), diary.keys)
    front = asyncio.run(build(diary, raw, folder / "front.zip"))
    told = read_capsule(raw)
    return BuiltPack(finish(diary, front, told, folder / "pack.zip"), front, diary, raw, told)
