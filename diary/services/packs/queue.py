"""Packs: a queue, and for each pack one worker that sees the plaintext and then is gone.

[Note: the pack window] The server cannot read a diary. For one job it is sent the chosen words and the keys
of the pictures to be printed. They are asked for when a worker is free, not while the job waits; they go from the
request straight into the worker's pipe and are kept nowhere here. A capsule that comes while another has just taken the
worker waits for it in its own request, a minute at most. The worker has no network and no files but
its own folder, which is removed whatever happens: also when the phone never asks again, and, at the next job, when
this server itself was killed.

[Note: whose turn] A place holds nothing: while a worker is free, every place is ready, and the worker goes to whose capsule
is there first. Those that come meanwhile have their turn in the order in which they came. So nobody waits for a phone that
only asks, however many do, and one job an account is made at a time. A place lasts for as long as its phone asks for it; when
there are too many, the one that was asked for longest ago makes room.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from diary import constants, isolation
from diary.clock import Clock
from diary.errors import Conflict, KeptError, NotFound, PackBuildFailed, PacksDisabled, TooLarge, TooManyRequests
from diary.isolation import Isolation
from diary.services.packs.worker_process import WorkerProcess, create_job_folder, remove_abandoned_folders

CAPSULE_LIMIT_BYTES: Final = constants.CAPSULE_LIMIT_BYTES
HARD_LIMIT_SECONDS: Final = 120
# A page out of sight may ask only once a minute, and a capsule may be long on its way.
IDLE_JOB_TIMEOUT_MS: Final = 10 * 60_000
DONE_MS: Final = 2 * 60_000
LOOK_SECONDS: Final = 1.0
QUEUE_LIMIT: Final = 256
# Capsules that wait for the worker, each in its request, and for how long: below what a phone waits for an answer.
LINE_LIMIT: Final = 4
LINE_SECONDS: Final = 50
_WORKER_BUSY_MESSAGE: Final = "Other packs came first. Nothing was lost; try again in a little while."

FetchPart = Callable[[bytes, bytes, str, int], Awaitable[bytes]]


@dataclass(slots=True)
class PackJob:
    """One pack of one account's diary. `state`: queued, ready, building, done, failed or cancelled."""

    pack_id: bytes
    account: bytes
    diary: bytes
    state: str
    state_since_ms: int
    last_polled_ms: int
    step: str = ""
    done: int = 0
    total: int = 0
    failure: str = ""
    folder: Path | None = None
    task: "asyncio.Task[None] | None" = None
    worker: WorkerProcess | None = field(default=None, repr=False)
    turn_future: "asyncio.Future[None] | None" = field(default=None, repr=False)

    @property
    def is_idle(self) -> bool:
        """Whether it is a place and nothing more: no capsule has come."""
        return self.state in ("queued", "ready") and self.turn_future is None

    @property
    def front_part(self) -> Path | None:
        """The front part, while there is one to fetch."""
        return self.folder / "front.zip" if self.state == "done" and self.folder else None


