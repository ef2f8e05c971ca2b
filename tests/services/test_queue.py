"""The pack queue: one job at a time, nothing left behind, and no job that stops the service."""

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
from diary.errors import Conflict, NotFound, PackFailed, PacksOff, TooLarge, TryLater
from diary.ids import new_id
from diary.pack.capsule.builder import make_capsule
from diary.services.packs import queue, worker_process
from diary.services.packs.queue import PackJobs
from tests.pack.fiction import START, FictionalDiary, fictional_diary, incident_fields
from tests.pack.jobs import job_memory, jobs_for, run  # noqa: F401 - a fixture
from tests.pack.test_images import bomb_png, with_exif


def capsule_of(diary: FictionalDiary) -> bytes:
    return make_capsule(diary.versions, diary.wish(), diary.keys)


def leftovers() -> set[str]:
    return {path.name for path in worker_process.MEMORY.iterdir()}


async def test_a_job_runs_once_and_leaves_nothing() -> None:
    """Queued, ready, building, done; the front part is fetched once; then the job is gone and so is its folder."""
    diary = fictional_diary(count=3, exhibits=1)
    jobs, before = jobs_for(diary), leftovers()
    job = await run(jobs, capsule_of(diary))
    assert (job.state, job.done) == ("done", job.total)
    with pytest.raises(Conflict):
        await jobs.start(job.account, job.pack, b"again")
    front, sent = jobs.take_front(job.account, job.pack)
    assert front.stat().st_size > 10_000
    sent()
    assert not front.exists() and leftovers() == before
    with pytest.raises(NotFound):
        jobs.get(job.account, job.pack)


async def test_a_running_jobs_folder_is_in_memory_and_holds_no_key() -> None:
    """Only what was typeset stands there while it runs; the capsule never does."""
    diary = fictional_diary(count=3, exhibits=2)
    jobs = jobs_for(diary)
    job = await run(jobs, capsule_of(diary))
    assert job.folder is not None and str(job.folder).startswith("/dev/shm/")
    assert [path.name for path in job.folder.iterdir()] == ["front.zip"]
    raw = (job.folder / "front.zip").read_bytes()
    for row in diary.versions:
        for _, key in row["open"]["keys"]:
            assert key not in raw
    await jobs.close()


async def test_cancelling_kills_the_worker_and_erases_everything() -> None:
    """In the middle of the pages."""
    diary = fictional_diary(count=25, exhibits=4)
    jobs, before = jobs_for(diary), leftovers()
    account, pack = new_id(), new_id()
    job = await jobs.place(account, new_id(), pack)
    await jobs.start(account, pack, capsule_of(diary))
    while job.worker is None or job.done == 0:
        await asyncio.sleep(0.01)
    pid, folder = job.worker.pid, job.folder
    await jobs.cancel(account, pack)
    assert folder is not None and not folder.exists() and leftovers() == before
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(NotFound):
        jobs.get(account, pack)


async def test_another_account_cannot_see_start_fetch_or_cancel_a_job() -> None:
    """Absent and forbidden look alike."""
    jobs = jobs_for(FictionalDiary())
    job = await jobs.place(new_id(), new_id(), new_id())
    stranger = new_id()
    for act in (jobs.get, jobs.take_front):
        with pytest.raises(NotFound):
            act(stranger, job.pack)
    with pytest.raises(NotFound):
        await jobs.start(stranger, job.pack, b"")
    with pytest.raises(NotFound):
        await jobs.cancel(stranger, job.pack)


async def test_places_hold_nothing_and_capsules_have_their_turns() -> None:
    """Two places are ready together; the second capsule waits for the first pack's end, and a third place is queued meanwhile."""
    diary = fictional_diary(count=2, exhibits=0)
    jobs, raw = jobs_for(diary), capsule_of(diary)
    first, second, third = [await jobs.place(new_id(), new_id(), new_id()) for _ in range(3)]
    assert [job.state for job in (first, second, third)] == ["ready"] * 3
    await jobs.start(first.account, first.pack, raw)
    waiting = asyncio.create_task(jobs.start(second.account, second.pack, raw))
    await asyncio.sleep(0)
    assert [job.state for job in (first, second, third)] == ["building", "queued", "queued"]
    with pytest.raises(Conflict):
        await jobs.start(second.account, second.pack, raw)
    await waiting
    assert (first.state, second.state) == ("done", "building")
    assert second.task is not None
    await second.task
    assert (second.state, third.state) == ("done", "ready")
    await jobs.close()


