"""The queue of packs. Each pack is made by one worker process, which has the plaintext and then ends.

[Note: plaintext on the server] The server cannot read a diary. For one job it receives the chosen entries and the keys
of the pictures to print. The phone sends them when a worker is free, not while the job waits; they are passed from the
request straight to the worker's pipe and are stored nowhere. A capsule that arrives just after another has taken the
worker waits in its own request, for a minute at most. The worker has no network and no files except its own folder. The
folder is always removed: also when the phone does not return and, at the next job, when this server was killed.

[Note: order of jobs] A place in the queue reserves nothing. While a worker is free, every place is ready, and the
worker takes the first capsule that arrives. Later capsules wait in order of arrival. So nobody waits for a phone that
only polls, however many do, and at most one job per account is in progress. A place lasts as long as its phone polls;
when there are too many, the one polled longest ago is removed.
"""

import asyncio
import contextlib
import shutil
import time
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
BUILD_TIMEOUT_SECONDS: Final = 120
# A hidden page may poll only once a minute, and the upload of a capsule may take long.
IDLE_JOB_TIMEOUT_MS: Final = 10 * 60_000
FINISHED_JOB_LIFETIME_MS: Final = 2 * 60_000
CLEANUP_INTERVAL_SECONDS: Final = 1.0
QUEUE_LIMIT: Final = 256
# Capsules that wait for a worker, each in its request, and for how long: less than a phone's timeout.
WAITING_JOBS_LIMIT: Final = 4
WAITING_TIMEOUT_SECONDS: Final = 50
_WORKER_BUSY_MESSAGE: Final = "Other packs came first. Nothing was lost; try again in a little while."

FetchPart = Callable[[bytes, bytes, str, int], Awaitable[bytes]]
# Called with the state in which a build ended, and its length in seconds.
OnBuilt = Callable[[str, float], None]


@dataclass(slots=True)
class PackJob:
    """A pack of one account's diary. `state` is queued, ready, building, done, failed or cancelled."""

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
    unprinted: tuple[str, ...] = ()
    folder: Path | None = None
    task: "asyncio.Task[None] | None" = None
    worker: WorkerProcess | None = field(default=None, repr=False)
    turn_future: "asyncio.Future[None] | None" = field(default=None, repr=False)

    @property
    def is_idle(self) -> bool:
        """Return whether the job is only a place in the queue, without a capsule."""
        return self.state in ("queued", "ready") and self.turn_future is None

    @property
    def front_part(self) -> Path | None:
        """Return the path of the front part, or None if there is none to fetch."""
        return self.folder / "front.zip" if self.state == "done" and self.folder else None