class PackQueue:
    """Every pack this server is making: a few at once, the others in order."""

    def __init__(self, fetch_part: FetchPart, clock: Clock, *, enabled: bool = True, max_concurrent: int = 1) -> None:
        """`fetch(account, diary, blob text, i)`: one sealed part of that account's, raising KeptError otherwise."""
        self._fetch_part, self._clock, self._enabled, self._max_concurrent = fetch_part, clock, enabled, max_concurrent
        self._jobs: dict[bytes, PackJob] = {}
        # Front parts on their way out: a request that is dropped before its first byte calls nobody back.
        self._being_sent: list[PackJob] = []
        self._cleanup_task: asyncio.Task[None] | None = None
        self._isolation: Isolation | None = None
        # Jobs whose capsule is here and waits for the worker, in the order in which they came.
        self._waiting_jobs: list[PackJob] = []

    async def enqueue(self, account: bytes, diary: bytes, pack_id: bytes) -> PackJob:
        """A place in the queue; nothing of the diary is here yet. An account's earlier job is given up.

        Raises PacksOff, also where workers cannot be isolated, and TryLater when too many are being made.
        """
        if not await self.is_available():
            raise PacksDisabled
        self._remove_expired()
        for job in [job for job in self._jobs.values() if job.account == account]:
            await self.cancel_job(account, job.pack_id)
        idle = [job for job in self._jobs.values() if job.is_idle]
        if len(self._jobs) >= QUEUE_LIMIT and idle:
            del self._jobs[min(idle, key=lambda job: job.last_polled_ms).pack_id]
        if len(self._jobs) >= QUEUE_LIMIT:
            raise TooManyRequests(30, "Many packs are being made just now. Try again in a little while.")
        now = self._clock.now_ms()
        job = PackJob(pack_id, account, diary, "queued", now, now)
        self._jobs[pack_id] = job
        self._assign_workers()
        if self._cleanup_task is None or self._cleanup_task.done():
            remove_abandoned_folders()
            self._cleanup_task = asyncio.create_task(self._run_cleanup())
        return job

    async def is_available(self) -> bool:
        """Whether packs are made here: switched on, and workers can be isolated on this computer."""
        return self._enabled and not (await self._find_isolation()).failure_reason

    async def _find_isolation(self) -> Isolation:
        """How workers are isolated here, tried once."""
        if self._isolation is None:
            self._isolation = await asyncio.to_thread(isolation.find)
        return self._isolation

    def get_job(self, account: bytes, pack_id: bytes) -> PackJob:
        """A job of this account. Raises NotFound, for another account's too."""
        job = self._jobs.get(pack_id)
        if job is not None and job.account == account:
            job.last_polled_ms = self._clock.now_ms()
        self._remove_expired()
        if job is None or job.account != account or pack_id not in self._jobs:
            raise NotFound
        return job

    async def start_job(self, account: bytes, pack_id: bytes, capsule: bytes) -> PackJob:
        """Begin, with the capsule, or wait for the turn and then begin.

        A job runs once: there is no way back from building. Raises NotFound, TooLarge, and Conflict when the capsule has
        come already, or others have kept the worker for too long: the place stays.
        """
        job = self.get_job(account, pack_id)
        if not job.is_idle:
            raise Conflict("This pack is not waiting for its entries.")
        if len(capsule) > CAPSULE_LIMIT_BYTES:
            raise TooLarge("The chosen entries are too large for one pack. Choose fewer.")
        await self._wait_for_turn(job)
        job.task = asyncio.create_task(self._build_pack(job, capsule))
        return job

    def take_front_part(self, account: bytes, pack_id: bytes) -> tuple[Path, Callable[[], None]]:
        """The front part, once, and what to call when it has been sent: then everything of the job is gone.

        Raises NotFound, Conflict while there is none, PackFailed when there will be none.
        """
        job = self.get_job(account, pack_id)
        if job.state == "failed":
            raise PackBuildFailed(job.failure or None)
        front_part = job.front_part
        if front_part is None:
            raise Conflict("This pack is not ready yet.")
        del self._jobs[pack_id]
        job.state_since_ms = self._clock.now_ms()
        self._being_sent.append(job)
        return front_part, lambda: _delete_job_files(job)

    async def cancel_job(self, account: bytes, pack_id: bytes) -> None:
        """Give a job up: its worker is killed and everything of it erased. Raises NotFound."""
        job = self.get_job(account, pack_id)
        del self._jobs[pack_id]
        if job.turn_future is not None and not job.turn_future.done():
            job.turn_future.set_exception(NotFound())
        await self._stop_job(job)
        self._assign_workers()

    async def close(self) -> None:
        """End every job."""
        jobs, self._jobs, self._being_sent = [*self._jobs.values(), *self._being_sent], {}, []
        for job in jobs:
            await self._stop_job(job)
        if self._cleanup_task is not None:
            self._cleanup_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._cleanup_task

    async def _run_cleanup(self) -> None:
        """While there is a job, give up what nobody comes back for."""
        while self._jobs or self._being_sent:
            await asyncio.sleep(LOOK_SECONDS)
            self._remove_expired()

    async def _stop_job(self, job: PackJob) -> None:
        """Stop a job wherever it is."""
        is_running = job.state == "building"
        job.state = "cancelled"
        if job.task is not None:
            # One that has failed or is done may be ending its worker just now: that goes on to its end.
            if is_running:
                job.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await job.task
        _delete_job_files(job)

    def _remove_expired(self) -> None:
        """Give away places nobody used, and drop what nobody fetched."""
        now = self._clock.now_ms()
        for pack_id, job in list(self._jobs.items()):
            is_unfetched = job.state in ("done", "failed") and now - job.state_since_ms > DONE_MS
            is_abandoned = job.is_idle and now - job.last_polled_ms > IDLE_JOB_TIMEOUT_MS
            if is_unfetched or is_abandoned:
                del self._jobs[pack_id]
                _delete_job_files(job)
        for job in [job for job in self._being_sent if now - job.state_since_ms > DONE_MS]:
            _delete_job_files(job)
        self._being_sent = [job for job in self._being_sent if job.folder is not None]
        self._assign_workers()

    async def _wait_for_turn(self, job: PackJob) -> None:
        """Wait until the worker is this job's, which is building then. Raises NotFound when it was given up, and Conflict."""
        if len(self._waiting_jobs) >= LINE_LIMIT:
            raise Conflict(_WORKER_BUSY_MESSAGE)
        job.turn_future = asyncio.get_running_loop().create_future()
        self._waiting_jobs.append(job)
        self._assign_workers()
        try:
            async with asyncio.timeout(LINE_SECONDS):
                await job.turn_future
        except TimeoutError:
            if job.state != "building":  # else its turn came in the same moment
                raise Conflict(_WORKER_BUSY_MESSAGE) from None
        finally:
            job.turn_future = None
            if job in self._waiting_jobs:
                self._waiting_jobs.remove(job)
            self._assign_workers()

    def _assign_workers(self) -> None:
        """Give a free worker to whoever is first in line; with nobody in line, every place is ready."""
        busy_count = sum(job.state == "building" for job in self._jobs.values())
        while busy_count < self._max_concurrent and self._waiting_jobs:
            job = self._waiting_jobs.pop(0)
            if job.turn_future is None or job.turn_future.done():
                continue
            job.state, job.state_since_ms, job.step = "building", self._clock.now_ms(), "starting"
            job.turn_future.set_result(None)
            busy_count += 1
        for job in self._jobs.values():
            if job.is_idle:
                job.state = "ready" if busy_count < self._max_concurrent else "queued"

    async def _build_pack(self, job: PackJob, capsule: bytes) -> None:
        """Run the worker to its end; the job's state says how it went, and never why in the diary's words."""
        try:
            job.folder = create_job_folder()
            async with asyncio.timeout(HARD_LIMIT_SECONDS):
                await self._run_worker(job, capsule)
            # Both at once: what is done since long ago would be given up before it is fetched.
            job.state, job.state_since_ms = "done", self._clock.now_ms()
        except TimeoutError:
            job.state, job.failure = "failed", "The pack took too long. Choose fewer entries."
        except KeptError as error:
            job.state, job.failure = "failed", error.message
        except (OSError, ValueError, KeyError, asyncio.LimitOverrunError):
            job.state, job.failure = "failed", PackBuildFailed.default_message
        finally:
            if job.worker is not None:
                await job.worker.end()
            job.worker, job.state_since_ms = None, self._clock.now_ms()
            if job.state != "done":
                _delete_job_files(job)
            self._assign_workers()

    async def _run_worker(self, job: PackJob, capsule: bytes) -> None:
        """Start the worker, give it the capsule and the parts it asks for. Raises PackFailed."""
        if job.folder is None:
            raise PackBuildFailed
        job.worker = await WorkerProcess.start(job.folder, (await self._find_isolation()).bubblewrap_path)
        fetch_part = partial(self._fetch_part, job.account, job.diary)
        async for step in job.worker.run_steps(capsule, fetch_part):
            job.step, job.done, job.total = step


def _delete_job_files(job: PackJob) -> None:
    """Remove everything of a job."""
    if job.folder is not None:
        shutil.rmtree(job.folder, ignore_errors=True)
        job.folder = None
