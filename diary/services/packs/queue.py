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
from diary.errors import Conflict, KeptError, NotFound, PackFailed, PacksOff, TooLarge, TryLater
from diary.isolation import Isolation
from diary.services.packs.worker_process import Worker, new_folder, sweep

CAPSULE_LIMIT: Final = constants.CAPSULE_LIMIT_BYTES
HARD_LIMIT_SECONDS: Final = 120
# A page out of sight may ask only once a minute, and a capsule may be long on its way.
UNSEEN_MS: Final = 10 * 60_000
DONE_MS: Final = 2 * 60_000
LOOK_SECONDS: Final = 1.0
QUEUE_LIMIT: Final = 256
# Capsules that wait for the worker, each in its request, and for how long: below what a phone waits for an answer.
LINE_LIMIT: Final = 4
LINE_SECONDS: Final = 50
_OTHERS_FIRST: Final = "Other packs came first. Nothing was lost; try again in a little while."

FetchPart = Callable[[bytes, bytes, str, int], Awaitable[bytes]]


@dataclass(slots=True)
class Job:
    """One pack of one account's diary. `state`: queued, ready, building, done, failed or cancelled."""

    pack: bytes
    account: bytes
    diary: bytes
    state: str
    since: int
    seen: int
    step: str = ""
    done: int = 0
    total: int = 0
    failure: str = ""
    folder: Path | None = None
    task: "asyncio.Task[None] | None" = None
    worker: Worker | None = field(default=None, repr=False)
    turn: "asyncio.Future[None] | None" = field(default=None, repr=False)

    @property
    def is_idle(self) -> bool:
        """Whether it is a place and nothing more: no capsule has come."""
        return self.state in ("queued", "ready") and self.turn is None

    @property
    def front(self) -> Path | None:
        """The front part, while there is one to fetch."""
        return self.folder / "front.zip" if self.state == "done" and self.folder else None


