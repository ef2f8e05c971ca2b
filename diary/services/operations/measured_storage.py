"""The database and the store of sealed files, with the length and the outcome of each operation reported.

Used only while metrics are on, so that nothing is measured otherwise.
"""

import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from diary.errors import KeptError, Unavailable
from diary.storage.blob_store import BlobStore
from diary.storage.database_interface import Database
from diary.storage.writer import DatabaseWriter, PreCommitCheck, Transaction

T = TypeVar("T")
# Called with the operation, its length in seconds, and whether it failed.
Observe = Callable[[str, float, bool], None]
DATABASE_OPERATIONS = ("write", "look_up", "read")
# Removals are not counted: without them only the probe removes objects, so each further one would be an erasure.
STORE_OPERATIONS = ("put", "get")


async def _measure(observe: Observe, operation: str, awaitable: Awaitable[T]) -> T:
    """Return the result of an operation, and report it.

    Only what the storage itself did wrong is a failure: not a refusal such as a missing row or a full quota, and not a
    request that was dropped.
    """
    started_at_seconds, failed = time.monotonic(), False
    try:
        return await awaitable
    except Exception as error:
        failed = isinstance(error, Unavailable) or not isinstance(error, KeptError)
        raise
    finally:
        observe(operation, time.monotonic() - started_at_seconds, failed)


class MeasuredWriter:
    """A writer whose jobs are measured, the wait for the disk included."""

    def __init__(self, writer: DatabaseWriter, observe: Observe) -> None:
        """Report the jobs of `writer` to `observe`."""
        self._writer, self._observe = writer, observe

    async def run(
        self,
        job: Callable[[Transaction], T],
        account: bytes | None = None,
        *,
        is_short: bool = False,
        pre_commit_check: PreCommitCheck | None = None,
    ) -> T:
        """Run a job; see `DatabaseWriter.run`."""
        running = self._writer.run(job, account, is_short=is_short, pre_commit_check=pre_commit_check)
        return await _measure(self._observe, "write", running)


class MeasuredDatabase(Database):
    """A database whose writes, look-ups and reads are measured."""

    def __init__(self, database: Database, observe: Observe) -> None:
        """Report the operations of `database` to `observe`."""
        self._database, self._observe = database, observe
        self.writer = MeasuredWriter(database.writer, observe)
        self.next_version_id_sql = database.next_version_id_sql
        self.database_errors = database.database_errors

    async def fetch_one(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """Return the first row of a look-up."""
        return await _measure(self._observe, "look_up", self._database.fetch_one(sql, parameters))

    async def run_read(self, read_job: Callable[[Transaction], T]) -> T:
        """Run a job on a reader thread."""
        return await _measure(self._observe, "read", self._database.run_read(read_job))

    async def run_orm_read(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine over the models."""
        return await _measure(self._observe, "read", self._database.run_orm_read(coroutine))

    async def purge_deleted_data(self) -> None:
        """Remove deleted data; see `Database.purge_deleted_data`."""
        await self._database.purge_deleted_data()

    def _run_read_in_thread(self, read_job: Callable[[Transaction], T]) -> T:
        """Run a job of the measured database."""
        return self._database._run_read_in_thread(read_job)

    def _purge_deleted_data(self) -> None:
        """Do the work of the measured database."""
        self._database._purge_deleted_data()


class MeasuredBlobStore(BlobStore):
    """A store of sealed files that measures STORE_OPERATIONS."""

    def __init__(self, store: BlobStore, observe: Observe) -> None:
        """Report the operations of `store` to `observe`."""
        self._measured_store, self._observe = store, observe
        self.folder = store.folder

    async def put(self, name: str, raw: bytes) -> None:
        """Store bytes."""
        await _measure(self._observe, "put", self._measured_store.put(name, raw))

    async def get(self, name: str) -> bytes:
        """Return the bytes of a name."""
        return await _measure(self._observe, "get", self._measured_store.get(name))

    async def remove(self, name: str) -> None:
        """Remove a name."""
        await self._measured_store.remove(name)

    async def remove_prefix(self, prefix: str) -> None:
        """Remove every name below `prefix`."""
        await self._measured_store.remove_prefix(prefix)
