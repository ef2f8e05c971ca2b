"""The database over a PostgreSQL server. Only where one is named is this loaded, and the driver with it."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from tortoise.exceptions import DBConnectionError, OperationalError

from diary.storage.database_interface import Database, Kind
from diary.storage.postgres import writer
from diary.storage.postgres.reader import READERS, Lookups, Reader, open_lookups
from diary.storage.postgres.writer import PostgresWriter
from diary.storage.writer import Hand, Writer

T = TypeVar("T")


class PostgresDatabase(Database):
    """Over a server that other workers use as well."""

    next_place = writer.NEXT_PLACE
    trouble = (DBConnectionError, OperationalError, *writer.TROUBLE)

    def __init__(self, writer: Writer, looking: Lookups, pages: ThreadPoolExecutor, url: str) -> None:
        """`looking`: look-ups of this event loop."""
        super().__init__(writer, pages)
        self._looking = looking
        self._url = url
        self._readers: list[Reader] = []
        self._local = threading.local()

    async def look(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """The first row."""
        return await self._looking.first(sql, parameters)

    def close_readers(self) -> None:
        """Let the readers' connections go; their threads have ended."""
        for reader in self._readers:
            reader.close()

    def _read(self, read: Callable[[Hand], T]) -> T:
        """Run `read` on this thread's connection."""
        reader: Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = Reader(self._url)
            self._readers.append(reader)
        return reader.read(read)

    def _forget(self) -> None:
        """Have the rows' old states removed."""
        writer.vacuum(self._url, ("version", "blob", "part", "account"))


class OverPostgres(Kind):
    """A server that may be away."""

    trouble = (DBConnectionError, *writer.TROUBLE)

    def __init__(self, url: str) -> None:
        """`url`: its address, which names a database."""
        self._url = url

    async def probe(self) -> None:
        """Open a connection and let it go."""
        await writer.probe(self._url)

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Hold the lock of migrations."""
        return writer.alone(self._url)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        """Connections for the writer, look-ups and pages."""
        # What goes wrong with it is told by whoever asked; the library's own log would put tracebacks beside it.
        logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
        writer = PostgresWriter(self._url)
        looking = await open_lookups(self._url)
        pages = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="reader")
        writer.start()
        database = PostgresDatabase(writer, looking, pages, self._url)
        try:
            yield database
        finally:
            await writer.stop()
            pages.shutdown(wait=True)
            await asyncio.to_thread(database.close_readers)
            await looking.close()
