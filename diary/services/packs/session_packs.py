"""Packs for keepers: who may have one made, and the sealed parts a worker asks for."""

from collections.abc import Callable
from pathlib import Path

from diary.errors import NotFound
from diary.ids import new_id, parse_id
from diary.services.accounts.sessions import Signed
from diary.services.instance import Instance
from diary.services.packs.queue import Job, PackJobs
from diary.services.sync import blobs
from diary.storage.accounts.account_rows import list_diaries
from diary.storage.sync.blobs import file_place


class Packs:
    """Pack jobs on behalf of sessions."""

    def __init__(self, instance: Instance) -> None:
        """Parts are fetched from this instance, for the account the job belongs to."""
        self._instance = instance
        self._jobs = PackJobs(self._part, instance.clock, on=instance.settings.server_packs)

    async def available(self) -> bool:
        """Whether this server makes packs."""
        return await self._jobs.available()

    async def place(self, signed: Signed, diary: bytes) -> Job:
        """A place in the queue for one of the keeper's diaries. Raises NotFound, PacksOff and TryLater."""
        if diary not in {row.id for row in await list_diaries(self._instance.db, signed.account)}:
            raise NotFound
        return await self._jobs.place(signed.account, diary, new_id())

    def get(self, signed: Signed, pack: bytes) -> Job:
        """One of the keeper's jobs. Raises NotFound."""
        return self._jobs.get(signed.account, pack)

    async def start(self, signed: Signed, pack: bytes, capsule: bytes) -> Job:
        """Begin with the capsule. Raises NotFound, TooLarge and Conflict."""
        return await self._jobs.start(signed.account, pack, capsule)

    def take_front(self, signed: Signed, pack: bytes) -> tuple[Path, Callable[[], None]]:
        """The front part, once, and what to call afterwards. Raises NotFound, Conflict and PackFailed."""
        return self._jobs.take_front(signed.account, pack)

    async def cancel(self, signed: Signed, pack: bytes) -> None:
        """Give a job up. Raises NotFound."""
        await self._jobs.cancel(signed.account, pack)

    async def close(self) -> None:
        """End every job."""
        await self._jobs.close()

    async def _part(self, account: bytes, diary: bytes, blob: str, i: int) -> bytes:
        """A sealed part of that account's. Raises NotFound and BadRequest."""
        return await blobs.get_part(self._instance, file_place(account, diary, parse_id(blob)), i)