async def test_the_line_has_an_end_and_a_place_outlives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many capsules, or one that waits too long: Conflict, and the place can be used again. Given up while it waits: gone."""
    monkeypatch.setattr(queue, "LINE_SECONDS", 0.05)
    monkeypatch.setattr(queue, "LINE_LIMIT", 1)
    diary = fictional_diary(count=25, exhibits=4)
    jobs, raw = jobs_for(diary), capsule_of(diary)
    first, second, third = [await jobs.place(new_id(), new_id(), new_id()) for _ in range(3)]
    await jobs.start(first.account, first.pack, raw)
    waiting = asyncio.create_task(jobs.start(second.account, second.pack, raw))
    await asyncio.sleep(0)
    with pytest.raises(Conflict):
        await jobs.start(third.account, third.pack, raw)
    with pytest.raises(Conflict):
        await waiting
    assert second.is_idle and third.is_idle
    monkeypatch.setattr(queue, "LINE_SECONDS", 60)
    waiting = asyncio.create_task(jobs.start(second.account, second.pack, raw))
    await asyncio.sleep(0)
    await jobs.cancel(second.account, second.pack)
    with pytest.raises(NotFound):
        await waiting
    await jobs.cancel(first.account, first.pack)
    await jobs.start(third.account, third.pack, raw)
    assert third.state == "building"
    await jobs.close()


async def test_a_worker_is_ended_also_when_the_server_stops_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job has failed and its worker is being ended when everything is closed: that is waited for, not cut off."""
    really, begun, ended = worker_process.Worker.end, asyncio.Event(), []

    async def slowly(worker: worker_process.Worker) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        await really(worker)
        ended.append(worker)

    monkeypatch.setattr(worker_process.Worker, "end", slowly)
    jobs, account, pack = jobs_for(FictionalDiary()), new_id(), new_id()
    job = await jobs.place(account, new_id(), pack)
    await jobs.start(account, pack, b"{}")
    await begun.wait()
    assert job.state == "failed"
    await jobs.close()
    assert len(ended) == 1


async def test_the_place_asked_for_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """With as many places as there may be, a new one takes the oldest's; a job that has its capsule is never given up for it."""
    monkeypatch.setattr(queue, "QUEUE_LIMIT", 3)
    clock = FixedClock(START)
    jobs = jobs_for(FictionalDiary(), clock)
    first, second, third = [await jobs.place(new_id(), new_id(), new_id()) for _ in range(3)]
    first.state = "building"
    clock.advance(1000)
    jobs.get(second.account, second.pack)
    fourth = await jobs.place(new_id(), new_id(), new_id())
    with pytest.raises(NotFound):
        jobs.get(third.account, third.pack)
    for job in (first, second, fourth):
        assert jobs.get(job.account, job.pack) is job
    await jobs.close()


