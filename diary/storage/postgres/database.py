"""The database over a PostgreSQL server. Only where one is named is this loaded, and the driver with it."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from tortoise.exceptions import DBConnectionError, OperationalError

from diary.storage.database_interface import Database, DatabaseBackend
from diary.storage.postgres import writer
from diary.storage.postgres.reader import READER_THREADS, LookupPool, ReaderConnection, open_lookup_pool
from diary.storage.postgres.writer import PostgresWriter
from diary.storage.writer import DatabaseWriter, Transaction

T = TypeVar("T")


class PostgresDatabase(Database):
    """Over a server that other workers use as well."""

    next_version_id_sql = writer.NEXT_VERSION_ID_SQL
    database_errors = (DBConnectionError, OperationalError, *writer.DATABASE_ERRORS)

    def __init__(
        self, writer: DatabaseWriter, lookups: LookupPool, read_executor: ThreadPoolExecutor, url: str
    ) -> None:
        """`looking`: look-ups of this event loop."""
        super().__init__(writer, read_executor)
        self._lookups = lookups
        self._url = url
        self._readers: list[ReaderConnection] = []
        self._thread_local = threading.local()

    async def fetch_one(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """The first row."""
        return await self._lookups.fetch_one(sql, parameters)

    def close_readers(self) -> None:
        """Let the readers' connections go; their threads have ended."""
        for reader in self._readers:
            reader.close()

    def _run_read_in_thread(self, read_job: Callable[[Transaction], T]) -> T:
        """Run `read` on this thread's connection."""
        reader: ReaderConnection | None = getattr(self._thread_local, "reader", None)
        if reader is None:
            reader = self._thread_local.reader = ReaderConnection(self._url)
            self._readers.append(reader)
        return reader.run_read(read_job)

    def _purge_deleted_data(self) -> None:
        """Have the rows' old states removed."""
        writer.vacuum(self._url, ("version", "blob", "part", "account"))


class PostgresBackend(DatabaseBackend):
    """A server that may be away."""

    unreachable_errors = (DBConnectionError, *writer.DATABASE_ERRORS)

    def __init__(self, url: str) -> None:
        """`url`: its address, which names a database."""
        self._url = url

    async def probe(self) -> None:
        """Open a connection and let it go."""
        await writer.probe(self._url)

    def migration_lock(self) -> AbstractAsyncContextManager[None]:
        """Hold the lock of migrations."""
        return writer.migration_lock(self._url)

    @asynccontextmanager
    async def open_database(self) -> AsyncIterator[Database]:
        """Connections for the writer, look-ups and pages."""
        # What goes wrong with it is told by whoever asked; the library's own log would put tracebacks beside it.
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