class PackQueue:
    """Queue of this server's packs. `max_concurrent` are built at once; the others wait in order."""

    def __init__(self, fetch_part: FetchPart, clock: Clock, *, enabled: bool = True, max_concurrent: int = 1) -> None:
        """Create an empty queue.

        `fetch_part(account, diary, blob, i)` returns one sealed part of the account's and raises KeptError if there is
        none.
        """
        self._fetch_part, self._clock, self._enabled, self._max_concurrent = fetch_part, clock, enabled, max_concurrent
        self._jobs: dict[bytes, PackJob] = {}
        # Front parts being sent. A request that is dropped before its first byte never calls back, so they expire.
        self._being_sent: list[PackJob] = []
        self._cleanup_task: asyncio.Task[None] | None = None
        self._isolation: Isolation | None = None
        # Jobs whose capsule waits for a worker, in order of arrival.
        self._waiting_jobs: list[PackJob] = []
        self.on_built: OnBuilt = lambda _state, _seconds: None

    def count_jobs(self) -> tuple[int, int]:
        """Return how many packs wait, those whose phone only polls included, and how many are being built."""
        building = sum(job.state == "building" for job in self._jobs.values())
        return sum(job.is_idle or job.turn_future is not None for job in self._jobs.values()), building

    async def enqueue(self, account: bytes, diary: bytes, pack_id: bytes) -> PackJob:
        """Return a new place in the queue, without content. An earlier job of the account is cancelled.

        Raise PacksDisabled, also if workers cannot be isolated, and TooManyRequests if the queue is full.
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
        """Return whether this server makes packs: enabled, and workers can be isolated."""
        return self._enabled and not (await self._find_isolation()).failure_reason

    async def _find_isolation(self) -> Isolation:
        """Return how workers are isolated here. It is tested once."""
        if self._isolation is None:
            self._isolation = await asyncio.to_thread(isolation.detect_isolation)
        return self._isolation

    def get_job(self, account: bytes, pack_id: bytes) -> PackJob:
        """Return a job of this account, and count the call as a poll. Raise NotFound."""
        job = self._jobs.get(pack_id)
        if job is not None and job.account == account:
            job.last_polled_ms = self._clock.now_ms()
        self._remove_expired()
        if job is None or job.account != account or pack_id not in self._jobs:
            raise NotFound
        return job

    async def start_job(self, account: bytes, pack_id: bytes, capsule: bytes) -> PackJob:
        """Start the job with its capsule, after waiting for a worker if necessary.

        A job runs once: it cannot be started again. Raise NotFound, TooLarge, and Conflict if its capsule has arrived
        already or no worker became free in time. In the latter case the place remains.
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
        """Return the path of the front part, once, and a callback for when it has been sent.

        The callback deletes the job's files. Raise NotFound, Conflict while there is no front part, and PackBuildFailed
        if the build failed.
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
        """Cancel a job: kill its worker and delete its files. Raise NotFound."""
        job = self.get_job(account, pack_id)
        del self._jobs[pack_id]
        if job.turn_future is not None and not job.turn_future.done():
            job.turn_future.set_exception(NotFound())
        await self._stop_job(job)
        self._assign_workers()

    async def close(self) -> None:
        """Cancel every job."""
        jobs, self._jobs, self._being_sent = [*self._jobs.values(), *self._being_sent], {}, []
        for job in jobs:
            await self._stop_job(job)
        if self._cleanup_task is not None:
            self._cleanup_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._cleanup_task

    async def _run_cleanup(self) -> None:
        """Remove expired jobs while there are jobs."""
        while self._jobs or self._being_sent:
            await asyncio.sleep(CLEANUP_INTERVAL_SECONDS)
            self._remove_expired()

    async def _stop_job(self, job: PackJob) -> None:
        """Stop a job in any state and delete its files."""
        is_running = job.state == "building"
        job.state = "cancelled"
        if job.task is not None:
            # The task of a failed or finished job may still be ending its worker, so it is not cancelled.
            if is_running:
                job.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await job.task
        _delete_job_files(job)

    def _remove_expired(self) -> None:
        """Remove places that are no longer polled, and packs that were not fetched."""
        now = self._clock.now_ms()
        for pack_id, job in list(self._jobs.items()):
            is_unfetched = job.state in ("done", "failed") and now - job.state_since_ms > FINISHED_JOB_LIFETIME_MS
            is_abandoned = job.is_idle and now - job.last_polled_ms > IDLE_JOB_TIMEOUT_MS
            if is_unfetched or is_abandoned:
                del self._jobs[pack_id]
                _delete_job_files(job)
        for job in [job for job in self._being_sent if now - job.state_since_ms > FINISHED_JOB_LIFETIME_MS]:
            _delete_job_files(job)
        self._being_sent = [job for job in self._being_sent if job.folder is not None]
        self._assign_workers()

    async def _wait_for_turn(self, job: PackJob) -> None:
        """Wait until the job has a worker; its state is then `building`.

        Raise NotFound if it was cancelled, and Conflict.
        """
        if len(self._waiting_jobs) >= WAITING_JOBS_LIMIT:
            raise Conflict(_WORKER_BUSY_MESSAGE)
        job.turn_future = asyncio.get_running_loop().create_future()
        self._waiting_jobs.append(job)
        self._assign_workers()
        try:
            async with asyncio.timeout(WAITING_TIMEOUT_SECONDS):
                await job.turn_future
        except TimeoutError:
            if job.state != "building":  # otherwise its turn came at the same moment
                raise Conflict(_WORKER_BUSY_MESSAGE) from None
        finally:
            job.turn_future = None
            if job in self._waiting_jobs:
                self._waiting_jobs.remove(job)
            self._assign_workers()

    def _assign_workers(self) -> None:
        """Assign free workers to waiting jobs in order. If no job waits, every place is ready."""
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
        """Run the worker to its end and set the job's state. The failure message never contains the diary's text."""
        started_at_seconds = time.monotonic()
        try:
            job.folder = create_job_folder()
            async with asyncio.timeout(BUILD_TIMEOUT_SECONDS):
                await self._run_worker(job, capsule)
            # Set together: with the old time the finished pack would expire before it is fetched.
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
            self.on_built(job.state, time.monotonic() - started_at_seconds)
            self._assign_workers()

    async def _run_worker(self, job: PackJob, capsule: bytes) -> None:
        """Start the worker, and send it the capsule and the parts that it requests.

        Raise PackBuildFailed if it fails.
        """
        if job.folder is None:
            raise PackBuildFailed
        job.worker = await WorkerProcess.start(job.folder, (await self._find_isolation()).bubblewrap_path)
        fetch_part = partial(self._fetch_part, job.account, job.diary)
        async for step in job.worker.run_steps(capsule, fetch_part):
            job.step, job.done, job.total = step
        job.unprinted = job.worker.unprinted


def _delete_job_files(job: PackJob) -> None:
    """Delete the job's folder."""
    if job.folder is not None:
        shutil.rmtree(job.folder, ignore_errors=True)
        job.folder = None