async def test_who_is_gone_holds_nobody_up() -> None:
    """A phone that no longer asks while it waits has no turn; those behind it move up at once."""
    clock = FixedClock(START)
    jobs = jobs_for(FictionalDiary(), clock)
    first, gone, third = [await jobs.place(new_id(), new_id(), new_id()) for _ in range(3)]
    clock.advance(queue.UNSEEN_MS // 2)
    jobs.get(third.account, third.pack)
    clock.advance(queue.UNSEEN_MS // 2 + 1)
    assert jobs.get(third.account, third.pack).state == "ready"
    for job in (first, gone):
        with pytest.raises(NotFound):
            jobs.get(job.account, job.pack)
    await jobs.close()


async def test_nobody_comes_back_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone that is gone when its pack is ready, and one whose request is dropped before the first byte: erased by the clock
    alone, with no further request of anybody's."""
    monkeypatch.setattr(queue, "DONE_MS", 2_000)
    monkeypatch.setattr(queue, "LOOK_SECONDS", 0.02)
    diary = fictional_diary(count=1, exhibits=0)
    before = leftovers()
    for dropped in (False, True):
        jobs = jobs_for(diary, SystemClock())
        job = await run(jobs, capsule_of(diary))
        assert job.state == "done" and leftovers() != before
        if dropped:
            front, _ = jobs.take_front(job.account, job.pack)
            assert front.exists()
        assert jobs._watch is not None
        await asyncio.wait_for(jobs._watch, 10)
        assert leftovers() == before and jobs._jobs == {}
        await jobs.close()


@pytest.mark.parametrize("turns", range(6))
def test_a_worker_cancelled_while_it_starts_is_ended_with_its_pipes(
    turns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """Cancel after each turn of the loop: no pipe is left open, which Python reports when the loop is gone, and no process."""
    started: list[int] = []
    make = asyncio.create_subprocess_exec

    async def counted(*args: Any, **named: Any) -> asyncio.subprocess.Process:
        process = await make(*args, **named)
        started.append(process.pid)
        return process

    async def cancel_it() -> None:
        task = asyncio.create_task(worker_process.Worker.start(tmp_path, isolation.find().wall))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await (await task).end()

    lost: list[object] = []
    monkeypatch.setattr(asyncio, "create_subprocess_exec", counted)
    monkeypatch.setattr(sys, "unraisablehook", lost.append)
    asyncio.run(cancel_it())
    gc.collect()
    assert not lost and not [one for one in recwarn if issubclass(one.category, ResourceWarning)]
    assert bool(started) == (turns > 0)
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


async def test_files_left_by_a_killed_server_are_deleted(job_memory: Path) -> None:  # noqa: F811 - the fixture
    """Folders of a process that is no more go at the next job; those of one that runs, and anybody else's, stay."""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await child.wait()
    ours, running, other = (job_memory / name for name in (f"job-of-{child.pid}-x", "job-of-1-x", "someone-elses"))
    for folder in (ours, running, other):
        folder.mkdir()
        (folder / "front.zip").write_bytes(b"words")
    jobs = jobs_for(FictionalDiary())
    await jobs.place(new_id(), new_id(), new_id())
    assert leftovers() == {running.name, other.name}
    await jobs.close()


async def test_a_new_place_gives_up_the_accounts_earlier_one() -> None:
    """One pack an account."""
    jobs, account = jobs_for(FictionalDiary()), new_id()
    first = await jobs.place(account, new_id(), new_id())
    second = await jobs.place(account, new_id(), new_id())
    with pytest.raises(NotFound):
        jobs.get(account, first.pack)
    assert second.state == "ready"


async def test_the_queue_has_an_end_and_packs_can_be_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Full: later. Off: said so."""
    monkeypatch.setattr(queue, "QUEUE_LIMIT", 1)
    jobs = jobs_for(FictionalDiary())
    job = await jobs.place(new_id(), new_id(), new_id())
    job.state = "building"
    with pytest.raises(TryLater):
        await jobs.place(new_id(), new_id(), new_id())
    off = PackJobs(jobs._fetch, FixedClock(START), on=False)
    with pytest.raises(PacksOff):
        await off.place(new_id(), new_id(), new_id())


async def test_an_oversized_capsule_is_refused_before_a_worker_starts() -> None:
    """Sixteen mebibytes."""
    jobs, account, pack = jobs_for(FictionalDiary()), new_id(), new_id()
    await jobs.place(account, new_id(), pack)
    with pytest.raises(TooLarge):
        await jobs.start(account, pack, bytes(queue.CAPSULE_LIMIT + 1))


@pytest.mark.parametrize("raw", [b"", b"{}", b"[" * 5000, b"\xff" * 100])
async def test_a_capsule_that_makes_no_sense_fails_the_job_and_nothing_else(raw: bytes) -> None:
    """The state says failed; the next job works."""
    diary = fictional_diary(count=1, exhibits=0)
    jobs = jobs_for(diary)
    job = await run(jobs, raw)
    assert job.state == "failed"
    with pytest.raises(PackFailed):
        jobs.take_front(job.account, job.pack)
    assert (await run(jobs, capsule_of(diary))).state == "done"
    await jobs.close()


async def test_a_worker_that_dies_or_hangs_fails_its_job_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the middle, and stopped at the hard limit."""
    diary = fictional_diary(count=25, exhibits=4)
    jobs, before = jobs_for(diary), leftovers()
    account, pack = new_id(), new_id()
    job = await jobs.place(account, new_id(), pack)
    await jobs.start(account, pack, capsule_of(diary))
    while job.worker is None or job.done == 0:
        await asyncio.sleep(0.01)
    os.kill(job.worker.pid, signal.SIGKILL)
    assert job.task is not None
    await job.task
    assert job.state == "failed" and leftovers() == before
    monkeypatch.setattr(queue, "HARD_LIMIT_SECONDS", 0.05)
    slow = await run(jobs, capsule_of(diary))
    assert slow.state == "failed" and "too long" in slow.failure
    await jobs.close()


async def test_hostile_files_get_no_picture_and_the_pack_is_made() -> None:
    """Bombs, renamed SVG and EPS, a photo with a place: a card for each that is no picture, never a failed pack."""
    diary = FictionalDiary()
    incident = diary.add("incident", incident_fields(START, "He sent files."))
    evil = [
        bomb_png(60_000, 60_000),
        b"<svg/>",
        b"%!PS-Adobe-3.0 EPSF",
        b"\x00\x00\x00\x18ftypheic" + bytes(99),
        with_exif(),
    ]
    for raw in evil:
        diary.attach(incident, raw, "image/heic", "A file he sent")
    jobs = jobs_for(diary)
    job = await run(jobs, capsule_of(diary))
    assert job.state == "done", job.failure
    await jobs.close()


async def test_a_missing_or_wrong_part_fails_with_a_sentence() -> None:
    """The phone is told that a picture is not there, or does not open."""
    diary = fictional_diary(count=1, exhibits=1)
    raw, parts = capsule_of(diary), dict(diary.parts)
    diary.parts.clear()
    assert "not on the server" in (await run(jobs_for(diary), raw)).failure
    diary.parts.update({place: bytes(len(part)) for place, part in parts.items()})
    assert "does not open" in (await run(jobs_for(diary), raw)).failure
