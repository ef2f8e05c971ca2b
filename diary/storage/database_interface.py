"""The database as every function of storage is handed it: the writer, and three ways to read.

[Note: reading] Over SQLite, in WAL mode, a reader never waits for the writer. A point look-up by an index (a
session, a part) takes 10 to 20 microseconds, a hop to another thread ten times as long, so look-ups run on the
event loop itself over a connection of its own (`look`). Everything that returns many rows runs on a reader's
thread (`page`). What is neither hot nor large goes through the models (`orm`). Over PostgreSQL the three are
the same to whoever asks; look-ups share a few connections there.
"""

import asyncio
import contextvars
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from tortoise.exceptions import DBConnectionError, OperationalError

from diary.errors import Unavailable
from diary.storage.writer import DatabaseWriter, Transaction

T = TypeVar("T")


class Database(ABC):
    """Handed to every function of storage that needs rows."""

    # How a version's number is allotted inside a statement; see models.Version.
    next_version_id_sql = "(SELECT coalesce(max(id) + 1, 0) FROM version)"
    # What the database or the way to it may do to a reader.
    database_errors: tuple[type[Exception], ...] = (DBConnectionError, OperationalError, OSError, TimeoutError)

    def __init__(self, writer: DatabaseWriter, read_executor: ThreadPoolExecutor) -> None:
        """Take collaborators that are already open; the current context holds the models' connection."""
        self.writer = writer
        self._read_executor = read_executor
        # The models find their connection through a context variable. A request runs in a task that never
        # saw it, and a process-wide fallback would allow one server a process; so reads run in this context.
        self._orm_context = contextvars.copy_context()

    @abstractmethod
    async def fetch_one(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """The first row of a look-up by an index, as a tuple, or None; see [Note: reading]."""

    async def run_read(self, read_job: Callable[[Transaction], T]) -> T:
        """What `read` returns, run on a reader's thread in one consistent view of the database."""
        return await asyncio.get_running_loop().run_in_executor(self._read_executor, self._run_read_in_thread, read_job)

    async def purge_deleted_data(self) -> None:
        """Have what was deleted leave the database's own files as far as that can be had."""
        await asyncio.get_running_loop().run_in_executor(self._read_executor, self._purge_deleted_data)

    async def run_orm_read(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What a coroutine over the models returns. It may only read: [Note: one writer]. Raises Unavailable."""
        try:
            return await asyncio.get_running_loop().create_task(coroutine, context=self._orm_context)
        except self.database_errors:
            raise Unavailable from None

    @abstractmethod
    def _run_read_in_thread(self, read_job: Callable[[Transaction], T]) -> T:
        """`page`, in the reader's thread."""

    @abstractmethod
    def _purge_deleted_data(self) -> None:
        """`forget`, in the reader's thread."""


class DatabaseBackend(ABC):
    """How one kind of database is reached. `trouble`: what reaching it may raise."""

    unreachable_errors: tuple[type[Exception], ...] = (DBConnectionError, OSError, TimeoutError)

    @abstractmethod
    async def probe(self) -> None:
        """Return when it can be reached. Raises one of `trouble`."""

    @abstractmethod
    def migration_lock(self) -> AbstractAsyncContextManager[None]:
        """Keep every other migration away. Raises one of `trouble`."""

    @abstractmethod
    def open_database(self) -> AbstractAsyncContextManager[Database]:
        """The database, open for the length of the block, in the context of the models' connection."""
