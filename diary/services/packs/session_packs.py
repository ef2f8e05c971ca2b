"""Packs for signed-in keepers, and the sealed parts that a worker requests."""

from collections.abc import Callable
from pathlib import Path

from diary.errors import NotFound
from diary.ids import new_id, parse_id
from diary.services.accounts.sessions import AuthenticatedSession
from diary.services.instance import Instance
from diary.services.packs.queue import OnBuilt, PackJob, PackQueue
from diary.services.sync import blobs
from diary.storage.accounts.account_rows import list_diaries
from diary.storage.sync.blobs import file_reference


class PackService:
    """Pack jobs on behalf of sessions."""

    def __init__(self, instance: Instance, on_built: OnBuilt | None = None) -> None:
        """Create the queue. Parts are fetched from this instance, for the account of the job."""
        self._instance = instance
        self._queue = PackQueue(self._get_part, instance.clock, enabled=instance.settings.server_packs)
        if on_built:
            self._queue.on_built = on_built

    def count_jobs(self) -> tuple[int, int]:
        """Return how many packs wait, and how many are being built."""
        return self._queue.count_jobs()

    async def is_available(self) -> bool:
        """Return whether this server makes packs."""
        return await self._queue.is_available()

    async def enqueue(self, session: AuthenticatedSession, diary: bytes) -> PackJob:
        """Return a new place in the queue for one of the keeper's diaries.

        Raise NotFound, PacksDisabled and TooManyRequests.
        """
        if diary not in {row.id for row in await list_diaries(self._instance.db, session.account)}:
            raise NotFound
        return await self._queue.enqueue(session.account, diary, new_id())

    def get_job(self, session: AuthenticatedSession, pack_id: bytes) -> PackJob:
        """Return one of the keeper's jobs. Raise NotFound."""
        return self._queue.get_job(session.account, pack_id)

    async def start_job(self, session: AuthenticatedSession, pack_id: bytes, capsule: bytes) -> PackJob:
        """Start a job with its capsule. Raise NotFound, TooLarge and Conflict."""
        return await self._queue.start_job(session.account, pack_id, capsule)

    def take_front_part(self, session: AuthenticatedSession, pack_id: bytes) -> tuple[Path, Callable[[], None]]:
        """Return the path of the front part, once, and a callback for when it has been sent.

        Raise NotFound, Conflict and PackBuildFailed.
        """
        return self._queue.take_front_part(session.account, pack_id)

    async def cancel_job(self, session: AuthenticatedSession, pack_id: bytes) -> None:
        """Cancel a job. Raise NotFound."""
        await self._queue.cancel_job(session.account, pack_id)

    async def close(self) -> None:
        """Cancel every job."""
        await self._queue.close()

    async def _get_part(self, account: bytes, diary: bytes, blob: str, i: int) -> bytes:
        """Return a sealed part of the account's. Raise NotFound, ContentErased, DigestMismatch and BadRequest."""
        return await blobs.get_part(self._instance, file_reference(account, diary, parse_id(blob)), i)