class PackJobs:
    """Every pack this server is making: a few at once, the others in order."""

    def __init__(self, fetch: FetchPart, clock: Clock, *, on: bool = True, at_once: int = 1) -> None:
        """`fetch(account, diary, blob text, i)`: one sealed part of that account's, raising KeptError otherwise."""
        self._fetch, self._clock, self._on, self._at_once = fetch, clock, on, at_once
        self._jobs: dict[bytes, Job] = {}
        # Front parts on their way out: a request that is dropped before its first byte calls nobody back.
        self._leaving: list[Job] = []
        self._watch: asyncio.Task[None] | None = None
        self._isolation: Isolation | None = None
        # Jobs whose capsule is here and waits for the worker, in the order in which they came.
        self._line: list[Job] = []

    async def place(self, account: bytes, diary: bytes, pack: bytes) -> Job:
        """A place in the queue; nothing of the diary is here yet. An account's earlier job is given up.

        Raises PacksOff, also where workers cannot be isolated, and TryLater when too many are being made.
        """
        if not await self.available():
            raise PacksOff
        self._tidy()
        for job in [job for job in self._jobs.values() if job.account == account]:
            await self.cancel(account, job.pack)
        idle = [job for job in self._jobs.values() if job.is_idle]
        if len(self._jobs) >= QUEUE_LIMIT and idle:
            del self._jobs[min(idle, key=lambda job: job.seen).pack]
        if len(self._jobs) >= QUEUE_LIMIT:
            raise TryLater(30, "Many packs are being made just now. Try again in a little while.")
        now = self._clock.now_ms()
        job = Job(pack, account, diary, "queued", now, now)
        self._jobs[pack] = job
        self._move_up()
        if self._watch is None or self._watch.done():
            sweep()
            self._watch = asyncio.create_task(self._look_after())
        return job

    async def available(self) -> bool:
        """Whether packs are made here: switched on, and workers can be isolated on this computer."""
        return self._on and not (await self._isolated()).fault

    async def _isolated(self) -> Isolation:
        """How workers are isolated here, tried once."""
        if self._isolation is None:
            self._isolation = await asyncio.to_thread(isolation.find)
        return self._isolation

    def get(self, account: bytes, pack: bytes) -> Job:
        """A job of this account. Raises NotFound, for another account's too."""
        job = self._jobs.get(pack)
        if job is not None and job.account == account:
            job.seen = self._clock.now_ms()
        self._tidy()
        if job is None or job.account != account or pack not in self._jobs:
            raise NotFound
        return job

    async def start(self, account: bytes, pack: bytes, capsule: bytes) -> Job:
        """Begin, with the capsule, or wait for the turn and then begin.

        A job runs once: there is no way back from building. Raises NotFound, TooLarge, and Conflict when the capsule has
        come already, or others have kept the worker for too long: the place stays.
        """
        job = self.get(account, pack)
        if not job.is_idle:
            raise Conflict("This pack is not waiting for its entries.")
        if len(capsule) > CAPSULE_LIMIT:
            raise TooLarge("The chosen entries are too large for one pack. Choose fewer.")
        await self._take_turn(job)
        job.task = asyncio.create_task(self._build(job, capsule))
        return job

    def take_front(self, account: bytes, pack: bytes) -> tuple[Path, Callable[[], None]]:
        """The front part, once, and what to call when it has been sent: then everything of the job is gone.

        Raises NotFound, Conflict while there is none, PackFailed when there will be none.
        """
        job = self.get(account, pack)
        if job.state == "failed":
            raise PackFailed(job.failure or None)
        front = job.front
        if front is None:
            raise Conflict("This pack is not ready yet.")
        del self._jobs[pack]
        job.since = self._clock.now_ms()
        self._leaving.append(job)
        return front, lambda: _erase(job)

    async def cancel(self, account: bytes, pack: bytes) -> None:
        """Give a job up: its worker is killed and everything of it erased. Raises NotFound."""
        job = self.get(account, pack)
        del self._jobs[pack]
        if job.turn is not None and not job.turn.done():
            job.turn.set_exception(NotFound())
        await self._end(job)
        self._move_up()

    async def close(self) -> None:
        """End every job."""
        jobs, self._jobs, self._leaving = [*self._jobs.values(), *self._leaving], {}, []
        for job in jobs:
            await self._end(job)
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch

    async def _look_after(self) -> None:
        """While there is a job, give up what nobody comes back for."""
        while self._jobs or self._leaving:
            await asyncio.sleep(LOOK_SECONDS)
            self._tidy()

    async def _end(self, job: Job) -> None:
        """Stop a job wherever it is."""
        is_running = job.state == "building"
        job.state = "cancelled"
        if job.task is not None:
            # One that has failed or is done may be ending its worker just now: that goes on to its end.
            if is_running:
                job.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await job.task
        _erase(job)

    def _tidy(self) -> None:
        """Give away places nobody used, and drop what nobody fetched."""
        now = self._clock.now_ms()
        for pack, job in list(self._jobs.items()):
            left = job.state in ("done", "failed") and now - job.since > DONE_MS
            abandoned = job.is_idle and now - job.seen > UNSEEN_MS
            if left or abandoned:
                del self._jobs[pack]
                _erase(job)
        for job in [job for job in self._leaving if now - job.since > DONE_MS]:
            _erase(job)
        self._leaving = [job for job in self._leaving if job.folder is not None]
        self._move_up()

    async def _take_turn(self, job: Job) -> None:
        """Wait until the worker is this job's, which is building then. Raises NotFound when it was given up, and Conflict."""
        if len(self._line) >= LINE_LIMIT:
            raise Conflict(_OTHERS_FIRST)
        job.turn = asyncio.get_running_loop().create_future()
        self._line.append(job)
        self._move_up()
        try:
            async with asyncio.timeout(LINE_SECONDS):
                await job.turn
        except TimeoutError:
            if job.state != "building":  # else its turn came in the same moment
                raise Conflict(_OTHERS_FIRST) from None
        finally:
            job.turn = None
            if job in self._line:
                self._line.remove(job)
            self._move_up()

    def _move_up(self) -> None:
        """Give a free worker to whoever is first in line; with nobody in line, every place is ready."""
        busy = sum(job.state == "building" for job in self._jobs.values())
        while busy < self._at_once and self._line:
            job = self._line.pop(0)
            if job.turn is None or job.turn.done():
                continue
            job.state, job.since, job.step = "building", self._clock.now_ms(), "starting"
            job.turn.set_result(None)
            busy += 1
        for job in self._jobs.values():
            if job.is_idle:
                job.state = "ready" if busy < self._at_once else "queued"

    async def _build(self, job: Job, capsule: bytes) -> None:
        """Run the worker to its end; the job's state says how it went, and never why in the diary's words."""
        try:
            job.folder = new_folder()
            async with asyncio.timeout(HARD_LIMIT_SECONDS):
                await self._talk(job, capsule)
            # Both at once: what is done since long ago would be given up before it is fetched.
            job.state, job.since = "done", self._clock.now_ms()
        except TimeoutError:
            job.state, job.failure = "failed", "The pack took too long. Choose fewer entries."
        except KeptError as error:
            job.state, job.failure = "failed", error.sentence
        except (OSError, ValueError, KeyError, asyncio.LimitOverrunError):
            job.state, job.failure = "failed", PackFailed.usual
        finally:
            if job.worker is not None:
                await job.worker.end()
            job.worker, job.since = None, self._clock.now_ms()
            if job.state != "done":
                _erase(job)
            self._move_up()

    async def _talk(self, job: Job, capsule: bytes) -> None:
        """Start the worker, give it the capsule and the parts it asks for. Raises PackFailed."""
        if job.folder is None:
            raise PackFailed
        job.worker = await Worker.start(job.folder, (await self._isolated()).wall)
        part = partial(self._fetch, job.account, job.diary)
        async for step in job.worker.steps(capsule, part):
            job.step, job.done, job.total = step


def _erase(job: Job) -> None:
    """Remove everything of a job."""
    if job.folder is not None:
        shutil.rmtree(job.folder, ignore_errors=True)
        job.folder = None
