"""The interface that every function of storage receives: the writer, and three ways to read.

[Note: where reads run] Over SQLite, in WAL mode, a reader never waits for the writer. A look-up by an index (a session,
a part) takes 10 to 20 microseconds, and a switch to another thread ten times as long, so look-ups run on the event loop
itself over their own connection (`fetch_one`). A read of many rows runs on a reader thread (`run_read`). Reads that are
neither hot nor large use the models (`run_orm_read`). Over PostgreSQL the three have the same interface; look-ups share
a few connections there.
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
    """The database as storage uses it: `writer` for changes, three methods for reads."""

    # The identifier of the next version, as an expression inside a statement; see models.core.Version.
    next_version_id_sql: str
    # What a read raises when the database cannot be reached or does not answer.
    database_errors: tuple[type[Exception], ...] = (
        Unavailable,
        DBConnectionError,
        OperationalError,
        OSError,
        TimeoutError,
    )

    def __init__(self, writer: DatabaseWriter, read_executor: ThreadPoolExecutor) -> None:
        """Store the writer and the executor, which must be open.

        The current context must contain the connection of the models.
        """
        self.writer = writer
        self._read_executor = read_executor
        # The models find their connection through a context variable. The task of a request lacks it, and a
        # process-wide fallback would allow only one server in a process; so reads run in this context.
        self._orm_context = contextvars.copy_context()

    @abstractmethod
    async def fetch_one(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """Return the first row of a look-up by an index as a tuple, or None; see [Note: where reads run]."""

    async def run_read(self, read_job: Callable[[Transaction], T]) -> T:
        """Run a job on a reader thread and return its result. The job sees the database at one moment."""
        return await asyncio.get_running_loop().run_in_executor(self._read_executor, self._run_read_in_thread, read_job)

    async def purge_deleted_data(self) -> None:
        """Remove deleted data from the files of the database, as far as the database allows it."""
        await asyncio.get_running_loop().run_in_executor(self._read_executor, self._purge_deleted_data)

    async def run_orm_read(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine over the models and return its result. It may only read: [Note: one writer].

        Raise Unavailable.
        """
        try:
            return await asyncio.get_running_loop().create_task(coroutine, context=self._orm_context)
        except self.database_errors:
            raise Unavailable from None

    @abstractmethod
    def _run_read_in_thread(self, read_job: Callable[[Transaction], T]) -> T:
        """Run the job of `run_read`. A reader thread calls this."""

    @abstractmethod
    def _purge_deleted_data(self) -> None:
        """Do the work of `purge_deleted_data`. A reader thread calls this."""


class DatabaseBackend(ABC):
    """How one kind of database is opened. `unreachable_errors`: what its methods raise when it cannot be reached."""

    unreachable_errors: tuple[type[Exception], ...] = (DBConnectionError, OSError, TimeoutError)

    @abstractmethod
    async def probe(self) -> None:
        """Return when the database can be reached. Raise one of `unreachable_errors` otherwise."""

    @abstractmethod
    def migration_lock(self) -> AbstractAsyncContextManager[None]:
        """Return a context in which no other migration runs. Raise one of `unreachable_errors`."""

    @abstractmethod
    def open_database(self) -> AbstractAsyncContextManager[Database]:
        """Return a context with the open database. The current context must contain the connection of the models."""
