"""Packs that the worker built once for all tests that read them."""

import asyncio
import csv
import io
import json
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from diary.clock import SystemClock
from diary.errors import NotFound
from diary.ids import new_id
from diary.pack.bag import archive
from diary.pack.bag.pack_statement import ExportRecorder, PackSigner
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import Capsule, read_capsule
from diary.samples.sample_pack import SamplePackDiary, make_sample_pack, make_sample_pack_diary
from diary.services.packs.queue import PackQueue
from tests.pack.fictional_diary import KEEPER_IDENTITY, FictionalDiary, fictional_diary
from tests.pack.pack_text import page_texts
from tests.pack.restricted_scan import readable_forms, servable_files


@dataclass(frozen=True)
class BuiltPack:
    """A finished pack and what it was made from."""

    path: Path
    front_path: Path
    diary: FictionalDiary
    capsule_bytes: bytes
    capsule: Capsule


async def build_front_part(diary: FictionalDiary, capsule_bytes: bytes, front_path: Path) -> Path:
    """Return the front part of a capsule, made as the server makes it, with all of its words."""
    front, unprinted = await build_front_part_and_unprinted(diary, capsule_bytes, front_path)
    assert unprinted == ()
    return front


async def build_front_part_and_unprinted(
    diary: FictionalDiary, capsule_bytes: bytes, front_path: Path
) -> tuple[Path, tuple[str, ...]]:
    """Return the front part of a capsule, and the labels of what has words that could not be printed."""

    async def fetch(account: bytes, diary_id: bytes, blob: str, index: int) -> bytes:
        if (blob, index) not in diary.sealed_parts:
            raise NotFound
        return diary.sealed_parts[blob, index]

    jobs = PackQueue(fetch, SystemClock())
    account, pack = new_id(), new_id()
    job = await jobs.enqueue(account, new_id(), pack)
    await jobs.start_job(account, pack, capsule_bytes)
    assert job.task is not None
    await job.task
    assert job.state == "done", job.failure
    front, confirm_delivery = jobs.take_front_part(account, pack)
    await asyncio.to_thread(shutil.copyfile, front, front_path)
    confirm_delivery()
    await jobs.close()
    return front_path, job.unprinted


def assemble_pack(
    diary: FictionalDiary,
    front_path: Path,
    capsule: Capsule,
    pack_path: Path,
    record_export: ExportRecorder | None = None,
) -> Path:
    """Return the complete pack: the front part and the files as received. `record_export`: as for the signer."""
    files = {exhibit.filename: diary.received_files[exhibit.record] for exhibit in capsule.exhibits}
    received = [(path, [files[path.rpartition("/")[2]]]) for path in archive.received_file_sizes(capsule)]
    signer = PackSigner(diary.diary_id, diary.author, record_export)
    archive.assemble_pack(front_path, received, pack_path, capsule, signer)
    return pack_path


def build_in_thread(diary: FictionalDiary, capsule_bytes: bytes, front_path: Path) -> Path:
    """Run `build_front_part` in another thread: under a browser, this thread's event loop belongs to the driver."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(build_front_part(diary, capsule_bytes, front_path))).result()


@pytest.fixture(scope="session")
def full_pack(tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    """Return the fictional diary's pack."""
    folder = tmp_path_factory.mktemp("pack")
    diary = fictional_diary()
    capsule_bytes = build_capsule(diary.versions, diary.wish(identity=KEEPER_IDENTITY), diary.public_keys)
    front_path = build_in_thread(diary, capsule_bytes, folder / "front.zip")
    capsule = read_capsule(capsule_bytes)
    return BuiltPack(
        assemble_pack(diary, front_path, capsule, folder / "pack.zip"), front_path, diary, capsule_bytes, capsule
    )


@pytest.fixture(scope="session")
def small_pack(tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    """Return a pack of three entries and one picture, for tests that change every byte of it."""
    folder = tmp_path_factory.mktemp("small")
    diary = fictional_diary(count=3, exhibits=1)
    capsule_bytes = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front_path = build_in_thread(diary, capsule_bytes, folder / "front.zip")
    capsule = read_capsule(capsule_bytes)
    return BuiltPack(
        assemble_pack(diary, front_path, capsule, folder / "pack.zip"), front_path, diary, capsule_bytes, capsule
    )


@dataclass(frozen=True)
class SamplePack:
    """The training diary's first pack, unpacked."""

    diary: SamplePackDiary
    path: Path
    folder: Path

    def read_member(self, name: str) -> bytes:
        """Return a file below `data/`."""
        return (self.folder / "data" / name).read_bytes()

    def read_table(self, name: str) -> list[dict[str, str]]:
        """Return the rows of a table below `data/`."""
        return list(csv.DictReader(io.StringIO(self.read_member(name).decode("utf-8-sig"), newline="")))

    @cached_property
    def chronology_page_texts(self) -> list[str]:
        """Return the text drawn on each page of 01."""
        return [" ".join(text.split()) for text in page_texts(self.read_member("servable/01_chronology.pdf"))]

    @cached_property
    def servable_texts(self) -> list[tuple[str, str]]:
        """Return every readable form of every servable file, of 00 and of 15: where it stands, and its text."""
        files = servable_files(self.folder)
        return [found for name, raw in files.items() for found in readable_forms(name, raw)]

    @cached_property
    def record(self) -> dict[str, Any]:
        """Return 12_record.json."""
        return dict(json.loads(self.read_member("restricted/12_record.json")))


@pytest.fixture(scope="session")
def sample_pack(tmp_path_factory: pytest.TempPathFactory) -> SamplePack:
    """Return the sample pack. It is built once, because that takes twenty seconds of one core."""
    folder = tmp_path_factory.mktemp("sample")
    diary = make_sample_pack_diary()
    path = folder / "sample.zip"
    make_sample_pack(diary, diary.wish("0123456789ab"), path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "unpacked")
    (pack_folder,) = (folder / "unpacked").iterdir()
    return SamplePack(diary, path, pack_folder)
