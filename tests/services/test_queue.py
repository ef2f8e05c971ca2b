"""The pack queue runs one job at a time, leaves nothing behind, and no job stops the service."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from diary import isolation
from diary.clock import FixedClock, SystemClock
from diary.errors import Conflict, NotFound, PackBuildFailed, PacksDisabled, TooLarge, TooManyRequests
from diary.ids import new_id
from diary.pack.capsule.builder import build_capsule
from diary.services.packs import queue, worker_process
from diary.services.packs.queue import PackQueue
from tests.pack.fictional_diary import START_MS, FictionalDiary, fictional_diary, incident_fields
from tests.pack.pack_jobs import job_folder, make_job_queue, run_job  # noqa: F401 - a fixture
from tests.pack.test_images import make_photo_with_exif, make_png_bomb


def make_capsule_of(diary: FictionalDiary) -> bytes:
    return build_capsule(diary.versions, diary.wish(), diary.public_keys)


def leftover_files() -> set[str]:
    return {path.name for path in worker_process.MEMORY.iterdir()}


async def test_a_job_runs_once_and_leaves_nothing() -> None:
    """Queued, ready, building, done; the result is fetched once; then the job and its folder are gone."""
    diary = fictional_diary(count=3, exhibits=1)
    jobs, before = make_job_queue(diary), leftover_files()
    job = await run_job(jobs, make_capsule_of(diary))
    assert (job.state, job.done) == ("done", job.total)
    with pytest.raises(Conflict):
        await jobs.start_job(job.account, job.pack_id, b"again")
    front, sent = jobs.take_front_part(job.account, job.pack_id)
    assert front.stat().st_size > 10_000
    sent()
    assert not front.exists() and leftover_files() == before
    with pytest.raises(NotFound):
        jobs.get_job(job.account, job.pack_id)


async def test_a_running_jobs_folder_is_in_memory_and_holds_no_key() -> None:
    """The folder of a running job has only typeset files, never the capsule."""
    diary = fictional_diary(count=3, exhibits=2)
    jobs = make_job_queue(diary)
    job = await run_job(jobs, make_capsule_of(diary))
    assert job.folder is not None and str(job.folder).startswith("/dev/shm/")
    assert [path.name for path in job.folder.iterdir()] == ["front.zip"]
    raw = (job.folder / "front.zip").read_bytes()
    for row in diary.versions:
        for _, key in row["open"]["keys"]:
            assert key not in raw
    await jobs.close()


async def test_cancelling_kills_the_worker_and_erases_everything() -> None:
    """Cancelling also works while pages are typeset."""
    diary = fictional_diary(count=25, exhibits=4)
    jobs, before = make_job_queue(diary), leftover_files()
    account, pack = new_id(), new_id()
    job = await jobs.enqueue(account, new_id(), pack)
    await jobs.start_job(account, pack, make_capsule_of(diary))
    while job.worker is None or job.done == 0:
        await asyncio.sleep(0.01)
    pid, folder = job.worker.pid, job.folder
    await jobs.cancel_job(account, pack)
    assert folder is not None and not folder.exists() and leftover_files() == before
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(NotFound):
        jobs.get_job(account, pack)


async def test_another_account_cannot_see_start_fetch_or_cancel_a_job() -> None:
    """Absent and forbidden jobs get the same answer."""
    jobs = make_job_queue(FictionalDiary())
    job = await jobs.enqueue(new_id(), new_id(), new_id())
    stranger = new_id()
    for act in (jobs.get_job, jobs.take_front_part):
        with pytest.raises(NotFound):
            act(stranger, job.pack_id)
    with pytest.raises(NotFound):
        await jobs.start_job(stranger, job.pack_id, b"")
    with pytest.raises(NotFound):
        await jobs.cancel_job(stranger, job.pack_id)


async def test_places_hold_nothing_and_capsules_have_their_turns() -> None:
    """Two places are ready together; the second capsule waits for the first pack, and a third place is queued."""
    diary = fictional_diary(count=2, exhibits=0)
    jobs, raw = make_job_queue(diary), make_capsule_of(diary)
    first, second, third = [await jobs.enqueue(new_id(), new_id(), new_id()) for _ in range(3)]
    assert [job.state for job in (first, second, third)] == ["ready"] * 3
    await jobs.start_job(first.account, first.pack_id, raw)
    waiting = asyncio.create_task(jobs.start_job(second.account, second.pack_id, raw))
    await asyncio.sleep(0)
    assert [job.state for job in (first, second, third)] == ["building", "queued", "queued"]
    with pytest.raises(Conflict):
        await jobs.start_job(second.account, second.pack_id, raw)
    await waiting
    assert (first.state, second.state) == ("done", "building")
    assert second.task is not None
    await second.task
    assert (second.state, third.state) == ("done", "ready")
    await jobs.close()


async def test_the_line_has_an_end_and_a_place_outlives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many capsules, or too long a wait, give Conflict, and the place remains usable. Dropped places are gone."""
    monkeypatch.setattr(queue, "WAITING_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(queue, "WAITING_JOBS_LIMIT", 1)
    diary = fictional_diary(count=25, exhibits=4)
    jobs, raw = make_job_queue(diary), make_capsule_of(diary)
    first, second, third = [await jobs.enqueue(new_id(), new_id(), new_id()) for _ in range(3)]
    await jobs.start_job(first.account, first.pack_id, raw)
    waiting = asyncio.create_task(jobs.start_job(second.account, second.pack_id, raw))
    await asyncio.sleep(0)
    with pytest.raises(Conflict):
        await jobs.start_job(third.account, third.pack_id, raw)
    with pytest.raises(Conflict):
        await waiting
    assert second.is_idle and third.is_idle
    monkeypatch.setattr(queue, "WAITING_TIMEOUT_SECONDS", 60)
    waiting = asyncio.create_task(jobs.start_job(second.account, second.pack_id, raw))
    await asyncio.sleep(0)
    await jobs.cancel_job(second.account, second.pack_id)
    with pytest.raises(NotFound):
        await waiting
    await jobs.cancel_job(first.account, first.pack_id)
    await jobs.start_job(third.account, third.pack_id, raw)
    assert third.state == "building"
    await jobs.close()


async def test_a_worker_is_ended_also_when_the_server_stops_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shutdown waits for a failed job's worker to end."""
    end_worker, end_started, ended_workers = worker_process.WorkerProcess.end, asyncio.Event(), []

    async def slowly(worker: worker_process.WorkerProcess) -> None:
        end_started.set()
        await asyncio.sleep(0.05)
        await end_worker(worker)
        ended_workers.append(worker)

    monkeypatch.setattr(worker_process.WorkerProcess, "end", slowly)
    jobs, account, pack = make_job_queue(FictionalDiary()), new_id(), new_id()
    job = await jobs.enqueue(account, new_id(), pack)
    await jobs.start_job(account, pack, b"{}")
    await end_started.wait()
    assert job.state == "failed"
    await jobs.close()
    assert len(ended_workers) == 1


async def test_the_place_asked_for_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the queue is full, a new place replaces the oldest; a job with a capsule is never dropped for it."""
    monkeypatch.setattr(queue, "QUEUE_LIMIT", 3)
    clock = FixedClock(START_MS)
    jobs = make_job_queue(FictionalDiary(), clock)
    first, second, third = [await jobs.enqueue(new_id(), new_id(), new_id()) for _ in range(3)]
    first.state = "building"
    clock.advance(1000)
    jobs.get_job(second.account, second.pack_id)
    fourth = await jobs.enqueue(new_id(), new_id(), new_id())
    with pytest.raises(NotFound):
        jobs.get_job(third.account, third.pack_id)
    for job in (first, second, fourth):
        assert jobs.get_job(job.account, job.pack_id) is job
    await jobs.close()


async def test_an_abandoned_place_delays_nobody() -> None:
    """A phone that stops polling loses its turn; those behind it move up at once."""
    clock = FixedClock(START_MS)
    jobs = make_job_queue(FictionalDiary(), clock)
    first, abandoned, third = [await jobs.enqueue(new_id(), new_id(), new_id()) for _ in range(3)]
    clock.advance(queue.IDLE_JOB_TIMEOUT_MS // 2)
    jobs.get_job(third.account, third.pack_id)
    clock.advance(queue.IDLE_JOB_TIMEOUT_MS // 2 + 1)
    assert jobs.get_job(third.account, third.pack_id).state == "ready"
    for job in (first, abandoned):
        with pytest.raises(NotFound):
            jobs.get_job(job.account, job.pack_id)
    await jobs.close()


async def test_an_abandoned_job_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of phones that are gone, or whose request was dropped, are erased by time alone, without a request."""
    monkeypatch.setattr(queue, "FINISHED_JOB_LIFETIME_MS", 2_000)
    monkeypatch.setattr(queue, "CLEANUP_INTERVAL_SECONDS", 0.02)
    diary = fictional_diary(count=1, exhibits=0)
    before = leftover_files()
    for dropped in (False, True):
        jobs = make_job_queue(diary, SystemClock())
        job = await run_job(jobs, make_capsule_of(diary))
        assert job.state == "done" and leftover_files() != before
        if dropped:
            front, _ = jobs.take_front_part(job.account, job.pack_id)
            assert front.exists()
        assert jobs._cleanup_task is not None
        await asyncio.wait_for(jobs._cleanup_task, 10)
        assert leftover_files() == before and jobs._jobs == {}
        await jobs.close()


@pytest.mark.parametrize("turns", range(6))
def test_a_worker_cancelled_while_it_starts_is_ended_with_its_pipes(
    turns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """After cancelling at each step of the loop no pipe, which Python would report, and no process is left."""
    started: list[int] = []
    make = asyncio.create_subprocess_exec

    async def counted(*args: Any, **named: Any) -> asyncio.subprocess.Process:
        process = await make(*args, **named)
        started.append(process.pid)
        return process

    async def cancel_it() -> None:
        task = asyncio.create_task(
            worker_process.WorkerProcess.start(tmp_path, isolation.detect_isolation().bubblewrap_path)
        )
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await (await task).end()

    unraisable_errors: list[object] = []
    monkeypatch.setattr(asyncio, "create_subprocess_exec", counted)
    monkeypatch.setattr(sys, "unraisablehook", unraisable_errors.append)
    asyncio.run(cancel_it())
    gc.collect()
    assert not unraisable_errors and not [one for one in recwarn if issubclass(one.category, ResourceWarning)]
    assert bool(started) == (turns > 0)
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


async def test_files_left_by_a_killed_server_are_deleted(job_folder: Path) -> None:  # noqa: F811
    """Folders of ended processes are deleted at the next job; those of running ones, and foreign ones, stay."""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await child.wait()
    own_folder, running, foreign_folder = (
        job_folder / name for name in (f"job-of-{child.pid}-x", "job-of-1-x", "someone-elses")
    )
    for folder in (own_folder, running, foreign_folder):
        folder.mkdir()
        (folder / "front.zip").write_bytes(b"words")
    jobs = make_job_queue(FictionalDiary())
    await jobs.enqueue(new_id(), new_id(), new_id())
    assert leftover_files() == {running.name, foreign_folder.name}
    await jobs.close()


async def test_a_new_place_gives_up_the_accounts_earlier_one() -> None:
    """An account has one pack at a time."""
    jobs, account = make_job_queue(FictionalDiary()), new_id()
    first = await jobs.enqueue(account, new_id(), new_id())
    second = await jobs.enqueue(account, new_id(), new_id())
    with pytest.raises(NotFound):
        jobs.get_job(account, first.pack_id)
    assert second.state == "ready"


async def test_the_queue_has_an_end_and_packs_can_be_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full queue answers to try later; disabled packs are reported as such."""
    monkeypatch.setattr(queue, "QUEUE_LIMIT", 1)
    jobs = make_job_queue(FictionalDiary())
    job = await jobs.enqueue(new_id(), new_id(), new_id())
    job.state = "building"
    with pytest.raises(TooManyRequests):
        await jobs.enqueue(new_id(), new_id(), new_id())
    off = PackQueue(jobs._fetch_part, FixedClock(START_MS), enabled=False)
    with pytest.raises(PacksDisabled):
        await off.enqueue(new_id(), new_id(), new_id())


async def test_an_oversized_capsule_is_refused_before_a_worker_starts() -> None:
    """The limit is sixteen mebibytes."""
    jobs, account, pack = make_job_queue(FictionalDiary()), new_id(), new_id()
    await jobs.enqueue(account, new_id(), pack)
    with pytest.raises(TooLarge):
        await jobs.start_job(account, pack, bytes(queue.CAPSULE_LIMIT_BYTES + 1))


@pytest.mark.parametrize("raw", [b"", b"{}", b"[" * 5000, b"\xff" * 100])
async def test_a_capsule_that_makes_no_sense_fails_the_job_and_nothing_else(raw: bytes) -> None:
    """The job's state is failed; the next job works."""
    diary = fictional_diary(count=1, exhibits=0)
    jobs = make_job_queue(diary)
    job = await run_job(jobs, raw)
    assert job.state == "failed"
    with pytest.raises(PackBuildFailed):
        jobs.take_front_part(job.account, job.pack_id)
    assert (await run_job(jobs, make_capsule_of(diary))).state == "done"
    await jobs.close()


async def test_a_worker_that_dies_or_hangs_fails_its_job_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is killed, or stopped at the hard limit, fails its own job only."""
    diary = fictional_diary(count=25, exhibits=4)
    jobs, before = make_job_queue(diary), leftover_files()
    account, pack = new_id(), new_id()
    job = await jobs.enqueue(account, new_id(), pack)
    await jobs.start_job(account, pack, make_capsule_of(diary))
    while job.worker is None or job.done == 0:
        await asyncio.sleep(0.01)
    os.kill(job.worker.pid, signal.SIGKILL)
    assert job.task is not None
    await job.task
    assert job.state == "failed" and leftover_files() == before
    monkeypatch.setattr(queue, "BUILD_TIMEOUT_SECONDS", 0.05)
    slow = await run_job(jobs, make_capsule_of(diary))
    assert slow.state == "failed" and "too long" in slow.failure
    await jobs.close()


async def test_hostile_files_get_no_picture_and_the_pack_is_made() -> None:
    """Bombs, renamed SVG and EPS and a photo with a position each get a card without a picture, and the pack is made."""
    diary = FictionalDiary()
    incident = diary.add("incident", incident_fields(START_MS, "He sent files."))
    evil = [
        make_png_bomb(60_000, 60_000),
        b"<svg/>",
        b"%!PS-Adobe-3.0 EPSF",
        b"\x00\x00\x00\x18ftypheic" + bytes(99),
        make_photo_with_exif(),
    ]
    for raw in evil:
        diary.attach(incident, raw, "image/heic", "A file he sent")
    jobs = make_job_queue(diary)
    job = await run_job(jobs, make_capsule_of(diary))
    assert job.state == "done", job.failure
    await jobs.close()


async def test_a_missing_or_wrong_part_fails_with_a_sentence() -> None:
    """The phone is told that a picture is missing or does not open."""
    diary = fictional_diary(count=1, exhibits=1)
    raw, parts = make_capsule_of(diary), dict(diary.sealed_parts)
    diary.sealed_parts.clear()
    assert "not on the server" in (await run_job(make_job_queue(diary), raw)).failure
    diary.sealed_parts.update({place: bytes(len(part)) for place, part in parts.items()})
    assert "does not open" in (await run_job(make_job_queue(diary), raw)).failure
