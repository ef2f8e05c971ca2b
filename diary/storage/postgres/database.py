"""The database over a PostgreSQL server. Imported only where DIARY_DATABASE_URL names one: it loads the driver."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from tortoise.exceptions import DBConnectionError, OperationalError

from diary.errors import Unavailable
from diary.storage.control import postgres as control
from diary.storage.database_interface import Database, DatabaseBackend
from diary.storage.postgres import writer
from diary.storage.postgres.reader import READER_THREADS, LookupPool, ReaderConnection, open_lookup_pool
from diary.storage.postgres.writer import PostgresWriter
from diary.storage.writer import DatabaseWriter, Transaction

T = TypeVar("T")


class PostgresDatabase(Database):
    """Database on a PostgreSQL server that several workers share."""

    next_version_id_sql = control.NEXT_VERSION_ID
    database_errors = (Unavailable, DBConnectionError, OperationalError, *writer.DATABASE_ERRORS)

    def __init__(
        self, writer: DatabaseWriter, lookups: LookupPool, read_executor: ThreadPoolExecutor, url: str
    ) -> None:
        """Store the writer, the pool and the executor, which must be open. Only this event loop uses `lookups`."""
        super().__init__(writer, read_executor)
        self._lookups = lookups
        self._url = url
        self._readers: list[ReaderConnection] = []
        self._thread_local = threading.local()

    async def fetch_one(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """Return the first row of a look-up as a tuple, or None. Raise Unavailable."""
        return await self._lookups.fetch_one(sql, parameters)

    def close_readers(self) -> None:
        """Close the connections of the readers, after their threads have ended."""
        for reader in self._readers:
            reader.close()

    def _run_read_in_thread(self, read_job: Callable[[Transaction], T]) -> T:
        """Run a job on the connection of this thread."""
        reader: ReaderConnection | None = getattr(self._thread_local, "reader", None)
        if reader is None:
            reader = self._thread_local.reader = ReaderConnection(self._url)
            self._readers.append(reader)
        return reader.run_read(read_job)

    def _purge_deleted_data(self) -> None:
        """Vacuum the tables whose rows are deleted or replaced."""
        writer.vacuum(self._url, ("version", "blob", "part", "account"))


class PostgresBackend(DatabaseBackend):
    """A PostgreSQL server."""

    unreachable_errors = (DBConnectionError, *writer.DATABASE_ERRORS)

    def __init__(self, url: str) -> None:
        """Store the address, which must name a database."""
        self._url = url

    async def probe(self) -> None:
        """Open a connection and close it. Raise one of `unreachable_errors`."""
        await writer.probe(self._url)

    def migration_lock(self) -> AbstractAsyncContextManager[None]:
        """Return a context that holds the lock of migrations."""
        return writer.migration_lock(self._url)

    @asynccontextmanager
    async def open_database(self) -> AsyncIterator[Database]:
        """Open the connections of the writer and of look-ups. Each reader thread opens its own."""
        # The callers report errors; the driver's own log would add tracebacks.
        logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
        writer = PostgresWriter(self._url)
        lookups = await open_lookup_pool(self._url)
        read_executor = ThreadPoolExecutor(max_workers=READER_THREADS, thread_name_prefix="reader")
        writer.start()
        database = PostgresDatabase(writer, lookups, read_executor, self._url)
        try:
            yield database
        finally:
            await writer.stop()
            read_executor.shutdown(wait=True)
            await asyncio.to_thread(database.close_readers)
            await lookups.close()
